#include "dnsd/index.h"

#include <assert.h>

enum { JOINED = 8 }; /* leaves that have no more than this together become one */

static index_refs *refs_of(uint32_t link)
{
	return index_node(link);
}

/* True: it was the last. */
static bool release(index_refs *refs)
{
	return atomic_fetch_sub_explicit(refs, 1, memory_order_acq_rel) == 1;
}

static bool is_shared(uint32_t link)
{
	return atomic_load_explicit(refs_of(link), memory_order_acquire) > 1;
}

static struct index_dir *dir_at(uint32_t link)
{
	assert(index_bits(link));
	return index_node(link);
}

static struct index_leaf *leaf_at(uint32_t link)
{
	assert(!index_bits(link));
	return index_node(link);
}

static unsigned leaf_size(const struct index_leaf *leaf)
{
	unsigned n = 0;
	while (n < INDEX_LEAF && leaf->item[n])
		n++;
	return n;
}

/* A new node of one reference; 0 without memory. */
static uint32_t node_new(unsigned bits)
{
	size_t size = bits ? sizeof(struct index_dir) + (sizeof(uint32_t) << bits) : sizeof(struct index_leaf);
	uint32_t ref = slab_alloc((size + INDEX_UNIT - 1) / INDEX_UNIT * INDEX_UNIT);
	if (!ref)
		return 0;
	memset(slab_at(ref), 0, size);
	uint32_t link = bits << 29 | ref / (INDEX_UNIT / SLAB_UNIT);
	atomic_init(refs_of(link), 1);
	return link;
}

static void node_free(uint32_t link)
{
	slab_free(slab_ref(index_node(link)));
}

/* Call each for every child of a directory; a leaf that stands in several places is one child. */
static void each_child(uint32_t link, void (*each)(uint32_t child, const struct index_kind *kind),
		       const struct index_kind *kind)
{
	const struct index_dir *dir = dir_at(link);
	for (unsigned i = 0; i < 1u << index_bits(link); i++)
		if (dir->link[i] && (i == 0 || dir->link[i] != dir->link[i - 1]))
			each(dir->link[i], kind);
}

void index_ref(uint32_t root)
{
	if (root)
		atomic_fetch_add_explicit(refs_of(root), 1, memory_order_relaxed);
}

void index_item_unref(uint32_t item, const struct index_kind *kind)
{
	if (release(slab_at(item)))
		kind->drop(item);
}

void index_unref(uint32_t root, const struct index_kind *kind)
{
	if (!root || !release(refs_of(root)))
		return;
	if (index_bits(root)) {
		each_child(root, index_unref, kind);
	} else {
		const struct index_leaf *leaf = leaf_at(root);
		for (unsigned i = 0; i < leaf_size(leaf); i++)
			index_item_unref(leaf->item[i], kind);
	}
	node_free(root);
}

bool index_walk(uint32_t root, bool (*each)(void *ctx, uint32_t item), void *ctx)
{
	if (!root)
		return true;
	if (!index_bits(root)) {
		const struct index_leaf *leaf = leaf_at(root);
		for (unsigned i = 0; i < leaf_size(leaf); i++)
			if (!each(ctx, leaf->item[i]))
				return false;
		return true;
	}
	const struct index_dir *dir = dir_at(root);
	for (unsigned i = 0; i < 1u << index_bits(root); i++)
		if ((i == 0 || dir->link[i] != dir->link[i - 1]) && !index_walk(dir->link[i], each, ctx))
			return false;
	return true;
}

/* -- build ------------------------------------------------------------------------------------------------ */

enum { DIGITS = 1 << INDEX_DIR_BITS };

/* Where in the entries each digit of INDEX_DIR_BITS begins; at[DIGITS]: the end. */
struct digits {
	size_t at[DIGITS + 1];
};

static unsigned digit(uint64_t hash, unsigned used)
{
	return (unsigned)(hash << used >> (64 - INDEX_DIR_BITS));
}

