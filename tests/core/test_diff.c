#include "core/diff.h"
#include "tests/core/scratch.h"

/* What a diff should say, from two models, in order. */
struct expect {
	const struct model *a, *b;
	size_t i, j, calls, stop_after;
};

static void check_entry(const struct model *m, size_t i, struct ax_slice key, const struct ax_entry *e)
{
	ck_assert_ptr_nonnull(e);
	ck_assert(model_has(m, i, key));
	ck_assert(ax_slice_eq(e->key, key));
	ck_assert(ax_slice_eq(e->value, model_value(m, i)));
	ck_assert_uint_eq(e->changed, m->at[i].changed);
}

/* To the next difference of the two models; -1, 0, 1: only in a, in both, only in b; 2: there is none. */
static int next_difference(struct expect *x)
{
	for (;; x->i++, x->j++) {
		bool a = x->i < x->a->n, b = x->j < x->b->n;
		if (!a && !b)
			return 2;
		int c = !a ? 1 : !b ? -1 : ax_slice_cmp(model_key(x->a, x->i), model_key(x->b, x->j));
		if (c || !ax_slice_eq(model_value(x->a, x->i), model_value(x->b, x->j)))
			return c < 0 ? -1 : c > 0;
	}
}

static enum ax_err each(void *ctx, struct ax_slice key, const struct ax_entry *a, const struct ax_entry *b)
{
	struct expect *x = ctx;
	int c = next_difference(x);
	ck_assert_int_ne(c, 2);
	if (c <= 0)
		check_entry(x->a, x->i++, key, a);
	else
		ck_assert_ptr_null(a);
	if (c >= 0)
		check_entry(x->b, x->j++, key, b);
	else
		ck_assert_ptr_null(b);
	x->calls++;
	return x->calls == x->stop_after ? AX_ELIMIT : AX_OK;
}

static void check_diff(struct ax_txn *t, const struct ax_root *ra, const struct model *a, const struct ax_root *rb,
		       const struct model *b)
{
	struct expect x = { .a = a, .b = b };
	OK(ax_tree_diff(t, ra, rb, each, &x));
	ck_assert_int_eq(next_difference(&x), 2);
}

static void copy_model(struct model *out, const struct model *m)
{
	*out = (struct model){ .n = m->n, .cap = m->n + 1 };
	out->at = malloc(out->cap * sizeof *out->at);
	ck_assert_ptr_nonnull(out->at);
	for (size_t i = 0; i < m->n; i++) {
		out->at[i] = m->at[i];
		out->at[i].key = model_dup(model_key(m, i));
		out->at[i].value = model_dup(model_value(m, i));
	}
}

static void edit_both(struct scratch *s, struct ax_root *root, struct model *m, struct rng *r, uint64_t space,
		      size_t n, unsigned percent_delete, uint64_t commit)
{
	struct ax_edit *edits = calloc(n, sizeof *edits);
	uint8_t *bytes = malloc(n * RANDOM_EDIT_MAX);
	n = random_edits(edits, bytes, n, r, space, percent_delete);
	OK(ax_tree_edit(root, NULL, s->txn, root, edits, n, commit));
	for (size_t i = 0; i < n; i++)
		model_edit(m, &edits[i], commit);
	free(edits);
	free(bytes);
}

START_TEST(diff__says_what_a_model_says)
{
	static const size_t sizes[] = { 0, 1, 4, 30, 400, 8000 };
	struct rng r = rng_seeded();
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct scratch s;
		struct model a = { 0 }, b;
		struct ax_root ra = ax_tree_empty(), rb;
		uint64_t space = sizes[i] + 3;
		scratch_open(&s, 0);
		scratch_begin(&s);
		if (sizes[i])
			edit_both(&s, &ra, &a, &r, space, sizes[i], 0, 5);
		for (int round = 0; round < 40; round++) {
			copy_model(&b, &a);
			rb = ra;
			edit_both(&s, &rb, &b, &r, space, 1 + rng_below(&r, round % 4 ? 3 : sizes[i] + 1),
				  round % 5 == 0 ? 100 : 40, 6 + (uint64_t)round);
			check_diff(s.txn, &ra, &a, &rb, &b);
			check_diff(s.txn, &rb, &b, &ra, &a);
			model_fini(&a);
			a = b;
			ra = rb;
		}
		struct ax_root empty = ax_tree_empty();
		struct model none = { 0 };
		check_diff(s.txn, &ra, &a, &empty, &none);
		check_diff(s.txn, &empty, &none, &ra, &a);
		check_diff(s.txn, &ra, &a, &ra, &a);
		model_fini(&a);
		scratch_close(&s);
	}
}
END_TEST

static unsigned height_of(struct ax_txn *t, const struct ax_root *root)
{
	struct ax_node node;
	OK(ax_node_read(&node, t, root->node));
	return node.level + 1;
}

START_TEST(diff__one_change_reads_no_more_than_two_paths)
{
	struct rng r = rng_seeded();
	struct scratch s;
	struct model m = { 0 };
	struct ax_root root = ax_tree_empty();
	uint64_t sum = 0;
	enum { ROUNDS = 300, COPIES = 40 };
	scratch_open(&s, 0);
	scratch_begin(&s);
	edit_both(&s, &root, &m, &r, 60000, 40000, 0, 5);
	unsigned height = height_of(s.txn, &root);
	for (int i = 0; i < ROUNDS; i++) {
		size_t at = rng_below(&r, m.n);
		struct ax_root next;
		/* the same size: no boundary moves */
		uint8_t *value = model_dup(model_value(&m, at));
		value[rng_below(&r, m.at[at].value_len)] ^= 1;
		struct ax_edit e = { model_key(&m, at), ax_slice(value, m.at[at].value_len) };
		OK(ax_tree_edit(&next, NULL, s.txn, &root, &e, 1, 6));
		struct model one = { &m.at[at], 1, 1 }, other = one;
		struct model_entry changed = m.at[at];
		changed.value = value;
		changed.changed = 6;
		other.at = &changed;
		check_diff(s.txn, &root, &one, &next, &other);
		ck_assert_uint_le(ax_diff_nodes_read(), 2 * height);
		free(value);
	}
	/* any change: now and then a boundary moves */
	for (int i = 0; i < COPIES; i++) {
		struct ax_root next = root;
		struct model n;
		copy_model(&n, &m);
		edit_both(&s, &next, &n, &r, 60000, 1, 30, 7);
		check_diff(s.txn, &root, &m, &next, &n);
		sum += ax_diff_nodes_read();
		model_fini(&n);
	}
	ck_assert_uint_le(sum / COPIES, 2 * height + 2);
	model_fini(&m);
	scratch_close(&s);
}
END_TEST

START_TEST(diff__callback_stops_the_walk)
{
	struct rng r = rng_seeded();
	struct scratch s;
	struct model m = { 0 }, none = { 0 };
	struct ax_root root = ax_tree_empty(), empty = ax_tree_empty();
	scratch_open(&s, 0);
	scratch_begin(&s);
	edit_both(&s, &root, &m, &r, 1000, 500, 0, 5);
	struct expect x = { .a = &none, .b = &m, .stop_after = 7 };
	ck_assert_int_eq(ax_tree_diff(s.txn, &empty, &root, each, &x), AX_ELIMIT);
	ck_assert_uint_eq(x.calls, 7);
	model_fini(&m);
	scratch_close(&s);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, diff__says_what_a_model_says);
	tcase_add_test(tc, diff__one_change_reads_no_more_than_two_paths);
	tcase_add_test(tc, diff__callback_stops_the_walk);
}

int main(void)
{
	return check_main("diff", add);
}
