#!/bin/sh
# DNS over TLS (RFC 7858): who may speak it, the certificate and its changes, and all that TCP can.
# shellcheck source=tests/daemon/daemon.lib.sh
. "$(dirname "$0")/daemon.lib.sh"
example_repo next
ok change_of_the_branch apex --branch next set www A 300 192.0.2.44

# The serial number tells one certificate from another.
certificate() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -set_serial "$1" \
		-subj /CN=ns1.example -addext subjectAltName=DNS:ns1.example -keyout "$T/key.$1" -out "$T/cert.$1" \
		2>/dev/null
}
use() { cp "$T/key.$1" "$T/key.new" && cp "$T/cert.$1" "$T/cert.new" && mv "$T/key.new" "$T/key" && mv "$T/cert.new" "$T/cert"; }
ok certificate_1 certificate 1
ok certificate_2 certificate 2
ok certificate_3 certificate 3
use 1
tls=$(port)
apexd() { timeout 10 "$APEX_BUILD/apexd" "$@"; }
tls_wire() {
	_case=$1
	shift
	WIRE_UDP=$port WIRE_TLS=$T/cert python3 "$top/tests/daemon/wire.py" "$_case" "$tls" "$@"
}

status 2 no_certificate apexd --listen "127.0.0.1:$port" --listen-tls "127.0.0.1:$tls"
status 2 no_key apexd --listen "127.0.0.1:$port" --tls-certificate "$T/cert"
status 1 another_key apexd --listen-tls "127.0.0.1:$tls" --tls-certificate "$T/cert" --tls-key "$T/key.2" -t
has another_key__is_told "$T/err" "TLS: .*/key.2: .*mismatch"
status 1 no_file apexd --listen-tls "127.0.0.1:$tls" --tls-certificate "$T/none" --tls-key "$T/key" -t
has no_file__is_told "$T/err" "TLS: .*/none: No such file"
status 2 twice_the_address apexd --listen "127.0.0.1:$tls" --listen-tls "127.0.0.1:$tls" \
	--tls-certificate "$T/cert" --tls-key "$T/key" -t

cat >"$T/apexd.yaml" <<EOT
repo: $APEX_REPO
threads: 1
tcp-connections: 20
tcp-per-address: 20
tls: {certificate: $T/cert, key: $T/key}
ecs-from: [127.0.0.1]
views:
  all: {branch: main, canary: "next:50"}
  old: {branch: main}
listen:
  - {address: "127.0.0.1:$port", view: all}
  - {address: "127.0.0.1:$tls", view: all, transport: tls}
EOT
sed "s/transport: tls/transport: tsl/" "$T/apexd.yaml" >"$T/wrong.yaml"
status 1 no_such_transport apexd --config "$T/wrong.yaml" -t
has no_such_transport__is_told "$T/err" "wrong.yaml:12: a transport is udp, tcp or tls, not .tsl"
start tls "$APEX_BUILD/apexd" --config "$T/apexd.yaml"
daemon=$pid
soon says_ready 20 grep -qx READY "$T/tls.log"

over_tls() { kdig +short +tls-ca="$T/cert" +tls-hostname="$1" "@127.0.0.1" -p "$tls" www.example A 2>&1; }
case $(over_tls ns1.example) in 192.0.2.4 | 192.0.2.44) pass kdig ;; *) fail kdig "$(over_tls ns1.example)" ;; esac
is kdig__wants_the_right_name "$(over_tls ns2.example | grep -c 192.0.2)" 0
ok versions_and_protocols tls_wire tls_versions
ok pipeline tls_wire pipeline 2000
ok octet_by_octet tls_wire trickle
ok slow_reader tls_wire slow_reader
ok more_connections_than_there_is_room tls_wire crowd 20
ok plain_tcp_beside_it wire good
ok no_tls_at_all_is_ended python3 - "$tls" <<'EOT'
import socket, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 5)
s.sendall(b"\0\x1d" + bytes(29) + b"GET / HTTP/1.1\r\n\r\n")
try:
    while s.recv(4096): pass
except ConnectionResetError:
    pass
EOT
ok good_queries_after tls_wire good

# The same clients get the same branch over each transport.
i=0
: >"$T/differ"
while [ $i -lt 30 ]; do
	udp=$(dig +short +subnet="10.$i.7.0/24" "@127.0.0.1" -p "$port" www.example A)
	tcp=$(dig +short +tcp +subnet="10.$i.7.0/24" "@127.0.0.1" -p "$port" www.example A)
	dot=$(kdig +short +tls +subnet="10.$i.7.0/24" "@127.0.0.1" -p "$tls" www.example A)
	echo "$udp" >>"$T/arms"
	if [ "$udp" != "$tcp" ] || [ "$udp" != "$dot" ]; then echo "$i: $udp $tcp $dot" >>"$T/differ"; fi
	i=$((i + 1))
done
is canary__is_the_same_over_all_transports "$(cat "$T/differ")" ""
is canary__both_branches_were_seen "$(sort -u "$T/arms" | wc -l)" 2

# The certificate changes: at SIGHUP, and by itself.
ok certificate_is_the_first tls_wire tls_serial 1
use 2
soon a_new_certificate_is_found 5 tls_wire tls_serial 2
soon a_new_certificate__is_logged 5 grep -q "the certificate was loaded anew" "$T/tls.log"
cat >"$T/change" <<EOT
sleep 1
cp "$T/cert.3" "$T/cert.next"; mv "$T/cert.next" "$T/cert"; cp "$T/key.3" "$T/key"
sleep 2
EOT
ok resumed__over_a_change tls_wire tls_resume sh "$T/change"
use 2
soon the_second_again 5 tls_wire tls_serial 2
told() { grep -c "stays as it was: TLS" "$T/tls.log"; }
before=$(told) # one while certificate and key were changed one after the other, at most
echo broken >"$T/key"
soon a_broken_one__is_told 5 grep -q "the certificate stays as it was: TLS: $T/key" "$T/tls.log"
sleep 2
is a_broken_one__is_told_once "$(told)" $((before + 1))
ok a_broken_one__the_old_goes_on tls_wire tls_serial 2
kill -HUP "$daemon"
soon a_broken_one__is_no_reload 5 grep -q "reload refused.*TLS: $T/key" "$T/tls.log"
ok a_broken_one__the_old_still_goes_on tls_wire tls_serial 2
use 3
kill -HUP "$daemon"
soon reloaded 5 grep -q "apexd: reloaded" "$T/tls.log"
ok reloaded__the_third tls_wire tls_serial 3
ok sent_is_counted test "$(counter "$T/tls.log" sent_tls)" -gt 2000
stop "$daemon"
is sigterm_ends_it_cleanly $? 0
