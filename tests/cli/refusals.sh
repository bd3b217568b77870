#!/bin/sh
# Bad input: each a clear message, status 1 or 2, and no change to the zone.
# shellcheck disable=SC2016,SC2154
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/zone.lib.sh"
cd "$T" || exit 1
small_zone >good.zone
apex init example >out && apex import good.zone >out || fail "setup"
tip=$(tip_of)

# refused STATUS NAME PATTERN CMD...: the status, a line on stderr that matches, nothing on stdout, the tip unmoved
refused() {
	_want=$1 _what=$2 _pattern=$3; shift 3
	status "$_want" "$_what" "$@"
	has "$_what: told" "$T/err" "$_pattern"
	is "$_what: nothing on stdout" "$(cat "$T/out")" ""
	is "$_what: the zone is as it was" "$(tip_of)" "$tip"
}

small_zone | sed '6a bad IN A 1.2.3' >seven.zone
refused 1 "import__error_on_line_7_names_file_line_and_token" '^apex: seven\.zone:7: .*`1\.2\.3`$' apex import seven.zone
{ small_zone; echo '@ 3600 IN SOA ns1 root 2026080102 1 1 1 1'; } >twosoa.zone
refused 1 "import__two_different_soas" '^apex: twosoa\.zone:8: .*SOA' apex import twosoa.zone
{ small_zone; echo '@ 3600 IN SOA ns1 root 2026080101 7200 1800 1209600 300'; } >samesoa.zone
ok "import__an_equal_soa_is_one" apex import samesoa.zone
has "import__an_equal_soa_is_a_warning" "$T/err" 'warning: samesoa\.zone:8: '
{ small_zone; echo 'www IN A 1.1.1.1'; } >cname.zone
refused 1 "import__cname_beside_a" 'www.*CNAME' apex import cname.zone
refused 1 "set__cname_beside_a" 'api.*CNAME' apex set api CNAME 300 ns1
refused 1 "set__owner_outside_the_zone" 'www\.other\.: outside the zone example\.' apex set www.other. A 300 1.1.1.1
refused 1 "set__label_of_64_octets" '63' apex set "$(printf '%064d' 1)" A 300 1.1.1.1
refused 1 "set__name_over_255_octets" '255' apex set "$(printf 'a.%.0s' $(seq 1 127))x" A 300 1.1.1.1
refused 1 "set__rdata_too_short" 'apex: TYPE65280' apex set x TYPE65280 300 '\# 4 abcdef'
refused 1 "set__rdata_garbage" 'apex: A: .*1\.2\.3\.4\.5' apex set x A 300 1.2.3.4.5
refused 1 "set__rdata_generic_too_short_for_its_type" '.' apex set x A 300 '\# 3 010203'
refused 1 "set__words_of_one_record_not_quoted" 'quote one that has blanks' apex set @ MX 300 10 mail
refused 1 "set__unknown_type" 'AAAB' apex set x AAAB 300 ::1
refused 1 "set__meta_type" 'ANY' apex set x ANY 300 ::1
refused 1 "set__ttl_too_large" '2147483648' apex set x A 2147483648 1.1.1.1
refused 2 "set__ttl_left_out" '`1\.1\.1\.1` is no TTL' apex set x A 1.1.1.1 1.1.1.2
refused 2 "set__without_rdata" 'usage: apex set' apex set x A 300
refused 1 "set__bytes_outside_ascii" 'write `bücher` as xn--bcher-kva$' apex set 'bücher' A 300 1.1.1.1
refused 1 "set__bytes_that_are_no_text" 'outside ASCII' apex set "$(printf 'b\377')" A 300 1.1.1.1
refused 1 "zone_add__bytes_outside_ascii" 'xn--bcher-kva\.example$' apex zone add bücher.example
refused 1 "set__empty_label" 'empty label' apex set 'a..b' A 300 1.1.1.1
refused 2 "set__empty_message" 'empty' apex set x A 300 1.1.1.1 -m ''
refused 2 "set__message_without_text" 'needs a value' apex set x A 300 1.1.1.1 -m
refused 1 "delete__the_soa" 'SOA' apex delete @ SOA
refused 1 "delete__the_apex_ns" 'NS' apex delete @ NS
refused 1 "delete__name_that_is_not_there" 'nope: not found' apex delete nope
refused 1 "delete__type_that_is_not_there" 'api MX: not found' apex delete api MX
: >empty.zone
refused 1 "import__empty_file" 'SOA' apex import empty.zone
dd if=/dev/zero of=zeros.zone bs=1M count=10 2>/dev/null
refused 1 "import__10_mb_of_zeros" 'zeros\.zone:1: ' apex import zeros.zone
head -c 1000000 /dev/urandom >noise.zone
refused 1 "import__noise" 'apex: noise\.zone' apex import noise.zone
head -c 120 good.zone >cut.zone
refused 1 "import__truncated_file" '.' apex import cut.zone
printf '$INCLUDE other.zone\n' | cat good.zone - >inc.zone
refused 1 "import__include_without_a_root" 'inc\.zone:8: .*INCLUDE' apex import inc.zone
printf 'inc IN A 7.7.7.7\n' >other.zone
ok "import__include_with_a_root" apex import inc.zone --include-root "$T"
is "import__include_was_read" "$(apex show inc A | awk '{print $5}')" 7.7.7.7
apex import good.zone >out; tip=$(tip_of)
sed 's/^api.*/$GENERATE 1-99999999 h$ A 1.1.1.1/' good.zone >gen.zone
refused 1 "import__generate_without_bound" 'gen\.zone:6: ' apex import gen.zone
refused 1 "import__missing_file" 'nofile\.zone: No such file' apex import nofile.zone
refused 1 "import__folder" ': Is a directory' apex import "$T"
refused 1 "import__file_of_another_zone" '/dev/stdin: it is the zone foo\.' apex import /dev/stdin <<X
foo. 300 IN SOA a b 1 2 3 4 5
X
has "import__outside_records_are_warned_of" /dev/stdin 'warning: .*:8: ' <<X
$({ small_zone; echo 'www.foo. 300 IN A 1.1.1.1'; } | apex import - 2>&1)
X
is "import__outside_records_are_dropped" "$(tip_of)" "$tip"
refused 1 "show__name_that_is_not_there" 'nope A: not found' apex show nope A
refused 1 "show__type_that_is_not_there" 'api MX: not found' apex show api MX
refused 1 "show__revision_that_is_not_there" 'nosuch' apex show nosuch
refused 1 "log__revision_that_is_not_there" 'deadbeef' apex log deadbeef
refused 1 "diff__revision_that_is_not_there" 'main~99' apex diff main~99 main
refused 1 "export__revision_that_is_not_there" 'v9' apex export v9
refused 1 "zone__that_is_not_there" 'other' apex --zone other log
refused 1 "branch__that_is_not_there" 'no such branch: `nosuch`' apex --branch nosuch log
refused 1 "branch__that_is_not_there_is_not_made_by_set" 'no such branch: `nosuch`' apex --branch nosuch set x A 300 1.1.1.1
refused 1 "branch__bad_name" '.' apex --branch '../x' log
refused 1 "force__plan_that_is_not_there" '.' apex force 0123456789ab
refused 1 "cat_object__that_is_not_there" '.' apex cat-object 0123456789ab
refused 2 "unknown_option" 'unknown option: `--frobnicate`' apex log --frobnicate
refused 2 "option_nearly_right" 'did you mean --oneline' apex log --onelin
refused 2 "too_many_words" 'too many' apex status now
refused 2 "n_that_is_no_number" 'not a number' apex log -n x
is "all_that_was_refused_left_no_trace" "$(apex diff "$tip" main)" "(no changes)"

