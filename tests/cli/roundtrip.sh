#!/bin/sh
# Export and import give the same tree, whatever the records; so does any order of lines.
# shellcheck disable=SC2016,SC2154
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/zone.lib.sh"
cd "$T" || exit 1
{
	small_zone
	cat <<'ZONE'
@ IN MX 10 Mail.Example.COM.
@ IN TXT "a;b" "c\"d" "e\\f" "\000\255 tab\009"
@ IN CAA 0 issue "ca.example; policy=x"
_sip._tcp IN SRV 1 2 5060 api
*.wild IN A 192.0.2.9
sub IN NS ns.sub
ns.sub IN A 192.0.2.10
sub IN DS 60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118
d IN DNAME target.example.net.
odd\.dot\@at\ blank\200byte IN TXT "odd owner"
ptr IN PTR Host.Example.
n IN NAPTR 100 10 "u" "E2U+sip" "!^.*$!sip:info@example.com!" .
svc IN HTTPS 1 . alpn=h2,h3 ipv4hint=192.0.2.1
u IN TYPE65280 \# 4 DEADBEEF
u IN LOC 42 21 54.000 N 71 6 18.000 W -24.00m 30m 10000.00m 10.00m
two 60 IN A 192.0.2.2
two 60 IN A 192.0.2.1
www IN RRSIG CNAME 8 2 300 20300101000000 20200101000000 12345 example. AAAA
www 77 IN RRSIG CNAME 8 2 300 20300101000000 20200101000000 12346 example. AAAB
www IN RRSIG NSEC 8 2 300 20300101000000 20200101000000 12345 example. AAAA
www IN NSEC *.wild A RRSIG NSEC
ZONE
	echo "big 300 IN TXT $(seq -f '"%g-0123456789012345678901234567890"' 1 60 | tr '\n' ' ')"
} >all.zone
apex init example >out
ok "import__every_kind_of_record" apex import all.zone
tree=$(tree_of)
ok "export__to_a_file" apex export
cp out exported.zone
is "export__begins_with_the_soa" "$(head -n 1 exported.zone | awk '{print $1, $4}')" "example. SOA"
is "export__one_record_a_line" "$(awk '$3 != "IN"' exported.zone)" ""
ok "export__is_what_bind_loads" named-checkzone -k ignore -i none example exported.zone
ok "import__of_the_export_changes_nothing" apex import exported.zone
is "import__of_the_export_says_so" "$(cat out)" "(no changes)"

fresh() { # FILE: the tree of a new repository that imports it alone
	rm -rf fresh
	(export APEX_REPO="$T/fresh"; apex init example >fresh.out && apex import "$1" >fresh.out 2>&1 && tree_of)
}
is "tree__of_the_export_is_the_same" "$(fresh exported.zone)" "$tree"
{ head -n 1 exported.zone; tail -n +2 exported.zone | sort -R --random-source=all.zone; } >shuffled.zone
is "tree__of_any_order_of_lines_is_the_same" "$(fresh shuffled.zone)" "$tree"
tr '[:lower:]' '[:upper:]' <exported.zone | cut -d " " -f 1 >owners
cut -d " " -f 2- exported.zone | paste -d " " owners - >upper.zone
is "tree__of_owners_in_upper_case_is_the_same" "$(fresh upper.zone)" "$tree"
sed 's/2026080101/77/' exported.zone >serial.zone
is "tree__does_not_know_the_serial" "$(fresh serial.zone)" "$tree"
sed 's/Mail\.Example\.COM/mail.example.com/' exported.zone >lower.zone
not_ok "tree__knows_the_letter_case_of_rdata" test "$(fresh lower.zone)" = "$tree"

apex set api A 300 4.4.4.4 >out
not_ok "tree__changes_with_content" test "$(tree_of)" = "$tree"
apex set api A 300 1.2.3.4 >out
is "tree__returns_with_its_content" "$(tree_of)" "$tree"
is "serial__still_went_forward" "$(serial_of)" 2026080103
ok "import__from_standard_input" apex import - <exported.zone
is "import__of_a_past_serial_changes_nothing" "$(cat out)" "(no changes)"

printf 'api 300 IN A 6.6.6.6\nfresh 300 IN A 6.6.6.7\n' >part.zone
ok "import__merge_keeps_what_is_not_named" apex --zone example import --merge part.zone
has "import__merge_counts" out '\(1 added, 0 removed, 1 changed\)'
is "import__merge_kept_the_rest" "$(apex diff main~1 main | wc -l)" 2

# ten thousand records
{
	small_zone
	seq -f 'host%g 300 IN A 192.0.2.1' 1 10000
} >tenthousand.zone
apex zone add example.net >out
sed 's/^\$ORIGIN.*/$ORIGIN example.net./' tenthousand.zone >net.zone
ok "import__ten_thousand_records" apex import net.zone
has "import__ten_thousand_goes_to_the_zone_of_its_soa" out '^\[example\.net\.:main [0-9a-f]{12}\] initial import \(10005 RRsets\)$'
apex --zone example.net export >net.out
is "export__ten_thousand_records" "$(wc -l <net.out)" 10005
sed -i 's/host5000 300 IN A.*/host5000 300 IN A 192.0.2.2/' net.zone
ok "import__one_change_of_ten_thousand" apex import net.zone
has "import__one_change_is_one_change" out '\(0 added, 0 removed, 1 changed\)'
is "diff__one_change_is_one_line" "$(apex --zone example.net diff main~1 main)" "~ host5000 A 300 192.0.2.1 -> 192.0.2.2"
ok "fsck__after_all_that" apex fsck
