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
	if (full_run()) {
		run_random(&r, 50, 20000, 3, 20);
		run_random(&r, 200000, 600000, 60000, 200000);
	}
}
END_TEST

/* Long keys make inner nodes of two and three entries, and tall trees. */
START_TEST(edit__long_names_give_the_tree_of_a_fresh_build)
{
	enum { NAMES = 300, EDITS = 1500 };
	static uint8_t keys[NAMES][456];
	struct rng r = rng_seeded();
	struct scratch s;
	struct model m = { 0 };
	struct ax_root root = ax_tree_empty(), built;
	for (int i = 0; i < NAMES; i++)
		for (size_t k = 0; k < sizeof keys[i]; k++)
			keys[i][k] = (uint8_t)("abcdef"[k % 6] + (k < 30 ? 0 : i * 7 >> k % 9 & 1) +
					       (k / 3 % 4 == 0 ? i % 13 : 0));
	scratch_open(&s, 0);
	scratch_begin(&s);
	for (int i = 0; i < EDITS; i++) {
		size_t which = rng_below(&r, NAMES);
		uint8_t value[40] = { (uint8_t)rng_next(&r) };
		bool shrink = i / 400 % 2;
		struct ax_edit e = { ax_slice(keys[which], sizeof keys[which] - which % 50), ax_slice(value, 30) };
		if (rng_below(&r, 10) < (shrink ? 7 : 2))
			e.value.n = 0;
		OK(ax_tree_edit(&root, NULL, s.txn, &root, &e, 1, (uint64_t)i + 1));
		model_edit(&m, &e, (uint64_t)i + 1);
		if (i % 10 && i + 1 < EDITS)
			continue;
		model_build(&built, &m, s.txn);
		ck_assert(ax_id_eq(&root.id, &built.id));
		ck_assert_uint_eq(root.count, m.n);
		OK(ax_tree_verify(s.txn, &root));
	}
	model_fini(&m);
	scratch_close(&s);
}
END_TEST

/* n entries: names that count, small values. */
struct plain {
	struct ax_edit *at;
	size_t n;
	uint8_t *bytes;
};

static void plain_make(struct plain *p, size_t n)
{
	enum { ROOM = 40 };
	*p = (struct plain){ .at = calloc(n + 1, sizeof *p->at), .n = n, .bytes = malloc(n * ROOM + 1) };
	for (size_t i = 0; i < n; i++) {
		uint8_t *b = p->bytes + i * ROOM;
		int len = sprintf((char *)b, "n%08zu", i);
		memcpy(b + len, "\0\0\0\1", 4);
		p->at[i].key = ax_slice(b, (size_t)len + 4);
		sprintf((char *)b + 20, "value %zu", i);
		p->at[i].value = ax_slice(b + 20, strlen((char *)b + 20));
	}
}

static void plain_fini(struct plain *p)
{
	free(p->at);
	free(p->bytes);
}

START_TEST(edit__a_million_names_one_by_one_and_at_once)
{
	struct scratch s;
	struct plain p;
	struct ax_root bulk, root = ax_tree_empty(), empty = root;
	size_t n = full_run() ? 1000000 : 50000, step = full_run() ? 997 : 101;
	plain_make(&p, n);
	scratch_open(&s, 0);
	scratch_begin(&s);
	struct ax_edit_stats st;
	OK(ax_tree_edit(&bulk, &st, s.txn, &empty, p.at, n, 1));
	ck_assert_uint_eq(st.added, n);
	/* every step-th first, then its neighbours, so that all come in another order */
	struct ax_edit *some = calloc(n / step + 1, sizeof *some);
	for (size_t from = 0; from < step; from++) {
		size_t k = 0;
		for (size_t i = from; i < n; i += step)
			some[k++] = p.at[i];
		OK(ax_tree_edit(&root, NULL, s.txn, &root, some, k, from + 1));
		if (from % 50 == 0) { /* the transaction does not grow without bound */
			scratch_commit(&s);
			scratch_begin(&s);
		}
	}
	ck_assert(ax_id_eq(&bulk.id, &root.id));
	ck_assert_uint_eq(root.count, n);
	/* and away again */
	for (size_t i = 0; i < n; i++)
		p.at[i].value.n = 0;
	OK(ax_tree_edit(&root, &st, s.txn, &root, p.at, n - 1, 9));
	ck_assert_uint_eq(st.removed, n - 1);
	ck_assert_uint_eq(root.count, 1);
	OK(ax_tree_edit(&root, &st, s.txn, &root, p.at + n - 1, 1, 9));
	ck_assert(ax_id_eq(&root.id, &empty.id));
	ck_assert_uint_eq(root.node, 0);
	free(some);
	plain_fini(&p);
	scratch_close(&s);
}
END_TEST

