#include "core/bytes.h"

#include <string.h>

#include "tests/check.h"

START_TEST(bytes__slices_compare_like_memcmp_and_a_prefix_is_less)
{
	ck_assert_int_lt(ax_slice_cmp(ax_slice_str("ab"), ax_slice_str("abc")), 0);
	ck_assert_int_gt(ax_slice_cmp(ax_slice_str("b"), ax_slice_str("abc")), 0);
	ck_assert_int_eq(ax_slice_cmp(ax_slice(NULL, 0), ax_slice_str("")), 0);
	ck_assert_int_gt(ax_slice_cmp(ax_slice_str("\xff"), ax_slice_str("a")), 0);
	ck_assert(ax_slice_starts(ax_slice_str("abc"), ax_slice_str("ab")));
	ck_assert(ax_slice_starts(ax_slice_str("abc"), ax_slice(NULL, 0)));
	ck_assert(!ax_slice_starts(ax_slice_str("ab"), ax_slice_str("abc")));
	ck_assert(!ax_slice_eq(ax_slice_str("ab"), ax_slice_str("ac")));
}
END_TEST

START_TEST(bytes__integers_are_big_endian_and_read_back)
{
	struct ax_buf b = AX_BUF_INIT;
	ax_buf_u8(&b, 1);
	ax_buf_u16(&b, 0x0203);
	ax_buf_u32(&b, 0x04050607);
	ax_buf_u64(&b, UINT64_C(0x08090a0b0c0d0e0f));
	ck_assert_uint_eq(b.n, 15);
	for (unsigned i = 0; i < 15; i++)
		ck_assert_uint_eq(b.p[i], i + 1);
	struct ax_reader r = ax_reader(ax_buf_view(&b));
	ck_assert_uint_eq(ax_get_u8(&r), 1);
	ck_assert_uint_eq(ax_get_u16(&r), 0x0203);
	ck_assert_uint_eq(ax_get_u32(&r), 0x04050607);
	ck_assert_uint_eq(ax_get_u64(&r), UINT64_C(0x08090a0b0c0d0e0f));
	ck_assert(!r.bad);
	ck_assert_uint_eq(ax_reader_left(&r), 0);
	ax_buf_fini(&b);
}
END_TEST

START_TEST(bytes__short_read_is_sticky_and_yields_zero)
{
	struct ax_reader r = ax_reader(ax_slice("\1\2\3", 3));
	ck_assert_uint_eq(ax_get_u32(&r), 0);
	ck_assert(r.bad);
	ck_assert_uint_eq(ax_get_u8(&r), 0);
	r = ax_reader(ax_slice(NULL, 0));
	ck_assert_uint_eq(ax_get_bytes(&r, 0).n, 0);
	ck_assert(!r.bad);
	ck_assert_uint_eq(ax_get_bytes(&r, SIZE_MAX).n, 0);
	ck_assert(r.bad);
}
END_TEST

START_TEST(bytes__leb_round_trips_at_every_length)
{
	struct ax_buf b = AX_BUF_INIT;
	for (unsigned bit = 0; bit <= 64; bit++)
		for (int d = -1; d <= 1; d++) {
			uint64_t v = (bit == 64 ? 0 : UINT64_C(1) << bit) + (uint64_t)(int64_t)d;
			ax_buf_clear(&b);
			ax_buf_leb(&b, v);
			ck_assert_uint_le(b.n, 10);
			struct ax_reader r = ax_reader(ax_buf_view(&b));
			ck_assert(ax_get_leb(&r) == v);
			ck_assert(!r.bad && ax_reader_left(&r) == 0);
		}
	ax_buf_fini(&b);
}
END_TEST

START_TEST(bytes__leb_that_is_long_cut_or_too_big_is_bad)
{
	static const struct ax_slice bad[] = {
		{ (const uint8_t *)"\x80\x00", 2 }, /* 0 in two bytes */
		{ (const uint8_t *)"\x80", 1 },
		{ (const uint8_t *)"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 10 },
		{ (const uint8_t *)"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11 },
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct ax_reader r = ax_reader(bad[i]);
		ck_assert_uint_eq(ax_get_leb(&r), 0);
		ck_assert(r.bad);
	}
}
END_TEST

START_TEST(bytes__buffer_grows_keeps_and_formats)
{
	struct ax_buf b = AX_BUF_INIT;
	for (unsigned i = 0; i < 10000; i++)
		ax_buf_printf(&b, "%u,", i);
	ck_assert_uint_eq(b.n, 48890);
	ck_assert(strncmp(ax_buf_cstr(&b) + b.n - 10, "9998,9999,", 10) == 0);
	size_t cap = b.cap;
	ax_buf_clear(&b);
	ck_assert_uint_eq(b.n, 0);
	ck_assert_uint_eq(b.cap, cap);
	ck_assert_str_eq(ax_buf_cstr(&b), "");
	ax_buf_fini(&b);
	ck_assert_ptr_null(b.p);
}
END_TEST

START_TEST(bytes__out_of_memory_is_sticky)
{
	struct ax_buf b = AX_BUF_INIT;
	ax_buf_u8(&b, 1);
	ck_assert(!ax_buf_reserve(&b, SIZE_MAX - 10));
	ax_buf_u8(&b, 2);
	ck_assert_uint_eq(b.n, 1);
	ck_assert_int_eq(ax_buf_check(&b), AX_ENOMEM);
	ck_assert_ptr_null(ax_buf_cstr(&b));
	ax_buf_clear(&b);
	ck_assert_int_eq(ax_buf_check(&b), AX_OK);
	ax_buf_fini(&b);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, bytes__slices_compare_like_memcmp_and_a_prefix_is_less);
	tcase_add_test(tc, bytes__integers_are_big_endian_and_read_back);
	tcase_add_test(tc, bytes__short_read_is_sticky_and_yields_zero);
	tcase_add_test(tc, bytes__leb_round_trips_at_every_length);
	tcase_add_test(tc, bytes__leb_that_is_long_cut_or_too_big_is_bad);
	tcase_add_test(tc, bytes__buffer_grows_keeps_and_formats);
	tcase_add_test(tc, bytes__out_of_memory_is_sticky);
}

int main(void)
{
	return check_main("bytes", add);
}
