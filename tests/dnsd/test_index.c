#include "dnsd/index.h"
#include "tests/check.h"

#include <string.h>

/* Items that know their hash. */
struct thing {
	index_refs refs;
	uint64_t hash;
};

static int64_t alive;

static uint64_t hash_of(uint32_t item)
{
	return ((const struct thing *)slab_at(item))->hash;
}

static void drop(uint32_t item)
{
	alive--;
	slab_free(item);
}

static const struct index_kind kind = { hash_of, drop };

static uint32_t thing_new(uint64_t hash)
{
	uint32_t item = slab_alloc(sizeof(struct thing));
	ck_assert_uint_ne(item, 0);
	*(struct thing *)slab_at(item) = (struct thing){ 1, hash };
	alive++;
	return item;
}

static uint32_t find(uint32_t root, uint64_t hash)
{
	struct index_hits h = index_hits(index_find(root, hash), hash);
	uint32_t item;
	while (index_next(&item, &h))
		if (hash_of(item) == hash)
			return item;
	return 0;
}

static bool count(void *ctx, uint32_t item)
{
	(void)item;
	++*(uint64_t *)ctx;
	return true;
}

static uint64_t size(uint32_t root)
{
	uint64_t n = 0;
	index_walk(root, count, &n);
	return n;
}

static uint32_t build(size_t n, uint64_t step)
{
	struct index_entry *entries = malloc((n + 1) * sizeof *entries), *scratch = malloc((n + 1) * sizeof *scratch);
	struct index_edit e = { .kind = &kind };
	uint32_t root;
	ck_assert(entries && scratch);
	for (size_t i = 0; i < n; i++)
		entries[i] = (struct index_entry){ i * step, thing_new(i * step) };
	ck_assert(index_build(&root, &e, entries, scratch, n));
	free(entries);
	free(scratch);
	return root;
}

static const uint64_t spread = UINT64_C(0x9e3779b97f4a7c15);

START_TEST(index__what_is_built_is_found)
{
	static const size_t sizes[] = { 0, 1, 12, 13, 100, 5000, 40000 };
	for (unsigned i = 0; i < 7; i++) {
		uint32_t root = build(sizes[i], spread);
		ck_assert_uint_eq(size(root), sizes[i]);
		size_t found = 0;
		for (size_t k = 0; k < sizes[i]; k++)
			found += find(root, k * spread) != 0;
		ck_assert_uint_eq(found, sizes[i]);
		ck_assert_uint_eq(find(root, 12345), 0);
		index_unref(root, &kind);
	}
	ck_assert_int_eq(alive, 0);
}
END_TEST

START_TEST(index__more_equal_hashes_than_a_leaf_holds_are_refused)
{
	uint32_t root = build(INDEX_LEAF, 0);
	struct index_edit e = { .kind = &kind };
	uint32_t one = thing_new(0);
	ck_assert(!index_put(&root, &e, 0, 0, one));
	ck_assert(e.crowded);
	ck_assert_uint_eq(size(root), INDEX_LEAF); /* nothing was lost by trying */
	ck_assert(index_put(&root, &e, 0, find(root, 0), 0));
	ck_assert(index_put(&root, &e, 0, 0, one));
	ck_assert_uint_eq(size(root), INDEX_LEAF);
	index_unref(root, &kind);
	ck_assert_int_eq(alive, 0);
	struct index_entry entries[INDEX_LEAF + 1], scratch[INDEX_LEAF + 1];
	for (unsigned i = 0; i <= INDEX_LEAF; i++)
		entries[i] = (struct index_entry){ 7, thing_new(7) };
	e = (struct index_edit){ .kind = &kind };
	ck_assert(!index_build(&root, &e, entries, scratch, INDEX_LEAF + 1));
	ck_assert(e.crowded);
	for (unsigned i = 0; i <= INDEX_LEAF; i++)
		index_item_unref(entries[i].item, &kind);
	ck_assert_int_eq(alive, 0);
}
END_TEST

/* A model is an array: is the item of hash i there? */
enum { SPACE = 3000, KEPT = 8 };

static void check_model(uint32_t root, const uint32_t *model, unsigned shared)
{
	uint64_t n = 0;
	unsigned wrong = 0; /* an assertion writes to a file: not one an item */
	for (unsigned i = 0; i < SPACE; i++) {
		n += model[i] != 0;
		wrong += find(root, i * spread >> shared) != model[i];
	}
	ck_assert_uint_eq(wrong, 0);
	ck_assert_uint_eq(size(root), n);
}

