#include "tests/core/scratch.h"

static struct ax_item leaf_item(const char *key, size_t key_len, const char *value, uint64_t changed)
{
	return (struct ax_item){ .key = ax_slice(key, key_len),
				 .value = ax_slice(value, strlen(value + 1) + 1),
				 .count = 1,
				 .changed = changed };
}

static void check_hex(struct ax_slice got, const char *want)
{
	char text[2048];
	ck_assert_uint_lt(2 * got.n, sizeof text);
	for (size_t i = 0; i < got.n; i++)
		sprintf(text + 2 * i, "%02x", got.p[i]);
	text[2 * got.n] = 0;
	ck_assert_str_eq(text, want);
}

static struct ax_node_builder *builder(unsigned level)
{
	struct ax_node_builder *b = malloc(sizeof *b);
	ck_assert_ptr_nonnull(b);
	ax_node_builder_init(b, level);
	return b;
}

static void builder_free(struct ax_node_builder *b)
{
	ax_node_builder_fini(b);
	free(b);
}

/* The bytes of the format: a change here is another format. tests/core/format.py computes the same from the manual
 * page alone. */
START_TEST(node__hazard_is_frozen)
{
	ck_assert_uint_eq(ax_node_hazard(0, ax_slice_str("")), 485941002u);
	ck_assert_uint_eq(ax_node_hazard(0, ax_slice("api\0\0\0\1", 7)), 2078334090u);
	ck_assert_uint_eq(ax_node_hazard(1, ax_slice("api\0\0\0\1", 7)), 3537053342u);
	ck_assert_uint_eq(ax_node_hazard(5, ax_slice("\0\0\6", 3)), 1039193138u);
}
END_TEST

START_TEST(node__leaf_bytes_are_frozen)
{
	struct ax_node_builder *b = builder(0);
	bool ends;
	struct ax_item blob = { .key = ax_slice("apj\0\0\0\1", 7), .child = 300, .count = 1, .changed = 9 };
	uint8_t value[33] = { 1, 0xaa };
	blob.value = ax_slice(value, sizeof value);
	struct ax_item a = leaf_item("api\0\0\0\1", 7, "\0value", 7), c = leaf_item("apj\0\0\0\2", 7, "\0v", 200);
	OK(ax_node_builder_add(b, &ends, &a));
	OK(ax_node_builder_add(b, &ends, &blob));
	OK(ax_node_builder_add(b, &ends, &c));
	OK(ax_node_builder_encode(b));
	check_hex(ax_buf_view(&b->canonical), "000003"
					      "000706"
					      "61706900000001"
					      "0076616c7565"
					      "020521"
					      "6a00000001"
					      "01aa00000000000000000000000000000000000000000000000000000000000000"
					      "060102"
					      "02"
					      "0076");
	check_hex(ax_buf_view(&b->sidecar), "07"
					    "03"
					    "00"
					    "02"
					    "c101"
					    "ac02");
	builder_free(b);
}
END_TEST

START_TEST(node__sparse_sidecar_is_frozen)
{
	struct ax_node_builder *b = builder(0);
	bool ends;
	const char keys[] = "abcd";
	for (unsigned i = 0; i < 4; i++) {
		struct ax_item item = leaf_item(keys + i, 1, "\0v", i == 2 ? 1000 : 5);
		OK(ax_node_builder_add(b, &ends, &item));
	}
	OK(ax_node_builder_encode(b));
	check_hex(ax_buf_view(&b->sidecar), "05"
					    "01"
					    "02e307");
	builder_free(b);
}
END_TEST

