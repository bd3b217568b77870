#include "core/history.h"
#include "core/blame.h"
#include "tests/core/repo_fixture.h"

/* A zone of 40 hosts, branch `side` at its first commit. */
struct story {
	struct fixture f;
	struct ax_zone zone;
	uint64_t first;
	struct ax_job job;
};

static void let_go(struct fixture *f)
{
	ax_txn_abort(f->txn);
	f->txn = NULL;
}

static void branch(struct story *s, const char *name, uint64_t commit)
{
	let_go(&s->f);
	OK(ax_repo_branch_create(s->f.repo, s->f.zone, name, commit, &s->f.who));
}

static void story_open(struct story *s)
{
	fixture_open(&s->f, "example.");
	begin_zone(&s->f, 7, 40);
	s->first = s->f.out.commit;
	OK(ax_zone_get(&s->zone, look(&s->f), s->f.zone));
	branch(s, "side", s->first);
	ax_job_init(&s->job, &s->zone, "main");
}

static void story_close(struct story *s)
{
	ax_job_fini(&s->job);
	fixture_close(&s->f);
}

/* Commit the job that was prepared, on main unless said otherwise. */
static enum ax_err run(struct story *s)
{
	let_go(&s->f);
	pass_time(&s->f, 1);
	return ax_repo_commit(&s->f.out, s->f.repo, &s->job.change, 1, &s->f.who, NULL, s->f.plan);
}

static void fresh_job(struct story *s)
{
	ax_job_fini(&s->job);
	ax_job_init(&s->job, &s->zone, "main");
}

static enum ax_err merge(struct story *s, const char *from, bool no_ff)
{
	uint64_t theirs = tip_of(&s->f, from).local;
	fresh_job(s);
	ax_merge_change(&s->job, theirs, "merge", no_ff);
	return run(s);
}

static enum ax_err reset(struct story *s, uint64_t commit)
{
	fresh_job(s);
	ax_reset_change(&s->job, commit, "reset");
	return run(s);
}

/* The RRset's value on a branch as a line of text; "" if it is absent. Borrowed until the next call. */
static const char *value(struct story *s, const char *on, const char *owner, uint16_t type)
{
	static struct ax_buf text, key;
	struct ax_entry found;
	struct ax_commit_info tip = tip_of(&s->f, on);
	ax_buf_clear(&text);
	enum ax_err e = ax_tree_find(&found, s->f.txn, &tip.root, key_of(&key, &s->f, owner, type));
	if (e == AX_OK) {
		struct ax_rrset set;
		struct ax_rr rr;
		size_t pos = 0;
		OK(ax_rrset_view(&set, type, 0, found.value));
		while (ax_rrset_next(&rr, &set, &pos)) {
			if (text.n)
				ax_buf_str(&text, " ");
			OK(ax_rdata_text(&text, type, rr.rdata));
		}
	}
	return ax_buf_cstr(&text);
}

/* -- merge -------------------------------------------------------------------------------------------------- */

START_TEST(history__merge_of_a_descendant_goes_to_it)
{
	struct story s;
	story_open(&s);
	OK(save_on(&s.f, "side", "new 300 A 1.1.1.1\n"));
	struct ax_commit_info side = tip_of(&s.f, "side");
	OK(merge(&s, "side", false));
	ck_assert(s.f.out.changed && s.f.out.adopted);
	ck_assert_uint_eq(s.f.out.commit, side.local);
	ck_assert_uint_eq(s.f.out.stats.added, 1);
	ck_assert_uint_eq(tip_of(&s.f, "main").local, side.local);
	OK(merge(&s, "side", false)); /* up to date */
	ck_assert(!s.f.out.changed);
	story_close(&s);
}
END_TEST

START_TEST(history__merge_without_fast_forward_keeps_the_others_serial)
{
	struct story s;
	story_open(&s);
	OK(save_on(&s.f, "side", "new 300 A 1.1.1.1\n"));
	struct ax_commit_info side = tip_of(&s.f, "side");
	OK(merge(&s, "side", true));
	struct ax_commit_info tip = tip_of(&s.f, "main");
	ck_assert_uint_eq(tip.parents, 2);
	ck_assert_uint_eq(tip.parent[0], s.first);
	ck_assert_uint_eq(tip.parent[1], side.local);
	ck_assert(ax_id_eq(&tip.root.id, &side.root.id));
	ck_assert_uint_eq(tip.serial, side.serial);
	story_close(&s);
}
END_TEST

