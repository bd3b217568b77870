/* hamt.h - a persistent hash trie: 64-bit hash -> items, changed by copying one path.
 * The bottom of dnsd/image.h: an image's names hang in one, and a view's zones in another.
 *
 *     inner   bitmap of 64 slots, one 6-bit digit of the hash a level, only the children that are there
 *     leaf    up to HAMT_LEAF_MAX entries {hash, item}; more only where all 60 bits of their hashes are equal
 *
 * Invariants: a published node never changes. A node or item is freed when its count of references falls to none.
 * Ownership: a tree owns one reference to its root; a node owns one to each child or item. An edit turns the caller's
 *   root into a new one, reusing in place what this very edit has made.
 * Threads: readers need nothing but a root kept alive by others (publish.h). References are counted without atomics:
 *   all that edits or drops trees which share nodes is one thread.
 * Cost: find is log64(n / HAMT_LEAF_MAX) steps; an edit copies as many nodes and counts them in `copied`.
 * Limits: 10 levels of 6 bits; names that collide in all of them share one leaf (hash keys are random a process). */
#ifndef HAMT_H
#define HAMT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HAMT_BITS = 6, HAMT_LEVELS = 10, HAMT_LEAF_MAX = 8 };

struct hamt_entry {
	uint64_t hash;
	void *item;
};

struct hamt_node {
	uint32_t refs; /* writer only */
	uint32_t edit; /* the edit that made it; writer only */
	uint32_t n;    /* children or entries */
	uint32_t leaf;
	uint64_t bitmap; /* inner */
	union {
		struct hamt_node *child[0];
		struct hamt_entry entry[0];
	};
};

/* What the trie needs to know of its items. */
struct hamt_kind {
	void (*ref)(void *item);
	void (*unref)(void *item);
};

/* One run of changes; what it makes may be changed in place until its tree is published. */
struct hamt_edit {
	const struct hamt_kind *kind;
	uint32_t id;
	uint64_t copied; /* nodes copied from trees of before */
	uint64_t made;   /* nodes that are new */
};

static inline unsigned hamt_digit(uint64_t hash, unsigned level)
{
	return (unsigned)(hash >> (64 - HAMT_BITS * (level + 1))) & 63;
}

/* The leaf in which the hash would be; NULL if there is none. */
static inline const struct hamt_node *hamt_leaf(const struct hamt_node *n, uint64_t hash)
{
	for (unsigned level = 0; n && !n->leaf; level++) {
		uint64_t bit = 1ull << hamt_digit(hash, level);
		if (!(n->bitmap & bit))
			return NULL;
		n = n->child[__builtin_popcountll(n->bitmap & (bit - 1))];
	}
	return n;
}

/* An edit id never used before in this process. */
struct hamt_edit hamt_edit_begin(const struct hamt_kind *kind);

/* Build a tree of n entries (reordered by it; a second array of n as scratch). Takes over a reference to each item.
 * False without memory; then the items are still the caller's. *out is NULL for n == 0. */
bool hamt_build(struct hamt_node **out, struct hamt_edit *e, struct hamt_entry *entries, struct hamt_entry *scratch,
		size_t n);
/* Replace item old (NULL: none is there) under its hash by item new (NULL: remove it). Takes over a reference to new.
 * False without memory: *root is as it was (as content; it may have been partly copied) and new still the caller's.
 */
bool hamt_put(struct hamt_node **root, struct hamt_edit *e, uint64_t hash, void *old, void *new_item);
/* Drop a reference to a tree. NULL is fine. */
void hamt_unref(struct hamt_node *root, const struct hamt_kind *kind);
static inline void hamt_ref(struct hamt_node *root)
{
	if (root)
		root->refs++;
}
/* Call each for every item, until it returns false. */
bool hamt_walk(const struct hamt_node *root, bool (*each)(void *ctx, void *item), void *ctx);

#endif
