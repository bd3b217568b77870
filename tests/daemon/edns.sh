#!/bin/sh
# What an OPT asks for and what is said back, what the server tells of itself, and the counters of it.
# shellcheck source=tests/daemon/daemon.lib.sh
. "$(dirname "$0")/daemon.lib.sh"
example_repo
ok unborn apex zone add unborn.
# The option lines of dig's output; a query without recursion and without a cookie unless it is asked for.
opt() {
	dig +norec +nocookie +time=2 +tries=3 "@127.0.0.1" -p "$port" "$@" >"$T/dig"
	sed -n '/^;; OPT PSEUDOSECTION/,/^;; QUESTION/{ /^; [A-Z]/p }' "$T/dig" | sed 's/^; //' | grep -v '^EDNS:'
}
chaos() { dig +norec +short +noedns "@127.0.0.1" -p "$port" CH "$@"; }
metric() { page | awk -v name="apexd_$1" '$1 == name { print $2 }'; }
page() { python3 -c 'import sys, urllib.request as u; print(u.urlopen(sys.argv[1]).read().decode())' "http://127.0.0.1:$metrics/metrics"; }

# Nothing is configured: little is told.
metrics=$(port)
serve bare --metrics "127.0.0.1:$metrics"
is no_nsid "$(opt +nsid www.example A)" ""
for name in version.bind version.server id.server hostname.bind authors.bind; do
	is "not_told_$name" "$(status_of CH "$name" TXT)" "REFUSED qr"
done
is an_unknown_option_is_as_none "$(opt +ednsopt=65001:00ff www.example A)" ""
is an_unknown_flag_is_as_none "$(status_of +ednsflags=0x4001 www.example A)" "NOERROR qr aa"
is expire_beside_the_soa "$(opt +expire example SOA)" "EXPIRE: 86400 (1 day)"
is no_expire_beside_another "$(opt +expire example NS)" ""
is no_keepalive_over_udp "$(opt +keepalive www.example A)" ""
is keepalive_over_tcp "$(opt +tcp +keepalive www.example A)" "TCP KEEPALIVE: 10.0 secs"
is no_padding_in_the_clear "$(opt +tcp +padding=128 www.example A)" ""
is ede_of_no_zone_of_ours "$(opt www.example.org A)" "EDE: 20 (Not Authoritative)"
is ede_of_another_class "$(opt HS www.example A)" "EDE: 20 (Not Authoritative)"
is ede_of_an_unborn_zone "$(opt www.unborn A)" "EDE: 24 (Invalid Data)"
is ede_of_an_opcode "$(opt +opcode=STATUS www.example A)" "EDE: 21 (Not Supported)"
is no_ede_without_an_error "$(opt nope.example A)" ""

# The version of the zone: the labels of its name, what kind of version, the serial or the commit.
commit=$(apex log | sed -n 's/^commit \([0-9a-f]*\).*/\1/p' | sed 's/../& /g; s/ $//')
opt +ednsopt=19 a.b.w.example TXT >"$T/opt"
has zoneversion_is_the_serial "$T/opt" '^OPT=19: 01 00 00 00 00 07'
has zoneversion_is_the_commit "$T/opt" "^OPT=19: 01 f6 $commit"
opt +ednsopt=19 x.sub.example A >"$T/opt"
has zoneversion_with_a_referral "$T/opt" '^OPT=19: 01 00 00 00 00 07'
opt +ednsopt=19 nope.example A >"$T/opt"
has zoneversion_with_nxdomain "$T/opt" '^OPT=19: 01 00 00 00 00 07'
is no_zoneversion_of_no_zone "$(opt +ednsopt=19 www.example.org A)" "EDE: 20 (Not Authoritative)"
is zoneversion_asked_for_with_one_is_malformed "$(status_of +ednsopt=19:00 www.example A)" "FORMERR qr"

