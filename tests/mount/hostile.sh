#!/bin/sh
# shellcheck disable=SC2010,SC2012,SC2119,SC2154 # ls is what is tested
# Users that mean harm, or whose programs do: odd names at every door, texts without end, too much of everything,
# writers that die. The records stand, apexfs keeps to its memory, and whoever writes properly still can.
. "$(dirname "$0")/common.sh"
here=$(dirname "$0")
make_zone
apex tag v1 >/dev/null
apex zone add second.example --ns ns1.second.example. >/dev/null 2>&1
mount_it
A=$H/api/A old='300 IN A 1.2.3.4' Z=$M/zonefiles/main/example.com.zone
sanitized() { grep -q -e asan -e tsan "/proc/$fs/maps"; }
# bounded NAME MIB: the most that apexfs ever had
bounded() {
	_peak=$(($(awk '/VmHWM/ {print $2}' "/proc/$fs/status") / 1024))
	if [ $_peak -le "$2" ] || sanitized; then pass "$1: $_peak MiB"; else fail "$1" "$_peak MiB, wanted $2"; fi
}
# unharmed NAME ERROR CMD...: fails with the message; nothing is committed, the record and the zone file stand
unharmed() {
	_name=$1 _error=$2 _before=$(commits); shift 2
	if LC_ALL=C run "$@"; then fail "$_name" "succeeded: $*"; return; fi
	if ! grep -qE "$_error" "$T/err"; then fail "$_name" "wanted: $_error" "$(said)"; return; fi
	if [ "$(cat "$A")" != "$old" ] || [ "$(commits)" != "$_before" ] || ! grep -q '^api.*1\.2\.3\.4' "$Z"; then
		fail "$_name" "shows $(cat "$A")"
		return
	fi
	pass "$_name"
}

# -- names ------------------------------------------------------------------------------------------------------------
mkdir "$M/stage/s" "$H/.t~"
touch "$H/.t~/source"
before=$(commits)
ok "odd names are refused or taken, at every door ($(python3 "$here/odd_names.py" "$M" 2>&1 | tee "$T/odd" | head -n 1))" \
	sh -c "! grep -v -e '^seed' -e '^$' $T/odd"
is "nothing came of them" "$(commits): $(cd "$M" && echo heads/* heads/main/api/* zonefiles/main/* stage/s/api/*)" \
	"$before: heads/main heads/main/api/A zonefiles/main/example.com.zone zonefiles/main/second.example.zone stage/s/api/A"
ok "a branch is what its commit says" diff -r --exclude=.t~ "$H" "$M/commits/main/"
rm -r "$H/.t~"
rmdir "$M/stage/s"

# -- texts without end ------------------------------------------------------------------------------------------------
unharmed "truncate to a terabyte" 'File too large' truncate -s 1T "$A"
unharmed "to what fits, of zeros" 'Bad message' truncate -s 10M "$A"
unharmed "a byte 8 exabytes on" 'File too large' dd if=/dev/zero of="$A" bs=1 seek=7E count=1 conv=notrunc
unharmed "300 MB of zeros" 'Bad message' dd if=/dev/zero of="$A" bs=1M count=300
unharmed "300 MB of good lines" 'File too large' sh -c "yes 1.1.1.1 | head -c 300000000 >$A"
unharmed "appended" 'File too large' sh -c "yes 1.1.1.1 | head -c 300000000 >>$A"
unharmed "one line without an end" 'File too large' sh -c "tr '\\0' 1 </dev/zero | head -c 300000000 >$A"
unharmed "a parenthesis that is never closed" 'rror|essage' sh -c "(echo '('; yes) | head -c 30000000 >$A"
unharmed "a zone file of a terabyte" 'File too large' truncate -s 1T "$Z"
unharmed "of 300 MB of zeros" 'File too large' dd if=/dev/zero of="$Z" bs=1M count=300
unharmed "of 40 MB of records and a mistake" 'Bad message' sh -c "
	(cat $Z; seq -f 'h%.0f A 10.0.0.1' 1 2000000; echo mistake) | head -c 300000000 >$T/z; cp $T/z $Z"
unharmed "scratch of a terabyte" 'No space' truncate -s 1T "$H/big"
unharmed "8 exabytes on" 'No space' dd if=/dev/zero of="$H/big" bs=1 seek=7E count=1 conv=notrunc
unharmed "of 300 MB" 'No space' dd if=/dev/zero of="$H/big" bs=1M count=300
rm "$H/big"
bounded "all this took no more than one zone file may have, twice" 700

# -- too much of everything -------------------------------------------------------------------------------------------
python3 - "$H" >"$T/shrink" 2>&1 <<'EOF'
import os, sys
# what was cut is given back: else small files keep what they were
for i in range(60):
    with open('%s/.f%d' % (sys.argv[1], i), 'wb') as f:
        f.write(b'x' * (33 << 20))
        f.truncate(1)
files = [os.open('%s/x%d/A' % (sys.argv[1], i), os.O_RDWR) for i in range(41, 81)]
for fd in files:
    for _ in range(9):
        os.write(fd, (b'10.0.0.1 ; ' + b'x' * 1012 + b'\n') * 1024)
    os.ftruncate(fd, 0)
for fd in files:
    os.pwrite(fd, b'10.0.0.1\n', 0)
    os.close(fd)
EOF
is "large files made small" "$(cat "$T/shrink")" ""
bounded "give back what they had" 700
rm "$H"/.f*

ok "2,000 records open for writing, and each that is written is a save" python3 -c "$(cat <<'EOF'
import os, resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (6000, 6000))
H, n = sys.argv[1], 2000
for i in range(n):
    os.mkdir('%s/many%d' % (H, i))
