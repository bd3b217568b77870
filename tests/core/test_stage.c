/* stage.c: a private copy of a branch. Its life in the mount: tests/mount/stage.sh. */
#include "core/stage.h"
#include "tests/core/repo_fixture.h"

static void let_go(struct fixture *f)
{
	ax_txn_abort(f->txn);
	f->txn = NULL;
}

static void begin(struct fixture *f)
{
	fixture_open(f, "example.");
	begin_zone(f, 7, 20);
	OK(ax_stage_make(f->repo, f->zone, "mine", &f->who));
}

static uint64_t put_in(struct fixture *f, const char *text)
{
	struct ax_batch b;
	uint64_t commit;
	let_go(f);
	pass_time(f, 1);
	ax_batch_init(&b, &f->apex);
	put_text(f, &b, text);
	OK(ax_stage_edit(&commit, f->repo, f->zone, "stage/0/mine", NULL, &b, &f->who));
	ax_batch_fini(&b);
	return commit;
}

static struct ax_stage mine(struct fixture *f)
{
	struct ax_stage s;
	OK(ax_stage_find(&s, look(f), f->zone, "mine"));
	return s;
}

static enum ax_err merge(struct fixture *f, size_t *edits)
{
	struct ax_commit_info tip = tip_of(f, "main");
	struct ax_stage s = mine(f);
	struct ax_batch b;
	ax_batch_init(&b, &f->apex);
	enum ax_err e = ax_stage_merge(&b, f->txn, &s, &tip.root);
	*edits = b.n;
	ax_batch_fini(&b);
	return e;
}

START_TEST(stage__it_begins_as_the_branch_and_moves_alone)
{
	struct fixture f;
	begin(&f);
	struct ax_commit_info tip = tip_of(&f, "main");
	struct ax_stage s = mine(&f);
	ck_assert(ax_id_eq(&s.info.root.id, &tip.root.id));
	ck_assert_uint_eq(s.base.local, tip.local);
	ck_assert_str_eq(s.branch, "main");
	ck_assert_uint_ne(put_in(&f, "h1 300 A 192.0.2.9\n"), 0);
	s = mine(&f);
	ck_assert(!ax_id_eq(&s.info.root.id, &tip.root.id));
	ck_assert_uint_eq(s.base.local, tip.local);
	ck_assert_uint_eq(s.info.serial, 7);
	ck_assert_uint_eq(tip_of(&f, "main").local, tip.local);
	fixture_close(&f);
}
END_TEST

START_TEST(stage__what_is_there_already_makes_no_commit)
{
	struct fixture f;
	begin(&f);
	uint64_t before = mine(&f).info.local;
	ck_assert_uint_eq(put_in(&f, "h1 300 A 198.51.0.1\n"), 0);
	ck_assert_uint_eq(mine(&f).info.local, before);
	fixture_close(&f);
}
END_TEST

START_TEST(stage__a_name_is_taken_once_and_says_the_branch)
{
	struct fixture f;
	struct ax_stage s;
	begin(&f);
	FAILS(AX_EEXIST, ax_stage_make(f.repo, f.zone, "mine", &f.who));
	FAILS(AX_EEXIST, ax_stage_make(f.repo, f.zone, "mine@main", &f.who));
	f.who.uid = 1000;
	FAILS(AX_EEXIST, ax_stage_make(f.repo, f.zone, "mine", &f.who));
	FAILS(AX_ENOENT, ax_stage_make(f.repo, f.zone, "other@nowhere", &f.who));
	FAILS(AX_EINVAL, ax_stage_make(f.repo, f.zone, "a/b", &f.who));
	FAILS(AX_EINVAL, ax_stage_make(f.repo, f.zone, "a@", &f.who));
	FAILS(AX_EINVAL, ax_stage_make(f.repo, f.zone, "a@b@c", &f.who));
	OK(ax_stage_make(f.repo, f.zone, "other@main", &f.who));
	OK(ax_stage_find(&s, look(&f), f.zone, "other@main"));
	ck_assert_str_eq(s.path, "stage/1000/other");
	ck_assert_uint_eq(s.uid, 1000);
	fixture_close(&f);
}
END_TEST

START_TEST(stage__only_its_own_changes_are_merged)
{
	struct fixture f;
	size_t edits;
	begin(&f);
	put_in(&f, "h1 300 A 192.0.2.9\nnew 300 A 192.0.2.10\n");
	let_go(&f);
	OK(save(&f, "h2 300 A 192.0.2.11\n"));
	OK(merge(&f, &edits));
	ck_assert_uint_eq(edits, 2);
	OK(save(&f, "h1 300 A 192.0.2.9\n"));
	OK(merge(&f, &edits));
	ck_assert_uint_eq(edits, 1);
	OK(save(&f, "new 300 A 192.0.2.12\n"));
	FAILS(AX_ECONFLICT, merge(&f, &edits));
	SAYS(AX_ECONFLICT, "new A");
	fixture_close(&f);
}
END_TEST

START_TEST(stage__it_begins_anew_at_the_tip_and_goes)
{
	struct fixture f;
	struct ax_stage s;
	begin(&f);
	put_in(&f, "h1 300 A 192.0.2.9\n");
	let_go(&f);
	OK(save(&f, "h2 300 A 192.0.2.11\n"));
	let_go(&f);
	OK(ax_stage_restart(f.repo, f.zone, "stage/0/mine", &f.who));
	struct ax_commit_info tip = tip_of(&f, "main");
	s = mine(&f);
	ck_assert(ax_id_eq(&s.info.root.id, &tip.root.id));
	ck_assert_uint_eq(s.base.local, tip.local);
	let_go(&f);
	OK(ax_stage_drop(f.repo, f.zone, "stage/0/mine", &f.who));
	ck_assert_int_eq(ax_stage_find(&s, look(&f), f.zone, "mine"), AX_ENOENT);
	fixture_close(&f);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, stage__it_begins_as_the_branch_and_moves_alone);
	tcase_add_test(tc, stage__what_is_there_already_makes_no_commit);
	tcase_add_test(tc, stage__a_name_is_taken_once_and_says_the_branch);
	tcase_add_test(tc, stage__only_its_own_changes_are_merged);
	tcase_add_test(tc, stage__it_begins_anew_at_the_tip_and_goes);
}

int main(void)
{
	return check_main("stage", add);
}
