#!/bin/sh
# Several writers at once, and writers killed: no commit that was told is lost, nothing is damaged.
# shellcheck disable=SC2016,SC2154
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/zone.lib.sh"
cd "$T" || exit 1
n=40
if [ "${APEX_TEST_FULL:-}" ]; then n=500; fi
small_zone >small.zone
apex init example >out && apex import small.zone >out || fail setup

writer() { # NAME COUNT: set COUNT times, keep what was told
	i=0
	while [ $i -lt "$2" ]; do
		i=$((i + 1))
		apex set "$1$i" A 300 192.0.2.$((i % 250)) >>"$1.told" 2>>"$1.err" || echo "status $?" >>"$1.err"
	done
}
writer a $n &
a=$!
writer b $n &
b=$!
wait $a $b
is "writers__none_was_refused" "$(cat a.err b.err)" ""
is "writers__all_commits_are_there" "$(commits)" $((2 * n + 1))
is "writers__all_records_are_there" "$(apex export | wc -l)" $((2 * n + 5))
apex log --porcelain | cut -c 1-12 | sort >logged
sed 's/^\[main \([0-9a-f]*\)\].*/\1/' a.told b.told | sort >told
is "writers__every_id_told_is_in_the_log" "$(comm -23 told logged)" ""
is "writers__serials_are_all_different" "$(apex log --porcelain | cut -f 2 | sort -u | wc -l)" $((2 * n + 1))
ok "writers__fsck" apex fsck

# the same where address space is short, so that the map is halved while others open the store too
short() (
	# shellcheck disable=SC3045
	ulimit -v 60000000
	writer "$@"
)
if [ "$(nm "$APEX_BUILD/apex" | grep -c __tsan_init)" -gt 0 ] || [ "$(nm "$APEX_BUILD/apex" | grep -c __asan_init)" -gt 0 ]; then
	echo "# a sanitizer's shadow does not fit into short address space"
else
	before=$(commits)
	short c $n &
	a=$!
	short d $n &
	b=$!
	short e $n &
	wait $a $b $!
	is "short__none_was_refused" "$(cat c.err d.err e.err)" ""
	is "short__all_commits_are_there" "$(commits)" $((before + 3 * n))
fi

# a writer killed at any moment: during a big import, with another writer alive
{ small_zone; seq -f 'big%g 300 IN A 192.0.2.1' 1 50000; } >big.zone
rounds=10
if [ "${APEX_TEST_FULL:-}" ]; then rounds=200; fi
first=$(tip_of)
apex branch r0 "$first"
began=$(date +%s%N)
apex --branch r0 import --merge big.zone >out
took=$(($(date +%s%N) - began))
for r in $(seq 1 $rounds); do
	apex branch "r$r" "$first"
	# not the function: its pid would be a shell's
	"$APEX_BUILD/apex" --branch "r$r" import --merge big.zone >import.out 2>&1 &
	victim=$!
	apex set "alive$r" A 300 192.0.2.9 >>alive.told 2>>alive.err &
	other=$!
	sleep "$(awk -v t=$took -v r="$r" -v n=$rounds 'BEGIN { printf "%.4f", t / 1e9 * 1.4 * r / n }')"
	kill -9 $victim 2>/dev/null
	wait $victim 2>/dev/null
	wait $other || echo "status $?" >>alive.err
	apex --branch "r$r" export | grep -c '^big' >>bigs
	grep '^\[' import.out >>told.bigs
	grep -v '^\[' import.out >>other.words
done
is "kill__nothing_else_was_said" "$(cat other.words)" ""
is "kill__the_other_writer_was_not_hindered" "$(cat alive.err 2>/dev/null)" ""
is "kill__all_that_was_told_is_there" "$(apex export | grep -c '^alive')" $rounds
is "kill__an_import_is_there_whole_or_not_at_all" "$(grep -v -x -e 0 -e 50000 bigs)" ""
told=$(wc -l <told.bigs)
whole=$(grep -c -x 50000 bigs)
echo "# killed in $rounds imports: $told told, $whole there"
ok "kill__an_import_that_was_told_is_there" test "$told" -le "$whole"
# and during small commits, at any moment of them
for r in $(seq 1 $((rounds * 2))); do
	"$APEX_BUILD/apex" set "small$r" A 300 192.0.2.1 >>set.told 2>>set.err &
	victim=$!
	sleep "$(awk -v r="$r" 'BEGIN { printf "%.4f", r * 7 % 60 / 10000 }')"
	kill -9 $victim 2>/dev/null
	wait $victim 2>/dev/null
done
is "kill__small_commits_say_nothing_else" "$(cat set.err)" ""
sed 's/^.*\] \(small[0-9]*\) A: .*/\1.example./' set.told | sort >small.told
apex export | awk '/^small/ { print $1 }' | sort >small.there
echo "# killed in $((rounds * 2)) small commits: $(wc -l <small.told) told, $(wc -l <small.there) there"
is "kill__every_small_commit_told_is_there" "$(comm -23 small.told small.there)" ""
ok "kill__fsck" apex fsck
ok "kill__writing_goes_on" apex set after A 300 192.0.2.1
