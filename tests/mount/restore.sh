#!/bin/sh
# shellcheck disable=SC2010,SC2012 # ls is what is tested
# Copying a branch back, and what an operator overrules.
. "$(dirname "$0")/common.sh"
make_zone
mount_it
tree() { apex cat-object "$1" | awk '/^tree/ {print $2}'; }

first=$(tree main)
tar -C "$H" -cf "$T/all.tar" .
leaves "unpacking a branch over itself is no commit" tar -C "$H" -xf "$T/all.tar"
leaves "nor with --overwrite" tar -C "$H" --overwrite -xf "$T/all.tar"
leaves "nor cp -r" sh -c "mkdir $T/copy && cp -r $H/. $T/copy/ && cp -r $T/copy/. $H/"
leaves "nor rsync -rc" rsync -rc "$T/copy/" "$H/"
rm -rf "$T/copy"
rsync -a "$H/" "$T/copy/"
sleep 1.5
is "nor anything later" "$(commits)" "1"

for i in 1 2 3 4; do echo "10.0.0.$i" >"$H/t$i/A"; done
echo '"new"' >"$H/t1/TXT"
mkdir -p "$H/a/b" && echo 10.1.1.1 >"$H/a/b/A"
is "changes are made" "$(commits)" "7"
ok "rsync -a --delete brings the old back" rsync -a --delete "$T/copy/" "$H/"
soon "when the deletions are committed, as one" 4 sh -c "! $APEX_BUILD/apex show a.b A && ! $APEX_BUILD/apex show b.a A"
is "the records are the same" "$(tree main)" "$first"
ok "file by file" sh -c "diff -r --exclude=SOA $T/copy/ $H/"
is "rsync -a again copies no record but the SOA" "$(rsync -ai "$T/copy/" "$H/" | grep '^>f' | awk '{print $2}' | grep -v SOA)" ""

ok "a branch is copied into another" sh -c "mkdir $M/heads/other && echo 5.5.5.5 > $H/t5/A && rsync -rc $H/ $M/heads/other/"
is "record by record" "$(tree other)" "$(tree main)"
ok "cp -r of a name" sh -c "cp -r $H/dev $H/dev2"
is "with all below it" "$(cat "$H/dev2/www/AAAA")" "300 IN AAAA 2001:db8::1"
not_ok "mv of a record to another branch copies it" sh -c "mv $H/t6/A $M/heads/other/api/A && test -e $H/t6/A"
is "there" "$(cat "$M/heads/other/api/A")" "300 IN A 192.0.2.16"

ok "rm SOA hides it" rm "$H/SOA"
not_ok "at once" test -e "$H/SOA"
soon "but it comes back" 4 test -e "$H/SOA"
has "with the reason" "$M/errors" 'heads/main: .*SOA'
ok "deletions beside it are made" sh -c "rm $H/NS $H/x41/A"
soon "though NS comes back" 4 test -e "$H/NS"
soon "and the other is gone" 4 sh -c "! $APEX_BUILD/apex show x41 A"
ok "a save is not stopped by a deletion that can't be" sh -c "rm $H/SOA && echo 7.7.7.7 > $H/t7/A"
is "it is saved" "$(cat "$H/t7/A")" "300 IN A 7.7.7.7"

# over the limit: refused, then forced
not_ok "deleting over 30 %" sh -c "rm $H/x*/A"
plan=$(grep -oE 'apex force [0-9a-f]+' "$M/errors" | awk '{print $3}')
is "all names are back" "$(find "$H" -path '*/x[0-9]*/A' | wc -l)" "39"
ok "is published by who means it" apex force "$plan"
soon "and seen" 1 sh -c "test \$(find $H -path '*/x[0-9]*/A' | wc -l) -lt 39"
unmount_it
sound
