#!/bin/sh
# /metrics, /healthz and /readyz: what was asked is counted, by type, rcode, transport, branch and rule.
# shellcheck source=tests/daemon/daemon.lib.sh
. "$(dirname "$0")/daemon.lib.sh"
example_repo next
ok unborn apex zone add unborn.example
web=$(port)
# get PATH: the status on the first line, then the page
get() {
	python3 - "$web" "$1" "${2:-GET}" <<'EOT'
import http.client, sys
c = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=5)
c.request(sys.argv[3], sys.argv[2])
r = c.getresponse()
print(r.status)
print(r.read().decode(), end="")
EOT
}
value() {
	get /metrics >"$T/metrics"
	NAME="apexd_$1 " awk 'index($0, ENVIRON["NAME"]) == 1 { print substr($0, length(ENVIRON["NAME"]) + 1) }' "$T/metrics"
}

# config RULES: what follows each view. A branch is served twice over, beside main and alone.
config() {
	cat <<EOT
repo: $APEX_REPO
metrics: 127.0.0.1:$web
views:
  all:
    branch: main
$1
listen:
  - {address: "127.0.0.1:$port", view: all}
EOT
}
config '    rules:
      - {name: '"'a \"rule\"'"', if: query.type == "TXT", branch: next}
  preview: {branch: next}' >"$T/apexd.yaml"
start metrics "$APEX_BUILD/apexd" --config "$T/apexd.yaml"
daemon=$pid
soon says_ready 20 grep -qx READY "$T/metrics.log"
is healthz "$(get /healthz | tr '\n' ' ')" "200 ok "
is ready__when_all_have_an_image "$(for i in 1 2 3 4 5 6 7 8 9; do
	get /readyz >"$T/ready"
	grep -qx 200 "$T/ready" && break
	sleep 0.2
done; tr '\n' ' ' <"$T/ready")" "200 4 of 4 zones are ready "
is nothing_else "$(get /else | head -1)" 404
is no_post "$(get /metrics POST | head -1)" 405

