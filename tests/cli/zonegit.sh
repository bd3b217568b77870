#!/bin/sh
# What a user of zonegit types, step by step as its README does, with `apex`; and where that tool breaks, ours does not.
# shellcheck disable=SC2016,SC2154
. "$(dirname "$0")/../lib.sh"
cd "$T" || exit 1
unset APEX_REPO
zg() { "$APEX_BUILD/apex" --repo ./.apex "$@"; }
z() { zg --zone foo.com. "$@"; }
ask() { dig @127.0.0.1 -p "$p" +short +tries=1 +time=2 "$@"; }
answers() { # NAME WANTED QUESTION...: within moments
	_n=$1 _w=$2; shift 2
	soon "$_n" 10 sh -c '[ "$(dig @127.0.0.1 -p '"$p"' +short +tries=1 +time=2 '"$*"' | tr "\n" " ")" = "'"$_w"' " ]'
}
address() { z show "$@" 2>/dev/null | awk '{print $5}'; }
serial() { z show @ SOA main | awk '{print $7}'; }

# 1. init, import
cat >foo.com.zone <<'ZONE'
$ORIGIN foo.com.
$TTL 300
@   IN SOA ns1.foo.com. admin.foo.com. 1 7200 3600 1209600 300
    IN NS  ns1.foo.com.
ns1 IN A   10.0.0.1
api IN A   1.2.3.4
www IN CNAME api.foo.com.
ZONE
ok "1__init" zg init foo.com.
ok "1__import" z import foo.com.zone -m "initial import"
has "1__import_tells" out '^\[main [0-9a-f]{12}\] initial import \(5 RRsets\)$'

# 2. serve
p=$(port)
start apexd "$APEX_BUILD/apexd" --repo ./.apex --listen "127.0.0.1:$p"
answers "2__dig" "1.2.3.4" api.foo.com. A
answers "2__dig_through_an_alias" "api.foo.com. 1.2.3.4" www.foo.com. A

# 3. change
ok "3__set_by_its_whole_name" z set api.foo.com. A 300 9.9.9.9 -m "failover to DR site"
answers "3__dig_at_once" "9.9.9.9" api.foo.com. A

# 4. history
ok "4__log" zg log
is "4__log_has_both" "$(zg log --oneline | cut -d ' ' -f 2- | sed 's/^(.*) //')" "failover to DR site
initial import"
is "4__diff" "$(zg diff HEAD~1 HEAD)" "~ api A 300 1.2.3.4 -> 9.9.9.9"
has "4__blame" /dev/stdin 'Test Author .*failover to DR site' <<X
$(zg blame api.foo.com. A)
X

# 5. time travel
is "5__show_at_a_revision" "$(zg show api.foo.com. A HEAD~1)" "api.foo.com. 300 IN A 1.2.3.4"

# 6. branch and merge
ok "6__branch" zg branch canary
ok "6__checkout" zg checkout canary
ok "6__set_on_it" z set api.foo.com. A 300 7.7.7.7 -m "canary: api -> 7.7.7.7"
has "6__set_on_it_tells_the_branch" out '^\[canary [0-9a-f]{12}\] '
is "6__main_is_served_still" "$(ask api.foo.com. A)" 9.9.9.9
ok "6__checkout_main" zg checkout main
ok "6__merge" z merge canary
answers "6__dig_after_the_merge" "7.7.7.7" api.foo.com. A
is "6__it_was_a_fast_forward" "$(zg log --porcelain canary | head -n 1 | cut -f 1)" "$(zg log --porcelain main | head -n 1 | cut -f 1)"

# 7. revert
before=$(serial)
ok "7__revert" z revert HEAD
answers "7__dig_after_the_revert" "9.9.9.9" api.foo.com. A
ok "7__serial_went_up" test "$(serial)" -gt "$before"

# 8. reset
before=$(serial)
ok "8__reset" z reset --hard HEAD~1
answers "8__dig_after_the_reset" "7.7.7.7" api.foo.com. A
ok "8__serial_went_up_though_it_went_back" test "$(serial)" -gt "$before"
is "8__secondaries_see_it" "$(ask foo.com. SOA | awk '{print $3}')" "$(serial)"

# 11. sign and verify
ok "11__keygen" zg keygen key
ok "11__sign" zg sign-commit main --key key
ok "11__verify" zg verify main --key key.pub
for c in $(zg log --porcelain | cut -f 1); do zg sign-commit "$c" --key key >out 2>&1; done
ok "11__verify_the_chain" zg verify --chain main --key key.pub
z set unsigned A 300 192.0.2.1 >out
bad=$(zg log --porcelain | head -n 1 | cut -f 1)
z set later A 300 192.0.2.2 >out
zg sign-commit main --key key >out
status 1 "11__chain_with_one_bad_commit" zg verify --chain main --key key.pub
has "11__names_the_bad_commit" err "$bad"

# 12. propose, review, approve
zg branch change
z --branch change set api A 300 6.6.6.6 >out
ok "12__propose" zg propose new-api --from change
# diverged: main moved on meanwhile, also in the SOA
z set other A 300 192.0.2.3 >out
z set @ SOA 3600 'ns1.foo.com. admin.foo.com. 1 7200 3600 1209600 60' >out
ok "12__review_of_a_diverged_proposal" zg review new-api
is "12__shows_only_what_it_changes" "$(grep -c '^[-+~T] ' out)" 1
has "12__shows_it_the_right_way_round" out '^~ api A 300 7.7.7.7 -> 6.6.6.6$'
ok "12__approve" zg approve new-api
is "12__newer_edits_stay" "$(address other A) $(address api A) $(z show @ SOA | awk '{print $11}')" "192.0.2.3 6.6.6.6 60"

