/* times.c: modification times that were set. */
#include "fs/times.h"

#include "tests/core/scratch.h"

struct fixture {
	struct scratch s;
	struct times t;
	struct ax_txn *txn;
};

static void set_up(struct fixture *f)
{
	*f = (struct fixture){ 0 };
	scratch_open(&f->s, 512 << 20);
	OK(ax_txn_read(&f->txn, f->s.store));
}

static void tear_down(struct fixture *f)
{
	times_fini(&f->t);
	ax_txn_abort(f->txn);
	scratch_close(&f->s);
}

static void set(struct fixture *f, uint64_t file, uint64_t version, int64_t s, uint32_t ns)
{
	times_set(&f->t, &(struct ax_file_time){ 1, file, version, s, ns });
}

/* The seconds that version of a file of ref was given; -1: none. */
static int64_t got(struct fixture *f, uint64_t ref, uint64_t file, uint64_t version)
{
	struct timespec mtime;
	ax_txn_reset(f->txn);
	OK(ax_txn_renew(f->txn));
	return times_get(&mtime, &f->t, f->txn,
			 &(struct ax_file_time){ .ref = ref, .file = file, .version = version })
		       ? mtime.tv_sec
		       : -1;
}

static uint64_t save(struct fixture *f)
{
	uint64_t count;
	times_begin(&f->t);
	OK(times_write(&count, &f->t, f->s.store));
	times_done(&f->t, count);
	return count;
}

START_TEST(times__a_time_holds_for_its_version_only)
{
	struct fixture f;
	set_up(&f);
	ck_assert_int_eq(got(&f, 1, 5, 1), -1);
	set(&f, 5, 1, 100, 7);
	ck_assert_int_eq(got(&f, 1, 5, 1), 100);
	ck_assert_int_eq(got(&f, 1, 5, 2), -1);
	ck_assert_int_eq(got(&f, 1, 6, 1), -1);
	ck_assert_int_eq(got(&f, 2, 5, 1), -1);
	set(&f, 5, 2, 200, 0);
	ck_assert_int_eq(got(&f, 1, 5, 1), -1);
	ck_assert_uint_eq(f.t.fresh.n, 1);
	tear_down(&f);
}
END_TEST

START_TEST(times__many_are_kept_and_those_not_in_the_store_are_bounded)
{
	struct fixture f;
	set_up(&f);
	for (uint64_t i = 1; i <= 3 * (uint64_t)TIMES_MAX; i++) {
		set(&f, i * 0x9e3779b97f4a7c15u, i, (int64_t)i, 0);
		if (f.t.fresh.n == TIMES_MAX / 2)
			save(&f);
	}
	for (uint64_t i = 1; i <= 3 * (uint64_t)TIMES_MAX; i += 97)
		ck_assert_int_eq(got(&f, 1, i * 0x9e3779b97f4a7c15u, i), (int64_t)i);
	for (uint64_t i = 1; i <= 2 * (uint64_t)TIMES_MAX; i++)
		set(&f, i, 1, 1, 0);
	ck_assert_uint_le(f.t.fresh.n, TIMES_MAX);
	tear_down(&f);
}
END_TEST

START_TEST(times__a_time_is_there_before_while_and_after_it_is_saved)
{
	struct fixture f;
	uint64_t count;
	set_up(&f);
	set(&f, 5, 1, -100, 7);
	set(&f, UINT64_MAX, 9, INT64_C(1) << 40, 999999999);
	ck_assert_int_eq(got(&f, 1, 5, 1), -100);
	times_begin(&f.t);
	ck_assert_uint_eq(f.t.fresh.n, 0);
	ck_assert_int_eq(got(&f, 1, 5, 1), -100);
	OK(times_write(&count, &f.t, f.s.store));
	ck_assert_int_eq(got(&f, 1, 5, 1), -100);
	times_done(&f.t, count);
	ck_assert_int_eq(got(&f, 1, 5, 1), -100);
	ck_assert_int_eq(got(&f, 1, UINT64_MAX, 9), INT64_C(1) << 40);
	set(&f, 5, 2, 200, 1);
	ck_assert_int_eq(got(&f, 1, 5, 2), 200);
	ck_assert_int_eq(got(&f, 1, 5, 1), -1);
	tear_down(&f);
}
END_TEST

START_TEST(times__others_who_write_between_our_own_are_noticed)
{
	struct fixture f;
	struct times other = { 0 };
	uint64_t count;
	set_up(&f);
	set(&f, 5, 1, 1, 0);
	ck_assert_uint_eq(save(&f), f.t.told);
	times_set(&other, &(struct ax_file_time){ 1, 6, 1, 2, 0 });
	times_begin(&other);
	OK(times_write(&count, &other, f.s.store));
	times_done(&other, count);
	set(&f, 5, 1, 3, 0);
	ck_assert_uint_gt(save(&f), f.t.told + 1);
	ck_assert_int_eq(got(&f, 1, 6, 1), 2);
	times_fini(&other);
	tear_down(&f);
}
END_TEST

START_TEST(times__a_damaged_table_shows_the_commits_time)
{
	struct fixture f;
	struct ax_txn *txn;
	set_up(&f);
	set(&f, 5, 1, 1, 0);
	save(&f);
	OK(ax_txn_write(&txn, f.s.store, false));
	OK(ax_file_time_put(txn, &(struct ax_file_time){ 1, 5, 1, 1, 1000000000 }));
	OK(ax_txn_commit(txn));
	ck_assert_int_eq(got(&f, 1, 5, 1), -1);
	tear_down(&f);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, times__a_time_holds_for_its_version_only);
	tcase_add_test(tc, times__many_are_kept_and_those_not_in_the_store_are_bounded);
	tcase_add_test(tc, times__a_time_is_there_before_while_and_after_it_is_saved);
	tcase_add_test(tc, times__others_who_write_between_our_own_are_noticed);
	tcase_add_test(tc, times__a_damaged_table_shows_the_commits_time);
}

int main(void)
{
	return check_main("times", add);
}
