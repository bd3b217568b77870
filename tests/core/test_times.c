/* times.c: the side table of modification times. */
#include "core/times.h"

#include "core/gc.h"
#include "tests/core/repo_fixture.h"

START_TEST(times__what_is_put_is_got_again)
{
	struct scratch s;
	struct ax_txn *t;
	const struct ax_file_time put[] = { { 1, 5, 7, -100, 1 },
					    { 1, UINT64_MAX, 8, INT64_C(1) << 40, 999999999 },
					    { UINT64_MAX, 5, 9, 3, 0 } };
	scratch_open(&s, 64 << 20);
	OK(ax_txn_write(&t, s.store, false));
	for (size_t i = 0; i < 3; i++)
		OK(ax_file_time_put(t, &put[i]));
	OK(ax_txn_commit(t));
	OK(ax_txn_read(&t, s.store));
	for (size_t i = 0; i < 3; i++) {
		struct ax_file_time f = { .ref = put[i].ref, .file = put[i].file };
		OK(ax_file_time_get(&f, t));
		ck_assert_uint_eq(f.version, put[i].version);
		ck_assert_int_eq(f.s, put[i].s);
		ck_assert_uint_eq(f.ns, put[i].ns);
	}
	struct ax_file_time none = { .ref = 2, .file = 5 };
	ck_assert_int_eq(ax_file_time_get(&none, t), AX_ENOENT);
	ax_txn_abort(t);
	scratch_close(&s);
}
END_TEST

START_TEST(times__a_ref_is_forgotten_piece_by_piece)
{
	struct scratch s;
	struct ax_txn *t;
	struct ax_file_time f = { .version = 1 };
	uint64_t ref = 0;
	bool more;
	scratch_open(&s, 64 << 20);
	OK(ax_txn_write(&t, s.store, false));
	for (f.ref = 10; f.ref <= 30; f.ref += 10)
		for (f.file = 1; f.file <= 25; f.file++)
			OK(ax_file_time_put(t, &f));
	OK(ax_file_time_drop(&more, t, 20, 10));
	ck_assert(more);
	OK(ax_file_time_drop(&more, t, 20, 15));
	ck_assert(!more);
	OK(ax_file_time_next_ref(&ref, t));
	ck_assert_uint_eq(ref++, 10);
	OK(ax_file_time_next_ref(&ref, t));
	ck_assert_uint_eq(ref++, 30);
	ck_assert_int_eq(ax_file_time_next_ref(&ref, t), AX_ENOENT);
	f = (struct ax_file_time){ .ref = 30, .file = 25 };
	OK(ax_file_time_get(&f, t));
	ax_txn_abort(t);
	scratch_close(&s);
}
END_TEST

START_TEST(times__writing_is_counted)
{
	struct scratch s;
	struct ax_txn *t;
	uint64_t count, ref = 0;
	scratch_open(&s, 64 << 20);
	OK(ax_txn_write(&t, s.store, false));
	OK(ax_file_time_count(&count, t));
	ck_assert_uint_eq(count, 0);
	OK(ax_file_time_written(&count, t));
	OK(ax_file_time_written(&count, t));
	ck_assert_uint_eq(count, 2);
	OK(ax_file_time_count(&count, t));
	ck_assert_uint_eq(count, 2);
	ck_assert_int_ne(ax_file_time_next_ref(&ref, t), AX_OK); /* the count is no time */
	ax_txn_abort(t);
	scratch_close(&s);
}
END_TEST

START_TEST(times__a_damaged_table_is_told)
{
	struct scratch s;
	struct ax_txn *t;
	uint64_t count;
	struct ax_file_time f = { .ref = UINT64_C(0x3132333435363738), .file = UINT64_C(0x3132333435363738) };
	scratch_open(&s, 64 << 20);
	OK(ax_txn_write(&t, s.store, false));
	OK(ax_txn_put(t, AX_TABLE_MAIN, ax_slice("u1234567812345678", 17), ax_slice("short", 5)));
	ck_assert_int_eq(ax_file_time_get(&f, t), AX_ECORRUPT);
	OK(ax_txn_put(t, AX_TABLE_MAIN, ax_slice("u", 1), ax_slice("short", 5)));
	ck_assert_int_eq(ax_file_time_count(&count, t), AX_ECORRUPT);
	ax_txn_abort(t);
	scratch_close(&s);
}
END_TEST

START_TEST(times__gc_drops_those_of_refs_that_are_gone)
{
	struct fixture f;
	struct ax_txn *t;
	struct ax_gc sum;
	struct ax_ref ref;
	const struct ax_gc_options o = { .dry = false };
	struct ax_file_time time = { .version = 1 };
	fixture_open(&f, "example.");
	OK(import_on(&f, "main", "@ 60 SOA ns h 1 1 1 1 1\n@ 60 NS ns\nns 60 A 192.0.2.1\n",
		     AX_SERIAL_FROM_TRANSFER));
	uint64_t kept = ax_file_time_ref(f.zone, "heads/main"), gone = ax_file_time_ref(f.zone, "heads/gone");
	OK(ax_txn_write(&t, ax_repo_store(f.repo), false));
	OK(ax_ref_get(&ref, t, f.zone, "heads/main"));
	for (time.file = 1; time.file <= 5000; time.file++) {
		time.ref = gone;
		OK(ax_file_time_put(t, &time));
		time.ref = kept;
		OK(ax_file_time_put(t, &time));
	}
	time.ref = UINT64_MAX;
	OK(ax_file_time_put(t, &time));
	OK(ax_txn_commit(t));
	OK(ax_repo_gc(&sum, f.repo, &o, &f.who));
	OK(ax_txn_read(&t, ax_repo_store(f.repo)));
	uint64_t first = 0;
	OK(ax_file_time_next_ref(&first, t));
	ck_assert_uint_eq(first, kept);
	first++;
	ck_assert_int_eq(ax_file_time_next_ref(&first, t), AX_ENOENT);
	time = (struct ax_file_time){ .ref = kept, .file = 5000 };
	OK(ax_file_time_get(&time, t));
	ax_txn_abort(t);
	fixture_close(&f);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, times__what_is_put_is_got_again);
	tcase_add_test(tc, times__a_ref_is_forgotten_piece_by_piece);
	tcase_add_test(tc, times__writing_is_counted);
	tcase_add_test(tc, times__gc_drops_those_of_refs_that_are_gone);
	tcase_add_test(tc, times__a_damaged_table_is_told);
}

int main(void)
{
	return check_main("times", add);
}
