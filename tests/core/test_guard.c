#include "tests/core/repo_fixture.h"

/* Delete hosts from..to-1 in one commit. */
static enum ax_err erase_hosts(struct fixture *f, unsigned from, unsigned to)
{
	struct ax_batch b;
	char text[16];
	ax_batch_init(&b, &f->apex);
	for (unsigned i = from; i < to; i++) {
		snprintf(text, sizeof text, "h%u", i);
		struct ax_name n = owner_of(f, text);
		OK(ax_batch_delete(&b, &n, AX_TYPE_A, 0));
	}
	enum ax_err e = commit_batch(f, &b, "main", false, AX_SERIAL_FROM_EDIT, NULL);
	ax_batch_fini(&b);
	return e;
}

START_TEST(guard__deleting_more_than_30_percent_is_refused)
{
	struct fixture f;
	fixture_open(&f, "example.");
	begin_zone(&f, 1, 97); /* 100 RRsets */
	pass_time(&f, 3600);
	FAILS(AX_EGUARD, erase_hosts(&f, 0, 31));
	SAYS(AX_EGUARD,
	     "deletion: removes 31 of 100 RRsets (31 %, more than 30 %); to publish it anyway: apex force ");
	SAYS(AX_EGUARD, f.plan);
	ck_assert_uint_eq(strlen(f.plan), AX_ID_SHORT);
	OK(erase_hosts(&f, 0, 30));
	ck_assert_uint_eq(f.out.stats.removed, 30);
	fixture_close(&f);
}
END_TEST

START_TEST(guard__a_small_zone_has_no_deletion_guard)
{
	struct fixture f;
	fixture_open(&f, "example.");
	begin_zone(&f, 1, 6); /* 9 RRsets */
	pass_time(&f, 3600);
	OK(erase_hosts(&f, 0, 6));
	fixture_close(&f);
}
END_TEST

START_TEST(guard__deletions_within_a_minute_count_together)
{
	struct fixture f;
	fixture_open(&f, "example.");
	begin_zone(&f, 1, 97);
	pass_time(&f, 3600);
	for (unsigned i = 0; i < 30; i++) {
		OK(erase_hosts(&f, i, i + 1));
		pass_time(&f, 1);
	}
	FAILS(AX_EGUARD, erase_hosts(&f, 30, 31));
	SAYS(AX_EGUARD, "removes 31 of 100 RRsets");
	SAYS(AX_EGUARD, "within a minute");
	/* once more than a minute has passed since the first, they no longer count */
	pass_time(&f, 62);
	OK(erase_hosts(&f, 30, 31));
	fixture_close(&f);
}
END_TEST

/* The zone's own first commit may lie within the minute: it is what the deletions are held against. */
START_TEST(guard__deletions_right_after_the_zone_was_filled_count_together)
{
	struct fixture f;
	struct ax_buf b = AX_BUF_INIT;
	fixture_open(&f, "example.");
	begin_zone(&f, 1, 7); /* 10 RRsets */
	for (unsigned i = 0; i < 3; i++)
		OK(erase_hosts(&f, i, i + 1));
	FAILS(AX_EGUARD, erase_hosts(&f, 3, 4));
	SAYS(AX_EGUARD, "removes 4 of 10 RRsets within a minute");
	/* the same when it was filled later than it was begun */
	pass_time(&f, 3600);
	for (unsigned i = 7; i < 97; i++)
		ax_buf_printf(&b, "h%u 300 A 198.51.0.%u\n", i, i);
	OK(save(&f, ax_buf_cstr(&b))); /* 97 RRsets */
	for (unsigned i = 7; i < 36; i++)
		OK(erase_hosts(&f, i, i + 1));
	FAILS(AX_EGUARD, erase_hosts(&f, 36, 37));
	SAYS(AX_EGUARD, "removes 30 of 97 RRsets within a minute");
	ax_buf_fini(&b);
	fixture_close(&f);
}
END_TEST

START_TEST(guard__others_deletions_do_not_count)
{
	struct fixture f;
	fixture_open(&f, "example.");
	begin_zone(&f, 1, 97);
	pass_time(&f, 3600);
	OK(erase_hosts(&f, 0, 20));
	f.who.author.name = f.who.committer.name = "Somebody Else";
	OK(erase_hosts(&f, 20, 40));
	f.who.via = "fs uid=1000 comm=rm";
	OK(erase_hosts(&f, 40, 55)); /* another door */
	f.who.via = "fs uid=1000 comm=mc";
	FAILS(AX_EGUARD, erase_hosts(&f, 55, 75)); /* the same door, whatever the program */
	fixture_close(&f);
}
END_TEST

START_TEST(guard__what_comes_back_is_no_deletion)
{
	struct fixture f;
	struct ax_buf b = AX_BUF_INIT;
	fixture_open(&f, "example.");
	begin_zone(&f, 1, 97);
	pass_time(&f, 3600);
	for (int i = 0; i < 5; i++) {
		OK(erase_hosts(&f, 0, 20));
		ax_buf_clear(&b);
		for (unsigned k = 0; k < 20; k++)
			ax_buf_printf(&b, "h%u 300 A 198.51.0.%u\n", k, k);
		OK(save(&f, ax_buf_cstr(&b)));
		pass_time(&f, 1);
	}
	ax_buf_fini(&b);
	fixture_close(&f);
}
END_TEST

