#!/bin/sh
# What a log shows and what it leaves out.
# shellcheck disable=SC2016,SC2154
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/zone.lib.sh"
apex init example >"$T/out"
small_zone | apex import - >"$T/out"
apex set api A 300 9.9.9.9 >"$T/out"
apex set b.api A 300 9.9.9.1 >"$T/out"
APEX_AUTHOR_NAME='Bo Builder' apex set www2 A 300 9.9.9.2 >"$T/out"
apex delete api A >"$T/out"
apex set api TXT 300 x >"$T/out"
apex set api A 300 5.5.5.5 >"$T/out"
log() { apex log --oneline "$@" | cut -d ' ' -f 2- | sed 's/^(.*) //' | tr '\n' ';'; }

is "log__of_an_rrset" "$(log -- api A)" "api A: added 5.5.5.5;api A: deleted;api A: 1.2.3.4 -> 9.9.9.9;initial import;"
is "log__of_an_rrset_in_the_past" "$(log main~3 -- api A)" "api A: 1.2.3.4 -> 9.9.9.9;initial import;"
is "log__of_an_rrset_in_a_range" "$(log main~3..main -- api A)" "api A: added 5.5.5.5;api A: deleted;"
is "log__of_an_rrset_n" "$(log -n 1 -- api A)" "api A: added 5.5.5.5;"
is "log__of_a_name_and_below" "$(log -- api)" \
	"api A: added 5.5.5.5;api TXT: added \"x\";api A: deleted;b.api A: added 9.9.9.1;api A: 1.2.3.4 -> 9.9.9.9;initial import;"
is "log__of_what_never_was_is_empty" "$(log -- never A)" ""
is "log__of_the_apex_is_all" "$(log -- @)" "$(log)"
status 2 "log__of_a_name_without_dashes_has_a_hint" apex log main api
has "log__the_hint" "$T/err" 'a name goes after --'
status 2 "log__of_an_rrset_is_not_drawn" apex log --graph -- api A

apex log -p -n 1 -- api A >"$T/out"
has "log__patch_shows_the_change" "$T/out" '^\+ api A 300 5\.5\.5\.5$'
apex log --stat -n 1 --oneline >"$T/out"
is "log__stat_oneline" "$(tail -n 2 "$T/out")" "$(printf ' api A | 1 +\n 1 RRset changed, 1 record added(+)')"
is "log__author" "$(log --author 'Builder|Nobody')" "www2 A: added 9.9.9.2;"
is "log__author_by_mail" "$(log --author '<test@example>$' | tr -cd ';' | wc -c)" 7
status 1 "log__author_is_an_expression" apex log --author '('
is "log__since_the_future" "$(log --since 2100-01-01)" ""
is "log__until_the_past" "$(log --until '2 days ago')" ""
is "log__until_now_and_since_a_day" "$(log --since '1 day ago' --until now)" "$(log)"
status 1 "log__since_no_time" apex log --since nonsense
is "log__graph_of_one_line" "$(apex log --graph --oneline | cut -c 1-2 | sort -u)" "* "
is "log__graph_leaves_out_what_is_filtered" "$(apex log --graph --oneline --author Builder | wc -l)" 1
apex log --graph >"$T/out"
has "log__graph_goes_on_beside_the_text" "$T/out" '^\| Author: '
has "log__graph_ends_with_the_root" "$T/out" '^      initial import$'
apex log --json >"$T/json"
ok "log__json" python3 -c '
import json, sys
log = json.load(open(sys.argv[1]))
assert len(log) == 7 and log[-1]["parents"] == [] and log[0]["parents"] == [log[1]["commit"]]
assert log[3]["author"]["name"] == "Bo Builder" and log[6]["serial"] == 2026080101
assert log[0]["via"].startswith("cli uid=") and log[0]["message"] == "api A: added 5.5.5.5"
' "$T/json"
is "log__json_of_nothing_is_a_list" "$(apex log --json -n 0)" "[]"
status 2 "log__one_form_at_a_time" apex log --json --oneline
