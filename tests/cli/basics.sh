#!/bin/sh
# A zone goes in, changes, and is read: the verbs of every day, with the output that DESIGN promises.
# shellcheck disable=SC2016,SC2154
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/zone.lib.sh"
short='[0-9a-f]{12}'

ok "init__makes_a_repository" apex init example
has "init__says_where_and_for_which_zone" "$T/out" "^Initialized repository $APEX_REPO for zone example\.\$"
status 1 "init__refuses_a_second_time" apex init example
ok "status__of_an_unborn_branch" apex status
has "status__says_there_is_no_commit" "$T/out" 'no commit yet'
status 1 "log__of_an_unborn_branch_is_an_error" apex log
has "log__of_an_unborn_branch_says_how_to_begin" "$T/err" 'no commit yet'
status 1 "export__of_an_unborn_branch_is_an_error" apex export
status 1 "show__of_an_unborn_branch_is_an_error" apex show api A

small_zone >"$T/example.zone"
ok "import__takes_a_zone_file" apex import "$T/example.zone"
has "import__first_is_told_with_its_size" "$T/out" "^\[main $short\] initial import \(5 RRsets\)\$"
is "import__first_keeps_the_serial" "$(serial_of)" 2026080101
ok "import__again_does_nothing" apex import "$T/example.zone"
is "import__again_says_so" "$(cat "$T/out")" "(no changes)"
is "import__again_makes_no_commit" "$(commits)" 1

ok "set__changes_an_rrset" apex set api A 300 9.9.9.9
has "set__says_what_changed" "$T/out" "^\[main $short\] api A: 1\.2\.3\.4 -> 9\.9\.9\.9\$"
is "set__raises_the_serial" "$(serial_of)" 2026080102
is "set__is_seen_by_show" "$(apex show api A)" "api.example. 300 IN A 9.9.9.9"
ok "set__again_does_nothing" apex set api A 300 9.9.9.9
is "set__again_says_so" "$(cat "$T/out")" "(no changes)"
ok "set__takes_a_message" apex set new A 60 5.6.7.8 5.6.7.7 -m 'a new host'
has "set__message_is_told" "$T/out" "^\[main $short\] a new host\$"
is "set__several_words_are_several_records" "$(apex show new A | wc -l)" 2
ok "set__txt_without_quotes_is_one_string" apex set txt TXT 300 'v=spf1 -all; "x" \ y'
is "set__txt_string_is_quoted" "$(apex cat-object main:txt/TXT | sed 's/.*TXT[[:blank:]]//')" '"v=spf1 -all; \"x\" \\ y"'
ok "set__txt_with_quotes_is_as_written" apex set txt TXT 300 '"one" "two"'
is "set__txt_two_strings" "$(apex cat-object main:txt/TXT | sed 's/.*TXT[[:blank:]]//')" '"one" "two"'
long=$(printf '%0300d' 7)
ok "set__txt_over_255_octets_is_split" apex set long TXT 300 "$long"
is "set__txt_split_keeps_every_octet" "$(apex cat-object main:long/TXT | sed 's/.*TXT[[:blank:]]//' | tr -d '" \n')" "$long"
ok "set__takes_relative_names_in_rdata" apex set @ MX 300 '10 api'
has "show__prints_names_absolute" /dev/stdin 'MX.10 api\.example\.$' <<X
$(apex show @ MX)
X
ok "set__takes_an_absolute_name" apex set www.example. CNAME 300 new
ok "set__takes_unknown_types" apex set x TYPE65280 300 '\# 3 abcdef'
is "show__prints_unknown_types" "$(apex show x TYPE65280)" 'x.example. 300 IN TYPE65280 \# 3 ABCDEF'
ok "set__takes_words_that_begin_with_a_dash_after_two" apex set dash TXT 300 -- -all
ok "set__warns_of_a_missing_final_dot" apex set www.example A 300 1.1.1.1
has "set__missing_dot_is_spelled_out" "$T/err" 'warning: `www.example` has no final dot: it means www\.example\.example\.'
ok "delete__removes_an_rrset" apex delete www.example A
has "delete__says_so" "$T/out" 'www\.example A: deleted'
ok "set__ttl_alone" apex set api A 60 9.9.9.9
has "set__ttl_alone_is_told" "$T/out" 'api A: TTL 300 -> 60'

ok "set__many" sh -c 'for r in "many A 300 1.1.1.1" "many AAAA 300 ::1" "below.many A 300 2.2.2.2"; do "$APEX_BUILD/apex" set $r || exit 1; done'
ok "delete__without_type_takes_the_whole_name" apex delete many
status 1 "delete__left_no_type" apex show many ANY
ok "delete__left_what_is_below" apex show below.many A

ok "diff__of_two_revisions" apex diff main~1 main
printf -- '- many A 300 1.1.1.1\n- many AAAA 300 ::1\n' >"$T/want"
is "diff__one_line_an_rrset" "$(cat "$T/out")" "$(cat "$T/want")"
first=$(apex log --porcelain | tail -n 1 | cut -f 1)
apex diff "$first..main" >"$T/range"
is "diff__of_a_range_is_the_same" "$(apex diff "$first" main)" "$(cat "$T/range")"
is "diff__of_one_is_against_the_tip" "$(apex diff "$first")" "$(cat "$T/range")"
has "diff__shows_changes_with_their_ttl" "$T/range" '^~ api A 300 1\.2\.3\.4 -> 60 9\.9\.9\.9$'
has "diff__shows_several_records_on_one_line" "$T/range" '^\+ new A 60 5\.6\.7\.7, 5\.6\.7\.8$'
is "diff__says_when_there_is_none" "$(apex diff main main)" "(no changes)"
apex set api A 300 9.9.9.9 >"$T/out"
is "diff__T_when_only_the_ttl_moved" "$(apex diff main~1 main)" "T api A 60 -> 300"
status 1 "diff__exit_code_tells_a_difference" apex diff --exit-code main~1 main
status 0 "diff__exit_code_tells_no_difference" apex diff --exit-code main main
status 0 "diff__without_exit_code_is_done" apex diff main~1 main

