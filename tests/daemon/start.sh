#!/bin/sh
# However large the zone, the first answer comes from the store at once; the image takes over when it is there.
# shellcheck source=tests/daemon/daemon.lib.sh
. "$(dirname "$0")/daemon.lib.sh"
n=150000
if [ -n "${APEX_TEST_FULL:-}" ]; then n=1000000; fi
awk -v n=$n 'BEGIN {
	print "$TTL 300\n@ SOA ns host 1 3600 900 86400 60\n@ NS ns\nns A 192.0.2.1"
	for (i = 0; i < n; i++) printf "h%d A 198.51.%d.%d\n", i, i / 250 % 250, i % 250
}' >"$T/big.zone"
ok init apex init example.
ok import apex --zone example. import "$T/big.zone"
i=1
while [ $i -le 40 ]; do
	apex zone add "z$i.example.net" --ns "ns$i.example.org." >/dev/null || fail "zone z$i"
	i=$((i + 1))
done
serve apexd
is first_answer "$(ask "h$((n - 1)).example" A)" "198.51.$(((n - 1) / 250 % 250)).$(((n - 1) % 250))"
is first_negative_answer "$(status_of "h$n.example" A)" "NXDOMAIN qr aa"
store=$(counter "$T/apexd.log" from_store)
echo "answers from the store before the image was there: $store"
is a_change_before_the_image_is_there "$(apex set h0 A 300 192.0.2.77 >/dev/null; sleep 0.1; ask h0.example A)" 192.0.2.77
soon images_of_all_zones 30 sh -c "kill -USR1 $daemon; sleep 0.2; grep -qx 'built 41' $T/apexd.log"
is the_change_is_in_the_image "$(ask h0.example A)" 192.0.2.77
is last_zone "$(ask z40.example.net NS)" ns40.example.org.
before=$(counter "$T/apexd.log" from_store)
for i in 1 2 3 4 5; do ask "h$i.example" A >/dev/null; done
is from_images_now "$(counter "$T/apexd.log" from_store)" "$before"
stop "$daemon"
is sigterm_ends_it_cleanly $? 0
