#!/bin/sh
# Keeping house: gc drops only what nothing needs, prune only what is old, repack and backup lose nothing, while others
# read, write, mount and serve; killed at any moment the repository is whole.
# shellcheck disable=SC2016,SC2154
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/zone.lib.sh"
cd "$T" || exit 1
small_zone >small.zone
apex init example >out && apex import small.zone >out || fail setup
for i in 1 2 3 4 5 6 7 8; do apex set "h$i" A 300 192.0.2.$i >out; done
value() { apex show "$@" 2>/dev/null | awk '{print $5}'; }
commits_there() { apex stat --json | python3 -c 'import json,sys; print(json.load(sys.stdin)["objects"]["commits"]["count"])'; }

# nothing that anything leads to
apex checkout -b side >out
for i in 1 2 3; do apex set "s$i" A 300 192.0.2.$i >out; done
side=$(apex status --porcelain | sed -n 's/^tip //p')
apex checkout main >out
apex branch -D side >out
before=$(apex log --porcelain; apex export)
ok "gc__young_log_entries_keep" apex gc
is "gc__a_deleted_branch_is_still_there" "$(value s3 A "$side")" 192.0.2.3
apex config gc.days 0
ok "gc__dry_run" apex gc -n
has "gc__dry_run_says_what" out '^would drop 3 commits, '
is "gc__dry_run_dropped_nothing" "$(value s3 A "$side")" 192.0.2.3
ok "gc__drops" apex gc
has "gc__says_what" out '^dropped 3 commits, [1-9][0-9]* nodes, .*; 9 commits kept$'
status 1 "gc__the_commit_is_gone" apex show s3 A "$side"
is "gc__main_is_as_it_was" "$(apex log --porcelain; apex export)" "$before"
ok "gc__fsck" apex fsck
ok "gc__reflog_of_the_deleted" apex reflog side
has "gc__reflog_says_what_is_gone" out 'side@\{1\} .* a commit that gc dropped$'
status 1 "gc__log_entry_of_the_gone" apex show @ SOA 'side@{1}'
ok "gc__again_there_is_nothing" apex gc
has "gc__again_says_so" out '^dropped 0 commits, 0 nodes'

# what roots there are: tag, proposal, reset, scheduled, plan
apex tag -a v1 -m 'a tag object' main~2 >out
apex branch tagged main~1 && apex --branch tagged set t A 300 192.0.2.9 >out
apex tag held tagged && apex branch -D tagged >out
apex branch prop main && apex --branch prop set p A 300 192.0.2.9 >out
apex propose change --from prop >out && apex branch -D prop >out
apex branch later main && apex --branch later set l A 300 192.0.2.9 >out
apex at '2099-01-01' merge later >out && apex branch -D later >out
ok "gc__roots" apex gc
has "gc__roots_keep" out '^dropped 0 commits'
is "gc__tag_keeps" "$(value t A held)" 192.0.2.9
ok "gc__proposal_keeps" apex review change
apex tag -d held >out
apex propose change --withdraw >out
apex at --cancel "$(apex at | cut -d ' ' -f 1)"
ok "gc__roots_gone" apex gc
has "gc__roots_gone_drop" out '^dropped 3 commits'
apex tag -d v1 >out
apex gc >out
is "gc__a_tag_object_goes_with_its_tag" "$(apex stat | awk '$1 == "tag" {print $3}')" 0
apex reset --hard main~3 >out
apex config gc.commits 1
apex gc >out
ok "gc__reset_is_in_the_log" apex show @ SOA 'main@{1}'
ok "gc__fsck_after_roots" apex fsck

# pins: a mount that stands in a commit, a daemon that serves one
apex branch pinned && apex --branch pinned set pin A 300 192.0.2.77 >out
pinned=$(apex --branch pinned status --porcelain | sed -n 's/^tip //p')
mkdir mnt
start apexfs "$APEX_BUILD/apexfs" -f "$APEX_REPO" mnt
fs=$pid
soon "pin__is_mounted" 20 test -e mnt/heads/main/SOA
# shellcheck disable=SC2094
( cd "mnt/commits/$pinned" && exec 9<pin/A && touch "$T/inside" && sleep 60 ) &
inside=$!
pids="$pids $inside"
soon "pin__somebody_stands_in_a_commit" 20 test -e inside
p=$(port)
apex branch served && apex --branch served set srv A 300 192.0.2.78 >out
served=$(apex --branch served status --porcelain | sed -n 's/^tip //p')
start apexd "$APEX_BUILD/apexd" --repo "$APEX_REPO" --listen "127.0.0.1:$p" --at "$served"
daemon=$pid
soon "pin__is_served" 20 sh -c "dig +short +tries=1 +time=1 @127.0.0.1 -p $p srv.example A | grep -qx 192.0.2.78"
apex branch -D pinned >out
apex branch -D served >out
is "pin__stat_counts_programs" "$(apex stat --json | python3 -c 'import json,sys; print(json.load(sys.stdin)["pins"])')" 2
ok "pin__gc" apex gc
has "pin__gc_leaves_them" out '^dropped 0 commits'
is "pin__what_the_mount_stands_in_is_there" "$(cat "mnt/commits/$pinned/pin/A")" '300 IN A 192.0.2.77'
kill $inside
wait $inside 2>/dev/null
fusermount3 -u mnt
wait "$fs"
kill -KILL "$daemon"
wait "$daemon" 2>/dev/null
# its keeper ends a moment after it
no_pins() { [ "$(apex stat --json | python3 -c 'import json,sys; print(json.load(sys.stdin)["pins"])')" = 0 ]; }
soon "pin__they_are_nobodys" 10 no_pins
ok "pin__gc_after_they_ended_and_one_was_killed" apex gc
has "pin__gc_drops_them_now" out '^dropped 2 commits'
is "pin__no_file_is_left" "$(find repo/pins -type f ! -name '.*' | wc -l)" 0