START_TEST(history__merge_of_two_lines_has_both_and_the_next_serial)
{
	struct story s;
	struct ax_commit c;
	story_open(&s);
	OK(save_on(&s.f, "side", "new 300 A 1.1.1.1\nh1 300 A 1.1.1.2\n"));
	OK(save(&s.f, "other 300 A 1.1.1.3\n"));
	struct ax_commit_info ours = tip_of(&s.f, "main"), theirs = tip_of(&s.f, "side");
	OK(merge(&s, "side", false));
	ck_assert_str_eq(value(&s, "main", "new", AX_TYPE_A), "1.1.1.1");
	ck_assert_str_eq(value(&s, "main", "h1", AX_TYPE_A), "1.1.1.2");
	ck_assert_str_eq(value(&s, "main", "other", AX_TYPE_A), "1.1.1.3");
	struct ax_commit_info tip = tip_of(&s.f, "main");
	ck_assert_uint_eq(tip.parent[0], ours.local);
	ck_assert_uint_eq(tip.parent[1], theirs.local);
	ck_assert(ax_serial_newer(tip.serial, ours.serial) && ax_serial_newer(tip.serial, theirs.serial));
	OK(ax_commit_read(&c, s.f.txn, tip.local));
	ck_assert_uint_eq(c.parents, 2);
	ck_assert_str_eq(c.message, "merge");
	ax_commit_fini(&c);
	story_close(&s);
}
END_TEST

START_TEST(history__a_conflict_changes_nothing_and_tells_three_values)
{
	struct story s;
	story_open(&s);
	OK(save_on(&s.f, "side", "h1 300 A 1.1.1.1\nh2 300 A 1.1.1.1\nx 300 A 3.3.3.3\n"));
	OK(save(&s.f, "h1 300 A 2.2.2.2\nx 300 A 4.4.4.4\n"));
	OK(erase(&s.f, "h2", AX_TYPE_A));
	uint64_t before = tip_of(&s.f, "main").local, txn = ax_store_last_txn(ax_repo_store(s.f.repo));
	FAILS(AX_ECONFLICT, merge(&s, "side", false));
	ck_assert_uint_eq(tip_of(&s.f, "main").local, before);
	ck_assert_uint_eq(ax_store_last_txn(ax_repo_store(s.f.repo)), txn);
	ck_assert_uint_eq(s.job.conflicts.n, 3);
	const struct ax_conflict *c = s.job.conflicts.v;
	ck_assert_str_eq(ax_conflict_name(c[0].kind), "both-modified");
	ck_assert_str_eq(ax_conflict_name(c[1].kind), "deleted-modified");
	ck_assert_str_eq(ax_conflict_name(c[2].kind), "add-add");
	ck_assert(c[0].base[0].n && c[0].ours.n && c[0].theirs.n);
	ck_assert(c[1].base[0].n && !c[1].ours.n && c[1].theirs.n);
	ck_assert(!c[2].base[0].n && c[2].ours.n && c[2].theirs.n);
	story_close(&s);
}
END_TEST

