#!/bin/sh
# Most of a zone deleted by mistake: each door stops at the same rule and names a plan, the same one where the edits
# are; it can be forced, and not after the tip moved. A large zone's branch survives `rm -rf`; a removed zone is back.
# shellcheck disable=SC2012,SC2016,SC2154
. "$(dirname "$0")/common.sh"
hosts=100000
if nm "$APEX_BUILD/apexfs" | grep -q -e __asan_init -e __tsan_init; then hosts=5000; fi
{
	printf '$ORIGIN example.com.\n$TTL 300\n@ SOA ns1 h 1 3600 600 86400 300\n@ NS ns1\nns1 A 192.0.2.1\n'
	seq 1 97 | sed 's/.*/h& A 192.0.2.&/'
} >"$T/full.zone"
# less 40 of its 100 RRsets
grep -v -E '^h([1-9]|[1-3][0-9]|40) ' "$T/full.zone" >"$T/less.zone"
apex init example.com >"$T/out" && apex import "$T/full.zone" >"$T/out" || fail setup
plan_in() { grep -oE 'force [0-9a-f]{12}' "$1" | tail -n 1 | cut -d ' ' -f 2; }
full=$(apex export | sort)

# -- the doors -------------------------------------------------------------------------------------------------
rule='deletion: removes 40 of 100 RRsets \(40 %, more than 30 %\)'
status 4 "import__is_stopped" apex import "$T/less.zone"
has "import__by_the_rule" "$T/err" "$rule"
by_import=$(plan_in "$T/err")

seq 1 40 | sed 's/.*/delete h&.example.com. A/' >"$T/delete"
echo send >>"$T/delete"
status 4 "apply__is_stopped" apex apply "$T/delete"
has "apply__by_the_rule" "$T/err" "$rule"
by_apply=$(plan_in "$T/err")

printf '{"zone": "example.com.", "changes": [' >"$T/json"
seq 1 40 | sed 's/.*/{"name": "h&", "type": "A", "new": null}/' | paste -s -d , >>"$T/json"
echo ']}' >>"$T/json"
status 4 "apply_json__is_stopped" apex apply "$T/json"
is "apply_json__has_the_same_plan" "$(plan_in "$T/err")" "$by_apply"

cat >"$T/editor" <<'X'
#!/bin/sh
grep -v -E '^h([1-9]|[1-3][0-9]|40)\.' "$1" >"$1.new" && cat "$1.new" >"$1"
X
chmod +x "$T/editor"
status 4 "edit__is_stopped" env EDITOR="$T/editor" VISUAL= "$APEX_BUILD/apex" edit
is "edit__has_the_same_plan" "$(plan_in "$T/err")" "$by_apply"

apex branch side
apex --branch side apply "$T/delete" >"$T/out" 2>"$T/err"
apex force "$(plan_in "$T/err")" >"$T/out"
status 4 "merge__is_stopped" apex merge side
has "merge__by_the_rule" "$T/err" "$rule"
status 4 "reset__is_stopped" apex reset --hard side
has "reset__by_the_rule" "$T/err" "$rule"
apex bundle create "$T/side.bundle" side >"$T/out"
status 4 "at__is_stopped" apex at 'in 1 hour' apply "$T/delete"
is "at__has_the_same_plan" "$(plan_in "$T/err")" "$by_apply"

mount_it
zonefile=$M/zonefiles/main/example.com.zone
# a whole file that says where it began is an edit; that it is one file makes no other rule
grep -v -E '^h([1-9]|[1-3][0-9]|40)\.' "$zonefile" >"$T/saved"
not_ok "zonefile__is_stopped" cp "$T/saved" "$zonefile"
has "zonefile__by_the_rule" "$M/errors" "$rule"
is "zonefile__has_the_same_plan" "$(plan_in "$M/errors")" "$by_apply"
not_ok "rm__is_stopped" sh -c "rm -rf $(seq -s ' ' -f "$H/h%g" 1 40)"
has "rm__by_the_rule" "$M/errors" 'deletion: removes (3[1-9]|40) of 100 RRsets'
by_rm=$(grep -oE 'force [0-9a-f]{12}' "$M/errors" | tail -n 1 | cut -d ' ' -f 2)
ok "rm__names_a_plan" test "$by_rm"
unmount_it
is "all__left_the_zone_whole" "$(apex export | sort)" "$full"
is "import__plan_is_one_of_its_own_since_it_came_with_a_serial" "$by_import" "$(apex import "$T/less.zone" 2>&1 | grep -oE 'force [0-9a-f]{12}' | cut -d ' ' -f 2)"

# forced: exactly it; and not once the tip moved
ok "force__accepts_the_plan" apex force "$by_apply"
is "force__did_it" "$(apex export | wc -l)" 60
ok "back" apex restore main~1
is "back__record_for_record" "$(apex export | grep -v SOA | sort)" "$(echo "$full" | grep -v SOA)"
status 4 "again__is_stopped" apex apply "$T/delete"
plan=$(plan_in "$T/err")
apex set other A 300 192.0.2.1 >"$T/out"
status 5 "again__the_tip_moved" apex force "$plan"
is "again__the_tip_moved_changed_nothing" "$(apex export | wc -l)" 101

# -- a large zone ----------------------------------------------------------------------------------------------
printf '$ORIGIN big.example.\n$TTL 300\n@ SOA ns1 h 1 3600 600 86400 300\n@ NS ns1\nns1 A 192.0.2.1\n' >"$T/big.zone"
awk -v n=$hosts 'BEGIN { for (i = 1; i <= n; i++) printf "n%d A 10.%d.%d.%d\n", i, i / 65536, i / 256 % 256, i % 256 }' >>"$T/big.zone"
apex zone add big.example >"$T/out"
apex --zone big.example import "$T/big.zone" >"$T/out"
apex --zone big.example export | sort >"$T/before"
tip=$(apex --zone big.example status --porcelain | sed -n 's/^tip //p')
mount_it
not_ok "large__rm_rf_is_stopped" rm -rf "$M/zones/big.example/heads/main"
has "large__rm_rf_by_the_guard" "$M/errors" 'deletion: removes [0-9]+ of '
unmount_it
is "large__is_whole" "$(apex --zone big.example export | sort | cmp - "$T/before" && echo same)" same
is "large__nothing_was_committed" "$(apex --zone big.example status --porcelain | sed -n 's/^tip //p')" "$tip"

# removed, and back by one word
apex zone remove big.example >"$T/out"
status 1 "removed__is_gone" apex --zone big.example status
ok "restore__a_removed_zone" apex restore --zone-removed big.example.
is "restore__record_for_record" "$(apex --zone big.example export | sort | cmp - "$T/before" && echo same)" same
ok "fsck" apex fsck
