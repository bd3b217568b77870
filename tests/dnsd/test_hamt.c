#include "dnsd/hamt.h"
#include "tests/check.h"

#include <string.h>

/* Items that know how often they are held. */
struct thing {
	uint32_t refs;
	uint64_t hash;
};

static int64_t alive;

static void ref(void *item)
{
	((struct thing *)item)->refs++;
}

static void unref(void *item)
{
	struct thing *t = item;
	if (--t->refs == 0) {
		alive--;
		free(t);
	}
}

static const struct hamt_kind kind = { ref, unref };

static struct thing *thing_new(uint64_t hash)
{
	struct thing *t = malloc(sizeof *t);
	ck_assert_ptr_nonnull(t);
	*t = (struct thing){ 1, hash };
	alive++;
	return t;
}

static struct thing *find(const struct hamt_node *root, uint64_t hash)
{
	const struct hamt_node *leaf = hamt_leaf(root, hash);
	for (uint32_t i = 0; leaf && i < leaf->n; i++)
		if (leaf->entry[i].hash == hash)
			return leaf->entry[i].item;
	return NULL;
}

static bool count(void *ctx, void *item)
{
	(void)item;
	++*(uint64_t *)ctx;
	return true;
}

static uint64_t size(const struct hamt_node *root)
{
	uint64_t n = 0;
	hamt_walk(root, count, &n);
	return n;
}

static struct hamt_node *build(size_t n, uint64_t step)
{
	struct hamt_entry *entries = malloc((n + 1) * sizeof *entries), *scratch = malloc((n + 1) * sizeof *scratch);
	struct hamt_edit e = hamt_edit_begin(&kind);
	struct hamt_node *root;
	ck_assert(entries && scratch);
	for (size_t i = 0; i < n; i++)
		entries[i] = (struct hamt_entry){ i * step, thing_new(i * step) };
	ck_assert(hamt_build(&root, &e, entries, scratch, n));
	free(entries);
	free(scratch);
	return root;
}

START_TEST(hamt__what_is_built_is_found)
{
	static const size_t sizes[] = { 0, 1, 8, 9, 100, 5000 };
	for (unsigned i = 0; i < 6; i++) {
		struct hamt_node *root = build(sizes[i], UINT64_C(0x9e3779b97f4a7c15));
		ck_assert_uint_eq(size(root), sizes[i]);
		for (size_t k = 0; k < sizes[i]; k++)
			ck_assert_ptr_nonnull(find(root, k * UINT64_C(0x9e3779b97f4a7c15)));
		ck_assert_ptr_null(find(root, 12345));
		hamt_unref(root, &kind);
	}
	ck_assert_int_eq(alive, 0);
}
END_TEST

START_TEST(hamt__hashes_that_are_all_equal_share_a_leaf)
{
	struct hamt_node *root = build(100, 0);
	const struct hamt_node *leaf = hamt_leaf(root, 0);
	ck_assert_uint_eq(leaf->n, 100);
	struct hamt_edit e = hamt_edit_begin(&kind);
	struct thing *old = leaf->entry[50].item;
	ck_assert(hamt_put(&root, &e, 0, old, NULL));
	ck_assert_uint_eq(size(root), 99);
	ck_assert(hamt_put(&root, &e, 0, NULL, thing_new(0)));
	ck_assert_uint_eq(size(root), 100);
	hamt_unref(root, &kind);
	ck_assert_int_eq(alive, 0);
}
END_TEST

/* A model is an array: is the item of hash i there? */
enum { SPACE = 3000, KEPT = 8 };

static void check_model(const struct hamt_node *root, struct thing *const *model, unsigned shared)
{
	uint64_t n = 0;
	for (unsigned i = 0; i < SPACE; i++) {
		uint64_t hash = i * UINT64_C(0x9e3779b97f4a7c15) >> shared;
		n += model[i] != NULL;
		ck_assert_ptr_eq(find(root, hash), model[i]);
	}
	ck_assert_uint_eq(size(root), n);
}

static void random_edits(unsigned shared, uint64_t *seed)
{
	static struct thing *model[KEPT][SPACE];
	struct hamt_node *root[KEPT] = { NULL };
	memset(model, 0, sizeof model);
	for (unsigned round = 1; round < 60; round++) {
		unsigned from = (round - 1) % KEPT, to = round % KEPT;
		struct hamt_edit e = hamt_edit_begin(&kind);
		hamt_unref(root[to], &kind);
		root[to] = root[from];
		hamt_ref(root[to]);
		memcpy(model[to], model[from], sizeof model[to]);
		for (unsigned k = check_random(seed) % 200; k > 0; k--) {
			unsigned i = (unsigned)(check_random(seed) % SPACE);
			uint64_t hash = i * UINT64_C(0x9e3779b97f4a7c15) >> shared;
			struct thing *new = check_random(seed) % 3 ? thing_new(hash) : NULL;
			if (!model[to][i] && !new)
				continue;
			ck_assert(hamt_put(&root[to], &e, hash, model[to][i], new));
			model[to][i] = new;
		}
		/* The new one is right, and none of those before has changed. */
		for (unsigned r = 0; r < KEPT && r <= round; r++)
			check_model(root[r], model[r], shared);
	}
	for (unsigned r = 0; r < KEPT; r++)
		hamt_unref(root[r], &kind);
	ck_assert_int_eq(alive, 0);
}

START_TEST(hamt__random_edits_equal_a_model_and_leave_older_trees_alone)
{
	uint64_t seed = check_seed();
	random_edits(0, &seed);
	random_edits(40, &seed); /* all in one branch: deep and narrow */
}
END_TEST

START_TEST(hamt__removing_everything_leaves_nothing)
{
	struct hamt_node *root = build(1000, UINT64_C(0x9e3779b97f4a7c15));
	struct hamt_edit e = hamt_edit_begin(&kind);
	for (uint64_t i = 0; i < 1000; i++) {
		uint64_t hash = i * UINT64_C(0x9e3779b97f4a7c15);
		ck_assert(hamt_put(&root, &e, hash, find(root, hash), NULL));
	}
	ck_assert_ptr_null(root);
	ck_assert_int_eq(alive, 0);
}
END_TEST

START_TEST(hamt__one_edit_copies_one_path)
{
	struct hamt_node *root = build(100000, UINT64_C(0x9e3779b97f4a7c15));
	struct hamt_node *old = root;
	struct hamt_edit e = hamt_edit_begin(&kind);
	hamt_ref(old);
	ck_assert(hamt_put(&root, &e, 777, NULL, thing_new(777)));
	ck_assert_uint_le(e.copied, 4);
	uint64_t copied = e.copied;
	/* The same edit goes the same way for nothing. */
	ck_assert(hamt_put(&root, &e, 777, find(root, 777), thing_new(777)));
	ck_assert_uint_eq(e.copied, copied);
	ck_assert_ptr_null(find(old, 777));
	hamt_unref(old, &kind);
	hamt_unref(root, &kind);
	ck_assert_int_eq(alive, 0);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, hamt__what_is_built_is_found);
	tcase_add_test(tc, hamt__hashes_that_are_all_equal_share_a_leaf);
	tcase_add_test(tc, hamt__random_edits_equal_a_model_and_leave_older_trees_alone);
	tcase_add_test(tc, hamt__removing_everything_leaves_nothing);
	tcase_add_test(tc, hamt__one_edit_copies_one_path);
}

int main(void)
{
	return check_main("hamt", add);
}