static void random_edits(unsigned shared, uint64_t *seed)
{
	static uint32_t model[KEPT][SPACE];
	uint32_t root[KEPT] = { 0 };
	memset(model, 0, sizeof model);
	for (unsigned round = 1; round < 60; round++) {
		unsigned from = (round - 1) % KEPT, to = round % KEPT, grow = round % 20 < 14 ? 3 : 1;
		struct index_edit e = { .kind = &kind };
		index_unref(root[to], &kind);
		root[to] = root[from];
		index_ref(root[to]);
		memcpy(model[to], model[from], sizeof model[to]);
		for (unsigned k = check_random(seed) % 400; k > 0; k--) {
			unsigned i = (unsigned)(check_random(seed) % SPACE);
			uint64_t hash = i * spread >> shared;
			uint32_t new = check_random(seed) % 4 < grow ? thing_new(hash) : 0;
			ck_assert(index_put(&root[to], &e, hash, model[to][i], new));
			model[to][i] = new;
		}
		/* The new one is right, and none of those before has changed. */
		for (unsigned r = 0; r < KEPT && r <= round; r++)
			check_model(root[r], model[r], shared);
	}
	for (unsigned r = 0; r < KEPT; r++)
		index_unref(root[r], &kind);
	ck_assert_int_eq(alive, 0);
}

START_TEST(index__random_edits_equal_a_model_and_leave_older_trees_alone)
{
	uint64_t seed = check_seed();
	random_edits(0, &seed);
	random_edits(40, &seed); /* all in one branch: deep and narrow */
}
END_TEST

START_TEST(index__removing_everything_leaves_nothing)
{
	size_t before = slab_use().blocks;
	uint32_t root = build(20000, spread);
	struct index_edit e = { .kind = &kind };
	size_t full = slab_use().blocks - before;
	for (uint64_t i = 0; i < 20000; i++) {
		ck_assert(index_put(&root, &e, i * spread, find(root, i * spread), 0));
		if (i == 19000) /* leaves are joined as they empty */
			ck_assert_uint_lt(slab_use().blocks - before, full / 5);
	}
	ck_assert_uint_eq(root, 0);
	ck_assert_uint_eq(slab_use().blocks, before);
}
END_TEST

START_TEST(index__one_edit_copies_one_path)
{
	uint32_t root = build(100000, spread), old = root;
	struct index_edit e = { .kind = &kind };
	index_ref(old);
	ck_assert(index_put(&root, &e, 777, 0, thing_new(777)));
	ck_assert_uint_gt(e.copied, 0);
	ck_assert_uint_le(e.copied, 4);
	uint64_t copied = e.copied;
	/* The same edit goes the same way for nothing. */
	ck_assert(index_put(&root, &e, 777, find(root, 777), thing_new(777)));
	ck_assert_uint_eq(e.copied, copied);
	ck_assert_uint_eq(find(old, 777), 0);
	index_unref(old, &kind);
	index_unref(root, &kind);
	ck_assert_int_eq(alive, 0);
}
END_TEST

/* Octets of nodes an item, less those of the items, at every fill. */
START_TEST(index__takes_few_octets_an_item_at_any_size)
{
	double most = 0;
	for (size_t n = 2000; n < 300000; n = n * 5 / 4) {
		size_t before = slab_use().blocks;
		uint32_t root = build(n, spread);
		double each = (double)(slab_use().blocks - before) / (double)n - sizeof(struct thing);
		most = each > most ? each : most;
		index_unref(root, &kind);
	}
	printf("at most %.1f octets an item\n", most);
	ck_assert_double_lt(most, 14);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, index__what_is_built_is_found);
	tcase_add_test(tc, index__more_equal_hashes_than_a_leaf_holds_are_refused);
	tcase_add_test(tc, index__random_edits_equal_a_model_and_leave_older_trees_alone);
	tcase_add_test(tc, index__removing_everything_leaves_nothing);
	tcase_add_test(tc, index__one_edit_copies_one_path);
	tcase_add_test(tc, index__takes_few_octets_an_item_at_any_size);
}

int main(void)
{
	return check_main("index", add);
}
