#include "core/zonetext.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/check.h"

static struct ax_name apex;
static char folder[] = "/tmp/apexfs-zonetext.XXXXXX";

static struct ax_buf got, warnings;

static enum ax_err collect(void *ctx, const struct ax_name *owner, uint16_t type, uint32_t ttl_s,
			   struct ax_slice rdata, unsigned line)
{
	char t[24];
	(void)ctx;
	ax_type_text(t, type);
	ax_buf_printf(&got, "%u:", line);
	ax_name_text_relative(&got, owner, &apex);
	ax_buf_printf(&got, " %u %s ", ttl_s, t);
	enum ax_err e = ax_rdata_text(&got, type, rdata);
	ax_buf_u8(&got, '|');
	return e;
}

static void note(void *ctx, unsigned line, const char *text)
{
	(void)ctx;
	ax_buf_printf(&warnings, "%u: %s|", line, text);
}

static struct ax_zonetext_options options(void)
{
	return (struct ax_zonetext_options){ .file = "f.zone", .apex = &apex, .record = collect, .warn = note };
}

static enum ax_err read_with(const struct ax_zonetext_options *o, struct ax_slice text)
{
	ax_buf_clear(&got);
	ax_buf_clear(&warnings);
	ax_buf_cstr(&warnings);
	return ax_zonetext_read(text, o);
}

static void reads(const char *text, const char *want)
{
	struct ax_zonetext_options o = options();
	enum ax_err e = read_with(&o, ax_slice_str(text));
	ck_assert_msg(e == AX_OK, "%s: %s", text, ax_err_text(e));
	ck_assert_str_eq(ax_buf_cstr(&got), want);
}

static void refused_with(const struct ax_zonetext_options *o, struct ax_slice text, const char *want)
{
	enum ax_err e = read_with(o, text);
	ck_assert_msg(e == AX_EINVAL, "taken: %.*s", (int)text.n, (const char *)text.p);
	ck_assert_str_eq(ax_err_text(e), want);
}

static void refused(const char *text, const char *want)
{
	struct ax_zonetext_options o = options();
	refused_with(&o, ax_slice_str(text), want);
}

START_TEST(zonetext__owner_ttl_class_and_type_in_every_order)
{
	reads("a 60 IN A 1.1.1.1\na IN 60 A 1.1.1.2\na 60 A 1.1.1.3\n\t61\tIN\tA 1.1.1.4\nb in a 1.1.1.5\n"
	      "@ 1h2m CLASS1 NS b\n*.x.example. 5 TYPE1 \\# 4 01020304",
	      "1:a 60 A 1.1.1.1|2:a 60 A 1.1.1.2|3:a 60 A 1.1.1.3|4:a 61 A 1.1.1.4|5:b 61 A 1.1.1.5|"
	      "6:@ 3720 NS b.example.|7:*.x 5 A 1.2.3.4|");
}
END_TEST

START_TEST(zonetext__blank_owner_is_the_last_one_also_across_comments_and_blank_lines)
{
	reads("a 1 A 1.1.1.1\n\n; comment\n   ; another\n  A 1.1.1.2\n$ORIGIN sub\n  A 1.1.1.3\nb A 1.1.1.4\n",
	      "1:a 1 A 1.1.1.1|5:a 1 A 1.1.1.2|7:a 1 A 1.1.1.3|8:b.sub 1 A 1.1.1.4|");
	refused("  60 A 1.1.1.1\n", "f.zone:1: the first record has no owner name");
}
END_TEST

START_TEST(zonetext__parentheses_quotes_comments_and_escapes)
{
	reads("@ 1 SOA ns h ( 1 ; serial ( \" \n 2\n\n 3 4 5 ) ; end\na 1 TXT ( \"(;)\" ; x\n b\\;\\(c)\n"
	      "a\\.b 1 TXT \"\\\"\" \\\"\nc 1 A(1.1.1.1)\n( d 1 A\n 1.1.1.2 )\n",
	      "1:@ 1 SOA ns.example. h.example. 1 2 3 4 5|5:a 1 TXT \"(;)\" \"b;(c\"|7:a\\.b 1 TXT \"\\\"\" \"\\\"\"|"
	      "8:c 1 A 1.1.1.1|9:d 1 A 1.1.1.2|");
}
END_TEST

