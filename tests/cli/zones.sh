#!/bin/sh
# Several zones, branches and tags; a flag changes nothing for the next call.
# shellcheck disable=SC2016,SC2154
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/zone.lib.sh"
cd "$T" || exit 1
small_zone >example.zone
sed 's/^\$ORIGIN.*/$ORIGIN foo.com./' example.zone >foo.zone

ok "init__with_name_servers_commits" apex init example --ns ns1 ns2.example.net.
has "init__with_name_servers_tells_the_commit" out '^\[main [0-9a-f]{12}\] .*\(2 RRsets\)$'
is "init__ns_are_all_there" "$(apex show @ NS | wc -l)" 2
ok "init__ns_names_are_relative_to_the_zone" apex show @ NS
has "init__ns_relative_name" out 'ns1\.example\.$'
ok "import__over_the_first_commit" apex import example.zone

ok "zone__add" apex zone add foo.com
status 1 "zone__add_again" apex zone add FOO.com.
is "zone__list" "$(apex zone list | tr '\n' '|')" "* example.|  foo.com.|"
is "zone__list_porcelain" "$(apex zone list --porcelain | tr '\n' '|')" "example. default|foo.com. -|"
ok "zone__by_soa_of_the_file" apex import foo.zone
has "zone__other_than_the_default_is_told" out '^\[foo\.com\.:main [0-9a-f]{12}\] initial import \(5 RRsets\)$'
ok "zone__by_flag_after_the_verb" apex set new A 300 1.1.1.1 --zone foo.com
ok "zone__by_flag_before_the_verb" apex --zone FOO.COM. show new A
status 1 "zone__flag_changed_nothing_for_the_next_call" apex show new A
ok "zone__by_environment" env APEX_ZONE=foo.com "$APEX_BUILD/apex" show new A
ok "zone__of_a_revision" apex log foo.com.:main --oneline
is "zone__of_a_revision_has_its_commits" "$(wc -l <out)" 2
is "zone__of_a_revision_in_show" "$(apex show new A foo.com.:main)" "new.foo.com. 300 IN A 1.1.1.1"
status 2 "diff__of_two_zones" apex diff main foo.com.:main
ok "zone__root" apex zone add .
apex --zone . status >out
has "zone__root_is_a_dot" out '^zone +\.$'
ok "zone__add_with_name_server" apex zone add bar.org --ns ns1.example.
has "zone__add_with_name_server_commits" out '^\[bar\.org\.:main '
ok "zone__remove" apex zone remove foo.com
status 1 "zone__removed_is_gone" apex --zone foo.com log
status 1 "zone__remove_what_is_not_there" apex zone remove foo.com
ok "zone__comes_back" apex zone add foo.com
status 2 "zone__wrong_words" apex zone frob
status 1 "zone__bad_name" apex zone add "$(printf '%064d' 0)"

ok "branch__make" apex branch dev
ok "branch__list" apex branch
has "branch__list_marks_the_current" out '^\* main [0-9a-f]{12} '
has "branch__list_has_the_other" out '^  dev [0-9a-f]{12} '
status 1 "branch__make_again" apex branch dev
status 1 "branch__make_at_nothing" apex branch x nosuch
for bad in -x a..b HEAD a/b "$(printf '%0201d' 1)"; do
	not_ok "branch__bad_name_$(printf %.8s "$bad")" apex branch -- "$bad"
done
ok "branch__by_flag" apex --branch dev set api A 300 7.7.7.7
is "branch__by_flag_moved_that_one" "$(apex show api A dev | awk '{print $5}')" 7.7.7.7
is "branch__by_flag_left_main" "$(apex show api A main | awk '{print $5}')" 1.2.3.4
is "branch__by_flag_changed_nothing_for_the_next_call" "$(apex show api A | awk '{print $5}')" 1.2.3.4
is "branch__by_environment" "$(APEX_BRANCH=dev "$APEX_BUILD/apex" show api A | awk '{print $5}')" 7.7.7.7
is "diff__between_branches" "$(apex diff main dev)" "~ api A 300 1.2.3.4 -> 7.7.7.7"
status 1 "checkout__what_is_not_there" apex checkout nosuch
has "checkout__says_how_to_make_it" err 'apex checkout -b nosuch'
ok "checkout__a_branch" apex checkout dev
is "checkout__is_for_the_next_calls" "$(apex show api A | awk '{print $5}')" 7.7.7.7
has "checkout__is_marked" /dev/stdin '^\* dev ' <<X
$(apex branch)
X
is "checkout__head_is_a_revision" "$(apex cat-object HEAD)" "$(apex cat-object dev)"
is "checkout__is_by_zone" "$(apex --zone bar.org status --porcelain | sed -n 's/^branch //p')" main
status 1 "branch__delete_the_one_you_are_on" apex branch -d dev
ok "checkout__back" apex checkout main
not_ok "branch__delete_unmerged" apex branch -d dev
ok "branch__delete_unmerged_all_the_same" apex branch -D dev
status 1 "branch__deleted_is_gone" apex log dev
ok "checkout__make_and_go" apex checkout -b canary main~1
is "checkout__make_starts_there" "$(apex cat-object HEAD)" "$(apex cat-object main~1)"
# Deleted while we are on it (by somebody else, who is elsewhere): nothing may begin it anew.
apex checkout -b gone >out && apex --branch main branch -d gone >out || fail setup
for verb in status log 'import example.zone' 'set x A 300 1.2.3.4' 'branch x'; do
	# shellcheck disable=SC2086
	status 1 "gone__$verb" apex $verb
	has "gone__is_told_by_$verb" err 'was deleted .apex checkout main'
done
ok "checkout__home" apex checkout main
ok "branch__delete_merged" apex branch -d canary
is "branch__porcelain" "$(apex branch --porcelain)" "main $(tip_of) HEAD"

ok "tag__make" apex tag v1
ok "tag__of_a_revision" apex tag v0 main~1
status 1 "tag__again" apex tag v1
is "tag__list" "$(apex tag -l | tr '\n' ' ')" "v0 v1 "
is "tag__is_a_revision" "$(apex cat-object v0)" "$(apex cat-object main~1)"
has "log__decorates" /dev/stdin '\(HEAD -> main, tag: v1\)' <<X
$(apex log)
X
ok "fsck__after_all_that" apex fsck
