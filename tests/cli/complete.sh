#!/bin/sh
# What a shell is offered: verbs, options, zones, branches, names, types; by the command, and by the scripts in a shell.
# shellcheck disable=SC2016,SC2154
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/zone.lib.sh"
cd "$T" || exit 1
small_zone >small.zone
offers() { _n=$1 _want=$2; shift 2; is "$_n" "$(apex complete -- "$@" 2>&1 | tr '\n' ' ')" "$_want"; }
offers "complete__without_a_repository" "" merge ''
apex init example >out && apex import small.zone >out && apex zone add other.example >out || fail setup
apex branch west && apex branch wild && apex tag w1
apex propose change --from west >out

is "complete__verbs_that_begin_so" "$(apex complete -- che | sort | tr '\n' ' ')" "check checkout cherry-pick "
is "complete__nothing_typed_is_all_verbs" "$(apex complete -- '' | wc -l)" "$(($(apex help | grep -c '^  [a-z-]* ') - 4))"
offers "complete__branches" "west wild " checkout w
offers "complete__revisions" "west wild w1 " merge w
offers "complete__tags" "w1 " tag w
offers "complete__names" "ns1 " set n
offers "complete__types" "A AAAA " set www A
offers "complete__names_and_revisions" "www west wild w1 " show w
offers "complete__name_behind_dashes" "api " log -- a
offers "complete__type_behind_dashes" "A AAAA " diff main -- api A
offers "complete__zones" "other.example. " --zone o
offers "complete__zones_of_a_verb" "other.example. " zone remove o
offers "complete__branches_of_an_option" "west wild " set --branch w
offers "complete__options" "--name-only --nsupdate " diff --n
offers "complete__option_letter_takes_a_value" "" log -n ''
offers "complete__options_of_reflog" "--json " reflog --j
offers "complete__tags_of_a_list" "w1 " tag -l w
offers "complete__proposals" "change " approve c
offers "complete__settings" "gc.days gc.commits " config gc
offers "complete__subverbs" "create " bundle c
offers "complete__files" ":files " import x
offers "complete__verbs_to_put_off" "set " at 22:00 s
offers "complete__in_another_repository" "" --repo /nonexistent merge w
offers "complete__the_zone_that_is_named" "" --zone other.example merge w
ok "complete__nothing_at_all" apex complete
ok "complete__odd_bytes" apex complete -- "$(printf 'a\001\377')" ''

# in a real shell
bash_offers() { # LINE
	bash --norc -c '
		PATH=$APEX_BUILD:$PATH
		. "$1/examples/completion/apex.bash"
		read -ra COMP_WORDS <<<"$2"
		[ "${2: -1}" = " " ] && COMP_WORDS+=("")
		COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
		_apex
		printf "%s " "${COMPREPLY[@]}"' bash "$top" "$1"
}
is "bash__branches" "$(bash_offers 'apex checkout w')" "west wild "
is "bash__names" "$(bash_offers 'apex show a')" "api "
is "bash__all_of_the_next_word" "$(bash_offers 'apex zone ')" "add list remove "
: >file.zone
is "bash__files" "$(bash_offers 'apex import file')" "file.zone "
for sh in zsh fish; do
	if command -v $sh >/dev/null; then
		case $sh in
		zsh) f=_apex ;;
		fish) f=apex.fish ;;
		esac
		ok "${sh}__script_parses" $sh -n "$top/examples/completion/$f"
	else
		echo "skip $sh is not here to read its script"
	fi
done
