#!/bin/sh
# Branches come, go and change their names; whatever happens, each name's log tells where it has been.
# shellcheck disable=SC2016,SC2154
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/zone.lib.sh"
cd "$T" || exit 1
small_zone >small.zone
apex init example >out && apex import small.zone >out || fail setup

ok "branch__made" apex branch side
status 1 "checkout__of_no_branch" apex checkout typo
ok "checkout__of_it" apex checkout side
apex set a A 300 1.1.1.1 >out
tip=$(tip_of)
ok "branch__renamed" apex branch -m side other
is "branch__head_goes_with_it" "$(apex status --porcelain | sed -n 's/^branch //p')" other
is "branch__renamed_keeps_its_tip" "$(tip_of)" "$tip"
status 1 "branch__old_name_is_gone" apex log side
has "reflog__of_the_new_name_says_whence" /dev/stdin 'from=side\)' <<X
$(apex reflog other)
X
ok "reflog__of_a_name_that_is_gone" apex reflog side
has "reflog__of_a_name_that_is_gone_ends_with_its_end" out '^000000000000 side@\{0\} .*to=other\) deleted$'
is "reflog__json_of_a_name_that_is_gone" "$(apex reflog --json -1 side | python3 -c 'import json, sys
for m in json.load(sys.stdin): print(m["new"], m["deleted"], m["message"])')" "None True None"
is "reflog__of_a_name_that_is_gone_has_all" "$(wc -l <out)" 3
status 1 "branch__renamed_to_one_that_is_there" apex branch -m other main
status 7 "branch__main_keeps_its_name" apex branch -m main master
status 1 "branch__rename_of_nothing" apex branch -m nothing else
status 2 "branch__rename_to_what" apex branch -m
ok "branch__rename_of_the_current" apex branch -m third
is "branch__is_on_it" "$(apex status --porcelain | sed -n 's/^branch //p')" third
is "reflog__of_head_is_that_of_the_branch" "$(apex reflog HEAD)" "$(apex reflog third)"
apex checkout main >out
status 7 "branch__delete_unmerged" apex branch -d third
ok "branch__drop" apex branch -D third
ok "reflog__after_the_drop" apex reflog third
id=$(sed -n 2p out | cut -d' ' -f 1)
ok "branch__made_again_from_its_log" apex branch third "$id"
is "branch__made_again_is_what_it_was" "$(apex log --porcelain third -n 1 | cut -f 1)" "$tip"
is "reflog__goes_on_where_it_ended" "$(apex reflog third | wc -l)" 3
ok "fsck__finds_nothing" apex fsck
