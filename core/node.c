#include "core/node.h"

#include <string.h>

enum { HEADER = 3 };

static enum ax_err damaged(uint64_t id, const char *what)
{
	return ax_fail(AX_ECORRUPT, "tree node %llu: %s", (unsigned long long)id, what);
}

/* Most lengths are one byte, most counts one or two. */
static inline uint64_t get_leb(struct ax_reader *r)
{
	const uint8_t *p = r->p;
	if (p < r->end && p[0] < 0x80)
		return *r->p++;
	if (r->end - p < 2 || p[1] == 0 || p[1] >= 0x80)
		return ax_get_leb(r);
	r->p += 2;
	return (uint64_t)(p[0] & 0x7f) | (uint64_t)p[1] << 7;
}

/* -- reading ---------------------------------------------------------------------------------------------- */

enum ax_err ax_node_view(struct ax_node *out, uint64_t id, enum ax_kind kind, struct ax_slice canonical,
			 struct ax_slice sidecar)
{
	*out = (struct ax_node){ .id = id, .canonical = canonical, .sidecar = sidecar };
	if (canonical.n < HEADER)
		return damaged(id, "too short");
	out->level = canonical.p[0];
	out->count = ax_be16(canonical.p + 1);
	if (kind != (out->level ? AX_KIND_INNER : AX_KIND_LEAF) || out->level >= AX_TREE_HEIGHT_MAX)
		return damaged(id, "its kind and level do not fit");
	if (out->count == 0 || out->count > AX_NODE_COUNT_MAX)
		return damaged(id, "its number of entries cannot be");
	return AX_OK;
}

enum ax_err ax_node_read(struct ax_node *out, struct ax_txn *t, uint64_t id)
{
	struct ax_object o;
	*out = (struct ax_node){ 0 };
	if (id == AX_NODE_PRUNED)
		return ax_fail(AX_EPRUNED, "what the zone held then was pruned");
	enum ax_err e = ax_object_read(&o, t, id, 0);
	return e ? e : ax_node_view(out, id, o.kind, o.canonical, o.sidecar);
}

enum ax_err ax_node_read_level(struct ax_node *out, struct ax_txn *t, uint64_t id, unsigned level)
{
	enum ax_err e = ax_node_read(out, t, id);
	if (!e && out->level != level)
		return damaged(id, "not of the level its parent says");
	return e;
}

static struct ax_reader entries_of(const struct ax_node *node)
{
	return ax_reader(ax_slice(node->canonical.p + HEADER, node->canonical.n - HEADER));
}

static void next_pair(struct ax_node_iter *it)
{
	/* beyond the last pair nothing is at any position */
	it->pair_at = it->pairs ? it->pair_at + get_leb(&it->side) : UINT64_MAX;
}

void ax_node_iter_init(struct ax_node_iter *it, const struct ax_node *node)
{
	it->item = (struct ax_item){ 0 };
	it->next = 0;
	it->shared = 0;
	it->node = *node;
	it->entries = entries_of(node);
	it->side = ax_reader(node->sidecar);
	it->base = get_leb(&it->side);
	it->raw = it->pair_at = 0;
	it->in_blobs = false;
	it->pairs = node->level ? 0 : get_leb(&it->side);
	it->dense = it->pairs == node->count;
	if (!it->dense)
		next_pair(it);
}

/* The blobs' ids stand after the rest: pass over what is still to come of it, once. */
static void find_blobs(struct ax_node_iter *it)
{
	uint64_t left = it->dense ? it->pairs - it->next - 1 : it->pairs;
	it->blobs = it->side;
	for (uint64_t i = 0; i < left && !it->blobs.bad; i++) {
		if (!it->dense && i)
			get_leb(&it->blobs); /* the gap of the first is taken already */
		get_leb(&it->blobs);
	}
	it->in_blobs = true;
}

static uint64_t next_blob(struct ax_node_iter *it)
{
	if (!it->in_blobs)
		find_blobs(it);
	uint64_t id = get_leb(&it->blobs);
	if (it->blobs.bad || id == 0)
		it->side.bad = true;
	return id;
}

static void leaf_sidecar(struct ax_node_iter *it)
{
	it->item.changed = it->base;
	if (it->dense)
		it->item.changed += get_leb(&it->side);
	else if (it->pair_at == it->next) {
		it->item.changed += get_leb(&it->side);
		it->pairs--;
		next_pair(it);
	}
	bool blob = it->item.value.p && it->item.value.p[0] == AX_VALUE_BLOB;
	it->item.child = blob ? next_blob(it) : 0;
	it->item.count = 1;
}

static uint64_t get_zigzag(struct ax_reader *r)
{
	uint64_t z = get_leb(r);
	return z >> 1 ^ (0 - (z & 1));
}

