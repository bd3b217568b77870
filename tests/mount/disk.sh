#!/bin/sh
# shellcheck disable=SC2012,SC2154 # ls is what is tested
# The disk below the repository: damaged, full, read-only. The writer is told, nothing is lost, the rest goes on.
. "$(dirname "$0")/common.sh"
make_zone
A=$H/api/A
# what close says, which a shell does not look at
save() { printf '%s\n' "$2" >"$T/text" && LC_ALL=C cp "$T/text" "$1"; }

# -- a damaged object -------------------------------------------------------------------------------------------------
# flip TEXT: one bit in the middle of it, wherever the store has it
flip() {
	python3 - "$APEX_REPO/store/data.mdb" "$1" <<'EOF'
import sys
what, found = sys.argv[2].encode(), False
with open(sys.argv[1], 'r+b') as f:
    data = f.read()
    at = data.find(what)
    while at >= 0:
        f.seek(at + len(what) // 2)
        f.write(bytes([data[at + len(what) // 2] ^ 1]))
        at, found = data.find(what, at + 1), True
sys.exit(not found)
EOF
}
# the record files that can't be read, and how many can
unreadable() { find "$H" -type f | sort | while read -r f; do cat "$f" >/dev/null 2>&1 || echo "${f#"$H/"}"; done; }

cp -r "$APEX_REPO" "$T/whole"
apex set big TXT 300 "$(printf '%0250d' 1)" "$(printf '%0250d' 2)" "$(printf '%0250d' 3)" needle-in-a-blob -m big >/dev/null
for i in $(seq 200); do echo "y$i 300 TXT \"$(printf '%050d' "$i")\""; done >"$T/more"
(apex export; cat "$T/more") >"$T/all.zone"
apex import "$T/all.zone" >/dev/null
mount_it
ok "before, all can be read" sh -c "test -z '$(unreadable)'"
all=$(find "$H" | sort | cksum)
unmount_it
ok "one bit of a large RRset flips" flip needle-in-a-blob
mount_it
is "that file can't be read" "$(unreadable)" "big/TXT"
not_ok "it is an error of the disk" cat "$H/big/TXT"
has "which it says" "$T/err" 'Input/output error'
is "it is listed still" "$(find "$H" 2>/dev/null | sort | cksum)" "$all"
ok "others are saved" save "$A" 192.0.2.77
ok "beside it too" sh -c "mkdir $H/bih && echo 192.0.2.78 >$H/bih/A && rm $H/bih/A && sleep 1.5"
is "each is a commit" "$(commits)" "6"
ok "it is not copied with what is moved" sh -c "! mv $H/big $H/bigger && test -d $H/big"
not_ok "fsck finds it" apex fsck
unmount_it

rm -rf "$APEX_REPO"
cp -r "$T/whole" "$APEX_REPO"
apex import "$T/all.zone" >/dev/null
ok "one bit of a leaf of the tree flips" flip "$(printf '%050d' 100)"
mount_it
unreadable >"$T/bad"
ok "the damaged file can't be read" grep -qx y100/TXT "$T/bad"
ok "nor its neighbours in the leaf, but all others ($(wc -l <"$T/bad") of $(find "$H" -type f | wc -l))" \
	[ "$(wc -l <"$T/bad")" -le 100 ]
is "all are listed still" "$(find "$H" 2>/dev/null | sort | cksum)" "$all"
ok "others are saved" save "$A" 192.0.2.77
before=$(commits)
not_ok "a record of the leaf is not: damage would get a good hash" save "$H/y100/TXT" '"x"'
not_ok "nor is a new one there" sh -c "mkdir $H/y100x && echo 192.0.2.1 >$T/text && cp $T/text $H/y100x/A"
has "the disk is to blame" "$T/err" 'Input/output error'
is "nothing of it is committed" "$(commits)" "$before"
unmount_it

if [ "$(id -u)" != 0 ]; then
	echo "skip not root: full and read-only disks"
	exit
fi
disk=$T/disk APEX_REPO=$T/disk/repo
mkdir "$disk"
free_disk() {
	_tries=0
	until umount "$disk" 2>/dev/null; do # the last of LMDB's map goes a moment after the process
		_tries=$((_tries + 1))
		if [ $_tries -gt 250 ]; then fail "the disk can be unmounted"; exit 1; fi
		sleep 0.02
	done
}

# -- full -------------------------------------------------------------------------------------------------------------
# fill: save until it fails again and again: what a reader held back may become free a moment later; $n is the last
# that was saved
fill() {
	_refused=0
	while [ $_refused -lt 3 ]; do
		if save "$H/api/TXT" "300 IN TXT \"$(printf '%0250d' $((n + 1)))\"" 2>"$T/why"; then
			n=$((n + 1)) _refused=0
		else
			_refused=$((_refused + 1))
			sleep 0.1
		fi
		if [ $n -gt 20000 ]; then fail "it becomes full"; exit 1; fi
	done
}
if mount -t tmpfs -o size=1m tmpfs "$disk" 2>/dev/null; then
	make_zone
	mount_it
	n=0
	fill
	ok "many saves until the disk is full ($n)" [ $n -gt 20 ]
	has "the writer is told" "$T/why" 'No space left'
	has "and errors tells where" "$M/errors" 'heads/main/api/TXT: .*No space left'
	is "the last save stands" "$(cat "$H/api/TXT")" "300 IN TXT \"$(printf '%0250d' $n)\""
	is "the refused text is kept" "$(tail -n 1 "$H/api/TXT.rejected")" "300 IN TXT \"$(printf '%0250d' $((n + 1)))\""
	is "every save is a commit" "$(commits)" "$((n + 1))"
	not_ok "rename is told too" sh -c "cp $T/text $H/api/x && LC_ALL=C mv $H/api/x $H/api/TXT"
	has "of room" "$T/err" 'No space left'
	ok "what was renamed is there still" test -s "$H/api/x"
	not_ok "a zone file is told too" sh -c "sed 's/192\.0\.2\.11/192.0.2.12/' $M/zonefiles/main/example.com.zone >$T/z &&
		cp $T/z $M/zonefiles/main/example.com.zone"
	rm "$H/t1/A"
	soon "a deletion that can't be committed is called off" 5 test -e "$H/t1/A"
	ok "reading goes on" sh -c "find $H -type f -exec cat {} + | wc -l"
	ok "fsck finds the full repository sound" apex fsck
	mount -o remount,size=8m "$disk"
	ok "with room again, a save works" save "$A" 192.0.2.88
	ok "and the one that was refused" mv "$H/api/x" "$H/api/TXT"
	is "both are there" "$(cat "$A" "$H/api/TXT" | tr '\n' ' ')" \
		"300 IN A 192.0.2.88 300 IN TXT \"$(printf '%0250d' $((n + 1)))\" "
	sound
	unmount_it
	free_disk
else
	echo "skip no tmpfs: full disk"
fi

# -- read-only --------------------------------------------------------------------------------------------------------
if mount -t tmpfs -o size=8m tmpfs "$disk" 2>/dev/null; then
	make_zone
	mount -o remount,ro "$disk"
	status 7 "a repository on a read-only disk is not mounted writable" "$APEX_BUILD/apexfs" -f "$APEX_REPO" "$M"
	has "and why, and how it is, is told" "$T/err" 'Read-only file system: mount it with -o ro'
	mount_it -o ro
	is "with -o ro it is read" "$(cat "$A")" "300 IN A 1.2.3.4"
	ok "whole" diff -r "$H" "$M/commits/main/"
	not_ok "a save is refused" save "$A" 192.0.2.1
	has "as read-only" "$T/err" 'Read-only file system'
	unmount_it
	mount -o remount,rw "$disk"
	mount_it -o ro
	apex set api A 300 192.0.2.2 >/dev/null
	soon "a read-only mount shows what others commit" 2 grep -q 192.0.2.2 "$A"
	unmount_it
	free_disk
else
	echo "skip no tmpfs: read-only disk"
fi

# a disk that turns read-only in the middle, as ext4 does at its first error
truncate -s 32M "$T/image"
if command -v mkfs.ext4 >/dev/null && mkfs.ext4 -q "$T/image" && mount -o loop,errors=remount-ro "$T/image" "$disk" 2>/dev/null
then
	fails=/sys/fs/ext4/$(basename "$(df --output=source "$disk" | tail -n 1)")/trigger_fs_error
	make_zone
	mount_it
	ok "a save" save "$A" 192.0.2.3
	echo "by the test" >"$fails"
	not_ok "after an error of the disk there is no other" save "$A" 192.0.2.4
	has "for it is read-only now" "$T/err" 'Read-only file system'
	rm "$H/t1/A"
	soon "a deletion is called off" 5 test -e "$H/t1/A"
	is "reading goes on" "$(cat "$A")" "300 IN A 192.0.2.3"
	unmount_it
	free_disk
	mount -o loop "$T/image" "$disk"
	mount_it
	is "mounted again, what was saved is there" "$(cat "$A")" "300 IN A 192.0.2.3"
	ok "and can be saved" save "$A" 192.0.2.5
	sound
	unmount_it
	free_disk
else
	echo "skip no loop devices: a disk that turns read-only"
fi
