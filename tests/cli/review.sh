#!/bin/sh
# A change goes to a protected branch through propose, review and approve, and no other way.
# shellcheck disable=SC2016,SC2154
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/zone.lib.sh"
apex init example >"$T/out"
small_zone | apex import - >"$T/out"
apex branch fix
apex --branch fix set api A 300 9.9.9.9 >"$T/out"
apex --branch fix set new A 300 5.6.7.8 >"$T/out"
ok "propose__a_branch" apex propose new-api --from fix
has "propose__says_how_to_look" "$T/out" 'apex review new-api'
is "review__lists_proposals_as_json" "$(apex review --json | python3 -c 'import json, sys
for p in json.load(sys.stdin): print(p["proposal"], p["commit"])')" "$(apex review | cut -d ' ' -f 1) $(apex log --porcelain -1 "$(apex review | cut -d ' ' -f 2)" | cut -f 1)"
is "review__lists_proposals" "$(apex review | cut -d ' ' -f 1)" new-api
status 1 "review__of_no_proposal" apex review nope
status 1 "propose__of_no_revision" apex propose x --from nope
status 2 "review__of_a_branch_that_is_none" apex review new-api --onto main

apex set ns1 A 300 192.0.2.54 >"$T/out"
apex protect main
ok "review__a_proposal" apex review new-api
has "review__shows_what_would_change" "$T/out" '^~ api A 300 1\.2\.3\.4 -> 9\.9\.9\.9$'
is "review__shows_no_newer_edit_backwards" "$(grep -c '^[-+~T] ' "$T/out")" 2
hash=$(sed -n 's/^review *\([0-9a-f]*\), .*/\1/p' "$T/out")
has "review__says_whose_approval_counts" "$T/out" '^review .*, whoever approves publishes it$'
is "review__has_a_hash" "$(printf %s "$hash" | wc -c)" 12
apex review new-api --json >"$T/json"
ok "review__json" python3 -c '
import json, sys
d = json.load(open(sys.argv[1]))
assert d["review"].startswith(sys.argv[2]) and d["branch"] == "main" and d["needed"] == 0 and len(d["changes"]) == 2
' "$T/json" "$hash"
status 7 "merge__of_a_protected_branch" apex merge fix
status 5 "approve__expects_another_review" apex approve new-api --expect 0123456789ab
before=$(tip_of)
ok "approve__as_reviewed" apex approve new-api --expect "$hash"
has "approve__tells_the_merge" "$T/out" '^\[main [0-9a-f]{12}\] Merge proposal new-api into main$'
is "approve__the_merge_keeps_what_others_did" "$(apex show ns1 A | awk '{print $5}')" 192.0.2.54
is "approve__and_has_the_proposal" "$(apex show api A | awk '{print $5}')" 9.9.9.9
is "approve__its_first_parent_is_the_tip" "$(apex cat-object main | sed -n 's/^parent //p' | head -n 1)" "$before"
has "approve__names_the_approver" /dev/stdin "^ *Approved-by: $(id -un) \(uid $(id -u)\)\$" <<X
$(apex log -n 1)
X
is "approve__closes_the_proposal" "$(apex review)" ""
is "log__of_an_rrset_follows_the_merge_to_its_commit" \
	"$(apex log --oneline -n 1 -- api A | cut -d ' ' -f 2-)" "api A: 1.2.3.4 -> 9.9.9.9"
is "log__graph_draws_the_merge" "$(apex log --graph --oneline | sed -n '2p' | tr '\134' /)" '|/'

apex --branch fix set api A 300 7.7.7.7 >"$T/out"
apex propose clash --from fix >"$T/out"
apex protect main --off
apex set api A 300 8.8.8.8 >"$T/out"
status 5 "review__a_conflict" apex review clash
has "review__a_conflict_is_named" "$T/out" 'CONFLICT both-modified api A'
has "review__a_conflict_says_how_to_go_on" "$T/err" 'merge the branch into what is proposed, then propose it again'
status 5 "approve__a_conflict" apex approve clash
ok "propose__withdrawn" apex propose clash --withdraw
status 1 "approve__what_was_withdrawn" apex approve clash

apex branch ahead main
apex --branch ahead set ff A 300 1.1.1.1 >"$T/out"
apex propose ff --from ahead >"$T/out"
ok "approve__without_protection_fast_forward" apex approve ff
is "approve__it_is_the_very_commit" "$(tip_of)" "$(apex --branch ahead status --porcelain | sed -n 's/^tip //p')"

