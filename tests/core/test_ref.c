#include "core/ref.h"
#include "tests/core/repo_fixture.h"

START_TEST(ref__names_are_held_to_their_form)
{
	char longest[AX_REF_NAME_MAX + 2];
	static const char *const good[] = { "main", "v1.2", "a-b_c.d", "0", "HEADS", "Main" };
	static const char *const bad[] = { "",    "HEAD", "a..b",  "-a",       ".a", "a/b",
					   "a b", "a~1",  "a@{1}", "\xc3\xa4", "a\n" };
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		OK(ax_ref_check_name(good[i]));
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		FAILS(AX_EINVAL, ax_ref_check_name(bad[i]));
	memset(longest, 'a', sizeof longest);
	longest[AX_REF_NAME_MAX] = 0;
	OK(ax_ref_check_name(longest));
	longest[AX_REF_NAME_MAX] = 'a';
	longest[AX_REF_NAME_MAX + 1] = 0;
	FAILS(AX_EINVAL, ax_ref_check_name(longest));
}
END_TEST

START_TEST(ref__moves_only_from_where_it_is_expected)
{
	struct fixture f;
	struct ax_txn *t;
	struct ax_ref ref;
	fixture_open(&f, "example.");
	begin_zone(&f, 7, 3);
	uint64_t a = f.out.commit;
	OK(save(&f, "a 300 A 1.2.3.4\n"));
	uint64_t b = f.out.commit;
	OK(ax_txn_write(&t, ax_repo_store(f.repo), true));
	FAILS(AX_ELOST, ax_ref_move(t, 1, "heads/main", a, b, "test", f.who.committer.when));
	FAILS(AX_ELOST, ax_ref_move(t, 1, "heads/main", 0, a, "test", f.who.committer.when));
	FAILS(AX_ELOST, ax_ref_move(t, 1, "heads/none", a, b, "test", f.who.committer.when));
	OK(ax_ref_move(t, 1, "heads/main", b, a, "test", f.who.committer.when));
	OK(ax_ref_get(&ref, t, 1, "heads/main"));
	ck_assert_uint_eq(ref.commit, a);
	static const char *const bad[] = { "main",     "heads/",   "heads/a/b",    "notes/x", "stage/x/y",
					   "stage/1/", "stage//x", "proposals/..", "" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		FAILS(AX_EINVAL, ax_ref_move(t, 1, bad[i], 0, a, "test", f.who.committer.when));
	OK(ax_ref_move(t, 1, "stage/1000/work", 0, a, "test", f.who.committer.when));
	OK(ax_ref_move(t, 1, "proposals/p1", 0, a, "test", f.who.committer.when));
	ax_txn_abort(t);
	fixture_close(&f);
}
END_TEST

START_TEST(ref__every_move_is_logged_and_chained)
{
	struct fixture f;
	struct ax_ref ref;
	struct ax_log_entry e;
	uint64_t last, commits[5];
	fixture_open(&f, "example.");
	begin_zone(&f, 7, 3);
	commits[0] = f.out.commit;
	for (int i = 1; i < 5; i++) {
		char text[64];
		snprintf(text, sizeof text, "a 300 A 1.2.3.%d\n", i);
		pass_time(&f, 10);
		OK(save(&f, text));
		commits[i] = f.out.commit;
		/* another ref between */
		snprintf(text, sizeof text, "b%d", i);
		OK(ax_repo_branch_create(f.repo, 1, text, f.out.commit, &f.who));
	}
	OK(ax_ref_get(&ref, look(&f), 1, "heads/main"));
	uint64_t seq = ref.log;
	for (int i = 4; i >= 0; i--) {
		OK(ax_log_get(&e, f.txn, seq));
		ck_assert_int_eq(e.kind, AX_LOG_REF);
		ck_assert_str_eq(e.ref, "heads/main");
		ck_assert_str_eq(e.door, "cli");
		ck_assert_uint_eq(e.new_commit, commits[i]);
		ck_assert_uint_eq(e.old_commit, i ? commits[i - 1] : 0);
		ck_assert_uint_eq(e.serial, 7 + (unsigned)i);
		ck_assert_int_eq(e.when.s, 1790000000 + 10 * i);
		seq = e.prev;
	}
	ck_assert_uint_eq(seq, 0);
	/* all of it, in order: the zone, then 1 + 2 x 4 moves */
	OK(ax_log_last(&last, f.txn));
	ck_assert_uint_eq(last, 10);
	OK(ax_log_get(&e, f.txn, 1));
	ck_assert_int_eq(e.kind, AX_LOG_ZONE_ADDED);
	ck_assert_uint_eq(e.zone, 1);
	FAILS(AX_ENOENT, ax_log_get(&e, f.txn, 11));
	OK(ax_repo_branch_delete(f.repo, 1, "b1", false, &f.who));
	OK(ax_log_get(&e, look(&f), 11));
	ck_assert_str_eq(e.ref, "heads/b1");
	ck_assert_uint_eq(e.old_commit, commits[1]);
	ck_assert_uint_eq(e.new_commit, 0);
	FAILS(AX_ENOENT, ax_ref_get(&ref, f.txn, 1, "heads/b1"));
	fixture_close(&f);
}
END_TEST

START_TEST(ref__are_listed_in_order_and_by_prefix)
{
	struct fixture f;
	struct ax_ref ref;
	char name[AX_REF_PATH_MAX + 1] = "";
	uint32_t id;
	fixture_open(&f, "example.");
	struct ax_name other = name_of("other.");
	OK(ax_repo_zone_add(&id, f.repo, &other, &f.who));
	begin_zone(&f, 7, 3);
	OK(ax_repo_branch_create(f.repo, 1, "dev", f.out.commit, &f.who));
	OK(ax_repo_tag(f.repo, 1, "v1", f.out.commit, &f.who));
	look(&f);
	static const char *const want[] = { "heads/dev", "heads/main", "tags/v1" };
	for (size_t i = 0; i < 3; i++) {
		OK(ax_ref_next(&ref, name, f.txn, 1, "", name));
		ck_assert_str_eq(name, want[i]);
		ck_assert_uint_eq(ref.commit, f.out.commit);
	}
	FAILS(AX_ENOENT, ax_ref_next(&ref, name, f.txn, 1, "", want[2]));
	OK(ax_ref_next(&ref, name, f.txn, 1, "tags/", ""));
	ck_assert_str_eq(name, "tags/v1");
	FAILS(AX_ENOENT, ax_ref_next(&ref, name, f.txn, 1, "heads/", "heads/main"));
	FAILS(AX_ENOENT, ax_ref_next(&ref, name, f.txn, id, "", ""));
	fixture_close(&f);
}
END_TEST

START_TEST(ref__head_is_a_users_own)
{
	struct fixture f;
	struct ax_txn *t;
	char branch[AX_REF_NAME_MAX + 1];
	fixture_open(&f, "example.");
	OK(ax_txn_write(&t, ax_repo_store(f.repo), true));
	OK(ax_head_set(t, 1, 1000, "dev"));
	OK(ax_head_set(t, 2, 1000, "other"));
	FAILS(AX_EINVAL, ax_head_set(t, 1, 1000, "a b"));
	OK(ax_head_get(branch, t, 1, 1000));
	ck_assert_str_eq(branch, "dev");
	OK(ax_head_get(branch, t, 2, 1000));
	ck_assert_str_eq(branch, "other");
	OK(ax_head_get(branch, t, 1, 1001));
	ck_assert_str_eq(branch, "main");
	ax_txn_abort(t);
	fixture_close(&f);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, ref__names_are_held_to_their_form);
	tcase_add_test(tc, ref__moves_only_from_where_it_is_expected);
	tcase_add_test(tc, ref__every_move_is_logged_and_chained);
	tcase_add_test(tc, ref__are_listed_in_order_and_by_prefix);
	tcase_add_test(tc, ref__head_is_a_users_own);
}

int main(void)
{
	return check_main("ref", add);
}
