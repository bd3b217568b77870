#include "core/rdata.h"

#include <string.h>

#include <ldns/ldns.h>

#include "tests/check.h"

static struct ax_name origin;

/* One or more of each type that has text: what is written, what it is shown as (NULL: the same). */
static const struct {
	const char *type, *text, *shown;
} samples[] = {
	{ "A", "192.0.2.1", NULL },
	{ "NS", "ns", "ns.example." },
	{ "MD", "a.", NULL },
	{ "MF", "a.", NULL },
	{ "CNAME", "@", "example." },
	{ "SOA", "ns h.x 1 1h 2h3m 1w 300", "ns.example. h.x.example. 1 3600 7380 604800 300" },
	{ "MB", "a.", NULL },
	{ "MG", "a.", NULL },
	{ "MR", "a.", NULL },
	{ "WKS", "10.0.0.1 tcp 25 80", "10.0.0.1 6 25 80" },
	{ "PTR", "a\\.b.c\\032d.", NULL },
	{ "HINFO", "\"PC-Intel\" Linux", "\"PC-Intel\" \"Linux\"" },
	{ "MINFO", "a. b.", NULL },
	{ "MX", "10 mail", "10 mail.example." },
	{ "TXT", "\"a;b(c)\" d\\\"e \"\" \\065\\000", "\"a;b(c)\" \"d\\\"e\" \"\" \"A\\000\"" },
	{ "TXT", "\"\xc3\xbc\"", "\"\\195\\188\"" },
	{ "TXT", "a\"b c\"d", "\"a\" \"b c\" \"d\"" },
	{ "RP", "a. .", NULL },
	{ "AFSDB", "1 a.", NULL },
	{ "X25", "\"311061700956\"", NULL },
	{ "ISDN", "\"150862028003217\" \"004\"", NULL },
	{ "ISDN", "\"150862028003217\"", NULL },
	{ "RT", "2 a.", NULL },
	{ "NSAP", "0x47.0005.80.005a", "0x47000580005a" },
	{ "NSAP-PTR", "a.", NULL },
	{ "SIG", "A 5 2 3600 20260101000000 20251201000000 1 a. AwEAAQ==", NULL },
	{ "KEY", "512 255 1 AwEAAQ==", NULL },
	{ "KEY", "49152 3 0", NULL },
	{ "PX", "10 a. b.", NULL },
	{ "GPOS", "\"-32.6882\" \"116.8652\" \"10.0\"", NULL },
	{ "AAAA", "2001:DB8:0::1", "2001:db8::1" },
	{ "AAAA", "::ffff:192.0.2.1", NULL },
	{ "LOC", "42 21 54 N 71 06 18 W -24m 30m", "42 21 54.000 N 71 6 18.000 W -24.00m 30.00m 10000.00m 10.00m" },
	{ "LOC", "42 S 71 E 1.5", "42 0 0.000 S 71 0 0.000 E 1.50m 1.00m 10000.00m 10.00m" },
	{ "EID", "E32C6F78163A9348", NULL },
	{ "NIMLOC", "32251A030067", NULL },
	{ "SRV", "1 2 443 .", NULL },
	{ "NAPTR", "100 10 \"u\" \"E2U+sip\" \"!^.*$!sip:i@e.com!\" .", NULL },
	{ "KX", "1 a.", NULL },
	{ "CERT", "PGP 0 0 AwEAAQ==", "3 0 0 AwEAAQ==" },
	{ "CERT", "1 0 RSASHA256 AwEAAQ==", "1 0 8 AwEAAQ==" },
	{ "DNAME", "a.", NULL },
	{ "APL", "1:192.168.32.0/21 !2:2001:DB8::/32", "1:192.168.32.0/21 !2:2001:db8::/32" },
	{ "APL", "", NULL },
	{ "DS", "1 RSASHA256 2 aab bcc", "1 8 2 AABBCC" },
	{ "SSHFP", "4 2 AABB", NULL },
	{ "IPSECKEY", "10 1 2 192.0.2.38 AwEAAQ==", NULL },
	{ "IPSECKEY", "10 2 2 2001:db8::1 AwEAAQ==", NULL },
	{ "IPSECKEY", "10 3 2 gw AwEAAQ==", "10 3 2 gw.example. AwEAAQ==" },
	{ "IPSECKEY", "10 0 0 .", NULL },
	{ "RRSIG", "A 8 2 3600 20260101000000 1764547200 12345 a. AwEA AQ==",
	  "A 8 2 3600 20260101000000 20251201000000 12345 a. AwEAAQ==" },
	{ "RRSIG", "TYPE65280 13 0 0 21060207062815 19700101000000 0 . AA==", NULL },
	{ "NSEC", "a. A NS TYPE65280 SOA", "a. A NS SOA TYPE65280" },
	{ "DNSKEY", "257 3 ECDSAP256SHA256 AwEAAQ==", "257 3 13 AwEAAQ==" },
	{ "DHCID", "AAIBY2/AuCccgoJbsaxcQc9TUapptP69lOjxfNuVAA2kjEA=", NULL },
	{ "NSEC3", "1 1 12 AABBCCDD 2T7B4G4VSA5SMI47K61MV5BV1A22BOJR A RRSIG", NULL },
	{ "NSEC3", "1 0 0 - 2t7b4g4vsa5smi47k61mv5bv1a22bojr", "1 0 0 - 2T7B4G4VSA5SMI47K61MV5BV1A22BOJR" },
	{ "NSEC3PARAM", "1 0 12 aabb", "1 0 12 AABB" },
	{ "NSEC3PARAM", "1 0 0 -", NULL },
	{ "TLSA", "3 1 1 AABB", NULL },
	{ "SMIMEA", "3 0 0 AABB", NULL },
	{ "HIP", "2 200100107B1A74DF365639CC39F1D578 AwEAAQ== rvs b.",
	  "2 200100107B1A74DF365639CC39F1D578 AwEAAQ== rvs.example. b." },
	{ "NINFO", "\"a\" \"b\"", NULL },
	{ "RKEY", "0 1 8 AwEAAQ==", NULL },
	{ "TALINK", "a. b.", NULL },
	{ "CDS", "0 0 0 00", NULL },
	{ "CDNSKEY", "0 3 0 AA==", NULL },
	{ "OPENPGPKEY", "AwEAAQ==", NULL },
	{ "CSYNC", "66 3 A NS AAAA", NULL },
	{ "ZONEMD", "2018031500 1 1 FEBE3D4CE2EC2FFA4BA99D46", NULL },
	{ "SVCB", "0 a.", NULL },
	{ "SVCB", "1 . port=53 alpn=h2,h3", "1 . alpn=\"h2,h3\" port=53" },
	{ "SVCB", "1 . key7=\"a b;\" port=1", "1 . port=1 dohpath=\"a b;\"" },
	{ "SVCB", "16 a. alpn=\"f\\\\\\\\oo\\\\,bar,h2\"", NULL },
	{ "SVCB", "1 a. key667=\"hello\\210qoo\"", NULL },
	{ "SVCB", "1 a. key667 ipv6hint=2001:db8::1,2001:db8::53:1",
	  "1 a. ipv6hint=2001:db8::1,2001:db8::53:1 key667" },
	{ "HTTPS", "1 . mandatory=ipv4hint,alpn alpn=h2 no-default-alpn ipv4hint=192.0.2.1 ech=AEX+DQA=",
	  "1 . mandatory=alpn,ipv4hint alpn=\"h2\" no-default-alpn ipv4hint=192.0.2.1 ech=AEX+DQA=" },
	{ "HTTPS", "1 . dohpath=\"/dns-query{?dns}\"", NULL },
	{ "DSYNC", "CDS 1 5300 a.", NULL },
	{ "SPF", "\"v=spf1 -all\"", NULL },
	{ "NID", "10 0014:4fff:ff20:ee64", NULL },
	{ "NID", "10 14:4fff:0:ee64", "10 0014:4fff:0000:ee64" },
	{ "L32", "10 10.1.2.0", NULL },
	{ "L64", "10 2001:0db8:1140:1000", NULL },
	{ "LP", "10 a.", NULL },
	{ "EUI48", "00-00-5E-00-53-2A", "00-00-5e-00-53-2a" },
	{ "EUI64", "00-00-5e-ef-10-00-00-2a", NULL },
	{ "URI", "10 1 \"ftp://ftp.example/public\"", NULL },
	{ "CAA", "128 issue \"ca.example; policy=ev\"", NULL },
	{ "CAA", "0 issue \"\"", NULL },
	{ "AVC", "\"app-name:x\"", NULL },
	{ "DOA", "0 1 2 \"text/plain\" AwEAAQ==", NULL },
	{ "AMTRELAY", "10 0 0 .", NULL },
	{ "AMTRELAY", "10 1 3 relay", "10 1 3 relay.example." },
	{ "AMTRELAY", "10 1 2 2001:db8::15", NULL },
	{ "RESINFO", "\"qnamemin\" \"exterr=15\"", NULL },
	{ "TA", "1 8 2 AABB", NULL },
	{ "DLV", "1 8 2 AABB", NULL },
	{ "NULL", "\\# 2 AABB", NULL },
	{ "NXT", "\\# 7 0161000000AA00", NULL },
	{ "A6", "\\# 1 80", NULL },
	{ "ATMA", "\\# 2 0061", NULL },
	{ "TYPE65280", "\\# 4 aa bb ccdd", "\\# 4 AABBCCDD" },
	{ "TYPE65280", "\\# 0", NULL },
	{ "TYPE1", "\\# 4 C0000201", "192.0.2.1" },
};