# -- where it breaks ---------------------------------------------------------------------------------------

# relative names, names of several labels, names outside
ok "names__relative" z set a.b.c A 300 192.0.2.4
is "names__of_several_labels_are_printed_the_right_way_round" "$(z show a.b.c A)" "a.b.c.foo.com. 300 IN A 192.0.2.4"
is "names__diff_prints_them_so" "$(z diff main~1 main)" "+ a.b.c A 300 192.0.2.4"
is "names__export_prints_them_so" "$(z export | grep -c '^a\.b\.c\.foo\.com\. ')" 1
is "names__the_same_absolute" "$(z show a.b.c.foo.com. A)" "$(z show a.b.c A)"
is "names__and_in_capitals" "$(z show A.B.C.FOO.COM. A)" "$(z show a.b.c A)"
tip=$(zg status --porcelain | sed -n 's/^tip //p')
status 1 "names__outside_the_zone" z set www.bar.com. A 300 192.0.2.5
status 1 "names__that_only_end_alike" z set www.barfoo.com. A 300 192.0.2.5
is "names__outside_changed_nothing" "$(zg status --porcelain | sed -n 's/^tip //p')" "$tip"

# short hashes
for n in 4 7 12 40; do
	is "hash__of_${n}_digits" "$(zg show "$(echo "$tip" | cut -c "1-$n")" | head -n 1)" "commit $tip (HEAD -> main)"
done
status 1 "hash__too_short" zg show "$(echo "$tip" | cut -c 1-3)"
status 1 "hash__of_nothing" zg show 0000000000

# three-way merge on a zone with an SOA: the serial is no conflict
zg branch left && zg branch right
z --branch left set l A 300 192.0.2.6 >out
z --branch right set r A 300 192.0.2.7 >out
z --branch right set @ SOA 3600 'ns1.foo.com. admin.foo.com. 1 7200 3600 1209600 120' >out
ok "merge__left" z merge left
ok "merge__right_three_way" z merge right
is "merge__has_both_and_the_soa" "$(address l A) $(address r A) $(z show @ SOA | awk '{print $11}')" "192.0.2.6 192.0.2.7 120"
z --branch left set api A 300 1.1.1.1 >out
z --branch main set api A 300 2.2.2.2 >out
tree=$(zg cat-object main | sed -n 's/^tree //p')
status 5 "merge__a_conflict" z merge left
has "merge__a_conflict_is_named" out '^CONFLICT both-modified api A'
is "merge__a_conflict_changed_nothing" "$(zg cat-object main | sed -n 's/^tree //p')" "$tree"

# revert after a later edit
z set rev A 300 192.0.2.8 >out
one=$(zg status --porcelain | sed -n 's/^tip //p')
z set rev A 300 192.0.2.9 >out
z set elsewhere A 300 192.0.2.10 >out
status 5 "revert__after_a_later_edit_of_the_same" z revert "$one"
is "revert__after_a_later_edit_changed_nothing" "$(address rev A)" 192.0.2.9
ok "revert__after_a_later_edit_of_another" z revert main~1
is "revert__undid_that_alone" "$(address rev A) $(address elsewhere A)" "192.0.2.8 192.0.2.10"

# serials are never shown twice with other content
shown=$(for b in main left right canary change; do zg log --porcelain $b | cut -f 1,2; done)
is "serial__names_one_commit" "$(echo "$shown" | sort -u | awk '{print $2}' | sort | uniq -d)" ""

# typos
status 1 "typo__checkout" zg checkout typo
has "typo__checkout_says_how_to_make_it" err 'checkout -b typo'
is "typo__checkout_moved_nothing" "$(zg status --porcelain | sed -n 's/^branch //p')" main
status 1 "typo__branch_option" z --branch typo set api A 300 3.3.3.3
status 3 "typo__repo" "$APEX_BUILD/apex" --repo ./.apexx set api A 300 3.3.3.3
has "typo__repo_is_named" err "$T/.apexx: not an apexfs repository"
not_ok "typo__repo_made_nothing" test -e .apexx
status 1 "typo__zone" zg --zone foo.co. log

# two at once
( for i in 1 2 3 4 5 6 7 8 9 10; do z set "x$i" A 300 192.0.2.1 >>x.told 2>>x.err || echo "status $?" >>x.err; done ) &
one=$!
( for i in 1 2 3 4 5 6 7 8 9 10; do z set "y$i" A 300 192.0.2.1 >>y.told 2>>y.err || echo "status $?" >>y.err; done ) &
wait $one $!
is "two__none_was_refused" "$(cat x.err y.err)" ""
is "two__all_is_there" "$(z export | grep -c -E '^[xy][0-9]+\.foo')" 20
soon "two__all_is_served" 10 sh -c '[ "$(dig @127.0.0.1 -p '"$p"' +short y10.foo.com. A)" = 192.0.2.1 ]'
ok "fsck" zg fsck
