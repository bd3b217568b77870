#include "core/name.h"

#include <string.h>

#include "tests/check.h"

static struct ax_name name_of(const char *text)
{
	struct ax_name n;
	ck_assert_msg(ax_name_parse(&n, text, strlen(text), NULL) == AX_OK, "%s: %s", text, ax_err_text(AX_EINVAL));
	return n;
}

static void refused(const char *text, const char *why)
{
	struct ax_name n, origin = name_of("example.");
	ck_assert_msg(ax_name_parse(&n, text, strlen(text), &origin) == AX_EINVAL, "%s is taken", text);
	ck_assert_msg(strstr(ax_err_text(AX_EINVAL), why), "%s: %s", text, ax_err_text(AX_EINVAL));
	ck_assert_uint_eq(n.n, 1);
}

static void text_is(const struct ax_name *n, const char *want)
{
	struct ax_buf b = AX_BUF_INIT;
	ax_name_text(&b, n);
	ck_assert_str_eq(ax_buf_cstr(&b), want);
	ax_buf_fini(&b);
}

START_TEST(name__text_is_completed_by_the_origin)
{
	struct ax_name origin = name_of("Example."), n;
	static const char *const pairs[][2] = {
		{ "www", "www.Example." },
		{ "www.", "www." },
		{ "@", "Example." },
		{ ".", "." },
		{ "a.b", "a.b.Example." },
		{ "\\@", "\\@.Example." },
		{ "a\\.b", "a\\.b.Example." },
		{ "\\097", "a.Example." },
		{ "a\\000", "a\\000.Example." },
	};
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		ck_assert_int_eq(ax_name_parse(&n, pairs[i][0], strlen(pairs[i][0]), &origin), AX_OK);
		text_is(&n, pairs[i][1]);
	}
}
END_TEST

START_TEST(name__without_origin_a_final_dot_is_added_and_at_is_refused)
{
	struct ax_name n = name_of("example.com");
	text_is(&n, "example.com.");
	ck_assert_int_eq(ax_name_parse(&n, "@", 1, NULL), AX_EINVAL);
}
END_TEST

START_TEST(name__malformed_text_is_refused_with_the_reason)
{
	refused("", "empty name");
	refused("a..b", "empty label");
	refused(".a", "empty label");
	refused("..", "empty label");
	refused("a\\", "inside an escape");
	refused("a\\2", "three digits");
	refused("a\\25x", "three digits");
	refused("a\\256", "at most 255");
	refused("a b", "blank or control");
	refused("a\tb", "blank or control");
	refused("b\xc3\xbc"
		"cher",
		"xn--");
	refused("\\\xc3", "xn--");
}
END_TEST

START_TEST(name__label_of_64_octets_is_refused)
{
	char text[80];
	struct ax_name n;
	memset(text, 'a', sizeof text);
	ck_assert_int_eq(ax_name_parse(&n, text, 63, NULL), AX_OK);
	ck_assert_int_eq(ax_name_parse(&n, text, 64, NULL), AX_EINVAL);
	ck_assert_ptr_nonnull(strstr(ax_err_text(AX_EINVAL), "over 63"));
}
END_TEST

/* 127 labels of one octet make 255 with the root; one more octet, anywhere, is too many. */
START_TEST(name__name_of_256_octets_is_refused)
{
	char text[300];
	struct ax_name n, origin = name_of("a.");
	for (unsigned i = 0; i < sizeof text; i++)
		text[i] = i % 2 ? '.' : 'a';
	ck_assert_int_eq(ax_name_parse(&n, text, 253, NULL), AX_OK);
	ck_assert_int_eq(ax_name_parse(&n, text, 254, NULL), AX_OK);
	ck_assert_uint_eq(n.n, 255);
	ck_assert_uint_eq(ax_name_labels(&n), 127);
	ck_assert_int_eq(ax_name_parse(&n, text, 255, NULL), AX_EINVAL);
	ck_assert_int_eq(ax_name_parse(&n, text, 256, NULL), AX_EINVAL);
	ck_assert_int_eq(ax_name_parse(&n, text, 253, &origin), AX_EINVAL);
	ck_assert_int_eq(ax_name_parse(&n, text, 251, &origin), AX_OK);
	ck_assert_int_eq(ax_name_prepend(&n, ax_slice_str("b")), AX_EINVAL);
}
END_TEST

