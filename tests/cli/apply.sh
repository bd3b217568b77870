#!/bin/sh
# A batch is published as a whole or not at all, for one zone or several.
# shellcheck disable=SC2016,SC2154
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/zone.lib.sh"
apex init example >"$T/out"
small_zone | apex import - >"$T/out"
apex tag before
apex zone add example.net --ns ns1 >"$T/out" 2>&1
apex zone add sub.example --ns ns1 >"$T/out" 2>&1
try() { printf '%s\n' "$@" | apex apply -; }

ok "apply__commands_of_nsupdate" try 'server 192.0.2.1' 'zone example' 'prereq yxrrset api.example. A' \
	'update delete www.example CNAME' 'update add www.example. 60 IN TXT "a;b" c ; comment' \
	'update add api.example 60 A 1.2.3.5' send quit 'garbage behind quit'
has "apply__tells_the_commit" "$T/out" '^\[main [0-9a-f]{12}\] 3 RRsets changed: api A, www CNAME, www TXT$'
is "apply__adds_records" "$(apex show api A | awk '{print $2, $5}' | tr '\n' ';')" "60 1.2.3.4;60 1.2.3.5;"
is "apply__deletes_and_adds_in_one_commit" "$(apex show www ANY)" 'www.example. 60 IN TXT "a;b" "c"'
ok "apply__again_changes_nothing" try 'update add api.example. 60 A 1.2.3.5'
is "apply__again_says_so" "$(cat "$T/out")" "(no changes)"
ok "apply__takes_single_records_away" try 'update delete api.example. A 1.2.3.4'
is "apply__and_leaves_the_rest" "$(apex show api A | awk '{print $5}')" 1.2.3.5
ok "apply__deletes_names" try 'update delete www.example.'
status 1 "apply__deleted_the_name" apex show www ANY
ok "apply__the_apex_keeps_soa_and_ns" try 'update add example. 60 TXT gone' 'update delete example.'
is "apply__the_apex_has_only_them" "$(apex show @ ANY | awk '{print $4}' | tr '\n' ' ')" "NS SOA "
ok "apply__a_new_soa" try 'update add example. 3600 SOA ns1.example. root.example. 2026090100 1 2 3 4'
is "apply__a_new_soa_sets_the_serial" "$(serial_of)" 2026090100

n=$(commits)
status 5 "apply__prerequisite_that_does_not_hold" try 'prereq nxrrset api.example. A' 'update add x.example. 60 A 1.1.1.1'
has "apply__prerequisite_is_named" "$T/err" 'standard input:2: prerequisite: api\.example\. A is there|standard input:1: prerequisite'
status 5 "apply__prerequisite_by_value" try 'prereq yxrrset api.example. A 1.2.3.4' 'update add x.example. 60 A 1.1.1.1'
ok "apply__prerequisite_by_value_holds" try 'prereq yxrrset api.example. A 1.2.3.5' 'prereq nxdomain nope.example.' 'update add x.example. 60 A 1.1.1.1'
status 5 "apply__nxdomain" try 'nxdomain x.example.' 'add y.example. 60 A 1.1.1.1'
status 1 "apply__a_bad_line" try 'update add y.example. 60 A 1.1.1.1' 'update add z.example. 60 A 1.1.1.300'
has "apply__a_bad_line_is_numbered" "$T/err" 'standard input:2: '
status 1 "apply__no_ttl" try 'update add y.example. A 1.1.1.1'
ok "apply__ttl_told_before" try 'ttl 77' 'update add y.example. A 1.1.1.1'
has "apply__ttl_told_before_is_taken" /dev/stdin ' 77 IN A ' <<X
$(apex show y A)
X
status 1 "apply__a_name_of_no_zone" try 'update add y.example.org. 60 A 1.1.1.1'
status 1 "apply__a_failed_check" try 'update add y.example. 60 CNAME x.example.'
is "apply__what_failed_left_nothing" "$(commits)" $((n + 2))

ok "apply__several_zones" try 'update add a.example. 60 A 1.1.1.1' send 'update add b.example.net. 60 A 1.1.1.2' send \
	'update add c.sub.example. 60 A 1.1.1.3'
