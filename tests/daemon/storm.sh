#!/bin/sh
# One answer, one commit: under a storm of commits to two branches, with a canary and a pinned view beside it, what an
# answer says and what ZONEVERSION names are the same. And a day's worth of commits leaves the daemon's memory flat.
# shellcheck source=tests/daemon/daemon.lib.sh
. "$(dirname "$0")/daemon.lib.sh"
/usr/bin/python3 -c 'import dns' 2>/dev/null || { echo "skip no dnspython here"; exit 0; }
# What is freed is freed: AddressSanitizer would keep 256 MiB of it for a while.
export ASAN_OPTIONS="quarantine_size_mb=1:${ASAN_OPTIONS:-}"
commits=300 day=400
if [ -n "${APEX_TEST_FULL:-}" ]; then commits=20000 day=43200; fi
{
	printf '$ORIGIN example.\n$TTL 300\n@ SOA ns host 1 3600 900 86400 60\n@ NS ns\nns A 192.0.2.1\nv TXT "main 0"\n'
	for i in 1 2 3 4; do printf 'multi MX %d h%d\nh%d A 10.0.0.0\n' $i $i $i; done
	i=0
	while [ $i -lt 2000 ]; do echo "f$i A 10.0.0.0"; i=$((i + 1)); done
} >"$T/example.zone"
ok init apex init example.
ok import apex import "$T/example.zone"
ok branch apex branch next
storm=$APEX_BUILD/tests/tool_storm
ok first_commits sh -c '"$1" "$2" 4 >"$3"' - "$storm" "$APEX_REPO" "$T/first"
ok tag apex tag pinned main
pinned=$(port)
cat >"$T/apexd.yaml" <<EOT
ecs-from: [127.0.0.1]
threads: 2
views:
  live: { branch: main, canary: "next:50" }
  pinned: { at: pinned }
listen:
  - { address: "127.0.0.1:$port", view: live }
  - { address: "127.0.0.1:$pinned", view: pinned }
EOT
start apexd "$APEX_BUILD/apexd" --repo "$APEX_REPO" --config "$T/apexd.yaml"
daemon=$pid
soon says_ready 20 grep -qx READY "$T/apexd.log"
start asking /usr/bin/python3 "$top/tests/daemon/storm.py" "$port" "$pinned" "$T/commits" "$T/stop"
asking=$pid
soon it_is_asked 60 grep -q "it is asked" "$T/asking.log"
start storm "$storm" "$APEX_REPO" $commits
raining=$pid
wait $raining
is the_storm_passed $? 0
cat "$T/first" "$T/storm.log" >"$T/commits"
: >"$T/stop"
wait $asking
is each_answer_is_of_one_commit $? 0
sed -n '/answers of/s/^/| /p' "$T/asking.log"

# What is not mapped from the store, in KiB. The first commits fill what is kept for reuse; a day has 86,400 seconds.
memory() { sed -n 's/^Anonymous: *\([0-9]*\) kB/\1/p' "/proc/$daemon/smaps_rollup"; }
settled() { test "$(ask v.example TXT | tr -d '"')" = "main $1"; }
ok warm_up sh -c '"$1" "$2" "$3" 2000 >/dev/null' - "$storm" "$APEX_REPO" "$day"
soon it_follows 60 settled "$day"
before=$(memory)
ok a_days_commits sh -c '"$1" "$2" "$3" 2000 >/dev/null' - "$storm" "$APEX_REPO" $((day + day))
soon it_follows_on 60 settled $((day + day))
after=$(memory)
echo "| memory after $day commits $before KiB, after $((day + day + day)) $after KiB"
case $APEX_BUILD in
*tsan) echo "skip the thread sanitizer's shadow grows with what it sees" ;;
*) ok memory_is_flat test "$after" -le $((before + before / 10 + 1024)) ;;
esac
stop "$daemon"
is it_ends_cleanly $? 0
