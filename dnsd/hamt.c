#include "dnsd/hamt.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct hamt_edit hamt_edit_begin(const struct hamt_kind *kind)
{
	static _Atomic uint32_t last;
	/* Ids come round after 2^32 edits; by then no node of so old an edit may be changed in place, as it was
	 * published: an edit only touches trees it was given, and those with its own id it made itself. 0 is never
	 * an edit's. */
	uint32_t id;
	do
		id = atomic_fetch_add(&last, 1) + 1;
	while (id == 0);
	return (struct hamt_edit){ .kind = kind, .id = id };
}

static struct hamt_node *node_new(struct hamt_edit *e, bool leaf, uint32_t n)
{
	size_t each = leaf ? sizeof(struct hamt_entry) : sizeof(struct hamt_node *);
	struct hamt_node *node = malloc(sizeof *node + n * each);
	if (!node)
		return NULL;
	*node = (struct hamt_node){ .refs = 1, .edit = e->id, .n = n, .leaf = leaf };
	e->made++;
	return node;
}

void hamt_unref(struct hamt_node *node, const struct hamt_kind *kind)
{
	if (!node || --node->refs)
		return;
	for (uint32_t i = 0; i < node->n; i++) {
		if (node->leaf)
			kind->unref(node->entry[i].item);
		else
			hamt_unref(node->child[i], kind);
	}
	free(node);
}

/* Take a reference to everything a copied node holds. */
static void ref_content(struct hamt_node *node, const struct hamt_kind *kind)
{
	for (uint32_t i = 0; i < node->n; i++) {
		if (node->leaf)
			kind->ref(node->entry[i].item);
		else
			node->child[i]->refs++;
	}
}

/* Give up a node whose content has moved elsewhere. */
static void drop_shell(struct hamt_node *node, const struct hamt_kind *kind)
{
	if (--node->refs == 0) {
		free(node);
		return;
	}
	/* Others still hold it, so its content is now held twice. */
	ref_content(node, kind);
}

/* -- build ------------------------------------------------------------------------------------------------ */

/* Order entries by their digit at level; start[d] is where digit d begins, start[64] the end. */
static void partition(size_t start[65], struct hamt_entry *entries, struct hamt_entry *scratch, size_t n,
		      unsigned level)
{
	size_t at[64];
	memset(start, 0, 65 * sizeof *start);
	for (size_t i = 0; i < n; i++)
		start[hamt_digit(entries[i].hash, level) + 1]++;
	for (unsigned d = 0; d < 64; d++) {
		start[d + 1] += start[d];
		at[d] = start[d];
	}
	for (size_t i = 0; i < n; i++)
		scratch[at[hamt_digit(entries[i].hash, level)]++] = entries[i];
	memcpy(entries, scratch, n * sizeof *entries);
}

/* Give up a half-built node: its items stay the caller's. */
static void discard(struct hamt_node *node)
{
	if (!node->leaf)
		for (uint32_t i = 0; i < node->n; i++)
			discard(node->child[i]);
	free(node);
}

static struct hamt_node *build(struct hamt_edit *e, struct hamt_entry *entries, struct hamt_entry *scratch, size_t n,
			       unsigned level)
{
	if (n <= HAMT_LEAF_MAX || level == HAMT_LEVELS) {
		struct hamt_node *leaf = node_new(e, true, (uint32_t)n);
		if (leaf)
			memcpy(leaf->entry, entries, n * sizeof *entries);
		return leaf;
	}
	size_t start[65];
	partition(start, entries, scratch, n, level);
	uint64_t bitmap = 0;
	for (unsigned d = 0; d < 64; d++)
		if (start[d + 1] > start[d])
			bitmap |= 1ull << d;
	struct hamt_node *node = node_new(e, false, (uint32_t)__builtin_popcountll(bitmap));
	if (!node)
		return NULL;
	node->bitmap = bitmap;
	node->n = 0;
	for (unsigned d = 0; d < 64; d++) {
		if (start[d + 1] == start[d])
			continue;
		struct hamt_node *child =
			build(e, entries + start[d], scratch + start[d], start[d + 1] - start[d], level + 1);
		if (!child) {
			discard(node);
			return NULL;
		}
		node->child[node->n++] = child;
	}
	return node;
}

bool hamt_build(struct hamt_node **out, struct hamt_edit *e, struct hamt_entry *entries, struct hamt_entry *scratch,
		size_t n)
{
	*out = n ? build(e, entries, scratch, n, 0) : NULL;
	return *out || n == 0;
}

/* -- edit ------------------------------------------------------------------------------------------------- */

/* A node with the content of `node`, room for n parts, that this edit may change; `node`'s reference is given up.
 * When it is shared its content stays referenced by both. */
