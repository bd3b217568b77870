#include "tests/core/scratch.h"

/* A tree and its model, made by a few edits of several commits. */
struct fixture {
	struct scratch s;
	struct model m;
	struct ax_root root;
	struct rng r;
};

static void fixture_open(struct fixture *f, size_t n, uint64_t space)
{
	enum { COMMITS = 7 };
	*f = (struct fixture){ .r = rng_seeded() };
	struct ax_edit *edits = calloc(n + 1, sizeof *edits);
	uint8_t *bytes = malloc((n + 1) * RANDOM_EDIT_MAX);
	scratch_open(&f->s, 0);
	scratch_begin(&f->s);
	f->root = ax_tree_empty();
	for (uint64_t commit = 1; n && commit <= COMMITS; commit++) {
		size_t some = random_edits(edits, bytes, n / COMMITS + 1, &f->r, space, 5);
		OK(ax_tree_edit(&f->root, NULL, f->s.txn, &f->root, edits, some, 100 * commit));
		for (size_t i = 0; i < some; i++)
			model_edit(&f->m, &edits[i], 100 * commit);
	}
	scratch_commit(&f->s);
	OK(ax_txn_read(&f->s.txn, f->s.store));
	free(edits);
	free(bytes);
}

static void fixture_close(struct fixture *f)
{
	model_fini(&f->m);
	scratch_close(&f->s);
}

/* A key that is there, a key that is not, a prefix of one, a key with bytes appended. */
static struct ax_slice probe(struct fixture *f, uint8_t *key, uint64_t space)
{
	size_t n = random_key(key, &f->r, space + space / 8 + 1);
	if (f->m.n && rng_below(&f->r, 2)) {
		struct ax_slice k = model_key(&f->m, rng_below(&f->r, f->m.n));
		memcpy(key, k.p, k.n);
		n = k.n;
	}
	uint64_t how = rng_below(&f->r, 4);
	if (how == 0)
		n = rng_below(&f->r, n + 1);
	else if (how == 1)
		key[n++] = (uint8_t)rng_next(&f->r);
	return ax_slice(key, n);
}

static const size_t sizes[] = { 0, 1, 5, 60, 900, 15000 };
enum { SIZES = sizeof sizes / sizeof *sizes };

START_TEST(tree__find_agrees_with_a_model)
{
	for (int k = 0; k < SIZES; k++) {
		struct fixture f;
		struct ax_entry e;
		uint8_t key[80];
		fixture_open(&f, sizes[k], sizes[k] + 1);
		ck_assert_uint_eq(f.root.count, f.m.n);
		for (size_t i = 0; i < f.m.n; i++) {
			OK(ax_tree_find(&e, f.s.txn, &f.root, model_key(&f.m, i)));
			ck_assert(ax_slice_eq(e.value, model_value(&f.m, i)));
			ck_assert_uint_eq(e.changed, f.m.at[i].changed);
		}
		for (int i = 0; i < 1000; i++) {
			struct ax_slice p = probe(&f, key, sizes[k]);
			size_t at = model_lower_bound(&f.m, p);
			ck_assert_int_eq(ax_tree_find(&e, f.s.txn, &f.root, p),
					 model_has(&f.m, at, p) ? AX_OK : AX_ENOENT);
		}
		fixture_close(&f);
	}
}
END_TEST

static void check_at(struct ax_cursor *c, const struct model *m, size_t i)
{
	ck_assert(c->valid == (i < m->n));
	if (!c->valid)
		return;
	ck_assert(ax_slice_eq(c->entry.key, model_key(m, i)));
	ck_assert(ax_slice_eq(c->entry.value, model_value(m, i)));
	ck_assert_uint_eq(c->entry.changed, m->at[i].changed);
}

START_TEST(tree__cursor_seeks_and_walks_as_a_model)
{
	for (int k = 0; k < SIZES; k++) {
		struct fixture f;
		struct ax_cursor c;
		uint8_t key[80];
		fixture_open(&f, sizes[k], sizes[k] + 1);
		OK(ax_cursor_init(&c, f.s.txn, &f.root));
		for (int i = 0; i < 1000; i++) {
			struct ax_slice p = probe(&f, key, sizes[k]);
			size_t at = model_lower_bound(&f.m, p);
			bool before = rng_below(&f.r, 2);
			if (before) {
				OK(ax_cursor_seek_before(&c, p));
				at = at ? at - 1 : SIZE_MAX / 2; /* none: invalid */
			} else
				OK(ax_cursor_seek(&c, p));
			check_at(&c, &f.m, at);
			for (uint64_t steps = rng_below(&f.r, 60); steps > 0 && c.valid; steps--) {
				OK(ax_cursor_next(&c));
				check_at(&c, &f.m, ++at);
			}
		}
		ax_cursor_fini(&c);
		fixture_close(&f);
	}
}
END_TEST

