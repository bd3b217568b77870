#!/bin/sh
# shellcheck disable=SC2010,SC2012,SC2154 # ls is what is tested
# Label directories: what makes them stay, go, move and come anew.
. "$(dirname "$0")/common.sh"
make_zone
mount_it
n=0
# somebody else commits: the kernel looks every name up again
other() {
	n=$((n + 1))
	apex set other A 300 "192.0.2.$n" >/dev/null
	until grep -q "192.0.2.$n\$" "$H/other/A" 2>/dev/null; do sleep 0.01; done
}

# they move
rm "$H/x43/A"
rmdir "$H/x43"
ok "rename to where a deletion waits" mv "$H/x44" "$H/x43"
sleep 1.5
is "what comes is not deleted" "$(cat "$H/x43/A" 2>&1)" "300 IN A 192.0.2.44"
# branches begin as is seen
rm "$H/x45/A"
ok "mkdir of a branch" mkdir "$M/heads/seen"
not_ok "leaves out what waits to be deleted" test -e "$M/heads/seen/x45/A"
unmount_it
sound
