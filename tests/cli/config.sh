#!/bin/sh
# Settings of a zone have types, are kept, and guards that are set refuse at once; refusals can be read later.
# shellcheck disable=SC2016,SC2154
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/zone.lib.sh"
cd "$T" || exit 1
{ small_zone; seq -f 'h%g IN A 192.0.2.1' 1 40; echo 'sub IN NS ns.sub'; echo 'mail IN A 192.0.2.9'; } >full.zone
apex init example >out && apex import full.zone >out || fail setup

ok "config__lists" apex config
has "config__has_a_default" out '^guard.ttl +none .*\(default\)'
status 1 "config__unknown_name" apex config guard.tttl
has "config__unknown_name_is_told" err 'no setting `guard.tttl`'
for bad in 'serial.policy yesterday' 'ttl.default x' 'ttl.default 2147483648' 'guard.deletions 0' 'guard.ttl 1y' \
	'guard.delegation yes' 'guard.names a..b' 'guard.names www.example.org.' 'guard.names www/NOTYPE' 'gc.days x'; do
	# shellcheck disable=SC2086
	status 1 "config__refuses_$(echo "$bad" | tr ' /.' '___')" apex config $bad
	has "config__says_what_$(echo "$bad" | tr ' /.' '___')" err "${bad%% *}"
done
is "config__refused_changed_nothing" "$(apex config | grep -vc '(default)$')" 0
ok "config__sets_seconds_with_a_unit" apex config guard.ttl 1d
is "config__gets_it" "$(apex config guard.ttl)" 86400
ok "config__sets_names" apex config guard.names 'MAIL.example., @/MX ns1/A'
is "config__keeps_names_in_one_form" "$(apex config guard.names)" 'mail @/MX ns1/A'
ok "config__unset" apex config --unset guard.ttl
is "config__unset_is_the_default" "$(apex config guard.ttl)" none
ok "config__same_again_is_no_change" apex config guard.ttl none

# serials
ok "serial__policy" apex config serial.policy date
apex set api A 300 1.2.3.5 >out
is "serial__is_a_date" "$(serial_of | cut -c 1-8)" "$(date -u +%Y%m%d)"
ok "serial__policy_unixtime" apex config serial.policy unixtime
apex set api A 300 1.2.3.6 >out
ok "serial__goes_forward_under_any_policy" test "$(serial_of)" -gt "$(serial_of main~1)"

# guards
status 4 "names__a_name" apex set mail A 300 192.0.2.10
has "names__says_which" err 'names: touches mail A;.*apex force [0-9a-f]{12}'
status 4 "names__below_a_name" apex set x.mail A 300 192.0.2.10
status 4 "names__an_rrset" apex set ns1 A 300 192.0.2.10
ok "names__another_type_of_it" apex set ns1 TXT 300 hello
status 4 "names__deleting" apex delete mail A
apex config guard.ttl 1h
status 4 "ttl__too_long" apex set www2 A 3601 192.0.2.10
ok "ttl__just_so_long" apex set www2 A 3600 192.0.2.10
apex config guard.delegation on
status 4 "delegation__apex_ns" apex set @ NS 300 ns1 ns2
ok "delegation__ns_of_a_cut" apex set sub NS 300 ns.sub ns2.sub
status 4 "delegation__ds_of_a_cut" apex set sub DS 300 '1 8 2 E2D3C916F6DEEAC73294E8268FB5885044A833FC5459588F4A9184CFC41A5766'
apex config guard.deletions 3
status 4 "deletions__at_once" apex apply - <<X
delete h1.example. A
delete h2.example. A
delete h3.example. A
delete h4.example. A
send
X
has "deletions__says_how_many" err 'deletion: removes 4 RRsets \(more than the 3 of guard.deletions\)'
for h in h1 h2 h3; do ok "deletions__one_by_one_$h" apex delete $h A; done
status 4 "deletions__within_a_minute" apex delete h4 A
has "deletions__says_when" err 'removes 4 RRsets within a minute'

# a merge is judged by what the branch moves by
apex config --unset guard.deletions
apex checkout -b side >out
status 4 "merge__setup_was_refused_on_a_branch_too" apex set mail A 300 192.0.2.77
plan=$(grep -oE '[0-9a-f]{12}' err | tail -n 1)
ok "force__passes" apex force "$plan"
apex checkout main >out
status 4 "merge__fast_forward_is_judged_too" apex merge side
has "merge__says_what" err 'names: touches mail A'

# the rules belong to the plan
plan=$(grep -oE '[0-9a-f]{12}' err | tail -n 1)
apex config guard.ttl 2h
status 5 "rules__others_by_now" apex force "$plan"
has "rules__says_so" err 'rules'
apex config guard.ttl 1h
ok "rules__the_same_again" apex force "$plan"

# refusals
ok "refused__lists" apex log --refused
has "refused__has_time_branch_plan_who_why" out \
	'^20[0-9-]+ [0-9:]+ \+0000 main [0-9a-f]{12} Test Author <test@example> \(cli uid=[0-9]+\): names: touches mail A$'
has "refused__of_another_branch" out ' side [0-9a-f]{12} '
is "refused__one_a_plan" "$(grep -c 'touches x.mail A' out)" 1
is "refused__n" "$(apex log --refused -n 2 | wc -l)" 2
ok "refused__json" apex log --refused --json
cp out refused.json
ok "refused__json_is_json" python3 -c 'import json,sys; l=json.load(sys.stdin); assert l[0]["why"] and l[0]["plan"]' <refused.json
status 2 "refused__stands_alone" apex log --refused main
ok "fsck" apex fsck
