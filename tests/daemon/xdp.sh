#!/bin/sh
# AF_XDP: queries that come over a link between two network namespaces are answered past the kernel's stack, all else
# goes its usual way, and nothing is left behind, even by SIGKILL.
. "$(dirname "$0")/../lib.sh"
if [ "$(id -u)" != 0 ] || ! ip netns add "apx$$" 2>/dev/null; then
	echo "skip no network namespaces here"
	exit
fi
server=apx$$s client=apx$$c
ip netns add "$server"
ip netns add "$client"
ip netns del "apx$$"
end() {
	for n in "$server" "$client"; do ip netns del "$n"; done
	cleanup
}
trap end EXIT
in_server() { ip netns exec "$server" "$@"; }
in_client() { ip netns exec "$client" "$@"; }
in_server ip link add v0 type veth peer name v1 netns "$client"
for n in "$server" "$client"; do ip -n "$n" link set lo up; done
in_server ip addr add 10.53.0.1/24 dev v0
in_server ip addr add 10.53.0.3/24 dev v0
in_server ip -6 addr add fd53::1/64 dev v0 nodad
in_client ip addr add 10.53.0.2/24 dev v1
in_client ip -6 addr add fd53::2/64 dev v1 nodad
in_server ip link set v0 up
in_client ip link set v1 up

cat >"$T/zone" <<'EOF2'
$ORIGIN example.com.
@ 300 IN SOA ns1 hostmaster 1 3600 600 86400 300
@ 300 NS ns1
ns1 300 A 10.53.0.1
www 300 A 192.0.2.1
www 300 AAAA 2001:db8::1
EOF2
seq 60 | sed 's/.*/big 300 TXT "text number & of many that do not fit into one datagram"/' >>"$T/zone"
apex init example.com >/dev/null
apex import "$T/zone" >/dev/null

total() {
	kill -USR1 "$pid"
	sleep 0.1
	awk -v n="$1" '$1 == n {v = $2} END {print v + 0}' "$T/d.log"
}
sent() { total "sent_$1"; } # how many answers went out over $1
serves() {
	rm -f "$T/d.log" # what the one before said
	start d ip netns exec "$server" "$APEX_BUILD/apexd" --threads 1 "$@"
	until grep -q READY "$T/d.log" 2>/dev/null; do
		if ! kill -0 "$pid" 2>/dev/null; then
			cat "$T/d.log"
			return 1
		fi
		sleep 0.02
	done
}
if ! serves --listen 0.0.0.0:53 --listen '[::]:53' --listen-xdp v0 >"$T/why"; then
	if grep -qE 'not permitted|no map in the kernel|takes no XDP' "$T/why"; then
		echo "skip no AF_XDP here: $(tail -n 1 "$T/why")"
		exit
	fi
	fail "apexd starts with --listen-xdp" "$(cat "$T/why")"
	exit
fi
has "the mode is told" "$T/d.log" 'AF_XDP on v0: (native|generic) mode, (zero-)?copy, [0-9]+ queue'
in_server ip -d link show v0 >"$T/out"
has "a program is attached" "$T/out" 'xdp'

ask() { in_client kdig +time=2 +retry=0 +short "$@"; }
before=$(sent xdp)
is "over IPv4" "$(ask @10.53.0.1 www.example.com A)" "192.0.2.1"
is "at another address" "$(ask @10.53.0.3 www.example.com A)" "192.0.2.1"
is "over IPv6" "$(ask @fd53::1 www.example.com AAAA)" "2001:db8::1"
is "by AF_XDP" "$(($(sent xdp) - before))" "3"
is "and counted as asked that way" "$(total queries_xdp)" "3"
in_client kdig +time=2 +retry=0 @10.53.0.1 nowhere.example.com >"$T/out"
has "what is not there" "$T/out" 'NXDOMAIN'
in_client kdig +time=2 +retry=0 +ignore +bufsize=512 @fd53::1 big.example.com TXT >"$T/out"
has "what does not fit is cut short" "$T/out" 'Flags:.* tc'
before=$(sent xdp)
is "and comes whole over TCP" "$(in_client kdig +tcp +short @10.53.0.1 big.example.com TXT | wc -l)" "60"
is "which is the kernel's" "$(($(sent xdp) - before)) $(sent tcp)" "0 1"
before=$(sent udp)
is "the machine itself asks over its own sockets" "$(in_server kdig +short @127.0.0.1 www.example.com A)" "192.0.2.1"
is "as ever" "$(($(sent udp) - before))" "1"
ok "other traffic passes" in_client ping -c 1 -W 2 10.53.0.1
ok "over IPv6 too" in_client ping -c 1 -W 2 fd53::1
not_ok "other ports are not answered" ask @10.53.0.1 -p 5353 www.example.com A

