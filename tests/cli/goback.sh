#!/bin/sh
# Going back: revert, restore, reset; whatever is done, the serial goes forward and nothing is lost.
# shellcheck disable=SC2016,SC2154
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/zone.lib.sh"
cd "$T" || exit 1
{ small_zone; seq -f 'h%g IN A 192.0.2.1' 1 20; } >full.zone
apex init example >out && apex import full.zone >out || fail setup
shown=$(serial_of)
forward() { [ "$(serial_of)" -gt "$shown" ] && pass "$1" || fail "$1" "$(serial_of) after $shown"; shown=$(serial_of); }

tree=$(tree_of)
apex set api A 300 6.6.6.6 -m 'a bad idea' >out
shown=$(serial_of)
ok "revert__of_the_tip" apex revert main
has "revert__says_so" out '^\[main [0-9a-f]{12}\] Revert "a bad idea"$'
has "revert__names_the_commit" /dev/stdin "^This reverts commit [0-9a-f]{64}\.\$" <<X
$(apex cat-object main)
X
is "revert__restores_the_very_tree" "$(tree_of)" "$tree"
forward "revert__serial_goes_forward"

apex set api A 300 6.6.6.6 >out; bad=$(tip_of)
apex set h1 A 300 7.7.7.7 >out
ok "revert__after_another_edit" apex revert "$bad"
is "revert__kept_the_other_edit" "$(apex show h1 A | awk '{print $5}')" 7.7.7.7
is "revert__undid_its_own" "$(apex show api A | awk '{print $5}')" 1.2.3.4
ok "revert__twice" apex revert "$bad"
has "revert__twice_does_nothing" out '^\(no changes\)$'
apex set api A 300 8.8.8.8 >out
status 5 "revert__where_a_later_commit_changed_it" apex revert "$bad"
has "revert__conflict_is_named" out '^CONFLICT both-modified api A$'
has "revert__conflict_says_how_to_go_on" err 'nothing was changed \(later commits changed them; apex restore '
is "revert__conflict_changed_nothing" "$(apex show api A | awk '{print $5}')" 8.8.8.8
from=$(tip_of); tree=$(tree_of)
apex set r1 A 300 1.1.1.1 >out; apex set r2 A 300 1.1.1.1 >out; apex delete r1 >out; apex set h2 A 300 1.1.1.1 >out
shown=$(serial_of); n=$(commits)
ok "revert__range" apex revert "$from..main"
is "revert__range_is_one_commit" "$(commits)" $((n + 1))
is "revert__range_is_back" "$(tree_of)" "$tree"
forward "revert__range_serial_goes_forward"
status 1 "revert__of_nothing" apex revert nothing
first=$(apex log --porcelain | tail -n 1 | cut -c 1-12)
status 1 "revert__of_the_first_commit" apex revert "$first"
has "revert__of_the_first_commit_says_why" err "^apex: the first commit can't be undone: there is nothing to go back to"

then=$(tip_of)
apex set a TXT 300 one >out; apex set a A 300 1.1.1.1 >out; apex set b.a A 300 1.1.1.1 >out
mid=$(tip_of)
apex set a TXT 300 two >out; apex delete a A >out; apex delete b.a >out; apex set c.a A 300 2.2.2.2 >out
shown=$(serial_of)
ok "restore__a_record" apex restore "$mid" a TXT
is "restore__only_that_record" "$(apex show a TXT | awk '{print $5}')" '"one"'
status 1 "restore__left_its_neighbour" apex show a A
ok "restore__a_subtree" apex restore "$mid" a
is "restore__what_is_below_too" "$(apex show b.a A | awk '{print $5}')" 1.1.1.1
status 1 "restore__what_was_not_there_goes" apex show c.a A
forward "restore__serial_goes_forward"
status 1 "restore__of_what_was_never_there" apex restore "$mid" never
has "restore__of_what_was_never_there_says_so" err 'never: not there at'
ok "restore__the_zone" apex restore "$then"
is "restore__the_zone_is_the_very_tree" "$(tree_of)" "$(tree_of "$then")"
forward "restore__of_the_zone_serial_goes_forward"
ok "restore__again" apex restore "$then"
has "restore__again_does_nothing" out '^\(no changes\)$'