static struct hamt_node *own(struct hamt_edit *e, struct hamt_node *node, uint32_t n)
{
	if (node->edit == e->id && node->refs == 1 && n <= node->n)
		return node;
	struct hamt_node *copy = node_new(e, node->leaf, n > node->n ? n : node->n);
	if (!copy)
		return NULL;
	if (node->edit != e->id)
		e->copied++;
	e->made--;
	copy->n = node->n;
	copy->bitmap = node->bitmap;
	memcpy(copy->child, node->child, node->n * (node->leaf ? sizeof node->entry[0] : sizeof node->child[0]));
	drop_shell(node, e->kind);
	return copy;
}

/* A leaf got too big: an inner node over it, as deep as its hashes agree. The leaf is given up. */
static struct hamt_node *split(struct hamt_edit *e, struct hamt_node *leaf, unsigned level)
{
	struct hamt_entry *scratch = malloc(leaf->n * sizeof *scratch);
	struct hamt_node *node = scratch ? build(e, leaf->entry, scratch, leaf->n, level) : NULL;
	free(scratch);
	if (node)
		free(leaf);
	return node;
}

static bool leaf_put(struct hamt_node **slot, struct hamt_edit *e, uint64_t hash, void *old, void *new_item,
		     unsigned level)
{
	uint32_t at = 0, n = (*slot)->n;
	while (at < n && !(old && (*slot)->entry[at].item == old))
		at++;
	assert((at < n) == (old != NULL));
	struct hamt_node *leaf = own(e, *slot, n + (old ? 0 : 1));
	if (!leaf)
		return false;
	*slot = leaf;
	if (old)
		e->kind->unref(old);
	if (new_item) {
		leaf->entry[at] = (struct hamt_entry){ hash, new_item };
		leaf->n = old ? n : n + 1;
	} else {
		leaf->entry[at] = leaf->entry[--leaf->n];
	}
	if (leaf->n > HAMT_LEAF_MAX && level < HAMT_LEVELS) {
		struct hamt_node *node = split(e, leaf, level);
		if (node)
			*slot = node; /* without memory it stays an overlong leaf, which is as right */
	}
	return true;
}

static struct hamt_node *leaf_of_one(struct hamt_edit *e, uint64_t hash, void *item)
{
	struct hamt_node *leaf = node_new(e, true, 1);
	if (leaf)
		leaf->entry[0] = (struct hamt_entry){ hash, item };
	return leaf;
}

/* Open slot `at` in an inner node for a new child. */
static bool insert_child(struct hamt_node **slot, struct hamt_edit *e, uint64_t bit, unsigned at,
			 struct hamt_node *child)
{
	struct hamt_node *node = own(e, *slot, (*slot)->n + 1);
	if (!node)
		return false;
	memmove(node->child + at + 1, node->child + at, (node->n - at) * sizeof node->child[0]);
	node->child[at] = child;
	node->n++;
	node->bitmap |= bit;
	*slot = node;
	return true;
}

static void remove_child(struct hamt_node *node, uint64_t bit, unsigned at)
{
	free(node->child[at]); /* an emptied leaf or inner node of this edit */
	node->n--;
	memmove(node->child + at, node->child + at + 1, (node->n - at) * sizeof node->child[0]);
	node->bitmap &= ~bit;
}

static bool put(struct hamt_node **slot, struct hamt_edit *e, uint64_t hash, void *old, void *new_item,
		unsigned level)
{
	if ((*slot)->leaf)
		return leaf_put(slot, e, hash, old, new_item, level);
	uint64_t bit = 1ull << hamt_digit(hash, level);
	unsigned at = (unsigned)__builtin_popcountll((*slot)->bitmap & (bit - 1));
	if (!((*slot)->bitmap & bit)) {
		assert(!old);
		struct hamt_node *leaf = leaf_of_one(e, hash, new_item);
		if (!leaf || !insert_child(slot, e, bit, at, leaf)) {
			free(leaf);
			return false;
		}
		return true;
	}
	struct hamt_node *node = own(e, *slot, (*slot)->n);
	if (!node)
		return false;
	*slot = node;
	if (!put(&node->child[at], e, hash, old, new_item, level + 1))
		return false;
	if (node->child[at]->n == 0)
		remove_child(node, bit, at);
	return true;
}

bool hamt_put(struct hamt_node **root, struct hamt_edit *e, uint64_t hash, void *old, void *new_item)
{
	if (!*root) {
		assert(!old);
		*root = new_item ? leaf_of_one(e, hash, new_item) : NULL;
		return *root || !new_item;
	}
	if (!put(root, e, hash, old, new_item, 0))
		return false;
	if ((*root)->n == 0) {
		free(*root);
		*root = NULL;
	}
	return true;
}

bool hamt_walk(const struct hamt_node *root, bool (*each)(void *ctx, void *item), void *ctx)
{
	for (uint32_t i = 0; root && i < root->n; i++)
		if (root->leaf ? !each(ctx, root->entry[i].item) : !hamt_walk(root->child[i], each, ctx))
			return false;
	return true;
}