START_TEST(tree__measure_agrees_with_a_model)
{
	for (int k = 0; k < SIZES; k++) {
		struct fixture f;
		uint8_t key[80];
		fixture_open(&f, sizes[k], sizes[k] + 1);
		for (int i = 0; i < 600; i++) {
			struct ax_slice p = probe(&f, key, sizes[k]);
			struct ax_tree_range got;
			uint64_t count = 0, changed = 0;
			p.n = p.n > 1 ? rng_below(&f.r, p.n) : p.n;
			size_t first = model_lower_bound(&f.m, p);
			for (size_t j = first; j < f.m.n && ax_slice_starts(model_key(&f.m, j), p); j++, count++)
				changed = f.m.at[j].changed > changed ? f.m.at[j].changed : changed;
			OK(ax_tree_measure(&got, f.s.txn, &f.root, p));
			ck_assert_uint_eq(got.count, count);
			ck_assert_uint_eq(got.changed, changed);
			ck_assert_uint_eq(got.first, first);
		}
		fixture_close(&f);
	}
}
END_TEST

START_TEST(tree__costs_are_bounded_by_the_height)
{
	struct fixture f;
	struct ax_entry e;
	struct ax_tree_range range;
	struct ax_node top;
	fixture_open(&f, 15000, 15001);
	OK(ax_node_read(&top, f.s.txn, f.root.node));
	unsigned height = top.level + 1;
	for (int i = 0; i < 500; i++) {
		struct ax_slice key = model_key(&f.m, rng_below(&f.r, f.m.n));
		uint64_t before = ax_store_reads();
		OK(ax_tree_find(&e, f.s.txn, &f.root, key));
		ck_assert_uint_le(ax_store_reads() - before, height + 1); /* one for a blob */
		before = ax_store_reads();
		key.n = rng_below(&f.r, 5);
		OK(ax_tree_measure(&range, f.s.txn, &f.root, key));
		ck_assert_uint_le(ax_store_reads() - before, 2 * height);
	}
	fixture_close(&f);
}
END_TEST

START_TEST(tree__root_is_known_from_its_node)
{
	for (int k = 0; k < SIZES; k++) {
		struct fixture f;
		struct ax_root got;
		fixture_open(&f, sizes[k], sizes[k] + 1);
		OK(ax_tree_root(&got, f.s.txn, f.root.node));
		ck_assert(ax_id_eq(&got.id, &f.root.id));
		ck_assert_uint_eq(got.count, f.root.count);
		fixture_close(&f);
	}
}
END_TEST

struct visits {
	uint64_t nodes, leaves, entries;
	struct ax_node_visit last;
};

static enum ax_err visit(void *ctx, const struct ax_node_visit *v)
{
	struct visits *n = ctx;
	n->nodes++;
	n->leaves += v->level == 0;
	n->entries += v->level == 0 ? v->count : 0;
	n->last = *v;
	return AX_OK;
}

START_TEST(tree__visit_sees_every_node_once_and_the_root_last)
{
	struct fixture f;
	struct visits n = { 0 };
	fixture_open(&f, 3000, 3001);
	OK(ax_tree_visit(f.s.txn, &f.root, visit, &n));
	ck_assert_uint_eq(n.entries, f.m.n);
	ck_assert_uint_gt(n.nodes, n.leaves);
	ck_assert_uint_eq(n.last.id, f.root.node);
	ck_assert(ax_id_eq(&n.last.hash, &f.root.id));
	ck_assert_uint_eq(n.last.count, f.m.n);
	fixture_close(&f);
}
END_TEST

/* -- verify finds every kind of damage -------------------------------------------------------------------- */

static void wrong_count(struct ax_item *i)
{
	i->count++;
}
static void wrong_changed(struct ax_item *i)
{
	i->changed++;
}
static void wrong_hash(struct ax_item *i)
{
	((uint8_t *)i->value.p)[5] ^= 1;
}
static void wrong_separator(struct ax_item *i)
{
	((uint8_t *)i->key.p)[i->key.n++] = 1;
}
static void wrong_child(struct ax_item *i)
{
	i->child--;
}
static void missing_child(struct ax_item *i)
{
	i->child = 99999;
}
static void lost_child(struct ax_item *i)
{
	i->key.n = 0;
}