top_before=$(tip_of)
n=$(apex reflog | wc -l)
status 2 "reset__without_hard" apex reset main~1
ok "reset__hard" apex reset --hard main~1
is "reset__content_is_back" "$(tree_of)" "$(tree_of main~1)"
forward "reset__serial_goes_forward"
is "reset__moved_the_branch_once" "$(apex reflog | wc -l)" $((n + 1))
is "reset__raise_has_one_parent" "$(apex cat-object main | grep -c '^parent ')" 1
ok "reset__to_what_is_only_raised" apex reset --hard main~1
has "reset__to_what_is_only_raised_does_nothing" out '^\(no changes\)$'
ok "reset__back_by_reflog" apex reset --hard 'main@{1}'
is "reset__back_is_the_very_tree" "$(tree_of)" "$(tree_of "$top_before")"
forward "reset__back_serial_goes_forward"
ok "nothing__is_lost" apex cat-object "$top_before"

# guards watch these doors too
{ small_zone; seq -f 'h%g IN A 192.0.2.1' 1 20; seq -f 'more%g IN A 192.0.2.1' 1 60; } >more.zone
apex import more.zone >out; shown=$(serial_of)
status 4 "reset__guard" apex reset --hard main~1
plan=$(grep -oE '[0-9a-f]{12}' err | tail -n 1)
is "reset__guard_kept_the_tip" "$(apex show more60 A | awk '{print $5}')" 192.0.2.1
ok "reset__forced" apex reset --hard main~1 --force="$plan"
forward "reset__forced_serial_goes_forward"
apex reset --hard 'main@{1}' >out; shown=$(serial_of)
status 4 "restore__guard" apex restore main~2
plan=$(grep -oE '[0-9a-f]{12}' err | tail -n 1)
ok "restore__forced" apex force "$plan"

# a removed zone
apex zone add foo.example --ns ns1.example.net. >out
apex --zone foo.example set www A 300 1.1.1.1 >out
apex --zone foo.example export >before.zone
apex zone remove foo.example >out
status 1 "zone__is_removed" apex --zone foo.example export
ok "restore__zone_removed" apex restore --zone-removed foo.example.:main
is "restore__zone_removed_tells" "$(tail -n 1 out)" "foo.example. is listed and served again"
is "restore__zone_removed_is_back" "$(apex --zone foo.example export)" "$(cat before.zone)"
apex zone remove foo.example >out
ok "restore__zone_removed_by_name_alone" apex restore --zone-removed foo.example
apex --zone foo.example set www A 300 2.2.2.2 >out; serial=$(apex --zone foo.example show @ SOA | awk '{print $7}')
apex zone remove foo.example >out
ok "restore__zone_removed_at_a_revision" apex --zone foo.example restore --zone-removed main~1
is "restore__zone_removed_at_a_revision_is_that" "$(apex --zone foo.example show www A | awk '{print $5}')" 1.1.1.1
[ "$(apex --zone foo.example show @ SOA | awk '{print $7}')" -gt "$serial" ] && pass "restore__zone_serial" || fail "restore__zone_serial"
status 1 "restore__zone_that_was_not_removed" apex restore --zone-removed foo.example
ok "fsck__after_all_that" apex fsck

# without a revision: as it was before the last change
apex set undo A 300 192.0.2.1 >"$T/out"
apex set undo A 300 192.0.2.2 >"$T/out"
ok "restore__without_a_revision" apex restore undo A
is "restore__as_before_the_last_change" "$(apex show undo A | awk '{print $5}')" 192.0.2.1
apex set a.undo A 300 192.0.2.3 >"$T/out"
apex delete undo >"$T/out"
ok "restore__a_deleted_rrset" apex restore undo A
is "restore__a_deleted_rrset_is_back" "$(apex show undo A | awk '{print $5}')" 192.0.2.1
apex delete undo A >"$T/out"
ok "restore__a_name_behind_dashes" apex restore -- undo
is "restore__a_name_has_all_of_it" "$(apex export | grep -c 'undo\.')" 2
apex branch undo
apex set undo A 300 192.0.2.9 >"$T/out"
ok "restore__a_branch_of_the_name_wins" apex restore undo undo A
is "restore__a_branch_of_the_name_is_a_revision" "$(apex show undo A | awk '{print $5}')" 192.0.2.1
status 1 "restore__what_never_was" apex restore never A
has "restore__what_never_was_says_both" "$T/err" 'never'
status 1 "restore__a_name_outside" apex restore -- www.example.org.
ok "restore__fsck" apex fsck