static bool is_value(struct ax_slice v)
{
	return v.n >= 1 && (v.p[0] == AX_VALUE_INLINE ? v.n <= AX_NODE_VALUE_MAX
						      : v.p[0] == AX_VALUE_BLOB && v.n == 1 + AX_ID_SIZE);
}

/* One entry's parts; false if they do not fit in the node. */
static inline bool get_entry(struct ax_reader *r, bool leaf, uint64_t *shared, struct ax_slice *suffix,
			     struct ax_slice *value, uint64_t *count)
{
	*shared = get_leb(r);
	uint64_t suffix_len = get_leb(r), value_len = leaf ? get_leb(r) : AX_ID_SIZE;
	*suffix = ax_get_bytes(r, suffix_len);
	*value = ax_get_bytes(r, value_len);
	*count = leaf ? 1 : get_leb(r);
	return !r->bad && suffix_len > 0 && *shared + suffix_len <= AX_NODE_KEY_MAX && *shared <= AX_NODE_KEY_MAX &&
	       (!leaf || is_value(*value));
}

enum ax_err ax_node_next(struct ax_node_iter *it)
{
	uint64_t shared;
	struct ax_slice suffix;
	bool leaf = it->node.level == 0;
	if (it->next == it->node.count)
		return ax_reader_left(&it->entries) ? damaged(it->node.id, "bytes left over") : AX_ENOENT;
	if (!get_entry(&it->entries, leaf, &shared, &suffix, &it->item.value, &it->item.count) ||
	    shared > it->item.key.n)
		return damaged(it->node.id, "an entry does not fit");
	memcpy(it->key + shared, suffix.p, suffix.n);
	it->shared = shared;
	it->item.key = ax_slice(it->key, shared + suffix.n);
	it->raw += it->item.key.n + it->item.value.n;
	if (leaf)
		leaf_sidecar(it);
	else {
		it->item.child += get_zigzag(&it->side);
		it->item.changed = it->base + get_leb(&it->side);
	}
	if (it->side.bad || it->raw > AX_NODE_RAW_MAX || (!leaf && !it->item.child))
		return damaged(it->node.id, it->side.bad ? "its sidecar is cut off" : "it cannot be");
	it->next++;
	return AX_OK;
}

/* -- searching -------------------------------------------------------------------------------------------- */

/* What the sidecar says of entry `at` of an inner node. */
static enum ax_err inner_refs(struct ax_item *item, const struct ax_node *node, unsigned at)
{
	struct ax_reader r = ax_reader(node->sidecar);
	uint64_t base = get_leb(&r), delta = 0;
	item->child = 0;
	for (unsigned i = 0; i <= at; i++) {
		item->child += get_zigzag(&r);
		delta = get_leb(&r);
	}
	item->changed = base + delta;
	return r.bad || !item->child ? damaged(node->id, "its sidecar is cut off") : AX_OK;
}

/* The same of a leaf; blobs: how many blobs stand before it. */
static enum ax_err leaf_refs(struct ax_item *item, const struct ax_node *node, unsigned at, unsigned blobs)
{
	struct ax_reader r = ax_reader(node->sidecar);
	uint64_t base = get_leb(&r), pairs = get_leb(&r), pos = 0;
	bool dense = pairs == node->count, blob = item->value.p[0] == AX_VALUE_BLOB;
	item->child = 0;
	item->changed = base;
	for (uint64_t i = 0; i < pairs && !r.bad && (blob || pos <= at); i++) {
		pos = dense ? i : pos + get_leb(&r);
		uint64_t delta = get_leb(&r);
		if (pos == at)
			item->changed = base + delta;
	}
	for (unsigned i = 0; blob && i <= blobs && !r.bad; i++)
		item->child = get_leb(&r);
	return r.bad || (blob && !item->child) ? damaged(node->id, "its sidecar is cut off") : AX_OK;
}

/* Compare what is left of two strings that are equal before; *common is how much more they share. */
static inline int compare_rest(size_t *common, struct ax_slice a, struct ax_slice b)
{
	size_t n = a.n < b.n ? a.n : b.n, i = 0;
	while (i < n && a.p[i] == b.p[i])
		i++;
	*common = i;
	return i < n ? (a.p[i] < b.p[i] ? -1 : 1) : (a.n > b.n) - (a.n < b.n);
}

int ax_node_compare(size_t *common, const struct ax_node_iter *it, struct ax_slice with)
{
	size_t more, from = *common;
	if (!with.n) /* which may have no bytes to point into */
		return it->item.key.n > 0;
	if (it->shared > from)
		return from == with.n ? 1 : -1;
	if (it->shared < from) {
		*common = it->shared;
		return 1;
	}
	int c = compare_rest(&more, ax_slice(it->item.key.p + from, it->item.key.n - from),
			     ax_slice(with.p + from, with.n - from));
	*common += more;
	return c;
}

