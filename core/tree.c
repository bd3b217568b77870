#include "core/tree.h"
#include "core/node.h"

#include <stdlib.h>
#include <string.h>

static enum ax_err damaged(uint64_t id, const char *what)
{
	return ax_fail(AX_ECORRUPT, "tree node %llu: %s", (unsigned long long)id, what);
}

struct ax_root ax_tree_empty(void)
{
	static const uint8_t leaf[3] = { 0, 0, 0 }; /* level 0, no entries */
	return (struct ax_root){ .id = ax_hash_object(AX_KIND_LEAF, ax_slice(leaf, sizeof leaf)) };
}

enum ax_err ax_tree_root(struct ax_root *out, struct ax_txn *t, uint64_t id)
{
	struct ax_node node;
	struct ax_node_iter it;
	*out = ax_tree_empty();
	if (id == 0)
		return AX_OK;
	enum ax_err e = ax_node_read(&node, t, id);
	if (e)
		return e;
	uint64_t count = 0;
	ax_node_iter_init(&it, &node);
	while (!(e = ax_node_next(&it)))
		count += it.item.count;
	if (e != AX_ENOENT)
		return e;
	*out = (struct ax_root){ id, ax_hash_object(node.level ? AX_KIND_INNER : AX_KIND_LEAF, node.canonical),
				 count };
	return AX_OK;
}

static enum ax_err check(struct ax_checked *checked, const struct ax_node *node, struct ax_slice want)
{
	uint64_t *place =
		checked ? &checked->node[node->id % (sizeof checked->node / sizeof checked->node[0])] : NULL;
	if (!place || *place == node->id)
		return AX_OK;
	enum ax_err e = ax_node_verify(node, want);
	if (!e)
		*place = node->id;
	return e;
}

static enum ax_err find(struct ax_entry *out, struct ax_txn *t, const struct ax_root *root, struct ax_slice key,
			struct ax_checked *checked)
{
	struct ax_node node;
	struct ax_item item;
	struct ax_slice want = ax_slice(root->id.b, AX_ID_SIZE);
	unsigned at;
	bool exact;
	*out = (struct ax_entry){ 0 };
	if (root->node == 0)
		return AX_ENOENT;
	enum ax_err e = ax_node_read(&node, t, root->node);
	while (!e) {
		e = check(checked, &node, want);
		if (!e)
			e = ax_node_search(&item, &at, &exact, &node, key);
		if (e || node.level == 0)
			break;
		if (at == node.count)
			return AX_ENOENT;
		want = item.value;
		e = ax_node_read_level(&node, t, item.child, node.level - 1);
	}
	if (e)
		return e;
	if (!exact)
		return AX_ENOENT;
	out->key = key;
	out->changed = item.changed;
	return ax_item_value(&out->value, t, &item);
}

enum ax_err ax_tree_find(struct ax_entry *out, struct ax_txn *t, const struct ax_root *root, struct ax_slice key)
{
	return find(out, t, root, key, NULL);
}

enum ax_err ax_tree_find_checked(struct ax_entry *out, struct ax_txn *t, const struct ax_root *root,
				 struct ax_slice key, struct ax_checked *checked)
{
	return find(out, t, root, key, checked);
}

/* -- measuring a prefix ----------------------------------------------------------------------------------- */

/* Where a key stands to the keys that begin with the prefix: before, among (0), after. */
static int side(size_t *common, const struct ax_node_iter *it, struct ax_slice prefix)
{
	int c = ax_node_compare(common, it, prefix);
	return *common == prefix.n ? 0 : c;
}

/* Add what lies in this node. before: the side of the key just before the node's first. Only children that an end of
 * the range runs through are entered: two a level at most. */
