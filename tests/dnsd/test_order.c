#include "dnsd/order.h"
#include "tests/check.h"

#include "core/name.h"

/* Items that are numbers; their keys are seven digits behind some equal octets, or in front of them. */
struct thing {
	index_refs refs;
	uint32_t number;
};

static bool same_heads;

static struct ax_slice key_of(uint8_t *buffer, uint32_t number)
{
	int n = sprintf((char *)buffer, same_heads ? "equal-so-far-%07u" : "%07u", number);
	return ax_slice(buffer, (size_t)n);
}

static struct ax_slice item_key(uint8_t *buffer, uint32_t item)
{
	return key_of(buffer, ((const struct thing *)slab_at(item))->number);
}

static const struct order_kind kind = { { NULL, slab_free }, item_key };

static uint32_t thing_new(uint32_t number)
{
	uint32_t item = slab_alloc(sizeof(struct thing));
	ck_assert_uint_ne(item, 0);
	*(struct thing *)slab_at(item) = (struct thing){ 1, number };
	return item;
}

enum { SPACE = 2000, KEPT = 4 };

/* How many keys are not answered as the model says. */
static unsigned wrong(uint32_t root, const uint32_t *model)
{
	uint8_t buffer[AX_KEY_MAX];
	uint32_t last = 0;
	unsigned n = 0;
	for (unsigned i = 0; i < SPACE; i++) {
		last = model[i] ? model[i] : last;
		n += order_find(root, &kind, key_of(buffer, i)) != last;
	}
	return n + (order_last(root) != last);
}

static void random_edits(uint64_t *seed)
{
	static uint32_t model[KEPT][SPACE];
	uint32_t root[KEPT] = { 0 };
	size_t before = slab_use().blocks;
	memset(model, 0, sizeof model);
	for (unsigned round = 1; round < 80; round++) {
		unsigned from = (round - 1) % KEPT, to = round % KEPT, grow = round % 20 < 14 ? 3 : 0;
		order_unref(root[to], &kind);
		root[to] = root[from];
		order_ref(root[to]);
		memcpy(model[to], model[from], sizeof model[to]);
		for (unsigned k = check_random(seed) % 300; k > 0; k--) {
			uint8_t buffer[AX_KEY_MAX];
			unsigned i = (unsigned)(check_random(seed) % SPACE);
			uint32_t new = check_random(seed) % 4 < grow ? thing_new(i) : 0;
			uint64_t copied = 0;
			if (!new && !model[to][i])
				continue;
			ck_assert(order_put(&root[to], &kind, key_of(buffer, i), model[to][i], new, &copied));
			model[to][i] = new;
			if (new)
				index_item_unref(new, &kind.items); /* the order holds it */
		}
		for (unsigned r = 0; r < KEPT && r <= round; r++)
			ck_assert_uint_eq(wrong(root[r], model[r]), 0);
	}
	for (unsigned r = 0; r < KEPT; r++)
		order_unref(root[r], &kind);
	ck_assert_uint_eq(slab_use().blocks, before);
}

START_TEST(order__random_edits_equal_a_model_and_leave_older_ones_alone)
{
	uint64_t seed = check_seed();
	same_heads = _i;
	random_edits(&seed);
}
END_TEST

START_TEST(order__what_is_built_is_found)
{
	static const unsigned sizes[] = { 0, 1, 16, 17, 256, 257, 2000 };
	static struct order_entry entries[SPACE];
	static uint32_t model[SPACE];
	same_heads = _i;
	for (unsigned s = 0; s < 7; s++) {
		uint8_t buffer[AX_KEY_MAX];
		uint32_t root;
		memset(model, 0, sizeof model);
		for (unsigned i = 0; i < sizes[s]; i++) {
			model[i] = thing_new(i);
			entries[i] = (struct order_entry){ order_head(key_of(buffer, i)), model[i] };
		}
		ck_assert(order_build(&root, &kind, entries, sizes[s]));
		ck_assert_uint_eq(wrong(root, model), 0);
		order_unref(root, &kind);
		for (unsigned i = 0; i < sizes[s]; i++)
			index_item_unref(model[i], &kind.items);
	}
	ck_assert_uint_eq(slab_use().blocks, 0);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_loop_test(tc, order__random_edits_equal_a_model_and_leave_older_ones_alone, 0, 2);
	tcase_add_loop_test(tc, order__what_is_built_is_found, 0, 2);
}

int main(void)
{
	return check_main("order", add);
}