START_TEST(node__inner_bytes_are_frozen)
{
	struct ax_node_builder *b = builder(2);
	bool ends;
	uint8_t hash[32] = { 0xbb };
	struct ax_item item = { .key = ax_slice("m\0\0\0\1", 5),
				.value = ax_slice(hash, 32),
				.child = 900,
				.count = 200,
				.changed = 40 };
	OK(ax_node_builder_add(b, &ends, &item));
	ck_assert(!ends);
	item.key = ax_slice("m\0\0\0\2", 5);
	item.child = 700;
	item.count = 3;
	item.changed = 30;
	OK(ax_node_builder_add(b, &ends, &item));
	OK(ax_node_builder_encode(b));
	check_hex(ax_buf_view(&b->canonical), "020002"
					      "0005"
					      "6d00000001"
					      "bb00000000000000000000000000000000000000000000000000000000000000"
					      "c801"
					      "0401"
					      "02"
					      "bb00000000000000000000000000000000000000000000000000000000000000"
					      "03");
	check_hex(ax_buf_view(&b->sidecar), "1e"
					    "880e"
					    "0a"
					    "8f03"
					    "00");
	builder_free(b);
}
END_TEST

/* Fill a leaf with random items, read it back, look each of them and its neighbours up. */
static void round_trip(struct rng *r, unsigned level)
{
	enum { N = 25 };
	static uint8_t bytes[N * RANDOM_EDIT_MAX];
	const uint8_t hash[32] = { (uint8_t)rng_next(r) };
	struct ax_edit edits[N];
	struct ax_item items[N], found;
	struct ax_node node;
	struct ax_node_iter it;
	bool ends, exact;
	unsigned at;
	struct ax_node_builder *b = builder(level);
	size_t n = random_edits(edits, bytes, N, r, 40, 0);
	uint64_t often = rng_below(r, 4);
	for (size_t i = 0; i < n; i++) {
		uint8_t *value = (uint8_t *)edits[i].value.p;
		bool blob = level == 0 && edits[i].value.n >= 33 && rng_below(r, 2);
		size_t len = edits[i].value.n < 100 ? edits[i].value.n : 100;
		value[0] = blob;
		items[i] = (struct ax_item){ .key = edits[i].key,
					     .value = level ? ax_slice(hash, 32) : ax_slice(value, blob ? 33 : len),
					     .child = level || blob ? 1 + (rng_next(r) >> rng_below(r, 63)) : 0,
					     .count = level ? 1 + rng_below(r, 1000) : 1,
					     .changed = rng_below(r, 3) < often
								? 77
								: rng_next(r) >> (1 + rng_below(r, 60)) };
		OK(ax_node_builder_add(b, &ends, &items[i]));
	}
	OK(ax_node_builder_encode(b));
	OK(ax_node_view(&node, 1, level ? AX_KIND_INNER : AX_KIND_LEAF, ax_buf_view(&b->canonical),
			ax_buf_view(&b->sidecar)));
	ax_node_iter_init(&it, &node);
	for (size_t i = 0; i < n; i++) {
		OK(ax_node_next(&it));
		OK(ax_node_search(&found, &at, &exact, &node, items[i].key));
		ck_assert(exact && at == i);
		const struct ax_item *both[] = { &it.item, &found };
		ck_assert(ax_slice_eq(it.item.key, items[i].key));
		for (int k = 0; k < 2; k++) {
			ck_assert(ax_slice_eq(both[k]->value, items[i].value));
			ck_assert_uint_eq(both[k]->child, items[i].child);
			ck_assert_uint_eq(both[k]->count, items[i].count);
			ck_assert_uint_eq(both[k]->changed, items[i].changed);
		}
	}
	ck_assert_int_eq(ax_node_next(&it), AX_ENOENT);
	for (int k = 0; k < 50; k++) {
		uint8_t key[64];
		struct ax_slice s = ax_slice(key, random_key(key, r, 45));
		unsigned want = 0;
		while (want < n && ax_slice_cmp(items[want].key, s) < 0)
			want++;
		OK(ax_node_search(&found, &at, &exact, &node, s));
		ck_assert_uint_eq(at, want);
		ck_assert(exact == (want < n && ax_slice_eq(items[want].key, s)));
	}
	builder_free(b);
}

