#!/bin/sh
# The daemon as a client sees it, with the counter that must have moved.
# shellcheck source=tests/daemon/daemon.lib.sh
. "$(dirname "$0")/daemon.lib.sh"
example_repo

start apexd "$APEX_BUILD/apexd" --listen "127.0.0.1:$port" --listen "[::1]:$port"
daemon=$pid
soon says_ready 20 grep -qx READY "$T/apexd.log"
is exact "$(ask www.example A)" 192.0.2.4
is exact_flags "$(status_of www.example A)" "NOERROR qr aa"
is case_is_echoed "$(dig +norec @127.0.0.1 -p "$port" wWw.ExAmPle A | grep -c '^;wWw.ExAmPle.')" 1
is alias "$(ask alias.example A | tr '\n' ' ')" "www.example. 192.0.2.4 "
is wildcard "$(ask a.b.w.example TXT)" '"wild"'
is nxdomain "$(status_of nope.example A)" "NXDOMAIN qr aa"
is nodata "$(status_of www.example AAAA)" "NOERROR qr aa"
is negative_ttl "$(dig @127.0.0.1 -p "$port" nope.example A +noall +authority | awk '{print $2}')" 60
is referral "$(status_of x.sub.example A)" "NOERROR qr"
is elsewhere "$(status_of www.example.org A)" "REFUSED qr"
is over_tcp "$(ask +tcp www.example A)" 192.0.2.4
is over_ipv6 "$(dig +short @::1 -p "$port" www.example A)" 192.0.2.4
is over_ipv6_and_tcp "$(dig +short +tcp @::1 -p "$port" www.example A)" 192.0.2.4
is truncated_then_tcp "$(ask big.example TXT | wc -l)" 60
is cut_short "$(status_of +ignore big.example TXT)" "NOERROR qr aa tc"
is badvers "$(status_of +edns=1 +noednsneg www.example A)" "BADVERS qr"
is transfer_is_refused "$(ask www.example A; dig @127.0.0.1 -p "$port" example AXFR | grep -c 'Transfer failed')" "192.0.2.4
1"
is counter_nxdomain "$(counter "$T/apexd.log" nxdomain)" 2
is counter_refused "$(sed -n 's/^refused //p' "$T/counters")" 2
is counter_badvers "$(sed -n 's/^badvers //p' "$T/counters")" 1
is counter_truncated "$(sed -n 's/^truncated //p' "$T/counters")" 2
stop "$daemon"
is sigterm_ends_it_cleanly $? 0
is nothing_was_complained_of "$(grep -c '^apexd:' "$T/apexd.log")" 0

# On all addresses, an answer comes from the address that was asked.
start any "$APEX_BUILD/apexd" --listen "0.0.0.0:$port" --listen "[::]:$port" --threads 1
soon any_says_ready 20 grep -qx READY "$T/any.log"
for address in 127.0.0.1 127.0.0.2 127.8.9.10 ::1; do
	is "answers_from_$address" "$(dig +short +time=2 "@$address" -p "$port" www.example A)" 192.0.2.4
done
stop "$pid"
