#!/bin/sh
# Are the cases of tests/wire what others answer too? Each is asked of BIND, Knot, NSD and PowerDNS; one that none of
# them answers so must say why we do.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/interop/peers.lib.sh
. "$(dirname "$0")/peers.lib.sh"
/usr/bin/python3 -c 'import dns' 2>/dev/null || { echo "skip no dnspython here"; exit 0; }
here=$top/tests/wire
printf 'example.\t%s\nkid.example.\t%s\n' "$here/zones/example.zone" "$here/zones/kid.example.zone" >"$T/list"
start_peers "$T/list"
# shellcheck disable=SC2086
ok each_case_has_a_peer_or_a_reason /usr/bin/python3 "$here/wire.py" peers "$here"/*.cases -- $peers
cat "$T/out"
