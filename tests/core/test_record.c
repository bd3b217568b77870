#include "core/zonetext.h"

#include <string.h>

#include "tests/check.h"

static struct ax_name apex, owner;
static struct ax_buf got;

static enum ax_err collect(void *ctx, uint16_t covered, struct ax_slice value)
{
	struct ax_rrset rrset;
	uint16_t type = *(const uint16_t *)ctx;
	enum ax_err e = ax_rrset_view(&rrset, type, covered, value);
	if (covered)
		ax_buf_printf(&got, "[%u] ", covered);
	return e ? e : ax_record_text(&got, &rrset, 7777);
}

static enum ax_err read_file(const char *type_text, const char *text, bool has_current)
{
	struct ax_record_defaults d = { .has_current_ttl = has_current, .current_ttl_s = 111, .zone_ttl_s = 222 };
	uint16_t type;
	ck_assert_int_eq(ax_type_parse(&type, type_text, strlen(type_text)), AX_OK);
	ax_buf_clear(&got);
	ax_buf_cstr(&got);
	return ax_record_read(ax_slice_str(text), &owner, &apex, type, &d, collect, &type);
}

static void reads(const char *type, const char *text, const char *want)
{
	enum ax_err e = read_file(type, text, true);
	ck_assert_msg(e == AX_OK, "%s %s: %s", type, text, ax_err_text(e));
	ck_assert_str_eq(ax_buf_cstr(&got), want);
}

static void refused(const char *type, const char *text, const char *want)
{
	ck_assert_msg(read_file(type, text, true) == AX_EINVAL, "%s %s is taken", type, text);
	ck_assert_str_eq(ax_err_text(AX_EINVAL), want);
}

START_TEST(record__every_form_of_a_line_says_the_same)
{
	static const char *const forms[] = {
		"300 IN A 1.2.3.4\n",
		"IN 300 A 1.2.3.4\n",
		"300 A 1.2.3.4\n",
		"5m IN A 1.2.3.4",
		"api 300 IN A 1.2.3.4\n",
		"api.example. 300 IN A 1.2.3.4\n",
		"API.Example. 300 A 1.2.3.4",
		"  300\tIN a 1.2.3.4 ; hi\n",
		"300 IN A ( 1.2.3.4\n )\n",
		"\n; x\n300 CLASS1 TYPE1 \\# 4 01020304\r\n",
	};
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
		reads("A", forms[i], "300 IN A 1.2.3.4\n");
	reads("A", "9.9.9.9\n", "111 IN A 9.9.9.9\n");
	reads("A", "A 9.9.9.9\nIN A 9.9.9.8\napi A 9.9.9.7\napi.example. IN A 9.9.9.6\n",
	      "111 IN A 9.9.9.6\n111 IN A 9.9.9.7\n111 IN A 9.9.9.8\n111 IN A 9.9.9.9\n");
}
END_TEST

START_TEST(record__ttl_is_stated_or_kept_or_the_zones)
{
	reads("A", "9.9.9.9\n60 A 1.1.1.1\n8.8.8.8\n", "60 IN A 1.1.1.1\n60 IN A 8.8.8.8\n60 IN A 9.9.9.9\n");
	ck_assert_int_eq(read_file("A", "9.9.9.9\n", false), AX_OK);
	ck_assert_str_eq(ax_buf_cstr(&got), "222 IN A 9.9.9.9\n");
	refused("A", "60 A 1.1.1.1\n\n61 A 1.1.1.2\n", "line 3: the TTL differs from an earlier line's 60: `61`");
	refused("A", "2147483648 A 1.1.1.1\n", "line 1: the owner is not the one of this file: `2147483648`");
}
END_TEST

START_TEST(record__empty_text_is_not_found)
{
	ck_assert_int_eq(read_file("A", "", true), AX_ENOENT);
	ck_assert_int_eq(read_file("A", "\n; nothing\n  \n", true), AX_ENOENT);
}
END_TEST

