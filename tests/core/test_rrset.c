#include "core/rrset.h"

#include <string.h>

#include "tests/check.h"

static struct ax_buf value;

static void add_text(struct ax_rrset_builder *b, uint32_t ttl_s, const char *text)
{
	struct ax_buf wire = AX_BUF_INIT;
	ck_assert_msg(ax_rdata_parse(&wire, b->type, text, strlen(text), &ax_name_root) == AX_OK, "%s", text);
	ck_assert_int_eq(ax_rrset_builder_add(b, ttl_s, ax_buf_view(&wire)), AX_OK);
	ax_buf_fini(&wire);
}

static struct ax_rrset finish(struct ax_rrset_builder *b)
{
	struct ax_rrset rrset;
	ax_buf_clear(&value);
	ck_assert_int_eq(ax_rrset_builder_finish(&value, b), AX_OK);
	ck_assert_int_eq(ax_rrset_view(&rrset, b->type, b->covered, ax_buf_view(&value)), AX_OK);
	ax_rrset_builder_fini(b);
	return rrset;
}

/* The records as "TTL text|TTL text|". */
static void shows(const struct ax_rrset *rrset, const char *want)
{
	struct ax_buf b = AX_BUF_INIT;
	struct ax_rr rr;
	size_t pos = 0, n = 0;
	for (; ax_rrset_next(&rr, rrset, &pos); n++) {
		ax_buf_printf(&b, "%u ", rr.ttl_s);
		ck_assert_int_eq(ax_rdata_text(&b, rrset->type, rr.rdata), AX_OK);
		ax_buf_u8(&b, '|');
	}
	ck_assert_uint_eq(n, rrset->count);
	ck_assert_str_eq(ax_buf_cstr(&b), want);
	ax_buf_fini(&b);
}

START_TEST(rrset__value_bytes_are_frozen)
{
	struct ax_rrset_builder b;
	ax_rrset_builder_init(&b, AX_TYPE_A, 0);
	add_text(&b, 300, "2.2.2.2");
	add_text(&b, 300, "1.1.1.1");
	finish(&b);
	ck_assert(ax_slice_eq(ax_buf_view(&value), ax_slice("\0\0\1\54\0\2\4\1\1\1\1\4\2\2\2\2", 16)));
}
END_TEST

START_TEST(rrset__rrsig_value_bytes_are_frozen_each_with_its_ttl)
{
	struct ax_rrset_builder b;
	ax_rrset_builder_init(&b, AX_TYPE_RRSIG, AX_TYPE_A);
	add_text(&b, 600, "A 8 2 300 2 1 1 . Ag==");
	add_text(&b, 300, "A 8 2 300 2 1 1 . AQ==");
	struct ax_rrset rrset = finish(&b);
	ck_assert_uint_eq(rrset.ttl_s, 0);
	ck_assert_uint_eq(value.n, 6 + 2 * (4 + 1 + 20));
	ck_assert(memcmp(value.p, "\0\0\0\0\0\2\0\0\1\54\24", 11) == 0);
	shows(&rrset, "300 A 8 2 300 19700101000002 19700101000001 1 . AQ==|"
		      "600 A 8 2 300 19700101000002 19700101000001 1 . Ag==|");
}
END_TEST

START_TEST(rrset__order_of_adding_leaves_no_trace)
{
	static const char *const text[] = { "1 b.", "1 a.", "10 a.", "2 z.", "1 A.", "1 a.b.", "1 a." };
	uint64_t state = check_seed();
	struct ax_buf first = AX_BUF_INIT;
	for (unsigned round = 0; round < 200; round++) {
		unsigned order[7] = { 0, 1, 2, 3, 4, 5, 6 };
		struct ax_rrset_builder b;
		ax_rrset_builder_init(&b, AX_TYPE_MX, 0);
		for (unsigned i = 7; i-- > 0;) {
			unsigned k = check_random(&state) % (i + 1), t = order[k];
			order[k] = order[i];
			add_text(&b, 60 + t, text[t]);
		}
		struct ax_rrset rrset = finish(&b);
		if (round == 0) {
			ax_buf_slice(&first, ax_buf_view(&value));
			shows(&rrset, "60 1 A.|60 1 a.b.|60 1 b.|60 2 z.|60 10 a.|");
		}
		ck_assert(ax_slice_eq(ax_buf_view(&first), ax_buf_view(&value)));
	}
	ax_buf_fini(&first);
}
END_TEST