START_TEST(history__conflicts_are_settled_by_side_or_one_by_one)
{
	struct story s;
	struct ax_buf k = AX_BUF_INIT;
	story_open(&s);
	OK(save_on(&s.f, "side", "h1 300 A 1.1.1.1\nh2 300 A 1.1.1.1\nh3 300 A 1.1.1.1\n"));
	OK(save(&s.f, "h1 300 A 2.2.2.2\nh2 300 A 2.2.2.2\n"));
	struct ax_take take = { key_of(&k, &s.f, "h1", AX_TYPE_A), AX_SIDE_THEIRS, false };
	struct ax_merge_rules rules = { .takes = &take, .takes_n = 1 };
	uint64_t theirs = tip_of(&s.f, "side").local;
	fresh_job(&s);
	ax_merge_change(&s.job, theirs, "merge", false);
	s.job.rules = &rules;
	FAILS(AX_ECONFLICT, run(&s));
	ck_assert_uint_eq(s.job.conflicts.n, 1);
	rules.side = AX_SIDE_OURS;
	OK(run(&s));
	ck_assert_str_eq(value(&s, "main", "h1", AX_TYPE_A), "1.1.1.1");
	ck_assert_str_eq(value(&s, "main", "h2", AX_TYPE_A), "2.2.2.2");
	ck_assert_str_eq(value(&s, "main", "h3", AX_TYPE_A), "1.1.1.1");
	ax_buf_fini(&k);
	story_close(&s);
}
END_TEST

START_TEST(history__a_take_of_what_is_not_in_conflict_is_refused)
{
	struct story s;
	struct ax_buf k = AX_BUF_INIT;
	story_open(&s);
	OK(save_on(&s.f, "side", "h1 300 A 1.1.1.1\n"));
	OK(save(&s.f, "h2 300 A 2.2.2.2\n"));
	struct ax_take take = { key_of(&k, &s.f, "h1", AX_TYPE_A), AX_SIDE_THEIRS, false };
	struct ax_merge_rules rules = { .takes = &take, .takes_n = 1 };
	uint64_t theirs = tip_of(&s.f, "side").local;
	fresh_job(&s);
	ax_merge_change(&s.job, theirs, "merge", false);
	s.job.rules = &rules;
	FAILS(AX_EINVAL, run(&s));
	ax_buf_fini(&k);
	story_close(&s);
}
END_TEST

START_TEST(history__what_fails_a_check_only_together_is_a_conflict)
{
	struct story s;
	story_open(&s);
	OK(save_on(&s.f, "side", "x 300 CNAME h1\n"));
	OK(save(&s.f, "x 300 A 2.2.2.2\n"));
	FAILS(AX_ECONFLICT, merge(&s, "side", false));
	SAYS(AX_ECONFLICT, "x.example. CNAME");
	story_close(&s);
}
END_TEST

START_TEST(history__equal_edits_on_both_sides_are_clean)
{
	struct story s;
	story_open(&s);
	OK(save_on(&s.f, "side", "h1 300 A 1.1.1.1\n"));
	OK(save(&s.f, "h1 300 A 1.1.1.1\n"));
	OK(merge(&s, "side", false));
	ck_assert_uint_eq(tip_of(&s.f, "main").parents, 2);
	story_close(&s);
}
END_TEST

START_TEST(history__histories_with_nothing_in_common_do_not_merge)
{
	struct story s;
	struct ax_buf b = AX_BUF_INIT;
	story_open(&s);
	OK(import_on(&s.f, "apart", zone_text(&b, 9, 3), AX_SERIAL_FROM_FILE));
	FAILS(AX_EINVAL, merge(&s, "apart", false));
	ax_buf_fini(&b);
	story_close(&s);
}
END_TEST

START_TEST(history__merge_into_an_unborn_branch_begins_it)
{
	struct story s;
	uint64_t theirs;
	story_open(&s);
	theirs = tip_of(&s.f, "side").local;
	fresh_job(&s);
	s.job.change.branch = "fresh";
	ax_merge_change(&s.job, theirs, "merge", false);
	OK(run(&s));
	ck_assert(s.f.out.born && s.f.out.adopted);
	ck_assert_uint_eq(tip_of(&s.f, "fresh").local, theirs);
	story_close(&s);
}
END_TEST