START_TEST(zonetext__crlf_and_a_missing_last_newline_are_taken)
{
	reads("$TTL 1\r\na A 1.1.1.1\r\n A ( 1.1.1.2\r\n )\r\n\r\nb TXT \"x\"\r\nc A 1.1.1.3",
	      "2:a 1 A 1.1.1.1|3:a 1 A 1.1.1.2|6:b 1 TXT \"x\"|7:c 1 A 1.1.1.3|");
	reads("", "");
	reads("\n\n;\n", "");
}
END_TEST

START_TEST(zonetext__missing_ttl_is_dollar_ttl_then_the_last_stated_then_minimum)
{
	reads("@ SOA a b 1 2 3 4 555\n NS a\na 7 A 1.1.1.1\n A 1.1.1.2\n$TTL 2m\n A 1.1.1.3\n 8 A 1.1.1.4\n A "
	      "1.1.1.5\n",
	      "1:@ 555 SOA a.example. b.example. 1 2 3 4 555|2:@ 555 NS a.example.|3:a 7 A 1.1.1.1|4:a 555 A 1.1.1.2|"
	      "6:a 120 A 1.1.1.3|7:a 8 A 1.1.1.4|8:a 120 A 1.1.1.5|");
	reads("@ 9 SOA a b 1 2 3 4 555\n NS a\na 7 A 1.1.1.1\n A 1.1.1.2\n",
	      "1:@ 9 SOA a.example. b.example. 1 2 3 4 555|2:@ 9 NS a.example.|3:a 7 A 1.1.1.1|4:a 7 A 1.1.1.2|");
	refused("a A 1.1.1.1\n", "f.zone:1: no TTL is known for the first record, state it or $TTL");
	struct ax_zonetext_options o = options();
	o.has_default_ttl = true;
	o.default_ttl_s = 99;
	ck_assert_int_eq(read_with(&o, ax_slice_str("a A 1.1.1.1\nb 5 A 1.1.1.2\n")), AX_OK);
	ck_assert_str_eq(ax_buf_cstr(&got), "1:a 99 A 1.1.1.1|2:b 5 A 1.1.1.2|");
}
END_TEST

START_TEST(zonetext__record_outside_the_zone_is_dropped_with_a_warning)
{
	reads("$TTL 1\nother. A 1.1.1.1\n A 1.1.1.2\nxexample. A 1.1.1.3\na A 1.1.1.4\n", "5:a 1 A 1.1.1.4|");
	ck_assert_str_eq(ax_buf_cstr(&warnings), "2: record outside the zone, dropped: `other.`|"
						 "3: record outside the zone, dropped: `other.`|"
						 "4: record outside the zone, dropped: `xexample.`|");
}
END_TEST

