#!/bin/sh
# Bytes of any kind at both ports: good queries are answered all the while.
# shellcheck source=tests/daemon/daemon.lib.sh
. "$(dirname "$0")/daemon.lib.sh"
example_repo
serve apexd --threads 1
ok garbage wire garbage "${APEX_TEST_PACKETS:-5000}" "${APEX_SEED:-20261121}"
cat "$T/out"
formerr=$(counter "$T/apexd.log" formerr)
ok format_errors_are_counted test "$formerr" -gt 100
stop "$daemon"
is sigterm_ends_it_cleanly $? 0
