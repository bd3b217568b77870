#!/bin/sh
# Told to end while texts are being written; many texts at once.
. "$(dirname "$0")/common.sh"
make_zone
# write FILE TEXT SECONDS: open it, write, tell by $T/ready, and close it that much later
write() {
	rm -f "$T/ready"
	python3 -c "
import sys, time
f = open(sys.argv[1], 'w'); f.write(sys.argv[2]); f.flush()
open('$T/ready', 'w')
time.sleep(float(sys.argv[3])); f.close()" "$@" >"$T/write.log" 2>&1 &
	writer=$!
	soon "a text is being written" 5 test -e "$T/ready"
}
# how long SIGTERM takes to end it, in tenths of a second
end() {
	_start=$(date +%s%N)
	kill -TERM "$fs"
	wait "$fs"
	is "SIGTERM ends it well" "$?" "0"
	tenths=$((($(date +%s%N) - _start) / 100000000))
	fusermount3 -u -z "$M" 2>/dev/null
}

mount_it
write "$H/t1/A" '10.0.0.1
' 1
end
ok "a writer that finishes soon is waited for" wait $writer
is "and what it wrote is saved" "$(apex show t1 A | awk '{print $NF}')" "10.0.0.1"
ok "no longer than that" [ $tenths -lt 25 ]

mount_it
write "$H/t2/A" '10.0.0.2
' 30
end
kill $writer; wait $writer 2>/dev/null
is "half a text is not saved, good as it looks" "$(apex show t2 A | awk '{print $NF}')" "192.0.2.12"
has "the log says whose, which and why" "$T/fs.log" \
	"refused: [^ ]*Z $(id -un) heads/main/t2/A: not saved: apexfs was told to end"
ok "it waits a few seconds" [ $tenths -ge 29 ]
ok "and no more" [ $tenths -lt 60 ]

mount_it
write "$H/t3/A" '10.0.0.3
' 30
(sleep 0.5; kill -TERM "$fs") &
end
kill $writer; wait $writer 2>/dev/null
ok "a second signal ends it at once" [ $tenths -lt 25 ]

mount_it
write "$T/elsewhere" 'x' 0
exec 9<"$H/t4/A"
end
exec 9<&-
ok "readers are not waited for" [ $tenths -lt 20 ]

# texts of 15 MB each, more than there is room for
mount_it
is "all texts together are bounded: ENOSPC" "$(python3 - "$H" 2>&1 <<'EOF2'
import errno, os, sys
line = b'10.0.0.1 ; ' + b'x' * 1000 + b'\n'
files = [os.open(sys.argv[1] + '/x%d/A' % i, os.O_WRONLY | os.O_TRUNC) for i in range(41, 48)]
said = []
for f in files:
    try:
        left = line * 15000
        while left:
            left = left[os.write(f, left[:1 << 17]):]
        said.append('ok')
    except OSError as e:
        said.append(errno.errorcode[e.errno])
print(*said)
for f in files[:2]:
    os.close(f)
os.lseek(files[6], 0, 0)
os.ftruncate(files[6], 0)
os.write(files[6], b'10.9.9.9\n')
os.close(files[6])
EOF2
)" "ok ok ok ok ENOSPC ENOSPC ENOSPC"
is "and when there is room again, it is written" "$(cat "$H/x47/A")" "300 IN A 10.9.9.9"
has "the reason is in errors" "$M/errors" 'heads/main/x45/A: no room for one more text'
soon "the others show what is committed" 2 [ "$(cat "$H/x45/A")" = "300 IN A 192.0.2.45" ]
thousands() {
	python3 - "$H/t5" <<'EOF2'
import os, resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (6000, 6000))
files = [os.open(sys.argv[1] + '/A', os.O_RDWR if i % 2 else os.O_RDONLY) for i in range(5000)]
assert all(os.pread(f, 100, 0) == b'300 IN A 192.0.2.15\n' for f in files)
EOF2
}
ok "thousands of open files" thousands
unmount_it
sound
