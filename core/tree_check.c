#include "core/idset.h"
#include "core/node.h"

#include <stdlib.h>
#include <string.h>

static enum ax_err damaged(uint64_t id, const char *what)
{
	return ax_fail(AX_ECORRUPT, "tree node %llu: %s", (unsigned long long)id, what);
}

static enum ax_kind kind_of(unsigned level)
{
	return level ? AX_KIND_INNER : AX_KIND_LEAF;
}

/* -- visit ------------------------------------------------------------------------------------------------ */

static enum ax_err visit_node(struct ax_txn *t, uint64_t id, int level,
			      enum ax_err (*visit)(void *ctx, const struct ax_node_visit *v), void *ctx)
{
	struct ax_node node;
	enum ax_err e = level < 0 ? ax_node_read(&node, t, id) : ax_node_read_level(&node, t, id, (unsigned)level);
	if (e)
		return e;
	struct ax_node_iter *it = malloc(sizeof *it);
	if (!it)
		return ax_fail(AX_ENOMEM, "out of memory");
	struct ax_node_visit v = { .id = id, .level = node.level, .bytes = node.canonical.n };
	v.hash = ax_hash_object(kind_of(node.level), node.canonical);
	ax_node_iter_init(it, &node);
	while (!(e = ax_node_next(it))) {
		v.count += it->item.count;
		if (node.level && (e = visit_node(t, it->item.child, (int)node.level - 1, visit, ctx)))
			break;
	}
	free(it);
	return e == AX_ENOENT ? visit(ctx, &v) : e;
}

enum ax_err ax_tree_visit(struct ax_txn *t, const struct ax_root *root,
			  enum ax_err (*visit)(void *ctx, const struct ax_node_visit *v), void *ctx)
{
	return root->node ? visit_node(t, root->node, -1, visit, ctx) : AX_OK;
}

/* -- verify ----------------------------------------------------------------------------------------------- */

/* What a parent says of a node: an item's parts, the hash apart. */
struct promise {
	struct ax_id hash;
	uint64_t id, count, changed;
	int level;           /* -1: the root may have any */
	bool last;           /* of its level: its end need not be a boundary */
	struct ax_slice sep; /* empty at the root */
};

/* The greatest key seen so far, over all leaves. */
struct order {
	size_t n;
	uint8_t key[AX_NODE_KEY_MAX];
	struct ax_idset *seen; /* nodes verified in other trees; NULL: this tree stands alone */
	uint64_t commit;       /* the last `changed` that was found to be a commit */
};

static void pass_key(struct order *before, struct ax_slice key)
{
	memcpy(before->key, key.p, key.n);
	before->n = key.n;
}

static enum ax_err verify_changed(struct order *before, struct ax_txn *t, uint64_t changed, uint64_t node)
{
	struct ax_object o;
	if (!before->seen || changed == before->commit)
		return AX_OK;
	before->commit = changed;
	return ax_object_read(&o, t, changed, AX_KIND_COMMIT)
		       ? damaged(node, "what last changed an RRset is no commit")
		       : AX_OK;
}

static enum ax_err verify_leaf_item(struct order *before, struct ax_txn *t, const struct ax_item *item, uint64_t node)
{
	struct ax_slice value;
	if (before->n && ax_slice_cmp(ax_slice(before->key, before->n), item->key) >= 0)
		return damaged(node, "its keys are out of order");
	pass_key(before, item->key);
	enum ax_err e = ax_item_value(&value, t, item);
	if (e || (e = verify_changed(before, t, item->changed, node)))
		return e;
	if ((value.n > AX_INLINE_MAX) != (item->value.p[0] == AX_VALUE_BLOB))
		return damaged(node, "a value is not kept where its size says");
	return AX_OK;
}

static enum ax_err verify_node(struct ax_txn *t, const struct promise *p, struct order *before);

static enum ax_err verify_child(struct ax_txn *t, const struct ax_item *item, const struct ax_node *node, bool last,
				struct order *before)
{
	struct promise p = { .id = item->child,
			     .count = item->count,
			     .changed = item->changed,
			     .level = (int)node->level - 1,
			     .last = last,
			     .sep = item->key };
	memcpy(p.hash.b, item->value.p, sizeof p.hash.b);
	return verify_node(t, &p, before);
}