ask www.example A >/dev/null
ask www.example A >/dev/null
ask +tcp www.example AAAA >/dev/null
ask none.example TXT >/dev/null
ask example.net TXT >/dev/null
is queries_udp "$(value 'queries_total{transport="udp"}')" 4
is queries_tcp "$(value 'queries_total{transport="tcp"}')" 1
is queries_tls "$(value 'queries_total{transport="tls"}')" 0
is queries_xdp "$(value 'queries_total{transport="xdp"}')" 0
is type_a "$(value 'queries_by_type_total{type="A"}')" 2
is type_aaaa "$(value 'queries_by_type_total{type="AAAA"}')" 1
is noerror "$(value 'responses_total{rcode="NOERROR"}')" 3
is nxdomain "$(value 'responses_total{rcode="NXDOMAIN"}')" 1
is refused "$(value 'responses_total{rcode="REFUSED"}')" 1
is udp "$(value 'sent_total{transport="udp"}')" 4
is tcp "$(value 'sent_total{transport="tcp"}')" 1
is tls "$(value 'sent_total{transport="tls"}')" 0
is branch_main "$(value 'route_queries_total{branch="main"}')" 3
is branch_next "$(value 'route_queries_total{branch="next"}')" 2
is rule "$(value 'route_match_total{view="all",rule="a \"rule\"",branch="next"}')" 2
is serial "$(value 'zone_serial{zone="example.",branch="main"}')" 7
ok commit_time sh -c "[ $(value 'zone_commit_timestamp_seconds{zone="example.",branch="main"}') -ge $(($(date +%s) - 3600)) ]"
ok commit_number test "$(value 'zone_commit{zone="example.",branch="main"}')" -ge 1
refs() { get /metrics | sed -n 's/^apexd_ref_info{zone="example\.",branch="main",commit="\([0-9a-f]*\)"} 1$/\1/p'; }
tip() { apex log --porcelain -n 1 | cut -f 1; }
is ref_info__is_the_commit "$(refs)" "$(tip)"
is ref_info__none_of_what_is_unborn "$(get /metrics | grep -c '^apexd_ref_info.*unborn')" 0
ok image_bytes test "$(value image_bytes)" -ge 1000
ok image_pages sh -c "[ $(value image_pages_bytes) -ge $(value image_bytes) ]"
is lag "$(value follow_lag)" 0
ok readers test "$(value store_readers)" -ge 0
is limited "$(value 'limited_total{class="response"}')" 0
is ready_zones "$(value 'zones{state="ready",branch="main"}')" 1
is unborn_zones "$(value 'zones{state="unborn",branch="main"}')" 1
before=$(value publish_seconds_count)
ok change apex set www A 300 192.0.2.99
soon serial_moves 3 sh -c "python3 -c 'import urllib.request
print(urllib.request.urlopen(\"http://127.0.0.1:$web/metrics\").read().decode())' | \
	grep -q '^apexd_zone_serial{zone=\"example.\",branch=\"main\"} 8'"
is ref_info__moves_and_is_one "$(refs)" "$(tip)"
soon the_follower_is_in_step 5 sh -c "python3 -c 'import urllib.request
print(urllib.request.urlopen(\"http://127.0.0.1:$web/metrics\").read().decode())' | grep -qx 'apexd_follow_lag 0'"
soon the_slot_is_in_step 5 sh -c "python3 -c 'import urllib.request
print(urllib.request.urlopen(\"http://127.0.0.1:$web/metrics\").read().decode())' | grep -qx 'apexd_store_slot_behind 0'"
ok publication_is_counted [ "$(value publish_seconds_count)" -gt "$before" ]
is buckets_end_in_all "$(value 'publish_seconds_bucket{le="+Inf"}')" "$(value publish_seconds_count)"

# A reload goes on counting.
reload() {
	_reloads=$(grep -c reloaded "$T/metrics.log")
	kill -HUP "$daemon"
	soon reloaded 5 sh -c "[ \$(grep -c reloaded '$T/metrics.log') -gt $_reloads ]"
}
reload
is rule__goes_on "$(value 'route_match_total{view="all",rule="a \"rule\"",branch="next"}')" 2

# Well-formed: each line is a comment or a name, labels and a number; each name is announced once, before its values.
get /metrics | tail -n +2 >"$T/page"
ok format python3 - "$T/page" <<'EOT'
import re, sys
announced, series = [], set()
for line in open(sys.argv[1]):
    if m := re.match(r"# (HELP|TYPE) (\w+) \S", line):
        if m[1] == "HELP":
            assert m[2] not in announced, line
            announced.append(m[2])
        continue
    m = re.fullmatch(r'(\w+?)(_bucket|_sum|_count)?(\{\w+="([^"\\\n]|\\.)*"(,\w+="([^"\\\n]|\\.)*")*\})? [0-9.e+-]+\n', line)
    assert line.rsplit(" ", 1)[0] not in series, line
    series.add(line.rsplit(" ", 1)[0])
    assert m and (m[1] == announced[-1] or m[1] + (m[2] or "") == announced[-1]), line
EOT

# What the examples ask for is there.
ok examples python3 - "$top/examples/prometheus" "$T/page" <<'EOT'
import json, os, re, sys
there = set(re.findall(r"^# TYPE (\w+)", open(sys.argv[2]).read(), re.M))
json.load(open(os.path.join(sys.argv[1], "apexd.board.json")))
for name in "apexd.board.json", "apexd.rules.yaml":
    asked = set(re.findall(r"apexd_\w+", open(os.path.join(sys.argv[1], name)).read()))
    asked = {a if a in there else re.sub("_bucket$", "", a) for a in asked}
    assert asked and asked <= there, (name, asked - there)
EOT

# Nor does it begin to count, or to count anew, when there is but one branch, and then two again.
main_queries() { value 'route_queries_total{branch="main"}'; }
cp "$T/apexd.yaml" "$T/two.yaml"
config '' >"$T/apexd.yaml"
before=$(main_queries)
reload
is one_branch__goes_on_from_its_queries "$(main_queries)" "$before"
ask www.example A >/dev/null
ask www.example TXT >/dev/null
is one_branch__has_all_queries_from_then_on "$(main_queries)" $((before + 2))
cp "$T/two.yaml" "$T/apexd.yaml"
reload
is two_branches__go_on_from_there "$(main_queries)" $((before + 2))
stop "$daemon"
status 2 only_on_loopback timeout 10 "$APEX_BUILD/apexd" --listen "127.0.0.1:$port" --metrics 0.0.0.0:9153
