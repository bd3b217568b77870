# bash completion for apex: source it, or install it as /usr/share/bash-completion/completions/apex.
# shellcheck shell=bash
_apex() {
	local IFS=$'\n' line
	COMPREPLY=()
	while read -r line; do
		if [ "$line" = :files ]; then
			compopt -o filenames 2>/dev/null
			mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "${COMP_WORDS[COMP_CWORD]}")
		else
			COMPREPLY+=("$line")
		fi
	done < <("${COMP_WORDS[0]}" complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _apex apex