# 802.1Q: a tagged query has a tagged answer
mac=$(in_server cat /sys/class/net/v0/address)
in_client python3 - "$mac" >"$T/tagged" 2>&1 <<'PY'
import socket, struct, sys
def checksum(b):
    n = sum(struct.unpack('!%dH' % (len(b) // 2), b))
    while n >> 16: n = (n & 0xffff) + (n >> 16)
    return ~n & 0xffff
AUXDATA, TAG = 8, struct.pack('!HH', 0x8100, 3 << 13 | 7)
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
s.bind(('v1', 0))
s.setsockopt(263, AUXDATA, 1)
s.settimeout(2)
question = b'\x12\x34\0\0\0\1\0\0\0\0\0\0\3www\7example\3com\0\0\1\0\1'
udp = struct.pack('!4H', 4444, 53, 8 + len(question), 0) + question
ip = struct.pack('!BBHHHBBH4s4s', 0x45, 0, 20 + len(udp), 1, 0, 9, 17, 0, bytes([10, 53, 0, 2]), bytes([10, 53, 0, 1]))
ip = ip[:10] + struct.pack('!H', checksum(ip)) + ip[12:]
ours = s.getsockname()[4]
s.send(bytes.fromhex(sys.argv[1].replace(':', '')) + ours + TAG + b'\x08\0' + ip + udp)
while True:
    frame, aux, flags, peer = s.recvmsg(2048, 64)
    if peer[2] == socket.PACKET_OUTGOING or frame[:6] != ours: continue
    at, tag = 14, None
    if frame[12:14] == b'\x81\0': at, tag = 18, struct.unpack('!H', frame[14:16])[0]
    for level, kind, data in aux:
        if kind == AUXDATA and len(data) >= 20:
            status, _, _, _, _, tci, _ = struct.unpack('IIIHHHH', data[:20])
            if status & 16: tag = tci
    if frame[at + 9:at + 10] != b'\x11': continue
    header, rest = frame[at:at + 20], frame[at + 20:at + struct.unpack('!H', frame[at + 2:at + 4])[0]]
    pseudo = header[12:] + struct.pack('!HH', 17, len(rest))
    print(hex(tag or 0), checksum(header), checksum(pseudo + rest + b'\0' * (len(rest) % 2)), rest[8:10].hex(), rest[-4:].hex())
    break
PY
is "a tagged query has a tagged answer, with good checksums" "$(cat "$T/tagged")" "0x6007 0 0 1234 c0000201"

# every query is answered, and by the right bytes
in_client python3 - >"$T/many" 2>&1 <<'PY'
import random, socket, struct
random.seed(7)
def question(name, qtype, n):
    return struct.pack('!6H', n, 0, 1, 0, 0, 0) + b''.join(bytes([len(l)]) + l for l in name.split(b'.')) + b'\0' + struct.pack('!2H', qtype, 1)
def ask(family, server, source):
    s = socket.socket(family, socket.SOCK_DGRAM)
    s.settimeout(2)
    bad = 0
    for n in range(2000):
        qtype, rdata = random.choice(((1, bytes([192, 0, 2, 1])), (28, bytes.fromhex('20010db8000000000000000000000001'))))
        q = question(b'www.example.com', qtype, n)
        s.sendto(q, server)
        answer, peer = s.recvfrom(4096)
        bad += answer[:2] != q[:2] or answer[12:len(q)] != q[12:] or not answer.endswith(rdata) or peer[0] != source
    return bad
print(ask(socket.AF_INET, ('10.53.0.1', 53), '10.53.0.1'), ask(socket.AF_INET6, ('fd53::1', 53), 'fd53::1'))
PY
is "4,000 queries have 4,000 right answers" "$(cat "$T/many")" "0 0"

# a commit is answered, and an end leaves nothing
apex set www A 300 192.0.2.2 >/dev/null
shows() { [ "$(ask @10.53.0.1 www.example.com A)" = "$1" ]; }
soon "a commit is answered over AF_XDP too" 2 shows 192.0.2.2
kill -KILL "$pid"
wait "$pid" 2>/dev/null
detached() { ! in_server ip -d link show v0 | grep -q xdp; }
soon "SIGKILL leaves no program" 5 detached
serves --listen 10.53.0.1:53 --listen-xdp v0 >/dev/null || fail "it starts again" "$(cat "$T/d.log")"
before=$(sent xdp)
is "after it, it starts again" "$(ask @10.53.0.1 www.example.com A)" "192.0.2.2"
is "with AF_XDP" "$(($(sent xdp) - before))" "1"
status 70 "two at one interface: the second is refused" timeout 20 ip netns exec "$server" "$APEX_BUILD/apexd" --listen 10.53.0.3:53 --listen-xdp v0
has "with why" "$T/err" 'v0, queue 0: .*another program has it|another one is there'
status 2 "an interface that is not there" in_server "$APEX_BUILD/apexd" --listen 10.53.0.3:53 --listen-xdp nosuch
has "is named" "$T/err" 'no network interface `nosuch'
stop "$pid"
is "SIGTERM ends it well" "$?" "0"
soon "and leaves no program" 5 detached

# The next daemon takes over, the interface too.
serves --listen 10.53.0.1:53 --listen-xdp v0 --handover "$T/handover" >/dev/null || fail "one that hands over" "$(cat "$T/d.log")"
first=$pid
mv "$T/d.log" "$T/first.log"
serves --listen 10.53.0.1:53 --listen-xdp v0 --handover "$T/handover" >/dev/null || fail "one that takes over" "$(cat "$T/d.log")"
soon "the one before ends" 20 sh -c "! kill -0 $first"
kill -KILL "$first" 2>/dev/null
wait "$first"
is "well" "$?" "0"
before=$(sent xdp)
is "the next one answers" "$(ask @10.53.0.1 www.example.com A)" "192.0.2.2"
is "with AF_XDP, too" "$(($(sent xdp) - before))" "1"
stop "$pid"

# Rates and proxies count here as they do on sockets.
cat >"$T/apexd.yaml" <<EOF2
repo: $APEX_REPO
threads: 1
rrl: {responses-per-second: 2, burst: 1, slip: 1}
proxy-from: [10.53.0.9]
views: {all: {branch: main}}
listen: [{address: "10.53.0.1:53", view: all}]
listen-xdp: [v0]
EOF2
start d ip netns exec "$server" "$APEX_BUILD/apexd" --config "$T/apexd.yaml"
soon "one with limits starts" 20 grep -q READY "$T/d.log"
soon "its image is there" 10 sh -c "kill -USR1 $pid; sleep 0.2; grep -qx 'built 1' $T/d.log"
before=$(sent xdp)
for i in 1 2 3 4 5 6 7 8 9 10; do in_client dig +ignore +tries=1 @10.53.0.1 "+qid=$i" www.example.com A; done >"$T/dig"
is "all go out" "$(($(sent xdp) - before))" "10"
ok "most of them cut short" test "$(grep -c 'flags: qr aa tc' "$T/dig")" -ge 4
ip -n "$client" addr add 10.53.0.9/24 dev v1
cat >"$T/proxied.py" <<'EOF2'
import socket
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
u.bind(("10.53.0.9", 0))
u.settimeout(5)
question = bytes.fromhex("000701000001000000000000") + b"\3www\7example\3com\0\0\x1c\0\1"
u.sendto(question, ("10.53.0.1", 53))
u.sendto(b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c" + bytes([192, 0, 2, 77, 10, 53, 0, 1, 16, 0, 0, 53]) + question, ("10.53.0.1", 53))
assert u.recv(4096)[-16:] == socket.inet_pton(socket.AF_INET6, "2001:db8::1")
EOF2
ok "a proxy's query is answered" in_client python3 "$T/proxied.py"
is "the one without a header is not" "$(total proxy_errors)" "1"
stop "$pid"
