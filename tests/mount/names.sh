#!/bin/sh
# shellcheck disable=SC2010,SC2012,SC2154 # ls is what is tested
# Names as long as they can be, of every byte there is, and many of them in one directory.
. "$(dirname "$0")/common.sh"
many=20000
if [ -n "${APEX_TEST_FULL:-}" ]; then many=1000000; fi
python3 - >"$T/odd.zone" <<'EOF'
print('$ORIGIN odd.example.\n$TTL 300\n@ SOA ns h 1 1 1 1 1\n@ NS ns\nns A 192.0.2.1')
for c in range(256):
    if 65 <= c <= 90: continue  # the same as lower case
    print('\\%03d A 192.0.2.%d' % (c, c))
    print('x\\%03dy.z A 192.0.2.%d' % (c, c))
print('.'.join(['a'] * 121) + ' A 192.0.2.2')  # 255 octets in 123 labels
print('.'.join(['b' * 63] * 3 + ['c' * 49]) + ' A 192.0.2.3')  # 255 octets
EOF
apex init odd.example >/dev/null && apex import "$T/odd.zone" >/dev/null
mount_it

is "every byte has its file" "$(find "$H" -type f | wc -l)" "$((3 + 2 * 230 + 2))"
find "$H" -type f -exec cat {} + | sort >"$T/found"
grep ' A ' "$T/odd.zone" | sed 's/.* A /300 IN A /' | sort >"$T/wanted"
is "with its text" "$(grep ' A ' "$T/found" | diff - "$T/wanted")" ""
deep=$H
for _ in $(seq 121); do deep=$deep/a; done
is "123 labels deep" "$(cat "$deep/A")" "300 IN A 192.0.2.2"
ok "can be saved" sh -c "echo 192.0.2.4 > $deep/A"
not_ok "255 octets are the end" mkdir "$(dirname "$(find "$H" -path '*bbb*' -name A)")/d"
not_ok "of one octet too" mkdir "$deep/x"
ok "all of it copies" sh -c "mkdir $T/c && cp -r $H/. $T/c/"
leaves "and back, without a commit" cp -r "$T/c/." "$H/"
ok "into a branch of its own" sh -c "mkdir $M/heads/b && rm $M/heads/b/ns/A && cp $T/c/ns/A $M/heads/b/ns/A"
for name in "\\065" "\\097" "\\300" a.b "\\46"; do
	not_ok "no label: $name" mkdir "$H/$name"
done
not_ok "256 bytes" mkdir "$H/$(printf '%0256d' 0)"
unmount_it
sound

rm -rf "$APEX_REPO"
seq "$many" | awk 'BEGIN { print "$ORIGIN big.example.\n$TTL 300\n@ SOA ns h 1 1 1 1 1\n@ NS ns\nns A 192.0.2.1" }
	{ printf "n%d A 10.%d.%d.%d\n", $1, $1 / 65536 % 256, $1 / 256 % 256, $1 % 256 }' >"$T/big.zone"
apex init big.example >/dev/null && apex import "$T/big.zone" >/dev/null
mount_it
is "$many names list once each" "$(ls -f "$H" | sort -u | wc -l)" "$((many + 5))"
python3 - "$H" >"$T/seek" <<'EOF'
import ctypes, os, sys
# telldir, seekdir: cookies lead back, also very old ones
libc = ctypes.CDLL(None, use_errno=True)
class dirent(ctypes.Structure):
    _fields_ = [('ino', ctypes.c_uint64), ('off', ctypes.c_int64), ('len', ctypes.c_ushort), ('type', ctypes.c_ubyte), ('name', ctypes.c_char * 256)]
libc.opendir.restype = ctypes.c_void_p
libc.readdir.restype = ctypes.POINTER(dirent)
for f in (libc.readdir, libc.telldir, libc.rewinddir): f.argtypes = [ctypes.c_void_p]
libc.seekdir.argtypes = [ctypes.c_void_p, ctypes.c_long]
libc.telldir.restype = ctypes.c_long
d = libc.opendir(sys.argv[1].encode())
at, names = [], []
for i in range(5000):
    at.append(libc.telldir(d))
    names.append(libc.readdir(d).contents.name)
for i in (4999, 4000, 10, 0, 2500, 3, 4998):
    libc.seekdir(d, at[i])
    got = libc.readdir(d).contents.name
    if got != names[i]: print(i, names[i], got)
EOF
is "a place in it is found again" "$(cat "$T/seek")" ""
is "find -newer looks at each" "$(find "$H" -newer "$T/seek" -type f | wc -l)" "0"
peak=$(awk '/VmHWM/ {print $2}' "/proc/$fs/status")
if [ "$peak" -lt $((100000 + many / 2)) ] || grep -q asan "/proc/$fs/maps" || grep -q tsan "/proc/$fs/maps"; then
	pass "in bounded memory ($((peak / 1024)) MiB)"
else
	fail "in bounded memory" "$peak KiB for $many names"
fi
# one that goes while it is listed, one that comes
python3 - "$H" >"$T/moving" <<'EOF'
import os, sys
seen = []
with os.scandir(sys.argv[1]) as it:
    for i, e in enumerate(it):
        seen.append(e.name)
        if i == 50: os.unlink(sys.argv[1] + '/n11/A'); os.rmdir(sys.argv[1] + '/n11')
print(len(seen) == len(set(seen)), len(seen))
EOF
has "a listing goes on while names come and go" "$T/moving" "^True $((many + 2))|^True $((many + 3))"
unmount_it
sound
