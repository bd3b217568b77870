#!/bin/sh
# log/BRANCH and diff/A..B: the same bytes as the command line prints, of any zone, as far as they are read.
. "$(dirname "$0")/common.sh"
make_zone
apex set api A 300 9.9.9.9 >/dev/null
apex branch side >/dev/null
mount_it
same() { "$@" >"$T/wanted" && cmp "$T/wanted" "$_path"; }
like() {
	_what=$1 _path=$2; shift 2
	ok "$_what" same "$@"
}
is "log/ lists the branches" "$(ls -m "$M/log")" "main, side"
is "diff/ lists nothing" "$(ls -A "$M/diff")" ""
like "log/main is apex log" "$M/log/main" apex log main
like "log/side is that of the branch" "$M/log/side" apex log side
like "diff/A..B is apex diff" "$M/diff/main~1..main" apex diff main~1 main
like "the other way round" "$M/diff/main..main~1" apex diff main main~1
like "by serial and by time" "$M/diff/serial:1..main@{now}" apex diff 'serial:1..main@{now}'
is "between equals nothing" "$(cat "$M/diff/main..main")" ""
not_ok "what is no revision is no file" cat "$M/diff/main..nowhere"
not_ok "a single revision is none either" cat "$M/diff/main"
not_ok "nor a branch that is not there" cat "$M/log/nowhere"
not_ok "nor an odd name" cat "$M/diff/..@{..$(printf '\001')"

echo 300 IN A 8.8.8.8 >"$H/api/A"
like "a save is in the log at once" "$M/log/main" apex log main
apex set api A 60 7.7.7.7 >/dev/null
like "and so is another process's commit" "$M/log/main" apex log main
is "as old as its branch" "$(stat -c %y "$M/log/main")" "$(stat -c %y "$H")"
is "read-only" "$(stat -c '%a %F' "$M/log/main")" "444 regular empty file"
not_ok "for everybody" sh -c "echo x >$M/log/main"
not_ok "nothing is made there" touch "$M/log/new"
not_ok "nothing is removed" rm -f "$M/log/main"
like "it is what it was" "$M/log/main" apex log main
mkdir "$M/heads/new"
is "a new branch has a log" "$(ls -m "$M/log")" "main, new, side"
grep -q 7.7.7.7 "$M"/log/* && pass "grep reads it" || fail "grep reads it"

# more than one read, and more than one buffer of the reader's
n=0
while [ $n -lt 60 ]; do
	n=$((n + 1))
	apex set "n$n" TXT 300 "$(printf '%0200d' $n)" -m "$(printf 'step %d\n\n%0900d' $n $n)" >/dev/null
done
ok "a long history was made" test "$(commits)" -ge 50
like "a long log is read in parts" "$M/log/main" apex log main
is "to its end by small pieces" "$(dd if="$M/log/main" bs=100 2>/dev/null | cksum)" "$(apex log main | cksum)"
is "from the middle" "$(dd if="$M/log/main" bs=1000 skip=40 2>/dev/null | cksum)" \
	"$(apex log main | dd bs=1000 skip=40 iflag=fullblock 2>/dev/null | cksum)"
head -n 3 "$M/log/main" >"$T/head"
apex log -n 1 main | head -n 3 >"$T/wanted"
ok "and left early" cmp "$T/wanted" "$T/head"
like "a long diff" "$M/diff/main~40..main" apex diff main~40 main

apex zone add other.test --ns ns1.example.com. >/dev/null 2>&1
like "another zone's log" "$M/zones/other.test/log/main" apex --zone other.test log main
not_ok "a revision of another zone is none of this one's" cat "$M/zones/other.test/diff/example.com.:main~1..main"
apex checkout side >/dev/null
like "HEAD is the reader's" "$M/log/side" apex log side
sound
unmount_it