enum { SAMPLES = sizeof samples / sizeof *samples };

static uint16_t type_of(const char *text)
{
	uint16_t type;
	ck_assert_msg(ax_type_parse(&type, text, strlen(text)) == AX_OK, "%s", text);
	return type;
}

static void parse(struct ax_buf *out, uint16_t type, const char *text)
{
	ck_assert_msg(ax_rdata_parse(out, type, text, strlen(text), &origin) == AX_OK, "%u %s: %s", type, text,
		      ax_err_text(AX_EINVAL));
}

START_TEST(rdata__text_to_wire_to_text_is_a_fixed_point_for_every_type)
{
	struct ax_buf wire = AX_BUF_INIT, text = AX_BUF_INIT, again = AX_BUF_INIT;
	for (size_t i = 0; i < SAMPLES; i++) {
		uint16_t type = type_of(samples[i].type);
		parse(&wire, type, samples[i].text);
		ax_buf_clear(&text);
		ck_assert_int_eq(ax_rdata_text(&text, type, ax_buf_view(&wire)), AX_OK);
		ck_assert_str_eq(ax_buf_cstr(&text), samples[i].shown ? samples[i].shown : samples[i].text);
		parse(&again, type, ax_buf_cstr(&text));
		ck_assert(ax_slice_eq(ax_buf_view(&wire), ax_buf_view(&again)));
	}
	ax_buf_fini(&wire);
	ax_buf_fini(&text);
	ax_buf_fini(&again);
}
END_TEST

