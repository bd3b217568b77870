#!/bin/sh
# TCP as RFC 7766 asks: many queries at once, streams cut anywhere, slow and silent clients, too many of them.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/daemon/daemon.lib.sh
. "$(dirname "$0")/daemon.lib.sh"
example_zone >"$T/example.zone"
ok init apex init example.
ok import apex import "$T/example.zone"
serve apexd --threads 1 --tcp-connections 20
ok pipeline wire pipeline 2000
ok octet_by_octet wire trickle
ok half_closed wire half_close
ok slow_reader wire slow_reader
ok more_connections_than_there_is_room wire crowd 20
made_room=$(counter "$T/apexd.log" tcp_refused)
ok room_was_made_and_counted test "$made_room" -ge 20
if [ -n "${APEX_TEST_FULL:-}" ]; then
	ok idle_connections_are_ended wire idle 10
fi
ok good_queries_after wire good
stop "$daemon"
is sigterm_ends_it_cleanly $? 0
