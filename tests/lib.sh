# shellcheck shell=sh
# What every scenario script sources:  . "$(dirname "$0")/../lib.sh"
#   $T            a fresh scratch folder, removed at the end with every mount and process the script started
#   apex ...      build/apex on $APEX_REPO (=$T/repo)
#   ok NAME CMD.. / not_ok NAME CMD..   run, expect success / failure, print one TAP-like line
#   status N NAME CMD...                expect this exit status; output is left in $T/out and $T/err
#   is NAME GOT WANTED                  compare two strings
#   has NAME FILE PATTERN               a line of FILE matches (grep -E)
#   soon NAME SECONDS CMD...            CMD succeeds within SECONDS (polled)
#   start NAME CMD...                   run in the background, pid in $pid, ended with the script
#   port                                print a free loopback port
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
APEX_BUILD=${APEX_BUILD:-$top/build}
T=$(mktemp -d "${TMPDIR:-/tmp}/apextest.XXXXXX")
APEX_REPO=$T/repo
APEX_AUTHOR_NAME="Test Author" APEX_AUTHOR_EMAIL=test@example
export APEX_BUILD APEX_REPO APEX_AUTHOR_NAME APEX_AUTHOR_EMAIL T
failures=0
pids=

apex() { "$APEX_BUILD/apex" "$@"; }
pass() { echo "ok $1"; }
fail() {
	echo "not ok $1"
	failures=$((failures + 1))
	shift
	for line; do printf '  %s\n' "$line"; done
}
said() { tail -n 5 "$T/out" "$T/err" 2>/dev/null; }
run() { "$@" >"$T/out" 2>"$T/err"; }
ok() {
	_name=$1; shift
	if run "$@"; then pass "$_name"; else fail "$_name" "status $?: $*" "$(said)"; fi
}
not_ok() {
	_name=$1; shift
	if run "$@"; then fail "$_name" "succeeded: $*" "$(said)"; else pass "$_name"; fi
}
status() {
	_want=$1 _name=$2; shift 2
	run "$@"; _rc=$?
	if [ $_rc -eq "$_want" ]; then pass "$_name"; else fail "$_name" "status $_rc, wanted $_want: $*" "$(said)"; fi
}
is() {
	if [ "$2" = "$3" ]; then pass "$1"; else fail "$1" "got:    $2" "wanted: $3"; fi
}
has() {
	if grep -qE -e "$3" "$2" 2>/dev/null; then pass "$1"; else fail "$1" "no line of $2 matches: $3" "$(head -n 20 "$2")"; fi
}
soon() {
	_name=$1 _end=$(($(date +%s%N) + $2 * 1000000000)); shift 2
	while ! run "$@"; do
		if [ "$(date +%s%N)" -gt $_end ]; then fail "$_name" "not in time: $*" "$(said)"; return; fi
		sleep 0.02
	done
	pass "$_name"
}
# shellcheck disable=SC2034
start() {
	_log=$T/$1.log; shift
	"$@" >"$_log" 2>&1 &
	pid=$!
	pids="$pids $pid"
}
stop() {
	kill -TERM "$1" 2>/dev/null
	wait "$1"
}
port() {
	python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}
cleanup() {
	_rc=$?
	grep -F " $T/" /proc/mounts | awk '{print $2}' | while read -r m; do fusermount3 -u -z "$m"; done
	for p in $pids; do kill -TERM "$p" 2>/dev/null; done
	for p in $pids; do wait "$p" 2>/dev/null; done
	rm -rf "$T"
	if [ $_rc -eq 0 ] && [ $failures -gt 0 ]; then exit 1; fi
	exit $_rc
}
trap cleanup EXIT
trap 'exit 130' INT TERM