START_TEST(history__blame_goes_on_where_a_merge_took_its_value_from)
{
	struct story s;
	struct ax_entry became;
	struct ax_buf k = AX_BUF_INIT;
	uint64_t commit;
	bool absent;
	story_open(&s);
	OK(save_on(&s.f, "side", "new 300 A 1.1.1.1\nh3 300 A 1.1.1.1\n"));
	uint64_t maker = s.f.out.commit;
	OK(save(&s.f, "other 300 A 1.1.1.3\n"));
	OK(merge(&s, "side", false));
	struct ax_commit_info tip = tip_of(&s.f, "main");
	OK(ax_tree_find(&became, s.f.txn, &tip.root, key_of(&k, &s.f, "new", AX_TYPE_A)));
	ck_assert_uint_eq(became.changed, tip.local); /* on this branch it is the merge that changed it */
	OK(ax_blame_step(&commit, &became, &absent, s.f.txn, s.f.zone, &tip, key_of(&k, &s.f, "new", AX_TYPE_A)));
	ck_assert(!absent);
	ck_assert_uint_eq(commit, maker);
	OK(ax_blame_step(&commit, &became, &absent, s.f.txn, s.f.zone, &tip, key_of(&k, &s.f, "h4", AX_TYPE_A)));
	ck_assert_uint_eq(commit, s.first);
	ax_buf_fini(&k);
	story_close(&s);
}
END_TEST

START_TEST(history__blame_of_a_merged_deletion_names_who_deleted)
{
	struct story s;
	struct ax_entry became;
	struct ax_buf k = AX_BUF_INIT;
	struct ax_batch b;
	struct ax_name n;
	uint64_t commit;
	bool absent;
	story_open(&s);
	n = owner_of(&s.f, "h3");
	ax_batch_init(&b, &s.f.apex);
	OK(ax_batch_delete(&b, &n, AX_TYPE_A, 0));
	OK(commit_batch(&s.f, &b, "side", false, AX_SERIAL_FROM_EDIT, NULL));
	ax_batch_fini(&b);
	uint64_t killer = s.f.out.commit;
	OK(save(&s.f, "other 300 A 1.1.1.3\n"));
	OK(merge(&s, "side", false));
	struct ax_commit_info tip = tip_of(&s.f, "main");
	OK(ax_blame_step(&commit, &became, &absent, s.f.txn, s.f.zone, &tip, key_of(&k, &s.f, "h3", AX_TYPE_A)));
	ck_assert(absent);
	ck_assert_uint_eq(commit, killer);
	ax_buf_fini(&k);
	story_close(&s);
}
END_TEST

/* -- guards ------------------------------------------------------------------------------------------------- */

/* `side` without 20 of the 40 hosts. */
static void halve_side(struct story *s)
{
	struct ax_buf b = AX_BUF_INIT;
	struct ax_published out;
	size_t n;
	pass_time(&s->f, 1000);
	FAILS(AX_EGUARD, import_on(&s->f, "side", zone_text(&b, 9, 20), AX_SERIAL_FROM_FILE));
	OK(ax_repo_force(&out, 1, &n, s->f.repo, s->f.plan, &s->f.who, NULL));
	pass_time(&s->f, 1000);
	ax_buf_fini(&b);
}

static void force_plan(struct story *s)
{
	size_t n;
	let_go(&s->f);
	OK(ax_repo_force(&s->f.out, 1, &n, s->f.repo, s->f.plan, &s->f.who, NULL));
}

START_TEST(history__the_deletion_guard_watches_fast_forwards)
{
	struct story s;
	story_open(&s);
	halve_side(&s);
	struct ax_commit_info side = tip_of(&s.f, "side");
	FAILS(AX_EGUARD, merge(&s, "side", false));
	SAYS(AX_EGUARD, "removes 20 of 43");
	ck_assert_uint_eq(tip_of(&s.f, "main").local, s.first);
	force_plan(&s);
	ck_assert(s.f.out.adopted);
	ck_assert_uint_eq(tip_of(&s.f, "main").local, side.local);
	story_close(&s);
}
END_TEST