/* Write the root again with its second entry spoilt. */
static enum ax_err verify_spoilt(struct ax_txn *t, const struct ax_root *root, void (*spoil)(struct ax_item *))
{
	static struct ax_node_builder b;
	static struct ax_node_iter it;
	struct ax_node node;
	struct ax_item top, item;
	uint8_t key[AX_NODE_KEY_MAX], hash[AX_ID_SIZE];
	bool ends;
	OK(ax_node_read(&node, t, root->node));
	ck_assert_uint_gt(node.count, 3);
	struct ax_buf copy = AX_BUF_INIT; /* the node's bytes may move when another is written */
	ax_buf_slice(&copy, node.canonical);
	ax_buf_slice(&copy, node.sidecar);
	node.sidecar = ax_slice(copy.p + node.canonical.n, node.sidecar.n);
	node.canonical = ax_slice(copy.p, node.canonical.n);
	ax_node_builder_init(&b, node.level);
	ax_node_iter_init(&it, &node);
	while (ax_node_next(&it) == AX_OK) {
		item = it.item;
		memcpy(key, item.key.p, item.key.n);
		memcpy(hash, item.value.p, sizeof hash);
		item.key.p = key;
		item.value.p = hash;
		if (it.next == 2 && spoil)
			spoil(&item);
		if (item.key.n)
			OK(ax_node_builder_add(&b, &ends, &item));
	}
	OK(ax_node_builder_write(&top, &b, t));
	struct ax_root wrong = { .node = top.child, .count = top.count };
	memcpy(wrong.id.b, top.value.p, sizeof wrong.id.b);
	ax_node_builder_fini(&b);
	ax_buf_fini(&copy);
	return ax_tree_verify(t, &wrong);
}

START_TEST(tree__verify_tells_each_damage)
{
	static const struct {
		void (*spoil)(struct ax_item *);
		const char *says;
	} cases[] = { { wrong_count, "number of RRsets" }, { wrong_changed, "newest change" },
		      { wrong_hash, "does not hash" },     { wrong_separator, "last key" },
		      { wrong_child, "does not hash" },    { missing_child, "missing" } };
	struct fixture f;
	fixture_open(&f, 200, 201);
	ax_txn_abort(f.s.txn);
	scratch_begin(&f.s);
	OK(verify_spoilt(f.s.txn, &f.root, NULL));
	OK(verify_spoilt(f.s.txn, &f.root, lost_child)); /* the rest is a tree as good as any */
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		ck_assert_int_eq(verify_spoilt(f.s.txn, &f.root, cases[i].spoil), AX_ECORRUPT);
		const char *text = ax_err_text(AX_ECORRUPT);
		ck_assert_msg(strstr(text, cases[i].says) != NULL, "%s", text);
	}
	fixture_close(&f);
}
END_TEST

/* A leaf that ends where the rule does not end it, and one that does not end where it should. */
START_TEST(tree__verify_tells_a_wrong_split)
{
	static struct ax_node_builder b;
	struct fixture f;
	struct ax_item items[3];
	struct ax_id hash[3];
	bool ends;
	fixture_open(&f, 200, 201);
	ax_txn_abort(f.s.txn);
	scratch_begin(&f.s);
	for (int long_leaf = 0; long_leaf < 2; long_leaf++) {
		size_t at = 0, per_leaf = long_leaf ? 60 : 2;
		for (int i = 0; i < 2; i++) {
			ax_node_builder_init(&b, 0);
			for (size_t k = 0; k < per_leaf; k++, at++) {
				struct ax_item item = { .key = model_key(&f.m, at), .count = 1, .changed = 3 };
				item.value = ax_slice("\0a value that has a usual size", 30);
				OK(ax_node_builder_add(&b, &ends, &item));
			}
			OK(ax_node_builder_write(&items[i], &b, f.s.txn));
			hash[i] = b.hash;
			items[i].value.p = hash[i].b;
			items[i].key = model_key(&f.m, at - 1);
			ax_node_builder_fini(&b);
		}
		ax_node_builder_init(&b, 1);
		OK(ax_node_builder_add(&b, &ends, &items[0]));
		OK(ax_node_builder_add(&b, &ends, &items[1]));
		OK(ax_node_builder_write(&items[2], &b, f.s.txn));
		struct ax_root root = { items[2].child, b.hash, 2 * per_leaf };
		ax_node_builder_fini(&b);
		ck_assert_int_eq(ax_tree_verify(f.s.txn, &root), AX_ECORRUPT);
		const char *text = ax_err_text(AX_ECORRUPT);
		ck_assert_msg(strstr(text, long_leaf ? "ended earlier" : "not have ended") != NULL, "%s", text);
	}
	fixture_close(&f);
}
END_TEST