apex keygen "$T/key" >"$T/out"
apex protect main --signed
is "protect__signed_is_listed" "$(apex protect)" "main review=0 signed"
apex --branch ahead set sig A 300 1.1.1.1 >"$T/out"
apex propose sig --from ahead >"$T/out"
status 7 "approve__an_unsigned_merge_is_not_taken" apex approve sig
ok "approve__signs_the_merge" apex approve sig --key "$T/key"
ok "approve__its_signature_is_good" apex verify main --key "$T/key.pub"
apex log -n 2 --show-signature --key "$T/key.pub" >"$T/out"
has "log__shows_signatures" "$T/out" '^Signature: good, by '
has "log__shows_that_there_is_none" "$T/out" '^Signature: none$'
apex keygen "$T/other" >"$T/out"
has "log__shows_foreign_signatures" /dev/stdin '^Signature: by a key that is not trusted$' <<X
$(apex log -n 1 --show-signature --key "$T/other.pub")
X
apex protect main --off
apex branch --json >"$T/json"
ok "branch__json" python3 -c '
import json, sys
d = {b["branch"]: b for b in json.load(open(sys.argv[1]))}
assert set(d) == {"main", "fix", "ahead"} and d["main"]["head"] and len(d["fix"]["tip"]) == 64 and d["fix"]["serial"]
' "$T/json"

# keys of several persons behind one account
for k in ann bob eve; do apex keygen "$T/$k" --name "$k" >"$T/out"; done
cat "$T/ann.pub" "$T/bob.pub" >"$T/team.pub"
ok "protect__names_keys" apex protect main --review 1 --key "$T/team.pub"
apex protect >"$T/out"
has "protect__lists_keys" "$T/out" '^  key ed25519 [0-9a-f]{64} ann$'
apex branch keyed main
apex --branch keyed set keyed A 300 1.1.1.1 >"$T/out"
ok "propose__by_key" apex propose keyed --from keyed --key "$T/ann"
status 7 "approve__by_a_key_that_may_not" apex approve keyed --key "$T/eve"
ok "approve__by_the_proposers_key" apex approve keyed --key "$T/ann"
has "approve__by_the_proposers_key_does_not_count" "$T/out" '^approved by 0 of 1: ann \(by key, uid'
apex review keyed --json >"$T/json"
ok "review__json_tells_keys" python3 -c 'import json, sys; assert json.load(open(sys.argv[1]))["approvals"][0]["key"]' "$T/json"
ok "approve__by_another_key" apex approve keyed --key "$T/bob"
has "approve__by_another_key_is_named" /dev/stdin 'Approved-by: bob \(uid [0-9]+, key [0-9a-f]{12}\)$' <<X
$(apex log -n 1)
X
ok "approve__signed_the_merge" apex verify main --key "$T/bob.pub"
apex protect main --off

# Two persons: only root can be somebody else.
as() { uid=$1; shift; setpriv --reuid="$uid" --regid=65534 --clear-groups env APEX_AUTHOR_NAME=root "$APEX_BUILD/apex" "$@"; }
chmod 755 "$T" && chmod -R a+rwX "$APEX_REPO"
if [ "$(id -u)" != 0 ] || ! as 12345 status >"$T/out" 2>&1; then
	echo "skip approvals by several users: not root, or the programs are not theirs to run"
	exit 0
fi
apex protect main --review 2
apex --branch ahead set two A 300 2.2.2.2 >"$T/out"
as 12345 propose two --from ahead >"$T/out"
ok "approve__by_the_proposer" as 12345 approve two
has "approve__by_the_proposer_does_not_count" "$T/out" '^approved by 0 of 2: .*uid 12345, who proposed it\)$'
ok "approve__by_another" as 12346 approve two
has "approve__by_another_counts" "$T/out" '^approved by 1 of 2: '
ok "approve__by_another_twice" as 12346 approve two
has "approve__by_another_twice_counts_once" "$T/out" '^approved by 1 of 2: '
status 7 "approve__not_yet_published" apex set x A 300 1.1.1.1
ok "approve__the_last_one" apex approve two
is "approve__the_last_one_publishes" "$(apex show two A | awk '{print $5}')" 2.2.2.2
is "approve__names_users_and_not_what_the_environment_says" "$(apex log -n 1 | grep -c 'Approved-by: .*(uid \(0\|12345\|12346\))$')" 3
ok "fsck" apex fsck