START_TEST(zonetext__refusals_tell_file_line_and_token)
{
	static const char *const cases[][2] = {
		{ "a A 1.2.3", "f.zone:7: not an IPv4 address: `1.2.3`" },
		{ "a FOO x", "f.zone:7: unknown type: `FOO`" },
		{ "a IN IN A 1.2.3.4", "f.zone:7: unknown type: `IN`" },
		{ "a 5 6 A 1.2.3.4", "f.zone:7: unknown type: `6`" },
		{ "a CH A 1.2.3.4", "f.zone:7: a class other than IN: `CH`" },
		{ "a CLASS3 A 1.2.3.4", "f.zone:7: a class other than IN: `CLASS3`" },
		{ "a ANY x", "f.zone:7: not a type that a zone holds: `ANY`" },
		{ "a OPT x", "f.zone:7: not a type that a zone holds: `OPT`" },
		{ "a 2147483648 A 1.2.3.4", "f.zone:7: a TTL of 2^31 or more: `2147483648`" },
		{ "a", "f.zone:7: the record ends early, its type is missing" },
		{ "a A", "f.zone:7: RDATA ends early, an IPv4 address is missing" },
		{ "a..b A 1.2.3.4", "f.zone:7: empty label in name: `a..b`" },
		{ "\xc3\xa9 A 1.2.3.4",
		  "f.zone:7: name has bytes outside ASCII, write its xn-- form (RFC 5890): `\xc3\xa9`" },
		{ "a TXT \"x\n", "f.zone:7: a quote is not closed at the end of the line" },
		{ "a TXT \"x", "f.zone:7: a quote is not closed at the end of the text" },
		{ "a A ( 1.2.3.4\n\n", "f.zone:7: the text ends inside parentheses: `(`" },
		{ "a A 1.2.3.4 )", "f.zone:7: nothing to close: `)`" },
		{ "a A ( 1.2.3.4\n )\n )\n", "f.zone:9: nothing to close: `)`" },
		{ "a A 1.2\x07.3.4", "f.zone:7: a control byte in the text: `\\007`" },
		{ "a A 1.2.3.4\rb", "f.zone:7: a control byte in the text: `\\013`" },
		{ "$FOO", "f.zone:7: unknown directive: `$FOO`" },
		{ "$TTL", "f.zone:7: $TTL: a number of seconds is missing" },
		{ "$TTL 1y", "f.zone:7: $TTL: not a number of seconds below 2^31: `1y`" },
		{ "$TTL 1 2", "f.zone:7: trailing text after a directive: `2`" },
		{ "$ORIGIN", "f.zone:7: $ORIGIN: a name is missing" },
		{ "$INCLUDE x", "f.zone:7: $INCLUDE is not allowed here: `x`" },
		{ "$GENERATE 1 a A 1.2.3.4", "f.zone:7: $GENERATE: not a range, START-STOP or START-STOP/STEP: `1`" },
		{ "$GENERATE 2-1 a A 1.2.3.4",
		  "f.zone:7: $GENERATE: not a range, START-STOP or START-STOP/STEP: `2-1`" },
		{ "$GENERATE 1-2/0 a A 1.2.3.4",
		  "f.zone:7: $GENERATE: not a range, START-STOP or START-STOP/STEP: `1-2/0`" },
		{ "$GENERATE 0-65536 a$ A 1.2.3.4", "f.zone:7: $GENERATE: over 65536 records: `0-65536`" },
		{ "$GENERATE 1-2 a${ A 1.2.3.4", "f.zone:7: $GENERATE: not a modifier, ${OFFSET,WIDTH,BASE}: `a${`" },
		{ "$GENERATE 1-2 a${-5} A 1.2.3.4", "f.zone:7: $GENERATE: a number out of range: `a${-5}`" },
		{ "$GENERATE 250-260 a$ A 1.2.3.$", "f.zone:7: not an IPv4 address: `1.2.3.256`" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct ax_buf text = AX_BUF_INIT;
		ax_buf_str(&text, "$TTL 60\n@ SOA a b ( 1\n 2 3 4 5 )\n; x\n\n@ NS a\n");
		ax_buf_str(&text, cases[i][0]);
		refused(ax_buf_cstr(&text), cases[i][1]);
		ax_buf_fini(&text);
	}
}
END_TEST

START_TEST(zonetext__zeros_and_garbage_are_refused_at_once)
{
	struct ax_zonetext_options o = options();
	size_t n = 10 << 20;
	uint8_t *zeros = calloc(1, n);
	refused_with(&o, ax_slice(zeros, n), "f.zone:1: a control byte in the text: `\\000`");
	memset(zeros, 'a', n);
	ck_assert_int_eq(read_with(&o, ax_slice(zeros, n)), AX_EINVAL);
	ck_assert_str_eq(ax_err_text(AX_EINVAL), "f.zone:1: a record over 1 MiB of text");
	memset(zeros, '(', n);
	ck_assert_int_eq(read_with(&o, ax_slice(zeros, n)), AX_EINVAL);
	memset(zeros, '"', n);
	ck_assert_int_eq(read_with(&o, ax_slice(zeros, n)), AX_EINVAL);
	free(zeros);
}
END_TEST

START_TEST(zonetext__generate_counts_offsets_pads_and_changes_base)
{
	reads("$TTL 1\n$GENERATE 1-3 h$ A 10.0.0.$\n", "2:h1 1 A 10.0.0.1|2:h2 1 A 10.0.0.2|2:h3 1 A 10.0.0.3|");
	reads("$GENERATE 0-4/2 ${10,4,x} 5 IN CNAME h${1}.sub\n",
	      "1:000a 5 CNAME h1.sub.example.|1:000c 5 CNAME h3.sub.example.|1:000e 5 CNAME h5.sub.example.|");
	reads("$TTL 1\n$GENERATE 10-11 ${0,3,d}-${0,2,X}-${0,0,o} PTR h\\$$$\n",
	      "2:010-0A-12 1 PTR h\\$\\$.example.|2:011-0B-13 1 PTR h\\$\\$.example.|");
	reads("$TTL 1\n$GENERATE 26-26 ${0,7,n}.${0,0,N} PTR a\n", "2:a.1.0.0.A.1 1 PTR a.example.|");
	reads("$TTL 1\n$GENERATE 1-1 t$ TXT \"v $\"\n$GENERATE 1-1 m$ MX 10 mail$\n",
	      "2:t1 1 TXT \"v\" \"1\"|3:m1 1 MX 10 mail1.example.|");
	reads("a 1 A 1.1.1.1\n$GENERATE 1-1 b$ A 1.1.1.2\n A 1.1.1.3\n",
	      "1:a 1 A 1.1.1.1|2:b1 1 A 1.1.1.2|3:a 1 A 1.1.1.3|");
	reads("$TTL 1\n$GENERATE 2147483647-2147483647 h$ A 1.2.3.4\n", "2:h2147483647 1 A 1.2.3.4|");
}
END_TEST

static void write_file(const char *name, const char *text)
{
	char path[200];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	FILE *f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
}

START_TEST(zonetext__include_reads_below_its_folder_and_returns_to_our_origin_and_owner)
{
	struct ax_zonetext_options o = options();
	char inside[300];
	o.include_root = inside;
	snprintf(inside, sizeof inside, "%s/in", folder);
	mkdir(inside, 0700);
	snprintf(inside, sizeof inside, "%s/in/sub", folder);
	mkdir(inside, 0700);
	snprintf(inside, sizeof inside, "%s/in", folder);
	write_file("secret", "s A 6.6.6.6\n");
	write_file("in/sub/x", "x A 9.9.9.9\n$TTL 7\nother. A 9.9.9.7\n$ORIGIN zzz\n");
	write_file("in/bad", "\nx A 9.9.9\n");
	write_file("in/loop", "$INCLUDE loop\n");
	char link[400];
	snprintf(link, sizeof link, "%s/in/out", folder);
	ck_assert_int_eq(symlink("../secret", link), 0);
	snprintf(link, sizeof link, "%s/in/pipe", folder);
	ck_assert_int_eq(mkfifo(link, 0600), 0);

	ck_assert_int_eq(
		read_with(&o, ax_slice_str("$TTL 5\na A 1.1.1.1\n$INCLUDE sub/x sub\n A 1.1.1.2\nb A 1.1.1.3\n")),
		AX_OK);
	ck_assert_str_eq(ax_buf_cstr(&got), "2:a 5 A 1.1.1.1|3:x.sub 5 A 9.9.9.9|4:a 7 A 1.1.1.2|5:b 7 A 1.1.1.3|");
	ck_assert_str_eq(ax_buf_cstr(&warnings), "3: sub/x:3: record outside the zone, dropped: `other.`|");

	static const char *const outside[] = { "../secret", "sub/../../secret", "/etc/passwd", "out" };
	for (size_t i = 0; i < 4; i++) {
		char text[100], want[200];
		snprintf(text, sizeof text, "\n$INCLUDE %s\n", outside[i]);
		snprintf(want, sizeof want, "f.zone:2: $INCLUDE: the file lies outside the folder for includes: `%s`",
			 outside[i]);
		refused_with(&o, ax_slice_str(text), want);
	}
	refused_with(&o, ax_slice_str("$TTL 1\n$INCLUDE bad\n"), "bad:2: not an IPv4 address: `9.9.9`");
	refused_with(&o, ax_slice_str("$INCLUDE pipe\n"), "f.zone:1: $INCLUDE: not a regular file");
	refused_with(&o, ax_slice_str("$INCLUDE sub\n"), "f.zone:1: $INCLUDE: not a regular file");
	refused_with(&o, ax_slice_str("$INCLUDE none\n"), "f.zone:1: $INCLUDE: No such file or directory: `none`");
	refused_with(&o, ax_slice_str("$INCLUDE loop\n"),
		     "loop:1: $INCLUDE: nested over 8 deep, or over 1000 files: `loop`");
}
END_TEST

static enum ax_err stop_at_once(void *ctx, const struct ax_name *owner, uint16_t type, uint32_t ttl_s,
				struct ax_slice rdata, unsigned line)
{
	(void)ctx, (void)owner, (void)type, (void)ttl_s, (void)rdata, (void)line;
	return ax_fail(AX_ENOENT, "enough");
}

START_TEST(zonetext__the_receivers_error_is_passed_up_as_it_is)
{
	struct ax_zonetext_options o = options();
	o.record = stop_at_once;
	ck_assert_int_eq(read_with(&o, ax_slice_str("a 1 A 1.1.1.1\n")), AX_ENOENT);
	ck_assert_str_eq(ax_err_text(AX_ENOENT), "enough");
}
END_TEST

static void apex_is(const char *text, const char *want)
{
	struct ax_name n;
	struct ax_buf b = AX_BUF_INIT;
	enum ax_err e = ax_zonetext_apex(&n, ax_slice_str(text), "f.zone");
	ck_assert_msg(e == AX_OK, "%s: %s", text, ax_err_text(e));
	ax_name_text(&b, &n);
	ck_assert_str_eq(ax_buf_cstr(&b), want);
	ax_buf_fini(&b);
}

START_TEST(zonetext__apex_is_the_owner_of_the_first_soa)
{
	struct ax_name n;
	apex_is("Example.COM. 60 IN SOA a b 1 1 1 1 1\n", "example.com.");
	apex_is("; x\n$TTL 5\n$ORIGIN example.net.\n@ SOA a b 1 1 1 1 1\n", "example.net.");
	apex_is("$ORIGIN net.\n$ORIGIN example\nsub SOA ( a b\n 1 1 1 1 1)\n", "sub.example.net.");
	apex_is(". IN SOA a. b. 1 1 1 1 1\n", ".");
	apex_is("x.example. 5 NS a.\nexample. 5 NS a.\n IN SOA a. b. 1 1 1 1 1\n", "example.");
	ck_assert_int_eq(ax_zonetext_apex(&n, ax_slice_str("@ SOA a b 1 1 1 1 1\n"), "f.zone"), AX_ENOENT);
	ck_assert_int_eq(ax_zonetext_apex(&n, ax_slice_str("example SOA a b 1 1 1 1 1\n"), "f.zone"), AX_ENOENT);
	ck_assert_int_eq(ax_zonetext_apex(&n, ax_slice_str("example\\. SOA a b 1 1 1 1 1\n"), "f.zone"), AX_ENOENT);
	ck_assert_int_eq(ax_zonetext_apex(&n, ax_slice_str("a. 5 A 1.2.3.4\n"), "f.zone"), AX_ENOENT);
	ck_assert_int_eq(ax_zonetext_apex(&n, ax_slice_str("\n\x01"), "f.zone"), AX_EINVAL);
	ck_assert_str_eq(ax_err_text(AX_EINVAL), "f.zone:2: a control byte in the text: `\\001`");
}
END_TEST

START_TEST(zonetext__written_rrsets_read_back)
{
	struct ax_rrset_builder b;
	struct ax_rrset rrset;
	struct ax_name owner;
	struct ax_buf value = AX_BUF_INIT, text = AX_BUF_INIT, wire = AX_BUF_INIT;
	ck_assert_int_eq(ax_name_parse(&owner, "a\\.b;", 5, &apex), AX_OK);
	ax_rrset_builder_init(&b, AX_TYPE_TXT, 0);
	ck_assert_int_eq(ax_rdata_parse(&wire, AX_TYPE_TXT, "\"; (\\000\"", 9, &apex), AX_OK);
	ck_assert_int_eq(ax_rrset_builder_add(&b, 60, ax_buf_view(&wire)), AX_OK);
	ck_assert_int_eq(ax_rdata_parse(&wire, AX_TYPE_TXT, "z", 1, &apex), AX_OK);
	ck_assert_int_eq(ax_rrset_builder_add(&b, 60, ax_buf_view(&wire)), AX_OK);
	ck_assert_int_eq(ax_rrset_builder_finish(&value, &b), AX_OK);
	ck_assert_int_eq(ax_rrset_view(&rrset, AX_TYPE_TXT, 0, ax_buf_view(&value)), AX_OK);
	ck_assert_int_eq(ax_zonetext_write(&text, &owner, &rrset, 0), AX_OK);
	ck_assert_str_eq(ax_buf_cstr(&text), "a\\.b\\;.example. 60 IN TXT \"z\"\n"
					     "a\\.b\\;.example. 60 IN TXT \"; (\\000\"\n");
	reads(ax_buf_cstr(&text), "1:a\\.b\\; 60 TXT \"z\"|2:a\\.b\\; 60 TXT \"; (\\000\"|");
	ax_rrset_builder_fini(&b);
	ax_buf_fini(&value);
	ax_buf_fini(&text);
	ax_buf_fini(&wire);
}
END_TEST

/* A record of over 64 KiB of text (a large key in hex) is no obstacle. */
START_TEST(zonetext__rdata_of_65535_octets_is_read)
{
	struct ax_buf text = AX_BUF_INIT;
	struct ax_zonetext_options o = options();
	ax_buf_str(&text, "a 5 TYPE65280 \\# 65535 ");
	for (unsigned i = 0; i < 65535; i++)
		ax_buf_str(&text, "AB");
	ax_buf_str(&text, "\n");
	ck_assert_int_eq(read_with(&o, ax_buf_view(&text)), AX_OK);
	ck_assert_uint_gt(got.n, 131070);
	ax_buf_fini(&text);
}
END_TEST

static enum ax_err drop(void *ctx, const struct ax_name *owner, uint16_t type, uint32_t ttl_s, struct ax_slice rdata,
			unsigned line)
{
	(void)ctx, (void)owner, (void)type, (void)ttl_s, (void)rdata, (void)line;
	return AX_OK;
}

/* 65536 records of 250 strings of 255 digits would be 4 GiB. */
START_TEST(zonetext__generate_makes_no_gigabytes_of_a_line)
{
	struct ax_buf text = AX_BUF_INIT;
	struct ax_zonetext_options o = options();
	ax_buf_str(&text, "$TTL 5\n$GENERATE 1-65536 a$ TXT");
	for (unsigned i = 0; i < 250; i++)
		ax_buf_str(&text, " ${0,255}");
	ax_buf_str(&text, "\n");
	o.record = drop;
	refused_with(&o, ax_buf_view(&text),
		     "f.zone:2: $GENERATE: over 64 MiB of records, or 1 GiB by all of them: `1-65536`");
	ax_buf_fini(&text);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, zonetext__owner_ttl_class_and_type_in_every_order);
	tcase_add_test(tc, zonetext__blank_owner_is_the_last_one_also_across_comments_and_blank_lines);
	tcase_add_test(tc, zonetext__parentheses_quotes_comments_and_escapes);
	tcase_add_test(tc, zonetext__crlf_and_a_missing_last_newline_are_taken);
	tcase_add_test(tc, zonetext__missing_ttl_is_dollar_ttl_then_the_last_stated_then_minimum);
	tcase_add_test(tc, zonetext__record_outside_the_zone_is_dropped_with_a_warning);
	tcase_add_test(tc, zonetext__refusals_tell_file_line_and_token);
	tcase_add_test(tc, zonetext__zeros_and_garbage_are_refused_at_once);
	tcase_add_test(tc, zonetext__generate_counts_offsets_pads_and_changes_base);
	tcase_add_test(tc, zonetext__include_reads_below_its_folder_and_returns_to_our_origin_and_owner);
	tcase_add_test(tc, zonetext__the_receivers_error_is_passed_up_as_it_is);
	tcase_add_test(tc, zonetext__apex_is_the_owner_of_the_first_soa);
	tcase_add_test(tc, zonetext__written_rrsets_read_back);
	tcase_add_test(tc, zonetext__rdata_of_65535_octets_is_read);
	tcase_add_test(tc, zonetext__generate_makes_no_gigabytes_of_a_line);
}

static void remove_folder(void)
{
	static const char *const made[] = { "in/sub/x", "in/bad", "in/loop", "in/out", "in/pipe", "secret" };
	char path[200];
	for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
		snprintf(path, sizeof path, "%s/%s", folder, made[i]);
		unlink(path);
	}
	snprintf(path, sizeof path, "%s/in/sub", folder);
	rmdir(path);
	snprintf(path, sizeof path, "%s/in", folder);
	rmdir(path);
	rmdir(folder);
}

int main(void)
{
	if (ax_name_parse(&apex, "example.", 8, NULL) || !mkdtemp(folder))
		return 1;
	int rc = check_main("zonetext", add);
	remove_folder();
	ax_buf_fini(&got);
	ax_buf_fini(&warnings);
	return rc;
}
