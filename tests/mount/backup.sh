#!/bin/sh
# Backups of a branch as people make them: rsync that copies only what changed, tar and back, tools that go by inode
# numbers and times; and the past compared with the present by diff.
. "$(dirname "$0")/common.sh"
make_zone
mount_it
B=$T/backup
mkdir "$B"
tree() { apex cat-object "$1" | awk '/^tree/ {print $2}'; }
# what rsync -a copies, one name a word
copies() { rsync -ai "$H/" "$B/" | awk '$1 ~ /^[>c*]/ {print $2}' | sort | tr '\n' ' '; }

# -- rsync out --------------------------------------------------------------------------------------------------------
ok "rsync -a of a branch" rsync -a "$H/" "$B/"
is "again, it copies nothing" "$(rsync -ai "$H/" "$B/")" ""
sleep 1.1 # rsync tells a changed file of equal size by its second
echo 10.0.0.1 >"$H/api/A"
is "after a commit, that record and the SOA" "$(copies)" "SOA api/A "
sleep 1.1
apex set www.dev AAAA 300 2001:db8::2 >/dev/null
apex delete t1 >/dev/null
soon "commits of others as well" 1 sh -c "! test -e $H/t1"
rsync -ai --delete "$H/" "$B/" | awk '$1 ~ /^[>*]/ {print $2}' | sort | tr '\n' ' ' >"$T/out"
is "and what they deleted, with --delete" "$(cat "$T/out")" "SOA dev/www/AAAA t1/ t1/A "
is "the copy is the branch" "$(diff -r "$H" "$B" && echo same)" "same"

# -- tar ---------------------------------------------------------------------------------------------------------------
first=$(tree main)
ok "tar packs a branch" tar -C "$H" -cf "$T/all.tar" .
for i in 2 3 4 5 6; do echo "10.0.0.$i" >"$H/t$i/A"; done
apex set added A 300 10.0.0.9 >/dev/null
ok "and a stage takes it back" sh -c "mkdir $M/stage/back && find $M/stage/back -type f -delete && tar -C $M/stage/back -xf $T/all.tar && echo restored >$M/stage/back/.commit"
is "to the same tree" "$(tree main)" "$first"
is "by one commit" "$(apex log -n 1 --porcelain | cut -f 5)" "restored"
ok "tar --compare finds no difference but the SOA's" sh -c "! tar -C $H --compare -f $T/all.tar 2>&1 | grep -v -e SOA -e 'Mode differs' -e 'Mod time' -e 'Uid' -e 'Gid'"

# -- inode numbers, as restic and borg go by them -----------------------------------------------------------------------
numbers() { find "$H" -printf '%P %i\n' | sort; }
numbers >"$T/before"
apex set api A 300 10.0.0.77 >/dev/null
apex set new A 300 10.0.0.78 >/dev/null
soon "a new name" 1 test -e "$H/new/A"
echo 10.0.0.79 >"$H/t5/A"
is "no number changes with a commit" "$(numbers | comm -23 "$T/before" -)" ""
is "none is there twice" "$(find "$H" -printf '%i\n' | sort | uniq -d)" ""
unmount_it
mount_it
is "nor does one with a new mount" "$(numbers | comm -23 "$T/before" -)" ""

# -- diff -r is apex diff and the serial ---------------------------------------------------------------------------------
for i in 7 8 9 10; do echo "10.1.0.$i" >"$H/t$i/A"; done
rm "$H/mail/MX"
soon "a deletion is committed" 4 sh -c "! $APEX_BUILD/apex show mail MX"
diff -r "$M/commits/main~5/" "$H/" |
	sed -n 's,^diff -r [^ ]*/commits/main~5/\([^ ]*\) .*,\1,p; s,^Only in [^ ]*/commits/main~5/\([^ ]*\): ,\1/,p' |
	grep -v '^SOA$' | sort >"$T/diff"
apex diff main~5 main >"$T/out"
is "diff -r of five commits names the same RRsets" "$(cat "$T/diff")" "mail/MX
t10/A
t7/A
t8/A
t9/A"
is "as many as apex diff" "$(wc -l <"$T/out")" "5"
for name in t7 t8 t9 t10 mail; do has "apex diff has $name" "$T/out" "$name (A|MX) "; done
is "and the serial" "$(diff "$M/commits/main~5/SOA" "$H/SOA" | awk '/^[<>]/ {print $7}' | tr '\n' ' ')" \
	"$(($(awk '{print $6}' "$H/SOA") - 5)) $(awk '{print $6}' "$H/SOA") "
unmount_it
sound
