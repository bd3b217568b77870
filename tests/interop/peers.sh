#!/bin/sh
# Random zones of every shape in our daemon, in BIND, and in Knot and NSD where they are installed: the same answers. On
# plain zones as BIND's; where servers differ among each other (loops, odd wildcards) as one of theirs.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
command -v named >/dev/null || { echo "skip no named here"; exit 0; }
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

bind=$(port)
mkdir "$T/bind"
{
	cat <<X
options { directory "$T/bind"; pid-file none; session-keyfile none; listen-on port $bind { 127.0.0.1; }; listen-on-v6 { none; };
	recursion no; empty-zones-enable no; notify no; zero-no-soa-ttl no; check-integrity no; check-mx ignore;
	check-mx-cname ignore; check-srv-cname ignore; check-names primary ignore; check-wildcard no; dnssec-validation no; };
controls { };
X
	awk -F'\t' '{ sub(/\.$/, "", $1); printf "zone \"%s\" { type primary; file \"%s\"; };\n", $1, $2 }' "$T/z/list"
} >"$T/bind/named.conf"
start named named -g -n 1 -c "$T/bind/named.conf"
soon named_runs 30 grep -q 'all zones loaded' "$T/named.log"
# It refuses a wildcard that owns NS, which only other than plain zones have.
ok named_took_the_plain_zones test "$(grep -c 'loaded serial' "$T/named.log")" -ge $((zones / 2))
peers="named=$bind"

if command -v knotd >/dev/null; then
	knot=$(port)
	mkdir -p "$T/knot/db"
	{
		cat <<X
server:
    rundir: "$T/knot"
    listen: 127.0.0.1@$knot
    tcp-workers: 1
    background-workers: 1
database:
    storage: "$T/knot/db"
log:
  - target: stderr
    any: info
template:
  - id: default
    semantic-checks: off
    zonefile-sync: -1
    journal-content: none
zone:
X
		awk -F'\t' '{ printf "  - domain: \"%s\"\n    file: \"%s\"\n", $1, $2 }' "$T/z/list"
	} >"$T/knot/knot.conf"
	start knotd knotd -c "$T/knot/knot.conf"
	soon knotd_runs 30 sh -c "test \$(grep -c 'loaded, serial' $T/knotd.log) -ge $zones"
	peers="$peers knotd=$knot"
fi
if command -v nsd >/dev/null; then
	nsd=$(port)
	mkdir "$T/nsd"
	{
		cat <<X
server:
 ip-address: 127.0.0.1@$nsd
 server-count: 1
 username: ""
 zonesdir: "$T/nsd"
 database: ""
 pidfile: "$T/nsd/pid"
 xfrdfile: "$T/nsd/xfrd.state"
 xfrdir: "$T/nsd"
 zonelistfile: "$T/nsd/zone.list"
 verbosity: 1
remote-control:
 control-enable: no
X
		awk -F'\t' '{ printf "zone:\n name: \"%s\"\n zonefile: \"%s\"\n", $1, $2 }' "$T/z/list"
	} >"$T/nsd/nsd.conf"
	start nsd nsd -d -c "$T/nsd/nsd.conf"
	soon nsd_runs 30 grep -q 'nsd started' "$T/nsd.log"
	peers="$peers nsd=$nsd"
fi
# shellcheck disable=SC2086
ok answers_are_the_same python3 "$top/tests/interop/peers.py" ask "$T/z" "$seed" $questions "$ours" $peers
cat "$T/out"
