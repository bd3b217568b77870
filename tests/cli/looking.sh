#!/bin/sh
# blame of a zone, grep, resolve, bisect, and JSON where a script would read.
# shellcheck disable=SC2016,SC2154
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/zone.lib.sh"
short='[0-9a-f]{12}'
json() { python3 -c "import json, sys; d = json.load(sys.stdin); assert $1, d"; }

apex init example >"$T/out"
is "json__status_of_an_unborn_branch" "$(apex status --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["tip"])')" None
small_zone | apex import - >"$T/out"
first=$(tip_of)
apex set '*.wild' A 300 192.0.2.9 >"$T/out"
APEX_AUTHOR_NAME='Bo Builder' apex set api A 300 9.9.9.9 9.9.9.8 >"$T/out"
builders=$(tip_of)
apex set sub NS 300 ns.sub ns.example.net. >"$T/out"
apex set ns.sub A 300 192.0.2.77 >"$T/out"
apex zone add example.net --ns ns1 >"$T/out"

apex status --json >"$T/json"
json "d['tip'] == '$(tip_of)' and d['serial'] == $(serial_of) and d['zone'] == 'example.'" <"$T/json" && pass json__status || fail json__status
apex zone list --json | json "[(z['zone'], z['default']) for z in d] == [('example.', True), ('example.net.', False)]" &&
	pass json__zone_list || fail json__zone_list

apex blame >"$T/blame"
is "blame__of_the_zone_has_every_record" "$(sed 's/^[^)]*) //' "$T/blame" | sort)" "$(apex export | sort)"
has "blame__of_the_zone_names_who" "$T/blame" "^$short \(Bo Builder [0-9-]{10} [0-9:]{8} [+-][0-9]{4}\) api\.example\. 300 IN A 9\.9\.9\.8\$"
is "blame__of_the_zone_is_that_of_each_rrset" "$(grep -c "^$(printf %.12s "$builders") " "$T/blame")" 2
is "blame__of_a_revision" "$(apex blame "$first" | wc -l)" 5
is "blame__of_all_types_of_a_name" "$(apex blame @ ANY | wc -l)" 2

is "grep__finds_records" "$(apex grep '9\.9\.9\.[0-8]$')" "api.example. 300 IN A 9.9.9.8"
is "grep__in_the_past" "$(apex grep '^api' "$first")" "api.example. 300 IN A 1.2.3.4"
is "grep__counts" "$(apex grep -c 'IN A ')" 5
is "grep__names" "$(apex grep --name-only 'IN A 9')" "api A"
is "grep__plain_text" "$(apex grep -F '*.wild')" "*.wild.example. 300 IN A 192.0.2.9"
is "grep__ignores_case" "$(apex grep -i 'in cname API')" "www.example. 300 IN CNAME api.example."
is "grep__inverted" "$(apex grep -c -v .)" 0
status 1 "grep__without_a_match" apex grep nothing
is "grep__without_a_match_says_nothing" "$(cat "$T/out" "$T/err")" ""
status 1 "grep__of_a_bad_expression" apex grep '('
has "grep__of_a_bad_expression_says_why" "$T/err" '`\(`: '

apex resolve www A >"$T/out"
has "resolve__status_line" "$T/out" "^;; NOERROR, authoritative, serial $(serial_of)\$"
has "resolve__follows_aliases" "$T/out" '^www\.example\. 300 IN CNAME api\.example\.$'
has "resolve__to_their_end" "$T/out" '^api\.example\. 300 IN A 9\.9\.9\.9$'
apex resolve x.y.wild A >"$T/out"
has "resolve__wildcards" "$T/out" '^x\.y\.wild\.example\. 300 IN A 192\.0\.2\.9$'
apex resolve a.sub.example. A >"$T/out"
has "resolve__referral_is_not_authoritative" "$T/out" '^;; NOERROR, serial'
has "resolve__referral_has_glue" "$T/out" '^ns\.sub\.example\. 300 IN A 192\.0\.2\.77$'
apex resolve nope A >"$T/out"
has "resolve__nxdomain" "$T/out" '^;; NXDOMAIN, authoritative'
has "resolve__negative_answers_have_the_soa_with_its_serial" "$T/out" "IN SOA .* $(serial_of) "
is "resolve__the_past" "$(apex resolve api A "$first" | tail -n 1)" "api.example. 300 IN A 1.2.3.4"
has "resolve__the_zone_nearest_above" /dev/stdin '^example\.net\. .* IN NS ns1\.example\.net\.$' <<X
$(apex resolve example.net. NS)
X
status 1 "resolve__outside_every_zone" apex resolve example.org. A
apex resolve www A --json | json "d['rcode'] == 'NOERROR' and d['authoritative'] and len(d['answer']) == 3" &&
	pass resolve__json || fail resolve__json

for i in 1 2 3 4 5 6 7 8 9 10 11 12; do apex set "n$i" A 300 10.0.0.$i >"$T/out"; done
bad=$(apex log --porcelain -n 1 -- n7 A | cut -f 1)
cat >"$T/try" <<X
#!/bin/sh
echo "\$APEX_REV \$APEX_ZONE" >>"$T/tried"
! "$APEX_BUILD/apex" show n7 A "\$APEX_REV" >/dev/null 2>&1
X
chmod +x "$T/try"
ok "bisect__finds_the_commit" apex bisect run --good "$first" "$T/try"
has "bisect__names_it" "$T/out" "^$bad is the first bad commit\$"
has "bisect__shows_it" "$T/out" '^\+ n7 A 300 10\.0\.0\.7$'
[ "$(wc -l <"$T/tried")" -le 5 ] && pass bisect__in_log_n_steps || fail bisect__in_log_n_steps
has "bisect__tells_the_zone" "$T/tried" ' example\.$'
ok "bisect__several_words_are_a_command_and_its_arguments" apex bisect run --good "$first" -- "$T/try" -x
middle=$(apex log --porcelain -n 1 -- n4 A | cut -f 1)
ok "bisect__skips_what_cannot_be_tested" apex bisect run --good "$first" --bad main "[ \$APEX_REV != $middle ] || exit 125; $T/try"
has "bisect__and_finds_it_all_the_same" "$T/out" "^$bad is the first bad commit\$"
status 1 "bisect__only_skipped_ones_left" apex bisect run --good main~2 'exit 125'
is "bisect__only_skipped_ones_left_are_listed" "$(cat "$T/out")" "$(apex log --porcelain -n 2 | cut -f 1 | tac)"
status 1 "bisect__a_command_that_is_not_there" apex bisect run --good main~3 /nonexistent
status 1 "bisect__good_behind_bad" apex bisect run --good main --bad main~3 true
status 2 "bisect__without_good" apex bisect run true
status 2 "bisect__something_else" apex bisect start
