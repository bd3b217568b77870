#!/bin/sh
# A tree of signed zones in the daemon, from a root of our own: NSEC, NSEC3 and opt-out, by dnssec-signzone and by
# ldns-signzone. Unbound, Knot Resolver and delv validate every shape of answer by following the delegations, and
# ldns-verify-zone finds each export whole. A zone with one wrong signature shows that they look.
# It runs in a network of its own, where resolvers find port 53.
if [ -z "${APEX_IN_NETWORK:-}" ]; then
	unshare -rn true 2>/dev/null || { echo "skip no network namespace to be had"; exit 0; }
	APEX_IN_NETWORK=1 exec unshare -rn "$0" "$@"
fi
ip link set lo up || { echo "skip no loopback"; exit 0; }
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
for tool in dnssec-signzone ldns-signzone ldns-verify-zone unbound delv; do
	command -v $tool >/dev/null || { echo "skip no $tool here"; exit 0; }
done
cd "$T" || exit 1
mkdir zones
kinds="nsec nsec3 optout lnsec lnsec3 bad"

# Every shape of answer; the insecure child stands in a zone of its own.
leaf() {
	cat <<EOT
\$ORIGIN $1.
\$TTL 300
@ SOA ns.test. host 7 3600 900 86400 60
@ NS ns.test.
www A 192.0.2.1
www TXT "data"
a.b.ent A 192.0.2.2
*.w A 192.0.2.3
*.w MX 10 www
exact.w A 192.0.2.4
*.wc CNAME www
alias CNAME www
chain CNAME alias
dangling CNAME nope.www
towild CNAME any.w
d DNAME target
in.target A 192.0.2.5
away CNAME www.insecure.test.
sub NS ns.test.
mail MX 10 www
EOT
}
unsigned() { printf '$ORIGIN %s.\n$TTL 300\n@ SOA ns.test. host 7 3600 900 86400 60\n@ NS ns.test.\nwww A 192.0.2.9\n' "$1"; }
keys() { dnssec-keygen -q -a ECDSAP256SHA256 -f KSK "$1" >"ksk.$1" && dnssec-keygen -q -a ECDSAP256SHA256 "$1" >"zsk.$1"; }
# sign ZONE OPTIONS...: zones/ZONE becomes zones/ZONE.signed, its DS dsset-ZONE
sign() {
	_zone=$1
	shift
	cat "$(cat "ksk.$_zone")".key "$(cat "zsk.$_zone")".key >>"zones/$_zone"
	dnssec-signzone -q -S -K . -o "$_zone" -f "zones/$_zone.signed" "$@" "zones/$_zone"
}
ldns_sign() {
	_zone=$1
	shift
	_ksk=$(ldns-keygen -a ECDSAP256SHA256 -k "$_zone") && _zsk=$(ldns-keygen -a ECDSAP256SHA256 "$_zone") &&
		ldns-signzone "$@" -o "$_zone" -f "zones/$_zone.signed" "zones/$_zone" "$_ksk" "$_zsk" && cp "$_ksk.ds" "dsset-$_zone."
}
for kind in $kinds; do leaf "$kind.test" >"zones/$kind.test"; unsigned "sub.$kind.test" >"zones/sub.$kind.test.signed"; done
unsigned insecure.test >zones/insecure.test.signed
for zone in nsec.test nsec3.test optout.test bad.test test .; do keys "$zone"; done
ok sign__nsec sign nsec.test
ok sign__nsec3 sign nsec3.test -3 -
ok sign__optout sign optout.test -3 abcd -H 5 -A
ok sign__bad sign bad.test
ok sign__ldns_nsec ldns_sign lnsec.test
ok sign__ldns_nsec3 ldns_sign lnsec3.test -n -t 5 -s beef
{
	printf '$ORIGIN test.\n$TTL 300\n@ SOA ns host 7 3600 900 86400 60\n@ NS ns\nns A 127.0.0.1\ninsecure NS ns\n'
	for kind in $kinds; do echo "$kind NS ns"; cat "dsset-$kind.test."; done
} >zones/test
ok sign__parent sign test -3 - -A
{
	printf '$ORIGIN .\n$TTL 300\n@ SOA a.root. host.root. 7 3600 900 86400 60\n@ NS a.root.\na.root. A 127.0.0.1\n'
	printf 'test. NS ns.test.\nns.test. A 127.0.0.1\n'
	cat dsset-test.
} >zones/root
mv zones/root zones/.root && cp zones/.root zones/root
cat "$(cat ksk..)".key "$(cat zsk..)".key >>zones/root
ok sign__root dnssec-signzone -q -S -K . -o . -f zones/root.signed zones/root
# One address is not what was signed.
sed -i 's/192\.0\.2\.1$/192.0.2.66/' zones/bad.test.signed

