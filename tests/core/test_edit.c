#include "tests/core/scratch.h"

/* Apply random batches until n edits were made; the tree must be the model's after each check. */
static void run_random(struct rng *r, uint64_t space, size_t total, size_t batch_max, size_t check_every)
{
	struct scratch s;
	struct model m = { 0 };
	struct ax_root root, built;
	size_t done = 0, next_check = check_every;
	uint64_t last = 0;
	struct ax_edit *edits = calloc(batch_max, sizeof *edits);
	uint8_t *bytes = malloc(batch_max * RANDOM_EDIT_MAX);
	scratch_open(&s, 0);
	root = ax_tree_empty();
	while (done < total) {
		uint64_t commit;
		size_t want = 1 + rng_below(r, batch_max);
		/* waves of growing and shrinking */
		unsigned percent = (done / (space + 1)) % 2 ? 75 : 30;
		size_t n = random_edits(edits, bytes, want, r, space, percent);
		scratch_begin(&s);
		OK(ax_txn_next_id(&commit, s.txn));
		OK(ax_object_write_at(s.txn, commit, AX_KIND_COMMIT, ax_slice("x", 1), ax_slice(NULL, 0)));
		OK(ax_tree_edit(&root, NULL, s.txn, &root, edits, n, commit));
		scratch_commit(&s);
		ck_assert_uint_gt(commit, last);
		last = commit;
		for (size_t i = 0; i < n; i++)
			model_edit(&m, &edits[i], commit);
		done += n;
		ck_assert_uint_eq(root.count, m.n);
		if (done < next_check && done < total)
			continue;
		next_check = done + check_every;
		scratch_begin(&s);
		model_build(&built, &m, s.txn);
		ck_assert_msg(ax_id_eq(&root.id, &built.id), "after %zu edits in %llu names the root differs", done,
			      (unsigned long long)space);
		ax_txn_abort(s.txn);
		s.txn = NULL;
		OK(ax_txn_read(&s.txn, s.store));
		OK(ax_tree_verify(s.txn, &root));
		struct ax_cursor c;
		OK(ax_cursor_init(&c, s.txn, &root));
		OK(ax_cursor_seek(&c, ax_slice("", 0)));
		for (size_t i = 0; i < m.n; i++) {
			ck_assert(c.valid);
			ck_assert(ax_slice_eq(c.entry.key, model_key(&m, i)));
			ck_assert(ax_slice_eq(c.entry.value, model_value(&m, i)));
			ck_assert_uint_eq(c.entry.changed, m.at[i].changed);
			OK(ax_cursor_next(&c));
		}
		ck_assert(!c.valid);
		ax_cursor_fini(&c);
		ax_txn_abort(s.txn);
		s.txn = NULL;
	}
	model_fini(&m);
	free(edits);
	free(bytes);
	scratch_close(&s);
}

START_TEST(edit__random_edits_give_the_tree_of_a_fresh_build)
{
	struct rng r = rng_seeded();
	run_random(&r, 3, 300, 2, 1);
	run_random(&r, 10, 2000, 3, 20);
	run_random(&r, 100, 6000, 5, 150);
	run_random(&r, 1000, 12000, 40, 1000);
	run_random(&r, 20000, 60000, 3000, 20000);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, edit__random_edits_give_the_tree_of_a_fresh_build);
}

int main(void)
{
	return check_main("edit", add);
}
