#!/bin/sh
# A diff as a script: a real BIND that holds the old revision plays it, and holds the new one to the last record; on a
# zone that has moved on it refuses.
# shellcheck disable=SC2016,SC2154
. "$(dirname "$0")/../lib.sh"
command -v named >/dev/null && command -v nsupdate >/dev/null || { echo "skip no named or nsupdate here"; exit 0; }

cat >"$T/example.zone" <<'ZONE'
$ORIGIN example.
$TTL 300
@ 3600 IN SOA ns1 root 2026080101 7200 1800 1209600 300
@ IN NS ns1
@ IN NS ns9
ns1 IN A 192.0.2.53
ns9 IN A 192.0.2.59
api IN A 1.2.3.4
api IN A 1.2.3.5
www IN CNAME api
old IN TXT "going"
many IN TXT "stays; here" "two"
ZONE
apex init example >"$T/out"
apex import "$T/example.zone" >"$T/out"
apex tag before
apex set api A 60 9.9.9.9 1.2.3.5 >"$T/out"
apex delete www >"$T/out"
apex set www A 300 1.2.3.4 >"$T/out"
apex set www AAAA 300 2001:db8::1 >"$T/out"
apex set @ NS 600 ns2 ns1 >"$T/out"
apex set ns2 A 300 192.0.2.54 >"$T/out"
apex delete old >"$T/out"
apex set t TXT 300 '"a;b" "q\"q" "back\\slash"' >"$T/out"
apex set @ MX 300 '10 api' '20 www' >"$T/out"
apex set x TYPE65280 300 '\# 3 abcdef' >"$T/out"
apex set @ SOA 7200 'ns2 root 2026080150 7200 1800 1209600 60' >"$T/out"
apex tag after
apex export before >"$T/named.zone"
port=$(port)
cat >"$T/named.conf" <<X
options { directory "$T"; listen-on port $port { 127.0.0.1; }; listen-on-v6 { none; }; pid-file none; recursion no;
	allow-transfer { any; }; dnssec-validation no; };
controls { };
zone "example" { type primary; file "$T/named.zone"; allow-update { 127.0.0.1; }; check-names ignore; };
X
start named named -g -c "$T/named.conf" -n 1
served() { dig +short +tries=1 +time=1 -p "$port" @127.0.0.1 example. SOA | grep -q .; }
soon "nsupdate__named_serves_the_old_revision" 10 served
play() {
	{ echo "server 127.0.0.1 $port"; apex diff "$@" --nsupdate; } >"$T/script"
	nsupdate "$T/script"
}
transfer() { dig +noall +answer +onesoa -p "$port" @127.0.0.1 example. AXFR >"$T/axfr"; apex check --zone example "$T/axfr"; }
content() { apex init example --repo "$T/other$1" >"$T/out"; apex --repo "$T/other$1" import "$2" >"$T/out"
	apex --repo "$T/other$1" cat-object main | sed -n 's/^tree //p'; }

plain() { content "$1" "$2" >"$T/out"; apex --repo "$T/other$1" export | grep -v SOA; }

ok "nsupdate__named_takes_the_script" play before after
ok "nsupdate__what_named_holds_can_be_transferred" transfer
is "nsupdate__named_holds_the_new_revision" "$(content 1 "$T/axfr")" "$(apex cat-object after | sed -n 's/^tree //p')"
is "nsupdate__and_its_serial" "$(dig +short -p "$port" @127.0.0.1 example. SOA | awk '{print $3}')" 2026080150
not_ok "nsupdate__refused_where_the_zone_has_moved_on" play before after
has "nsupdate__by_its_prerequisites" "$T/err" 'YXRRSET|NXRRSET'
ok "nsupdate__and_back" play after before
transfer
apex export before | grep -v SOA >"$T/want"
is "nsupdate__back_is_the_old_revision" "$(plain 3 "$T/axfr")" "$(cat "$T/want")"

i=0
while [ $i -lt 1500 ]; do echo "host$i.example. 300 IN TXT \"number $i of many\""; i=$((i + 1)); done >"$T/many"
apex import --merge "$T/many" >"$T/out"
apex tag crowd
ok "nsupdate__a_big_one_needs_several_messages" play before crowd
[ "$(grep -c '^send' "$T/script")" -gt 1 ] && pass nsupdate__several || fail nsupdate__several
transfer
is "nsupdate__named_holds_all" "$(content 2 "$T/axfr")" "$(apex cat-object crowd | sed -n 's/^tree //p')"
stop "$pid"
