#!/bin/sh
# shellcheck disable=SC2010,SC2012,SC2154 # ls is what is tested
# Ends: by fusermount3, by signal, by SIGKILL; and beginnings that fail.
. "$(dirname "$0")/common.sh"
status 2 "no arguments is wrong usage" "$APEX_BUILD/apexfs"
status 0 "help" "$APEX_BUILD/apexfs" --help
status 0 "version" "$APEX_BUILD/apexfs" --version
mkdir -p "$M" "$T/empty"
status 3 "no repository" "$APEX_BUILD/apexfs" "$T/empty" "$M"
has "says so" "$T/err" 'not an apexfs repository|no store|repository'
status 3 "not even a folder" "$APEX_BUILD/apexfs" "$T/nosuch" "$M"
make_zone
status 1 "no mount point" "$APEX_BUILD/apexfs" "$APEX_REPO" "$T/nosuch"
status 1 "a file as mount point" "$APEX_BUILD/apexfs" "$APEX_REPO" "$T/example.com.zone"

mount_it
rm "$H/t1/A"
unmount_it
not_ok "fusermount3 -u commits what waits" apex show t1 A
for sig in TERM INT; do
	mount_it
	rm "$H/t2/A" 2>/dev/null || rm "$H/t3/A"
	kill -$sig "$fs"
	wait "$fs"
	is "SIG$sig ends it well" "$?" "0"
	not_ok "and unmounts" grep -qF " $M " /proc/mounts
done
not_ok "and commits what waits" apex show t2 A
not_ok "each time" apex show t3 A

mount_it
python3 - "$H" <<'EOF' &
import os, sys, time
files = [open(sys.argv[1] + '/api/A'), open(sys.argv[1] + '/api/scratch', 'w'), open(sys.argv[1] + '/t4/A', 'w')]
listing = os.scandir(sys.argv[1]); next(listing)
print('half', file=files[2], end='', flush=True)
open(sys.argv[1] + '/api/ready', 'w')
time.sleep(3)
EOF
holder=$!
soon "with files open" 5 test -e "$H/api/ready"
kill -TERM "$fs"
wait "$fs"
is "it ends well too" "$?" "0"
kill $holder; wait $holder 2>/dev/null
fusermount3 -u -z "$M" 2>/dev/null
is "and half a text is not saved" "$(apex show t4 A | awk '{print $NF}')" "192.0.2.14"

ok "it goes into the background" "$APEX_BUILD/apexfs" "$APEX_REPO" "$M"
is "mounted when the command returns" "$(cat "$H/api/A")" "300 IN A 1.2.3.4"
fusermount3 -u "$M"
soon "and ends" 5 sh -c "! pgrep -f 'apexf[s] $APEX_REPO $M' >/dev/null"

mount_it -o ro
not_ok "a read-only mount takes nothing" sh -c "echo 1.1.1.1 > $H/api/A"
is "and shows all" "$(cat "$H/api/A")" "300 IN A 1.2.3.4"
unmount_it

# SIGTERM and SIGKILL while many ask and others commit: neither side may wait for the other for ever
for sig in TERM KILL; do
	mount_it
	for w in 5 6 7; do
		(i=0; while [ -d "$H" ] && [ $i -lt 2000 ]; do i=$((i + 1)); echo "10.0.0.$((i % 250))" >"$H/t$w/A"; mv "$H/t$w/A" "$H/t$w/A~"; mv "$H/t$w/A~" "$H/t$w/A"; ls "$H" "$H/t$w"; done) >/dev/null 2>&1 &
		busy="${busy:-} $!"
	done
	for i in 1 2 3 4 5 6 7 8 9 10; do apex set t8 A 300 "10.0.1.$i" >/dev/null; done
	kill -$sig "$fs"
	soon "SIG$sig under load ends it" 10 sh -c "! kill -0 $fs || grep -q '^State:.Z' /proc/$fs/status"
	wait "$fs" 2>/dev/null
	fusermount3 -u -z "$M" 2>/dev/null
	# shellcheck disable=SC2086
	wait $busy
	busy=
done

# SIGKILL under load: what was acknowledged is there
for round in 1 2 3; do
	mount_it
	rm -f "$T/acked"
	# python tells a failed close, which a shell does not
	python3 - "$H/api/A" "$T/acked" $round <<-'EOF' &
		import os, sys
		i = 0
		try:
		    while True:
		        i += 1
		        ip = '10.%s.0.%d' % (sys.argv[3], i % 250)
		        fd = os.open(sys.argv[1], os.O_WRONLY | os.O_TRUNC)
		        os.write(fd, ip.encode() + b'\n')
		        os.close(fd)
		        with open(sys.argv[2], 'w') as f:
		            f.write(ip + '\n')
		except OSError:
		    pass
	EOF
	writer=$!
	soon "round $round: saves are acknowledged" 20 test -s "$T/acked"
	sleep 0.5
	kill -KILL "$fs"
	wait "$fs" 2>/dev/null
	wait $writer
	fusermount3 -u -z "$M"
	acked=$(cat "$T/acked")
	now=$(apex show api A | awk '{print $NF}')
	# the save that was under way when it died may have been made, or not
	next=10.$round.0.$(((${acked##*.} + 1) % 250))
	case $now in
	"$acked" | "$next") pass "round $round: the acknowledged save is there" ;;
	*) fail "round $round: the acknowledged save is there" "acknowledged $acked, found $now" ;;
	esac
	apex fsck >"$T/out" 2>&1 || fail "round $round: fsck" "$(cat "$T/out")"
done
mount_it
is "and the mount shows it" "$(awk '{print $NF}' "$H/api/A")" "$(apex show api A | awk '{print $NF}')"
unmount_it
sound