/* Write the node anew from its items: the same bytes and the same end prove encoding and split rule. */
static enum ax_err verify_items(struct ax_txn *t, const struct ax_node *node, const struct promise *p,
				struct order *before, struct ax_node_iter *it, struct ax_node_builder *b)
{
	uint64_t changed = 0;
	enum ax_err e;
	bool ends = false;
	ax_node_iter_init(it, node);
	while (!(e = ax_node_next(it))) {
		if (ends)
			return damaged(node->id, "it should have ended earlier");
		e = ax_node_builder_add(b, &ends, &it->item);
		if (e)
			return damaged(node->id, "its keys are out of order");
		bool last = p->last && it->next == node->count;
		e = node->level ? verify_child(t, &it->item, node, last, before)
				: verify_leaf_item(before, t, &it->item, node->id);
		if (e)
			return e;
		changed = it->item.changed > changed ? it->item.changed : changed;
	}
	if (e != AX_ENOENT)
		return e;
	if (!ends && !p->last)
		return damaged(node->id, "it should not have ended here");
	if (b->count != p->count)
		return damaged(node->id, "its number of RRsets is not what its parent says");
	if (p->sep.n && !ax_slice_eq(p->sep, it->item.key))
		return damaged(node->id, "its last key is not what its parent says");
	if (p->sep.n && changed != p->changed)
		return damaged(node->id, "its newest change is not what its parent says");
	e = ax_node_builder_encode(b);
	if (!e && !ax_slice_eq(ax_buf_view(&b->canonical), node->canonical))
		return damaged(node->id, "its bytes are not canonical");
	return e;
}

static enum ax_err first_key(struct ax_node_iter *it, struct ax_txn *t, struct ax_node node)
{
	for (;;) {
		ax_node_iter_init(it, &node);
		enum ax_err e = ax_node_next(it);
		if (e || !node.level)
			return e == AX_ENOENT ? damaged(node.id, "it is empty") : e;
		if ((e = ax_node_read_level(&node, t, it->item.child, node.level - 1)))
			return e;
	}
}

/* A node that another tree holds too, and was verified there with all below it: only what this parent says of it, and
 * that it comes in order, is left to look at. */
static enum ax_err verify_again(struct ax_txn *t, const struct ax_node *node, const struct promise *p,
				struct order *before, struct ax_node_iter *it)
{
	uint64_t count = 0, changed = 0;
	enum ax_err e;
	ax_node_iter_init(it, node);
	while (!(e = ax_node_next(it))) {
		count += it->item.count;
		changed = it->item.changed > changed ? it->item.changed : changed;
	}
	if (e != AX_ENOENT)
		return e;
	if (count != p->count || changed != p->changed || !ax_slice_eq(p->sep, it->item.key))
		return damaged(node->id, "its count, newest change or last key is not what its parent says");
	if ((e = first_key(it, t, *node)))
		return e;
	if (before->n && ax_slice_cmp(ax_slice(before->key, before->n), it->item.key) >= 0)
		return damaged(node->id, "its keys are out of order");
	pass_key(before, p->sep);
	return AX_OK;
}

/* The last node of a level may end where others may not: it is verified each time. */
static bool seen_before(const struct order *before, const struct promise *p)
{
	return before->seen && !p->last && ax_idset_has(before->seen, p->id, 1);
}

static enum ax_err note_seen(struct order *before, uint64_t id)
{
	uint8_t *flags = before->seen ? ax_idset_at(before->seen, id) : NULL;
	if (before->seen && !flags)
		return ax_fail(AX_ENOMEM, "out of memory");
	if (flags)
		*flags = 1;
	return AX_OK;
}

static enum ax_err verify_node(struct ax_txn *t, const struct promise *p, struct order *before)
{
	struct ax_node node;
	enum ax_err e = p->level < 0 ? ax_node_read(&node, t, p->id)
				     : ax_node_read_level(&node, t, p->id, (unsigned)p->level);
	if (e)
		return e;
	struct ax_id hash = ax_hash_object(kind_of(node.level), node.canonical);
	if (!ax_id_eq(&hash, &p->hash))
		return damaged(p->id, "does not hash to its id");
	if (p->level < 0 && node.level && node.count == 1)
		return damaged(p->id, "a root with one child");
	struct ax_node_iter *it = malloc(sizeof *it);
	struct ax_node_builder *b = malloc(sizeof *b);
	if (b)
		ax_node_builder_init(b, node.level);
	if (!it || !b)
		e = ax_fail(AX_ENOMEM, "out of memory");
	else if (seen_before(before, p))
		e = verify_again(t, &node, p, before, it);
	else if (!(e = verify_items(t, &node, p, before, it, b)))
		e = note_seen(before, p->id);
	if (b)
		ax_node_builder_fini(b);
	free(b);
	free(it);
	return e;
}

enum ax_err ax_tree_verify(struct ax_txn *t, const struct ax_root *root)
{
	return ax_tree_verify_shared(t, root, NULL);
}

enum ax_err ax_tree_verify_shared(struct ax_txn *t, const struct ax_root *root, struct ax_idset *seen)
{
	struct order before = { .seen = seen };
	struct ax_root empty = ax_tree_empty();
	if (root->node == 0)
		return ax_id_eq(&root->id, &empty.id) && root->count == 0
			       ? AX_OK
			       : ax_fail(AX_ECORRUPT, "an empty tree with the id or count of another");
	struct promise p = { .hash = root->id, .id = root->node, .count = root->count, .level = -1, .last = true };
	return verify_node(t, &p, &before);
}
