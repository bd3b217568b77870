#!/bin/sh
# The PROXY protocol: who may speak for others, over each transport, and what counts by client then.
# shellcheck source=tests/daemon/daemon.lib.sh
. "$(dirname "$0")/daemon.lib.sh"
example_repo inside six
ok change_inside apex --branch inside set www A 300 10.0.0.1
ok change_six apex --branch six set www A 300 10.0.0.6
ok certificate openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=ns1.example \
	-keyout "$T/key" -out "$T/cert"
tls=$(port)
proxy() { python3 "$top/tests/daemon/proxy.py" "$port" "$tls" "$T/cert" "$1"; }
config() {
	cat <<EOT
repo: $APEX_REPO
proxy-from: [$1]
tcp-per-address: 5
rrl: {responses-per-second: $2}
tls: {certificate: $T/cert, key: $T/key}
views:
  all:
    branch: main
    rules:
      - {name: net, if: 'client.subnet in ["10.1.0.0/16"]', branch: inside}
      - {name: six, if: 'client.subnet in ["2001:db8:1::/48"]', branch: six}
listen:
  - {address: "127.0.0.1:$port", view: all}
  - {address: "127.0.0.1:$tls", view: all, transport: tls}
EOT
}
config 127.0.0.8/32 0 >"$T/apexd.yaml"
start proxy "$APEX_BUILD/apexd" --config "$T/apexd.yaml"
daemon=$pid
soon says_ready 20 grep -qx READY "$T/proxy.log"
soon image_is_there 20 sh -c "kill -USR1 $daemon; sleep 0.2; grep -qx 'built 3' $T/proxy.log"
ok trusted proxy trusted
ok untrusted proxy untrusted
errors=$(counter "$T/proxy.log" proxy_errors)
ok without_a_header proxy without
ok without_a_header__is_counted test "$(counter "$T/proxy.log" proxy_errors)" -ge $((errors + 18))
config 127.0.0.8/32 10 >"$T/apexd.yaml"
kill -HUP "$daemon"
soon reload 5 grep -q 'apexd: reloaded' "$T/proxy.log"
ok limits_are_the_clients proxy limited
ok refused_connections_are_counted test "$(counter "$T/proxy.log" tcp_refused_address)" -ge 5
config 127.0.0.9/32 0 >"$T/apexd.yaml"
kill -HUP "$daemon"
soon reload__of_another_proxy 5 sh -c "[ \$(grep -c 'apexd: reloaded' $T/proxy.log) = 2 ]"
not_ok reload__the_old_one_is_none_any_more proxy trusted
config 127.0.0.9/8 0 >"$T/apexd.yaml"
kill -HUP "$daemon"
soon reload__of_no_network_is_refused 5 grep -q 'refused.*apexd.yaml:2: .127.0.0.9/8. has bits set beyond' "$T/proxy.log"
stop "$daemon"
is sigterm_ends_it_cleanly $? 0

serve short --proxy-from 127.0.0.8/31
ok short__trusted_over_udp python3 - "$port" <<'EOT'
import socket, sys
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
u.bind(("127.0.0.8", 0))
u.settimeout(5)
u.sendto(b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0" + bytes.fromhex("00070000000100000000000003777777076578616d706c650000010001"),
         ("127.0.0.1", int(sys.argv[1])))
assert u.recv(4096)[-4:] == socket.inet_aton("192.0.2.4")
EOT
stop "$daemon"
