#!/bin/sh
# Changes that are put off: published, or taken back, when they are due, unless the branch has moved; by run-due, by a
# daemon, by a mount, whoever comes first.
# shellcheck disable=SC2016,SC2154
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/zone.lib.sh"
cd "$T" || exit 1
small_zone >small.zone
apex init example >out && apex import small.zone >out || fail setup
value() { apex show "${1:-api}" A 2>/dev/null | awk '{print $5}'; }
first=$(tip_of)

status 2 "at__no_verb" apex at '22:00'
status 2 "at__a_verb_that_changes_nothing" apex at '22:00' log
for bad in yesterday 2001-01-01 '25:00' 'in 3 lightyears' 'now' ''; do
	status 1 "at__no_time_to_come_$(echo "$bad" | tr ' :' '__')" apex at "$bad" set api A 300 9.9.9.9
done
status 1 "at__what_is_wrong_is_said_now" apex at 'in 1 hour' set api A 300 9.9.9
status 1 "at__checks_are_made_now" apex at 'in 1 hour' set www A 300 9.9.9.9
ok "at__no_change_is_not_scheduled" apex at 'in 1 hour' set api A 300 1.2.3.4
has "at__no_change_says_so" out '^\(no changes\)$'
is "at__nothing_is_listed" "$(apex at)" ""
ok "at__far" apex at '2099-01-01 10:30' set api A 300 9.9.9.9 -m 'in the far future'
has "at__tells_number_and_time" out '^scheduled 1 for 2099-01-01 10:30:00 \+0000$'
is "at__changed_nothing_yet" "$(tip_of)" "$first"
has "at__lists" /dev/stdin '^1 2099-01-01 10:30:00 \+0000 publish example.:main Test Author <test@example>: in the far future$' <<X
$(apex at)
X
ok "at__json_is_json" sh -c '"$APEX_BUILD/apex" at --json | python3 -m json.tool'
ok "run_due__nothing_is_due" apex run-due
is "run_due__nothing_is_due_is_silent" "$(cat out)" ""
ok "cancel" apex at --cancel 1
status 1 "cancel__twice" apex at --cancel 1
is "cancel__is_no_longer_listed" "$(apex at)" ""

# published when due
ok "at__soon" apex at 'in 1 second' set api A 300 9.9.9.9 -m 'failover'
sleep 1.1
ok "run_due__publishes" apex run-due
has "run_due__tells" out '^2 \[main [0-9a-f]{12}\] failover$'
is "run_due__it_is_there" "$(value)" 9.9.9.9
has "run_due__via_says_whose_and_who_did_it" /dev/stdin '^Via: +cli uid=[0-9]+ due=2 by=cli$' <<X
$(apex log -n 1)
X
ok "run_due__not_twice" apex run-due
is "run_due__once" "$(commits)" 2

# not when the branch has moved
apex at 'in 1 second' set api A 300 8.8.8.8 -m 'too late' >out
apex set ns1 A 300 192.0.2.54 >out
sleep 1.1
status 1 "run_due__the_branch_moved" apex run-due
has "run_due__says_so" out '^3 \[main\] refused: too late: main has moved'
is "run_due__changed_nothing" "$(value)" 9.9.9.9
has "run_due__is_a_refusal" /dev/stdin ' main - Test Author <test@example> .*a change was due \(too late\): main has moved' <<X
$(apex log --refused)
X
is "run_due__the_job_is_over" "$(apex at)" ""

# taken back
before=$(tree_of)
ok "until" apex set api A 60 7.7.7.7 --until 'in 1 second' -m 'maintenance'
is "until__is_there_at_once" "$(value)" 7.7.7.7
has "until__is_listed" /dev/stdin '^4 .* take back example.:main .*: maintenance$' <<X
$(apex at)
X
sleep 1.1
ok "until__takes_back" apex run-due
is "until__it_is_the_very_tree" "$(tree_of)" "$before"
has "until__the_message_says_it" out 'Take back: maintenance'
apex set api A 60 7.7.7.7 --until 'in 1 second' -m 'maintenance' >out
apex set api A 60 7.7.7.8 >out
sleep 1.1
status 1 "until__not_over_a_later_edit" apex run-due
is "until__the_later_edit_stays" "$(value)" 7.7.7.8
not_ok "until__a_time_that_is_past" apex set api A 60 7.7.7.9 --until 2001-01-01
is "until__a_time_that_is_past_changed_nothing" "$(value)" 7.7.7.8
apex zone add other >out
not_ok "until__what_begins_a_branch" apex --zone other import small.zone --until 'in 1 hour'

