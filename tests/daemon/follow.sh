#!/bin/sh
# What is committed is answered at once: changes, zones that come and go, a zone without a commit.
# shellcheck source=tests/daemon/daemon.lib.sh
. "$(dirname "$0")/daemon.lib.sh"
example_zone >"$T/example.zone"
ok init apex init example.
serve apexd
is unborn_zone_is_servfail "$(status_of www.example A)" "SERVFAIL qr"
ok import apex import "$T/example.zone"
soon imported_zone_is_answered 2 test "$(ask www.example A)" = 192.0.2.4
mean=50
case $APEX_BUILD in *asan | *tsan) mean=500 ;; esac
ok a_change_is_answered_within_50_ms wire latency 50 $mean "$APEX_BUILD/apex" set www A 300
cat "$T/out"
is by_diffs_alone "$(counter "$T/apexd.log" built)" 1
copied=$(sed -n 's/^copied_last //p' "$T/counters")
ok few_nodes_are_copied test "$copied" -gt 0 -a "$copied" -le 100
ok delete apex delete www A
soon deleted_name_is_gone 2 sh -c "dig @127.0.0.1 -p $port www.example A | grep -q NXDOMAIN"
ok add_zone apex zone add example.org --ns ns1.example.org.
soon added_zone_is_answered 2 sh -c "dig +short @127.0.0.1 -p $port example.org SOA | grep -q ."
ok remove_zone apex zone remove example.org
soon removed_zone_is_refused 2 sh -c "dig @127.0.0.1 -p $port example.org SOA | grep -q REFUSED"
is other_zone_unharmed "$(ask mail.example A)" 192.0.2.3
stop "$daemon"
is sigterm_ends_it_cleanly $? 0

# The serial shown is the commit's.
serve again
is serial "$(ask example SOA | awk '{print $3}')" "$(apex status --porcelain 2>/dev/null | awk '$1 == "serial" {print $2}')"
stop "$daemon"
