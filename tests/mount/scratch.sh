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
unmount_it
mount_it
is "none of it outlives the mount" "$(ls -A "$S")" "A"
unmount_it
sound
