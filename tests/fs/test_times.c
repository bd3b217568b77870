/* times.c: modification times that were set. */
#include "fs/times.h"

#include "tests/core/scratch.h"

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

static void save(struct times *t, struct scratch *s)
{
	struct times_saving saving;
	times_take(&saving, t);
	ck_assert_uint_eq(t->unsaved, 0);
	OK(times_write(&saving, s->store));
}

static size_t load(struct times *t, struct scratch *s)
{
	struct ax_txn *txn;
	*t = (struct times){ 0 };
	OK(ax_txn_read(&txn, s->store));
	OK(times_load(t, txn));
	ax_txn_abort(txn);
	ck_assert_uint_eq(t->unsaved, 0);
	return t->n;
}

START_TEST(times__what_is_saved_is_loaded_again_after_all_was_closed)
{
	struct scratch s;
	struct times t = { 0 }, again;
	struct timespec got;
	scratch_open(&s, 64 << 20);
	times_set(&t, 5, 1, (struct timespec){ -100, 7 });
	times_set(&t, UINT64_MAX >> 2, 9, (struct timespec){ INT64_C(1) << 40, 999999999 });
	ck_assert_uint_eq(t.unsaved, 2);
	save(&t, &s);
	times_set(&t, 5, 2, (struct timespec){ 200, 1 });
	ck_assert_uint_eq(t.unsaved, 1);
	save(&t, &s);
	ck_assert_uint_eq(load(&again, &s), 2);
	ck_assert(!times_get(&got, &again, 5, 1));
	ck_assert(times_get(&got, &again, 5, 2) && got.tv_sec == 200 && got.tv_nsec == 1);
	ck_assert(times_get(&got, &again, UINT64_MAX >> 2, 9) && got.tv_sec == INT64_C(1) << 40 &&
		  got.tv_nsec == 999999999);
	times_fini(&again);
	times_fini(&t);
	scratch_close(&s);
}
END_TEST

START_TEST(times__the_store_has_no_more_than_the_table)
{
	struct scratch s;
	struct times t = { 0 }, again;
	scratch_open(&s, 64 << 20);
	for (uint64_t i = 1; i <= TIMES_MAX; i++)
		times_set(&t, i, 1, (struct timespec){ 1, 0 });
	save(&t, &s);
	ck_assert_uint_eq(load(&again, &s), TIMES_MAX);
	times_fini(&again);
	times_set(&t, 1 + (uint64_t)TIMES_MAX, 1, (struct timespec){ 1, 0 });
	save(&t, &s);
	ck_assert_uint_eq(load(&again, &s), 1);
	times_fini(&again);
	times_fini(&t);
	scratch_close(&s);
}
END_TEST

START_TEST(times__a_damaged_table_is_told)
{
	struct scratch s;
	struct times t = { 0 };
	struct ax_txn *txn;
	scratch_open(&s, 64 << 20);
	OK(ax_txn_write(&txn, s.store, false));
	OK(ax_txn_put(txn, AX_TABLE_MAIN, ax_slice("u1234567", 9), ax_slice("short", 5)));
	ck_assert_int_eq(times_load(&t, txn), AX_ECORRUPT);
	ax_txn_abort(txn);
	times_fini(&t);
	scratch_close(&s);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, times__a_time_holds_for_its_version_only);
	tcase_add_test(tc, times__many_are_kept_and_the_table_is_bounded);
	tcase_add_test(tc, times__what_is_saved_is_loaded_again_after_all_was_closed);
	tcase_add_test(tc, times__the_store_has_no_more_than_the_table);
	tcase_add_test(tc, times__a_damaged_table_is_told);
}

int main(void)
{
	return check_main("times", add);
}
