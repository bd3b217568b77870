#!/bin/sh
# A committing process is killed at random moments while another goes on committing: nothing acknowledged is lost, nothing
# is damaged.
. "$(dirname "$0")/../lib.sh"

kills=30
[ -z "${APEX_TEST_FULL:-}" ] || kills=250
ok "$kills kills" "$APEX_BUILD/tests/tool_crash" "$T/store" $kills
head -n 5 "$T/out"