START_TEST(name__wire_is_checked)
{
	struct ax_name n;
	size_t used;
	ck_assert_int_eq(ax_name_from_wire(&n, ax_slice("\1a\0rest", 7), &used), AX_OK);
	ck_assert_uint_eq(used, 3);
	text_is(&n, "a.");
	ck_assert_int_eq(ax_name_from_wire(&n, ax_slice("\1a", 2), NULL), AX_EINVAL);
	ck_assert_int_eq(ax_name_from_wire(&n, ax_slice("\5a", 2), NULL), AX_EINVAL);
	ck_assert_int_eq(ax_name_from_wire(&n, ax_slice("\300\0", 2), NULL), AX_EINVAL);
	ck_assert_int_eq(ax_name_from_wire(&n, ax_slice(NULL, 0), NULL), AX_EINVAL);
	uint8_t wire[300];
	for (unsigned i = 0; i < sizeof wire; i++)
		wire[i] = i % 2 ? 'a' : 1;
	wire[254] = 0;
	ck_assert_int_eq(ax_name_from_wire(&n, ax_slice(wire, 255), NULL), AX_OK);
	wire[254] = 1;
	wire[256] = 0;
	ck_assert_int_eq(ax_name_from_wire(&n, ax_slice(wire, 257), NULL), AX_EINVAL);
}
END_TEST

/* RFC 4034 6.1's example. */
START_TEST(name__canonical_order_is_that_of_rfc_4034)
{
	static const char *const order[] = {
		"example.",   "a.example.",       "yljkjljk.a.example.", "Z.a.example.",     "zABC.a.EXAMPLE.",
		"z.example.", "\\001.z.example.", "*.z.example.",        "\\200.z.example.",
	};
	struct ax_name apex = name_of("example.");
	struct ax_buf x = AX_BUF_INIT, y = AX_BUF_INIT;
	for (int i = 0; i < 9; i++)
		for (int j = 0; j < 9; j++) {
			struct ax_name a = name_of(order[i]), b = name_of(order[j]);
			int want = (i > j) - (i < j);
			ck_assert_int_eq(ax_name_cmp(&a, &b), want);
			ck_assert_int_eq(ax_name_eq(&a, &b), i == j);
			ck_assert_int_eq(ax_key_make(&x, &a, &apex, 1, 0), AX_OK);
			ck_assert_int_eq(ax_key_make(&y, &b, &apex, 1, 0), AX_OK);
			int got = ax_slice_cmp(ax_buf_view(&x), ax_buf_view(&y));
			ck_assert_int_eq((got > 0) - (got < 0), want);
		}
	ax_buf_fini(&x);
	ax_buf_fini(&y);
}
END_TEST

START_TEST(name__within_parent_and_relative)
{
	struct ax_name apex = name_of("example.com."), n = name_of("A.B.Example.COM."),
		       out = name_of("xexample.com.");
	struct ax_buf b = AX_BUF_INIT;
	ck_assert(ax_name_within(&n, &apex) && ax_name_within(&apex, &apex) && ax_name_within(&n, &ax_name_root));
	ck_assert(!ax_name_within(&apex, &n) && !ax_name_within(&out, &apex));
	ax_name_text_relative(&b, &n, &apex);
	ax_buf_u8(&b, ' ');
	ax_name_text_relative(&b, &apex, &apex);
	ax_buf_u8(&b, ' ');
	ax_name_text_relative(&b, &out, &apex);
	ax_buf_u8(&b, ' ');
	ax_name_text_relative(&b, &apex, &ax_name_root);
	ck_assert_str_eq(ax_buf_cstr(&b), "A.B @ xexample.com. example.com");
	ax_buf_fini(&b);
	ck_assert(ax_name_parent(&n));
	text_is(&n, "B.Example.COM.");
	ax_name_lower(&n);
	text_is(&n, "b.example.com.");
	n = ax_name_root;
	ck_assert(!ax_name_parent(&n));
	n = name_of("*.example.");
	ck_assert(ax_name_is_wildcard(&n));
	n = name_of("*a.example.");
	ck_assert(!ax_name_is_wildcard(&n));
}
END_TEST