/* All entries passed are less than key. `common` is what the last of them shares with key: an entry that shares more
 * than that with its forerunner is less too, one that shares less is greater, and only at equality bytes are
 * compared. */
enum ax_err ax_node_search(struct ax_item *item, unsigned *at, bool *exact, const struct ax_node *node,
			   struct ax_slice key)
{
	struct ax_reader r = entries_of(node);
	bool leaf = node->level == 0;
	size_t common = 0;
	unsigned blobs = 0, i;
	*exact = false;
	for (i = 0; i < node->count; i++) {
		uint64_t shared;
		struct ax_slice suffix;
		if (!get_entry(&r, leaf, &shared, &suffix, &item->value, &item->count))
			return damaged(node->id, "an entry does not fit");
		int c = shared > common ? -1 : shared < common ? 1 : 0;
		if (c == 0) {
			size_t more;
			c = compare_rest(&more, suffix, ax_slice(key.p + common, key.n - common));
			common += more;
			*exact = c == 0;
		}
		if (c >= 0)
			break;
		blobs += leaf && item->value.p[0] == AX_VALUE_BLOB;
	}
	*at = i;
	item->key = ax_slice(NULL, 0);
	if (i < node->count)
		return leaf ? leaf_refs(item, node, i, blobs) : inner_refs(item, node, i);
	*item = (struct ax_item){ 0 };
	return AX_OK;
}

enum ax_err ax_item_value(struct ax_slice *out, struct ax_txn *t, const struct ax_item *item)
{
	struct ax_object o;
	*out = ax_slice(item->value.p + 1, item->value.n - 1);
	if (item->value.p[0] == AX_VALUE_INLINE)
		return AX_OK;
	enum ax_err e = ax_object_read(&o, t, item->child, AX_KIND_BLOB);
	if (e)
		return e;
	struct ax_id got = ax_hash_object(AX_KIND_BLOB, o.canonical);
	if (!ax_slice_eq(ax_slice(got.b, AX_ID_SIZE), *out))
		return damaged(item->child, "a value does not hash to its id");
	*out = o.canonical;
	return AX_OK;
}

enum ax_err ax_node_verify(const struct ax_node *node, struct ax_slice want)
{
	struct ax_id got = ax_hash_object(node->level ? AX_KIND_INNER : AX_KIND_LEAF, node->canonical);
	return ax_slice_eq(ax_slice(got.b, AX_ID_SIZE), want) ? AX_OK : damaged(node->id, "does not hash to its id");
}

/* -- the split rule --------------------------------------------------------------------------------------- */

uint32_t ax_node_hazard(unsigned level, struct ax_slice key)
{
	uint8_t k[16];
	memcpy(k, "apexfs split key", sizeof k);
	k[0] ^= (uint8_t)level;
	return (uint32_t)ax_hash_sip(k, key);
}

unsigned ax_item_raw(unsigned level, const struct ax_item *item)
{
	return (unsigned)(level ? item->key.n + 38 : item->key.n + item->value.n + 4);
}

/* m is at most 4 L = 2^12 and d below 2^11, so the product is below 2^47; with m = 4 L it is at least 2^32 after the
 * shift whatever the hazard: no node grows further. The shift is 4 log2 L - 34. */
bool ax_node_ends(unsigned level, unsigned n, uint64_t raw, unsigned d, struct ax_slice key)
{
	enum { SHIFT = 6 };
	_Static_assert(AX_NODE_TARGET == 1024, "the shift is made for it");
	uint64_t m = raw - d / 2;
	if (m > 4 * AX_NODE_TARGET)
		m = 4 * AX_NODE_TARGET;
	if (level && n < 2)
		return false; /* every level has fewer nodes than the one below */
	return ax_node_hazard(level, key) < m * m * m * d >> SHIFT;
}

/* -- writing ---------------------------------------------------------------------------------------------- */

static void builder_clear(struct ax_node_builder *b)
{
	static const uint8_t header[HEADER];
	b->n = 0;
	b->raw = b->count = b->key_len = 0;
	ax_buf_clear(&b->canonical);
	ax_buf_clear(&b->sidecar);
	ax_buf_put(&b->canonical, header, sizeof header);
}

void ax_node_builder_init(struct ax_node_builder *b, unsigned level)
{
	b->canonical = b->sidecar = AX_BUF_INIT;
	b->level = level;
	builder_clear(b);
}

void ax_node_builder_fini(struct ax_node_builder *b)
{
	ax_buf_fini(&b->canonical);
	ax_buf_fini(&b->sidecar);
}