START_TEST(edit__what_is_there_already_is_not_written_nor_marked)
{
	struct scratch s;
	struct plain p;
	struct ax_root root = ax_tree_empty(), same;
	struct ax_edit_stats st;
	struct ax_entry e;
	uint8_t big[3000] = { 7 };
	plain_make(&p, 5000);
	p.at[1234].value = ax_slice(big, sizeof big);
	scratch_open(&s, 0);
	scratch_begin(&s);
	OK(ax_tree_edit(&root, NULL, s.txn, &root, p.at, p.n, 50));
	OK(ax_tree_edit(&same, &st, s.txn, &root, p.at, p.n, 60));
	ck_assert_uint_eq(same.node, root.node);
	ck_assert_uint_eq(st.added + st.removed + st.changed + st.nodes, 0);
	/* deleting what is not there */
	struct ax_edit gone = { ax_slice_str("n00000001x"), ax_slice(NULL, 0) };
	OK(ax_tree_edit(&same, &st, s.txn, &root, &gone, 1, 60));
	ck_assert_uint_eq(same.node, root.node);
	/* one real change among no-ops marks itself alone, the blob keeps its record */
	p.at[1235].value = ax_slice_str("other");
	OK(ax_tree_edit(&same, &st, s.txn, &root, p.at, p.n, 70));
	ck_assert_uint_eq(st.changed, 1);
	ck_assert_uint_eq(st.added + st.removed, 0);
	for (size_t i = 1200; i < 1300; i++) {
		OK(ax_tree_find(&e, s.txn, &same, p.at[i].key));
		ck_assert_uint_eq(e.changed, i == 1235 ? 70 : 50);
	}
	OK(ax_tree_verify(s.txn, &same));
	/* a blob that changes in its last byte */
	big[sizeof big - 1] ^= 1;
	OK(ax_tree_edit(&same, &st, s.txn, &same, &p.at[1234], 1, 80));
	ck_assert_uint_eq(st.changed, 1);
	OK(ax_tree_find(&e, s.txn, &same, p.at[1234].key));
	ck_assert(ax_slice_eq(e.value, p.at[1234].value));
	ck_assert_uint_eq(e.changed, 80);
	plain_fini(&p);
	scratch_close(&s);
}
END_TEST

