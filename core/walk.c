#include "core/walk.h"

#include <stdlib.h>
#include <string.h>

/* Copy the node's bytes and take it apart. */
static enum ax_err hold(struct ax_treewalk_level *l, const struct ax_node *node)
{
	struct ax_node_iter it;
	struct ax_node copy = *node;
	l->id = 0;
	l->count = 0;
	ax_buf_clear(&l->bytes);
	ax_buf_slice(&l->bytes, node->canonical);
	ax_buf_slice(&l->bytes, node->sidecar);
	ax_buf_clear(&l->keys);
	ax_buf_reserve(&l->keys, AX_NODE_RAW_MAX); /* the items' keys must not move */
	if (l->cap < node->count) {
		free(l->items);
		l->cap = node->count + node->count / 2;
		l->items = malloc(l->cap * sizeof *l->items);
		if (!l->items)
			l->cap = 0;
	}
	if (l->bytes.failed || l->keys.failed || !l->items)
		return ax_fail(AX_ENOMEM, "out of memory");
	copy.canonical = ax_slice(l->bytes.p, node->canonical.n);
	copy.sidecar = ax_slice(l->bytes.p + node->canonical.n, node->sidecar.n);
	enum ax_err e;
	ax_node_iter_init(&it, &copy);
	while (!(e = ax_node_next(&it))) {
		struct ax_item *item = &l->items[l->count++];
		*item = it.item;
		item->key.p = l->keys.p + l->keys.n;
		ax_buf_slice(&l->keys, it.item.key);
	}
	if (e != AX_ENOENT)
		return e;
	l->id = node->id;
	return AX_OK;
}

/* The child of the level above at its position. What is written anew is held against its hash first: damage must not
 * get a hash that is good. */
static enum ax_err load(struct ax_treewalk *w, unsigned level)
{
	const struct ax_treewalk_level *above = &w->level[level + 1];
	const struct ax_item *item = &above->items[above->at];
	struct ax_node node;
	if (w->level[level].id == item->child)
		return AX_OK;
	enum ax_err e = ax_node_read_level(&node, w->txn, item->child, level);
	if (!e)
		e = ax_node_verify(&node, item->value);
	return e ? e : hold(&w->level[level], &node);
}

enum ax_err ax_treewalk_init(struct ax_treewalk *w, struct ax_txn *t, const struct ax_root *root)
{
	struct ax_node node;
	*w = (struct ax_treewalk){ .txn = t, .root = root->node };
	if (root->node == 0)
		return AX_OK;
	enum ax_err e = ax_node_read(&node, t, root->node);
	if (!e)
		e = ax_node_verify(&node, ax_slice(root->id.b, AX_ID_SIZE));
	if (e)
		return e;
	w->height = node.level + 1;
	return hold(&w->level[node.level], &node);
}

void ax_treewalk_fini(struct ax_treewalk *w)
{
	for (unsigned i = 0; i < AX_TREE_HEIGHT_MAX; i++) {
		ax_buf_fini(&w->level[i].bytes);
		ax_buf_fini(&w->level[i].keys);
		free(w->level[i].items);
		w->level[i].items = NULL;
	}
}

unsigned ax_treewalk_lower_bound(const struct ax_treewalk_level *l, struct ax_slice key)
{
	unsigned lo = 0, hi = l->count;
	while (lo < hi) {
		unsigned mid = (lo + hi) / 2;
		if (ax_slice_cmp(l->items[mid].key, key) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

struct ax_slice ax_treewalk_last_key(const struct ax_treewalk_level *l)
{
	return l->items[l->count - 1].key;
}

enum ax_err ax_treewalk_seek(struct ax_treewalk *w, unsigned level, struct ax_slice key)
{
	enum ax_err e = AX_OK;
	for (unsigned i = w->height - 1; i > level && !e; i--) {
		struct ax_treewalk_level *l = &w->level[i];
		l->at = ax_treewalk_lower_bound(l, key);
		if (l->at == l->count)
			l->at--; /* beyond all: it would be appended to the last */
		e = load(w, i - 1);
	}
	return e;
}

bool ax_treewalk_is_last(const struct ax_treewalk *w, unsigned level)
{
	for (unsigned i = level + 1; i < w->height; i++)
		if (w->level[i].at + 1 < w->level[i].count)
			return false;
	return true;
}

enum ax_err ax_treewalk_next(struct ax_treewalk *w, unsigned level)
{
	unsigned i = level + 1;
	while (i < w->height && w->level[i].at + 1 == w->level[i].count)
		i++;
	if (i >= w->height)
		return AX_ENOENT;
	w->level[i].at++;
	for (;; i--) {
		enum ax_err e = load(w, i - 1);
		if (e || i - 1 == level)
			return e;
		w->level[i - 1].at = 0;
	}
}
