#!/bin/sh
# Keys, signed commits and tags: who signed is who is trusted, by the files of whoever verifies.
# shellcheck disable=SC2016,SC2154
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/zone.lib.sh"
cd "$T" || exit 1
HOME=$T XDG_CONFIG_HOME=$T/config
export HOME XDG_CONFIG_HOME
small_zone >small.zone
apex init example >out && apex import small.zone >out || fail setup

ok "keygen__makes_a_pair" apex keygen ann --name 'Ann of the team'
is "keygen__secret_is_its_owners" "$(stat -c %a ann)" 600
has "keygen__public_line" ann.pub '^ed25519 [0-9a-f]{64} Ann of the team$'
cp ann ann.kept
status 1 "keygen__never_overwrites" apex keygen ann
has "keygen__never_overwrites_says_so" err 'never overwritten'
is "keygen__left_it_as_it_was" "$(cat ann)" "$(cat ann.kept)"
touch half.pub
status 1 "keygen__never_overwrites_a_public_key" apex keygen half
not_ok "keygen__leaves_no_half" test -e half
ok "keygen__at_the_usual_place" apex keygen
is "keygen__usual_place_is_private" "$(stat -c %a config/apex/key)" 600
has "keygen__names_the_author" config/apex/key.pub 'Test Author <test@example>$'
apex keygen bob --name Bob >out

status 1 "verify__unsigned" apex verify main --key ann.pub
has "verify__unsigned_is_named" err "commit $(tip_of): unsigned\$"
status 2 "verify__whom_to_trust" apex verify main
before=$(apex cat-object main)
ok "sign__the_tip" apex sign-commit --key ann
is "sign__changes_no_id" "$(apex cat-object main)" "$before"
ok "verify__signed" apex verify main --key ann.pub
has "verify__says_who" out "^commit $(tip_of): good signature by Ann of the team\$"
status 1 "verify__foreign_key" apex verify main --key bob.pub
has "verify__foreign_key_is_told" err 'signed, but by no key that is trusted'
ok "sign__by_another_too" apex sign-commit main --key bob
ok "verify__by_either" apex verify --key bob.pub
ok "verify__two_files" apex verify --key ann.pub --key bob.pub
chmod 644 bob
status 7 "sign__with_a_secret_that_others_can_read" apex sign-commit --key bob
chmod 600 bob
status 1 "sign__with_no_key" apex sign-commit --key nothing
(umask 077; cp ann.pub public)
status 1 "sign__with_a_public_key" apex sign-commit --key public

first=$(tip_of)
apex set a A 300 1.1.1.1 >out && apex sign-commit --key ann >out
apex set a A 300 1.1.1.2 >out; bad=$(tip_of)
apex set a A 300 1.1.1.3 >out && ok "sign__with_the_usual_key" apex sign-commit
apex set a A 300 1.1.1.4 >out && APEX_KEY=ann apex sign-commit >out
cat ann.pub config/apex/key.pub >team
ok "verify__the_tip_of_a_chain" apex verify main --key team
status 1 "verify__chain_with_one_bad_commit" apex verify main --chain --key team
has "verify__chain_names_it" err "commit $bad: unsigned\$"
ok "verify__range_after_it" apex verify "$bad..main" --key team
has "verify__range_counts" out 'good signatures on all 2 commits$'
ok "sign__an_old_commit" apex sign-commit "$bad" --key ann
ok "verify__whole_chain" apex verify main --chain --key team
has "verify__whole_chain_counts" out 'good signatures on all 5 commits$'
status 1 "verify__chain_of_foreign_keys" apex verify main --chain --key ann.pub
ok "verify__an_old_one" apex verify "$first" --key team

# tags
ok "tag__light" apex tag light
ok "tag__with_a_message" apex tag v1 -a -m 'first release'
has "tag__object_is_shown" /dev/stdin '^tagger Test Author <test@example> [0-9]+\.[0-9]{9} ' <<X
$(apex cat-object v1)
X
ok "show__tag" apex show v1
is "show__tag_first" "$(sed -n '1p;2p;5p;7p' out)" "tag v1
Tagger: Test Author <test@example>
first release
commit $(tip_of) (HEAD -> main, tag: light, tag: v1)"
is "show__light_tag_is_its_commit" "$(apex show light | head -n 1 | cut -c 1-7)" "commit "
is "tag__object_names_the_commit" "$(apex cat-object v1 | sed -n 's/^object //p')" "$(tip_of)"
is "tag__is_a_revision" "$(apex log --porcelain v1 -n 1 | cut -f 1)" "$(tip_of)"
status 2 "tag__annotated_without_a_message" apex tag v2 -a
status 1 "tag__twice" apex tag v1 -m again
status 1 "tag__unsigned_is_told" apex verify v1 --key team
has "tag__unsigned_is_named" err 'tag v1: unsigned'
ok "tag__signed" apex tag -s v2 "$first" -m 'signed' --key ann
ok "verify__a_tag" apex verify v2 --key team
has "verify__a_tag_says_who" out '^tag v2: good signature by Ann of the team$'
status 1 "verify__a_tag_by_a_foreign_key" apex verify v2 --key bob.pub
status 1 "tag__signed_without_a_key_is_no_tag" apex tag -s v3 --key nothing
is "tag__list" "$(apex tag -l | tr '\n' ' ')" "light v1 v2 "
is "tag__list_of_a_pattern" "$(apex tag -l 'v?' | tr '\n' ' ')" "v1 v2 "
is "tag__list_of_two_patterns" "$(apex tag --list '*1' 'l[a-z]*' nothing | tr '\n' ' ')" "light v1 "
ok "tag__list_of_a_pattern_that_matches_nothing" apex tag -l 'w*'
is "tag__list_of_a_pattern_makes_no_tag" "$(apex tag | wc -l)" 3
status 2 "tag__list_makes_none" apex tag -l v4 -m text
status 2 "tag__three_words" apex tag v4 main more
ok "tag__deleted" apex tag -d v1
has "tag__deleted_says_what_it_was" out "^Deleted tag v1 \(was [0-9a-f]{12}\)\$"
ok "tag__light_deleted" apex tag -d light
status 1 "tag__deleted_twice" apex tag -d v1
is "tag__list_is_shorter" "$(apex tag)" v2
ok "fsck__finds_nothing" apex fsck
