#include "core/blame.h"
#include "tests/core/repo_fixture.h"

/* A model of two branches: for each name what last changed it there, a deletion included. */
enum { NAMES = 40, STEPS = 120 };

struct line {
	struct {
		bool is;
		unsigned value;
		uint64_t by; /* 0: never */
	} at[NAMES];
	/* of each step: what was there after it */
	struct {
		uint64_t commit;
		bool is[NAMES];
		uint64_t by[NAMES];
	} past[2 * STEPS];
	size_t steps;
};

/* Names in three folders, so that directories have several below them. */
static void name_at(char out[32], unsigned i)
{
	static const char *const folders[] = { "", ".a", ".b.a", ".deep.er.c" };
	snprintf(out, 32, "n%u%s", i, folders[i % 4]);
}

static uint64_t step(struct fixture *f, struct rng *r, const char *branch, struct line *l)
{
	struct ax_batch b;
	ax_batch_init(&b, &f->apex);
	for (uint64_t n = 1 + rng_below(r, 4); n; n--) {
		char text[32], line[80];
		unsigned i = (unsigned)rng_below(r, NAMES);
		name_at(text, i);
		struct ax_name owner = owner_of(f, text);
		if (rng_below(r, 3) == 0) {
			OK(ax_batch_delete(&b, &owner, AX_TYPE_A, 0));
			l->at[i].value = 0;
			continue;
		}
		l->at[i].value = 1 + (unsigned)rng_below(r, 3);
		snprintf(line, sizeof line, "%s 300 A 10.0.0.%u\n", text, l->at[i].value);
		put_text(f, &b, line);
	}
	pass_time(f, 100);
	OK(commit_batch(f, &b, branch, false, AX_SERIAL_FROM_EDIT, NULL));
	ax_batch_fini(&b);
	return f->out.changed ? f->out.commit : 0;
}

/* What became of each name between two trees, by a plain look at both. */
static void note(struct line *l, uint64_t commit, const bool was[NAMES], const unsigned value[NAMES])
{
	for (unsigned i = 0; i < NAMES; i++) {
		l->at[i].is = l->at[i].value != 0;
		if (l->at[i].is != was[i] || l->at[i].value != value[i])
			l->at[i].by = commit;
		l->past[l->steps].is[i] = l->at[i].is;
		l->past[l->steps].by[i] = l->at[i].by;
	}
	l->past[l->steps++].commit = commit;
}

static void one_step(struct fixture *f, struct rng *r, const char *branch, struct line *l)
{
	bool was[NAMES];
	unsigned value[NAMES];
	for (unsigned i = 0; i < NAMES; i++) {
		was[i] = l->at[i].is;
		value[i] = l->at[i].value;
	}
	uint64_t commit = step(f, r, branch, l);
	if (commit)
		note(l, commit, was, value);
}

static void check_at(struct fixture *f, const struct line *l, size_t s)
{
	struct ax_commit_info tip;
	struct ax_buf key = AX_BUF_INIT;
	uint64_t below[4] = { 0 };
	OK(ax_commit_info(&tip, f->txn, l->past[s].commit));
	for (unsigned i = 0; i < NAMES; i++) {
		char text[32];
		struct ax_entry became;
		bool absent;
		uint64_t by;
		name_at(text, i);
		enum ax_err e =
			ax_blame_step(&by, &became, &absent, f->txn, f->zone, &tip, key_of(&key, f, text, AX_TYPE_A));
		ck_assert_int_eq(e, l->past[s].by[i] ? AX_OK : AX_ENOENT);
		ck_assert_uint_eq(by, l->past[s].by[i]);
		ck_assert_int_eq(absent, !l->past[s].is[i]);
		if (l->past[s].by[i] > below[i % 4])
			below[i % 4] = l->past[s].by[i];
	}
	/* directories: a (1 and 2), b.a (2), c and deep.er.c's parts (3), the zone (all, its import too) */
	static const char *const dirs[] = { "a", "b.a", "c", "er.c", "deep.er.c" };
	const uint64_t want[] = { below[1] > below[2] ? below[1] : below[2], below[2], below[3], below[3], below[3] };
	for (size_t d = 0; d < 5; d++) {
		struct ax_name owner = owner_of(f, dirs[d]);
		struct ax_tree_range range;
		ax_buf_clear(&key);
		OK(ax_key_owner(&key, &owner, &f->apex));
		OK(ax_blame_subtree(&range, f->txn, f->zone, &tip, ax_buf_view(&key)));
		ck_assert_msg(range.changed == want[d], "%s: %llu, not %llu", dirs[d],
			      (unsigned long long)range.changed, (unsigned long long)want[d]);
	}
	struct ax_tree_range all;
	OK(ax_blame_subtree(&all, f->txn, f->zone, &tip, ax_slice(NULL, 0)));
	ck_assert_uint_eq(all.changed, l->past[s].commit);
	ax_buf_fini(&key);
}

