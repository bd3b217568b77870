#!/bin/sh
# shellcheck disable=SC2016 # what the inner shells expand
# As a service: systemd's units, mount(8) and a line of fstab, the system's log, other users.
. "$(dirname "$0")/common.sh"
if [ ! -e /etc/mtab ]; then # in a bare chroot
	echo "skip fusermount3 unmounts nothing without /etc/mtab"
	exit
fi

# -- systemd ----------------------------------------------------------------------------------------------------------
if command -v systemd-analyze >/dev/null; then
	mkdir "$T/units"
	for unit in "$top"/examples/systemd/*.service "$top"/examples/systemd/*.mount; do
		# the programs of this build; a unit that names a user needs him
		sed -E "s,/usr/local/s?bin/,$APEX_BUILD/," "$unit" >"$T/units/${unit##*/}"
	done
	for unit in "$T/units"/*; do
		systemd-analyze --man=no verify "$unit" >"$T/out" 2>&1
		is "systemd finds no fault with ${unit##*/}" "$?$(grep -F "${unit##*/}" "$T/out")" "0"
	done
else
	echo "skip no systemd-analyze here"
fi
has "the unit mounts where it unmounts" "$top/examples/systemd/apexfs.service" '^ExecStopPost=-/bin/umount .* /srv/dns$'

# -- options ----------------------------------------------------------------------------------------------------------
make_zone
mount_it -o defaults,noauto,user,nofail,_netdev,x-systemd.automount,rw -n -s -v -t apexfs
is "what fstab says to others is passed over" "$(cat "$H/api/A")" "300 IN A 1.2.3.4"
grep -F " $M " /proc/mounts >"$T/mounts"
has "no devices, no set-user-id, no access times" "$T/mounts" '^[^ ]* [^ ]* fuse.apexfs rw,nosuid,nodev,noatime'
has "the kernel checks modes" "$T/mounts" 'default_permissions'
not_ok "only who mounted it may look" grep -q allow_other "$T/mounts"
unmount_it
mount_it -o auto_unmount
kill -KILL "$fs"
wait "$fs" 2>/dev/null
soon "auto_unmount unmounts after SIGKILL too" 5 sh -c "! grep -qF ' $M ' /proc/mounts"
status 1 "an option that nobody knows is refused" "$APEX_BUILD/apexfs" -f -o no_such_option "$APEX_REPO" "$M"
has "by name" "$T/err" 'no_such_option'

if [ "$(id -u)" != 0 ] || ! unshare -m true 2>/dev/null; then
	echo "skip not root, or no mount namespaces here: mount(8), log, other users"
	sound
	exit
fi

# -- mount(8), fstab, syslog: in a mount namespace with our helper in /sbin and our socket in /dev ----------------------
export M
mkdir -p "$T/real" "$T/sbin" "$T/dev"
cat >"$T/fstab" <<EOF2
$APEX_REPO $M apexfs allow_other,nofail,x-systemd.requires-mounts-for=/var 0 0
EOF2
cat >"$T/inside" <<'EOF2'
set -e
mount --bind /usr/sbin "$T/real"
for f in "$T/real"/*; do ln -s "$f" "$T/sbin/${f##*/}"; done
ln -sf "$APEX_BUILD/apexfs" "$T/sbin/mount.apexfs"
mount --bind "$T/sbin" /usr/sbin
mount -t tmpfs tmpfs "$T/dev"
cp -a /dev/null /dev/urandom /dev/fuse "$T/dev"
python3 -c '
import os, socket
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(os.environ["T"] + "/dev/log")
with open(os.environ["T"] + "/syslog", "wb", 0) as f:
    while True:
        f.write(s.recv(8192) + b"\n")' &
logger=$!
while [ ! -S "$T/dev/log" ]; do sleep 0.02; done
mount --bind "$T/dev" /dev
trap 'kill $logger' EXIT
mount -T "$T/fstab" "$M"
grep -F " $M " /proc/self/mounts
cat "$M/heads/main/api/A"
echo 10.0.0.1 >"$M/heads/main/api/A"
(echo bad >"$M/heads/main/t1/A") 2>/dev/null || echo refused
umount "$M"
mount -T "$T/fstab" -o ro "$M"
(echo 10.0.0.2 >"$M/heads/main/t2/A") 2>/dev/null || echo read-only
umount "$M"
# with the type fuse.apexfs it is the helper of FUSE that calls it
ln -sf "$APEX_BUILD/apexfs" "$T/sbin/apexfs"
mount -t fuse.apexfs -o allow_other "$APEX_REPO" "$M"
cat "$M/heads/main/api/A"
umount "$M"
EOF2
run unshare -m --propagation private sh "$T/inside"
is "a line of fstab mounts it" "$(tail -n 4 "$T/err")" ""
has "with its options" "$T/out" ' fuse.apexfs rw,nosuid,nodev,noatime,.*default_permissions,allow_other'
is "it shows and saves, refuses, is read-only, and is there as fuse.apexfs" \
	"$(grep -v fuse.apexfs "$T/out" | tr '\n' ' ')" "300 IN A 1.2.3.4 refused read-only 300 IN A 10.0.0.1 "