export APEX_REPO="$T/nowhere"
status 3 "repository__missing" apex log
has "repository__missing_says_how_to_make_one" "$T/err" "^apex: $T/nowhere: not an apexfs repository \(make one with: apex init ZONE\)\$"
for v in status export "import good.zone" "set x A 300 1.1.1.1" "delete x" fsck "branch x" "zone list" "zone add foo" "checkout x" \
	"tag x" "diff a b" "blame x A" "force 1234" "cat-object main" check reflog; do
	# shellcheck disable=SC2086
	status 3 "repository__missing_for_${v%% *}" apex $v
done
not_ok "repository__missing_is_not_made" test -e "$T/nowhere"
mkdir "$T/nowhere"
status 3 "repository__empty_folder" apex log
is "repository__empty_folder_stays_so" "$(ls -A "$T/nowhere")" ""
mkdir "$T/nowhere/store" && head -c 8192 /dev/urandom >"$T/nowhere/store/data.mdb"
not_ok "repository__that_is_noise" apex log
(unset APEX_REPO; mkdir "$T/cwd"; cd "$T/cwd" && "$APEX_BUILD/apex" log 2>"$T/err")
has "repository__default_is_told_with_its_path" "$T/err" "^apex: $T/cwd/\.apex: not an apexfs repository"