START_TEST(history__a_merge_that_a_guard_refused_is_forced_with_its_parents)
{
	struct story s;
	struct ax_commit c;
	story_open(&s);
	halve_side(&s);
	OK(save(&s.f, "other 300 A 1.1.1.3\n"));
	uint64_t ours = tip_of(&s.f, "main").local, theirs = tip_of(&s.f, "side").local;
	FAILS(AX_EGUARD, merge(&s, "side", false));
	force_plan(&s);
	struct ax_commit_info tip = tip_of(&s.f, "main");
	ck_assert_uint_eq(tip.parents, 2);
	ck_assert_uint_eq(tip.parent[0], ours);
	ck_assert_uint_eq(tip.parent[1], theirs);
	OK(ax_commit_read(&c, s.f.txn, tip.local));
	ck_assert_str_eq(c.message, "merge");
	ax_commit_fini(&c);
	/* once more, with the tip moved meanwhile */
	OK(reset(&s, ours));
	FAILS(AX_EGUARD, merge(&s, "side", false));
	char plan[AX_ID_SHORT + 1];
	size_t n;
	memcpy(plan, s.f.plan, sizeof plan);
	OK(save(&s.f, "h1 300 A 1.1.1.3\n"));
	FAILS(AX_ELOST, ax_repo_force(&s.f.out, 1, &n, s.f.repo, plan, &s.f.who, NULL));
	story_close(&s);
}
END_TEST

START_TEST(history__the_deletion_guard_watches_resets)
{
	struct story s;
	struct ax_buf b = AX_BUF_INIT;
	story_open(&s);
	OK(import(&s.f, zone_text(&b, 20, 80)));
	uint32_t shown = s.f.out.serial;
	FAILS(AX_EGUARD, reset(&s, s.first));
	SAYS(AX_EGUARD, "removes 40 of 83");
	force_plan(&s);
	struct ax_commit_info tip = tip_of(&s.f, "main");
	ck_assert_uint_eq(tip.parents, 1);
	ck_assert_uint_eq(tip.parent[0], s.first);
	ck_assert(ax_serial_newer(tip.serial, shown));
	ax_buf_fini(&b);
	story_close(&s);
}
END_TEST

/* -- going back --------------------------------------------------------------------------------------------- */

static enum ax_err revert(struct story *s, uint64_t since, uint64_t commit)
{
	fresh_job(s);
	ax_revert_change(&s->job, since, commit, "revert");
	return run(s);
}

START_TEST(history__revert_undoes_that_change_only)
{
	struct story s;
	story_open(&s);
	struct ax_commit_info first = tip_of(&s.f, "main");
	OK(save(&s.f, "h1 300 A 1.1.1.1\nnew 300 A 1.1.1.1\n"));
	uint64_t bad = s.f.out.commit;
	OK(save(&s.f, "h2 300 A 2.2.2.2\n"));
	uint32_t shown = s.f.out.serial;
	OK(revert(&s, s.first, bad));
	ck_assert_str_eq(value(&s, "main", "h1", AX_TYPE_A), "198.51.0.1");
	ck_assert_str_eq(value(&s, "main", "new", AX_TYPE_A), "");
	ck_assert_str_eq(value(&s, "main", "h2", AX_TYPE_A), "2.2.2.2");
	ck_assert(ax_serial_newer(tip_of(&s.f, "main").serial, shown));
	OK(revert(&s, s.first, bad)); /* it is undone */
	ck_assert(!s.f.out.changed);
	uint64_t last = tip_of(&s.f, "main").parent[0];
	OK(revert(&s, bad, last));
	struct ax_commit_info now = tip_of(&s.f, "main");
	ck_assert(ax_id_eq(&now.root.id, &first.root.id)); /* the very tree */
	story_close(&s);
}
END_TEST

START_TEST(history__revert_is_refused_where_a_later_commit_changed_the_same)
{
	struct story s;
	story_open(&s);
	OK(save(&s.f, "h1 300 A 1.1.1.1\nh2 300 A 1.1.1.1\n"));
	uint64_t bad = s.f.out.commit;
	OK(save(&s.f, "h1 300 A 1.1.1.1\nh1 300 A 2.2.2.2\n"));
	uint64_t tip = s.f.out.commit;
	FAILS(AX_ECONFLICT, revert(&s, s.first, bad));
	ck_assert_uint_eq(s.job.conflicts.n, 1);
	ck_assert_uint_eq(tip_of(&s.f, "main").local, tip);
	story_close(&s);
}
END_TEST