is "apply__several_zones_each_told" "$(sed 's/ [0-9a-f]*\].*//' "$T/out" | tr '\n' ';')" "[main;[example.net.:main;[sub.example.:main;"
is "apply__the_zone_is_the_deepest" "$(apex --zone sub.example show c A | awk '{print $5}')" 1.1.1.3
n=$(commits) m=$(apex --zone example.net log --porcelain | wc -l)
status 1 "apply__one_zone_fails" try 'update add d.example. 60 A 1.1.1.1' 'zone example.net' 'update add b.example.net. 60 CNAME b'
is "apply__then_none_is_published" "$(commits) $(apex --zone example.net log --porcelain | wc -l)" "$n $m"
i=0
while [ $i -lt 12 ]; do echo "update add h$i.example. 60 A 10.0.0.$i"; i=$((i + 1)); done | apex apply - >"$T/out"
i=0
while [ $i -lt 9 ]; do echo "update delete h$i.example."; i=$((i + 1)); done >"$T/many"
status 4 "apply__a_guard_refuses" apex apply "$T/many"
plan=$(sed -n 's/.*apex force //p' "$T/err")
status 4 "apply__another_plan_is_not_forced" apex apply "$T/many" --force=123456
ok "apply__the_plan_is_forced" apex apply "$T/many" --force="$plan"

cat >"$T/json" <<'X'
[ { "zone": "example.net", "changes": [ { "name": "j", "type": "TXT", "new": { "ttl": 5, "rdata": ["\"x y\""] } } ] },
  { "changes": [ { "name": "api", "type": "A", "old": { "ttl": 1, "rdata": ["1.2.3.5"] }, "new": { "ttl": 9, "rdata": ["8.8.8.8", "8.8.4.4"] } },
                 { "name": "x", "type": "A", "new": null } ] } ]
X
ok "apply__json" apex apply "$T/json" -m 'from JSON' --author 'Jo Json <jo@example>'
is "apply__json_replaces" "$(apex show api A | awk '{print $2, $5}' | tr '\n' ';')" "9 8.8.4.4;9 8.8.8.8;"
status 1 "apply__json_deletes" apex show x A
is "apply__message_and_author" "$(apex --zone example.net log --porcelain -n 1 | cut -f 4,5)" "$(printf 'Jo Json <jo@example>\tfrom JSON')"
status 5 "apply__json_old_must_hold" apex apply "$T/json"
has "apply__json_old_is_named" "$T/err" 'change 1: api A is no longer'
refuse() { name=$1; shift; echo "$1" >"$T/bad"; status 1 "apply__json_refuses_$name" apex apply "$T/bad"; }
refuse what_is_no_json '{ "changes": '
refuse no_changes '{}'
refuse no_name '{"changes": [{"type": "A", "new": null}]}'
refuse neither_old_nor_new '{"changes": [{"name": "x", "type": "A"}]}'
refuse a_ttl_out_of_range '{"changes": [{"name": "x", "type": "A", "new": {"ttl": -1, "rdata": ["1.1.1.1"]}}]}'
refuse bad_rdata '{"changes": [{"name": "x", "type": "A", "new": {"ttl": 1, "rdata": ["x"]}}]}'
apex set kept A 300 192.0.2.1 >"$T/out"
refuse a_misspelt_new '{"changes": [{"name": "kept", "type": "A", "old": {"ttl": 300, "rdata": ["192.0.2.1"]}, "nwe": {"ttl": 1, "rdata": ["1.1.1.1"]}}]}'
has "apply__json_a_misspelt_new_is_named" "$T/err" 'change 1: unknown member: `nwe`$'
ok "apply__json_a_misspelt_new_deletes_nothing" apex show kept A
refuse a_branch_it_does_not_heed '{"branch": "past", "changes": [{"name": "kept", "type": "A", "new": null}]}'
refuse an_unknown_member_of_a_value '{"changes": [{"name": "x", "type": "A", "new": {"ttl": 1, "rdata": ["1.1.1.1"], "class": "CH"}}]}'
refuse two_changes_of_an_rrset '{"changes": [{"name": "twice", "type": "A", "new": {"ttl": 1, "rdata": ["1.1.1.1"]}}, {"name": "kept", "type": "A", "new": null}, {"name": "TWICE.example.", "type": "TYPE1", "new": {"ttl": 1, "rdata": ["1.1.1.2"]}}]}'
has "apply__json_two_changes_of_an_rrset_are_named" "$T/err" '/bad: change 1 and change 3 both change twice A of example\.: '
ok "apply__json_two_changes_of_an_rrset_change_nothing" apex show kept A
refuse two_changes_in_two_objects '[{"changes": [{"name": "kept", "type": "A", "old": {"ttl": 300, "rdata": ["192.0.2.1"]}, "new": null}]}, {"zone": "example", "changes": [{"name": "x", "type": "A", "new": null}, {"name": "kept", "type": "A", "old": null, "new": {"ttl": 1, "rdata": ["1.1.1.2"]}}]}]'
has "apply__json_two_changes_in_two_objects_are_named" "$T/err" ': object 1, change 1 and object 2, change 2 both change kept A of example\.: '
refuse an_unknown_zone '{"zone": "example.org", "changes": []}'

