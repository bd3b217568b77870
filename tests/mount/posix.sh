#!/bin/sh
# shellcheck disable=SC2012 # ls is what is tested
# Scratch is ordinary POSIX: our own cases (posix_*.py), random reads, writes and mappings (fsx.py), stress-ng. In a
# scratch directory, beside records, and beside zone files; afterwards the records are as they were.
. "$(dirname "$0")/common.sh"
here=$(dirname "$0")
steps=5000 seconds=1
if [ -n "${APEX_TEST_FULL:-}" ]; then steps=300000 seconds=10; fi
make_zone
chmod 755 "$T"
if [ "$(id -u)" = 0 ]; then mount_it -o allow_other; else mount_it; fi
mkdir "$H/.t~" "$T/plain"
before=$(commits)
find "$H" -type f -exec cksum {} + | sort >"$T/before"

# the cases hold of this machine's own file system; those that don't are no test
python3 "$here/posix.py" "$T/plain" >"$T/plain.out" 2>&1
is "the cases are true elsewhere: $(grep -c '^ok' "$T/plain.out") of them" "$(grep -v -e '^ok' -e '^skip' "$T/plain.out")" ""
for place in heads/main/.t~ heads/main/api zonefiles/main; do
	python3 "$here/posix.py" "$M/$place" >"$T/cases" 2>&1
	sed -E -e "s,^((not )?ok) ,\1 $place: ," "$T/cases"
	failures=$((failures + $(grep -c -v -e '^ok' -e '^skip' -e '^ ' "$T/cases")))
	ok "$place: rm -r takes what they left" sh -c "rm -r $M/$place/.[0-9]*~"
done

for place in heads/main/.t~ heads/main/api zonefiles/main; do
	ok "$place: $steps random steps on a file ($(python3 "$here/fsx.py" "$M/$place/.fsx~" "$steps" 2>&1 | tee "$T/fsx" | tail -n 1))" \
		sh -c "! grep -v '^seed [0-9]*$' $T/fsx"
	rm -f "$M/$place"/.fsx~*
done

if command -v stress-ng >/dev/null; then
	# name and what it needs to fit into 64 MiB of scratch
	while read -r stressor options; do
		# shellcheck disable=SC2086
		stress-ng --temp-path "$H/.t~" --"$stressor" 2 $options --timeout "$seconds" --verify >"$T/stress" 2>&1
		rc=$?
		if [ $rc -eq 0 ] && ! grep -qE 'stress-ng: (fail|error):' "$T/stress"; then
			pass "stress-ng --$stressor"
		else
			fail "stress-ng --$stressor" "status $rc" "$(grep -E 'fail|error' "$T/stress")"
		fi
	done <<-'EOF2'
		access
		chmod
		chown
		dentry
		dir
		dirdeep --dirdeep-dirs 2 --dirdeep-inodes 2000
		dirmany
		fallocate --fallocate-bytes 4M
		fcntl
		filename
		flock
		fstat
		getdent
		handle
		hdd --hdd-bytes 8M
		hdd --hdd-bytes 4M --hdd-opts direct,dsync,wr-rnd,rd-rnd,fsync
		iomix --iomix-bytes 4M
		link
		lockf
		locka
		lockofd
		mknod
		mmap --mmap-file --mmap-bytes 8M
		msync --msync-bytes 4M
		open
		readahead --readahead-bytes 4M
		rename
		revio --revio-bytes 4M
		seek --seek-size 4M
		sendfile
		symlink
		sync-file --sync-file-bytes 4M
		touch
		utime
	EOF2
	is "stress-ng leaves nothing behind" "$(find "$H/.t~" -mindepth 1 | head -n 5)" ""
else
	echo "skip no stress-ng here"
fi

ok "the scratch directory can go" rmdir "$H/.t~"
find "$H" -type f -exec cksum {} + | sort >"$T/after"
ok "the records are as they were" cmp "$T/before" "$T/after"
is "nothing was committed" "$(commits)" "$before"
ok "and can be saved" sh -c "echo 9.9.9.9 >$H/api/A"
unmount_it
sound