START_TEST(rrset__of_equals_in_canonical_form_the_bytewise_least_is_kept)
{
	struct ax_rrset_builder b;
	ax_rrset_builder_init(&b, AX_TYPE_NS, 0);
	add_text(&b, 60, "ns.a.");
	add_text(&b, 60, "nS.a.");
	add_text(&b, 60, "Ns.A.");
	struct ax_rrset rrset = finish(&b);
	shows(&rrset, "60 Ns.A.|");
	ax_rrset_builder_init(&b, AX_TYPE_TXT, 0);
	add_text(&b, 60, "a");
	add_text(&b, 60, "A");
	rrset = finish(&b);
	shows(&rrset, "60 \"A\"|60 \"a\"|");
}
END_TEST

START_TEST(rrset__differing_ttls_take_the_lowest_and_tell_the_highest)
{
	struct ax_rrset_builder b;
	ax_rrset_builder_init(&b, AX_TYPE_A, 0);
	add_text(&b, 300, "1.1.1.1");
	add_text(&b, 60, "2.2.2.2");
	add_text(&b, 600, "3.3.3.3");
	ck_assert_uint_eq(b.ttl_s, 60);
	ck_assert_uint_eq(b.ttl_max_s, 600);
	struct ax_rrset rrset = finish(&b);
	ck_assert_uint_eq(rrset.ttl_s, 60);
}
END_TEST

START_TEST(rrset__repeated_rrsig_keeps_the_lower_ttl)
{
	struct ax_rrset_builder b;
	ax_rrset_builder_init(&b, AX_TYPE_RRSIG, AX_TYPE_A);
	add_text(&b, 600, "A 8 2 300 2 1 1 . AQ==");
	add_text(&b, 300, "A 8 2 300 2 1 1 . AQ==");
	struct ax_rrset rrset = finish(&b);
	shows(&rrset, "300 A 8 2 300 19700101000002 19700101000001 1 . AQ==|");
}
END_TEST

START_TEST(rrset__bad_records_are_refused)
{
	struct ax_rrset_builder b;
	ax_rrset_builder_init(&b, AX_TYPE_A, 0);
	ck_assert_int_eq(ax_rrset_builder_finish(&value, &b), AX_EINVAL);
	ck_assert_int_eq(ax_rrset_builder_add(&b, 60, ax_slice("\1\2\3", 3)), AX_EINVAL);
	ck_assert_int_eq(ax_rrset_builder_add(&b, 60, ax_slice("\1\2\3\4\5", 5)), AX_EINVAL);
	ck_assert_int_eq(ax_rrset_builder_add(&b, UINT32_C(1) << 31, ax_slice("\1\2\3\4", 4)), AX_EINVAL);
	ck_assert_int_eq(ax_rrset_builder_add(&b, INT32_MAX, ax_slice("\1\2\3\4", 4)), AX_OK);
	ck_assert_uint_eq(b.count, 1);
	ax_rrset_builder_fini(&b);
	ax_rrset_builder_init(&b, AX_TYPE_RRSIG, AX_TYPE_NS);
	struct ax_buf wire = AX_BUF_INIT;
	ck_assert_int_eq(ax_rdata_parse(&wire, AX_TYPE_RRSIG, "A 8 2 1 2 1 1 . AQ==", 20, &ax_name_root), AX_OK);
	ck_assert_int_eq(ax_rrset_builder_add(&b, 60, ax_buf_view(&wire)), AX_EINVAL);
	ax_buf_fini(&wire);
	ax_rrset_builder_fini(&b);
}
END_TEST

START_TEST(rrset__65536_records_are_refused)
{
	struct ax_rrset_builder b;
	ax_rrset_builder_init(&b, AX_TYPE_A, 0);
	for (unsigned i = 0; i < 65535; i++) {
		const uint8_t a[4] = { 10, 0, (uint8_t)(i >> 8), (uint8_t)i };
		ck_assert_int_eq(ax_rrset_builder_add(&b, 60, ax_slice(a, 4)), AX_OK);
	}
	ax_buf_clear(&value);
	ck_assert_int_eq(ax_rrset_builder_finish(&value, &b), AX_OK);
	ck_assert_int_eq(ax_rrset_builder_add(&b, 60, ax_slice("\13\0\0\0", 4)), AX_OK);
	ax_buf_clear(&value);
	ck_assert_int_eq(ax_rrset_builder_finish(&value, &b), AX_ELIMIT);
	ck_assert_uint_eq(value.n, 0);
	ax_rrset_builder_fini(&b);
}
END_TEST

