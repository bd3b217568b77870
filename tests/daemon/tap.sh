#!/bin/sh
# Telling of queries: sampled lines in the log, dnstap to a socket that comes late and to a file, with branch and commit;
# and that nobody who reads slowly makes the daemon wait.
# shellcheck source=tests/daemon/daemon.lib.sh
. "$(dirname "$0")/daemon.lib.sh"
example_repo
commit=$(apex log | sed -n 's/^commit \([0-9a-f]*\).*/\1/p')
short=$(printf %.12s "$commit")
metrics=$(port)
configure() {
	cat >"$T/apexd.yaml"
	cat >>"$T/apexd.yaml" <<EOT
identity: { nsid: ams1 }
threads: 1
metrics: 127.0.0.1:$metrics
views: { live: { branch: main } }
listen: [ { address: "127.0.0.1:$port", view: live } ]
EOT
}
run_daemon() {
	start "$1" "$APEX_BUILD/apexd" --repo "$APEX_REPO" --config "$T/apexd.yaml"
	daemon=$pid
	soon "$1_says_ready" 20 grep -qx READY "$T/$1.log"
	soon "$1_has_its_image" 20 sh -c "dig +noedns @127.0.0.1 -p $port www.example A | grep -q 192.0.2.4 &&
		python3 -c 'import urllib.request as u; u.urlopen(\"http://127.0.0.1:$metrics/readyz\")'"
}
metric() { python3 -c 'import sys, urllib.request as u; print(u.urlopen(sys.argv[1]).read().decode())' \
	"http://127.0.0.1:$metrics/metrics" | awk -v name="apexd_$1" '$1 == name { print $2 }'; }

# A log of every query, and dnstap into a file.
configure <<EOT
query-log: { sample: 1 }
dnstap: { file: $T/tap }
EOT
run_daemon file
is answer "$(ask www.example A)" 192.0.2.4
is refused "$(status_of www.example.org A)" "REFUSED qr"
is badvers "$(status_of +edns=1 +noednsneg www.example A)" "BADVERS qr"
is over_tcp "$(ask +tcp big.example TXT | wc -l)" 60
soon logged 5 grep -qE "^apexd: query 127\.0\.0\.1:[0-9]+ udp www\.example\. A rcode=0 branch=main serial=7 commit=$short\$" "$T/file.log"
soon refused_is_logged 5 grep -qE '^apexd: query 127\.0\.0\.1:[0-9]+ udp www\.example\.org\. A rcode=5 branch=main$' "$T/file.log"
soon badvers_is_logged 5 grep -qE '^apexd: query 127\.0\.0\.1:[0-9]+ udp www\.example\. A rcode=16$' "$T/file.log"
soon tcp_is_logged 5 grep -qE '^apexd: query 127\.0\.0\.1:[0-9]+ tcp big\.example\. TXT rcode=0 branch=main' "$T/file.log"
is metric_counts_them "$(test "$(metric tapped_total)" -ge 4 && echo yes)" yes
stop "$daemon"
is it_ends_cleanly $? 0
# In `extra`, which dnstap-read does not show.
ok dnstap_tells_branch_and_commit grep -aq "branch=main commit=$commit serial=7" "$T/tap"
if command -v dnstap-read >/dev/null; then
	dnstap-read -y "$T/tap" >"$T/read" 2>&1
	has dnstap_is_an_answer "$T/read" '^  type: AUTH_RESPONSE'
	has dnstap_tells_the_server "$T/read" '^identity: "?ams1'
	has dnstap_tells_the_client "$T/read" 'query_address: "?127\.0\.0\.1'
	has dnstap_tells_the_port "$T/read" "response_port: $port"
	has dnstap_has_the_query "$T/read" 'www\.example\.'
	has dnstap_has_the_answer "$T/read" '192\.0\.2\.4'
	has dnstap_tells_tcp "$T/read" 'socket_protocol: TCP'
else
	echo "skip no dnstap-read here"
fi

# One in ten, to a socket that nobody has opened yet.
configure <<EOT
query-log: { sample: 10 }
dnstap: { socket: $T/sock, sample: 2 }
EOT
run_daemon socket
before=$(grep -c '^apexd: query' "$T/socket.log")
i=0
while [ $i -lt 40 ]; do ask www.example A >/dev/null; i=$((i + 1)); done
soon one_in_ten_is_logged 5 sh -c "test \$((\$(grep -c '^apexd: query' '$T/socket.log') - $before)) -eq 4"
if command -v fstrm_capture >/dev/null; then
	start capture fstrm_capture -t protobuf:dnstap.Dnstap -u "$T/sock" -w "$T/captured"
	capture=$pid
	# It is connected to within a few seconds.
	more() { ask www.example A >/dev/null; test -s "$T/captured"; }
	soon a_late_reader_gets_frames 30 more
	stop "$capture"
fi
is it_answers_whoever_reads "$(ask www.example A)" 192.0.2.4
stop "$daemon"
is it_ends_cleanly_without_a_reader $? 0

# A reader that accepts and never reads: what is too much is dropped and counted, and answers come.
python3 - "$T/stuck" <<'EOT' &
import socket, sys, time
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
s.listen()
held = []
s.settimeout(60)
while True:
    held.append(s.accept())
EOT
stuck=$!
pids="$pids $stuck"
configure <<EOT
dnstap: { socket: $T/stuck }
EOT
soon stuck_listens 5 test -S "$T/stuck"
run_daemon stuck
ok a_flood_is_answered python3 - "$port" <<'EOT'
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.connect(("127.0.0.1", int(sys.argv[1])))
s.settimeout(5)
q = b"\0\1\0\0\0\1\0\0\0\0\0\0\3www\7example\0\0\1\0\1"
for _ in range(400):
    for _ in range(20):
        s.send(q)
    for _ in range(20):
        s.recv(512)
EOT
ok what_is_too_much_is_counted test "$(metric tap_dropped_total)" -gt 0
kill "$stuck"
stop "$daemon"
is it_ends_cleanly_stuck $? 0

# What can't be.
configure <<EOT
dnstap: { sample: 2 }
EOT
status 1 neither_socket_nor_file "$APEX_BUILD/apexd" --repo "$APEX_REPO" --config "$T/apexd.yaml" -t
has with_the_reason "$T/err" 'either `socket` or `file`'
configure <<EOT
dnstap: { file: /nowhere/tap }
EOT
not_ok a_file_that_cant_be_written "$APEX_BUILD/apexd" --repo "$APEX_REPO" --config "$T/apexd.yaml"
has is_told "$T/err" '/nowhere/tap'