START_TEST(history__reset_goes_back_and_raises_the_serial_once)
{
	struct story s;
	story_open(&s);
	struct ax_commit_info first = tip_of(&s.f, "main");
	OK(save(&s.f, "h1 300 A 1.1.1.1\n"));
	uint32_t shown = s.f.out.serial;
	OK(reset(&s, s.first));
	struct ax_commit_info tip = tip_of(&s.f, "main");
	ck_assert_uint_eq(tip.parents, 1);
	ck_assert_uint_eq(tip.parent[0], s.first);
	ck_assert(ax_id_eq(&tip.root.id, &first.root.id));
	ck_assert(ax_serial_newer(tip.serial, shown));
	OK(reset(&s, s.first)); /* such a raise of it is there */
	ck_assert(!s.f.out.changed);
	OK(reset(&s, tip.local));
	ck_assert(!s.f.out.changed);
	ck_assert_uint_eq(tip_of(&s.f, "main").local, tip.local);
	story_close(&s);
}
END_TEST

START_TEST(history__reset_to_a_newer_serial_only_moves)
{
	struct story s;
	story_open(&s);
	OK(save_on(&s.f, "side", "new 300 A 1.1.1.1\n"));
	uint64_t ahead = s.f.out.commit;
	OK(reset(&s, ahead));
	ck_assert(s.f.out.adopted);
	ck_assert_uint_eq(tip_of(&s.f, "main").local, ahead);
	story_close(&s);
}
END_TEST

START_TEST(history__restore_brings_back_a_record_a_subtree_or_all)
{
	struct story s;
	struct ax_buf k = AX_BUF_INIT;
	story_open(&s);
	OK(save(&s.f, "a 300 A 1.1.1.1\na 300 TXT x\nb.a 300 A 1.1.1.1\n"));
	struct ax_commit_info then = tip_of(&s.f, "main");
	OK(save(&s.f, "a 300 A 2.2.2.2\na 300 TXT y\nb.a 300 A 2.2.2.2\nc.a 300 A 2.2.2.2\nh1 300 A 2.2.2.2\n"));
	fresh_job(&s);
	ax_restore_change(&s.job, then.local, key_of(&k, &s.f, "a", AX_TYPE_A), "restore");
	OK(run(&s));
	ck_assert_str_eq(value(&s, "main", "a", AX_TYPE_A), "1.1.1.1");
	ck_assert_str_eq(value(&s, "main", "a", AX_TYPE_TXT), "\"y\"");
	fresh_job(&s);
	struct ax_name a = owner_of(&s.f, "a");
	ax_buf_clear(&k);
	OK(ax_key_owner(&k, &a, &s.f.apex));
	ax_restore_change(&s.job, then.local, ax_buf_view(&k), "restore");
	OK(run(&s));
	ck_assert_str_eq(value(&s, "main", "a", AX_TYPE_TXT), "\"x\"");
	ck_assert_str_eq(value(&s, "main", "b.a", AX_TYPE_A), "1.1.1.1");
	ck_assert_str_eq(value(&s, "main", "c.a", AX_TYPE_A), "");
	ck_assert_str_eq(value(&s, "main", "h1", AX_TYPE_A), "2.2.2.2");
	uint32_t shown = tip_of(&s.f, "main").serial;
	fresh_job(&s);
	ax_restore_change(&s.job, then.local, ax_slice(NULL, 0), "restore");
	OK(run(&s));
	struct ax_commit_info tip = tip_of(&s.f, "main");
	ck_assert(ax_id_eq(&tip.root.id, &then.root.id));
	ck_assert(ax_serial_newer(tip.serial, shown));
	ck_assert_uint_eq(tip.parents, 1);
	ax_buf_fini(&k);
	story_close(&s);
}
END_TEST

