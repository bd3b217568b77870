#!/bin/sh
# Every verb tells what it does; what is no verb is a usage error with the nearest one named.
# shellcheck disable=SC2016,SC2154
. "$(dirname "$0")/../lib.sh"
ok "version" apex --version
has "version__is_told" "$T/out" '^apex [0-9]+\.[0-9]+'
ok "help__overview" apex --help
is "help__is_the_same_as_help" "$(apex help)" "$(apex --help)"
apex help >"$T/help"
verbs=$(sed -n 's/^  \([a-z-]*\)  *[a-z].*/\1/p' "$T/help" | grep -v -x -e help -e apex)
has "help__lists_the_verbs" /dev/stdin '^(1[89]|[2-9][0-9])$' <<X
$(echo "$verbs" | wc -l)
X
for v in $verbs; do
	ok "help__of_$v" apex "$v" --help
	has "help__of_${v}_has_a_synopsis" "$T/out" "^usage: apex $v"
	has "help__of_${v}_has_an_example" "$T/out" '^Example:$'
	is "help__of_${v}_on_stdout_alone" "$(cat "$T/err")" ""
	is "help__${v}_is_the_same" "$(apex help "$v")" "$(apex "$v" -h)"
	grep -q "^\.It Cm $v" "$top/tools/apex.1" && pass "manual__has_$v" || fail "manual__has_$v"
	apex help --man "$v" >"$T/apex-$v.1"
	is "manual__page_of_$v" "$(mandoc -T lint -W warning "$T/apex-$v.1")" ""
	has "manual__page_of_${v}_has_the_synopsis" "$T/apex-$v.1" "^apex $(echo "$v" | sed 's/-/\\\\-/')"
done
status 2 "usage__no_verb" apex
has "usage__no_verb_shows_the_verbs" "$T/err" '^  import '
has "first__without_a_repository" "$T/err" 'Begin with$'
has "first__says_what_to_type" "$T/err" '^    apex init '
apex init example >"$T/out"
status 2 "first__with_an_empty_zone" apex
has "first__with_an_empty_zone_says_import" "$T/err" '^    apex import FILE'
apex --repo "$T/born" init example --ns ns.example.net. >"$T/out" 2>&1
status 2 "first__with_a_zone" apex --repo "$T/born"
has "first__with_a_zone_says_what_to_try" "$T/err" '^    apex set www A'
status 2 "help__man_of_nothing" apex help --man
status 2 "usage__unknown_verb" apex frobnicate
has "usage__unknown_verb_is_named" "$T/err" 'unknown verb: `frobnicate`'
status 2 "usage__nearly_a_verb" apex imoprt x
has "usage__nearly_a_verb_has_a_hint" "$T/err" 'did you mean `import`'
status 2 "usage__help_of_no_verb" apex help frobnicate
status 2 "usage__verb_without_its_words" apex import
has "usage__shows_the_synopsis" "$T/err" '^usage: apex import FILE'
status 2 "usage__unknown_global_option" apex --nope log