START_TEST(rrset__value_over_16_mib_is_refused)
{
	struct ax_rrset_builder b;
	static uint8_t rdata[65535];
	ax_rrset_builder_init(&b, 65280, 0);
	for (unsigned i = 0; i < 257; i++) {
		rdata[0] = (uint8_t)(i >> 8);
		rdata[1] = (uint8_t)i;
		ck_assert_int_eq(ax_rrset_builder_add(&b, 60, ax_slice(rdata, sizeof rdata)), AX_OK);
	}
	ax_buf_clear(&value);
	ck_assert_int_eq(ax_rrset_builder_finish(&value, &b), AX_ELIMIT);
	ax_rrset_builder_fini(&b);
}
END_TEST

START_TEST(rrset__damaged_values_are_corrupt_and_never_read_beyond)
{
	struct ax_rrset_builder b;
	struct ax_rrset rrset;
	struct ax_rr rr;
	ax_rrset_builder_init(&b, AX_TYPE_TXT, 0);
	add_text(&b, 300, "hello");
	add_text(&b, 300, "world \"and more\"");
	finish(&b);
	struct ax_slice good = ax_buf_view(&value);
	for (size_t n = 0; n < good.n; n++) {
		uint8_t *cut = malloc(n + 1); /* of its own, so that a sanitizer sees a read beyond */
		memcpy(cut, good.p, n);
		ck_assert_int_eq(ax_rrset_view(&rrset, AX_TYPE_TXT, 0, ax_slice(cut, n)), AX_ECORRUPT);
		free(cut);
	}
	ax_buf_u8(&value, 0);
	ck_assert_int_eq(ax_rrset_view(&rrset, AX_TYPE_TXT, 0, ax_buf_view(&value)), AX_ECORRUPT);
	value.n--;
	uint64_t state = check_seed();
	for (unsigned i = 0; i < 20000; i++) {
		uint8_t *flip = malloc(value.n);
		memcpy(flip, value.p, value.n);
		flip[check_random(&state) % value.n] = (uint8_t)check_random(&state);
		size_t pos = 0, seen = 0;
		if (ax_rrset_view(&rrset, i % 2 ? AX_TYPE_TXT : AX_TYPE_RRSIG, 0, ax_slice(flip, value.n)) == AX_OK) {
			while (ax_rrset_next(&rr, &rrset, &pos))
				seen += rr.rdata.n;
			ck_assert_uint_lt(seen, value.n);
		}
		free(flip);
	}
	ck_assert_int_eq(ax_rrset_view(&rrset, 1, 0, ax_slice("\200\0\0\0\0\1\0", 7)), AX_ECORRUPT);
	ck_assert_int_eq(ax_rrset_view(&rrset, 1, 0, ax_slice("\0\0\0\0\0\0", 6)), AX_ECORRUPT);
	ck_assert_int_eq(ax_rrset_view(&rrset, AX_TYPE_RRSIG, 1, ax_slice("\0\0\0\1\0\1\0\0\0\1\0", 11)),
			 AX_ECORRUPT);
}
END_TEST

START_TEST(rrset__empty_rdata_is_a_record)
{
	struct ax_rrset_builder b;
	ax_rrset_builder_init(&b, 65280, 0);
	ck_assert_int_eq(ax_rrset_builder_add(&b, 5, ax_slice(NULL, 0)), AX_OK);
	struct ax_rrset rrset = finish(&b);
	shows(&rrset, "5 \\# 0|");
}
END_TEST

START_TEST(rrset__type_covered_is_the_first_two_octets)
{
	ck_assert_uint_eq(ax_rrsig_covered(ax_slice("\0\34x", 3)), 28);
	ck_assert_uint_eq(ax_rrsig_covered(ax_slice("\1", 1)), 0);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, rrset__value_bytes_are_frozen);
	tcase_add_test(tc, rrset__rrsig_value_bytes_are_frozen_each_with_its_ttl);
	tcase_add_test(tc, rrset__order_of_adding_leaves_no_trace);
	tcase_add_test(tc, rrset__of_equals_in_canonical_form_the_bytewise_least_is_kept);
	tcase_add_test(tc, rrset__differing_ttls_take_the_lowest_and_tell_the_highest);
	tcase_add_test(tc, rrset__repeated_rrsig_keeps_the_lower_ttl);
	tcase_add_test(tc, rrset__bad_records_are_refused);
	tcase_add_test(tc, rrset__65536_records_are_refused);
	tcase_add_test(tc, rrset__value_over_16_mib_is_refused);
	tcase_add_test(tc, rrset__damaged_values_are_corrupt_and_never_read_beyond);
	tcase_add_test(tc, rrset__empty_rdata_is_a_record);
	tcase_add_test(tc, rrset__type_covered_is_the_first_two_octets);
}

int main(void)
{
	int rc = check_main("rrset", add);
	ax_buf_fini(&value);
	return rc;
}