/* Every type that ldns can write has a sample here. */
START_TEST(rdata__every_type_of_ldns_is_known)
{
	for (unsigned t = 1; t < 65536; t++) {
		const ldns_rr_descriptor *d = ldns_rr_descript((uint16_t)t);
		char name[24];
		if (d->_type != t || !d->_name || !ax_type_storable((uint16_t)t))
			continue;
		ax_type_text(name, (uint16_t)t);
		ck_assert_str_eq(name, d->_name);
		bool sampled = false;
		for (size_t i = 0; i < SAMPLES; i++)
			sampled |= type_of(samples[i].type) == t;
		ck_assert_msg(sampled || t == 40, "no sample of %s", name);
	}
}
END_TEST

/* Types whose text this ldns misreads or lacks: judged by the RFCs' examples above instead. */
static bool ldns_is_no_oracle(uint16_t type)
{
	static const uint16_t not [] = { 10, 11, 20, 22, 23, 25, 30,  34,  38,  42,  45,   55,
					 56, 57, 64, 65, 66, 99, 258, 259, 260, 261, 32768 };
	for (size_t i = 0; i < sizeof not / sizeof *not ; i++)
		if (not [i] == type)
			return true;
	return type > 32769;
}

START_TEST(rdata__agrees_with_ldns)
{
	struct ax_buf wire = AX_BUF_INIT, line = AX_BUF_INIT;
	unsigned compared = 0;
	for (size_t i = 0; i < SAMPLES; i++) {
		uint16_t type = type_of(samples[i].type);
		if (ldns_is_no_oracle(type))
			continue;
		const char *shown = samples[i].shown ? samples[i].shown : samples[i].text;
		ldns_rr *rr = NULL;
		uint8_t *packed = NULL;
		size_t n = 0;
		ax_buf_clear(&line);
		ax_buf_printf(&line, ". 300 IN %s %s", samples[i].type, shown);
		ldns_status st = ldns_rr_new_frm_str(&rr, ax_buf_cstr(&line), 0, NULL, NULL);
		ck_assert_msg(st == LDNS_STATUS_OK, "%s: %s", ax_buf_cstr(&line), ldns_get_errorstr_by_id(st));
		ck_assert_int_eq(ldns_rr2wire(&packed, rr, LDNS_SECTION_ANSWER, &n), LDNS_STATUS_OK);
		parse(&wire, type, samples[i].text);
		/* 1 octet of owner, type, class, TTL, length */
		ck_assert_msg(ax_slice_eq(ax_buf_view(&wire), ax_slice(packed + 11, n - 11)), "%s",
			      ax_buf_cstr(&line));
		free(packed);
		ldns_rr_free(rr);
		compared++;
	}
	ck_assert_uint_gt(compared, 60);
	ax_buf_fini(&wire);
	ax_buf_fini(&line);
}
END_TEST

