#!/bin/sh
# A guard refuses with status 4 and names its plan; just that plan can be forced, once, while the tip stands.
# shellcheck disable=SC2016,SC2154
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/zone.lib.sh"
cd "$T" || exit 1
{ small_zone; seq -f 'h%g IN A 192.0.2.1' 1 20; } >full.zone
small_zone >small.zone
apex init example >out && apex import full.zone >out || fail setup
tip=$(tip_of)
plan_in() { grep -oE '[0-9a-f]{12}' "$1" | tail -n 1; }

status 4 "guard__deletion_of_most_of_a_zone" apex import small.zone
plan=$(plan_in err)
has "guard__names_the_plan" err "$plan"
is "guard__left_the_zone_whole" "$(tip_of)" "$tip"
status 4 "guard__refuses_again_with_the_same_plan" apex import small.zone
is "guard__plan_is_the_same" "$(plan_in err)" "$plan"
status 4 "force__of_another_plan_is_refused" apex import small.zone --force=000000000000
is "force__of_another_plan_changed_nothing" "$(tip_of)" "$tip"
ok "force__publishes_the_plan" apex force "$plan"
has "force__tells_the_commit" out '^\[main [0-9a-f]{12}\] '
is "force__deleted_what_was_planned" "$(apex export | wc -l)" 5
not_ok "force__twice" apex force "$plan"

ok "import__back" apex import full.zone
status 4 "guard__once_more" apex import small.zone
plan=$(plan_in err)
ok "force__by_flag" apex import small.zone --force="$plan"
has "force__by_flag_tells_the_commit" out '^\[main [0-9a-f]{12}\] '

ok "import__back_again" apex import full.zone
status 4 "guard__and_again" apex import small.zone
plan=$(plan_in err)
ok "set__meanwhile" apex set api A 300 8.8.8.8
status 5 "force__after_the_tip_moved_is_a_lost_race" apex force "$plan"
is "force__after_the_tip_moved_changed_nothing" "$(apex show api A | awk '{print $5}')" 8.8.8.8

# a zone that somebody else signed keeps its signer's serial
cat >sealed.zone <<'ZONE'
$ORIGIN example.
$TTL 300
@ IN SOA ns1 root 2027010101 1 2 3 4
@ IN NS ns1
@ IN RRSIG SOA 8 1 300 20300101000000 20200101000000 12345 example. AAAA
ns1 IN A 192.0.2.53
ZONE
rm -rf repo && apex init example >out && ok "sealed__import" apex import sealed.zone
status 4 "sealed__any_other_change_is_refused" apex set api A 300 1.1.1.1
has "sealed__says_why" err 'sealed|sign'
sed 's/ns1 IN A.*/ns1 IN A 192.0.2.54/' sealed.zone >stale.zone
not_ok "sealed__other_content_with_an_old_serial" apex import stale.zone
sed 's/2027010101/2027010102/' stale.zone >new.zone
ok "sealed__other_content_with_a_new_serial" apex import new.zone
is "sealed__serial_is_the_signers" "$(serial_of)" 2027010102
ok "fsck__after_all_that" apex fsck