START_TEST(record__rdata_that_looks_like_a_head_is_rdata)
{
	reads("MX", "10 MX\n", "111 IN MX 10 MX.example.\n");
	reads("MX", "10 a\n20 IN\n", "111 IN MX 10 a.example.\n111 IN MX 20 IN.example.\n");
	reads("CNAME", "A\n", "111 IN CNAME A.example.\n");
	reads("CNAME", "CNAME\n", "111 IN CNAME CNAME.example.\n");
	reads("TXT", "hello world\n\"v=spf1 -all\"\n",
	      "111 IN TXT \"hello\" \"world\"\n111 IN TXT \"v=spf1 -all\"\n");
	reads("TXT", "300 IN A 1.2.3.4\n", "111 IN TXT \"300\" \"IN\" \"A\" \"1.2.3.4\"\n");
	reads("TXT", "\"TXT\" TXT x\n", "111 IN TXT \"TXT\" \"TXT\" \"x\"\n");
	reads("SVCB", "1 . port=53\n", "111 IN SVCB 1 . port=53\n");
	reads("NSEC", "a A NSEC\n", "111 IN NSEC a.example. A NSEC\n");
}
END_TEST

START_TEST(record__names_are_relative_to_the_zone)
{
	reads("CNAME", "dev.www\n", "111 IN CNAME dev.www.example.\n");
	reads("CNAME", "@\n", "111 IN CNAME example.\n");
}
END_TEST

START_TEST(record__garbage_is_refused_with_its_line)
{
	refused("A", "hello\n", "line 1: not an IPv4 address: `hello`");
	refused("A", "1.1.1.1\n\n300 IN A 1.2.3\n", "line 3: not an IPv4 address: `1.2.3`");
	refused("A", "300 1.2.3.4\n", "line 1: not an IPv4 address: `300`");
	refused("A", "api A 1.2.3\n", "line 1: not an IPv4 address: `1.2.3`");
	refused("A", "300 IN AAAA ::1\n", "line 1: a record of another type in a file of A: `AAAA`");
	refused("A", "api 300 IN AAAA ::1\n", "line 1: a record of another type in a file of A: `AAAA`");
	refused("A", "www 300 IN A 1.2.3.4\n", "line 1: the owner is not the one of this file: `www`");
	refused("A", "@ IN A 1.2.3.4\n", "line 1: the owner is not the one of this file: `@`");
	refused("TXT", "hello TXT world\n", "line 1: the owner is not the one of this file: `hello`");
	refused("A", "1.2.3.4 ( \n", "line 1: the text ends inside parentheses: `(`");
	refused("A", "1.2.3.4\n)\n", "line 2: nothing to close: `)`");
	refused("A", "$TTL 5\n", "line 1: not an IPv4 address: `$TTL`");
	refused("A", "1.2.3.4\n\x01\n", "line 2: a control byte in the text: `\\001`");
	refused("TYPE65280", "hello\n", "line 1: RDATA of TYPE65280 is written as \\# LENGTH HEX, not: `hello`");
}
END_TEST

START_TEST(record__ten_mb_of_zeros_are_refused)
{
	size_t n = 10 << 20;
	uint8_t *zeros = calloc(1, n);
	struct ax_record_defaults d = { 0 };
	uint16_t type = AX_TYPE_A;
	ck_assert_int_eq(ax_record_read(ax_slice(zeros, n), &owner, &apex, type, &d, collect, &type), AX_EINVAL);
	ck_assert_int_eq(ax_record_line_check(ax_slice(zeros, n), &owner, &apex, type), AX_EINVAL);
	free(zeros);
}
END_TEST

START_TEST(record__rrsigs_make_one_value_a_type_covered_each_with_its_ttl)
{
	reads("RRSIG",
	      "60 IN RRSIG NS 8 1 60 2 1 1 . AQ==\nRRSIG A 8 2 60 2 1 1 . Ag==\n70 RRSIG A 8 2 60 2 1 1 . AQ==\n",
	      "[1] 70 IN RRSIG A 8 2 60 19700101000002 19700101000001 1 . AQ==\n"
	      "60 IN RRSIG A 8 2 60 19700101000002 19700101000001 1 . Ag==\n"
	      "[2] 60 IN RRSIG NS 8 1 60 19700101000002 19700101000001 1 . AQ==\n");
}
END_TEST

START_TEST(record__soa_shows_the_given_serial_and_reads_over_several_lines)
{
	static const char want[] = "60 IN SOA ns.example. h.example. 7777 3600 7200 1814400 1\n";
	reads("SOA", "api 60 IN SOA ns h ( 5 ; serial\n 1h 2h\n 3w 1 )\n", want);
	reads("SOA", "60 SOA (\nns h\n5 1h 2h 3w 1\n)\n", want);
}
END_TEST

