#!/bin/sh
# Bytes of any kind at both ports: good queries are answered all the while.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/daemon/daemon.lib.sh
. "$(dirname "$0")/daemon.lib.sh"
example_zone >"$T/example.zone"
ok init apex init example.
ok import apex import "$T/example.zone"
serve apexd --threads 1
ok garbage wire garbage "${APEX_TEST_PACKETS:-5000}" "${APEX_SEED:-20261121}"
cat "$T/out"
formerr=$(counter "$T/apexd.log" formerr)
ok format_errors_are_counted test "$formerr" -gt 100
stop "$daemon"
is sigterm_ends_it_cleanly $? 0
