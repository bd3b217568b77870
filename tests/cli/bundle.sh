#!/bin/sh
# A bundle carries branches and tags to another repository with the very ids; what was altered does not come in; an
# index can be made anew.
# shellcheck disable=SC2016,SC2154
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/zone.lib.sh"
cd "$T" || exit 1
small_zone >small.zone
apex init example >out && apex import small.zone >out || fail setup
for i in 1 2 3 4 5; do apex set "h$i" A 300 192.0.2.$i >out; done
apex set big TXT 300 "$(seq -s ' ' 1 400)" >out
apex delete h2 >out
apex checkout -b side >out
apex set onside A 300 192.0.2.1 >out
apex checkout main >out
apex set onmain A 300 192.0.2.1 >out
apex merge side >out
apex tag -a v1 -m 'a tag object' main~1 >out
apex tag plain main~2
apex keygen "$T/key" >out
apex sign-commit main --key key >out
other() { apex --repo other "$@"; }

ok "create__a_branch" apex bundle create one.bundle
has "create__tells" out '^one.bundle: 1 ref, 11 commits, [0-9]+ bytes$'
ok "create__all" apex bundle create all.bundle --all
has "create__all_tells" out ': 4 refs, '
status 1 "create__no_such_branch" apex bundle create x.bundle nosuch
is "create__nothing_is_left_of_it" "$(find . -maxdepth 1 -name 'x.bundle*')" ""
ok "create__to_standard_output" sh -c '"$APEX_BUILD/apex" bundle create - --all | cmp - all.bundle'

ok "verify__by_a_repository_without_the_zone" sh -c '"$APEX_BUILD/apex" --repo other init elsewhere && "$APEX_BUILD/apex" --repo other bundle verify all.bundle'
has "verify__tells" out ' 4 refs, 11 commits to come'
is "verify__wrote_nothing" "$(other zone list)" '* elsewhere.'
ok "import" other bundle import all.bundle
for rev in main side v1 plain; do
	is "import__same_commit_$rev" "$(other --zone example log --porcelain $rev)" "$(apex log --porcelain $rev)"
done
is "import__same_zone" "$(other --zone example export)" "$(apex export)"
is "import__same_blame" "$(other --zone example blame)" "$(apex blame)"
is "import__same_log_of_a_deleted_name" "$(other --zone example log --oneline -- h2 A)" "$(apex log --oneline -- h2 A)"
ok "import__tag_object" other --zone example cat-object v1
has "import__tag_object_has_its_message" out '^a tag object$'
ok "import__signatures" other --zone example verify main --key key.pub
ok "import__fsck" other fsck
ok "import__again_is_nothing" other bundle import all.bundle
has "import__again_says_so" out ' 0 commits, 11 that are here already'

# only what is new
last=$(tip_of)
apex set new A 300 192.0.2.9 >out
ok "create__since" apex bundle create new.bundle --since "$last"
has "create__since_is_short" out ' 1 commit,'
ok "import__since_moves_the_branch" other bundle import new.bundle
has "import__since_tells" out '^\[example.:main [0-9a-f]{12}\] '
is "import__since_is_there" "$(other --zone example export)" "$(apex export)"
ok "init__third" apex --repo third init elsewhere
echo 'no bundle' >nothing.bundle
status 1 "import__what_is_no_bundle" apex bundle import nothing.bundle
has "import__what_is_no_bundle_is_named" err '^apex: nothing.bundle: this is no bundle of apexfs'
status 1 "import__without_what_it_builds_on" apex --repo third bundle import new.bundle
has "import__names_what_is_lacking" err "commit $(echo "$last" | cut -c 1-12): the bundle builds on it"

