#!/bin/sh
# shellcheck disable=SC2010,SC2012,SC2154 # ls is what is tested
# Label directories: what makes them stay, go, move and come anew.
. "$(dirname "$0")/common.sh"
make_zone
mount_it
n=0
# somebody else commits: the kernel looks every name up again
other() {
	n=$((n + 1))
	apex set other A 300 "192.0.2.$n" >/dev/null
	until grep -q "192.0.2.$n\$" "$H/other/A" 2>/dev/null; do sleep 0.01; done
}

# they stay
mv "$H/t3/A" "$H/t3/A.old"
other
is "scratch keeps its directory" "$(ls "$H/t3")" "A.old"
ok "it can be renamed back" mv "$H/t3/A.old" "$H/t3/A"
ok "rm of the only record below a name" rm "$H/wild/*/TXT"
other
is "leaves all directories" "$(cd "$H" && ls -d wild/*)" "wild/*"
ok "until rmdir" rmdir "$H/wild/*" "$H/wild"
not_ok "then they are gone" test -e "$H/wild"
rm "$H/t4/A" && touch "$H/t4/x~" && rm "$H/t4/x~"
other
is "rm of its last scratch leaves one, too" "$(ls -d "$H/t4")" "$H/t4"
touch "$H/t5/x~"
apex delete t5 >/dev/null
other
is "somebody else's delete leaves one that holds something" "$(ls "$H/t5")" "x~"
rm "$H/t5/x~"
not_ok "and no longer than that" test -e "$H/t5"
not_ok "a refused text" sh -c "echo bad >$H/t6/A"
apex delete t6 >/dev/null
other
not_ok "does not show one" test -e "$H/t6"
is "one whose record is deleted while it is listed is listed" "$(python3 -c "
import os
names = os.scandir('$H'); os.unlink('$H/x42/A')
print(sum(e.name == 'x42' for e in names))")" "1"

# they move
rm "$H/x43/A"
rmdir "$H/x43"
ok "rename to where a deletion waits" mv "$H/x44" "$H/x43"
sleep 1.5
is "what comes is not deleted" "$(cat "$H/x43/A" 2>&1)" "300 IN A 192.0.2.44"
mkdir "$H/bare"
touch "$H/bare/x~"
ok "rename of one with scratch alone" mv "$H/bare" "$H/moved"
other
is "takes it along" "$(ls "$H/moved")" "x~"
rm -r "$H/moved"
ok "rename while texts below are being written" python3 -c "
import os
os.unlink('$H/x50/A')
new, old = open('$H/x50/A', 'w'), open('$H/dev/www/A', 'w')
os.rename('$H/x50', '$H/y50'); os.rename('$H/dev', '$H/y51')
new.write('10.0.0.1'), old.write('10.0.0.2')
new.close(), old.close()"
is "they are saved where they are now" "$(cat "$H/y50/A" "$H/y51/www/A")" "$(printf '300 IN A 10.0.0.1\n300 IN A 10.0.0.2')"
ok "rename of what is being written" python3 -c "
import os
os.unlink('$H/x52/A')
f = open('$H/x52/A', 'w'); f.write('10.0.0.3'); f.flush()
os.rename('$H/x52/A', '$H/x53/A'); f.close()"
apex set x50 A 300 10.1.0.1 >/dev/null
apex set x52 A 300 10.1.0.2 >/dev/null
other
is "what somebody else makes in the old place shows" "$(cat "$H/x50/A" "$H/x52/A")" "$(printf '300 IN A 10.1.0.1\n300 IN A 10.1.0.2')"

# branches begin as is seen, and anew
rm "$H/x45/A"
ok "mkdir of a branch" mkdir "$M/heads/seen"
not_ok "leaves out what waits to be deleted" test -e "$M/heads/seen/x45/A"
touch "$M/heads/seen/x~"
cd "$M/heads/seen" || exit
ok "rmdir of a branch that somebody stands in" rmdir "$M/heads/seen"
ok "and another of that name" mkdir "$M/heads/seen"
cd / || exit
is "has what the branch has" "$(ls "$M/heads/seen" | grep -c '^x[5-8]')" "31"
not_ok "and no scratch" test -e "$M/heads/seen/x~"
touch "$M/heads/seen/y~"
rm "$M/heads/seen/x48/A"
cd "$M/heads/seen/x49" || exit
apex branch -D seen >/dev/null
soon "a branch that goes is gone" 2 sh -c "! test -e $M/heads/seen"
not_ok "for who stands in it, too" sh -c "cat A || stat A || ls | grep A || echo 10.0.0.1 >A"
cd / || exit
apex branch seen >/dev/null
soon "one that somebody else removed and made again has no scratch" 2 sh -c "! test -e $M/heads/seen/y~"
soon "and all records" 2 test -e "$M/heads/seen/x48/A"
sleep 1.5
is "nothing is deleted in it" "$(apex log --oneline seen | wc -l)" "$(commits)"
unmount_it
sound
