#!/bin/sh
# stage/NAME: a private copy to edit at leisure. Many saves, one commit; merged onto the tip, refused whole on
# conflict; it survives a crash.
. "$(dirname "$0")/common.sh"
make_zone
apex branch side >/dev/null
mount_it
S=$M/stage/new
by() { is "$2" "$(($(commits) - before))" "$1"; }

is "there is none" "$(ls -A "$M/stage")" ""
ok "mkdir makes one" mkdir "$S"
is "it is listed" "$(ls -A "$M/stage")" "new"
not_ok "but once" mkdir "$S"
not_ok "not under an odd name" mkdir "$M/stage/a b"
not_ok "nor of a branch that is not there" mkdir "$M/stage/x@nowhere"
has "errors tells" "$M/errors" 'stage/x@nowhere: nowhere has no commit to begin a stage at'
ok "it holds what the branch has" diff -r "$H" "$S"
is "its control files are not listed" "$(find "$S" -maxdepth 1 -name ".*" ! -path "$S")" ""
has "nothing would change" "$S/.status" '^; nothing would change$'

before=$(commits)
echo 300 IN A 9.9.9.9 >"$S/api/A"
sed -i 's/192\.0\.2\.11/192.0.2.111/' "$S/t1/A"
mkdir "$S/fresh" && echo '"text"' >"$S/fresh/TXT"
rm -r "$S/t2"
by 0 "many saves make no commit"
is "the branch has none of it" "$(cat "$H/api/A")" "300 IN A 1.2.3.4"
is "the stage has" "$(cat "$S/api/A")" "300 IN A 9.9.9.9"
cat "$S/.status" >"$T/status"
has "status tells what changed" "$T/status" '^~ api A 300 1.2.3.4 -> 9.9.9.9$'
has "what came" "$T/status" '^\+ fresh TXT 300 "text"$'
has "what went, at once" "$T/status" '^- t2 A 300 192.0.2.12$'
is "and nothing else" "$(grep -vc '^;' "$T/status")" 4
not_ok "a bad text is refused here already" sh -c "echo 300 IN A 1.2.3.444 >$S/api/A"
ok "its text is kept" test -e "$S/api/A.rejected"
has "errors has the path" "$M/errors" 'stage/new/api/A: line 1'
ok "what only a zone check refuses is taken" sh -c "echo '300 IN CNAME @' >$S/api/CNAME"
before=$(commits)
not_ok "until it is committed" sh -c "echo message >$S/.commit"
has "then errors tells" "$M/errors" 'stage/new/.commit: .*CNAME'
by 0 "there is no commit"
is "nothing of it came" "$(cat "$H/t1/A")" "300 IN A 192.0.2.11"
rm "$S/api/CNAME"
before=$(commits)
echo 300 IN A 192.0.2.203 >"$H/t3/A"
has "status says that the branch moved" "$S/.status" '^; main has moved since'
ok "commit" sh -c "printf 'a message\n\nwith a body\n' >$S/.commit"
by 2 "is one commit, beside the branch's own"
is "with the message" "$(apex log -n 1 --porcelain | cut -f 5)" "a message"
apex log -n 1 >"$T/log"
has "all of it" "$T/log" 'with a body'
has "of who asked" "$T/log" '^Via: *fs uid='
is "the branch has it at once" "$(cat "$H/api/A" "$H/t1/A" "$H/fresh/TXT")" \
	"$(printf '300 IN A 9.9.9.9\n300 IN A 192.0.2.111\n300 IN TXT "text"')"
not_ok "deletions too" test -e "$H/t2/A"
is "what others did meanwhile stays" "$(cat "$H/t3/A")" "300 IN A 192.0.2.203"
ok "the stage begins anew at the tip" diff -r "$H" "$S"
has "with nothing to commit" "$S/.status" '^; nothing would change$'
before=$(commits)
ok "committing nothing" sh -c "echo again >$S/.commit"
by 0 "is no commit"

# conflicts
echo 300 IN A 192.0.2.104 >"$S/t4/A"
echo 300 IN A 192.0.2.105 >"$S/t5/A"
apex set t4 A 300 192.0.2.204 >/dev/null
has "status tells of a conflict" "$S/.status" '^; conflict: .*t4 A'
before=$(commits)
not_ok "it is refused" sh -c "echo message >$S/.commit"
has "as stale" "$M/errors" 'stage/new/.commit: changed on the branch meanwhile, too: t4 A'
by 0 "whole"
echo 300 IN A 192.0.2.204 >"$S/t4/A"
ok "taking the branch's settles it" sh -c "echo >$S/.commit"
by 1 "one commit"
is "of the rest" "$(apex log -n 1 --porcelain | cut -f 5)" "t5 A: 192.0.2.15 -> 192.0.2.105"

