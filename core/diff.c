#include "core/diff.h"
#include "core/node.h"

#include <stdlib.h>

/* A walk over one tree that decides at each inner entry whether to enter it or to pass over it. */
struct side {
	struct ax_txn *txn;
	unsigned top, at; /* the root's level; the level of the node whose entry we look at */
	bool done;
	struct ax_node_iter *level[AX_TREE_HEIGHT_MAX];
};

static _Thread_local uint64_t nodes_read;

uint64_t ax_diff_nodes_read(void)
{
	return nodes_read;
}

static const struct ax_item *look(const struct side *s)
{
	return &s->level[s->at]->item;
}

static enum ax_err open_node(struct side *s, const struct ax_node *node)
{
	nodes_read++;
	s->at = node->level;
	struct ax_node_iter **it = &s->level[node->level];
	if (!*it)
		*it = malloc(sizeof **it);
	if (!*it)
		return ax_fail(AX_ENOMEM, "out of memory");
	ax_node_iter_init(*it, node);
	return ax_node_next(*it); /* a stored node has an entry */
}

static enum ax_err side_init(struct side *s, struct ax_txn *t, const struct ax_root *root)
{
	struct ax_node node;
	*s = (struct side){ .txn = t, .done = root->node == 0 };
	if (s->done)
		return AX_OK;
	enum ax_err e = ax_node_read(&node, t, root->node);
	s->top = node.level;
	return e ? e : open_node(s, &node);
}

static void side_fini(struct side *s)
{
	for (unsigned i = 0; i < AX_TREE_HEIGHT_MAX; i++)
		free(s->level[i]);
}

/* Into the child of the inner entry we look at. */
static enum ax_err enter(struct side *s)
{
	struct ax_node node;
	enum ax_err e = ax_node_read_level(&node, s->txn, look(s)->child, s->at - 1);
	return e ? e : open_node(s, &node);
}

/* Past the entry we look at, to the next one of the node or of those above. */
static enum ax_err pass(struct side *s)
{
	for (; s->at <= s->top; s->at++) {
		enum ax_err e = ax_node_next(s->level[s->at]);
		if (e != AX_ENOENT)
			return e;
	}
	s->done = true;
	return AX_OK;
}

struct differ {
	struct side a, b;
	ax_diff_fn *each;
	void *ctx;
};

static enum ax_err entry_of(struct ax_entry *out, const struct side *s)
{
	const struct ax_item *item = look(s);
	*out = (struct ax_entry){ .key = item->key, .changed = item->changed };
	return ax_item_value(&out->value, s->txn, item);
}

/* What only this side has: hand over the entry, or enter what holds several. */
static enum ax_err alone(struct differ *d, struct side *s)
{
	struct ax_entry entry;
	if (s->at > 0)
		return enter(s);
	enum ax_err e = entry_of(&entry, s);
	if (!e)
		e = d->each(d->ctx, entry.key, s == &d->a ? &entry : NULL, s == &d->b ? &entry : NULL);
	return e ? e : pass(s);
}

static enum ax_err pass_both(struct differ *d)
{
	enum ax_err e = pass(&d->a);
	return e ? e : pass(&d->b);
}

static enum ax_err compare_entries(struct differ *d)
{
	struct ax_entry a, b;
	int c = ax_slice_cmp(look(&d->a)->key, look(&d->b)->key);
	if (c)
		return alone(d, c < 0 ? &d->a : &d->b);
	if (ax_slice_eq(look(&d->a)->value, look(&d->b)->value))
		return pass_both(d);
	enum ax_err e = entry_of(&a, &d->a);
	if (!e)
		e = entry_of(&b, &d->b);
	if (!e)
		e = d->each(d->ctx, a.key, &a, &b);
	return e ? e : pass_both(d);
}

static enum ax_err step(struct differ *d)
{
	struct side *a = &d->a, *b = &d->b;
	if (a->done || b->done)
		return alone(d, a->done ? b : a);
	/* what the lower one shows may lie within what the higher one does */
	if (a->at != b->at)
		return enter(a->at > b->at ? a : b);
	if (a->at == 0)
		return compare_entries(d);
	if (ax_slice_eq(look(a)->value, look(b)->value))
		return pass_both(d); /* the same subtree */
	enum ax_err e = enter(a);
	return e ? e : enter(b);
}

enum ax_err ax_tree_diff(struct ax_txn *t, const struct ax_root *a, const struct ax_root *b, ax_diff_fn *each,
			 void *ctx)
{
	nodes_read = 0;
	if (ax_id_eq(&a->id, &b->id))
		return AX_OK;
	struct differ *d = calloc(1, sizeof *d);
	if (!d)
		return ax_fail(AX_ENOMEM, "out of memory");
	d->each = each;
	d->ctx = ctx;
	enum ax_err e = side_init(&d->a, t, a);
	if (!e)
		e = side_init(&d->b, t, b);
	while (!e && !(d->a.done && d->b.done))
		e = step(d);
	side_fini(&d->a);
	side_fini(&d->b);
	free(d);
	return e;
}