START_TEST(history__restore_brings_back_a_removed_zone)
{
	struct story s;
	struct ax_zone z;
	struct ax_name second = name_of("second.");
	uint32_t id;
	story_open(&s);
	let_go(&s.f);
	OK(ax_repo_zone_add(&id, s.f.repo, &second, &s.f.who));
	struct fixture g = s.f;
	g.apex = second;
	g.zone = id;
	begin_zone(&g, 5, 3);
	struct ax_commit_info then = tip_of(&g, "main");
	let_go(&g);
	OK(ax_repo_zone_remove(g.repo, &second, &g.who));
	OK(ax_zone_get(&z, look(&g), id));
	ck_assert(z.removed);
	let_go(&g);
	ax_job_fini(&s.job);
	ax_job_init(&s.job, &z, "main");
	ax_restore_change(&s.job, then.local, ax_slice(NULL, 0), "restore");
	FAILS(AX_ENOENT, run(&s));
	s.job.change.revive = true;
	OK(run(&s));
	OK(ax_zone_find(&z, look(&g), &second));
	ck_assert_uint_eq(z.id, id);
	ck_assert_uint_eq(tip_of(&g, "main").local, then.local);
	let_go(&g);
	ax_buf_fini(&g.warnings);
	s.f.warnings = AX_BUF_INIT;
	story_close(&s);
}
END_TEST

/* -- picking ------------------------------------------------------------------------------------------------ */

START_TEST(history__cherry_pick_does_it_again_with_its_author)
{
	struct story s;
	struct ax_commit c;
	story_open(&s);
	s.f.who.author.name = "Bob";
	OK(save_on(&s.f, "side", "new 300 A 1.1.1.1\n"));
	uint64_t wanted = s.f.out.commit;
	s.f.who.author.name = "Ann";
	OK(save_on(&s.f, "side", "not 300 A 1.1.1.1\n"));
	OK(save(&s.f, "h1 300 A 2.2.2.2\n"));
	OK(ax_pick_change(&s.job, look(&s.f), wanted, false));
	OK(run(&s));
	ck_assert_str_eq(value(&s, "main", "new", AX_TYPE_A), "1.1.1.1");
	ck_assert_str_eq(value(&s, "main", "not", AX_TYPE_A), "");
	OK(ax_commit_read(&c, look(&s.f), s.f.out.commit));
	ck_assert_str_eq(c.author.name, "Bob");
	ck_assert_str_eq(c.committer.name, "Ann Author");
	ck_assert_uint_eq(c.parents, 1);
	ck_assert_ptr_nonnull(strstr(c.message, "new A: added 1.1.1.1\n\n(cherry picked from commit "));
	ax_commit_fini(&c);
	story_close(&s);
}
END_TEST

/* Rebase `side` onto main's tip; jobs for all of its commits, in one transaction. */
static enum ax_err rebase(struct story *s)
{
	uint64_t tip = tip_of(&s->f, "side").local, onto = tip_of(&s->f, "main").local, *list;
	struct ax_change changes[8];
	struct ax_published out[8];
	struct ax_job jobs[8];
	size_t n;
	bool linear;
	OK(ax_rebase_list(&list, &n, &linear, look(&s->f), tip, onto));
	ck_assert_uint_le(n, 8);
	for (size_t i = 0; i < n; i++) {
		ax_job_init(&jobs[i], &s->zone, "side");
		OK(ax_rebase_change(&jobs[i], s->f.txn, list[i], i ? 0 : onto, i > 0));
	}
	let_go(&s->f);
	for (size_t i = 0; i < n; i++)
		changes[i] = jobs[i].change;
	enum ax_err e = ax_repo_commit(out, s->f.repo, changes, n, &s->f.who, NULL, s->f.plan);
	s->f.out = out[n - 1];
	for (size_t i = 0; i < n; i++)
		ax_job_fini(&jobs[i]);
	free(list);
	return e;
}