/* Order entries by their digit. */
static void partition(struct digits *d, struct index_entry *entries, struct index_entry *scratch, size_t n,
		      unsigned used)
{
	size_t at[DIGITS];
	memset(d, 0, sizeof *d);
	for (size_t i = 0; i < n; i++)
		d->at[digit(entries[i].hash, used) + 1]++;
	for (unsigned k = 0; k < DIGITS; k++) {
		d->at[k + 1] += d->at[k];
		at[k] = d->at[k];
	}
	for (size_t i = 0; i < n; i++)
		scratch[at[digit(entries[i].hash, used)]++] = entries[i];
	memcpy(entries, scratch, n * sizeof *entries);
}

/* How many bits a directory needs until each link's entries fit in a leaf. */
static unsigned bits_for(const struct digits *d)
{
	for (unsigned bits = 1; bits < INDEX_DIR_BITS; bits++) {
		unsigned width = DIGITS >> bits, k = 0;
		while (k < DIGITS && d->at[k + width] - d->at[k] <= INDEX_LEAF)
			k += width;
		if (k == DIGITS)
			return bits;
	}
	return INDEX_DIR_BITS;
}

/* Give up a half-built tree: its items stay the caller's. */
static void discard(uint32_t link, const struct index_kind *kind)
{
	if (index_bits(link))
		each_child(link, discard, kind);
	if (link)
		node_free(link);
}

static uint32_t build_leaf(const struct index_entry *entries, size_t n)
{
	uint32_t link = node_new(0);
	for (size_t i = 0; link && i < n; i++) {
		leaf_at(link)->item[i] = entries[i].item;
		leaf_at(link)->tag[i] = index_tag(entries[i].hash);
	}
	return link;
}

/* What is being built: entries ordered by digits, at a depth of `used` bits. */
struct part {
	struct index_edit *edit;
	struct index_entry *entries, *scratch;
	size_t n;
	unsigned used;
	struct digits digits;
};

static uint32_t build(const struct part *whole);

/* Fill `width` links of a directory from the first on: with one leaf if that is enough. */
static bool build_links(const struct part *p, uint32_t dir, unsigned first, unsigned width)
{
	unsigned each = DIGITS >> index_bits(dir);
	size_t from = p->digits.at[first * each], n = p->digits.at[(first + width) * each] - from;
	if (n > INDEX_LEAF && width > 1)
		return build_links(p, dir, first, width / 2) && build_links(p, dir, first + width / 2, width / 2);
	struct part below = {
		p->edit, p->entries + from, p->scratch + from, n, p->used + index_bits(dir), { { 0 } }
	};
	uint32_t link = build(&below);
	for (unsigned i = 0; i < width; i++)
		dir_at(dir)->link[first + i] = link;
	return link;
}

/* 0 without memory or with crowded hashes. */
static uint32_t build(const struct part *whole)
{
	if (whole->n <= INDEX_LEAF)
		return build_leaf(whole->entries, whole->n);
	if (whole->used + INDEX_DIR_BITS > INDEX_DEPTH) {
		whole->edit->crowded = true;
		return 0;
	}
	struct part p = *whole;
	partition(&p.digits, p.entries, p.scratch, p.n, p.used);
	unsigned bits = bits_for(&p.digits);
	uint32_t dir = node_new(bits);
	if (dir && !build_links(&p, dir, 0, 1u << bits)) {
		discard(dir, p.edit->kind);
		return 0;
	}
	return dir;
}

bool index_build(uint32_t *root, struct index_edit *e, struct index_entry *entries, struct index_entry *scratch,
		 size_t n)
{
	struct part whole = { e, entries, scratch, n, 0, { { 0 } } };
	*root = n ? build(&whole) : 0;
	return *root || n == 0;
}

/* -- edit ------------------------------------------------------------------------------------------------- */

static void ref_child(uint32_t child, const struct index_kind *kind)
{
	(void)kind;
	index_ref(child);
}

