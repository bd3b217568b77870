#!/bin/sh
# `check`: a whole zone, in the repository or in a file; failures and warnings, and what is neither.
# shellcheck disable=SC2016,SC2154
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/zone.lib.sh"
cd "$T" || exit 1
small_zone >good.zone
mkdir tmp && export TMPDIR="$T/tmp"

ok "check__a_file_needs_no_repository" apex check ./good.zone
is "check__says_it_is_well" "$(cat out)" "example. ok: 5 RRsets"
is "check__leaves_no_scratch_behind" "$(ls tmp)" ""
not_ok "check__made_no_repository" test -e "$APEX_REPO"
ok "check__from_standard_input" apex check - <good.zone
ok "check__a_bare_word_that_is_a_file" apex check good.zone
status 1 "check__a_file_that_is_not_there" apex check ./nofile
status 3 "check__a_word_that_is_neither" apex check nosuch

bad() { # NAME PATTERN: standard input as a zone fails the check
	{ small_zone; cat; } >bad.zone
	status 1 "check__$1" apex check ./bad.zone
	has "check__${1}_is_told" err "$2"
}
bad cname_beside_data 'www.*CNAME' <<X
www IN TXT "x"
X
bad data_below_a_dname 'DNAME' <<X
d IN DNAME example.net.
below.d IN A 192.0.2.1
X
bad two_soas 'bad\.zone:8: .*SOA' <<X
@ 3600 IN SOA ns1 root 1 1 1 1 1
X
bad two_faults 'www.*CNAME' <<X
www IN TXT "x"
api IN CNAME ns1
X
has "check__tells_every_fault" err 'api.*CNAME'
sed '/SOA/d' good.zone >nosoa.zone
status 1 "check__no_soa" apex check ./nosoa.zone
status 1 "check__no_soa_with_the_zone_told" apex --zone example check ./nosoa.zone
sed '/IN NS/d' good.zone >nons.zone
status 1 "check__no_apex_ns" apex check ./nons.zone

warns() { # NAME PATTERN: it passes, with a warning
	{ small_zone; cat; } >odd.zone
	ok "check__$1_passes" apex check ./odd.zone
	has "check__$1_is_warned_of" err "^apex: warning: .*$2"
	has "check__$1_is_counted" out ', 1 warning'
}
warns missing_glue 'ns\.sub' <<X
sub IN NS ns.sub
X
warns mx_to_an_alias 'www' <<X
@ IN MX 10 www
X
warns srv_to_nothing 'nothing' <<X
_sip._tcp IN SRV 1 1 5060 nothing
X
warns ttls_that_differ 'TTL' <<X
two 60 IN A 192.0.2.1
two 30 IN A 192.0.2.2
X
is "check__lowest_ttl_is_taken" "$(apex init example >out && apex import odd.zone 2>err >out && apex show two A | awk '{print $2}' | sort -u)" 30
has "import__warns_too" err '^apex: warning: .*TTL'
ok "check__of_the_tip" apex check
ok "check__of_a_revision" apex check main
ok "check__a_branch_goes_before_a_file" sh -c 'echo nonsense >main && "$APEX_BUILD/apex" check main'
not_ok "check__a_path_is_a_file_all_the_same" apex check ./main