START_TEST(rdata__malformed_text_is_refused_and_names_the_token)
{
	static const char *const bad[][3] = {
		{ "A", "1.2.3", "`1.2.3`" },
		{ "A", "1.2.3.4 5", "`5`" },
		{ "A", "1.2.3.256", "`1.2.3.256`" },
		{ "A", "01.2.3.4", "`01.2.3.4`" },
		{ "A", "0x1020304", "`0x1020304`" },
		{ "A", "", "missing" },
		{ "A", "\"1.2.3.4\"", "IPv4" },
		{ "AAAA", "1.2.3.4", "`1.2.3.4`" },
		{ "AAAA", "::1::", "`::1::`" },
		{ "NS", "a..b", "`a..b`" },
		{ "NS", "a b", "`b`" },
		{ "MX", "65536 a", "`65536`" },
		{ "MX", "-1 a", "`-1`" },
		{ "MX", "10", "a domain name is missing" },
		{ "MX", "ten a", "`ten`" },
		{ "SOA", "a b 4294967296 1 1 1 1", "`4294967296`" },
		{ "SOA", "a b 1 1 1 1", "missing" },
		{ "SOA", "a b 1 1 1 1 1x", "`1x`" },
		{ "TXT", "", "missing" },
		{ "TXT", "\"a", "not closed" },
		{ "TXT", "\"a\\256\"", "255" },
		{ "TXT", "a\\1", "three digits" },
		{ "SRV", "1 2 a.", "`a.`" },
		{ "DS", "1 8 2 ABC", "odd" },
		{ "DS", "1 8 2 XY", "`XY`" },
		{ "DS", "1 8 2", "missing" },
		{ "DS", "1 FOO 2 AB", "`FOO`" },
		{ "DS", "1 256 2 AB", "`256`" },
		{ "DNSKEY", "257 3 8 A===", "base64" },
		{ "DNSKEY", "257 3 8 AAA", "base64" },
		{ "DNSKEY", "257 3 8 AB==", "left over" },
		{ "DNSKEY", "257 3 8 AA==AAAA", "base64" },
		{ "DNSKEY", "257 3 8 A*==", "base64" },
		{ "RRSIG", "A 8 2 1 20261301000000 20260101000000 1 a. AA==", "`20261301000000`" },
		{ "RRSIG", "A 8 2 1 20260230000000 20260101000000 1 a. AA==", "`20260230000000`" },
		{ "RRSIG", "A 8 2 1 21070101000000 20260101000000 1 a. AA==", "`21070101000000`" },
		{ "RRSIG", "A 8 2 1 123456789012 20260101000000 1 a. AA==", "`123456789012`" },
		{ "RRSIG", "FOO 8 2 1 1 1 1 a. AA==", "`FOO`" },
		{ "RRSIG", "A 8 2 1h 1 1 1 a. AA==", "`1h`" },
		{ "NSEC", "a. FOO", "`FOO`" },
		{ "NSEC", "a. TYPE65536", "`TYPE65536`" },
		{ "NSEC3", "1 0 0 - W0", "base32" },
		{ "NSEC3PARAM", "1 0 0 ABC", "odd" },
		{ "LOC", "91 N 0 W 0", "out of range" },
		{ "LOC", "1 60 N 0 W 0", "`60`" },
		{ "LOC", "1 N 0 W", "missing" },
		{ "LOC", "1 N 0 W 0 1 1 1 1", "`1`" },
		{ "APL", "1:10.0.0/8", "`1:10.0.0/8`" },
		{ "APL", "1:10.0.0.0/33", "`1:10.0.0.0/33`" },
		{ "APL", "3:10.0.0.0/8", "`3:10.0.0.0/8`" },
		{ "NSAP", "47.0005", "`47.0005`" },
		{ "EUI48", "00-00-5e-00-53", "`00-00-5e-00-53`" },
		{ "NID", "10 14::4fff:0", "identifier" },
		{ "NID", "10 14:1:2:00003", "identifier" },
		{ "NID", "10 14:1:2:3:4", "`14:1:2:3:4`" },
		{ "EUI48", "00-00-5e-00-53-2a-11", "identifier" },
		{ "EUI48", "0-00-5e-00-53-2a", "identifier" },
		{ "EUI48", "00:00:5e:00:53:2a", "identifier" },
		{ "CAA", "0 is-sue \"x\"", "tag" },
		{ "CAA", "0 \"\" \"x\"", "tag" },
		{ "CAA", "256 issue \"x\"", "`256`" },
		{ "SVCB", "1 . port=65536", "`port=65536`" },
		{ "SVCB", "1 . port", "`port`" },
		{ "SVCB", "1 . foo=1", "`foo=1`" },
		{ "SVCB", "1 . ech", "`ech`" },
		{ "SVCB", "1 . ech=\"\"", "`ech=`" },
		{ "SVCB", "1 . alpn=", "`alpn=`" },
		{ "SVCB", "1 . alpn=a,,b", "`alpn=a,,b`" },
		{ "SVCB", "1 . port=1 port=2", "repeated" },
		{ "SVCB", "1 . key65536=1", "`key65536=1`" },
		{ "SVCB", "1 . no-default-alpn=1", "`no-default-alpn=1`" },
		{ "SVCB", "1 . mandatory=alpn,alpn alpn=h2", "malformed" },
		{ "IPSECKEY", "1 4 1 . AA==", "unknown type" },
		{ "IPSECKEY", "1 0 1 a. AA==", "`a.`" },
		{ "AMTRELAY", "1 2 1 1.2.3.4", "`2`" },
		{ "CERT", "FOO 0 0 AA==", "`FOO`" },
		{ "TYPE65280", "hello", "`hello`" },
		{ "TYPE65280", "\\# 2 AA", "2 octets" },
		{ "TYPE65280", "\\# AA", "`AA`" },
		{ "TYPE65280", "\\# 65536 AA", "`65536`" },
		{ "TYPE65280", "\\#", "missing" },
		{ "A", "\\# 3 010203", "too short" },
		{ "A", "\\# 5 0102030405", "left over" },
		{ "MX", "\\# 3 000A01", "cut short" },
		{ "NULL", "x", "`x`" },
	};
	struct ax_buf wire = AX_BUF_INIT;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		uint16_t type = type_of(bad[i][0]);
		enum ax_err e = ax_rdata_parse(&wire, type, bad[i][1], strlen(bad[i][1]), &origin);
		ck_assert_msg(e == AX_EINVAL, "%s %s is taken", bad[i][0], bad[i][1]);
		ck_assert_msg(strstr(ax_err_text(e), bad[i][2]), "%s %s: %s", bad[i][0], bad[i][1], ax_err_text(e));
	}
	ax_buf_fini(&wire);
}
END_TEST

