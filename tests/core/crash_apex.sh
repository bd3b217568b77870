#!/bin/sh
# apex is killed at random moments in set and in import while another process goes on committing: fsck finds nothing,
# what was acknowledged is there.
. "$(dirname "$0")/../lib.sh"

kills=30
[ -z "${APEX_TEST_FULL:-}" ] || kills=240
seed=${APEX_SEED:-$(date +%s)}
echo "seed $seed"

ok "init" apex init crash.example --ns ns.example.net.
ok "second zone" apex zone add big.example

# one of two contents of the second zone
zone_file() {
	awk -v v="$1" 'BEGIN {
		print "$ORIGIN big.example.\n$TTL 300\n@ SOA ns.example.net. h.example.net. 1 3600 600 86400 300\n@ NS ns.example.net."
		for (i = 0; i < 3000; i++) printf "host%d A 10.%d.%d.%d\n", i, v, i / 250, i % 250
		printf "big TXT"; for (i = 0; i < 12; i++) printf " \"%0100d\"", v * i; print ""
	}' >"$T/zone$1"
}
zone_file 1
zone_file 2
ok "first import" apex --zone big.example import "$T/zone1"

# the one that is left alone: appends the number of each commit that succeeded
other() {
	i=0
	while [ ! -e "$T/stop" ]; do
		i=$((i + 1))
		apex set "b$i" A 300 "192.0.2.$((i % 250))" && echo $i >>"$T/b"
	done
}
start other other
other_pid=${pid:?}

pause() {
	seed=$(((seed * 1103515245 + 12345) % 2147483648))
	sleep "0.0$(printf '%02d' $((seed / 65536 % $1)))"
}

acknowledged=0 killed=0 n=0
: >"$T/a"
while [ $killed -lt $kills ] && [ $n -lt $((kills * 20)) ]; do
	n=$((n + 1))
	if [ $((n % 4)) -eq 0 ]; then
		"$APEX_BUILD/apex" --zone big.example import "$T/zone$((1 + n / 4 % 2))" >/dev/null 2>&1 &
		p=$!
		pause 30
	else
		"$APEX_BUILD/apex" set "a$n" A 300 "198.51.100.$((n % 250))" >/dev/null 2>&1 &
		p=$!
		pause 5
	fi
	kill -KILL $p 2>/dev/null
	wait $p 2>/dev/null
	case $? in
	0) if [ $((n % 4)) -ne 0 ]; then echo $n >>"$T/a" && acknowledged=$((acknowledged + 1)); fi ;;
	137) killed=$((killed + 1)) ;;
	*) fail "apex ended by itself with an error in round $n" ;;
	esac
done
touch "$T/stop"
wait "$other_pid"
echo "$killed killed, $acknowledged acknowledged, $(wc -l <"$T/b") by the other"
is "as many kills as wanted" $killed $kills
ok "fsck" apex fsck
apex export >"$T/zone"
apex --zone big.example export >"$T/big"
{
	sed 's/.*/a&.crash.example./' "$T/a"
	sed 's/.*/b&.crash.example./' "$T/b"
} | sort >"$T/names"
awk '{print $1}' "$T/zone" | sort -u >"$T/owners"
is "nothing acknowledged is missing" "$(comm -23 "$T/names" "$T/owners" | head -n 3)" ""
is "an import is there whole" "$(awk '$4 == "A" {split($5, a, "."); print a[2]}' "$T/big" | sort | uniq -c | awk '{print $1}')" 3000
ok "it goes on" apex set after A 300 192.0.2.1