ok "log__of_the_tip" apex log
n=$(commits)
is "log__has_every_commit" "$(grep -c '^commit ' "$T/out")" "$n"
has "log__looks_as_gits" "$T/out" '^commit [0-9a-f]{64} \(HEAD -> main\)$'
has "log__names_the_author" "$T/out" '^Author: Test Author <test@example>$'
has "log__dates_as_git_does" "$T/out" '^Date:   [A-Z][a-z]{2} [A-Z][a-z]{2} [0-9]+ [0-9:]{8} [0-9]{4} [+-][0-9]{4}$'
has "log__tells_the_serial" "$T/out" '^Serial: 2026080101$'
has "log__tells_the_door" "$T/out" '^Via:    cli uid=[0-9]+$'
has "log__indents_the_message" "$T/out" '^    initial import$'
is "log__n_limits" "$(apex log -n 2 --oneline | wc -l)" 2
is "log__n_of_zero_is_none" "$(apex log -n 0)" ""
is "log__range" "$(apex log --oneline main~3..main | wc -l)" 3
is "log__of_a_revision" "$(apex log --oneline main~2 | wc -l)" $((n - 2))
has "log__oneline" /dev/stdin "^$short \(HEAD -> main\) api A: TTL 60 -> 300\$" <<X
$(apex log --oneline -n 1)
X

ok "show__a_commit" apex show main
has "show__a_commit_has_its_diff" "$T/out" '^T api A 60 -> 300$'
has "show__a_commit_has_its_header" "$T/out" '^Author: Test Author'
ok "show__the_first_commit" apex show "$first"
has "show__the_first_commit_is_all_added" "$T/out" '^\+ @ NS 300 ns1\.example\.$'
is "show__the_past" "$(apex show api A "$first" | awk '{print $5}')" 1.2.3.4
is "show__any_is_every_type" "$(apex show @ ANY | wc -l)" 3

ok "blame__names_commit_author_time_subject" apex blame new A
has "blame__line" "$T/out" "^$short \(Test Author [0-9-]{10} [0-9:]{8} [+-][0-9]{4}\) a new host\$"
status 1 "blame__of_what_was_deleted" apex blame many A
has "blame__of_what_was_deleted_names_who_did" "$T/err" "not found; deleted by $short \(Test Author"

ok "cat_object__of_a_commit" apex cat-object main
has "cat_object__begins_with_the_tree" "$T/out" '^tree [0-9a-f]{64}$'
is "cat_object__by_full_id_is_the_same" "$(apex cat-object "$(tip_of)")" "$(cat "$T/out")"
is "cat_object__of_an_rrset" "$(apex cat-object main:api/A)" "300 IN A 9.9.9.9"
is "cat_object__of_an_rrset_in_the_past" "$(apex cat-object "$first:api/A")" "300 IN A 1.2.3.4"

ok "status__of_a_zone" apex status
has "status__zone" "$T/out" '^zone +example\.$'
has "status__rrsets" "$T/out" '^RRsets +[0-9]+$'
is "status__porcelain_has_full_ids" "$(tip_of | tr -d '\n' | wc -c)" 64
ok "reflog__of_the_branch" apex reflog
is "reflog__has_every_move" "$(wc -l <"$T/out")" "$n"
has "reflog__line" "$T/out" "^$short main@\{0\} \(.*, cli uid=[0-9]+\) api A: TTL 60 -> 300\$"
is "reflog__newest_only" "$(apex reflog -n 2)" "$(apex reflog | head -n 2)"
is "reflog__newest_only_as_git_says_it" "$(apex reflog -1 @)" "$(apex reflog | head -n 1)"
is "reflog__json" "$(apex reflog -n 1 --json | python3 -c 'import json, sys
for m in json.load(sys.stdin): print(m["revision"], m["old"], m["new"], m["deleted"], m["via"], m["message"].strip())')" \
	"main@{0} $(apex log --porcelain | sed -n 2p | cut -f 1) $(tip_of) False $(apex cat-object main | sed -n 's/^via //p') api A: TTL 60 -> 300"
status 2 "reflog__no_number" apex reflog -n many
has "reflog__no_number_is_named" "$T/err" '^apex: --max-count: not a number: `many`$'
is "log__as_many_as_git_says" "$(apex log --oneline -2 | wc -l)" 2
status 2 "status__has_no_count" apex status -2
is "revision__at_is_head" "$(apex cat-object @~1)" "$(apex cat-object HEAD~1)"
is "reflog__place_is_a_revision" "$(apex cat-object 'main@{1}')" "$(apex cat-object main~1)"
ok "fsck__finds_nothing" apex fsck
has "fsck__counts" "$T/out" "^ok: 1 zones, 1 refs, $n commits"
ok "check__of_the_tip" apex check