static enum ax_err measure_node(struct ax_tree_range *out, struct ax_txn *t, uint64_t id, int level, int before,
				struct ax_slice prefix)
{
	struct ax_node node;
	struct ax_node_iter it;
	size_t common = 0;
	enum ax_err e = level < 0 ? ax_node_read(&node, t, id) : ax_node_read_level(&node, t, id, (unsigned)level);
	if (e)
		return e;
	ax_node_iter_init(&it, &node);
	while (before <= 0 && !(e = ax_node_next(&it))) {
		int here = side(&common, &it, prefix);
		if (here < 0)
			out->first += it.item.count;
		else if (here == 0 && (before == 0 || node.level == 0)) {
			out->count += it.item.count;
			out->changed = it.item.changed > out->changed ? it.item.changed : out->changed;
		} else if (node.level)
			e = measure_node(out, t, it.item.child, (int)node.level - 1, before, prefix);
		if (e)
			return e;
		before = here;
	}
	return e == AX_ENOENT ? AX_OK : e;
}

enum ax_err ax_tree_measure(struct ax_tree_range *out, struct ax_txn *t, const struct ax_root *root,
			    struct ax_slice prefix)
{
	*out = (struct ax_tree_range){ 0 };
	return root->node ? measure_node(out, t, root->node, -1, -1, prefix) : AX_OK;
}

/* -- cursor ----------------------------------------------------------------------------------------------- */

/* One iterator a level, standing on the entry whose child is the level below; level 0 on the cursor's entry. */
struct ax_cursor_state {
	unsigned height; /* levels in use */
	struct ax_node_iter *level[AX_TREE_HEIGHT_MAX];
};

enum ax_err ax_cursor_init(struct ax_cursor *c, struct ax_txn *t, const struct ax_root *root)
{
	*c = (struct ax_cursor){ .txn = t, .root = *root };
	c->state = calloc(1, sizeof *c->state);
	return c->state ? AX_OK : ax_fail(AX_ENOMEM, "out of memory");
}

void ax_cursor_fini(struct ax_cursor *c)
{
	if (!c->state)
		return;
	for (unsigned i = 0; i < AX_TREE_HEIGHT_MAX; i++)
		free(c->state->level[i]);
	free(c->state);
	c->state = NULL;
	c->valid = false;
}

/* What the parent, or the root, says that the node opened at this level hashes to. */
static struct ax_slice promised(const struct ax_cursor *c, int level)
{
	return level < 0 ? ax_slice(c->root.id.b, AX_ID_SIZE) : c->state->level[level + 1]->item.value;
}

/* Open a node at its level, before its first entry. */
static enum ax_err open_level(struct ax_cursor *c, uint64_t id, int level)
{
	struct ax_node node;
	enum ax_err e =
		level < 0 ? ax_node_read(&node, c->txn, id) : ax_node_read_level(&node, c->txn, id, (unsigned)level);
	if (!e && c->verify)
		e = ax_node_verify(&node, promised(c, level));
	if (e)
		return e;
	struct ax_node_iter **it = &c->state->level[node.level];
	if (!*it)
		*it = malloc(sizeof **it);
	if (!*it)
		return ax_fail(AX_ENOMEM, "out of memory");
	ax_node_iter_init(*it, &node);
	if (level < 0)
		c->state->height = node.level + 1;
	return AX_OK;
}

/* Make the entry under the level-0 iterator the cursor's. */
static enum ax_err show(struct ax_cursor *c)
{
	const struct ax_item *item = &c->state->level[0]->item;
	c->entry.key = item->key;
	c->entry.changed = item->changed;
	c->entry.value = ax_slice(NULL, 0);
	enum ax_err e = c->keys_only ? AX_OK : ax_item_value(&c->entry.value, c->txn, item);
	c->valid = !e;
	return e;
}

enum ax_err ax_cursor_value(struct ax_slice *out, const struct ax_cursor *c)
{
	return ax_item_value(out, c->txn, &c->state->level[0]->item);
}