START_TEST(guard__a_transfer_may_empty_a_zone)
{
	struct fixture f;
	struct ax_buf b = AX_BUF_INIT;
	fixture_open(&f, "example.");
	begin_zone(&f, 1, 97);
	pass_time(&f, 3600);
	FAILS(AX_EGUARD, import(&f, zone_text(&b, 2, 10)));
	OK(import_on(&f, "main", zone_text(&b, 2, 10), AX_SERIAL_FROM_TRANSFER));
	ck_assert_uint_eq(f.out.stats.removed, 87);
	ax_buf_fini(&b);
	fixture_close(&f);
}
END_TEST

START_TEST(guard__force_publishes_exactly_what_was_refused)
{
	struct fixture f;
	struct ax_published out[2];
	struct ax_commit c;
	size_t n;
	fixture_open(&f, "example.");
	begin_zone(&f, 1, 97);
	pass_time(&f, 3600);
	FAILS(AX_EGUARD, erase_hosts(&f, 0, 50));
	f.who.committer.name = "Boss";
	f.who.author.name = "Boss";
	f.who.committer.when.s += 10;
	f.who.via = "api";
	OK(ax_repo_force(out, 2, &n, f.repo, f.plan, &f.who, NULL));
	ck_assert_uint_eq(n, 1);
	ck_assert_uint_eq(out[0].stats.removed, 50);
	ck_assert_uint_eq(out[0].count, 50);
	OK(ax_commit_read(&c, look(&f), out[0].commit));
	ck_assert_str_eq(c.author.name, "Ann Author"); /* whose change it is */
	ck_assert_str_eq(c.committer.name, "Boss");    /* who wanted it so */
	ck_assert_ptr_nonnull(strstr(c.via, "cli force="));
	ax_commit_fini(&c);
	/* it is done: once */
	FAILS(AX_ENOENT, ax_repo_force(out, 2, &n, f.repo, f.plan, &f.who, NULL));
	/* and what was meant does not count against what follows */
	f.who.author.name = "Ann Author";
	f.who.via = "cli";
	OK(erase_hosts(&f, 50, 60));
	fixture_close(&f);
}
END_TEST

START_TEST(guard__force_is_refused_when_the_tip_has_moved)
{
	struct fixture f;
	struct ax_published out[1];
	size_t n;
	fixture_open(&f, "example.");
	begin_zone(&f, 1, 97);
	pass_time(&f, 3600);
	FAILS(AX_EGUARD, erase_hosts(&f, 0, 50));
	char plan[AX_ID_SHORT + 1];
	memcpy(plan, f.plan, sizeof plan);
	OK(save(&f, "x 300 A 1.2.3.4\n"));
	FAILS(AX_ELOST, ax_repo_force(out, 1, &n, f.repo, plan, &f.who, NULL));
	ck_assert_uint_eq(n, 0);
	ck_assert_uint_eq(tip_of(&f, "main").root.count, 101);
	fixture_close(&f);
}
END_TEST

START_TEST(guard__plans_are_kept_for_a_day)
{
	struct fixture f;
	struct ax_published out[1];
	size_t n;
	fixture_open(&f, "example.");
	begin_zone(&f, 1, 97);
	pass_time(&f, 3600);
	FAILS(AX_EGUARD, erase_hosts(&f, 0, 50));
	char plan[AX_ID_SHORT + 1];
	memcpy(plan, f.plan, sizeof plan);
	pass_time(&f, 24 * 3600 + 1);
	FAILS(AX_ENOENT, ax_repo_force(out, 1, &n, f.repo, plan, &f.who, NULL));
	SAYS(AX_ENOENT, "kept for a day");
	/* the next plan drops it from the table */
	FAILS(AX_EGUARD, erase_hosts(&f, 0, 51));
	struct ax_slice key, value;
	OK(ax_txn_seek(&key, &value, look(&f), AX_TABLE_MAIN, ax_slice("p", 1), ax_slice("p", 1), true));
	uint8_t first[33];
	memcpy(first, key.p, sizeof first);
	FAILS(AX_ENOENT,
	      ax_txn_seek(&key, &value, f.txn, AX_TABLE_MAIN, ax_slice("p", 1), ax_slice(first, 33), true));
	fixture_close(&f);
}
END_TEST

START_TEST(guard__plan_hash_covers_the_outcome_not_who_or_when)
{
	struct fixture f;
	fixture_open(&f, "example.");
	begin_zone(&f, 1, 97);
	pass_time(&f, 3600);
	FAILS(AX_EGUARD, erase_hosts(&f, 0, 50));
	char first[AX_ID_SHORT + 1];
	memcpy(first, f.plan, sizeof first);
	f.who.author.name = "Somebody Else";
	f.who.via = "api";
	pass_time(&f, 100);
	FAILS(AX_EGUARD, erase_hosts(&f, 0, 50));
	ck_assert_str_eq(f.plan, first);
	FAILS(AX_EGUARD, erase_hosts(&f, 0, 51));
	ck_assert_str_ne(f.plan, first);
	fixture_close(&f);
}
END_TEST

