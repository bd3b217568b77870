#!/bin/sh
# How the daemon starts, or says why it doesn't.
# shellcheck source=tests/daemon/daemon.lib.sh
. "$(dirname "$0")/daemon.lib.sh"
apexd() { timeout 10 "$APEX_BUILD/apexd" "$@"; }
ok help apexd --help
has help_shows_listen "$T/out" '--listen ADDRESS:PORT'
ok short_help apexd -h
ok version apexd --version
has version_is_told "$T/out" '^apexd [0-9]'
status 3 no_repository apexd --listen "127.0.0.1:$port"
has no_repository_says_so "$T/err" 'apexd: '
ok init apex init example. --ns ns1.example.
status 2 no_address apexd
status 2 unknown_option apexd --listen "127.0.0.1:$port" --frobnicate
has unknown_option_is_named "$T/err" frobnicate
status 2 value_is_missing apexd --listen
for bad in 127.0.0.1 :53 127.0.0.1: 127.0.0.1:0 127.0.0.1:65536 127.0.0.1:5x 1.2.3:53 '[::1:53' ::1:53 localhost:53; do
	status 2 "address_$bad" apexd --listen "$bad"
done
status 2 branch_and_at apexd --listen "127.0.0.1:$port" --branch main --at main
status 2 bad_branch apexd --listen "127.0.0.1:$port" --branch 'a b'
status 2 bad_zone apexd --listen "127.0.0.1:$port" --zone a..b
status 2 bad_threads apexd --listen "127.0.0.1:$port" --threads none
status 2 an_argument_too_many apexd --listen "127.0.0.1:$port" more
status 1 no_secrets apexd --listen "127.0.0.1:$port" --cookie-secrets "$T/none" -t
has no_secrets_says_so "$T/err" "^apexd: $T/none: No such file"
status 1 no_such_zone apexd --listen "127.0.0.1:$port" --zone example.org
serve first --repo "$APEX_REPO" --zone example. --branch main --threads 2 --tcp-connections 10
status 70 port_is_taken apexd --listen "127.0.0.1:$port"
has port_is_taken_says_so "$T/err" "127.0.0.1:$port: Address already in use"
is first_answers_still "$(status_of example SOA)" "NOERROR qr aa"
kill -INT "$daemon"
wait "$daemon"
is sigint_ends_it_cleanly $? 0
serve again # its connections in TIME_WAIT don't keep the port
stop "$daemon"

# sd_notify: a datagram with READY=1.
python3 -c '
import os, socket, subprocess, sys
path = sys.argv[1]
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(path)
s.settimeout(10)
p = subprocess.Popen(sys.argv[2:], env={**os.environ, "NOTIFY_SOCKET": path})
while b"READY=1" not in s.recv(1000):
    pass
p.terminate()
while b"STOPPING=1" not in s.recv(1000):
    pass
sys.exit(p.wait())
' "$T/notify" "$APEX_BUILD/apexd" --listen "127.0.0.1:$port" >"$T/out" 2>&1
is tells_the_service_manager $? 0