/* The first entry below what the iterator of this level stands on. */
static enum ax_err descend_first(struct ax_cursor *c, unsigned level)
{
	enum ax_err e = AX_OK;
	for (; level > 0 && !e; level--) {
		e = open_level(c, c->state->level[level]->item.child, (int)level - 1);
		if (!e)
			e = ax_node_next(c->state->level[level - 1]);
	}
	return e == AX_ENOENT ? damaged(c->root.node, "a node without an entry") : e ? e : show(c);
}

enum ax_err ax_cursor_next(struct ax_cursor *c)
{
	struct ax_cursor_state *s = c->state;
	if (!c->valid)
		return AX_OK;
	c->valid = false;
	for (unsigned level = 0; level < s->height; level++) {
		enum ax_err e = ax_node_next(s->level[level]);
		if (!e)
			return descend_first(c, level);
		if (e != AX_ENOENT)
			return e;
	}
	return AX_OK;
}

/* Move forward to the first entry of the node whose key is >= key; AX_ENOENT if there is none. */
static enum ax_err scan(struct ax_node_iter *it, struct ax_slice key)
{
	enum ax_err e;
	size_t common = 0;
	while (!(e = ax_node_next(it)))
		if (ax_node_compare(&common, it, key) >= 0)
			break;
	return e;
}

enum ax_err ax_cursor_seek(struct ax_cursor *c, struct ax_slice key)
{
	c->valid = false;
	if (c->root.node == 0)
		return AX_OK;
	enum ax_err e = open_level(c, c->root.node, -1);
	if (e)
		return e;
	unsigned level = c->state->height - 1;
	for (;;) {
		e = scan(c->state->level[level], key);
		if (e == AX_ENOENT && level + 1 == c->state->height)
			return AX_OK; /* beyond the last key of the tree */
		if (e == AX_ENOENT)
			return damaged(c->state->level[level]->node.id, "its parent has a greater last key");
		if (e || level == 0)
			return e ? e : show(c);
		e = open_level(c, c->state->level[level]->item.child, (int)level - 1);
		if (e)
			return e;
		level--;
	}
}

/* Stand on the entry number `at` of the node of this level (from 0). */
static enum ax_err stand_on(struct ax_cursor *c, unsigned level, unsigned at)
{
	struct ax_node_iter *it = c->state->level[level];
	struct ax_node node = it->node;
	enum ax_err e = AX_OK;
	ax_node_iter_init(it, &node);
	for (unsigned i = 0; i <= at && !e; i++)
		e = ax_node_next(it);
	return e == AX_ENOENT ? damaged(node.id, "an entry is missing") : e;
}

static enum ax_err descend_last(struct ax_cursor *c, unsigned level)
{
	enum ax_err e = AX_OK;
	for (; level > 0 && !e; level--) {
		e = open_level(c, c->state->level[level]->item.child, (int)level - 1);
		if (!e)
			e = stand_on(c, level - 1, c->state->level[level - 1]->node.count - 1);
	}
	return e ? e : show(c);
}

/* Go down towards key; on the way remember the lowest level that has an entry to the left of the path. */
enum ax_err ax_cursor_seek_before(struct ax_cursor *c, struct ax_slice key)
{
	unsigned left_at[AX_TREE_HEIGHT_MAX];
	c->valid = false;
	if (c->root.node == 0)
		return AX_OK;
	enum ax_err e = open_level(c, c->root.node, -1);
	unsigned height = c->state->height, level = height;
	while (!e && level-- > 0) {
		struct ax_node_iter *it = c->state->level[level];
		bool exact;
		struct ax_item item;
		e = ax_node_search(&item, &left_at[level], &exact, &it->node, key);
		if (!e && left_at[level] == it->node.count && level)
			return stand_on(c, level, it->node.count - 1) ?: descend_last(c, level);
		if (!e && level)
			e = stand_on(c, level, left_at[level]) ?: open_level(c, item.child, (int)level - 1);
	}
	if (e)
		return e;
	for (level = 0; level < height; level++)
		if (left_at[level] > 0)
			return stand_on(c, level, left_at[level] - 1) ?: descend_last(c, level);
	return AX_OK;
}