/* A label inside another is no ancestor, even where the octets happen to look like one. */
START_TEST(name__within_counts_labels_not_octets)
{
	struct ax_name apex, n;
	ck_assert_int_eq(ax_name_from_wire(&apex, ax_slice("\1a\0", 3), NULL), AX_OK);
	ck_assert_int_eq(ax_name_from_wire(&n, ax_slice("\3x\1a\0", 5), NULL), AX_OK);
	ck_assert(!ax_name_within(&n, &apex));
}
END_TEST

START_TEST(name__key_bytes_are_frozen)
{
	struct ax_name apex = name_of("example.com."), n = name_of("A\\000\\001.Dev.example.com.");
	struct ax_buf b = AX_BUF_INIT;
	ck_assert_int_eq(ax_key_make(&b, &n, &apex, 28, 0), AX_OK);
	ck_assert(ax_slice_eq(ax_buf_view(&b), ax_slice("dev\0a\1\1\1\2\0\0\0\34", 13)));
	ck_assert_int_eq(ax_key_make(&b, &apex, &apex, 46, 6), AX_OK);
	ck_assert(ax_slice_eq(ax_buf_view(&b), ax_slice("\0\0\56\0\6", 5)));
	struct ax_name out = name_of("example.org.");
	ck_assert_int_eq(ax_key_make(&b, &out, &apex, 1, 0), AX_EINVAL);
	ck_assert_ptr_nonnull(strstr(ax_err_text(AX_EINVAL), "example.org."));
	ax_buf_fini(&b);
}
END_TEST

START_TEST(name__what_is_no_key_is_corrupt)
{
	static const struct ax_slice bad[] = {
		{ (const uint8_t *)"", 0 },
		{ (const uint8_t *)"a\0", 2 },
		{ (const uint8_t *)"a\0\0\0", 4 },
		{ (const uint8_t *)"A\0\0\0\1", 5 },
		{ (const uint8_t *)"a\0\0\0\1\0", 6 },
		{ (const uint8_t *)"a\1\3\0\0\0\1", 7 },
		{ (const uint8_t *)"a\1\0\0\0\1", 6 },
		{ (const uint8_t *)"a\0\0\0\56", 5 },
		{ (const uint8_t *)"a\0\0\0\56\0\1x", 8 },
		{ (const uint8_t *)"abc", 3 },
	};
	struct ax_name apex = name_of("example."), n;
	uint16_t type, covered;
	size_t owner_len;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		ck_assert_int_eq(ax_key_parse(&n, &type, &covered, &owner_len, bad[i], &apex), AX_ECORRUPT);
}
END_TEST

/* Few octets, 00, 01 and both cases among them, so that prefixes and escapes meet often. */
static struct ax_name random_name(uint64_t *state, const struct ax_name *apex)
{
	static const uint8_t octets[] = { 0, 1, 2, 'a', 'A', 'b', '-', '.', '*', 0xff, '\\', 'Z' };
	struct ax_name n = *apex;
	for (unsigned labels = check_random(state) % 5; labels; labels--) {
		uint8_t label[3];
		size_t len = 1 + check_random(state) % sizeof label;
		for (size_t i = 0; i < len; i++)
			label[i] = octets[check_random(state) % sizeof octets];
		ck_assert_int_eq(ax_name_prepend(&n, ax_slice(label, len)), AX_OK);
	}
	return n;
}