/* Make *link's node the tree's own, with what it holds. */
static bool own(uint32_t *link, struct index_edit *e)
{
	unsigned bits = index_bits(*link);
	if (!is_shared(*link))
		return true;
	uint32_t copy = node_new(bits);
	if (!copy)
		return false;
	if (bits) {
		memcpy(dir_at(copy)->link, dir_at(*link)->link, sizeof(uint32_t) << bits);
		each_child(copy, ref_child, e->kind);
	} else {
		struct index_leaf *leaf = leaf_at(copy);
		memcpy(leaf->item, leaf_at(*link)->item, sizeof leaf->item);
		memcpy(leaf->tag, leaf_at(*link)->tag, sizeof leaf->tag);
		for (unsigned i = 0; i < leaf_size(leaf); i++)
			index_item_ref(leaf->item[i]);
	}
	index_unref(*link, e->kind);
	e->copied++;
	*link = copy;
	return true;
}

static void leaf_append(struct index_leaf *leaf, uint32_t item, uint8_t tag)
{
	unsigned n = leaf_size(leaf);
	leaf->item[n] = item;
	leaf->tag[n] = tag;
}

/* Copy items of a leaf, for two leaves to hold: those of which the given bit of the hash is `side`, or all. */
static void leaf_copy(uint32_t to, uint32_t from, const struct index_edit *e, unsigned bit, unsigned side)
{
	const struct index_leaf *leaf = leaf_at(from);
	for (unsigned i = 0; i < leaf_size(leaf); i++) {
		if (side < 2 && (e->kind->hash(leaf->item[i]) << bit >> 63) != side)
			continue;
		index_item_ref(leaf->item[i]);
		leaf_append(leaf_at(to), leaf->item[i], leaf->tag[i]);
	}
}

/* The links of a directory that lead to the same leaf as link i. */
struct span {
	unsigned first, width;
};

static struct span span_of(uint32_t dir, unsigned i)
{
	const uint32_t *link = dir_at(dir)->link;
	unsigned width = 1, n = 1u << index_bits(dir);
	while (width < n && link[(i ^ width) & ~(width - 1)] == link[i])
		width *= 2;
	return (struct span){ i & ~(width - 1), width };
}

static void set_links(uint32_t dir, struct span s, uint32_t link)
{
	for (unsigned i = 0; i < s.width; i++)
		dir_at(dir)->link[s.first + i] = link;
}

/* A directory over a leaf, which it takes over; 0 without memory. */
static uint32_t wrap(uint32_t leaf)
{
	uint32_t dir = node_new(1);
	if (dir)
		set_links(dir, (struct span){ 0, 2 }, leaf);
	return dir;
}

static bool split(uint32_t dir, struct span s, struct index_edit *e, unsigned used)
{
	uint32_t old = dir_at(dir)->link[s.first], half[2] = { node_new(0), node_new(0) };
	unsigned bit = used + index_bits(dir) - (unsigned)__builtin_ctz(s.width);
	for (unsigned side = 0; side < 2; side++) {
		if (!half[0] || !half[1]) {
			if (half[side])
				node_free(half[side]);
			continue;
		}
		leaf_copy(half[side], old, e, bit, side);
		set_links(dir, (struct span){ s.first + side * s.width / 2, s.width / 2 }, half[side]);
	}
	if (!half[0] || !half[1])
		return false;
	index_unref(old, e->kind);
	return true;
}

static bool double_links(uint32_t *dir)
{
	unsigned bits = index_bits(*dir);
	uint32_t wide = node_new(bits + 1);
	for (unsigned i = 0; wide && i < 2u << bits; i++)
		dir_at(wide)->link[i] = dir_at(*dir)->link[i / 2];
	if (!wide)
		return false;
	node_free(*dir);
	*dir = wide;
	return true;
}

/* The leaf at link i of a directory, which is the tree's own, is full: go a step towards its having room. */
static bool make_room(uint32_t *dir, unsigned i, struct index_edit *e, unsigned used)
{
	struct span s = span_of(*dir, i);
	if (s.width > 1)
		return split(*dir, s, e, used);
	if (index_bits(*dir) < INDEX_DIR_BITS)
		return double_links(dir);
	if (used + 2 * INDEX_DIR_BITS > INDEX_DEPTH) {
		e->crowded = true;
		return false;
	}
	uint32_t wrapped = wrap(dir_at(*dir)->link[i]);
	if (wrapped)
		dir_at(*dir)->link[i] = wrapped;
	return wrapped;
}

