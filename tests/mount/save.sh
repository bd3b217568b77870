#!/bin/sh
# shellcheck disable=SC2010,SC2012 # ls is what is tested
# Programs save: each exactly one commit with the right content, none when nothing changes.
. "$(dirname "$0")/common.sh"
make_zone
mount_it
A=$H/api/A
n=0
# the next address, so that every save is a change
next() { n=$((n + 1)); ip=10.0.0.$n; want="300 IN A $ip"; echo "$ip" >"$T/new"; }

next; saves "echo >" "$A" "$want" sh -c "echo $ip > $A"
next; saves "bash echo >" "$A" "$want" bash -c "echo $ip > $A"
next; saves "printf >" "$A" "$want" sh -c "printf '%s' $ip > $A"
next; saves "/bin/echo >" "$A" "$want" sh -c "/bin/echo $ip > $A"
next; saves "cat >" "$A" "$want" sh -c "cat $T/new > $A"
next; saves "cp" "$A" "$want" cp "$T/new" "$A"
next; saves "cp -a" "$A" "$want" cp -a "$T/new" "$A"
next; saves "cp --remove-destination" "$A" "$want" cp --remove-destination "$T/new" "$A"
next; saves "cp -b" "$A" "$want" cp -b "$T/new" "$A"
next; saves "mv from another filesystem" "$A" "$want" mv "$T/new" "$A"
next; saves "mv within" "$A" "$want" sh -c "cp $T/new $H/api/fresh && mv $H/api/fresh $A"
next; saves "sed -i" "$A" "$want" sed -i "s/[0-9.]*$/$ip/" "$A"
next; saves "sed -i.bak" "$A" "$want" sed -i.bak "s/[0-9.]*$/$ip/" "$A"
next; saves "perl -i" "$A" "$want" perl -i -pe "s/[0-9.]*\$/$ip/" "$A"
next; saves "perl -i.old" "$A" "$want" perl -i.old -pe "s/[0-9.]*\$/$ip/" "$A"
next; saves "tee" "$A" "$want" sh -c "tee $A < $T/new"
next; saves "dd" "$A" "$want" dd if="$T/new" of="$A"
next; saves "dd conv=fsync" "$A" "$want" dd if="$T/new" of="$A" conv=fsync
next; saves "install" "$A" "$want" install -m 644 "$T/new" "$A"
next; saves "python open('w')" "$A" "$want" python3 -c "open('$A', 'w').write('$ip\n')"
next; saves "python os.replace" "$A" "$want" python3 -c "
import os, tempfile
fd, name = tempfile.mkstemp(dir='$H/api')
os.write(fd, b'$ip\n'); os.fsync(fd); os.close(fd)
os.replace(name, '$A')"
next; saves "python mmap" "$A" "300 IN A 77.0.0.$((n - 1))" sh -c "python3 -c \"
import mmap
f = open('$A', 'r+b'); m = mmap.mmap(f.fileno(), 0)
m[9:11] = b'77'
m.flush(); m.close(); f.close()\""
next; saves "rsync" "$A" "$want" sh -c "mkdir -p $T/r && cp $T/new $T/r/A && rsync $T/r/A $A"
next; saves "rsync -a" "$A" "$want" sh -c "sleep 0.01; cp $T/new $T/r/A && rsync -a $T/r/A $A"
next; saves "rsync --inplace" "$A" "$want" sh -c "cp $T/new $T/r/A && rsync --inplace -I $T/r/A $A"
next; saves "tar x" "$A" "$want" sh -c "cp $T/new $T/r/A && tar -C $T/r -cf $T/a.tar A && tar -C $H/api -xf $T/a.tar"
next; saves "tar x --overwrite" "$A" "$want" \
	sh -c "cp $T/new $T/r/A && tar -C $T/r -cf $T/a.tar A && tar -C $H/api --overwrite -xf $T/a.tar"
for mode in auto yes no; do
	next; saves "vim, backupcopy=$mode" "$A" "$want" \
		vim -es -u NONE -c "set backupcopy=$mode" -c "%s/[0-9.]*\$/$ip/" -c wq "$A"
done
next; saves "vim nowritebackup" "$A" "$want" vim -es -u NONE -c "set nowritebackup" -c "%s/[0-9.]*\$/$ip/" -c wq "$A"
next; saves "vim with backup" "$A" "$want" vim -es -u NONE -c "set backup" -c "%s/[0-9.]*\$/$ip/" -c wq "$A"
next; saves "several children of a shell" "$A" "300 IN A 10.1.0.1
300 IN A 10.1.0.2" sh -c "(/bin/echo 10.1.0.1; /bin/echo 10.1.0.2) > $A"
next; saves "append" "$A" "300 IN A 10.1.0.1
300 IN A 10.1.0.2
300 IN A 10.1.0.3" sh -c "echo 10.1.0.3 >> $A"
next; saves "a whole zone-file line" "$A" "60 IN A 10.1.1.1" sh -c "echo 'api 60 IN A 10.1.1.1' > $A"
next; saves "a TTL that stays, a comment that goes" "$A" "60 IN A 10.1.1.2" \
	sh -c "printf '; the new one\n\n10.1.1.2 ; here\n' > $A"
