#!/bin/sh
# shellcheck disable=SC2010,SC2012 # ls is what is tested
# What is no record is an ordinary file, in memory, never committed.
. "$(dirname "$0")/common.sh"
make_zone
mount_it
S=$H/api
before=$(commits)
ok "a file" sh -c "seq 100000 > $S/numbers.txt"
ok "is what was written" sh -c "seq 100000 | cmp - $S/numbers.txt"
ok "and can be appended to" sh -c "echo end >> $S/numbers.txt && tail -n 1 $S/numbers.txt | grep -q end"
ok "and cut" truncate -s 10 "$S/numbers.txt"
is "to size" "$(stat -c %s "$S/numbers.txt")" "10"
ok "and renamed" mv "$S/numbers.txt" "$H/dev/n~"
not_ok "from there" test -e "$S/numbers.txt"
ok "a symbolic link" ln -s user@host.1 "$S/.#A"
is "leads where it says" "$(readlink "$S/.#A")" "user@host.1"
ok "a hard link of a record is a copy" ln "$S/A" "$S/A.bak"
is "with its text" "$(cat "$S/A.bak")" "300 IN A 1.2.3.4"
ok "of scratch it is another name" ln "$S/A.bak" "$S/A.bak2"
is "of the same file" "$(stat -c '%h %i' "$S/A.bak")" "$(stat -c '%h %i' "$S/A.bak2")"
is "with two names" "$(stat -c %h "$S/A.bak")" "2"
not_ok "not an RRset" ln "$S/A.bak" "$S/AAAA"
has "which errors tells" "$M/errors" 'api/AAAA: an RRset is no hard link'
echo 300 IN A 1.2.3.9 >"$S/A.bak"
ok "one name renamed onto a record" mv "$S/A.bak2" "$S/A"
is "is a save" "$(($(commits) - before))" "1"
is "the other stays scratch" "$(stat -c %h "$S/A.bak"):$(cat "$S/A.bak")" "1:300 IN A 1.2.3.9"
ok "and is not the record" sh -c "echo other > $S/A.bak && ln $S/A.bak $S/A.bak2"
is "which stands" "$(cat "$S/A")" "300 IN A 1.2.3.9"
ok "the first name too" sh -c "echo 1.2.3.8 > $S/A.bak && mv $S/A.bak $S/A"
is "is a save, and the other stays" "$(cat "$S/A" "$S/A.bak2" | tr '\n' ' ')" "300 IN A 1.2.3.8 1.2.3.8 "
ok "a hard link goes onto a zone file" sh -c "cat $M/zonefiles/main/*.zone | sed 's/1\.2\.3\.8/1.2.3.4/' > $M/zonefiles/main/z &&
	ln $M/zonefiles/main/z $M/zonefiles/main/z2 && mv $M/zonefiles/main/z $M/zonefiles/main/example.com.zone"
is "as a save" "$(cat "$S/A")" "300 IN A 1.2.3.4"
ok "and stays" rm "$M/zonefiles/main/z2"
ok "a refused text" sh -c "! echo bad > $S/A"
ok "that is kept by another name" ln "$S/A.rejected" "$S/why"
ok "and another refused one" sh -c "! echo worse > $S/A"
is "are two" "$(tail -qn 1 "$S/why" "$S/A.rejected" | tr '\n' ' ')" "bad worse "
ok "renamed" mv "$S/A.rejected" "$S/why2"
is "it is a file as any" "$(ls "$S" | tr '\n' ' ')" "$(ls "$S" | grep -v why | tr '\n' ' ')why why2 "
rm "$S"/A.bak2 "$S"/why*
before=$(commits)
ok "a directory that is no label" mkdir "$S/.~tmp~"
ok "holds anything" sh -c "echo 'not a record' > $S/.~tmp~/A && mkdir $S/.~tmp~/Sub && echo x > $S/.~tmp~/Sub/y"
is "which is no record" "$(cat "$S/.~tmp~/A")" "not a record"
not_ok "rmdir wants it empty" rmdir "$S/.~tmp~"
ok "rm -r takes it" rm -r "$S/.~tmp~"
ok "digits are scratch as a file" sh -c "echo x > $S/4913 && rm $S/4913"
ok "a mode is kept" sh -c "touch $S/m && chmod 600 $S/m && test \$(stat -c %a $S/m) = 600"
ok "and a time" sh -c "touch -d '2020-01-02 03:04:05.123456789 UTC' $S/m && stat -c %y $S/m | grep -q 05.123456789"
ok "an unlinked file can still be used" python3 -c "
import os
f = open('$S/u', 'w+'); f.write('hello'); f.flush(); os.unlink('$S/u'); f.seek(0); assert f.read() == 'hello'
assert os.fstat(f.fileno()).st_nlink == 0"
ok "mmap" python3 -c "
import mmap
f = open('$S/mm', 'w+b'); f.truncate(8192); m = mmap.mmap(f.fileno(), 0); m[4096:4101] = b'hello'; m.flush(); m.close()
assert open('$S/mm', 'rb').read()[4096:4101] == b'hello'"
not_ok "it is bounded" dd if=/dev/zero of="$S/big" bs=1M count=100
has "by ENOSPC" "$T/err" 'No space left'
ok "and a record can be saved all the same" sh -c "echo 1.2.3.5 > $S/A"
ok "the space comes back" sh -c "rm $S/big && dd if=/dev/zero of=$S/big bs=1M count=20 && rm $S/big"
is "only the record was committed" "$(($(commits) - before))" "1"
ok "1,000 files" sh -c "i=0; while [ \$i -lt 1000 ]; do echo \$i > $S/.f\$i; i=\$((i+1)); done; test \$(ls -A $S | grep -c '^.f') = 1000"
ok "go again" sh -c "rm $S/.f*"
ok "hard links without end" python3 -c "
import errno, os
open('$S/l', 'w')
n = 0
try:
    while n < 200000: os.link('$S/l', '$S/.l%d' % n); n += 1
except OSError as e:
    assert e.errno == errno.ENOSPC, e
print(n)
assert n < 65536 and os.stat('$S/l').st_nlink == n + 1
for i in range(n): os.unlink('$S/.l%d' % i)
assert os.stat('$S/l').st_nlink == 1"
unmount_it
mount_it
is "none of it outlives the mount" "$(ls -A "$S")" "A"
unmount_it
sound
