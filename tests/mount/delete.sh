#!/bin/sh
# shellcheck disable=SC2010,SC2012 # ls is what is tested
# Deletions wait a moment, fold into one change with what follows, and stop at the guard.
. "$(dirname "$0")/common.sh"
make_zone
mount_it
A=$H/api/A

before=$(commits)
ok "rm hides the name at once" rm "$H/t1/A"
not_ok "it is gone" test -e "$H/t1/A"
is "the zone still has it" "$(apex show t1 A | wc -l)" "1"
is "its directory stays" "$(ls -A "$H/t1" | wc -l)" "0"
soon "after a quiet second it is committed" 4 sh -c "! $APEX_BUILD/apex show t1 A"
is "by one commit" "$(($(commits) - before))" "1"
ok "the empty directory goes with rmdir" rmdir "$H/t1"

before=$(commits)
ok "rm, then the same text again" sh -c "cp $A $T/a && rm $A && cp $T/a $A"
sleep 1.5
is "is no commit" "$(($(commits) - before))" "0"
ok "rm, then another text" sh -c "rm $A && echo 3.3.3.3 > $A"
sleep 1.5
is "is one" "$(($(commits) - before))" "1"
is "with the new text" "$(cat "$A")" "300 IN A 3.3.3.3"

before=$(commits)
ok "rm A, then a CNAME in its place" sh -c "rm $H/t2/A && echo ns1 > $H/t2/CNAME"
is "is one commit" "$(($(commits) - before))" "1"
is "and the A is gone" "$(ls "$H/t2")" "CNAME"
before=$(commits)
ok "mv to a scratch name and back" sh -c "mv $A $A~ && mv $A~ $A"
sleep 1.5
is "is no commit" "$(($(commits) - before))" "0"
ok "mv to a scratch name" mv "$H/t3/A" "$H/t3/A.old"
is "keeps the text there" "$(cat "$H/t3/A.old")" "300 IN A 192.0.2.13"
ok "fsync of the directory commits what waits" python3 -c "import os; os.fsync(os.open('$H/t3', os.O_RDONLY))"
is "at once" "$(($(commits) - before))" "1"

before=$(commits)
ok "a refused write calls the deletion off" sh -c "rm $A; ! echo bad > $A"
is "the record is there again" "$(cat "$A")" "300 IN A 3.3.3.3"
sleep 1.5
is "and nothing was committed" "$(($(commits) - before))" "0"
ok "an open file outlives its name" python3 -c "
import os
f = open('$A'); os.unlink('$A'); assert f.read() == '300 IN A 3.3.3.3\n', f; os.fstat(f.fileno())"
ok "and may come again" sh -c "echo 3.3.3.3 > $A"
before=$(commits)
ok "a deletion waits while its name is open for writing" python3 -c "
import os, time
os.unlink('$A'); fd = os.open('$A', os.O_WRONLY | os.O_CREAT)
time.sleep(1.6); os.write(fd, b'3.3.3.4\n'); os.close(fd)"
is "and is one change with the write" "$(($(commits) - before))" "1"
ok "rm of several" rm "$H/dev/www/A" "$H/dev/www/AAAA"
before=$(commits)
soon "is one commit" 4 sh -c "! $APEX_BUILD/apex show www.dev AAAA"
is "for both" "$(($(commits) - before))" "1"

before=$(commits)
ok "mv of a record is one commit" sh -c "mkdir $H/t11b && mv $H/t11/A $H/t11b/A"
is "made at once" "$(($(commits) - before))" "1"
is "with the text" "$(cat "$H/t11b/A")" "300 IN A 192.0.2.21"
not_ok "and the old is gone" test -e "$H/t11/A"
before=$(commits)
ok "mv of a name with all below it" mv "$H/wild" "$H/wilder"
is "is one commit" "$(($(commits) - before))" "1"
is "with the text below" "$(cat "$H/wilder/*/TXT")" '300 IN TXT "hello"'
not_ok "and the old name is gone" test -e "$H/wild"
status 1 "mv -n onto what is there does nothing" sh -c "mv -n $H/t4/A $H/t5/A; test ! -e $H/t4/A"
status 1 "a name that is not empty is no rmdir" rmdir "$H/t4"

# the guard: 30 % of the RRsets at most, by one hand, within a minute
apex log --oneline >"$T/log1"
rm "$H/t3/A.old" # scratch does not come back
find "$H" -type f | sort >"$T/files1"
sleep 1.2
before=$(commits)
not_ok "rm -r of a branch is stopped" sh -c "rm -rf $H/*"
has "by the guard" "$M/errors" 'apex force [0-9a-f]{12}'
find "$H" -type f | sort >"$T/files2"
ok "and leaves it whole" cmp "$T/files1" "$T/files2"
is "nothing is committed" "$(($(commits) - before))" "0"
not_ok "nor may the author delete more for a minute" rm "$H/t6/A"
ok "but save" sh -c "echo 6.6.6.6 > $H/t6/A"
is "the plan is kept once" "$(grep -c 'apex force' "$M/errors")" "1"
unmount_it
sound
