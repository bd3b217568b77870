#!/bin/sh
# Random zones of every shape in our daemon, in BIND, Knot, NSD and PowerDNS as far as they are installed: the same answers. On
# plain zones as BIND's; where servers differ among each other (loops, odd wildcards) as one of theirs.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/interop/peers.lib.sh
. "$(dirname "$0")/peers.lib.sh"
seed=${APEX_SEED:-20261121} zones=20 questions=600
if [ -n "${APEX_TEST_FULL:-}" ]; then zones=200 questions=2000; fi
PYTHONPATH=$top/tests/lib
export PYTHONPATH
mkdir "$T/z"
ok zones_are_made python3 "$top/tests/interop/peers.py" zones "$T/z" $zones "$seed"

ours=$(port)
start ours "$top/tests/serve" "$APEX_BUILD" "$T/z/list" "$ours" "$T/ours"
soon ours_says_ready 60 grep -qx READY "$T/ours.log"
is ours_took_every_zone "$(grep -c 'initial import' "$T/ours/import.log")" $zones

start_peers "$T/z/list"
# BIND refuses a wildcard that owns NS, which only other than plain zones have.
ok named_took_the_plain_zones test "$(grep -c 'loaded serial' "$T/named.log")" -ge $((zones / 2))

# shellcheck disable=SC2086
ok each_difference_is_explained python3 "$top/tests/interop/peers.py" ask "$T/z" "$seed" $questions "$ours" $peers
cat "$T/out"
