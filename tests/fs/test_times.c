/* times.c: modification times that were set. */
#include "fs/times.h"

#include "tests/check.h"

START_TEST(times__a_time_holds_for_its_version_only)
{
	struct times t = { 0 };
	struct timespec got;
	ck_assert(!times_get(&got, &t, 5, 1));
	times_set(&t, 5, 1, (struct timespec){ 100, 7 });
	ck_assert(times_get(&got, &t, 5, 1));
	ck_assert_int_eq(got.tv_sec, 100);
	ck_assert_int_eq(got.tv_nsec, 7);
	ck_assert(!times_get(&got, &t, 5, 2));
	ck_assert(!times_get(&got, &t, 6, 1));
	times_set(&t, 5, 2, (struct timespec){ 200, 0 });
	ck_assert(!times_get(&got, &t, 5, 1));
	ck_assert_uint_eq(t.n, 1);
	times_fini(&t);
}
END_TEST

START_TEST(times__many_are_kept_and_the_table_is_bounded)
{
	struct times t = { 0 };
	struct timespec got;
	for (uint64_t i = 1; i <= 10000; i++)
		times_set(&t, i * 0x9e3779b97f4a7c15u, i, (struct timespec){ (time_t)i, 0 });
	for (uint64_t i = 1; i <= 10000; i++)
		ck_assert(times_get(&got, &t, i * 0x9e3779b97f4a7c15u, i) && got.tv_sec == (time_t)i);
	for (uint64_t i = 1; i <= 3 * (uint64_t)TIMES_MAX; i++)
		times_set(&t, i, 1, (struct timespec){ 1, 0 });
	ck_assert_uint_le(t.n, TIMES_MAX);
	ck_assert(times_get(&got, &t, 3 * (uint64_t)TIMES_MAX, 1));
	times_fini(&t);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, times__a_time_holds_for_its_version_only);
	tcase_add_test(tc, times__many_are_kept_and_the_table_is_bounded);
}

int main(void)
{
	return check_main("times", add);
}
