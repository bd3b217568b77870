#!/bin/sh
# zonefiles/BRANCH/ZONE.zone: whole zones as files. A save is one commit of what changed, merged from the commit that
# the text begins with; without that line it replaces.
. "$(dirname "$0")/common.sh"
make_zone
apex zone add other.test --ns ns1.example.com. >/dev/null 2>&1
apex zone add unborn.test >/dev/null
apex branch side >/dev/null
mount_it
Z=$M/zonefiles/main F=$M/zonefiles/main/example.com.zone
# $1 commits were made since $before
by() { is "$2" "$(($(commits) - before))" "$1"; }
tip() { apex log -n 1 --porcelain | cut -f 1; }

is "every branch of any zone" "$(ls -m "$M/zonefiles")" "main, side"
is "every zone that has it" "$(ls -m "$Z")" "example.com.zone, other.test.zone, unborn.test.zone"
is "and no other" "$(ls -m "$M/zonefiles/side")" "example.com.zone"
is "it begins with its commit" "$(head -c 73 "$F")" "; commit $(tip)"
tail -n +2 "$F" >"$T/shown"
apex export >"$T/wanted"
ok "then comes what apex export prints" cmp "$T/wanted" "$T/shown"
is "its size is exact" "$(stat -c %s "$F")" "$(wc -c <"$F")"
is "its time is its branch's" "$(stat -c %y "$F")" "$(stat -c %y "$H")"
is "a zone without a commit is empty" "$(cat "$Z/unborn.test.zone")" ""
not_ok "no file of a zone that is not there" sh -c "echo x > $Z/nowhere.test.zone"
has "and errors tells" "$M/errors" 'zonefiles/main/nowhere.test.zone: there is no such zone'

before=$(commits)
ok "sed -i" sed -i 's/1\.2\.3\.4/9.9.9.9/' "$F"
by 1 "is one commit"
is "of what changed" "$(apex log -n 1 --porcelain | cut -f 5)" "api A: 1.2.3.4 -> 9.9.9.9"
is "heads/ shows it" "$(cat "$H/api/A")" "300 IN A 9.9.9.9"
is "the file begins with the new one" "$(head -c 73 "$F")" "; commit $(tip)"
before=$(commits)
cp "$F" "$T/a.zone"
ok "writing what is there" cp "$T/a.zone" "$F"
by 0 "is no commit"

# merged
before=$(commits)
cp "$F" "$T/a.zone"
echo 300 IN A 192.0.2.111 >"$H/t1/A"
rm "$H/t2/A"
sed -i 's/192\.0\.2\.13/192.0.2.113/' "$T/a.zone"
ok "an older text" cp "$T/a.zone" "$F"
is "its change is in" "$(cat "$H/t3/A")" "300 IN A 192.0.2.113"
is "another's stays" "$(cat "$H/t1/A")" "300 IN A 192.0.2.111"
not_ok "a deletion that waited stays" test -e "$H/t2/A"
by 3 "three changes are three commits"
before=$(commits)
echo 300 IN A 192.0.2.211 >"$H/t1/A"
cp "$T/a.zone" "$T/b.zone"
sed -i 's/^\(t1\.example.*\)192\.0\.2\.11$/\1192.0.2.99/' "$T/b.zone"
not_ok "both changed the same" cp "$T/b.zone" "$F"
has "it is stale" "$T/err" 'Stale file handle'
has "errors tells which" "$M/errors" 'changed meanwhile by others, too: .*t1 A'
ok "the text is kept" grep -q '^t1.example.com.*192.0.2.99$' "$F.rejected"
ok "renamed onto it is as stale" sh -c "cp $T/b.zone $Z/b~ && ! mv $Z/b~ $F"
is "and told of once, though the kernel asks twice" "$(grep -c 'changed meanwhile by others' "$M/errors")" 2
rm "$Z/b~"
is "the other's stays" "$(cat "$H/t1/A")" "300 IN A 192.0.2.211"
sed -i 's/^\(t1\.example.*\)192\.0\.2\.99$/\1192.0.2.11/' "$F.rejected"
ok "mended, it is renamed onto it" mv "$F.rejected" "$F"
by 1 "and was merged still: the only commit is the one of t1"
is "the other's stays after it" "$(cat "$H/t1/A")" "300 IN A 192.0.2.211"

# replaced
before=$(commits)
grep -v '^x4' "$F" | tail -n +2 >"$T/c.zone"
ok "without its first line" cp "$T/c.zone" "$F"
by 1 "is one commit too"
not_ok "what it does not name is deleted" test -e "$H/x41"
is "the rest stays" "$(cat "$H/t1/A")" "300 IN A 192.0.2.211"
before=$(commits)
head -n 10 "$T/c.zone" >"$T/d.zone"
not_ok "less than the guard lets go" cp "$T/d.zone" "$F"
has "is not permitted" "$T/err" 'Operation not permitted'
has "errors has the command" "$M/errors" 'zonefiles/main/example.com.zone: .*apex force'
not_ok "a text with a mistake" sh -c "sed 's/192.0.2.14/192.0.2.1444/' $T/c.zone | cp /dev/stdin $F"
has "is a bad message" "$T/err" 'Bad message'
has "errors has the line" "$M/errors" 'example.com.zone:[0-9]+:.*192.0.2.1444'
not_ok "an empty text is no zone" sh -c "printf '; nothing\n' | cp /dev/stdin $F"
ok "truncating alone" sh -c ": > $F"
by 0 "none of these is a commit"
tail -n +2 "$F" | grep -v SOA >"$T/shown"
grep -v SOA "$T/c.zone" >"$T/wanted"
ok "it shows what is committed" cmp "$T/shown" "$T/wanted"