START_TEST(tree__verify_tells_a_damaged_byte)
{
	struct fixture f;
	fixture_open(&f, 200, 201);
	struct ax_root wrong = f.root;
	wrong.id.b[0] ^= 1;
	OK(ax_tree_verify(f.s.txn, &f.root));
	ck_assert_int_eq(ax_tree_verify(f.s.txn, &wrong), AX_ECORRUPT);
	wrong = f.root;
	wrong.count++;
	ck_assert_int_eq(ax_tree_verify(f.s.txn, &wrong), AX_ECORRUPT);
	wrong.node = 424242;
	ck_assert_int_eq(ax_tree_verify(f.s.txn, &wrong), AX_ECORRUPT);
	wrong = ax_tree_empty();
	OK(ax_tree_verify(f.s.txn, &wrong));
	wrong.count = 1;
	ck_assert_int_eq(ax_tree_verify(f.s.txn, &wrong), AX_ECORRUPT);
	fixture_close(&f);
}
END_TEST

START_TEST(tree__what_does_not_hash_is_neither_shown_nor_written_anew)
{
	struct fixture f;
	struct ax_entry e;
	struct ax_checked checked = { 0 };
	fixture_open(&f, 200, 201);
	struct ax_root wrong = f.root, out;
	struct ax_slice key = model_key(&f.m, 100);
	struct ax_edit edit = { key, ax_slice("a value that is another one", 27) };
	wrong.id.b[0] ^= 1;
	OK(ax_tree_find(&e, f.s.txn, &wrong, key));
	ck_assert_int_eq(ax_tree_find_checked(&e, f.s.txn, &wrong, key, &checked), AX_ECORRUPT);
	for (int again = 0; again < 2; again++) {
		OK(ax_tree_find_checked(&e, f.s.txn, &f.root, key, &checked));
		ck_assert(ax_slice_eq(e.value, model_value(&f.m, 100)));
	}
	ax_txn_abort(f.s.txn);
	scratch_begin(&f.s);
	ck_assert_int_eq(ax_tree_edit(&out, NULL, f.s.txn, &wrong, &edit, 1, 900), AX_ECORRUPT);
	OK(ax_tree_edit(&out, NULL, f.s.txn, &f.root, &edit, 1, 900));
	fixture_close(&f);
}
END_TEST

START_TEST(tree__cursor_of_keys_gives_a_value_when_asked)
{
	struct fixture f;
	struct ax_cursor c;
	struct ax_slice value;
	fixture_open(&f, 900, 901);
	OK(ax_cursor_init(&c, f.s.txn, &f.root));
	c.keys_only = true;
	OK(ax_cursor_seek(&c, ax_slice(NULL, 0)));
	for (size_t i = 0; i < f.m.n; i++) {
		ck_assert(c.valid && ax_slice_eq(c.entry.key, model_key(&f.m, i)));
		ck_assert_uint_eq(c.entry.value.n, 0);
		OK(ax_cursor_value(&value, &c));
		ck_assert(ax_slice_eq(value, model_value(&f.m, i)));
		OK(ax_cursor_next(&c));
	}
	ck_assert(!c.valid);
	ax_cursor_fini(&c);
	fixture_close(&f);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, tree__find_agrees_with_a_model);
	tcase_add_test(tc, tree__cursor_seeks_and_walks_as_a_model);
	tcase_add_test(tc, tree__measure_agrees_with_a_model);
	tcase_add_test(tc, tree__costs_are_bounded_by_the_height);
	tcase_add_test(tc, tree__root_is_known_from_its_node);
	tcase_add_test(tc, tree__visit_sees_every_node_once_and_the_root_last);
	tcase_add_test(tc, tree__verify_tells_each_damage);
	tcase_add_test(tc, tree__verify_tells_a_wrong_split);
	tcase_add_test(tc, tree__verify_tells_a_damaged_byte);
	tcase_add_test(tc, tree__what_does_not_hash_is_neither_shown_nor_written_anew);
	tcase_add_test(tc, tree__cursor_of_keys_gives_a_value_when_asked);
}

int main(void)
{
	return check_main("tree", add);
}
