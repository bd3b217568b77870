# shellcheck shell=sh disable=SC2154
# What the daemon's scenarios share, lib.sh among it.
#   example_zone            the text of a zone; example_repo [BRANCH...] puts it into $APEX_REPO, with branches of it
#   serve NAME [options]    start apexd on $port, wait until it says READY; log in $T/NAME.log
#   ask [dig arguments]     dig at $port, short
#   counter LOG NAME        a counter after SIGUSR1 to $daemon
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
port=$(port)
daemon=
wire() {
	_case=$1
	shift
	python3 "$top/tests/daemon/wire.py" "$_case" "$port" "$@"
}
serve() {
	_name=$1
	shift
	start "$_name" "$APEX_BUILD/apexd" --listen "127.0.0.1:$port" "$@"
	# shellcheck disable=SC2034
	daemon=$pid
	soon "${_name}__says_ready" 20 grep -qx READY "$T/$_name.log"
}
ask() { dig +short +time=2 +tries=3 +noedns "@127.0.0.1" -p "$port" "$@"; }
# The status line of an answer: rcode and flags.
status_of() {
	dig +norec +time=2 +tries=3 "@127.0.0.1" -p "$port" "$@" |
		sed -n 's/.*status: \([A-Z]*\),.*/\1/p; s/^;; flags: \([a-z ]*\);.*/\1/p' | tr '\n' ' ' | sed 's/ *$//'
}
counter() {
	: >"$T/counters"
	_before=$(wc -l <"$1")
	kill -USR1 "$daemon"
	for _i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		tail -n +$((_before + 1)) "$1" >"$T/counters"
		if grep -q '^zones ' "$T/counters"; then break; fi
		sleep 0.1
	done
	sed -n "s/^$2 //p" "$T/counters"
}
example_zone() {
	cat <<'EOT'
$ORIGIN example.
$TTL 300
@ SOA ns1 host 7 3600 900 86400 60
@ NS ns1
@ MX 10 mail
ns1 A 192.0.2.1
mail A 192.0.2.3
www A 192.0.2.4
alias CNAME www
*.w TXT wild
sub NS ns.sub
ns.sub A 192.0.2.6
EOT
	i=0
	while [ $i -lt 60 ]; do
		echo "big TXT \"$i a string of some length to fill the answer to its brim\""
		i=$((i + 1))
	done
}
example_repo() {
	example_zone >"$T/example.zone"
	ok init apex init example.
	ok import apex import "$T/example.zone"
	for _branch; do ok "branch_$_branch" apex branch "$_branch"; done
}