{
	printf '.\t%s\ntest.\t%s\ninsecure.test.\t%s\n' "$T/zones/root.signed" "$T/zones/test.signed" "$T/zones/insecure.test.signed"
	for kind in $kinds; do
		printf '%s.test.\t%s\n' "$kind" "$T/zones/$kind.test.signed"
		printf 'sub.%s.test.\t%s\n' "$kind" "$T/zones/sub.$kind.test.signed"
	done
} >list
start apexd "$top/tests/serve" "$APEX_BUILD" "$T/list" 53 "$T/ours"
soon apexd_says_ready 30 grep -qx READY "$T/apexd.log"
is all_are_taken "$(grep -c 'initial import' ours/import.log)" "$(wc -l <list)"

# What was exported is what was signed.
for kind in nsec nsec3 optout lnsec lnsec3; do
	APEX_REPO=$T/ours/repo apex --zone "$kind.test." export >"$kind.export" 2>export.err
	ok "ldns_verifies_the_export__$kind" ldns-verify-zone "$kind.export"
done
not_ok ldns_refuses_the_bad_one ldns-verify-zone zones/bad.test.signed

grep -h 'IN DNSKEY 257\|DNSKEY.*257' "$(cat ksk..)".key >root.key
cat >unbound.conf <<EOT
server:
  interface: 127.0.0.2
  port: 53
  do-daemonize: no
  username: ""
  chroot: ""
  directory: "$T"
  pidfile: ""
  use-syslog: no
  access-control: 127.0.0.0/8 allow
  do-not-query-localhost: no
  do-ip6: no
  root-hints: "$T/hints"
  trust-anchor-file: "$T/root.key"
  local-zone: "test." nodefault
  module-config: "validator iterator"
  val-nsec3-keysize-iterations: "1024 150 2048 150 4096 150"
  qname-minimisation: yes
  aggressive-nsec: no
remote-control:
  control-enable: no
EOT
printf '. 300 NS a.root.\na.root. 300 A 127.0.0.1\n' >hints
start unbound unbound -d -c "$T/unbound.conf"
soon unbound_answers 20 sh -c "dig +time=1 +tries=1 @127.0.0.2 www.nsec.test A | grep -q 192.0.2.1"
resolvers="unbound=127.0.0.2"
if command -v kresd >/dev/null; then
	mkdir kresd
	cat >kresd/config <<EOT
net.listen('127.0.0.3', 53)
net.ipv6 = false
cache.size = 8 * MB
modules.unload('ta_update')
modules.unload('ta_signal_query')
modules.unload('priming')
modules.unload('detect_time_skew')
modules = { 'hints > iterate' }
hints.root({ ['a.root.'] = '127.0.0.1' })
trust_anchors.add_file('$T/root.key', true)
policy.add(policy.suffix(policy.PASS, {todname('test.')}))
EOT
	start kresd kresd -n -c "$T/kresd/config" "$T/kresd"
	soon kresd_answers 20 sh -c "dig +time=1 +tries=1 @127.0.0.3 www.nsec.test A | grep -q 192.0.2.1"
	resolvers="$resolvers kresd=127.0.0.3"
else
	echo "skip no kresd here"
fi