# treeless and shallow
apex config --unset gc.commits
apex config gc.commits 4
for i in 1 2 3 4 5 6 7 8; do apex set "n$i" A 300 192.0.2.$i >out; done
apex tag kept main~9
log=$(apex log --porcelain)
status 2 "prune__which" apex prune
apex gc >out
ok "treeless__young_is_kept" apex prune --treeless
has "treeless__young_says_so" out '^dropped 0 commits, 0 nodes'
ok "treeless" apex prune --treeless --before now
has "treeless__says_what" out '[1-9][0-9]* commits left without a tree'
is "treeless__log_is_whole" "$(apex log --porcelain)" "$log"
is "treeless__newest_are_whole" "$(value n5 A main~3)" 192.0.2.5
status 1 "treeless__old_can_not_be_looked_into" apex show n1 A main~6
has "treeless__says_why" err 'pruned'
ok "treeless__a_tag_can_be_looked_into" apex show @ SOA kept
ok "treeless__blame" apex blame n1 A
ok "treeless__log_of_a_name" apex log --oneline -- n1 A
ok "treeless__log_p" apex log -p
has "treeless__log_p_says_what_is_not_there" out 'what it changed was pruned'
ok "treeless__fsck" apex fsck
apex keygen key >out && apex sign-commit main --key key >out 2>&1
ok "treeless__new_commits_go_on" apex set after A 300 192.0.2.1
ok "shallow__dry" apex prune --shallow --before now -n
ok "shallow" apex prune --shallow --before now
has "shallow__says_what" out 'dropped [1-9][0-9]* commits.*history begins at [1-9][0-9]* commit'
ok "shallow__the_log_is_short" test "$(commits)" -lt "$(echo "$log" | wc -l)"
ok "shallow__blame_of_what_is_older" apex blame api A
ok "shallow__blame_of_the_zone" apex blame
ok "shallow__show_the_first" apex show "$(apex log --porcelain | tail -n 1 | cut -f 1)"
ok "shallow__fsck" apex fsck
ok "shallow__commits_go_on" apex set after2 A 300 192.0.2.1
apex branch b2 && apex --branch b2 set onb2 A 300 192.0.2.1 >out && apex set onmain A 300 192.0.2.1 >out
ok "shallow__merges_go_on" apex merge b2
ok "shallow__reverts_go_on" apex revert main~1
ok "shallow__fsck_after_that" apex fsck

# repack under readers and writers
before=$(apex export | grep -v SOA)
( i=0; while [ ! -e stop ]; do i=$((i + 1)); apex set "w$i" A 300 192.0.2.1 >>w.told 2>>w.err || echo "status $?" >>w.err; done ) &
writer=$!
p=$(port)
start apexd "$APEX_BUILD/apexd" --repo "$APEX_REPO" --listen "127.0.0.1:$p"
start apexfs "$APEX_BUILD/apexfs" -f "$APEX_REPO" mnt
soon "repack__is_mounted" 20 test -e mnt/heads/main/SOA
soon "repack__is_served" 20 sh -c "dig +short +tries=1 +time=1 @127.0.0.1 -p $p api.example A | grep -q ."
for i in 1 2 3; do ok "repack__with_a_writer_$i" apex repack; done
touch stop
wait $writer
is "repack__no_writer_was_refused" "$(cat w.err 2>/dev/null)" ""
is "repack__no_acknowledged_commit_is_lost" "$(apex log --porcelain | grep -c '	w[0-9]* A: ')" "$(grep -c '^\[' w.told)"
is "repack__nothing_else_changed" "$(apex export | grep -v -e SOA -e '^w[0-9]')" "$before"
ok "repack__through_the_mount_afterwards" sh -c 'echo 192.0.2.99 >mnt/heads/main/viafs/A 2>/dev/null || { mkdir -p mnt/heads/main/viafs && echo 192.0.2.99 >mnt/heads/main/viafs/A; }'
is "repack__the_mount_writes_to_the_new_store" "$(value viafs A)" 192.0.2.99
soon "repack__the_daemon_follows_the_new_store" 20 sh -c "dig +short +tries=1 +time=1 @127.0.0.1 -p $p viafs.example A | grep -qx 192.0.2.99"
apex set fromcli A 300 192.0.2.98 >out
soon "repack__the_mount_hears_of_it" 20 grep -q 192.0.2.98 mnt/heads/main/fromcli/A
is "repack__only_the_store_is_left" "$(ls repo)" "pins
store"
ok "repack__fsck" apex fsck
fusermount3 -u mnt