START_TEST(node__what_is_written_is_read)
{
	struct rng r = rng_seeded();
	for (int i = 0; i < 400; i++)
		round_trip(&r, i % 2 ? 0 : 1 + i % 5);
}
END_TEST

/* The last node of a real encoding, cut and changed at every byte: no crash, and no item beyond the limits. */
START_TEST(node__damage_is_refused_or_harmless)
{
	struct rng r = rng_seeded();
	struct ax_node_builder *b = builder(0);
	struct ax_item a = leaf_item("api\0\0\0\1", 7, "\0value", 7), c = leaf_item("apj\0\0\0\2", 7, "\0v", 200);
	bool ends;
	OK(ax_node_builder_add(b, &ends, &a));
	OK(ax_node_builder_add(b, &ends, &c));
	OK(ax_node_builder_encode(b));
	size_t refused = 0;
	for (size_t cut = 0; cut < b->canonical.n; cut++) {
		struct ax_node node;
		struct ax_node_iter it;
		enum ax_err e =
			ax_node_view(&node, 1, AX_KIND_LEAF, ax_slice(b->canonical.p, cut), ax_buf_view(&b->sidecar));
		if (!e)
			ax_node_iter_init(&it, &node);
		while (!e)
			e = ax_node_next(&it);
		ck_assert_int_eq(e, AX_ECORRUPT);
	}
	for (int i = 0; i < 20000; i++) {
		uint8_t *p = malloc(b->canonical.n); /* of exact size, for the sanitizer */
		struct ax_node node;
		struct ax_node_iter it;
		memcpy(p, b->canonical.p, b->canonical.n);
		for (uint64_t k = 1 + rng_below(&r, 3); k > 0; k--)
			p[rng_below(&r, b->canonical.n)] = (uint8_t)rng_next(&r);
		enum ax_err e =
			ax_node_view(&node, 1, AX_KIND_LEAF, ax_slice(p, b->canonical.n), ax_buf_view(&b->sidecar));
		if (!e)
			ax_node_iter_init(&it, &node);
		while (!e)
			e = ax_node_next(&it);
		refused += e == AX_ECORRUPT;
		free(p);
	}
	ck_assert_uint_gt(refused, 5000);
	builder_free(b);
}
END_TEST

START_TEST(node__sidecar_cut_off_is_refused)
{
	struct ax_node_builder *b = builder(1);
	struct ax_node node;
	struct ax_node_iter it;
	uint8_t hash[32] = { 1 };
	struct ax_item item = { .key = ax_slice_str("a"), .value = ax_slice(hash, 32), .child = 5, .count = 1 },
		       found;
	bool ends, exact;
	unsigned at;
	OK(ax_node_builder_add(b, &ends, &item));
	OK(ax_node_builder_encode(b));
	for (size_t n = 0; n < b->sidecar.n; n++) {
		OK(ax_node_view(&node, 1, AX_KIND_INNER, ax_buf_view(&b->canonical), ax_slice(b->sidecar.p, n)));
		ax_node_iter_init(&it, &node);
		ck_assert_int_eq(ax_node_next(&it), AX_ECORRUPT);
		ck_assert_int_eq(ax_node_search(&found, &at, &exact, &node, item.key), AX_ECORRUPT);
	}
	builder_free(b);
}
END_TEST

START_TEST(node__keys_out_of_order_are_not_written)
{
	struct ax_node_builder *b = builder(0);
	bool ends;
	struct ax_item one = leaf_item("b", 1, "\0v", 1), two = leaf_item("a", 1, "\0v", 1);
	OK(ax_node_builder_add(b, &ends, &one));
	ck_assert_int_eq(ax_node_builder_add(b, &ends, &one), AX_EINTERNAL);
	ck_assert_int_eq(ax_node_builder_add(b, &ends, &two), AX_EINTERNAL);
	two.key.n = 0;
	ck_assert_int_eq(ax_node_builder_add(b, &ends, &two), AX_EINTERNAL);
	builder_free(b);
}
END_TEST

