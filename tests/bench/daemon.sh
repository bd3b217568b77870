#!/bin/sh
# The daemon's benchmarks run at all: a thousandth of everything, one round. What they measure is not looked at.
# shellcheck disable=SC2154
. "$(dirname "$0")/../lib.sh"
cd "$T" || exit 1
export APEX_BENCH_SCALE=1000 APEX_BENCH_ROUNDS=1 TMPDIR="$T"
bench() { "$top/tests/bench/daemon.py" "$APEX_BUILD" "$@"; }

ok "daemon__all_groups_run" bench
for table in 'from change to answer, 1,000 A RRsets' 'start, 1,000 A RRsets' 'start, 100 zones' \
	'CPU an answer, UDP, 1 worker ' 'CPU an answer, UDP, 2 workers' 'time an answer, TCP' 'time an answer, TLS' 'latency at [0-9]+k/s '; do
	has "daemon__has_table_$table" out "^$table.* measured +target$"
done
for server in apexd NSD Knot; do
	has "daemon__measured_$server" out "^ +signed: .*$server [0-9.]+ us [0-9]+k/s"
done
has "daemon__a_row_has_its_target" out '^  p50 / BIND.s UPDATE|^  p50 / YADIFA.s UPDATE .* [0-9.]+ <= +0\.7'
ok "daemon__other_words_measure_nothing" bench nosuch
is "daemon__other_words_print_nothing" "$(cat out)" ""
is "daemon__leaves_nothing_behind" "$(find "$T" -name 'apexbench.*')" ""

# A generator takes no wrong answer for one.
port=$(port)
apex init example --ns ns1 >out
start apexd "$APEX_BUILD/apexd" --repo "$APEX_REPO" --listen "127.0.0.1:$port"
soon "apexd__answers" 10 grep -q READY apexd.log
cat >wrong.py <<X
import sys
sys.path.insert(0, "$top/tests/bench")
import loads, measure
with open("$T/queries", "wb") as f:
    m = loads.message("no.zone.of.ours")
    f.write(len(m).to_bytes(2, "big") + m)
class Server:
    name, port = "apexd", $port
for program in "blast_udp", "blast_tcp":
    try:
        print(measure.blast("$APEX_BUILD/tests/bench/" + program, Server, "$T/queries", .1))
    except RuntimeError as e:
        print(e)
X
python3 wrong.py >wrong
is "blast__refused_is_a_wrong_answer" "$(grep -c '^apexd: wrong answers: ' wrong)" 2
