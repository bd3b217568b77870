#!/bin/sh
# shellcheck disable=SC2010,SC2012 # ls is what is tested
# What must not be saved is refused, the reason reaches the writer, and the record stands as it was.
. "$(dirname "$0")/common.sh"
make_zone
mount_it
A=$H/api/A
old="300 IN A 1.2.3.4"
printf 'not an address\n' >"$T/bad"

# refused NAME CMD...: fails, no commit, the record as before, the reason in `errors`
refused() {
	_name=$1 _lines=$(wc -l <"$M/errors") _before=$(commits); shift
	if run "$@"; then fail "$_name" "succeeded: $*"; return; fi
	if [ "$(commits)" != "$_before" ]; then fail "$_name" "committed: $(apex log --oneline | head -n 1)"; return; fi
	if [ "$(cat "$A")" != "$old" ]; then fail "$_name" "shows $(cat "$A")"; return; fi
	if [ "$(wc -l <"$M/errors")" = "$_lines" ]; then fail "$_name" "nothing in errors" "$(said)"; return; fi
	pass "$_name"
}
# dropped NAME CMD...: the same, but the program does not look at what close says, so it does not know
dropped() {
	_cmd=$1; shift
	refused "$_cmd" sh -c '"$@"; exit 1' - "$@"
}
refused "sh echo" sh -c "echo bad > $A"
has "says why" "$M/errors" 'heads/main/api/A: line 1: .*bad'
has "and the shell says so" "$T/err" 'Bad message|I/O|rror'
refused "bash echo" bash -c "echo bad > $A"
is "the refused text is kept" "$(tail -n 1 "$A.rejected")" "bad"
has "with line and reason" "$A.rejected" '^; not committed: line 1: '
not_ok "and not listed" sh -c "ls -A $H/api | grep rejected"
dropped "sh printf without a newline" sh -c "printf bad > $A"
refused "/bin/echo" sh -c "/bin/echo bad > $A"
refused "cp" cp "$T/bad" "$A"
refused "mv from another filesystem" sh -c "cp $T/bad $T/bad2; mv $T/bad2 $A"
refused "tee" sh -c "tee $A < $T/bad"
refused "dd" dd if="$T/bad" of="$A"
refused "dd conv=fsync" dd if="$T/bad" of="$A" conv=fsync
refused "install" install "$T/bad" "$A"
refused "sed -i" sed -i 's/^.*$/not an address/' "$A"
is "sed's text is kept too" "$(tail -n 1 "$A.rejected")" "not an address"
refused "sed -i.bak" sed -i.bak 's/^.*$/not an address/' "$A"
refused "mv within" sh -c "cp $T/bad $H/api/fresh; mv $H/api/fresh $A"
ok "what mv could not move is still there" test -f "$H/api/fresh"
rm "$H/api/fresh"
refused "rsync" sh -c "mkdir -p $T/r && cp $T/bad $T/r/A && rsync $T/r/A $A"
refused "rsync --inplace" rsync -I --inplace "$T/r/A" "$A"
refused "tar x" sh -c "tar -C $T/r -cf $T/a.tar A && tar -C $H/api -xf $T/a.tar"
refused "python with" python3 -c "
with open('$A', 'w') as f: f.write('bad\n')"
dropped "python that never closes" python3 -c "open('$A', 'w').write('bad\n')"
refused "python os.replace" python3 -c "
import os
open('$H/api/tmpx', 'w').write('bad\n'); os.replace('$H/api/tmpx', '$A')"
refused "vim" vim -es -u NONE -c '%s/IN A .*/IN A bad/' -c wq "$A"
refused "perl -i" perl -i -pe 's/1.2.3.4/bad/' "$A"
refused "two TTLs" sh -c "printf '60 IN A 1.1.1.1\n61 IN A 1.1.1.2\n' > $A"
refused "another owner" sh -c "echo 'www 60 IN A 1.1.1.1' > $A"
refused "another type" sh -c "echo '60 IN AAAA ::1' > $A"
dropped "only a comment" sh -c "echo '; nothing' > $A"
refused "a bad line among good ones" sh -c "printf '1.1.1.1\n1.1.1\n1.1.1.3\n' > $A"
has "names the line" "$M/errors" 'line 2: '
refused "a NUL byte" sh -c "printf '1.1.1.1\n\0\n' > $A"
refused "10 MB of zeros" dd if=/dev/zero of="$A" bs=1M count=10
refused "random bytes" sh -c "head -c 100000 /dev/urandom > $A"
refused "20 MB of good lines" sh -c "yes '1.1.1.1 ; a comment that makes the line long' | head -c 20000000 > $A"
refused "a CNAME beside data" sh -c "echo ns1 > $H/api/CNAME"
not_ok "is not there" test -e "$H/api/CNAME"
ok "a CNAME alone" sh -c "mkdir $H/alias && echo ns1 > $H/alias/CNAME"
refused "data beside a CNAME" sh -c "echo 1.1.1.1 > $H/alias/A"
refused "an NS set that is gone" sh -c "echo '; none' > $T/none; cp $T/none $H/NS"
refused "a second SOA" sh -c "sed -e p -e 's/ns1/ns2/' $H/SOA > $H/SOA.new; mv $H/SOA.new $H/SOA"

