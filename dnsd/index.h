/* index.h - a persistent hash index: 64-bit hash -> items, changed by copying one path.
 * Sits on slab.h; an image's names hang in one (image.h), and a view's zones in another (view.h).
 *
 *     link  a 32-bit word: 3 bits b and a reference; b = 0: a leaf, else a directory of 2^b links
 *     dir   the next b bits of the hash say which link; a leaf that needs fewer bits stands in several
 *     leaf  one cache line: up to INDEX_LEAF items and, for each, 8 other bits of its hash
 *
 * Going down takes the hash from its top, the leaf compares its lowest octet: of ten lookups of what is not there
 * nine and a half end in the leaf. Leaves are split and joined by halves, so that they stay about two thirds full
 * whatever the number of items, and directories grow by doubling: some 9 octets an item in all.
 *
 *     1,000,000 items:  root, 64 dirs (18 KiB), 4,096 dirs (1.2 MiB), 120,000 leaves (7.5 MiB)
 *
 * so that what a lookup reads from memory that is not in a cache nearby is one line of a directory and one leaf.
 * Invariants: what is published never changes. Nodes and items begin with a count of those that hold them; a node
 *   that a tree reaches by nodes that only it holds is its own, and changed in place.
 * Ownership: a tree owns a reference to its root, a node one to each child or item.
 * Threads: readers need nothing but a root kept alive by others (publish.h). Several threads may change and drop
 * trees that share nodes, each tree by one: the counts are atomic. Limits: items whose hashes agree in 60 bits, or
 * nearly, share a leaf, so at most INDEX_LEAF of those (hash keys are random a process: dname.h). */
#ifndef INDEX_H
#define INDEX_H

#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "dnsd/slab.h"

enum { INDEX_LEAF = 12, INDEX_DIR_BITS = 6, INDEX_DEPTH = 60, INDEX_UNIT = 32 };

typedef _Atomic uint32_t index_refs;

struct index_leaf {
	index_refs refs;
	uint32_t item[INDEX_LEAF]; /* slab references, from the left; 0: free */
	uint8_t tag[INDEX_LEAF];   /* 0: free */
};
_Static_assert(sizeof(struct index_leaf) == 64, "a leaf is one cache line");

struct index_dir {
	index_refs refs;
	uint32_t link[];
};

struct index_entry {
	uint64_t hash;
	uint32_t item;
};

/* What the index needs to know of its items. */
struct index_kind {
	uint64_t (*hash)(uint32_t item);
	void (*drop)(uint32_t item); /* nobody holds it any more */
};

/* A run of changes. */
struct index_edit {
	const struct index_kind *kind;
	uint64_t copied; /* nodes copied from trees of before */
	bool crowded;    /* failed as too many hashes agree, not for want of memory */
};

/* -- the answer path -------------------------------------------------------------------------------------- */

static inline unsigned index_bits(uint32_t link)
{
	return link >> 29;
}

static inline void *index_node(uint32_t link)
{
	return slab_base + (size_t)(link & 0x1fffffff) * INDEX_UNIT;
}

/* Where on the way down: a link, and how many bits of the hash led to it. */
struct index_step {
	uint32_t link;
	unsigned used;
};

/* The link within a directory. */
static inline const uint32_t *index_slot(struct index_step at, uint64_t hash)
{
	const struct index_dir *dir = index_node(at.link);
	return dir->link + (hash << at.used >> (64 - index_bits(at.link)));
}

static inline struct index_step index_down(struct index_step at, uint64_t hash)
{
	return (struct index_step){ *index_slot(at, hash), at.used + index_bits(at.link) };
}

/* The leaf in which the hash would be, from where one is on the way to it; NULL if there is none. */
static inline const struct index_leaf *index_find_from(struct index_step at, uint64_t hash)
{
	while (index_bits(at.link))
		at = index_down(at, hash);
	return at.link ? index_node(at.link) : NULL;
}

static inline const struct index_leaf *index_find(uint32_t root, uint64_t hash)
{
	return index_find_from((struct index_step){ root, 0 }, hash);
}

static inline uint8_t index_tag(uint64_t hash)
{
	return (uint8_t)hash ? (uint8_t)hash : 1; /* 0: free */
}

/* The items of a leaf (NULL: none) that may have the hash:
 *	for (struct index_hits h = index_hits(leaf, hash); index_next(&item, &h);) */
struct index_hits {
	const struct index_leaf *leaf;
	uint32_t at; /* a bit each */
};

#ifdef __SSE2__
/* The last item and the tags are 16 octets. */
static inline uint32_t index_compare(const struct index_leaf *leaf, uint8_t tag)
{
	__m128i tags = _mm_loadu_si128((const __m128i *)&leaf->item[INDEX_LEAF - 1]);
	return (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(tags, _mm_set1_epi8((char)tag))) >> 4;
}
#else
static inline uint32_t index_compare(const struct index_leaf *leaf, uint8_t tag)
{
	uint32_t at = 0;
	for (unsigned i = 0; i < INDEX_LEAF; i++)
		at |= (uint32_t)(leaf->tag[i] == tag) << i;
	return at;
}
#endif

static inline struct index_hits index_hits(const struct index_leaf *leaf, uint64_t hash)
{
	return (struct index_hits){ leaf, leaf ? index_compare(leaf, index_tag(hash)) : 0 };
}

static inline bool index_next(uint32_t *item, struct index_hits *h)
{
	if (!h->at)
		return false;
	*item = h->leaf->item[__builtin_ctz(h->at)];
	h->at &= h->at - 1;
	return true;
}

/* -- building and changing -------------------------------------------------------------------------------- */

/* Build a tree of n entries (reordered by it; a second array of n as scratch). Takes over a reference to each item.
 * False without memory or with crowded hashes; then the items are still the caller's. *root is 0 for n == 0. */
bool index_build(uint32_t *root, struct index_edit *e, struct index_entry *entries, struct index_entry *scratch,
		 size_t n);
/* Replace item old (0: none is there) under its hash by item new (0: remove it). Takes over a reference to new, gives
 * up the one to old. False without memory or with crowded hashes: *root is as it was (as content; it may have been
 * partly copied) and new still the caller's. */
bool index_put(uint32_t *root, struct index_edit *e, uint64_t hash, uint32_t old, uint32_t new_item);
/* Drop a reference to a tree. 0 is fine. */
void index_unref(uint32_t root, const struct index_kind *kind);
void index_ref(uint32_t root);
/* Call each for every item, until it returns false. */
bool index_walk(uint32_t root, bool (*each)(void *ctx, uint32_t item), void *ctx);

/* The counts of items, for whoever else holds one. */
static inline void index_item_ref(uint32_t item)
{
	atomic_fetch_add_explicit((index_refs *)slab_at(item), 1, memory_order_relaxed);
}
void index_item_unref(uint32_t item, const struct index_kind *kind);

#endif
