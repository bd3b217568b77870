#!/bin/sh
# Zone text as BIND reads it: a zone full of the format's corners compiles to the same whether named-compilezone reads
# the original or what we write of it; what BIND refuses we refuse; every writing of a value that we choose, BIND reads.
# shellcheck disable=SC2016
. "$(dirname "$0")/../lib.sh"
tool=$APEX_BUILD/tests/tool_zonetext
compile() { named-compilezone -q -i none -k ignore -n ignore -r ignore -o "$2" example "$1"; }

cd "$T" || exit 1
cat >corners.zone <<'END'
$ORIGIN example.
@	IN SOA ns h ( 1 ; serial (not a paren)
	1h 2h
	3w 5m ) ; done
	NS ns
ns 1h IN A 1.2.3.4
 IN 60 AAAA ::1
nottl AAAA ::1
"q\.x" TXT "a;b(c" d ; c
a\.b 300 A 1.1.1.1
$TTL 1h30m
$GENERATE 1-3 h$ A 10.0.0.$
$GENERATE 0-4/2 ${10,4,x} 5 CNAME h${1}.sub
$GENERATE 10-11 ${0,3,d}-${0,2,X}-${0,0,o} PTR h\$$$
$GENERATE 26-26 ${0,7,n}.${0,0,N} PTR a
$GENERATE 1-1 t$ TXT "v $"
$INCLUDE included.zone sub
 A 4.4.4.4
$ORIGIN sub.example.
deep A 1.1.1.1
$ORIGIN more
deeper A 1.1.1.1
$ORIGIN example.
out.of.zone. A 1.1.1.1
 A 1.1.1.2
w SVCB 1 . alpn="h2,h3" port=53
s2 SVCB 16 foo alpn="f\\\\oo\\,bar,h2" key667="hello\210qoo x"
l LOC 42 21 54 N 71 06 18 W -24m 30m
svc HTTPS 1 . mandatory=ipv4hint,alpn alpn=h2 no-default-alpn ipv4hint=192.0.2.1 ech=AEX+DQA=
c CAA 0 issue "letsencrypt.org; x"
u URI 10 1 "ftp://x/y"
x TXT a"b" c\"d "e" f \065\000\255
apl APL 1:192.168.32.0/21 !2:2001:db8::/32
ips IPSECKEY 10 3 2 gw AQNRU3mG
amt AMTRELAY 10 1 3 relay
hip HIP 2 200100107B1A74DF365639CC39F1D578 AwEAAbdx rvs1 rvs2.
e48 EUI48 00-00-5e-00-53-2a
nid NID 10 0014:4fff:ff20:ee64
n3 NSEC3PARAM 1 0 12 aabb
nsec NSEC a A RRSIG NSEC TYPE65280
h3 NSEC3 1 1 12 aabbccdd 2t7b4g4vsa5smi47k61mv5bv1a22bojr A RRSIG
sig RRSIG A 8 2 3600 20260101000000 20251201000000 1234 example. AwEAAaN1
ds DS 1 RSASHA256 2 D4B7D520E7BB5F0F67674A0CCEB1E3E0614B93C4F9E99B8383F6A1E4469DA50A
tlsa TLSA 3 1 1 D4B7D520E7BB5F0F 67674A0CCEB1E3E0614B93C4F9E99B8383F6A1E4469DA50A
key DNSKEY 257 3 ECDSAP256SHA256 GojIhhXUN/u4v54ZQqGSnyhWJwaubCvTmeexv7bR6edbkrSqQpF64cYb cB7wNcP+e+MAnLr+Wi9xMWyQLc8NAA==
wks WKS 10.0.0.1 tcp 25 80
nsap NSAP 0x47.0005.80.005a00.0000.0001.e133.ffffff000161.00
isdn ISDN "150862028003217" "004"
gpos GPOS "-32.6882" "116.8652" "10.0"
csync CSYNC 66 3 A NS AAAA
unk TYPE65280 \# 3 aabbcc
addr TYPE1 \# 4 01020304
cert CERT PGP 0 0 AwEAAQ==
naptr NAPTR 100 10 "u" "E2U+sip" "!^.*$!sip:i@e.com!" .
zmd ZONEMD 2018031500 1 240 FEBE3D4CE2EC2FFA4BA99D46CD69D6D2
END
printf 'x A 9.9.9.9\n A 9.9.9.8\nother. A 1.1.1.1\n$TTL 5\n$ORIGIN zzz\n' >included.zone

ok "we read the zone" "$tool" example corners.zone .
cp out ours.zone
is "records outside the zone are told" "$(grep -c 'outside the zone' err)" 3
ok "BIND reads the zone" compile corners.zone bind.out
ok "BIND reads what we write of it" compile ours.zone ours.out
sort bind.out >bind.sorted
sort ours.out >ours.sorted
is "both are the same" "$(diff bind.sorted ours.sorted)" ""
ok "we read what BIND writes" "$tool" example bind.out
cp out again.zone
ok "BIND reads that too" compile again.zone again.out
is "and it is the same still" "$(diff bind.out again.out)" ""

refused_by_both() {
	printf '$TTL 60\n@ SOA ns h 1 2 3 4 5\n@ NS ns.other.\n%b\n' "$1" >bad.zone
	not_ok "BIND refuses: $1" compile bad.zone bad.out
	status 1 "we refuse: $1" "$tool" example bad.zone .
	has "and tell where" err '^bad.zone:[0-9]+: '
}
refused_by_both 'a A 1.2.3'
refused_by_both 'a A 1.2.3.4 5'
refused_by_both 'a AAAA 1.2.3.4'
refused_by_both 'a MX 65536 b'
refused_by_both 'a MX 1'
refused_by_both 'a FOO b'
refused_by_both 'a CH A 1.2.3.4'
refused_by_both 'a TXT "open'
refused_by_both 'a A ( 1.2.3.4'
refused_by_both 'a..b A 1.2.3.4'
refused_by_both 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa A 1.2.3.4'
refused_by_both 'a DS 1 8 2 XY'
refused_by_both 'a DNSKEY 257 3 8 A==='
refused_by_both 'a NSEC b FOO'
refused_by_both 'a RRSIG A 8 2 1h 20260101000000 20251201000000 1 a AA=='
refused_by_both 'a TYPE1 \\# 3 010203'
refused_by_both 'a TYPE65280 \\# 3 0102'
refused_by_both 'a SVCB 1 . port=99999'
refused_by_both 'a CAA 0 is-sue "x"'
refused_by_both 'a LOC 91 N 0 W 0'
refused_by_both '$TTL x'
refused_by_both '$FOO'
refused_by_both '$INCLUDE none'
refused_by_both '$GENERATE 2-1 a$ A 1.2.3.4'