# what was changed meanwhile: one writer has it open, another saves
python3 - "$A" >"$T/stale" 2>&1 <<EOF
import os, subprocess, sys
fd = os.open(sys.argv[1], os.O_WRONLY | os.O_TRUNC)
subprocess.run(['$APEX_BUILD/apex', 'set', 'api', 'A', '300', '5.5.5.5'], check=True, stdout=subprocess.DEVNULL)
os.write(fd, b'6.6.6.6\n')
try:
    os.fsync(fd)
except OSError as e:
    print('fsync', e.errno)
try:
    os.close(fd)
except OSError as e:
    print('close', e.errno)
EOF
is "a record changed meanwhile is ESTALE, and stays so" "$(cat "$T/stale")" "fsync 116
close 116"
old="300 IN A 5.5.5.5"
is "the other's save stands" "$(cat "$A")" "$old"
is "the text is kept" "$(tail -n 1 "$A.rejected")" "6.6.6.6"

# another file in its place: what is written to the old one is told of, and kept
python3 - "$H/api" >"$T/replaced" 2>&1 <<EOF
import os, subprocess, sys
def close(fd):
    try:
        os.close(fd)
    except OSError as e:
        print(e.errno)
A, AAAA = sys.argv[1] + '/A', sys.argv[1] + '/AAAA'
old = os.open(A, os.O_WRONLY | os.O_TRUNC)
open(A + '~', 'w').write('5.5.5.5\n')
os.rename(A + '~', A)
os.write(old, b'6.6.6.7\n')
close(old)
subprocess.run(['$APEX_BUILD/apex', 'set', 'api', 'AAAA', '300', '::1'], check=True, stdout=subprocess.DEVNULL)
old = os.open(AAAA, os.O_WRONLY)
subprocess.run(['$APEX_BUILD/apex', 'delete', 'api', 'AAAA'], check=True, stdout=subprocess.DEVNULL)
while os.path.exists(AAAA):
    pass
with open(AAAA, 'w') as new:
    new.write('::2\n')
os.write(old, b'::3\n')
close(old)
print(open(AAAA).read().split()[-1])
os.unlink(AAAA)
EOF
is "a file that lost its name to another is ESTALE" "$(cat "$T/replaced")" "116
116
::2"
is "its text is kept" "$(tail -n 1 "$A.rejected")" "6.6.6.7"
has "and errors says why" "$M/errors" 'api/A: another file was put in the place'

refused "a label in upper case" mkdir "$H/New"
has "hints at lower case" "$M/errors" 'heads/main/New: .*lower case'
refused "a type in lower case" sh -c "echo 1.1.1.1 > $H/api/aaaa"
has "hints at upper case" "$M/errors" 'api/aaaa: .*AAAA'
refused "a label of 64 octets" mkdir "$H/aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff1234"
refused "two labels at once" mkdir "$H/a.b"
refused "a type that no zone holds" sh -c "echo x > $H/api/AXFR"
refused "a symbolic link for an RRset" ln -s A "$H/api/AAAA"
not_ok "a pipe" mkfifo "$H/api/fifo"
is "errors keeps at most 200 lines" "$(test "$(wc -l <"$M/errors")" -le 200 && echo yes)" "yes"
ok "a good save after all this" sh -c "echo 7.7.7.7 > $A"
is "shows" "$(cat "$A")" "300 IN A 7.7.7.7"
unmount_it
sound
