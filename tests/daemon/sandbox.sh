#!/bin/sh
# What the serving process has given up, as the kernel tells it; and that the example unit gives it no more than that.
# shellcheck source=tests/daemon/daemon.lib.sh
. "$(dirname "$0")/daemon.lib.sh"
example_repo
state() { sed -n "s/^$2:[[:space:]]*//p" "/proc/$1/status"; }
serve apexd
is no_new_privileges "$(state "$daemon" NoNewPrivs)" 1
is no_capabilities "$(state "$daemon" CapPrm) $(state "$daemon" CapEff) $(state "$daemon" CapAmb)" \
	"0000000000000000 0000000000000000 0000000000000000"
if grep -q APEX_SANITIZED "$T/apexd.log" || nm "$APEX_BUILD/apexd" | grep -q '__[at]san_init'; then
	echo "skip sanitizers call what they like"
else
	for task in "/proc/$daemon/task"/*; do sed -n 's/^Seccomp:[[:space:]]*//p' "$task/status"; done | sort -u >"$T/filters"
	is each_thread_has_its_system_calls_filtered "$(cat "$T/filters")" 2
fi
ok change apex set www A 300 192.0.2.99
soon it_follows_all_the_same 5 sh -c "dig +short +noedns @127.0.0.1 -p $port www.example A | grep -qx 192.0.2.99"
kill -HUP "$daemon"
soon it_reloads_all_the_same 5 grep -q 'apexd: reloaded' "$T/apexd.log"
stop "$daemon"

serve open --no-sandbox
is without__no_filter "$(state "$daemon" Seccomp)" 0
stop "$daemon"
status 2 no_such_user timeout 10 "$APEX_BUILD/apexd" --listen "127.0.0.1:$port" --user nobody-of-this-name
has no_such_user__is_named "$T/err" 'there is no user .nobody-of-this-name'

# Root becomes the repository's owner, or whom it is told; its keeper writes as the owner.
if [ "$(id -u)" = 0 ] && id nobody >/dev/null 2>&1; then
	chmod 755 "$T"
	chown -R nobody "$APEX_REPO"
	serve owned
	is owned__serves_as_the_owner "$(state "$daemon" Uid | cut -f1)" "$(id -u nobody)"
	is owned__writes_as_the_owner "$(state "$(pgrep -P "$daemon")" Uid | cut -f1)" "$(id -u nobody)"
	is owned__has_no_groups "$(state "$daemon" Groups)" ""
	is owned__answers "$(ask mail.example A)" 192.0.2.3
	stop "$daemon"
	chmod -R a+rX "$APEX_REPO"
	serve told --user daemon
	is told__serves_as_told "$(state "$daemon" Uid | cut -f1)" "$(id -u daemon)"
	is told__writes_as_the_owner "$(state "$(pgrep -P "$daemon")" Uid | cut -f1)" "$(id -u nobody)"
	is told__answers "$(ask mail.example A)" 192.0.2.3
	stop "$daemon"
fi

# The example unit, as systemd judges it.
sed "s#/usr/local/sbin/apexd#$APEX_BUILD/apexd#" "$top/examples/systemd/apexd.service" >"$T/apexd.service"
systemd-analyze verify --man=no "$T/apexd.service" >"$T/out" 2>&1
is unit_is_well_formed "$(grep -F apexd.service: "$T/out")" ""
systemd-analyze security --offline=yes --no-pager "$top/examples/systemd/apexd.service" >"$T/out" 2>&1
exposure=$(sed -n 's/.*Overall exposure level for .*: \([0-9.]*\).*/\1/p' "$T/out")
echo "| exposure of apexd.service: $exposure"
ok exposure_is_below_2 awk "BEGIN { exit !(\"$exposure\" != \"\" && $exposure < 2) }"
