#!/bin/sh
# A protected branch moves for no verb.
# shellcheck disable=SC2016,SC2154
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/zone.lib.sh"
apex init example >"$T/out"
status 1 "protect__an_unborn_branch" apex protect main
small_zone | apex import - >"$T/out"
apex branch side
is "protect__nothing_is_at_first" "$(apex protect)" ""
ok "protect__a_branch" apex protect main --review 2
status 7 "protect__removing_the_zone" apex zone remove example
apex zone add example.net >"$T/out"
is "protect__is_listed" "$(apex protect)" "main review=2"
tip=$(tip_of)
status 7 "protect__set" apex set api A 300 9.9.9.9
has "protect__says_the_way" "$T/err" 'main is protected: it moves by apex propose and apex approve alone'
status 7 "protect__delete" apex delete api A
small_zone | sed 's/1.2.3.4/1.2.3.5/' >"$T/zone"
status 7 "protect__import" apex import "$T/zone"
echo 'update add x.example. 60 A 1.1.1.1' >"$T/batch"
status 7 "protect__apply" apex apply "$T/batch"
printf 'zone example.net\nupdate add example.net. 60 SOA a b 1 2 3 4 5\nupdate add example.net. 60 NS a.\n' >>"$T/batch"
status 7 "protect__apply_of_several_zones" apex apply "$T/batch"
is "protect__publishes_none_of_them" "$(apex --zone example.net status --porcelain | sed -n 's/^tip //p')" -
is "protect__nothing_moved" "$(tip_of)" "$tip"
ok "protect__what_changes_nothing_is_done" apex set api A 300 1.2.3.4
ok "protect__another_branch" apex --branch side set api A 300 9.9.9.9
status 7 "protect__merge" apex merge side
status 7 "protect__cherry_pick" apex cherry-pick side
status 7 "protect__restore" apex restore side api A
status 7 "protect__reset" apex reset --hard side
status 7 "protect__rebase" apex rebase side
status 7 "protect__renaming_it" apex branch -m main other
is "protect__nothing_moved_it" "$(tip_of)" "$tip"
apex protect side
status 7 "protect__deleting_the_branch" apex branch -D side
status 1 "protect__no_such_branch" apex protect nope
status 2 "protect__too_many" apex protect main --review 101
status 2 "protect__off_of_no_branch" apex protect --off
has "protect__off_of_no_branch_asks_which" "$T/err" '^apex: protect: which branch\?$'
status 2 "protect__signed_of_no_branch" apex protect --signed
is "protect__json" "$(apex protect --json | python3 -c 'import json, sys
for p in json.load(sys.stdin): print(p["branch"], "review=%d" % p["review"], *p["keys"])')" "$(apex protect | sed 's/ signed//')"
status 2 "protect__off_stands_alone" apex protect main --off --review 1
ok "protect__off" apex protect main --off
ok "protect__then_it_moves_again" apex set api A 300 9.9.9.9
is "protect__the_other_stays" "$(apex protect)" "side review=0"
ok "fsck" apex fsck