# NAME TYPE RCODE, and ad where every part of the answer can be proven, opt or not.
cat >shapes <<'EOT'
www A NOERROR ad
www MX NOERROR ad
www AAAA NOERROR ad
mail MX NOERROR ad
@ SOA NOERROR ad
@ DNSKEY NOERROR ad
@ NS NOERROR ad
nope A NXDOMAIN opt
a.b.c.nope A NXDOMAIN opt
x.www A NXDOMAIN opt
ent A NOERROR opt
b.ent TXT NOERROR opt
a.b.ent A NOERROR ad
c.ent A NXDOMAIN opt
any.w A NOERROR opt
a.b.any.w A NOERROR opt
any.w MX NOERROR opt
any.w TXT NOERROR opt
exact.w A NOERROR ad
exact.w TXT NOERROR ad
x.exact.w A NXDOMAIN opt
w A NOERROR opt
any.wc A NOERROR opt
alias A NOERROR ad
alias MX NOERROR ad
chain TXT NOERROR ad
dangling A NXDOMAIN opt
towild A NOERROR opt
in.d A NOERROR ad
d DNAME NOERROR ad
d A NOERROR ad
nothing.d A NXDOMAIN opt
away A NOERROR no
www.sub A NOERROR no
sub DS NOERROR opt
EOT
# One answer: `RCODE` or `RCODE ad`.
verdict() {
	dig +dnssec +time=3 +tries=2 "@$1" "$2" "$3" |
		sed -n 's/.*status: \([A-Z]*\),.*/\1/p; s/^;; flags:[a-z ]* ad[ ;].*/ad/p' | tr '\n' ' ' | sed 's/ $//'
}
# ask_shapes RESOLVER ADDRESS KIND: how many shapes are answered otherwise than they should be
ask_shapes() {
	_wrong=0
	while read -r name type rcode secure; do
		if [ "$name" = @ ]; then qname=$3.test; else qname=$name.$3.test; fi
		got=$(verdict "$2" "$qname" "$type")
		# A busy machine lets resolvers give up; what is bogus stays so.
		for _pause in 1 3; do
			if [ "$got" != SERVFAIL ]; then break; fi
			sleep $_pause
			got=$(verdict "$2" "$qname" "$type")
		done
		case "$secure:$3" in
		ad:*) want="$rcode ad" ;;
		no:*) want=$rcode ;;
		opt:optout) want="$rcode" ;;
		*) want="$rcode ad" ;;
		esac
		if [ "$got" = "$want" ] || { [ "$secure:$3" = opt:optout ] && [ "$got" = "$rcode ad" ]; }; then continue; fi
		echo "$1: $qname $type: got $got, wanted $want"
		_wrong=$((_wrong + 1))
	done <shapes
	return $_wrong
}
for kind in nsec nsec3 optout lnsec lnsec3; do
	for resolver in $resolvers; do
		ok "${resolver%%=*}_validates__$kind" ask_shapes "${resolver%%=*}" "${resolver#*=}" "$kind"
	done
done
for resolver in $resolvers; do
	is "${resolver%%=*}_refuses_what_is_wrong" "$(verdict "${resolver#*=}" www.bad.test A)" SERVFAIL
	is "${resolver%%=*}_takes_the_rest_of_it" "$(verdict "${resolver#*=}" mail.bad.test MX)" "NOERROR ad"
done

{ printf 'trust-anchors { . static-key '; awk '{ for (i = 1; i <= NF; i++) if ($i == "DNSKEY") break;
	printf "%s %s %s \"", $(i + 1), $(i + 2), $(i + 3); for (k = i + 4; k <= NF; k++) printf "%s", $k; print "\"; };" }' root.key; } >anchors
delv_validates() {
	_wrong=0
	while read -r name type _ secure; do
		if [ "$name" = @ ]; then qname=$1.test; else qname=$name.$1.test; fi
		delv @127.0.0.1 -a "$T/anchors" +root=. "$qname" "$type" >delv.out 2>&1
		case "$secure:$1" in
		no:*) want='unsigned answer' ;;
		opt:optout) want='fully validated\|unsigned answer' ;;
		*) want='fully validated' ;;
		esac
		grep -q "$want" delv.out && continue
		echo "delv: $qname $type: $(head -n 3 delv.out | tr '\n' ' ')"
		_wrong=$((_wrong + 1))
	done <shapes
	return $_wrong
}
for kind in nsec nsec3 optout lnsec lnsec3; do ok "delv_validates__$kind" delv_validates "$kind"; done
delv @127.0.0.1 -a "$T/anchors" +root=. www.bad.test A >delv.out 2>&1
has delv_refuses_what_is_wrong delv.out 'RRSIG failed to verify|resolution failed|broken trust chain'