next; saves "a name relative to the zone" "$H/mail/MX" "300 IN MX 20 ns2.example.com." sh -c "echo '20 ns2' > $H/mail/MX"
next; saves "a new type" "$H/api/TXT" '300 IN TXT "one" "two"' sh -c "echo '\"one\" \"two\"' > $H/api/TXT"
next; saves "a new name" "$H/fresh/A" "300 IN A 10.2.0.1" sh -c "mkdir $H/fresh && echo 10.2.0.1 > $H/fresh/A"
next; saves "an unknown type" "$H/fresh/TYPE65280" '300 IN TYPE65280 \# 2 ABCD' \
	sh -c "echo '\\# 2 abcd' > $H/fresh/TYPE65280"
next; saves "a newer serial in the SOA" "$H/SOA" \
	"300 IN SOA ns1.example.com. hostmaster.example.com. 1000 3600 600 86400 300" \
	sed -i -E 's/(hostmaster.example.com.) [0-9]+/\1 1000/' "$H/SOA"

appended() {
	python3 -c "
import os
f = os.open('$H/fresh/A', os.O_WRONLY | os.O_APPEND)
os.write(f, b'10.2.0.2\n'); os.fsync(f)
os.write(f, b'10.2.0.3\n'); os.close(f)"
}
before=$(commits)
ok "append, fsync, append" appended
is "is two commits" "$(($(commits) - before))" "2"
is "and three records" "$(cat "$H/fresh/A")" "300 IN A 10.2.0.1
300 IN A 10.2.0.2
300 IN A 10.2.0.3"

renamed_open() {
	python3 -c "
import os
f = open('$H/fresh/A~', 'w')
f.write('10.2.1.1\n')
f.flush()
os.rename('$H/fresh/A~', '$H/fresh/A')
f.truncate(0), f.seek(0)
f.write('$1')
f.close()"
}
ok "what was opened as scratch, and renamed to be a record" renamed_open 10.2.1.2
is "is saved when it is closed" "$(apex show fresh A)" "fresh.example.com. 300 IN A 10.2.1.2"
not_ok "or refused" renamed_open "10.2.1"

leaves "the same text again is no commit" sh -c "echo 10.1.1.2 > $A"
leaves "copying a record onto itself is none" sh -c "cp $A $T/same && cp $T/same $A"
leaves "touch is none" touch "$A"
leaves "chmod is none" chmod 600 "$A"
leaves "truncating is none" sh -c ": > $A"
is "and the record shows its text again" "$(cat "$A")" "60 IN A 10.1.1.2"
leaves "truncate -s 0 is none" truncate -s 0 "$A"
is "and the record still shows its text" "$(cat "$A")" "60 IN A 10.1.1.2"
leaves "an older serial alone is none" sed -i -E 's/(hostmaster.example.com.) [0-9]+/\1 5/' "$H/SOA"
leaves "vim that restores the old text is none" vim -es -u NONE -c "w" -c "q" "$A"
is "no scratch is left over but what was asked for" \
	"$(ls -A "$H/api" | tr '\n' ' ')" "A A.bak A.old A~ TXT "

# what waits to be deleted may be half of a save: vim renames the file away, then writes it
before=$(commits)
mv "$H/t1/A" "$H/t1/A~" && echo 10.7.7.7 >"$H/t2/A"
ok "another save does not take a deletion along" apex show t1 A
echo 10.7.7.8 >"$H/t1/A"
is "and it becomes one change" "$(commits) $(cat "$H/t1/A")" "$((before + 2)) 300 IN A 10.7.7.8"
rm "$H/t3/A" && echo ns1 >"$H/t3/CNAME"
not_ok "a save that is refused without it does" apex show t3 A
is "as one change" "$(commits)" "$((before + 3))"

apex show api A >"$T/shown"
has "the command line sees the same" "$T/shown" '10.1.1.2'
has "the message says what changed" "$T/shown" '.'
apex log -n 3 >"$T/log"
has "the author is the caller" "$T/log" "Author:.*$(id -un)"
apex cat-object main >"$T/object"
has "the door names the program" "$T/object" "^via fs uid=$(id -u) comm="
unmount_it
sound