/* What is shown, read again, is shown the same: for a file of each shape. */
START_TEST(record__shown_text_reads_back)
{
	static const char *const files[][2] = {
		{ "A", "2.2.2.2\n1.1.1.1\n2.2.2.2\n" },
		{ "TXT", "\"a;b\" c\n\"\\\"\" \\000\n\"\"\n" },
		{ "APL", "60 IN APL\n" },
		{ "HTTPS", "1 . alpn=h2 port=443\n0 a\n" },
		{ "RRSIG", "60 RRSIG A 8 2 60 2 1 1 . AQ==\n70 RRSIG NS 8 2 60 2 1 1 . AQ==\n" },
		{ "TYPE65280", "\\# 2 AABB\n\\# 0\n" },
	};
	struct ax_buf first = AX_BUF_INIT;
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		ck_assert_msg(read_file(files[i][0], files[i][1], true) == AX_OK, "%s", files[i][1]);
		ax_buf_clear(&first);
		for (size_t k = 0; k < got.n; k++) /* less the [covered] marks */
			if (got.p[k] == '[')
				k += strcspn((char *)got.p + k, " ");
			else
				ax_buf_u8(&first, got.p[k]);
		const char *again = ax_buf_cstr(&first);
		ck_assert_msg(read_file(files[i][0], again, true) == AX_OK, "%s", again);
		for (size_t k = 0, at = 0; k < got.n; k++) {
			if (got.p[k] == '[')
				k += strcspn((char *)got.p + k, " ");
			else
				ck_assert_uint_eq(got.p[k], first.p[at++]);
		}
	}
	ax_buf_fini(&first);
}
END_TEST

static enum ax_err check(const char *type_text, const char *text)
{
	uint16_t type;
	ck_assert_int_eq(ax_type_parse(&type, type_text, strlen(type_text)), AX_OK);
	return ax_record_line_check(ax_slice_str(text), &owner, &apex, type);
}

START_TEST(record__line_is_refused_early_only_if_nothing_can_mend_it)
{
	static const char *const fine[][2] = {
		{ "A", "1.2.3.4\n" },
		{ "A", "" },
		{ "A", "\n" },
		{ "A", "; x\n" },
		{ "SOA", "60 IN SOA ns h (\n" },
		{ "SOA", "60 IN SOA ns h ( 1\n 2 ; x\n" },
		{ "TXT", "\"a\" (\n" },
		{ "A", "api 5 A 1.2.3.4\n5 A 1.2.3.5\n" },
	};
	static const char *const broken[][2] = {
		{ "A", "hello\n" },
		{ "A", "1.2.3\n" },
		{ "A", "1.2.3.4)\n" },
		{ "TXT", "\"open\n" },
		{ "A", "www A 1.2.3.4\n" },
		{ "A", "5 A 1.2.3.4\n6 A 1.2.3.5\n" },
		{ "A", "1.2.3.4\nx ( \nx )\n" },
		{ "SOA", "60 IN SOA ns\n" },
	};
	for (size_t i = 0; i < sizeof fine / sizeof *fine; i++)
		ck_assert_msg(check(fine[i][0], fine[i][1]) == AX_OK, "%s: %s", fine[i][1], ax_err_text(AX_EINVAL));
	for (size_t i = 0; i < sizeof broken / sizeof *broken; i++)
		ck_assert_msg(check(broken[i][0], broken[i][1]) == AX_EINVAL, "%s", broken[i][1]);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, record__every_form_of_a_line_says_the_same);
	tcase_add_test(tc, record__ttl_is_stated_or_kept_or_the_zones);
	tcase_add_test(tc, record__empty_text_is_not_found);
	tcase_add_test(tc, record__rdata_that_looks_like_a_head_is_rdata);
	tcase_add_test(tc, record__names_are_relative_to_the_zone);
	tcase_add_test(tc, record__garbage_is_refused_with_its_line);
	tcase_add_test(tc, record__ten_mb_of_zeros_are_refused);
	tcase_add_test(tc, record__rrsigs_make_one_value_a_type_covered_each_with_its_ttl);
	tcase_add_test(tc, record__soa_shows_the_given_serial_and_reads_over_several_lines);
	tcase_add_test(tc, record__shown_text_reads_back);
	tcase_add_test(tc, record__line_is_refused_early_only_if_nothing_can_mend_it);
}

int main(void)
{
	if (ax_name_parse(&apex, "example.", 8, NULL) || ax_name_parse(&owner, "api.example.", 12, NULL))
		return 1;
	int rc = check_main("record", add);
	ax_buf_fini(&got);
	return rc;
}