START_TEST(history__rebase_does_a_branch_again_on_another)
{
	struct story s;
	struct ax_ref before, after;
	struct ax_log_entry entry;
	story_open(&s);
	OK(save_on(&s.f, "side", "new 300 A 1.1.1.1\n"));
	OK(save_on(&s.f, "side", "h1 300 A 1.1.1.1\n")); /* main will have done that too */
	OK(save_on(&s.f, "side", "newer 300 A 1.1.1.1\n"));
	OK(save(&s.f, "h1 300 A 1.1.1.1\nh2 300 A 2.2.2.2\n"));
	struct ax_commit_info main_tip = tip_of(&s.f, "main"), old = tip_of(&s.f, "side");
	OK(ax_ref_get(&before, look(&s.f), s.f.zone, "heads/side"));
	OK(rebase(&s));
	struct ax_commit_info tip = tip_of(&s.f, "side");
	ck_assert_str_eq(value(&s, "side", "newer", AX_TYPE_A), "1.1.1.1");
	ck_assert_str_eq(value(&s, "side", "h2", AX_TYPE_A), "2.2.2.2");
	ck_assert_uint_eq(tip.depth, main_tip.depth + 2);
	ck_assert(ax_serial_newer(tip.serial, old.serial));
	ck_assert(ax_serial_newer(tip.serial, main_tip.serial));
	uint64_t below;
	OK(ax_graph_ancestor(&below, s.f.txn, tip.local, 2));
	ck_assert_uint_eq(below, main_tip.local);
	/* the branch moved once */
	OK(ax_ref_get(&after, s.f.txn, s.f.zone, "heads/side"));
	OK(ax_log_get(&entry, s.f.txn, after.log));
	ck_assert_uint_eq(entry.prev, before.log);
	ck_assert_uint_eq(entry.old_commit, old.local);
	/* and again: nothing to do */
	uint64_t *list;
	size_t n;
	bool linear;
	OK(ax_rebase_list(&list, &n, &linear, s.f.txn, tip.local, main_tip.local));
	ck_assert_uint_eq(n, 2);
	ck_assert(linear);
	free(list);
	story_close(&s);
}
END_TEST

START_TEST(history__rebase_with_a_conflict_changes_nothing)
{
	struct story s;
	story_open(&s);
	OK(save_on(&s.f, "side", "new 300 A 1.1.1.1\n"));
	OK(save_on(&s.f, "side", "h1 300 A 1.1.1.1\n"));
	OK(save(&s.f, "h1 300 A 2.2.2.2\n"));
	uint64_t before = tip_of(&s.f, "side").local;
	FAILS(AX_ECONFLICT, rebase(&s));
	ck_assert_uint_eq(tip_of(&s.f, "side").local, before);
	story_close(&s);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, history__merge_of_a_descendant_goes_to_it);
	tcase_add_test(tc, history__merge_without_fast_forward_keeps_the_others_serial);
	tcase_add_test(tc, history__merge_of_two_lines_has_both_and_the_next_serial);
	tcase_add_test(tc, history__a_conflict_changes_nothing_and_tells_three_values);
	tcase_add_test(tc, history__conflicts_are_settled_by_side_or_one_by_one);
	tcase_add_test(tc, history__a_take_of_what_is_not_in_conflict_is_refused);
	tcase_add_test(tc, history__what_fails_a_check_only_together_is_a_conflict);
	tcase_add_test(tc, history__equal_edits_on_both_sides_are_clean);
	tcase_add_test(tc, history__histories_with_nothing_in_common_do_not_merge);
	tcase_add_test(tc, history__merge_into_an_unborn_branch_begins_it);
	tcase_add_test(tc, history__blame_goes_on_where_a_merge_took_its_value_from);
	tcase_add_test(tc, history__blame_of_a_merged_deletion_names_who_deleted);
	tcase_add_test(tc, history__the_deletion_guard_watches_fast_forwards);
	tcase_add_test(tc, history__a_merge_that_a_guard_refused_is_forced_with_its_parents);
	tcase_add_test(tc, history__the_deletion_guard_watches_resets);
	tcase_add_test(tc, history__revert_undoes_that_change_only);
	tcase_add_test(tc, history__revert_is_refused_where_a_later_commit_changed_the_same);
	tcase_add_test(tc, history__reset_goes_back_and_raises_the_serial_once);
	tcase_add_test(tc, history__reset_to_a_newer_serial_only_moves);
	tcase_add_test(tc, history__restore_brings_back_a_record_a_subtree_or_all);
	tcase_add_test(tc, history__restore_brings_back_a_removed_zone);
	tcase_add_test(tc, history__cherry_pick_does_it_again_with_its_author);
	tcase_add_test(tc, history__rebase_does_a_branch_again_on_another);
	tcase_add_test(tc, history__rebase_with_a_conflict_changes_nothing);
}

int main(void)
{
	return check_main("history", add);
}