/* Something was taken out of the leaf at link i: let it become one with its neighbours while they have little; a
 * directory that has but one leaf is given up for it. */
static void join(uint32_t *dir, unsigned i, struct index_edit *e)
{
	struct span s = span_of(*dir, i);
	unsigned n = 1u << index_bits(*dir);
	while (s.width < n) {
		uint32_t one = dir_at(*dir)->link[s.first], other = dir_at(*dir)->link[s.first ^ s.width];
		struct span beside = span_of(*dir, s.first ^ s.width);
		if (index_bits(one) || index_bits(other) || beside.width != s.width ||
		    leaf_size(leaf_at(one)) + leaf_size(leaf_at(other)) > JOINED)
			return;
		uint32_t both = node_new(0);
		if (!both)
			return; /* it is right as it is */
		leaf_copy(both, one, e, 0, 2);
		leaf_copy(both, other, e, 0, 2);
		s = (struct span){ s.first & ~s.width, 2 * s.width };
		set_links(*dir, s, both);
		index_unref(one, e->kind);
		index_unref(other, e->kind);
	}
	uint32_t leaf = dir_at(*dir)->link[0];
	node_free(*dir);
	*dir = leaf;
}

struct change {
	uint64_t hash;
	uint32_t old, new_item;
};

static bool is_full(uint32_t link)
{
	return !index_bits(link) && leaf_at(link)->item[INDEX_LEAF - 1];
}

static bool leaf_put(uint32_t *link, struct index_edit *e, const struct change *c)
{
	if (!own(link, e))
		return false;
	struct index_leaf *leaf = leaf_at(*link);
	unsigned at = 0, n = leaf_size(leaf);
	while (at < n && leaf->item[at] != c->old)
		at++;
	assert(at < INDEX_LEAF && (at < n) == (c->old != 0));
	if (c->new_item) {
		leaf->item[at] = c->new_item;
		leaf->tag[at] = index_tag(c->hash);
	} else {
		leaf->item[at] = leaf->item[n - 1];
		leaf->tag[at] = leaf->tag[n - 1];
		leaf->item[n - 1] = leaf->tag[n - 1] = 0;
	}
	if (c->old)
		index_item_unref(c->old, e->kind);
	return true;
}

static bool put(uint32_t *link, struct index_edit *e, const struct change *c, unsigned used)
{
	unsigned bits, i;
	if (!index_bits(*link))
		return leaf_put(link, e, c);
	if (!own(link, e))
		return false;
	for (;;) {
		bits = index_bits(*link);
		i = (unsigned)(c->hash << used >> (64 - bits));
		if (c->old || !is_full(dir_at(*link)->link[i]))
			break;
		if (!make_room(link, i, e, used))
			return false;
	}
	uint32_t child = dir_at(*link)->link[i];
	struct span s = span_of(*link, i);
	bool done = put(&child, e, c, used + bits);
	set_links(*link, s, child);
	if (done && !c->new_item)
		join(link, i, e);
	return done;
}

bool index_put(uint32_t *root, struct index_edit *e, uint64_t hash, uint32_t old, uint32_t new_item)
{
	struct change c = { hash, old, new_item };
	if (!old && !new_item)
		return true;
	if (!*root) {
		assert(!old);
		*root = build_leaf(&(struct index_entry){ hash, new_item }, 1);
		return *root;
	}
	if (!old && is_full(*root)) {
		uint32_t dir = wrap(*root);
		if (!dir)
			return false;
		*root = dir;
	}
	if (!put(root, e, &c, 0))
		return false;
	if (!index_bits(*root) && !leaf_at(*root)->item[0]) {
		index_unref(*root, e->kind);
		*root = 0;
	}
	return true;
}
