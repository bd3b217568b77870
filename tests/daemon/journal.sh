#!/bin/sh
# Lines on stderr have a priority where the journal reads them, and only there.
# shellcheck source=tests/daemon/daemon.lib.sh
. "$(dirname "$0")/daemon.lib.sh"
example_repo
config() {
	cat >"$T/apexd.yaml" <<EOT
views: { live: { branch: main } }
listen: [ { address: "127.0.0.1:$port", view: $1 } ]
EOT
}
# run_daemon NAME STREAM: its log is a reload, a reload refused, and an end.
run_daemon() {
	config live
	start "$1" env JOURNAL_STREAM="$2" "$APEX_BUILD/apexd" --repo "$APEX_REPO" --config "$T/apexd.yaml"
	daemon=$pid
	soon "$1_says_ready" 20 grep -qx READY "$T/$1.log"
	kill -HUP "$daemon"
	soon "$1_reloads" 10 grep -q 'apexd: reloaded' "$T/$1.log"
	config nowhere
	kill -HUP "$daemon"
	soon "$1_refuses" 10 grep -q 'apexd: reload refused' "$T/$1.log"
	stop "$daemon"
}
: >"$T/journal.log"
run_daemon journal "$(stat -c %d:%i "$T/journal.log")"
has what_is_told "$T/journal.log" '^<6>apexd: reloaded$'
has what_is_refused "$T/journal.log" '^<4>apexd: reload refused'
run_daemon other "$(stat -c %d:%i "$T/journal.log")"
has no_priority_elsewhere "$T/other.log" '^apexd: reloaded$'
has nor_for_what_is_refused "$T/other.log" '^apexd: reload refused'
: >"$T/err"
not_ok it_does_not_start sh -c 'JOURNAL_STREAM=$(stat -L -c %d:%i /dev/stderr) exec "$@"' sh "$APEX_BUILD/apexd" --repo "$T/none" \
	--listen "127.0.0.1:$port"
has an_error "$T/err" '^<3>apexd: '