files = [os.open('%s/many%d/A' % (H, i), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644) for i in range(n)]
readers = [os.open('%s/many%d/A' % (H, i), os.O_RDONLY) for i in range(n)]
for i, fd in enumerate(files):
    if i % 10 == 0:
        os.write(fd, b'10.0.%d.%d\n' % (i / 250, i % 250))
for i, fd in enumerate(files):
    os.close(fd)
    text = os.pread(readers[i], 100, 0)
    wanted = b'' if i % 10 else b'300 IN A 10.0.%d.%d\n' % (i / 250, i % 250)
    assert text == wanted, (i, text)
EOF
)" "$H"
is "no other was made" "$(apex export | grep -c '^many')" "200"
bounded "in the same memory" 700

i=0
while dd if=/dev/zero of="$H/.fill$i" bs=1M count=7 2>/dev/null; do i=$((i + 1)); done
ok "scratch is filled" [ "$i" -ge 8 ]
while dd if=/dev/zero bs=4k count=1 >>"$H/.last" 2>/dev/null; do :; done
not_ok "not a byte more" sh -c "head -c 4096 /dev/zero >>$H/.last"
unharmed "what saves by renaming has no room" 'No space' sed -i 's/1.2.3.4/5.6.7.8/' "$A"
ok "what writes in place has" sh -c "echo 5.6.7.8 >$A && echo 1.2.3.4 >$A"
unharmed "a bad text is refused as ever" 'Bad message|rror' sh -c "echo bad >$A"
has "and errors tells" "$M/errors" 'heads/main/api/A: line 1: .*bad'
ok "a record can be deleted" sh -c "rm $H/t1/A && sleep 1.5 && ! $APEX_BUILD/apex show t1 A"
ok "there is room again" sh -c "rm $H/.fill* $H/.last && sed -i s/1.2.3.4/5.6.7.8/ $A && sed -i s/5.6.7.8/1.2.3.4/ $A"
is "as many names as there may be" "$(python3 -c "
import errno
n = 0
try:
    while n < 100000: open('$H/.n%d' % n, 'x').close(); n += 1
except OSError as e:
    print(errno.errorcode[e.errno], 60000 < n <= 65536)")" "ENOSPC True"
unharmed "no name is left for a temporary file" 'No space' sed -i 's/1.2.3.4/5.6.7.8/' "$A"
unharmed "nor for a record that is set aside" 'No space' mv "$A" "$A~"
ok "in place there is" sh -c "echo 5.6.7.8 >$A && echo 1.2.3.4 >$A"
ok "all go" sh -c "find $H -name '.n*' -delete; test -z \"\$(find $H -name '.n*')\""
bounded "in the same memory" 700

# -- writers that die -------------------------------------------------------------------------------------------------
# die FILE SIGNAL TEXT...: write each text, then die of the signal (0: exit without closing); `threads`: with others
cat >"$T/die.py" <<'EOF'
import os, sys, threading, time
fd = os.open(sys.argv[1], os.O_WRONLY | os.O_TRUNC | os.O_CREAT, 0o644)
for text in sys.argv[3:]:
    if text == 'threads':
        for _ in range(4):
            threading.Thread(target=time.sleep, args=(9,), daemon=True).start()
    else:
        os.write(fd, text.encode() + b'\n')
if sys.argv[2] != '0':
    os.kill(os.getpid(), int(sys.argv[2]))
    time.sleep(9)
os._exit(0)
EOF
die() { python3 "$T/die.py" "$@"; }
for sig in 9 15 11; do
	unharmed "a writer killed by signal $sig" '' die "$A" $sig 10.0.0.1 10.0.0.2
	has "is told of" "$M/errors" "heads/main/api/A: its writer was killed by signal $sig before it closed the file"
done
unharmed "one with threads" '' die "$A" 9 threads 10.0.0.7
is "what it wrote is kept aside" "$(tail -n 1 "$A.rejected")" "10.0.0.7"
unharmed "in the middle of a line" '' die "$A" 9 10.0.0.1 '10.0.0'
unharmed "of a zone file" '' die "$Z" 9 "$(sed -n '1,/^api/p' "$Z")"
is "whose text is kept aside, too" "$(tail -n 1 "$Z.rejected" | cut -d ' ' -f 1)" "api.example.com."
unharmed "of a new record" '' die "$H/api/AAAA" 9 2001:db8::1
not_ok "which is not there" test -e "$H/api/AAAA"
unharmed "of scratch" '' die "$H/api/.x" 9 whatever
is "which is a file as any" "$(cat "$H/api/.x")" "whatever"
rm "$H/api/.x"
die "$A" 0 10.0.0.3
is "one that exits without closing has finished" "$(cat "$A")" "300 IN A 10.0.0.3"
ok "a killed child is not its shell's end" sh -c "(echo 10.0.0.5; sh -c 'kill -9 \$\$'; echo 10.0.0.6) >$A"
is "which wrote on" "$(tr '\n' ' ' <"$A")" "300 IN A 10.0.0.5 300 IN A 10.0.0.6 "
echo 1.2.3.4 >"$A"

echo mine >"$H/.scratch"
kill -KILL "$fs"
wait "$fs" 2>/dev/null
fusermount3 -u -z "$M"
mount_it
is "after SIGKILL of apexfs the records are there, scratch is not" "$(ls -A "$H/api" "$H" | grep -e '^A' -e '^\.')" "A"
is "as saved" "$(cat "$A")" "$old"
unmount_it
sound