/* -- an adversary who grinds hashes ----------------------------------------------------------------------- */

/* A key of n bytes that sorts by i and whose hazard is among the greatest. */
static struct ax_slice ground_key(uint8_t *key, size_t n, unsigned level, unsigned i, struct rng *r)
{
	uint32_t best = 0;
	uint8_t try[AX_NODE_KEY_MAX] = { (uint8_t)(33 + i / 2), (uint8_t)(i % 2) };
	for (int k = 0; k < 4000; k++) {
		for (size_t j = 2; j < n && j < 8; j++)
			try[j] = (uint8_t)rng_next(r);
		uint32_t h = ax_node_hazard(level, ax_slice(try, n));
		if (h >= best) {
			best = h;
			memcpy(key, try, n);
		}
	}
	ck_assert_uint_gt(best, UINT32_MAX - (1u << 24));
	return ax_slice(key, n);
}

/* The record of one node: `small` ground entries as little as can be, then a big one. Each entry was changed by
 * another commit. 0 if the node ended before the big one. */
static size_t ground_record(unsigned level, unsigned small, const uint8_t (*keys)[8], size_t key_len, struct rng *r)
{
	static uint8_t big[AX_NODE_KEY_MAX], value[AX_NODE_VALUE_MAX];
	struct ax_node_builder *b = builder(level);
	bool ends = false;
	for (unsigned i = 0; i <= small && !ends; i++) {
		struct ax_item item = { .count = level ? UINT32_MAX : 1, .changed = rng_next(r) >> 36 };
		item.key = i < small ? ax_slice(keys[i], key_len) : ax_slice(big, 509);
		memset(big, 0xff, sizeof big);
		item.value = ax_slice(value, level ? 32 : i < small ? 8 : AX_NODE_VALUE_MAX);
		item.child = level ? 1 + (rng_next(r) >> 36) : 0;
		OK(ax_node_builder_add(b, &ends, &item));
		if (ends && i < small) {
			builder_free(b);
			return 0;
		}
	}
	OK(ax_node_builder_encode(b));
	size_t n = 4 + b->canonical.n + b->sidecar.n;
	builder_free(b);
	return n;
}

/* One overflow page of LMDB holds 4,080 bytes. Local ids spread over 2^28 (a store of hundreds of gigabytes). */
START_TEST(node__ground_hashes_make_no_record_over_one_page)
{
	enum { MAX = 200 };
	static uint8_t keys[MAX][8];
	struct rng r = rng_seeded();
	for (unsigned level = 0; level < 3; level++) {
		size_t greatest = 0, key_len = 5;
		unsigned most = 0;
		for (unsigned i = 0; i < MAX; i++)
			ground_key(keys[i], key_len, level, i, &r);
		for (unsigned small = 2; small < MAX; small++) {
			size_t n = ground_record(level, small, (const uint8_t(*)[8])keys, key_len, &r);
			most = n ? small : most;
			greatest = n > greatest ? n : greatest;
		}
		printf("level %u: up to %u ground entries, record of up to %zu bytes\n", level, most, greatest);
		ck_assert_uint_gt(most, level ? 35 : 120); /* the grinding did grind */
		ck_assert_uint_le(greatest, 4080);
	}
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, node__sparse_sidecar_is_frozen);
	tcase_add_test(tc, node__ground_hashes_make_no_record_over_one_page);
	tcase_add_test(tc, node__hazard_is_frozen);
	tcase_add_test(tc, node__leaf_bytes_are_frozen);
	tcase_add_test(tc, node__inner_bytes_are_frozen);
	tcase_add_test(tc, node__what_is_written_is_read);
	tcase_add_test(tc, node__damage_is_refused_or_harmless);
	tcase_add_test(tc, node__sidecar_cut_off_is_refused);
	tcase_add_test(tc, node__keys_out_of_order_are_not_written);
}

int main(void)
{
	return check_main("node", add);
}