# who writes folders of zones, and editors
before=$(commits)
cat >"$T/writer.py" <<'PY'
import sys
for name, text in zip(sys.argv[1::2], sys.argv[2::2]):
    with open(name, "w") as f:
        f.write("\n".join(open(text).read().splitlines()) + "\n")
PY
printf '$TTL 300\n@ IN SOA ns1.example.com. host 7 3600 600 86400 300\n@ NS ns1.example.com.\nwww A 192.0.2.1\n' >"$T/u.zone"
sed 's/192\.0\.2\.15/192.0.2.115/' "$T/c.zone" >"$T/e.zone"
tail -n +2 "$Z/other.test.zone" >"$T/o.zone"
ok "truncate, write, close, zone after zone" python3 "$T/writer.py" "$F" "$T/e.zone" "$Z/other.test.zone" "$T/o.zone" \
	"$Z/unborn.test.zone" "$T/u.zone"
by 1 "the zone that changed has a commit"
is "the one that did not has none" "$(apex --zone other.test log --oneline | wc -l)" 1
is "the one without has its first" "$(apex --zone unborn.test show @ SOA | awk '{print $7; exit}')" 7
is "its records are there" "$(cat "$M/zones/unborn.test/heads/main/www/A")" "300 IN A 192.0.2.1"
writes() { /usr/bin/python3 "$(dirname "$0")/folder_writers.py" "$@"; }
if /usr/bin/python3 -c "import dns" 2>/dev/null; then
	before=$(commits)
	not_ok "serials by the clock, where they were counted" writes octodns "$Z" example.com t3 A 192.0.2.200
	has "are a leap that is asked about" "$T/err" 'not permitted'
	by 0 "and no commit"
	plan=$(sed -n 's/.*apex force //p' "$M/errors" | tail -1)
	ok "until somebody means it" apex force "$plan"
	for tool in octodns dnscontrol; do
		n=$((${n:-20} + 1))
		before=$(commits)
		ok "as $tool writes" writes $tool "$Z" example.com t3 A "192.0.2.$n"
		by 1 "is one commit"
		is "of the record it changed" "$(cat "$H/t3/A")" "300 IN A 192.0.2.$n"
		not_ok "a mistake as $tool writes it" writes $tool "$Z" example.com t3 A 192.0.2.999
		has "fails for it" "$T/err" 'Bad message'
		by 1 "and is no commit"
	done
	ok "dnscontrol again, nothing changed" writes dnscontrol "$Z" example.com
	by 1 "is no commit"
fi
n=30
before=$(commits)
ok "sed -i.bak" sed -i.bak 's/192\.0\.2\.16/192.0.2.116/' "$F"
by 1 "one commit by sed -i.bak"
ok "its copy is there" grep -q 192.0.2.16 "$F.bak"
before=$(commits)
ok "perl -i.bak" perl -i.bak -pe 's/192\.0\.2\.17/192.0.2.117/' "$F"
by 1 "one commit by perl -i.bak"
before=$(commits)
sed 's/192\.0\.2\.18/192.0.2.118/' "$F" >"$T/f.zone"
ok "install" install -m 644 "$T/f.zone" "$F"
by 1 "one commit by install"
before=$(commits)
sed 's/192\.0\.2\.19/192.0.2.119/' "$F" >"$T/f.zone"
ok "mv from elsewhere" mv "$T/f.zone" "$F"
by 1 "one commit by mv"
before=$(commits)
sed 's/192\.0\.2\.20/192.0.2.120/' "$F" >"$T/example.com.zone"
ok "rsync" rsync -a "$T/example.com.zone" "$Z/"
by 1 "one commit by rsync"
before=$(commits)
ok "rm leaves the zone alone" rm "$F"
by 0 "no commit by rm"
soon "and its name is back" 3 test -e "$F"
is "with its text" "$(head -c 73 "$F")" "; commit $(tip)"
if command -v vim >/dev/null; then
	for option in backupcopy=auto backupcopy=yes backupcopy=no nowritebackup; do
		before=$(commits)
		n=$((n + 1))
		ok "vim $option" vim -N -u NONE -es -c "set $option" -c "%s/^t11.example.com. 300 IN A .*/t11.example.com. 300 IN A 192.0.2.$n/" \
			-c wq "$F"
		by 1 "one commit by vim $option"
		is "of vim's text" "$(cat "$H/t11/A")" "300 IN A 192.0.2.$n"
	done
fi
rm -f "$Z"/*.bak
is "nothing is left beside" "$(ls -A -m "$Z")" "example.com.zone, other.test.zone, unborn.test.zone"
before=$(commits)
ok "protect" apex protect main
not_ok "a protected branch" sh -c "echo x >> $F"
has "is read-only" "$T/err" 'Read-only'
by 0 "nothing of it is committed"
ok "another branch goes on" sed -i 's/192\.0\.2\.14/192.0.2.114/' "$M/zonefiles/side/example.com.zone"
is "its record" "$(cat "$M/heads/side/t4/A")" "300 IN A 192.0.2.114"
sound
unmount_it
