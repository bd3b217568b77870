#include "core/protect.h"
#include "tests/core/repo_fixture.h"

static struct ax_protect on = { .on = true, .reviews = 2 }, off;

static struct ax_protect get(struct fixture *f, const char *branch)
{
	struct ax_protect p;
	OK(ax_protect_get(&p, look(f), f->zone, branch));
	ax_txn_abort(f->txn);
	f->txn = NULL;
	return p;
}

static void open_two(struct fixture *f)
{
	fixture_open(f, "example.");
	begin_zone(f, 1, 20);
	OK(ax_repo_branch_create(f->repo, f->zone, "side", tip_of(f, "main").local, &f->who));
	ax_txn_abort(f->txn);
	f->txn = NULL;
}

START_TEST(protect__a_setting_is_read_back_and_taken_back)
{
	struct fixture f;
	open_two(&f);
	ck_assert(!get(&f, "main").on);
	OK(ax_repo_protect(f.repo, f.zone, "main", &on, &f.who));
	struct ax_protect p = get(&f, "main");
	ck_assert(p.on && p.reviews == 2 && !p.signed_only);
	ck_assert(!get(&f, "mai").on && !get(&f, "main2").on && !get(&f, "side").on);
	OK(ax_repo_protect(f.repo, f.zone, "main", &off, &f.who));
	ck_assert(!get(&f, "main").on);
	OK(save(&f, "h1 300 A 9.9.9.9"));
	fixture_close(&f);
}
END_TEST

START_TEST(protect__a_protected_branch_is_not_saved_to)
{
	struct fixture f;
	open_two(&f);
	OK(ax_repo_protect(f.repo, f.zone, "main", &on, &f.who));
	uint64_t tip = tip_of(&f, "main").local;
	FAILS(AX_EPROTECTED, save(&f, "h1 300 A 9.9.9.9"));
	SAYS(AX_EPROTECTED, "main is protected");
	FAILS(AX_EPROTECTED, erase(&f, "h1", AX_TYPE_A));
	ck_assert_uint_eq(tip_of(&f, "main").local, tip);
	OK(save(&f, "h1 300 A 198.51.0.1")); /* what is there already */
	OK(save_on(&f, "side", "h1 300 A 9.9.9.9"));
	fixture_close(&f);
}
END_TEST

START_TEST(protect__one_protected_branch_stops_the_whole_transaction)
{
	struct fixture f;
	struct ax_batch a, b;
	open_two(&f);
	OK(ax_repo_protect(f.repo, f.zone, "main", &on, &f.who));
	uint64_t side = tip_of(&f, "side").local;
	ax_batch_init(&a, &f.apex);
	ax_batch_init(&b, &f.apex);
	put_text(&f, &a, "x 300 A 9.9.9.9");
	put_text(&f, &b, "x 300 A 9.9.9.9");
	struct ax_change changes[] = { { .zone = f.zone, .branch = "side", .batch = &a },
				       { .zone = f.zone, .branch = "main", .batch = &b } };
	struct ax_published out[2];
	ax_txn_abort(f.txn);
	f.txn = NULL;
	FAILS(AX_EPROTECTED, ax_repo_commit(out, f.repo, changes, 2, &f.who, NULL, NULL));
	ck_assert_uint_eq(tip_of(&f, "side").local, side);
	ax_batch_fini(&a);
	ax_batch_fini(&b);
	fixture_close(&f);
}
END_TEST

START_TEST(protect__it_is_neither_deleted_nor_is_its_zone)
{
	struct fixture f;
	open_two(&f);
	OK(ax_repo_protect(f.repo, f.zone, "side", &on, &f.who));
	FAILS(AX_EPROTECTED, ax_repo_branch_delete(f.repo, f.zone, "side", true, &f.who));
	FAILS(AX_EPROTECTED, ax_repo_zone_remove(f.repo, &f.apex, &f.who));
	OK(ax_repo_protect(f.repo, f.zone, "side", &off, &f.who));
	OK(ax_repo_branch_delete(f.repo, f.zone, "side", true, &f.who));
	OK(ax_repo_zone_remove(f.repo, &f.apex, &f.who));
	fixture_close(&f);
}
END_TEST

START_TEST(protect__a_plan_refused_before_is_not_forced_after)
{
	struct fixture f;
	struct ax_published out;
	struct ax_buf b = AX_BUF_INIT;
	size_t n;
	open_two(&f);
	FAILS(AX_EGUARD, import(&f, zone_text(&b, 2, 5)));
	OK(ax_repo_protect(f.repo, f.zone, "main", &on, &f.who));
	FAILS(AX_EPROTECTED, ax_repo_force(&out, 1, &n, f.repo, f.plan, &f.who, NULL));
	ax_buf_fini(&b);
	fixture_close(&f);
}
END_TEST

START_TEST(protect__of_no_branch_or_too_many_is_refused)
{
	struct fixture f;
	struct ax_protect many = { .on = true, .reviews = AX_PROTECT_REVIEWS_MAX + 1 };
	open_two(&f);
	FAILS(AX_ENOENT, ax_repo_protect(f.repo, f.zone, "nope", &on, &f.who));
	FAILS(AX_EINVAL, ax_repo_protect(f.repo, f.zone, "a..b", &on, &f.who));
	FAILS(AX_EINVAL, ax_repo_protect(f.repo, f.zone, "main", &many, &f.who));
	fixture_close(&f);
}
END_TEST

START_TEST(protect__damage_is_told)
{
	struct fixture f;
	struct ax_txn *t;
	struct ax_protect p;
	open_two(&f);
	OK(ax_txn_write(&t, ax_repo_store(f.repo), false));
	OK(ax_txn_put(t, AX_TABLE_MAIN, ax_slice("b\0\0\0\1main", 9), ax_slice("\1\6\0", 3)));
	FAILS(AX_ECORRUPT, ax_protect_get(&p, t, 1, "main"));
	OK(ax_txn_put(t, AX_TABLE_MAIN, ax_slice("b\0\0\0\1main", 9), ax_slice("\1", 1)));
	FAILS(AX_ECORRUPT, ax_protect_check(t, 1, "main"));
	FAILS(AX_ECORRUPT, ax_protect_check_zone(t, 1));
	ax_txn_abort(t);
	fixture_close(&f);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, protect__a_setting_is_read_back_and_taken_back);
	tcase_add_test(tc, protect__a_protected_branch_is_not_saved_to);
	tcase_add_test(tc, protect__one_protected_branch_stops_the_whole_transaction);
	tcase_add_test(tc, protect__it_is_neither_deleted_nor_is_its_zone);
	tcase_add_test(tc, protect__a_plan_refused_before_is_not_forced_after);
	tcase_add_test(tc, protect__of_no_branch_or_too_many_is_refused);
	tcase_add_test(tc, protect__damage_is_told);
}

int main(void)
{
	return check_main("protect", add);
}
