# shellcheck shell=sh
# What the scenarios of the mount share:  . "$(dirname "$0")/common.sh"
#   make_zone            a repository with example.com, 61 RRsets
#   mount_it [ARGS...]   apexfs at $M, pid in $fs; unmount_it ends it and waits
#   $H                   $M/heads/main
#   commits              how many commits main has
#   saves NAME FILE WANTED CMD...    CMD succeeds, FILE shows WANTED after it, by exactly one commit
#   leaves NAME CMD...               CMD makes no commit (its status is not looked at)
. "$(dirname "$0")/../lib.sh"
M=$T/mnt
# shellcheck disable=SC2034 # the scenarios use it
H=$M/heads/main
fs=

if [ ! -c /dev/fuse ] || ! command -v fusermount3 >/dev/null; then
	echo "skip no FUSE here"
	exit 0
fi

make_zone() {
	cat >"$T/example.com.zone" <<-'EOF'
		$ORIGIN example.com.
		$TTL 300
		@ IN SOA ns1 hostmaster 1 3600 600 86400 300
		@ NS ns1
		@ NS ns2
		ns1 A 192.0.2.1
		ns2 A 192.0.2.2
		api A 1.2.3.4
		www.dev A 192.0.2.9
		www.dev AAAA 2001:db8::1
		*.wild TXT "hello"
		mail MX 10 ns1
		t1 A 192.0.2.11
		t2 A 192.0.2.12
		t3 A 192.0.2.13
		t4 A 192.0.2.14
		t5 A 192.0.2.15
		t6 A 192.0.2.16
		t7 A 192.0.2.17
		t8 A 192.0.2.18
		t9 A 192.0.2.19
		t10 A 192.0.2.20
		t11 A 192.0.2.21
	EOF
	seq 41 80 | sed 's/.*/x& A 192.0.2.&/' >>"$T/example.com.zone"
	apex init example.com >/dev/null && apex import "$T/example.com.zone" >/dev/null
}

mount_it() {
	mkdir -p "$M"
	env --default-signal=INT "$APEX_BUILD/apexfs" -f "$@" "$APEX_REPO" "$M" >>"$T/fs.log" 2>&1 &
	fs=$!
	pids="$pids $fs"
	_tries=0
	until grep -qF " $M " /proc/mounts && [ -d "$M/heads" ]; do
		_tries=$((_tries + 1))
		if [ $_tries -gt 500 ]; then fail "mount" "$(cat "$T/fs.log")"; exit 1; fi
		sleep 0.02
	done
}

unmount_it() {
	fusermount3 -u "$M"
	wait "$fs"
	_rc=$?
	if [ $_rc -ne 0 ]; then fail "apexfs ends well" "status $_rc" "$(tail -n 40 "$T/fs.log")"; fi
}

commits() { apex log --oneline 2>/dev/null | wc -l; }

saves() {
	_name=$1 _file=$2 _wanted=$3; shift 3
	_before=$(commits)
	if ! run "$@"; then fail "$_name" "status $?: $*" "$(said)"; return; fi
	_got=$(cat "$_file" 2>&1)
	_made=$(($(commits) - _before))
	if [ "$_got" != "$_wanted" ]; then fail "$_name" "shows:  $_got" "wanted: $_wanted"; return; fi
	if [ "$(stat -c %s "$_file")" != $((${#_wanted} + 1)) ]; then fail "$_name" "size $(stat -c %s "$_file")"; return; fi
	if [ $_made -ne 1 ]; then fail "$_name" "$_made commits" "$(apex log --oneline | head -n 3)"; return; fi
	pass "$_name"
}

leaves() {
	_name=$1 _before=$(commits); shift
	run "$@"
	_made=$(($(commits) - _before))
	if [ $_made -ne 0 ]; then fail "$_name" "$_made commits" "$(apex log --oneline | head -n 3)"; return; fi
	pass "$_name"
}

sound() {
	ok "fsck finds the repository sound" apex fsck
	if grep -qE 'ERROR: AddressSanitizer|ERROR: LeakSanitizer|WARNING: ThreadSanitizer|runtime error:' "$T/fs.log"; then
		fail "no sanitizer complains" "$(grep -A 30 -E 'Sanitizer|runtime error' "$T/fs.log" | head -n 60)"
	fi
}
