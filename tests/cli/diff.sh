#!/bin/sh
# The forms of a diff, and what limits it.
# shellcheck disable=SC2016,SC2154
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/zone.lib.sh"

apex init example >"$T/out"
small_zone | apex import - >"$T/out"
apex tag before
apex set api A 60 9.9.9.9 1.2.3.4 >"$T/out"
apex set txt TXT 300 'a|b `q`' >"$T/out"
apex delete www >"$T/out"
apex set below.api A 300 5.6.7.8 >"$T/out"
apex set ns1 A 60 192.0.2.53 >"$T/out"

apex diff before main --stat >"$T/stat"
has "diff__stat_counts_records" "$T/stat" '^ api A \| 3 \+\+-$'
has "diff__stat_of_what_is_gone" "$T/stat" '^ www CNAME \| 1 -$'
has "diff__stat_of_a_ttl_is_every_record" "$T/stat" '^ ns1 A \| 2 \+-$'
has "diff__stat_ends_with_totals" "$T/stat" '^ 5 RRsets changed, 5 records added\(\+\), 3 records removed\(-\)$'
is "diff__name_only" "$(apex diff before main --name-only | tr '\n' ';')" "api A;below.api A;ns1 A;txt TXT;www CNAME;"
apex diff before main --zonefile >"$T/zonefile"
has "diff__zonefile_takes" "$T/zonefile" '^- www\.example\. 300 IN CNAME api\.example\.$'
has "diff__zonefile_gives" "$T/zonefile" '^\+ api\.example\. 60 IN A 9\.9\.9\.9$'
apex diff before main --markdown >"$T/markdown"
has "diff__markdown_names_the_zone_and_the_commits" "$T/markdown" '^\*\*example\.\*\* `[0-9a-f]{12}` \(serial 2026080101\) . `'
has "diff__markdown_has_a_table" "$T/markdown" '^\| ~ \| `api A` \| `300 1\.2\.3\.4` \| `60 1\.2\.3\.4`<br>`60 9\.9\.9\.9` \|$'
has "diff__markdown_escapes_what_markdown_means" "$T/markdown" '^\| \+ \| `txt TXT` \|  \| `` 300 "a\\\|b `q`" `` \|$'
is "diff__markdown_of_nothing_is_empty" "$(apex diff main main --markdown)" ""
apex diff before main --json >"$T/json"
ok "diff__json_can_be_read" python3 -c '
import json, sys
d = json.load(open(sys.argv[1]))
assert d["zone"] == "example." and d["from"]["serial"] == 2026080101 and len(d["to"]["commit"]) == 64
c = {(x["name"], x["type"]): x for x in d["changes"]}
assert c["api", "A"]["change"] == "changed" and c["api", "A"]["new"] == {"ttl": 60, "rdata": ["1.2.3.4", "9.9.9.9"]}
assert c["www", "CNAME"]["change"] == "removed" and c["www", "CNAME"]["new"] is None
assert c["below.api", "A"]["old"] is None
' "$T/json"
is "diff__json_of_nothing_has_no_changes" \
	"$(apex diff main main --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["changes"])')" "[]"
apex diff before main --nsupdate >"$T/script"
is "diff__nsupdate_ends_with_send" "$(tail -n 1 "$T/script")" send
is "diff__nsupdate_of_nothing_is_empty" "$(apex diff main main --nsupdate)" ""
status 2 "diff__one_form_at_a_time" apex diff before main --stat --json

is "diff__of_a_name_and_below" "$(apex diff before main --name-only -- api | tr '\n' ';')" "api A;below.api A;"
is "diff__of_one_rrset" "$(apex diff before main --name-only -- api A)" "api A"
is "diff__of_a_name_that_did_not_change" "$(apex diff before main -- other)" "(no changes)"
status 0 "diff__exit_code_of_a_name_that_did_not_change" apex diff --exit-code before main -- other
status 1 "diff__exit_code_of_one_that_did" apex diff --exit-code before main -- www CNAME
status 1 "diff__of_a_name_outside_the_zone" apex diff before main -- www.example.net.
status 2 "diff__without_a_revision" apex diff -- www
first=$(apex log --porcelain | tail -n 1 | cut -f 1)
is "diff__an_open_range_ends_at_head" "$(apex diff "$first..")" "$(apex diff "$first" main)"