START_TEST(name__random_keys_order_as_names_and_read_back)
{
	struct ax_name apex = name_of("example.");
	struct ax_buf x = AX_BUF_INIT, y = AX_BUF_INIT;
	uint64_t state = check_seed();
	unsigned equal = 0;
	for (unsigned i = 0; i < 100000; i++) {
		struct ax_name a = random_name(&state, &apex), b = random_name(&state, &apex), back;
		uint16_t type = i % 3 ? (uint16_t)check_random(&state) : 46, covered = type == 46 ? (uint16_t)i : 0;
		uint16_t t, c;
		size_t owner_len;
		ck_assert_int_eq(ax_key_make(&x, &a, &apex, type, covered), AX_OK);
		ck_assert_int_eq(ax_key_make(&y, &b, &apex, type, covered), AX_OK);
		int want = ax_name_cmp(&a, &b), got = ax_slice_cmp(ax_buf_view(&x), ax_buf_view(&y));
		ck_assert_int_eq((got > 0) - (got < 0), want);
		ck_assert_int_eq(ax_name_eq(&a, &b), want == 0);
		equal += want == 0;
		ck_assert_int_eq(ax_key_parse(&back, &t, &c, &owner_len, ax_buf_view(&x), &apex), AX_OK);
		ck_assert(t == type && c == covered && ax_name_eq(&back, &a));
		size_t whole = x.n;
		ax_buf_clear(&y);
		ck_assert_int_eq(ax_key_owner(&y, &a, &apex), AX_OK);
		ck_assert_uint_eq(y.n, owner_len);
		ck_assert_uint_eq(whole, owner_len + (type == 46 ? 5 : 3));
		/* A name is below another exactly if its key begins with the other's owner part. */
		ax_buf_clear(&y);
		ck_assert_int_eq(ax_key_owner(&y, &b, &apex), AX_OK);
		ck_assert_int_eq(ax_slice_starts(ax_buf_view(&x), ax_buf_view(&y)), ax_name_within(&a, &b));
	}
	ck_assert_uint_gt(equal, 100);
	ax_buf_fini(&x);
	ax_buf_fini(&y);
}
END_TEST

START_TEST(name__random_text_reads_back)
{
	struct ax_buf b = AX_BUF_INIT;
	uint64_t state = check_seed();
	for (unsigned i = 0; i < 20000; i++) {
		struct ax_name n = ax_name_root, back;
		for (unsigned labels = check_random(&state) % 6; labels; labels--) {
			uint8_t label[63];
			size_t len = 1 + check_random(&state) % 63;
			for (size_t k = 0; k < len; k++)
				label[k] = (uint8_t)check_random(&state);
			if (n.n + len + 1 <= AX_NAME_MAX)
				ck_assert_int_eq(ax_name_prepend(&n, ax_slice(label, len)), AX_OK);
		}
		ax_buf_clear(&b);
		ax_name_text(&b, &n);
		ck_assert_uint_le(b.n, AX_NAME_TEXT_MAX);
		ck_assert_int_eq(ax_name_parse(&back, (const char *)b.p, b.n, NULL), AX_OK);
		ck_assert(back.n == n.n && memcmp(back.wire, n.wire, n.n) == 0);
	}
	ax_buf_fini(&b);
}
END_TEST

START_TEST(name__every_octet_has_a_file_name_that_reads_back)
{
	struct ax_buf b = AX_BUF_INIT;
	for (unsigned c = 0; c < 256; c++) {
		uint8_t label[2] = { (uint8_t)c, 'x' }, back[AX_LABEL_MAX];
		uint8_t want = c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : (uint8_t)c;
		size_t n;
		ax_buf_clear(&b);
		ax_label_to_file(&b, ax_slice(label, 2));
		const char *file = ax_buf_cstr(&b);
		for (const char *p = file; *p; p++)
			ck_assert(strchr("abcdefghijklmnopqrstuvwxyz0123456789-_*\\", *p));
		ck_assert_int_eq(ax_label_from_file(back, &n, file), AX_OK);
		ck_assert(n == 2 && back[0] == want && back[1] == 'x');
	}
	uint8_t big[63] = { 0 };
	ax_buf_clear(&b);
	ax_label_to_file(&b, ax_slice(big, 63));
	ck_assert_uint_eq(b.n, AX_LABEL_FILE_MAX);
	ax_buf_fini(&b);
}
END_TEST