START_TEST(rdata__string_of_256_octets_is_refused)
{
	char text[300];
	struct ax_buf wire = AX_BUF_INIT;
	memset(text, 'a', sizeof text);
	ck_assert_int_eq(ax_rdata_parse(&wire, AX_TYPE_TXT, text, 255, &origin), AX_OK);
	ck_assert_uint_eq(wire.n, 256);
	ck_assert_int_eq(ax_rdata_parse(&wire, AX_TYPE_TXT, text, 256, &origin), AX_EINVAL);
	ck_assert_ptr_nonnull(strstr(ax_err_text(AX_EINVAL), "over 255"));
	ax_buf_fini(&wire);
}
END_TEST

START_TEST(rdata__txt_of_65535_octets_goes_both_ways)
{
	struct ax_buf text = AX_BUF_INIT, wire = AX_BUF_INIT, shown = AX_BUF_INIT;
	for (unsigned i = 0; i < 255; i++) {
		ax_buf_str(&text, i ? " \"" : "\"");
		for (unsigned k = 0; k < 255; k++)
			ax_buf_str(&text, "\\200");
		ax_buf_str(&text, "\"");
	}
	ax_buf_str(&text, " \"");
	for (unsigned k = 0; k < 254; k++)
		ax_buf_u8(&text, 'a');
	ax_buf_str(&text, "\"");
	ck_assert_int_eq(ax_rdata_parse(&wire, AX_TYPE_TXT, (char *)text.p, text.n, &origin), AX_OK);
	ck_assert_uint_eq(wire.n, 65535);
	ck_assert_int_eq(ax_rdata_text(&shown, AX_TYPE_TXT, ax_buf_view(&wire)), AX_OK);
	ck_assert(ax_slice_eq(ax_buf_view(&shown), ax_buf_view(&text)));
	ax_buf_str(&text, " x");
	ck_assert_int_eq(ax_rdata_parse(&wire, AX_TYPE_TXT, (char *)text.p, text.n, &origin), AX_EINVAL);
	ck_assert_ptr_nonnull(strstr(ax_err_text(AX_EINVAL), "65535"));
	ax_buf_fini(&text);
	ax_buf_fini(&wire);
	ax_buf_fini(&shown);
}
END_TEST