apex branch past before
apex diff before main --json >"$T/diff"
ok "apply__a_diff_as_json" apex --branch past apply "$T/diff"
is "apply__a_diff_as_json_leads_to_the_same_tree" "$(tree_of past)" "$(tree_of main)"
apex branch past2 before
apex diff before main --nsupdate >"$T/diff"
ok "apply__a_diff_as_nsupdate" apex --branch past2 --zone example apply "$T/diff"
is "apply__a_diff_as_nsupdate_leads_to_the_same_tree" "$(tree_of past2)" "$(tree_of main)"

sig() { printf '{"name": "kept", "type": "RRSIG", "%s": {"ttl": 300, "rdata": ["%s 13 2 300 20300101000000 20260101000000 1 example. QQ=="]}}' "${2:-new}" "$1"; }
refuse two_changes_of_rrsigs_that_cover_one_type "{\"changes\": [$(sig A), $(sig TXT), $(sig A)]}"
refuse rrsigs_that_cover_another_type '{"changes": [{"name": "kept", "type": "RRSIG", "covers": "TXT", "old": null, "new": {"ttl": 1, "rdata": ["A 13 2 300 20300101000000 20260101000000 1 example. QQ=="]}}]}'
refuse rrsigs_that_go_unnamed '{"changes": [{"name": "kept", "type": "RRSIG", "new": null}]}'
refuse covers_beside_an_address '{"changes": [{"name": "kept", "type": "A", "covers": "A", "new": null}]}'
apex tag unsigned
echo "{\"changes\": [$(sig A), $(sig TXT)]}" >"$T/sigs"
ok "apply__json_takes_rrsigs_that_cover_two_types" apex apply "$T/sigs"
echo '{"changes": [{"name": "kept", "type": "A", "new": {"ttl": 1, "rdata": ["1.1.1.3"]}}, {"name": "kept", "type": "TXT", "new": {"ttl": 1, "rdata": ["x"]}}]}' >"$T/types"
ok "apply__json_takes_two_types_of_a_name" apex apply "$T/types"
apex branch past3 unsigned
apex diff unsigned main --json >"$T/diff"
ok "apply__a_diff_of_rrsigs_as_json" apex --branch past3 apply "$T/diff"
is "apply__a_diff_of_rrsigs_leads_to_the_same_tree" "$(tree_of past3)" "$(tree_of main)"
echo "{\"changes\": [$(sig A old)]}" >"$T/sigs"
ok "apply__json_takes_away_the_rrsigs_of_one_type" apex apply "$T/sigs"
is "apply__json_leaves_those_of_the_other" "$(apex show kept RRSIG | awk '{print $5}')" TXT
status 2 "author__without_mail" apex set q A 60 1.1.1.1 --author nobody
ok "author__of_set" apex set q A 60 1.1.1.1 --author 'No Body <no@body>'
has "author__of_set_is_in_the_log" /dev/stdin '^Author: No Body <no@body>$' <<X
$(apex log -n 1)
X
ok "fsck" apex fsck