# diverged
apex set a A 300 192.0.2.1 >out
other --zone example set b A 300 192.0.2.2 >out
apex bundle create div.bundle >out
status 5 "import__diverged" other bundle import div.bundle
has "import__diverged_names_the_branch" err 'heads/main has diverged.*--prefix'
is "import__diverged_changed_nothing" "$(other --zone example show a A 2>/dev/null)" ""
ok "import__prefix" other bundle import div.bundle --prefix theirs-
ok "import__prefix_merges" other --zone example merge theirs-main
is "import__both_are_there" "$(other --zone example export | grep -c '^[ab]\.')" 2
ok "import__ahead_is_nothing" other bundle import one.bundle

# guards and protection stand here too
other --zone example config guard.names api
apex reset --hard "$last" >out
apex set api A 300 9.9.9.9 >out
apex bundle create api.bundle >out
apex --repo guarded init elsewhere >out
apex --repo guarded bundle import new.bundle >out 2>&1
apex --repo guarded bundle import one.bundle >out
apex --repo guarded --zone example config guard.names api
status 4 "import__guard" apex --repo guarded bundle import api.bundle
plan=$(grep -oE '[0-9a-f]{12}' err | tail -n 1)
ok "import__guard_can_be_forced" apex --repo guarded force "$plan"
is "import__guard_forced_is_there" "$(apex --repo guarded --zone example show api A | awk '{print $5}')" 9.9.9.9
apex --repo guarded --zone example protect main
apex set api A 300 9.9.9.8 >out
apex bundle create api2.bundle >out
status 7 "import__protected_branch" apex --repo guarded bundle import api2.bundle

# altered on the way
n=$(wc -c <all.bundle)
bad=0
for i in $(seq 1 40); do
	cp all.bundle bad.bundle
	at=$((i * n / 41))
	printf '\377' | dd of=bad.bundle bs=1 seek=$at conv=notrunc 2>/dev/null
	cmp -s bad.bundle all.bundle && continue
	apex --repo third bundle import bad.bundle >out 2>err && bad=$((bad + 1))
done
is "altered__none_came_in" "$bad" 0
for cut in 0 1 15 16 17 100 $((n - 1)); do
	head -c "$cut" all.bundle >bad.bundle
	status 1 "altered__cut_at_$cut" apex --repo third bundle import bad.bundle
done
# somebody who knows how an end is made
python3 - <<'PY'
import hashlib
b = bytearray(open("all.bundle", "rb").read())
at = b.index(b"\xc0\x00\x02\x03")  # 192.0.2.3
b[at + 3] = 99
body = bytes(b[:-34])
open("forged.bundle", "wb").write(body + b"E\x20" + hashlib.blake2b(body, digest_size=32).digest())
PY
status 1 "altered__with_a_true_end" apex --repo third bundle import forged.bundle
has "altered__with_a_true_end_is_found_by_the_tree" err 'does not come to its tree'
is "altered__left_no_zone" "$(apex --repo third zone list)" '* elsewhere.'

# pruned history
apex config gc.days 0
apex config gc.commits 2
apex prune --treeless --before now >out
ok "pruned__treeless_can_be_carried" apex bundle create t.bundle main
ok "pruned__init" apex --repo fourth init elsewhere
ok "pruned__treeless_import" apex --repo fourth bundle import t.bundle
is "pruned__treeless_log" "$(apex --repo fourth --zone example log --porcelain)" "$(apex log --porcelain)"
ok "pruned__treeless_fsck" apex --repo fourth fsck
apex prune --shallow --before now >out
ok "pruned__shallow_can_be_carried" apex bundle create s.bundle main
ok "pruned__shallow_init" apex --repo fifth init elsewhere
ok "pruned__shallow_import" apex --repo fifth bundle import s.bundle
is "pruned__shallow_zone" "$(apex --repo fifth --zone example export)" "$(apex export)"
ok "pruned__shallow_fsck" apex --repo fifth fsck

# the index of commits
ok "repair__nothing_to_do" apex fsck --repair-index
has "repair__says_so" out '^repaired 0 entries$'
ok "fsck" apex fsck