/* Whatever passes the check can be shown and reads back; types of fixed form have no good prefix at all. */
START_TEST(rdata__cut_or_lengthened_wire_is_refused_or_reads_back)
{
	static const char *const fixed[] = { "A",     "AAAA",  "NS",     "CNAME",      "DNAME", "PTR",   "SOA",
					     "MX",    "SRV",   "RP",     "NAPTR",      "HINFO", "AFSDB", "KX",
					     "LOC",   "EUI48", "L32",    "LP",         "NID",   "EUI64", "PX",
					     "MINFO", "X25",   "TALINK", "NSEC3PARAM", "GPOS" };
	struct ax_buf wire = AX_BUF_INIT, text = AX_BUF_INIT, again = AX_BUF_INIT;
	for (size_t i = 0; i < SAMPLES; i++) {
		uint16_t type = type_of(samples[i].type);
		bool is_fixed = false;
		for (size_t k = 0; k < sizeof fixed / sizeof *fixed; k++)
			is_fixed |= strcmp(fixed[k], samples[i].type) == 0;
		parse(&wire, type, samples[i].text);
		size_t whole = wire.n;
		ax_buf_u8(&wire, 0);
		for (size_t n = 0; n <= whole + 1; n++) {
			struct ax_slice cut = ax_slice(wire.p, n);
			bool good = ax_rdata_check(type, cut) == AX_OK;
			ck_assert_msg(n == whole ? good : !(is_fixed && good), "%s of %zu", samples[i].type, n);
			ax_buf_clear(&text);
			ck_assert_int_eq(ax_rdata_text(&text, type, cut), AX_OK);
			enum ax_err e = ax_rdata_parse(&again, type, (char *)text.p, text.n, &origin);
			ck_assert_msg(!e == good, "%s of %zu: %s", samples[i].type, n, ax_buf_cstr(&text));
			ck_assert(!good || ax_slice_eq(ax_buf_view(&again), cut));
		}
	}
	ax_buf_fini(&wire);
	ax_buf_fini(&text);
	ax_buf_fini(&again);
}
END_TEST

START_TEST(rdata__random_wire_is_refused_or_reads_back)
{
	struct ax_buf text = AX_BUF_INIT, again = AX_BUF_INIT;
	uint64_t state = check_seed();
	unsigned good = 0;
	for (unsigned i = 0; i < 100000; i++) {
		uint16_t type = type_of(samples[check_random(&state) % SAMPLES].type);
		uint8_t wire[64];
		size_t n = check_random(&state) % sizeof wire;
		for (size_t k = 0; k < n; k++)
			wire[k] = (uint8_t)(check_random(&state) % (i % 2 ? 256 : 6));
		struct ax_slice s = ax_slice(wire, n);
		if (ax_rdata_check(type, s))
			continue;
		good++;
		ax_buf_clear(&text);
		ck_assert_int_eq(ax_rdata_text(&text, type, s), AX_OK);
		enum ax_err e = ax_rdata_parse(&again, type, (char *)text.p, text.n, &origin);
		ck_assert_msg(e == AX_OK && ax_slice_eq(ax_buf_view(&again), s), "%u: %s", type, ax_buf_cstr(&text));
	}
	ck_assert_uint_gt(good, 1000);
	ax_buf_fini(&text);
	ax_buf_fini(&again);
}
END_TEST