# both, and of several commits
apex checkout -b side >out
apex set a A 300 192.0.2.1 >out
apex set b A 300 192.0.2.2 >out
apex checkout main >out
apex at 'in 1 second' cherry-pick side~1 side >out 2>&1 || fail 'cherry-pick can be put off' "$(cat out)"
sleep 1.1
ok "at__cherry_pick_of_two" apex run-due
is "at__cherry_pick_made_both" "$(value a) $(value b)" '192.0.2.1 192.0.2.2'
before=$(tree_of)
ok "at__until" apex at 'in 1 second' delete a --until 'in 8 seconds'
status 1 "at__until_before_at" apex at 'in 19 seconds' delete b --until 'in 8 seconds'
sleep 1.1
ok "at__until_publishes" apex run-due
is "at__until_is_gone" "$(value a)" ""
sleep 7.5
ok "at__until_takes_back" apex run-due
is "at__until_is_back" "$(tree_of)" "$before"
ok "at__merge_is_put_off_as_a_fast_forward" apex at 'in 1 hour' merge side --no-ff
apex at --cancel "$(apex at | cut -d ' ' -f 1)"

# guards judge now, and then
{ small_zone; seq -f 'h%g IN A 192.0.2.1' 1 20; } >full.zone
apex import full.zone >out
status 4 "guard__now" apex at 'in 1 second' import small.zone
plan=$(grep -oE '[0-9a-f]{12}' err | tail -n 1)
ok "guard__forced_for_then" apex at 'in 1 second' import small.zone --force="$plan"
sleep 1.1
ok "guard__forced_passes_then" apex run-due
is "guard__forced_did_it" "$(apex export | wc -l)" 5
apex at 'in 1 second' set api A 300 1.1.1.1 -m 'named later' >out
apex config guard.names api
sleep 1.1
status 1 "guard__set_meanwhile_judges_then" apex run-due
plan=$(apex log --refused -n 1 | awk '{print $5}')
ok "guard__what_was_due_can_be_forced" apex force "$plan"
is "guard__forced_is_there" "$(value)" 1.1.1.1
apex config --unset guard.names
apex at 'in 1 second' set api A 300 1.1.1.2 >out
apex protect main
sleep 1.1
status 1 "protect__set_meanwhile" apex run-due
apex protect main --off

# the daemon does it, also for what was due while it was down
apex at 'in 1 second' set api A 300 5.5.5.5 >out
sleep 1.1
p=$(port)
start apexd "$APEX_BUILD/apexd" --repo "$APEX_REPO" --listen "127.0.0.1:$p"
soon "apexd__what_was_due_while_it_was_down" 20 sh -c "dig +short +tries=1 +time=1 @127.0.0.1 -p $p api.example A | grep -qx 5.5.5.5"
apex at 'in 2 seconds' set api A 300 5.5.5.6 --until 'in 8 seconds' >out
soon "apexd__publishes_when_it_is_due" 20 sh -c "dig +short +tries=1 +time=1 @127.0.0.1 -p $p api.example A | grep -qx 5.5.5.6"
soon "apexd__takes_it_back" 20 sh -c "dig +short +tries=1 +time=1 @127.0.0.1 -p $p api.example A | grep -qx 5.5.5.5"
has "apexd__via_names_it" /dev/stdin 'by=apexd$' <<X
$(apex log -n 1)
X
apex at 'in 1 second' set api A 300 5.5.5.7 >out
apex set ns1 A 300 192.0.2.55 >out
soon "apexd__logs_what_it_refused" 20 grep -q 'scheduled change .* refused: main has moved' apexd.log
stop "$pid"

# so does the mount
mkdir mnt
start apexfs "$APEX_BUILD/apexfs" -f "$APEX_REPO" mnt
soon "apexfs__is_mounted" 20 test -e mnt/heads/main/SOA
apex at 'in 1 second' set api A 300 6.6.6.6 >out
soon "apexfs__publishes_when_it_is_due" 20 grep -q 6.6.6.6 mnt/heads/main/api/A
apex at 'in 1 second' set api A 300 6.6.6.7 >out
echo 192.0.2.56 >mnt/heads/main/ns1/A
soon "apexfs__tells_in_errors" 20 grep -q 'scheduled change [0-9]*: main has moved' mnt/errors
ok "fsck" apex fsck