enum ax_err ax_node_builder_add(struct ax_node_builder *b, bool *ends, const struct ax_item *item)
{
	size_t shared;
	struct ax_slice last = ax_slice(b->key, b->key_len);
	unsigned d = ax_item_raw(b->level, item);
	*ends = false;
	if (item->key.n == 0 || item->key.n > AX_NODE_KEY_MAX)
		return ax_fail(AX_EINTERNAL, "a tree key has 1 to %d bytes, not %zu", AX_NODE_KEY_MAX, item->key.n);
	if (compare_rest(&shared, last, item->key) >= 0 || b->n > AX_NODE_COUNT_MAX)
		return ax_fail(AX_EINTERNAL, "tree keys out of order");
	ax_buf_leb(&b->canonical, shared);
	ax_buf_leb(&b->canonical, item->key.n - shared);
	if (b->level == 0)
		ax_buf_leb(&b->canonical, item->value.n);
	ax_buf_put(&b->canonical, item->key.p + shared, item->key.n - shared);
	ax_buf_slice(&b->canonical, item->value);
	if (b->level)
		ax_buf_leb(&b->canonical, item->count);
	memcpy(b->key + shared, item->key.p + shared, item->key.n - shared);
	b->key_len = item->key.n;
	b->ref[b->n].child = item->child;
	b->ref[b->n].changed = item->changed;
	b->n++;
	b->raw += d;
	b->count += item->count;
	*ends = ax_node_ends(b->level, b->n, b->raw, d, item->key);
	return AX_OK;
}

static void leaf_sidecar_encode(struct ax_node_builder *b, uint64_t base)
{
	unsigned pairs = 0, before = 0;
	for (unsigned i = 0; i < b->n; i++)
		pairs += b->ref[i].changed != base;
	/* one is the base, so that n pairs are fewer than entries */
	bool dense = pairs > b->n / 2;
	ax_buf_leb(&b->sidecar, dense ? b->n : pairs);
	for (unsigned i = 0; i < b->n; i++) {
		if (!dense && b->ref[i].changed == base)
			continue;
		if (!dense)
			ax_buf_leb(&b->sidecar, i - before);
		ax_buf_leb(&b->sidecar, b->ref[i].changed - base);
		before = i;
	}
	for (unsigned i = 0; i < b->n; i++)
		if (b->ref[i].child)
			ax_buf_leb(&b->sidecar, b->ref[i].child);
}

static void inner_sidecar_encode(struct ax_node_builder *b, uint64_t base)
{
	uint64_t before = 0;
	for (unsigned i = 0; i < b->n; i++) {
		uint64_t delta = b->ref[i].child - before;
		ax_buf_leb(&b->sidecar, delta << 1 ^ (0 - (delta >> 63)));
		ax_buf_leb(&b->sidecar, b->ref[i].changed - base);
		before = b->ref[i].child;
	}
}

enum ax_err ax_node_builder_encode(struct ax_node_builder *b)
{
	uint64_t base = UINT64_MAX;
	for (unsigned i = 0; i < b->n; i++)
		base = b->ref[i].changed < base ? b->ref[i].changed : base;
	ax_buf_clear(&b->sidecar);
	ax_buf_leb(&b->sidecar, base);
	if (b->level)
		inner_sidecar_encode(b, base);
	else
		leaf_sidecar_encode(b, base);
	enum ax_err e = ax_buf_check(&b->canonical);
	if (!e)
		e = ax_buf_check(&b->sidecar);
	if (e)
		return e;
	b->canonical.p[0] = (uint8_t)b->level;
	b->canonical.p[1] = (uint8_t)(b->n >> 8);
	b->canonical.p[2] = (uint8_t)b->n;
	return AX_OK;
}

enum ax_err ax_node_builder_write(struct ax_item *item, struct ax_node_builder *b, struct ax_txn *t)
{
	enum ax_kind kind = b->level ? AX_KIND_INNER : AX_KIND_LEAF;
	uint64_t changed = 0;
	*item = (struct ax_item){ 0 };
	enum ax_err e = ax_node_builder_encode(b);
	if (e)
		return e;
	for (unsigned i = 0; i < b->n; i++)
		changed = b->ref[i].changed > changed ? b->ref[i].changed : changed;
	b->hash = ax_hash_object(kind, ax_buf_view(&b->canonical));
	*item = (struct ax_item){ .key = ax_slice(b->key, b->key_len),
				  .value = ax_slice(b->hash.b, sizeof b->hash.b),
				  .count = b->count,
				  .changed = changed };
	e = ax_object_write(&item->child, t, kind, ax_buf_view(&b->canonical), ax_buf_view(&b->sidecar));
	builder_clear(b);
	return e;
}
