/* What old commits lose when they are told to: their trees, or what came before them. */
#include "core/gc_internal.h"

#include "core/node.h"

#include <stdlib.h>
#include <string.h>

static int by_id(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

enum ax_err ax_house_strip(struct ax_house *h)
{
	enum ax_err e = AX_OK;
	for (size_t i = 0; !e && i < h->commits.n; i++) {
		struct ax_commit_info c;
		if (!ax_bits_has(&h->stripped, h->commits.v[i]) || (e = ax_commit_info(&c, h->txn, h->commits.v[i])))
			continue;
		c.root.node = AX_NODE_PRUNED;
		e = ax_commit_relink(h->txn, &c);
	}
	return e;
}

/* -- blame -------------------------------------------------------------------------------------------------- */

/* Where the first-parent line of each kept commit begins now, in the order of commits.v. */
struct origins {
	struct ax_house *h;
	uint64_t *v;
	struct ax_bits seen; /* nodes that were looked at */
};

static uint64_t *origin_of(const struct origins *o, uint64_t commit)
{
	uint64_t *at = bsearch(&commit, o->h->commits.v, o->h->commits.n, sizeof commit, by_id);
	return at ? &o->v[at - o->h->commits.v] : NULL;
}

static uint64_t clipped(const struct origins *o, uint64_t changed, uint64_t origin)
{
	return ax_bits_has(&o->h->kept, changed) || changed > o->h->last_id ? changed : origin;
}

/* The node's sidecar with blame on what is gone put to the origin; *differs: that changed it. */
static enum ax_err rewrite(struct ax_node_builder *b, bool *differs, struct ax_ids *below, const struct origins *o,
			   const struct ax_node *node, uint64_t origin)
{
	struct ax_node_iter *it = malloc(sizeof *it);
	enum ax_err e = it ? AX_OK : ax_fail(AX_ENOMEM, "out of memory");
	bool ends;
	*differs = false;
	if (it)
		ax_node_iter_init(it, node);
	while (!e && !(e = ax_node_next(it))) {
		struct ax_item item = it->item;
		item.changed = clipped(o, item.changed, origin);
		*differs = *differs || item.changed != it->item.changed;
		e = ax_node_builder_add(b, &ends, &item);
		if (!e && node->level)
			e = ax_ids_add(below, item.child);
	}
	free(it);
	return e == AX_ENOENT ? ax_node_builder_encode(b) : e;
}

static enum ax_err mend_node(struct origins *o, uint64_t id, uint64_t origin)
{
	struct ax_node node;
	struct ax_ids below = { 0 };
	bool differs;
	if (!id || ax_bits_has(&o->seen, id))
		return AX_OK;
	enum ax_err e = ax_bits_set(&o->seen, id);
	if (e || (e = ax_node_read(&node, o->h->txn, id)))
		return e;
	struct ax_node_builder *b = malloc(sizeof *b);
	if (!b)
		return ax_fail(AX_ENOMEM, "out of memory");
	ax_node_builder_init(b, node.level);
	if (!(e = rewrite(b, &differs, &below, o, &node, origin)) && differs)
		e = ax_object_set_sidecar(o->h->txn, id, ax_buf_view(&b->sidecar));
	ax_node_builder_fini(b);
	free(b);
	for (size_t i = 0; !e && i < below.n; i++)
		e = mend_node(o, below.v[i], origin);
	free(below.v);
	return e;
}

/* -- ancestry ----------------------------------------------------------------------------------------------- */

struct removed {
	uint64_t before, after; /* what a commit's count of deletions was, and is */
};

/* Parents come before their children: their new numbers are there already. */
static enum ax_err relink(struct origins *o, struct removed *count, size_t i)
{
	struct ax_house *h = o->h;
	struct ax_commit_info c;
	enum ax_err e = ax_commit_info(&c, h->txn, h->commits.v[i]);
	if (e)
		return e;
	count[i].before = c.removed;
	if (ax_bits_has(&h->cut, c.local))
		c.parents = 0;
	uint64_t *above = c.parents ? origin_of(o, c.parent[0]) : NULL;
	const struct removed *p = above ? &count[above - o->v] : NULL;
	o->v[i] = above ? *above : c.local;
	c.removed = p ? p->after + c.removed - p->before : 0;
	count[i].after = c.removed;
	if ((e = ax_commit_link(&c, h->txn)) || (e = ax_commit_relink(h->txn, &c)))
		return e;
	return c.root.node == AX_NODE_PRUNED ? AX_OK : mend_node(o, c.root.node, o->v[i]);
}

static bool any_cut(const struct ax_house *h)
{
	for (size_t i = 0; i < h->commits.n; i++)
		if (ax_bits_has(&h->cut, h->commits.v[i]))
			return true;
	return false;
}

enum ax_err ax_house_cut(struct ax_house *h)
{
	struct origins o = { .h = h };
	enum ax_err e = AX_OK;
	if (!any_cut(h))
		return AX_OK;
	qsort(h->commits.v, h->commits.n, sizeof *h->commits.v, by_id);
	o.v = calloc(h->commits.n, sizeof *o.v);
	struct removed *count = calloc(h->commits.n, sizeof *count);
	if (!o.v || !count)
		e = ax_fail(AX_ENOMEM, "out of memory");
	for (size_t i = 0; !e && i < h->commits.n; i++)
		e = relink(&o, count, i);
	free(o.v);
	free(count);
	free(o.seen.word);
	return e;
}