is "saved it is" "$(apex show api A | awk '{print $NF}')" "10.0.0.1"
has "the log has user, path, line and reason" "$T/syslog" \
	'apexfs\[[0-9]+\]: refused: [^ ]*Z root heads/main/t1/A: line 1: .*bad'

# -- other users: 1 and 2 are in the repository's group or own it, 65534 is neither -------------------------------------
chmod 755 "$T"
as() { _ids=$1; shift; setpriv --reuid="${_ids%:*}" --regid="${_ids#*:}" --clear-groups "$@"; }
put() { as "$1" sh -c 'echo "$1" >"$2"' - "$2" "$3"; }
unnamed() { getent passwd "$1" >/dev/null || echo "skip user $1 has no name here"; }
unnamed 65534
chown -R 1:2 "$APEX_REPO"
mount_it -o allow_other
ok "anybody reads" as 65534:65534 cat "$H/api/A"
not_ok "not anybody writes" put 65534:65534 10.1.0.1 "$H/t1/A"
not_ok "nor makes a name" as 65534:65534 mkdir "$H/mine"
not_ok "nor scratch" as 65534:65534 touch "$H/mine"
not_ok "nor deletes" as 65534:65534 rm -f "$H/t1/A"
not_ok "nor renames" as 65534:65534 mv "$H/t1/A" "$H/t2/A"
not_ok "nor makes a branch" as 65534:65534 mkdir "$M/heads/theirs"
not_ok "nor sets a time" as 65534:65534 touch "$H/t1/A"
ok "the owner of the repository writes" put 1:1 10.1.0.1 "$H/t1/A"
not_ok "its group does not, where it may not write the repository" put 65534:2 10.1.0.2 "$H/t1/A"
is "what was written is there" "$(cat "$H/t1/A")" "300 IN A 10.1.0.1"
apex log -n 1 >"$T/log"
has "its author is who wrote" "$T/log" "Author:.*$(getent passwd 1 | cut -d: -f1)"
unmount_it
chmod g+w "$APEX_REPO"
mount_it -o allow_other
ok "in a shared repository the group writes too" put 65534:2 10.1.0.3 "$H/t1/A"
ok "makes names" as 65534:2 sh -c "mkdir $H/ours && echo 10.1.0.4 >$H/ours/A"
not_ok "others do not" put 65534:65534 10.1.0.5 "$H/t1/A"
ok "scratch belongs to who made it" as 65534:2 sh -c "umask 077; echo secret >$H/ours/.draft"
not_ok "and is read by no other user" as 1:1 cat "$H/ours/.draft"
unmount_it
chown -R 0:0 "$APEX_REPO"
chmod g-w "$APEX_REPO"
sound

# -- without privileges: fusermount3 mounts, as long as udev's rule for /dev/fuse holds ---------------------------------
if ! getent passwd 65534 >/dev/null; then exit; fi
fuse_mode=$(stat -c %a /dev/fuse)
chmod 666 /dev/fuse
mkdir "$T/theirs" "$T/theirs/mnt"
chown -R 65534:65534 "$T/theirs"
APEX_REPO=$T/theirs/repo M=$T/theirs/mnt
as 65534:65534 "$APEX_BUILD/apex" init example.com >/dev/null
cp "$T/example.com.zone" "$T/theirs"
as 65534:65534 "$APEX_BUILD/apex" import "$T/theirs/example.com.zone" >/dev/null
ok "an ordinary user mounts his repository" as 65534:65534 "$APEX_BUILD/apexfs" "$APEX_REPO" "$M"
ok "writes it" as 65534:65534 sh -c "mkdir $M/heads/main/www && echo 'www 300 IN A 10.0.0.1' >$M/heads/main/www/A"
is "and reads it" "$(as 65534:65534 cat "$M/heads/main/www/A")" "300 IN A 10.0.0.1"
not_ok "nobody else may look, not even root" ls "$M/heads"
ok "he unmounts it" as 65534:65534 fusermount3 -u "$M"
soon "and it ends" 5 sh -c "! pgrep -f 'apexf[s] $APEX_REPO $M' >/dev/null"
status 1 "allow_other is the administrator's to allow" \
	as 65534:65534 "$APEX_BUILD/apexfs" -o allow_other "$APEX_REPO" "$M"
chmod "$fuse_mode" /dev/fuse