START_TEST(name__only_one_file_name_reads_as_a_label)
{
	static const char *const bad[] = {
		"",     ".",     "..",    "A",     "Www",   "a.b",   "a b",  "a~",  ".A.swp",   ".~tmp~", "\\",
		"\\09", "\\097", "\\256", "\\065", "\\045", "\\042", "\\\\", "a/b", "\xc3\xa9", "a\\",
	};
	uint8_t out[AX_LABEL_MAX];
	char big[65];
	size_t n;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		ck_assert_msg(ax_label_from_file(out, &n, bad[i]) == AX_EINVAL, "%s is taken", bad[i]);
	memset(big, 'a', 64);
	big[64] = 0;
	ck_assert_int_eq(ax_label_from_file(out, &n, big), AX_EINVAL);
	big[63] = 0;
	ck_assert_int_eq(ax_label_from_file(out, &n, big), AX_OK);
	ck_assert_int_eq(ax_label_from_file(out, &n, "*"), AX_OK);
	ck_assert_int_eq(ax_label_from_file(out, &n, "a\\046b"), AX_OK);
	ck_assert(n == 3 && out[1] == '.');
}
END_TEST

START_TEST(name__zone_file_names_read_back)
{
	static const char *const pairs[][2] = {
		{ ".", "@" },
		{ "Example.COM.", "example.com" },
		{ "\\@.", "\\064" },
		{ "0/25.2.0.192.in-addr.arpa.", "0\\04725.2.0.192.in-addr.arpa" },
		{ "a\\.b.c.", "a\\046b.c" },
	};
	struct ax_buf b = AX_BUF_INIT;
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		struct ax_name n = name_of(pairs[i][0]), back;
		ax_buf_clear(&b);
		ax_zone_to_file(&b, &n);
		ck_assert_str_eq(ax_buf_cstr(&b), pairs[i][1]);
		ck_assert_int_eq(ax_zone_from_file(&back, pairs[i][1]), AX_OK);
		ck_assert(ax_name_eq(&back, &n));
	}
	static const char *const bad[] = { "", ".", "a.", ".a", "a..b", "A", "a/b", "..", "@.a" };
	struct ax_name n;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		ck_assert_msg(ax_zone_from_file(&n, bad[i]) == AX_EINVAL, "%s is taken", bad[i]);
	char big[400];
	for (unsigned i = 0; i < sizeof big; i++)
		big[i] = i % 2 ? '.' : 'a';
	big[253] = 0;
	ck_assert_int_eq(ax_zone_from_file(&n, big), AX_OK);
	ck_assert_uint_eq(n.n, 255);
	big[253] = '.';
	big[255] = 0;
	ck_assert_int_eq(ax_zone_from_file(&n, big), AX_EINVAL);
	ax_buf_fini(&b);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, name__text_is_completed_by_the_origin);
	tcase_add_test(tc, name__without_origin_a_final_dot_is_added_and_at_is_refused);
	tcase_add_test(tc, name__malformed_text_is_refused_with_the_reason);
	tcase_add_test(tc, name__label_of_64_octets_is_refused);
	tcase_add_test(tc, name__name_of_256_octets_is_refused);
	tcase_add_test(tc, name__wire_is_checked);
	tcase_add_test(tc, name__canonical_order_is_that_of_rfc_4034);
	tcase_add_test(tc, name__within_parent_and_relative);
	tcase_add_test(tc, name__within_counts_labels_not_octets);
	tcase_add_test(tc, name__key_bytes_are_frozen);
	tcase_add_test(tc, name__what_is_no_key_is_corrupt);
	tcase_add_test(tc, name__random_keys_order_as_names_and_read_back);
	tcase_add_test(tc, name__random_text_reads_back);
	tcase_add_test(tc, name__every_octet_has_a_file_name_that_reads_back);
	tcase_add_test(tc, name__only_one_file_name_reads_as_a_label);
	tcase_add_test(tc, name__zone_file_names_read_back);
}

int main(void)
{
	return check_main("name", add);
}
