#!/bin/sh
# Joining branches: fast-forward, three-way, conflicts with their kinds and values, cherry-pick, rebase.
# shellcheck disable=SC2016,SC2154
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/zone.lib.sh"
cd "$T" || exit 1
{ small_zone; seq -f 'h%g IN A 192.0.2.1' 1 20; } >full.zone
apex init example >out && apex import full.zone >out || fail setup
on() { b=$1; shift; apex --branch "$b" "$@"; }
parents() { apex cat-object main | grep -c '^parent '; }

apex branch side && on side set new A 300 5.5.5.5 >out
ok "merge__fast_forward" apex merge side
has "merge__fast_forward_is_told" out '^\[main [0-9a-f]{12}\] \(moved to this commit\)$'
is "merge__fast_forward_is_the_same_commit" "$(apex cat-object main)" "$(apex cat-object side)"
ok "merge__again" apex merge side
has "merge__again_does_nothing" out '^\(no changes\)$'

on side set new A 300 5.5.5.6 >out
ok "merge__no_ff" apex merge --no-ff side
is "merge__no_ff_has_two_parents" "$(parents)" 2
has "merge__no_ff_says_so" out '^\[main [0-9a-f]{12}\] Merge side into main$'
is "merge__no_ff_keeps_the_serial_of_equal_content" "$(serial_of main)" "$(serial_of side)"

on side merge main >out
on side set www2 A 300 1.1.1.1 >out
on side set h1 A 300 192.0.2.1 192.0.2.2 >out
apex set h1 A 300 192.0.2.1 192.0.2.3 >out
apex set h2 A 60 192.0.2.1 >out
before=$(serial_of)
ok "merge__three_way" apex merge side -m 'bring side in'
has "merge__message_is_taken" out '^\[main [0-9a-f]{12}\] bring side in$'
is "merge__each_side_adding_an_address_is_clean" "$(apex show h1 A | awk '{print $5}' | tr '\n' ' ')" "192.0.2.1 192.0.2.2 192.0.2.3 "
is "merge__keeps_ours" "$(apex show h2 A | awk '{print $2}')" 60
is "merge__takes_theirs" "$(apex show www2 A | awk '{print $5}')" 1.1.1.1
[ "$(serial_of)" -gt "$before" ] && pass "merge__serial_goes_forward" || fail "merge__serial_goes_forward"
is "merge__tree_is_that_of_an_import" "$(tree_of)" "$(apex export >all.zone && rm -rf other && apex --repo other init example >out && apex --repo other import all.zone >out && apex --repo other cat-object main | sed -n 's/^tree //p')"

# conflicts
on side merge main >out
on side set h3 A 300 3.3.3.3 >out; apex set h3 A 300 4.4.4.4 >out
on side set h4 A 300 3.3.3.3 >out; apex delete h4 A >out
on side set x CNAME 300 h1 >out; apex set x CNAME 300 h2 >out
on side set h5 A 300 3.3.3.3 >out; apex set h5 A 300 3.3.3.3 >out
tip=$(tip_of)
status 5 "merge__conflict" apex merge side
is "merge__conflict_changed_nothing" "$(tip_of)" "$tip"
cat >want <<'X'
CONFLICT both-modified h3 A
  base    300 192.0.2.1
  ours    300 4.4.4.4
  theirs  300 3.3.3.3
CONFLICT deleted-modified h4 A
  base    300 192.0.2.1
  ours    (none)
  theirs  300 3.3.3.3
CONFLICT add-add x CNAME
  base    (none)
  ours    300 h2.example.
  theirs  300 h1.example.
X
is "merge__conflicts_have_kind_and_three_values" "$(cat out)" "$(cat want)"
has "merge__conflict_says_how_to_go_on" err '^apex: 3 RRsets in conflict; nothing was changed'
status 2 "merge__take_without_a_side" apex merge side --take h3
status 2 "merge__ours_and_theirs" apex merge side --ours --theirs
status 1 "merge__take_of_what_is_not_in_conflict" apex merge side --ours --take h9 A=ours
status 5 "merge__take_of_some_leaves_the_others" apex merge side --take h3 A=theirs
is "merge__take_of_some_names_the_others" "$(grep -c ^CONFLICT out)" 2
ok "merge__take_and_ours" apex merge side --take h3 A=theirs --take 'x CNAME=theirs' --ours
is "merge__take_theirs" "$(apex show h3 A | awk '{print $5}')" 3.3.3.3
is "merge__take_in_one_word" "$(apex show x CNAME | awk '{print $5}')" h1.example.
status 1 "merge__ours_kept_the_deletion" apex show h4 A