# what waits to be deleted on the branch was deleted before
echo 300 IN A 192.0.2.109 >"$S/t9/A"
rm "$H/t9/A"
not_ok "what was deleted on the branch is in conflict" sh -c "echo message >$S/.commit"
has "and errors says so" "$M/errors" 'stage/new/.commit: changed on the branch meanwhile, too: t9 A'
not_ok "it is deleted" apex show t9 A
rm "$S/t9/A"

# guards, and a crash
ok "rm -r in a stage" sh -c "rm -r $S/x[45]*"
before=$(commits)
ok "an address" sh -c "echo 300 IN A 7.7.7.7 >$S/api/A"
ok "looking at the status saves what waits" grep -q '^- x41 A' "$S/.status"
kill -KILL "$fs"
wait "$fs" 2>/dev/null
fusermount3 -u -z "$M"
mount_it
is "a crash leaves it" "$(ls -A "$M/stage")" "new"
is "with what was saved" "$(cat "$S/api/A")" "300 IN A 7.7.7.7"
ok "deletions that were saved stay" sh -c "! test -e $S/x41"
ok "more" sh -c "rm -r $S/x[67]*"
not_ok "too much for the guard" sh -c "echo >$S/.commit"
has "whose plan can be forced" "$M/errors" 'stage/new/.commit: .*apex force'
by 0 "nothing is committed"
ok "rmdir discards all" rmdir "$S"
is "it is gone" "$(ls -A "$M/stage")" ""
ok "another of that name" mkdir "$S"
not_ok "no NUL in a message" sh -c "printf 'a\\0b' >$S/.commit"
has "errors tells" "$M/errors" 'stage/new/.commit: a NUL byte'
ok "its .commit can be truncated as editors do" truncate -s 0 "$S/.commit"
ok "to no effect" truncate -s 1T "$S/.commit"
is "its .status can not" "$(LC_ALL=C truncate -s 0 "$S/.status" 2>&1 | sed 's/.*: //')" "Read-only file system"
ok "begins at the branch" diff -r "$H" "$S"
rmdir "$S"

# another branch, another zone
ok "NAME@BRANCH" mkdir "$M/stage/s@side"
is "is called so" "$(ls "$M/stage")" "s@side"
before=$(commits)
main=$(apex log -n 1 --porcelain | cut -f 1)
echo 300 IN A 6.6.6.6 >"$M/stage/s@side/api/A"
ok "it commits" sh -c "echo to side >$M/stage/s@side/.commit"
is "to its branch" "$(cat "$M/heads/side/api/A")" "300 IN A 6.6.6.6"
is "and no other" "$(apex log -n 1 --porcelain | cut -f 1)" "$main"
rmdir "$M/stage/s@side"
apex zone add other.test --ns ns1.example.com. >/dev/null 2>&1
ok "in another zone" mkdir "$M/zones/other.test/stage/z"
echo 300 IN A 192.0.2.1 >"$M/zones/other.test/stage/z/A"
ok "it commits there" sh -c "echo >$M/zones/other.test/stage/z/.commit"
is "to that zone" "$(cat "$M/zones/other.test/heads/main/A")" "300 IN A 192.0.2.1"

# restore
before=$(commits)
rsync -a "$H/" "$T/backup/"
tree=$(apex cat-object main | sed -n 's/^tree //p')
sleep 1.1 # rsync tells a changed file of equal size by its second
echo 300 IN A 192.0.2.99 >"$H/t6/A"
rm "$H/t7/A"
echo 300 IN A 192.0.2.98 >"$H/t8/A"
mkdir "$M/stage/r"
ok "rsync --delete into a stage" rsync -a --delete "$T/backup/" "$M/stage/r/"
before=$(commits)
ok "one commit" sh -c "echo restore >$M/stage/r/.commit"
by 1 "restores"
is "the very tree" "$(apex cat-object main | sed -n 's/^tree //p')" "$tree"
rmdir "$M/stage/r"
ok "protect" apex protect main
mkdir "$M/stage/p"
ok "a stage of a protected branch is written to" sh -c "echo 300 IN A 5.5.5.5 >$M/stage/p/api/A"
not_ok "and not committed" sh -c "echo >$M/stage/p/.commit"
has "which errors tells" "$M/errors" 'stage/p/.commit: .*protected'
sound
unmount_it
