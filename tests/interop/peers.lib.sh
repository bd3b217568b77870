# shellcheck shell=sh disable=SC2154,SC2034
# Other authoritative servers on a list of zones (origin TAB zone file), as far as they are installed; sourced after
# lib.sh. Each is started at a free port of 127.0.0.1, waits until it answers, and adds NAME=PORT to $peers.
#   start_peers LIST        all of them
#   start_bind LIST ...     one of them
peers=
zones_of() { wc -l <"$1"; }
# SOA of the last zone of the list at a port, within seconds; a zone may be refused, so any answer will do.
answers_at() { dig +time=1 +tries=1 "@127.0.0.1" -p "$1" . SOA 2>/dev/null | grep -q 'status:'; }
joins() {
	soon "$1_runs" 60 answers_at "$2"
	peers="$peers $1=$2"
}
start_bind() {
	command -v named >/dev/null || { echo "skip no named here"; return; }
	_port=$(port)
	mkdir -p "$T/bind"
	{
		cat <<X
options { directory "$T/bind"; pid-file none; session-keyfile none; listen-on port $_port { 127.0.0.1; }; listen-on-v6 { none; };
	recursion no; empty-zones-enable no; notify no; zero-no-soa-ttl no; check-integrity no; check-mx ignore;
	check-mx-cname ignore; check-srv-cname ignore; check-names primary ignore; check-wildcard no; dnssec-validation no;
	hostname "ams1.example"; server-id "ams1.example"; version "a version"; max-udp-size 1232; nocookie-udp-size 1232; };
controls { };
X
		awk -F'\t' '{ o = $1; if (o != ".") sub(/\.$/, "", o); printf "zone \"%s\" { type primary; file \"%s\"; };\n", o, $2 }' "$1"
	} >"$T/bind/named.conf"
	start named named -g -n 1 -c "$T/bind/named.conf"
	soon named_loads 60 grep -q 'all zones loaded' "$T/named.log"
	joins named "$_port"
}
start_knot() {
	command -v knotd >/dev/null || { echo "skip no knotd here"; return; }
	_port=$(port)
	mkdir -p "$T/knot/db"
	{
		cat <<X
server:
    rundir: "$T/knot"
    listen: 127.0.0.1@$_port
    tcp-workers: 1
    udp-workers: 1
    background-workers: 1
    identity: "ams1.example"
    version: "a version"
    nsid: "ns1"
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
		awk -F'\t' '{ printf "  - domain: \"%s\"\n    file: \"%s\"\n", $1, $2 }' "$1"
	} >"$T/knot/knot.conf"
	start knotd knotd -c "$T/knot/knot.conf"
	soon knotd_loads 60 sh -c "test \$(grep -c 'loaded, serial' $T/knotd.log) -ge $(zones_of "$1")"
	joins knotd "$_port"
}
start_nsd() {
	command -v nsd >/dev/null || { echo "skip no nsd here"; return; }
	_port=$(port)
	mkdir -p "$T/nsd"
	{
		cat <<X
server:
 ip-address: 127.0.0.1@$_port
 server-count: 1
 username: ""
 zonesdir: "$T/nsd"
 database: ""
 pidfile: "$T/nsd/pid"
 xfrdfile: "$T/nsd/xfrd.state"
 xfrdir: "$T/nsd"
 zonelistfile: "$T/nsd/zone.list"
 verbosity: 1
 identity: "ams1.example"
 version: "a version"
 nsid: "ascii_ns1"
 answer-cookie: yes
remote-control:
 control-enable: no
X
		awk -F'\t' '{ printf "zone:\n name: \"%s\"\n zonefile: \"%s\"\n", $1, $2 }' "$1"
	} >"$T/nsd/nsd.conf"
	start nsd nsd -d -c "$T/nsd/nsd.conf"
	soon nsd_loads 60 grep -q 'nsd started' "$T/nsd.log"
	joins nsd "$_port"
}
start_pdns() {
	command -v pdns_server >/dev/null || { echo "skip no pdns_server here"; return; }
	_port=$(port)
	mkdir -p "$T/pdns"
	awk -F'\t' '{ o = $1; if (o != ".") sub(/\.$/, "", o); printf "zone \"%s\" { type master; file \"%s\"; };\n", o, $2 }' \
		"$1" >"$T/pdns/named.conf"
	cat >"$T/pdns/pdns.conf" <<X
launch=bind
bind-config=$T/pdns/named.conf
local-address=127.0.0.1
local-port=$_port
socket-dir=$T/pdns
daemon=no
guardian=no
setuid=
setgid=
webserver=no
cache-ttl=0
query-cache-ttl=0
negquery-cache-ttl=0
dname-processing=yes
server-id=ams1.example
version-string=a version
udp-truncation-threshold=1232
X
	start pdns pdns_server --config-dir="$T/pdns"
	joins pdns "$_port"
}
start_peers() {
	start_bind "$1"
	start_knot "$1"
	start_nsd "$1"
	start_pdns "$1"
}