on side merge main >out
on side set y CNAME 300 h1 >out; apex set y A 300 1.2.3.4 >out
status 5 "merge__a_result_that_fails_a_check_is_a_conflict" apex merge side
has "merge__failed_check_is_named" err 'y\.example\. CNAME'
on side delete y >out
status 1 "merge__of_no_branch" apex merge nothing
status 2 "merge__of_two" apex merge side main

# criss-cross: each takes the other's old tip, then they part again
apex branch a && apex branch b
on a set c1 A 300 1.1.1.1 >out; on b set c2 A 300 2.2.2.2 >out
old_a=$(on a status --porcelain | sed -n 's/^tip //p')
on a merge b >out; on b merge "$old_a" >out
on a set h10 A 300 1.1.1.9 >out; on b set h11 A 300 2.2.2.9 >out
ok "merge__criss_cross" on a merge b
is "merge__criss_cross_has_both" "$(on a show h10 A | awk '{print $5}') $(on a show h11 A | awk '{print $5}')" "1.1.1.9 2.2.2.9"
on a set c1 A 300 1.1.1.7 >out; on b set c2 A 300 2.2.2.7 >out; on b merge a >out
is "merge__criss_cross_of_what_each_base_had_alone" "$(on b show c1 A | awk '{print $5}') $(on b show c2 A | awk '{print $5}')" "1.1.1.7 2.2.2.7"
apex branch d1 main && apex branch d2 main
on d1 set c3 A 300 1.1.1.1 >out; on d2 set c3 A 300 2.2.2.2 >out
old=$(on d1 status --porcelain | sed -n 's/^tip //p')
on d1 merge d2 --ours >out; on d2 merge "$old" --ours >out
status 5 "merge__criss_cross_whose_bases_disagree" on d1 merge d2
is "merge__criss_cross_names_both_bases" "$(grep -c '^  base ' out)" 2

# cherry-pick
apex branch p main && on p set p1 A 300 1.1.1.1 >out && on p set p2 A 300 1.1.1.2 -m 'second' >out && on p set p3 A 300 1.1.1.3 >out
ok "cherry_pick__one" apex cherry-pick p~1
has "cherry_pick__keeps_the_message" out '^\[main [0-9a-f]{12}\] second$'
has "cherry_pick__says_where_from" /dev/stdin "^\(cherry picked from commit $(apex log --porcelain p~1 -n 1 | cut -f 1)\)\$" <<X
$(apex cat-object main)
X
status 1 "cherry_pick__took_only_that" apex show p1 A
apex branch e main && on e set e1 A 300 1.1.1.4 >out
ok "cherry_pick__ends_with_what_is_there" apex cherry-pick e p~1
is "cherry_pick__tells_what_it_did_alone" "$(cut -d ' ' -f 3- out)" "e1 A: added 1.1.1.4"
n=$(commits)
ok "cherry_pick__range" apex cherry-pick main~2..p
is "cherry_pick__range_tells_what_it_did_alone" "$(cut -d ' ' -f 3- out | cut -c 1-5 | tr '\n' ' ')" "p1 A: p3 A: "
is "cherry_pick__range_skips_what_is_there" "$(commits)" $((n + 2))
apex set p1 A 300 9.9.9.9 >out; on p set p1 A 300 8.8.8.8 >out
on p set p4 A 300 8.8.8.8 >out
n=$(commits)
status 5 "cherry_pick__conflict" apex cherry-pick p~1 p
is "cherry_pick__conflict_changed_nothing" "$(commits)" "$n"
ok "cherry_pick__theirs" apex cherry-pick --theirs p~1 p

# rebase
apex branch r main~4 && on r set r1 A 300 1.1.1.1 -m one >out && on r set r2 A 300 1.1.1.2 -m two >out
ok "rebase__onto_main" on r rebase main
is "rebase__sits_on_main" "$(apex log --oneline main..r | wc -l)" 2
is "rebase__keeps_messages_in_order" "$(apex log --porcelain main..r | cut -f 5 | tr '\n' ' ')" "two one "
is "rebase__moves_the_branch_once" "$(apex reflog r | wc -l)" 4
ok "rebase__again" on r rebase main
has "rebase__again_does_nothing" out '^\(no changes\)$'
status 7 "rebase__of_main" apex rebase r
on r set r1 A 300 3.3.3.3 >out; apex set r1 A 300 4.4.4.4 >out
status 5 "rebase__conflict" on r rebase main
has "rebase__conflict_is_named" out '^CONFLICT add-add r1 A$'
ok "rebase__theirs" on r rebase main --theirs
ok "fsck__after_all_that" apex fsck