START_TEST(rdata__types_by_name_and_by_number)
{
	char text[24];
	for (unsigned t = 0; t < 65536; t++) {
		ax_type_text(text, (uint16_t)t);
		ck_assert_uint_eq(type_of(text), t);
	}
	ck_assert_uint_eq(type_of("aaaa"), 28);
	ck_assert_uint_eq(type_of("type28"), 28);
	ck_assert_uint_eq(type_of("TYPE00028"), 28);
	ax_type_text(text, 65280);
	ck_assert_str_eq(text, "TYPE65280");
	static const char *const bad[] = { "",       "FOO", "TYPE", "TYPE65536", "TYPE-1",
					   "TYPE1x", "AA",  "A ",   "N",         "TYPE000001" };
	uint16_t type;
	ck_assert_int_eq(ax_type_parse(&type, "MX\0AND A LONG TAIL", 18), AX_EINVAL); /* read beyond "MX" once */
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		ck_assert_msg(ax_type_parse(&type, bad[i], strlen(bad[i])) == AX_EINVAL, "%s", bad[i]);
}
END_TEST

START_TEST(rdata__meta_types_are_not_storable)
{
	static const uint16_t meta[] = { 0, 41, 128, 249, 250, 251, 252, 253, 254, 255 };
	static const uint16_t data[] = { 1, 2, 6, 46, 65, 127, 256, 32769, 65280, 65535 };
	for (size_t i = 0; i < 10; i++) {
		ck_assert(!ax_type_storable(meta[i]));
		ck_assert(ax_type_storable(data[i]));
	}
}
END_TEST

START_TEST(rdata__names_are_found_and_may_be_compressed_only_in_types_of_rfc_1035)
{
	static const struct {
		const char *type, *text;
		unsigned names;
		bool compress;
	} cases[] = {
		{ "NS", "a.", 1, true },
		{ "SOA", "a. b. 1 1 1 1 1", 2, true },
		{ "MX", "1 a.", 1, true },
		{ "SRV", "1 1 1 a.", 1, false },
		{ "NAPTR", "1 1 a b c a.", 1, false },
		{ "DNAME", "a.", 1, false },
		{ "RP", "a. b.", 2, false },
		{ "A", "1.2.3.4", 0, false },
		{ "TXT", "a", 0, false },
		{ "NSEC", "a. A", 1, false },
		{ "SVCB", "1 a. port=1", 1, false },
		{ "RRSIG", "A 8 2 1 1 1 1 a. AA==", 1, false },
	};
	struct ax_buf wire = AX_BUF_INIT;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		uint16_t type = type_of(cases[i].type);
		struct ax_slice name;
		bool compress;
		unsigned n = 0;
		parse(&wire, type, cases[i].text);
		while (ax_rdata_name(&name, &compress, type, ax_buf_view(&wire), n)) {
			ck_assert(ax_slice_eq(name, ax_slice(n ? "\1b\0" : "\1a\0", 3)));
			ck_assert_int_eq(compress, cases[i].compress);
			n++;
		}
		ck_assert_uint_eq(n, cases[i].names);
	}
	ax_buf_fini(&wire);
}
END_TEST

static void canonical_is(const char *type_text, const char *text, const char *want_text)
{
	struct ax_buf wire = AX_BUF_INIT, want = AX_BUF_INIT, got = AX_BUF_INIT;
	uint16_t type = type_of(type_text);
	parse(&wire, type, text);
	parse(&want, type, want_text);
	ax_buf_u8(&got, 'x');
	ax_rdata_canonical(&got, type, ax_buf_view(&wire));
	ck_assert(ax_slice_eq(ax_slice(got.p + 1, got.n - 1), ax_buf_view(&want)));
	ck_assert_int_eq(ax_rdata_cmp(type, ax_buf_view(&wire), ax_buf_view(&want)), 0);
	ax_buf_fini(&wire);
	ax_buf_fini(&want);
	ax_buf_fini(&got);
}

