#!/bin/sh
# Looking at a running daemon from the command line: is the tip served, and what is answered.
# shellcheck source=tests/daemon/daemon.lib.sh
. "$(dirname "$0")/daemon.lib.sh"
example_repo next
web=$(port)
status 3 no_daemon apex status --daemon "127.0.0.1:$web"
has and_where "$T/err" "no daemon tells of itself at 127\.0\.0\.1:$web"
status 2 no_address apex status --daemon here
status 3 top_without_one apex top "127.0.0.1:$web"
status 2 top_needs_an_address apex top
status 2 top_takes_numbers apex top "127.0.0.1:$web" -n 0
serve apexd --metrics "127.0.0.1:$web"
soon the_tip_is_served 10 apex status --daemon "127.0.0.1:$web"
has with_its_serial "$T/out" '^served  7$'
has with_the_daemon "$T/out" '^daemon  up [0-9]+ s, [0-9]+ queries'
ok for_scripts apex status --porcelain --daemon "127.0.0.1:$web"
has for_scripts_served "$T/out" '^served 7$'
ok as_json sh -c '"$1" status --json --daemon "$2" | python3 -c "import json, sys; sys.exit(json.load(sys.stdin)[\"served\"] != 7)"' \
	- "$APEX_BUILD/apex" "127.0.0.1:$web"
status 6 of_another_branch apex --branch next status --daemon "127.0.0.1:$web"
has it_says_so "$T/err" 'does not tell of next'
has and_what_it_knows "$T/out" '^tip '

# A daemon that serves signed commits alone stays behind one that is not.
stop "$daemon"
ok key apex keygen "$T/ann" --name Ann
ok sign apex sign-commit --key "$T/ann"
serve signed --metrics "127.0.0.1:$web" --require-signed --key "$T/ann.pub"
soon signed_is_served 10 apex status --daemon "127.0.0.1:$web"
ok change apex set www A 300 192.0.2.99
status 6 unsigned_is_not apex status --daemon "127.0.0.1:$web"
has which_it_serves "$T/err" 'the daemon serves serial 7 of main, not 8'
has it_is_told_as_well "$T/out" 'zones not at their newest commit'
stop "$daemon"
serve old --branch next --metrics "127.0.0.1:$web"
ok on_next apex --branch next status --daemon "127.0.0.1:$web"
status 6 main_is_not_served apex status --daemon "127.0.0.1:$web"

# top, as a pipe sees it: once.
i=0
while [ $i -lt 30 ]; do ask www.example A >/dev/null; sleep 0.05; i=$((i + 1)); done &
asking=$!
ok top apex --repo /nowhere top "127.0.0.1:$web"
cp "$T/out" "$T/top"
wait $asking
has top_tells_the_daemon "$T/top" "^apexd [0-9.]+ at 127\.0\.0\.1:$web, up 0 d 00:00:0"
has top_tells_rates "$T/top" '^queries +[1-9][0-9]*/s'
has top_tells_types "$T/top" '^types +A [1-9][0-9]*/s'
has top_tells_rcodes "$T/top" '^rcodes +NOERROR [1-9]'
has top_tells_the_branch "$T/top" '^branches +next [1-9]'
has top_tells_zones "$T/top" '^zones +next 1 ready'
stop "$daemon"

# Whatever else answers there.
python3 - "$web" <<'EOT' &
import http.server, sys
class H(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_error(404)
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), H).serve_forever()
EOT
pids="$pids $!"
not_a_daemon() { apex top "127.0.0.1:$web" 2>&1 | grep -q 'has no metrics page'; }
soon something_else_is_told 10 not_a_daemon