# Cookies, of a secret made at the start: given, recognised, refused from elsewhere.
clients=$(metric 'cookies_total{state="client"}')
cookie=$(opt +cookie=0123456789abcdef www.example A | sed -n 's/^COOKIE: \([0-9a-f]*\).*/\1/p')
is cookie_is_given "$(printf %s "$cookie" | cut -c1-24) ${#cookie}" "0123456789abcdef01000000 48"
is cookie_is_recognised "$(opt "+cookie=$cookie" www.example A)" "COOKIE: $cookie (good)"
opt +cookie=0123456789abcdef0100000000000000ffffffffffffffff www.example A >"$T/opt"
is a_bad_cookie_is_answered "$(grep -c 'status: NOERROR' "$T/dig")" 1
is and_a_new_one_given "$(sed 's/.* //' "$T/opt")" "(good)"
is cookie_of_9_octets_is_malformed "$(status_of +ednsopt=10:000102030405060708 www.example A)" "FORMERR qr"
is cookie_is_a_question "$(opt +header-only +cookie=0123456789abcdef | sed 's/ .*//') $(grep -c 'status: NOERROR' "$T/dig")" "COOKIE: 1"
is no_question_and_no_cookie_is_malformed "$(status_of +header-only +nocookie)" "FORMERR qr"
is metric_good "$(metric 'cookies_total{state="good"}')" 1
is metric_bad "$(metric 'cookies_total{state="bad"}')" 1
is metric_client "$(($(metric 'cookies_total{state="client"}') - clients))" 2
is metric_nsid "$(metric 'edns_options_total{option="nsid"}')" 1
is metric_zoneversion "$(metric 'edns_options_total{option="zoneversion"}')" 4
is metric_ede "$(metric 'extended_errors_total{code="24"}')" 1
is metric_chaos "$(metric chaos_total)" 5
stop "$daemon"

# Two servers of a fleet know each other's cookies, whichever step of a change of secrets each has reached.
echo 00112233445566778899aabbccddeeff >"$T/old"
{ echo "# next"; echo ffeeddccbbaa99887766554433221100; cat "$T/old"; } >"$T/turned"
cat >"$T/apexd.yaml" <<EOT
repo: $APEX_REPO
identity:
  nsid: "0x616d7331"
  server: ams1.example
  version: none of your business
  authors: The Authors
cookies:
  policy: require
  secrets: $T/old
views:
  live:
    branch: main
listen:
  - address: 127.0.0.1:$port
    view: live
EOT
start fleet "$APEX_BUILD/apexd" --config "$T/apexd.yaml"
daemon=$pid
soon fleet_says_ready 20 grep -qx READY "$T/fleet.log"
is nsid "$(opt +nsid www.example A)" 'NSID: 61 6d 73 31 ("ams1")'
is id_server "$(chaos id.server TXT)" '"ams1.example"'
is hostname_bind_any_case "$(chaos HostName.BIND TXT)" '"ams1.example"'
is version_bind "$(chaos version.bind TXT) $(chaos version.server ANY)" '"none of your business" "none of your business"'
is authors_bind "$(chaos authors.bind TXT)" '"The Authors"'
is chaos_nodata "$(status_of CH id.server A)" "NOERROR qr aa"
is chaos_elsewhere "$(status_of CH other.server TXT)" "REFUSED qr"
opt +cookie=0123456789abcdef +nobadcookie www.example A >"$T/opt"
is without_a_good_one_badcookie "$(sed -n 's/.*status: \([A-Z]*\),.*/\1/p' "$T/dig")" BADCOOKIE
cookie=$(sed -n 's/^COOKIE: \([0-9a-f]*\).*/\1/p' "$T/opt")
is with_a_good_one_the_answer "$(opt "+cookie=$cookie" www.example A)$(grep -c 'status: NOERROR' "$T/dig")" "COOKIE: $cookie (good)1"
is over_tcp_the_answer "$(opt +tcp +cookie=0123456789abcdef www.example A >"$T/opt"; grep -c 'status: NOERROR' "$T/dig")" 1
is who_sends_none_is_answered "$(ask www.example A)" 192.0.2.4
sed -i "s,$T/old,$T/turned," "$T/apexd.yaml"
kill -HUP "$daemon"
soon secrets_are_read_again 10 grep -q reloaded "$T/fleet.log"
opt "+cookie=$cookie" www.example A >"$T/opt"
is the_old_secrets_cookie_is_good "$(grep -c 'status: NOERROR' "$T/dig")" 1
is and_replaced_by_the_new_ones "$(grep -c "$cookie" "$T/opt")" 0
echo "0011" >"$T/turned"
kill -HUP "$daemon"
soon bad_secrets_are_refused_with_file_and_line 10 grep -qF "$T/turned: line 1: a secret has 32 hexadecimal digits" "$T/fleet.log"
is and_the_others_stay "$(opt "+cookie=$cookie" www.example A >"$T/opt"; grep -c 'status: NOERROR' "$T/dig")" 1
stop "$daemon"