START_TEST(edit__one_edit_copies_one_path)
{
	struct rng r = rng_seeded();
	struct scratch s;
	struct plain p;
	struct ax_root root = ax_tree_empty();
	struct ax_node top;
	struct ax_edit_stats st;
	uint64_t nodes = 0;
	enum { EDITS = 500 };
	plain_make(&p, 60000);
	scratch_open(&s, 0);
	scratch_begin(&s);
	OK(ax_tree_edit(&root, NULL, s.txn, &root, p.at, p.n, 1));
	OK(ax_node_read(&top, s.txn, root.node));
	unsigned height = top.level + 1;
	for (int i = 0; i < EDITS; i++) {
		struct ax_edit e = p.at[rng_below(&r, p.n)];
		char value[40];
		snprintf(value, sizeof value, "%0*u", (int)e.value.n, (unsigned)i);
		e.value = ax_slice(value, e.value.n);
		uint64_t before = ax_store_reads();
		OK(ax_tree_edit(&root, &st, s.txn, &root, &e, 1, 2));
		/* of equal size: the path and no more, read once and written once; the new root is looked at once */
		ck_assert_uint_eq(st.nodes, height);
		ck_assert_uint_le(ax_store_reads() - before, height + 1);
	}
	for (int i = 0; i < EDITS; i++) {
		struct ax_edit e = p.at[rng_below(&r, p.n)];
		e.value.n = rng_below(&r, 2) ? 0 : 1 + rng_below(&r, e.value.n);
		OK(ax_tree_edit(&root, &st, s.txn, &root, &e, 1, 2));
		nodes += st.nodes;
	}
	ck_assert_uint_le(nodes, EDITS * (height + 1));
	plain_fini(&p);
	scratch_close(&s);
}
END_TEST

START_TEST(edit__input_out_of_order_is_refused)
{
	struct scratch s;
	struct ax_root empty = ax_tree_empty(), out;
	struct ax_edit e[] = { { ax_slice_str("b"), ax_slice_str("v") }, { ax_slice_str("a"), ax_slice_str("v") } };
	scratch_open(&s, 0);
	scratch_begin(&s);
	ck_assert_int_eq(ax_tree_edit(&out, NULL, s.txn, &empty, e, 2, 1), AX_EINTERNAL);
	e[1].key = e[0].key;
	ck_assert_int_eq(ax_tree_edit(&out, NULL, s.txn, &empty, e, 2, 1), AX_EINTERNAL);
	e[0].key.n = 0;
	ck_assert_int_eq(ax_tree_edit(&out, NULL, s.txn, &empty, e, 1, 1), AX_EINTERNAL);
	OK(ax_tree_edit(&out, NULL, s.txn, &empty, e, 0, 1));
	ck_assert_uint_eq(out.node, 0);
	scratch_close(&s);
}
END_TEST

/* The greatest key and values at the edges of the limits. */
START_TEST(edit__limits)
{
	struct scratch s;
	struct ax_root root = ax_tree_empty();
	struct ax_entry found;
	static uint8_t key[AX_NODE_KEY_MAX + 1], value[70000];
	static const size_t sizes[] = { 1, AX_INLINE_MAX - 1, AX_INLINE_MAX, AX_INLINE_MAX + 1, 70000 };
	scratch_open(&s, 0);
	scratch_begin(&s);
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct ax_edit e = { ax_slice(key, AX_NODE_KEY_MAX), ax_slice(value, sizes[i]) };
		key[0] = (uint8_t)i;
		OK(ax_tree_edit(&root, NULL, s.txn, &root, &e, 1, 1));
		OK(ax_tree_verify(s.txn, &root));
		OK(ax_tree_find(&found, s.txn, &root, e.key));
		ck_assert(ax_slice_eq(found.value, e.value));
	}
	ck_assert_uint_eq(root.count, 5);
	struct ax_edit e = { ax_slice(key, sizeof key), ax_slice(value, 1) };
	ck_assert_int_eq(ax_tree_edit(&root, NULL, s.txn, &root, &e, 1, 1), AX_EINTERNAL);
	scratch_close(&s);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, edit__random_edits_give_the_tree_of_a_fresh_build);
	tcase_add_test(tc, edit__long_names_give_the_tree_of_a_fresh_build);
	tcase_add_test(tc, edit__a_million_names_one_by_one_and_at_once);
	tcase_add_test(tc, edit__what_is_there_already_is_not_written_nor_marked);
	tcase_add_test(tc, edit__one_edit_copies_one_path);
	tcase_add_test(tc, edit__input_out_of_order_is_refused);
	tcase_add_test(tc, edit__limits);
}

int main(void)
{
	return check_main("edit", add);
}