START_TEST(blame__is_that_of_a_model_on_two_branches)
{
	struct rng r = rng_seeded();
	struct fixture f;
	struct line *lines = calloc(2, sizeof *lines);
	static const char *const branches[] = { "main", "dev" };
	ck_assert_ptr_nonnull(lines);
	fixture_open(&f, "example.");
	begin_zone(&f, 1, 200); /* large enough that no guard minds */
	for (int i = 0; i < STEPS / 3; i++)
		one_step(&f, &r, "main", &lines[0]);
	OK(ax_repo_branch_create(f.repo, 1, "dev", tip_of(&f, "main").local, &f.who));
	lines[1] = lines[0];
	for (int i = 0; i < STEPS; i++) {
		unsigned which = (unsigned)rng_below(&r, 2);
		one_step(&f, &r, branches[which], &lines[which]);
	}
	look(&f);
	for (unsigned which = 0; which < 2; which++)
		for (size_t s = 0; s < lines[which].steps; s++)
			check_at(&f, &lines[which], s);
	fixture_close(&f);
	free(lines);
}
END_TEST

START_TEST(blame__history_of_an_rrset_is_every_change_of_it)
{
	struct fixture f;
	struct ax_buf key = AX_BUF_INIT;
	struct ax_commit_info at;
	struct ax_entry became;
	bool absent;
	uint64_t by, want[6];
	fixture_open(&f, "example.");
	begin_zone(&f, 1, 30);
	static const char *const values[] = { "1.1.1.1", "2.2.2.2", NULL, "2.2.2.2" };
	size_t n = 0;
	for (size_t i = 0; i < 4; i++) {
		char text[64];
		if (values[i]) {
			snprintf(text, sizeof text, "api.x 300 A %s\n", values[i]);
			OK(save(&f, text));
		} else
			OK(erase(&f, "api.x", AX_TYPE_A));
		want[n++] = f.out.commit;
		snprintf(text, sizeof text, "other 300 A 1.1.1.%zu\n", i);
		OK(save(&f, text));
	}
	at = tip_of(&f, "main");
	key_of(&key, &f, "api.x", AX_TYPE_A);
	while (n--) {
		OK(ax_blame_step(&by, &became, &absent, f.txn, 1, &at, ax_buf_view(&key)));
		ck_assert_uint_eq(by, want[n]);
		ck_assert_int_eq(absent, values[n] == NULL);
		OK(ax_commit_info(&at, f.txn, by));
		OK(ax_commit_info(&at, f.txn, at.parent[0]));
	}
	FAILS(AX_ENOENT, ax_blame_step(&by, &became, &absent, f.txn, 1, &at, ax_buf_view(&key)));
	ax_buf_fini(&key);
	fixture_close(&f);
}
END_TEST

START_TEST(blame__a_deletion_on_another_branch_is_not_seen)
{
	struct fixture f;
	struct ax_buf key = AX_BUF_INIT;
	uint64_t by;
	fixture_open(&f, "example.");
	begin_zone(&f, 1, 30);
	OK(ax_repo_branch_create(f.repo, 1, "dev", f.out.commit, &f.who));
	OK(erase(&f, "h3", AX_TYPE_A));
	uint64_t main_tip = f.out.commit;
	uint64_t dev_tip = tip_of(&f, "dev").local;
	key_of(&key, &f, "h3", AX_TYPE_A);
	OK(ax_blame_gone(&by, f.txn, 1, ax_buf_view(&key), main_tip));
	ck_assert_uint_eq(by, main_tip);
	FAILS(AX_ENOENT, ax_blame_gone(&by, f.txn, 1, ax_buf_view(&key), dev_tip));
	/* another zone's name of the same key neither */
	FAILS(AX_ENOENT, ax_blame_gone(&by, f.txn, 2, ax_buf_view(&key), main_tip));
	ax_buf_fini(&key);
	fixture_close(&f);
}
END_TEST

START_TEST(blame__a_change_put_back_is_blamed_on_who_put_it_back)
{
	struct fixture f;
	struct ax_buf key = AX_BUF_INIT;
	struct ax_entry e;
	fixture_open(&f, "example.");
	begin_zone(&f, 1, 30);
	struct ax_commit_info first = tip_of(&f, "main");
	OK(save(&f, "h3 300 A 9.9.9.9\n"));
	OK(save(&f, "h3 300 A 198.51.0.3\n"));
	struct ax_commit_info last = tip_of(&f, "main");
	ck_assert(ax_id_eq(&first.root.id, &last.root.id));
	OK(ax_tree_find(&e, f.txn, &last.root, key_of(&key, &f, "h3", AX_TYPE_A)));
	ck_assert_uint_eq(e.changed, last.local);
	ax_buf_fini(&key);
	fixture_close(&f);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, blame__is_that_of_a_model_on_two_branches);
	tcase_add_test(tc, blame__history_of_an_rrset_is_every_change_of_it);
	tcase_add_test(tc, blame__a_deletion_on_another_branch_is_not_seen);
	tcase_add_test(tc, blame__a_change_put_back_is_blamed_on_who_put_it_back);
}

int main(void)
{
	return check_main("blame", add);
}