START_TEST(guard__hash_of_a_plan_is_checked)
{
	struct fixture f;
	struct ax_published out[1];
	size_t n;
	fixture_open(&f, "example.");
	FAILS(AX_EINVAL, ax_repo_force(out, 1, &n, f.repo, "12", &f.who, NULL));
	FAILS(AX_EINVAL, ax_repo_force(out, 1, &n, f.repo, "wxyz", &f.who, NULL));
	FAILS(AX_ENOENT, ax_repo_force(out, 1, &n, f.repo, "abcd", &f.who, NULL));
	fixture_close(&f);
}
END_TEST

START_TEST(guard__one_refusal_holds_the_whole_transaction)
{
	struct fixture f;
	struct ax_name other = name_of("other.");
	struct ax_batch b[2];
	struct ax_published out[2];
	char plan[AX_ID_SHORT + 1];
	uint32_t id;
	size_t n;
	fixture_open(&f, "example.");
	begin_zone(&f, 1, 97);
	OK(ax_repo_zone_add(&id, f.repo, &other, &f.who));
	pass_time(&f, 3600);
	ax_batch_init(&b[0], &f.apex);
	ax_batch_init(&b[1], &other);
	struct ax_change c[2] = { { .zone = 1, .branch = "main", .batch = &b[0], .replace = true },
				  { .zone = id, .branch = "main", .batch = &b[1] } };
	put_text(&f, &b[0], "@ 300 SOA ns1 h 1 2 3 4 5\n@ 300 NS ns1.example.net.\n");
	put_text(&f, &b[1], "@ 300 SOA ns1 h 9 2 3 4 5\n@ 300 NS ns1.example.\n");
	FAILS(AX_EGUARD, ax_repo_commit(out, f.repo, c, 2, &f.who, NULL, plan));
	SAYS(AX_EGUARD, "example. deletion: removes 98 of 100");
	ck_assert_uint_eq(tip_of(&f, "main").root.count, 100);
	ax_txn_abort(f.txn);
	f.txn = NULL;
	OK(ax_repo_force(out, 2, &n, f.repo, plan, &f.who, NULL));
	ck_assert_uint_eq(n, 2);
	ck_assert_uint_eq(out[0].count, 2);
	ck_assert_uint_eq(out[1].count, 2);
	ck_assert_uint_eq(out[1].serial, 9);
	ax_batch_fini(&b[0]);
	ax_batch_fini(&b[1]);
	fixture_close(&f);
}
END_TEST

START_TEST(guard__try_names_no_plan)
{
	struct fixture f;
	struct ax_batch b;
	struct ax_slice key, value;
	fixture_open(&f, "example.");
	begin_zone(&f, 1, 97);
	ax_batch_init(&b, &f.apex);
	put_text(&f, &b, "@ 300 SOA ns1 h 1 2 3 4 5\n@ 300 NS ns1.example.net.\n");
	struct ax_change c = { .zone = 1, .branch = "main", .batch = &b, .replace = true };
	FAILS(AX_EGUARD, ax_repo_try(&f.out, f.repo, &c, 1, &f.who, NULL));
	ck_assert_ptr_null(strstr(ax_err_text(AX_EGUARD), "force"));
	FAILS(AX_ENOENT,
	      ax_txn_seek(&key, &value, look(&f), AX_TABLE_MAIN, ax_slice("p", 1), ax_slice("p", 1), true));
	ax_batch_fini(&b);
	fixture_close(&f);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, guard__deleting_more_than_30_percent_is_refused);
	tcase_add_test(tc, guard__a_small_zone_has_no_deletion_guard);
	tcase_add_test(tc, guard__deletions_within_a_minute_count_together);
	tcase_add_test(tc, guard__deletions_right_after_the_zone_was_filled_count_together);
	tcase_add_test(tc, guard__others_deletions_do_not_count);
	tcase_add_test(tc, guard__what_comes_back_is_no_deletion);
	tcase_add_test(tc, guard__a_transfer_may_empty_a_zone);
	tcase_add_test(tc, guard__force_publishes_exactly_what_was_refused);
	tcase_add_test(tc, guard__force_is_refused_when_the_tip_has_moved);
	tcase_add_test(tc, guard__plans_are_kept_for_a_day);
	tcase_add_test(tc, guard__plan_hash_covers_the_outcome_not_who_or_when);
	tcase_add_test(tc, guard__hash_of_a_plan_is_checked);
	tcase_add_test(tc, guard__one_refusal_holds_the_whole_transaction);
	tcase_add_test(tc, guard__try_names_no_plan);
}

int main(void)
{
	return check_main("guard", add);
}
