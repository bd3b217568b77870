#!/bin/sh
# In a zone that is signed but not sealed, a change whose signature no longer fits is committed with a warning.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
command -v dnssec-signzone >/dev/null || { echo "skip no dnssec-signzone here"; exit 0; }
cd "$T" || exit 1
cat >zone <<'EOT'
$TTL 300
@ SOA ns1 host 1 3600 900 86400 60
@ NS ns1
ns1 A 192.0.2.1
www A 192.0.2.4
www A 192.0.2.5
MiXed MX 10 NS1
*.w TXT "wild"
EOT
ok keys sh -c 'dnssec-keygen -q -a ECDSAP256SHA256 -f KSK example >ksk && dnssec-keygen -q -a ECDSAP256SHA256 example >zsk'
ok sign dnssec-signzone -q -S -z -K . -o example -O full -f signed zone
grep -v 'RRSIG[[:space:]]*SOA' signed >unsealed
ok init apex init example.
ok import apex import unsealed
is what_fits_is_no_news "$(grep -c signature err)" 0

ok change apex set www A 300 192.0.2.6
has it_is_told err 'warning: www\.example\. A: its signature does not fit'
is and_committed "$(apex show www A | wc -l)" 1
ok back apex set www A 300 192.0.2.5 192.0.2.4
is as_it_was_it_fits "$(grep -c signature err)" 0
ok case apex set mixed MX 300 '10 ns1.EXAMPLE.'
is letter_case_is_nothing_to_a_signature "$(grep -c signature err)" 0
ok wildcard apex set '*.w' TXT 300 other
has a_wildcards_is_told_too err 'warning: \*\.w\.example\. TXT: its signature does not fit'
ok remove apex delete www A
has what_is_gone_leaves_a_signature err 'warning: www\.example\. A: there is a signature of it, but it is not there'
ok unsigned_name apex set new A 300 192.0.2.7
is what_has_none_is_not_looked_at "$(grep -c signature err)" 0

# A sealed zone refuses the change itself.
ok sealed apex zone add sealed.
sed 's/example\./sealed./g' zone >sealed.zone
ok sealed_keys sh -c 'dnssec-keygen -q -a ECDSAP256SHA256 sealed >/dev/null'
ok sealed_sign dnssec-signzone -q -S -z -K . -o sealed -O full -f sealed.signed sealed.zone
ok sealed_import apex --zone sealed. import sealed.signed
status 4 sealed_refuses apex --zone sealed. set www A 300 192.0.2.6
is and_warns_of_nothing_else "$(grep -c 'does not fit' err)" 0