# killed at any moment
tree=$(tree_of)
for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
	"$APEX_BUILD/apex" repack >out 2>&1 &
	victim=$!
	sleep "$(awk -v i=$i 'BEGIN { printf "%.4f", i * 0.002 }')"
	kill -KILL $victim 2>/dev/null
	wait $victim 2>/dev/null
	apex set "k$i" A 300 192.0.2.1 >out 2>k.err || fail "kill__writing_goes_on_$i" "$(cat k.err)"
	apex delete "k$i" >out 2>k.err || fail "kill__deleting_goes_on_$i" "$(cat k.err)"
done
is "kill__repack_lost_nothing" "$(tree_of)" "$tree"
for i in 1 2 3 4 5 6; do
	apex branch "g$i" && apex --branch "g$i" set g A 300 192.0.2.1 >out && apex branch -D "g$i" >out
	"$APEX_BUILD/apex" gc >out 2>&1 &
	victim=$!
	sleep "$(awk -v i=$i 'BEGIN { printf "%.4f", i * 0.002 }')"
	kill -KILL $victim 2>/dev/null
	wait $victim 2>/dev/null
done
ok "kill__gc_goes_on" apex gc
ok "kill__fsck" apex fsck

# A repack is killed before the exchange; a writer makes it and is slow to remove what stood there; the next repack,
# slow too, must not lose to it what it makes in the same place.
slow() {
	_call=$1 _how=$2; shift 2
	ASAN_OPTIONS="detect_leaks=0:${ASAN_OPTIONS:-}" strace -f -o /dev/null -e "trace=$_call" -e "inject=$_call:$_how" "$APEX_BUILD/apex" "$@"
}
exchanged() { [ "$(stat -c %i slow/store)" != "$inode" ]; }
if command -v strace >/dev/null; then
	APEX_REPO=$T/slow # which no daemon follows: it would be the one that makes the exchange
	apex init example >out
	apex import small.zone >out
	whole=$(tree_of)
	inode=$(stat -c %i slow/store)
	slow renameat2 error=EIO:signal=KILL repack >out 2>&1
	slow unlink delay_enter=700000 set slow A 300 192.0.2.1 >out 2>slow.err &
	writer=$!
	soon "slow__the_writer_puts_the_copy_in_place" 20 exchanged
	ok "slow__repack" slow fdatasync delay_enter=1000000 repack
	wait $writer || fail "slow__the_writer" "$(cat slow.err)"
	ok "slow__deleting_goes_on" apex delete slow
	is "slow__nothing_was_lost" "$(tree_of)" "$whole"
	is "slow__only_the_store_is_left" "$(ls slow)" "pins
store"
	ok "slow__fsck" apex fsck
	APEX_REPO=$T/repo
fi
is "kill__gc_lost_nothing" "$(tree_of)" "$tree"

# a backup is a repository
ok "backup" apex backup copy
is "backup__has_the_same" "$(apex --repo copy export)" "$(apex export)"
ok "backup__fsck" apex --repo copy fsck
ok "backup__is_written_to_by_itself" apex --repo copy set only-there A 300 192.0.2.1
is "backup__is_another" "$(value only-there A)" ""
status 1 "backup__never_over_something" apex backup copy
is "backup__is_private" "$(stat -c %a copy copy/store copy/store/data.mdb | tr '\n' ' ')" '700 700 600 '

# watch
"$APEX_BUILD/apex" watch -n 3 >watched &
watcher=$!
soon "watch__is_there" 10 sh -c "ls -l /proc/$watcher/fd | grep -q inotify"
apex set watched A 300 192.0.2.1 >out
apex repack >out
apex config guard.ttl 1d
apex branch watched
wait $watcher
is "watch__a_line_each" "$(wc -l <watched)" 3
is "watch__what" "$(python3 -c '
import json
for line in open("watched"):
    o = json.loads(line)
    print(o["what"], o["ref"], "new" in o and len(o["new"]))')" "ref heads/main 64
setting config/guard.ttl False
ref heads/watched 64"
n=$(python3 -c 'import json; print(json.loads(open("watched").readline())["number"])')
is "watch__goes_on_from_a_number" "$(apex watch -n 2 --since "$n" | python3 -c '
import json, sys
print([json.loads(l)["number"] for l in sys.stdin])')" "[$((n + 1)), $((n + 2))]"
ok "stat" apex stat
has "stat__tells_readers" out '^readers +[0-9]+'