START_TEST(rdata__canonical_form_lowers_the_names_of_rfc_4034_less_6840)
{
	canonical_is("NS", "NS.Example.", "ns.example.");
	canonical_is("SOA", "A.B. C.D. 1 1 1 1 1", "a.b. c.d. 1 1 1 1 1");
	canonical_is("MX", "16705 A.B.", "16705 a.b.");
	canonical_is("SRV", "1 1 1 A.B.", "1 1 1 a.b.");
	canonical_is("NAPTR", "1 1 A B C A.B.", "1 1 A B C a.b.");
	canonical_is("RRSIG", "A 8 2 1 1 1 1 A.B. QUJD", "A 8 2 1 1 1 1 a.b. QUJD");
	canonical_is("NSEC", "A.B. A", "A.B. A");
	canonical_is("SVCB", "1 A.B.", "1 A.B.");
	canonical_is("TXT", "ABC", "ABC");
}
END_TEST

START_TEST(rdata__comparing_is_comparing_canonical_forms)
{
	struct ax_buf a = AX_BUF_INIT, b = AX_BUF_INIT, x = AX_BUF_INIT, y = AX_BUF_INIT;
	uint64_t state = check_seed();
	static const char *const types[] = { "NS", "MX", "SOA", "TXT", "NSEC" };
	static const char *const texts[][5] = {
		{ "a.", "A.", "b.", "B.a.", "b.A." },
		{ "1 a.", "1 A.", "16705 A.", "16705 a.", "2 a.B." },
		{ "a. B. 1 1 1 1 1", "A. b. 1 1 1 1 1", "a. b. 65 1 1 1 1", "a. b. 97 1 1 1 1", "b. a. 1 1 1 1 1" },
		{ "a", "A", "ab", "a b", "B" },
		{ "a. A", "A. A", "b. A", "B. A", "a. NS" },
	};
	for (unsigned i = 0; i < 2000; i++) {
		unsigned t = check_random(&state) % 5;
		uint16_t type = type_of(types[t]);
		parse(&a, type, texts[t][check_random(&state) % 5]);
		parse(&b, type, texts[t][check_random(&state) % 5]);
		ax_buf_clear(&x);
		ax_buf_clear(&y);
		ax_rdata_canonical(&x, type, ax_buf_view(&a));
		ax_rdata_canonical(&y, type, ax_buf_view(&b));
		int want = ax_slice_cmp(ax_buf_view(&x), ax_buf_view(&y));
		int got = ax_rdata_cmp(type, ax_buf_view(&a), ax_buf_view(&b));
		ck_assert_int_eq((got > 0) - (got < 0), (want > 0) - (want < 0));
	}
	ax_buf_fini(&a);
	ax_buf_fini(&b);
	ax_buf_fini(&x);
	ax_buf_fini(&y);
}
END_TEST

START_TEST(rdata__soa_serial_is_found)
{
	struct ax_buf wire = AX_BUF_INIT;
	parse(&wire, AX_TYPE_SOA, "a. b.c. 4242 1 2 3 4");
	size_t at = ax_soa_serial_at(ax_buf_view(&wire));
	ck_assert_uint_eq(at, 8);
	ck_assert_uint_eq(ax_be32(wire.p + at), 4242);
	for (size_t n = 0; n < wire.n; n++)
		ck_assert_uint_eq(ax_soa_serial_at(ax_slice(wire.p, n)), 0);
	ax_buf_fini(&wire);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, rdata__text_to_wire_to_text_is_a_fixed_point_for_every_type);
	tcase_add_test(tc, rdata__every_type_of_ldns_is_known);
	tcase_add_test(tc, rdata__agrees_with_ldns);
	tcase_add_test(tc, rdata__malformed_text_is_refused_and_names_the_token);
	tcase_add_test(tc, rdata__string_of_256_octets_is_refused);
	tcase_add_test(tc, rdata__txt_of_65535_octets_goes_both_ways);
	tcase_add_test(tc, rdata__cut_or_lengthened_wire_is_refused_or_reads_back);
	tcase_add_test(tc, rdata__random_wire_is_refused_or_reads_back);
	tcase_add_test(tc, rdata__types_by_name_and_by_number);
	tcase_add_test(tc, rdata__meta_types_are_not_storable);
	tcase_add_test(tc, rdata__names_are_found_and_may_be_compressed_only_in_types_of_rfc_1035);
	tcase_add_test(tc, rdata__canonical_form_lowers_the_names_of_rfc_4034_less_6840);
	tcase_add_test(tc, rdata__comparing_is_comparing_canonical_forms);
	tcase_add_test(tc, rdata__soa_serial_is_found);
}

int main(void)
{
	if (ax_name_parse(&origin, "example.", 8, NULL))
		return 1;
	return check_main("rdata", add);
}
