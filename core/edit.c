#include "core/edit.h"
#include "core/walk.h"

#include <stdlib.h>
#include <string.h>

/* The tree is made anew level by level. On each level the changes, in key order, are merged into the old sequence of
 * entries: from the start of the first node that a change touches (an earlier boundary depends only on what stands
 * before it) until a new boundary falls on an old one. The nodes replaced and the nodes written are the changes of
 * the level above. */

struct change {
	struct ax_item item; /* key and value are owned by the list */
	bool gone;
};

/* Changes of one level, sorted by key. Bytes lie in blocks that never move. */
struct list {
	struct change *at;
	size_t n, cap;
	struct block {
		struct block *next;
		size_t used;
		uint8_t bytes[65536];
	} * blocks;
};

struct editor {
	struct ax_txn *txn;
	struct ax_treewalk old;
	struct ax_node_builder builder;
	unsigned level;
	uint64_t commit;
	struct ax_edit_stats stats;

	/* What to do on this level: `edits` on level 0, `changes` above. */
	const struct ax_edit *edits;
	struct list changes;
	size_t next, n;
	struct list removed, written; /* what it did */

	uint8_t value[AX_NODE_VALUE_MAX]; /* of the item that is being made */
	struct ax_id blob;                /* the hash of edit `blob_of` - 1 */
	size_t blob_of;
};

/* -- lists ------------------------------------------------------------------------------------------------ */

static void list_fini(struct list *l)
{
	while (l->blocks) {
		struct block *b = l->blocks;
		l->blocks = b->next;
		free(b);
	}
	free(l->at);
	*l = (struct list){ 0 };
}

static bool list_copy(struct list *l, struct ax_slice *s)
{
	if (!l->blocks || sizeof l->blocks->bytes - l->blocks->used < s->n) {
		struct block *b = malloc(sizeof *b);
		if (!b)
			return false;
		b->next = l->blocks;
		b->used = 0;
		l->blocks = b;
	}
	uint8_t *p = l->blocks->bytes + l->blocks->used;
	if (s->n)
		memcpy(p, s->p, s->n);
	l->blocks->used += s->n;
	s->p = p;
	return true;
}

static enum ax_err list_add(struct list *l, const struct ax_item *item, bool gone)
{
	if (l->n == l->cap) {
		size_t cap = l->cap ? 2 * l->cap : 16;
		struct change *p = realloc(l->at, cap * sizeof *p);
		if (!p)
			return ax_fail(AX_ENOMEM, "out of memory");
		l->at = p;
		l->cap = cap;
	}
	struct change *c = &l->at[l->n];
	*c = (struct change){ *item, gone };
	if (!list_copy(l, &c->item.key) || !list_copy(l, &c->item.value))
		return ax_fail(AX_ENOMEM, "out of memory");
	l->n++;
	return AX_OK;
}

/* What was removed and what was written, as the changes of the level above. */
static enum ax_err merge_lists(struct list *out, const struct list *removed, const struct list *written)
{
	size_t r = 0, w = 0;
	enum ax_err e = AX_OK;
	while (!e && (r < removed->n || w < written->n)) {
		int c = r == removed->n   ? 1
			: w == written->n ? -1
					  : ax_slice_cmp(removed->at[r].item.key, written->at[w].item.key);
		if (c < 0)
			e = list_add(out, &removed->at[r].item, true);
		else
			e = list_add(out, &written->at[w].item, false);
		r += c <= 0;
		w += c >= 0;
	}
	return e;
}

/* -- one change ------------------------------------------------------------------------------------------- */

static struct ax_slice next_key(const struct editor *ed)
{
	return ed->level ? ed->changes.at[ed->next].item.key : ed->edits[ed->next].key;
}

/* Hash a big value once, though it is asked for twice. */
static const struct ax_id *blob_hash(struct editor *ed)
{
	if (ed->blob_of != ed->next + 1) {
		ed->blob = ax_hash_object(AX_KIND_BLOB, ed->edits[ed->next].value);
		ed->blob_of = ed->next + 1;
	}
	return &ed->blob;
}

/* Would the next change alter anything? old is the entry under its key, or NULL. */
static bool differs(struct editor *ed, const struct ax_item *old)
{
	if (ed->level) {
		const struct change *c = &ed->changes.at[ed->next];
		return c->gone ? old != NULL : !old || !ax_slice_eq(old->value, c->item.value);
	}
	struct ax_slice value = ed->edits[ed->next].value;
	if (value.n == 0 || !old)
		return value.n != 0 || old;
	struct ax_slice stored = ax_slice(old->value.p + 1, old->value.n - 1);
	if (value.n <= AX_INLINE_MAX)
		return old->value.p[0] != AX_VALUE_INLINE || !ax_slice_eq(stored, value);
	return old->value.p[0] != AX_VALUE_BLOB || !ax_slice_eq(stored, ax_slice(blob_hash(ed)->b, AX_ID_SIZE));
}

/* The item of an edit; a big value is written as a blob. */
static enum ax_err make_item(struct ax_item *item, struct editor *ed)
{
	const struct ax_edit *edit = &ed->edits[ed->next];
	enum ax_err e = AX_OK;
	*item = (struct ax_item){ .key = edit->key, .count = 1, .changed = ed->commit };
	if (edit->value.n <= AX_INLINE_MAX) {
		ed->value[0] = AX_VALUE_INLINE;
		memcpy(ed->value + 1, edit->value.p, edit->value.n);
		item->value = ax_slice(ed->value, 1 + edit->value.n);
	} else {
		ed->value[0] = AX_VALUE_BLOB;
		memcpy(ed->value + 1, blob_hash(ed)->b, AX_ID_SIZE);
		item->value = ax_slice(ed->value, 1 + AX_ID_SIZE);
		e = ax_object_write(&item->child, ed->txn, AX_KIND_BLOB, edit->value, ax_slice(NULL, 0));
	}
	return e;
}

static enum ax_err close_node(struct editor *ed)
{
	struct ax_item item;
	ed->stats.nodes++;
	ed->stats.bytes += ed->builder.canonical.n;
	enum ax_err e = ax_node_builder_write(&item, &ed->builder, ed->txn);
	return e ? e : list_add(&ed->written, &item, false);
}

static enum ax_err put(struct editor *ed, const struct ax_item *item)
{
	bool ends;
	enum ax_err e = ax_node_builder_add(&ed->builder, &ends, item);
	return e || !ends ? e : close_node(ed);
}

static void count(struct editor *ed, const struct ax_item *old, bool deletion)
{
	if (ed->level)
		return;
	ed->stats.added += !old;
	ed->stats.removed += deletion;
	ed->stats.changed += old && !deletion;
}

/* Do the next change, where old (or NULL) stands. */
static enum ax_err apply(struct editor *ed, const struct ax_item *old)
{
	struct ax_item item;
	enum ax_err e = AX_OK;
	if (!differs(ed, old)) {
		e = old ? put(ed, old) : AX_OK;
	} else if (ed->level ? ed->changes.at[ed->next].gone : ed->edits[ed->next].value.n == 0) {
		count(ed, old, true);
	} else {
		count(ed, old, false);
		if (ed->level)
			item = ed->changes.at[ed->next].item;
		else
			e = make_item(&item, ed);
		e = e ? e : put(ed, &item);
	}
	ed->next++;
	return e;
}

/* -- one level -------------------------------------------------------------------------------------------- */

static bool has_old(const struct editor *ed)
{
	return ed->level < ed->old.height;
}

/* Does the next change belong to the old node that we stand on? */
static bool is_here(const struct editor *ed)
{
	return ed->next < ed->n &&
	       (ax_slice_cmp(next_key(ed), ax_treewalk_last_key(&ed->old.level[ed->level])) <= 0 ||
		ax_treewalk_is_last(&ed->old, ed->level));
}

/* Merge the changes of one old node into its entries. */
static enum ax_err merge_node(struct editor *ed)
{
	struct ax_treewalk_level *l = &ed->old.level[ed->level];
	unsigned p = 0;
	enum ax_err e = AX_OK;
	bool here = is_here(ed);
	while (!e && (p < l->count || here)) {
		int c = p == l->count ? 1 : !here ? -1 : ax_slice_cmp(l->items[p].key, next_key(ed));
		if (c < 0) {
			e = put(ed, &l->items[p++]);
		} else {
			e = apply(ed, c == 0 ? &l->items[p++] : NULL);
			here = is_here(ed);
		}
	}
	return e;
}

/* From the start of the old node that we stand on to the first old end of a node that is a new one too. */
static enum ax_err rechunk(struct editor *ed)
{
	for (;;) {
		struct ax_treewalk_level *l = &ed->old.level[ed->level];
		struct ax_item sep = { .key = ax_treewalk_last_key(l) };
		enum ax_err e = list_add(&ed->removed, &sep, true);
		if (!e)
			e = merge_node(ed);
		if (e || ed->builder.n == 0)
			return e;
		e = ax_treewalk_next(&ed->old, ed->level);
		if (e == AX_ENOENT)
			return close_node(ed);
		if (e)
			return e;
	}
}

/* A level that the old tree did not have: all changes are new entries. */
static enum ax_err build_level(struct editor *ed)
{
	enum ax_err e = AX_OK;
	while (!e && ed->next < ed->n)
		e = apply(ed, NULL);
	return e || ed->builder.n == 0 ? e : close_node(ed);
}

static enum ax_err edit_level(struct editor *ed)
{
	struct ax_treewalk_level *l = &ed->old.level[ed->level];
	bool placed = false;
	while (ed->next < ed->n) {
		enum ax_err e;
		if (!placed || !is_here(ed)) {
			e = ax_treewalk_seek(&ed->old, ed->level, next_key(ed));
			if (e)
				return e;
			placed = true;
		}
		unsigned at = ax_treewalk_lower_bound(l, next_key(ed));
		bool exact = at < l->count && ax_slice_eq(l->items[at].key, next_key(ed));
		if (!differs(ed, exact ? &l->items[at] : NULL)) {
			ed->next++;
			continue;
		}
		e = rechunk(ed);
		if (e)
			return e;
		placed = false;
	}
	return AX_OK;
}

static enum ax_err run_level(struct editor *ed, unsigned level)
{
	list_fini(&ed->removed);
	list_fini(&ed->written);
	ed->level = level;
	ed->next = 0;
	ax_node_builder_fini(&ed->builder);
	ax_node_builder_init(&ed->builder, level);
	return has_old(ed) ? edit_level(ed) : build_level(ed);
}

/* Make the changes of the next level of what this one did. */
static enum ax_err climb(struct editor *ed)
{
	list_fini(&ed->changes);
	if (ed->level + 1 >= ed->old.height)
		list_fini(&ed->removed); /* nothing above names them */
	enum ax_err e = merge_lists(&ed->changes, &ed->removed, &ed->written);
	ed->n = ed->changes.n;
	return e;
}

/* -- the whole -------------------------------------------------------------------------------------------- */

/* The root is the lowest level with one node: leave out those above that hold but one child. */
static enum ax_err lower_root(struct ax_root *root, struct ax_txn *t)
{
	for (;;) {
		struct ax_node node;
		struct ax_node_iter it;
		enum ax_err e = ax_node_read(&node, t, root->node);
		if (e || node.level == 0 || node.count > 1)
			return e;
		ax_node_iter_init(&it, &node);
		e = ax_node_next(&it);
		if (e)
			return e;
		root->node = it.item.child;
		memcpy(root->id.b, it.item.value.p, sizeof root->id.b);
	}
}

static enum ax_err take_root(struct ax_root *out, struct editor *ed)
{
	if (ed->written.n == 0) {
		*out = ax_tree_empty();
		return AX_OK;
	}
	const struct ax_item *item = &ed->written.at[0].item;
	*out = (struct ax_root){ .node = item->child, .count = item->count };
	memcpy(out->id.b, item->value.p, sizeof out->id.b);
	return lower_root(out, ed->txn);
}

static enum ax_err check_edits(const struct ax_edit *edits, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (edits[i].key.n == 0 || edits[i].key.n > AX_NODE_KEY_MAX)
			return ax_fail(AX_EINTERNAL, "a tree key has 1 to %d bytes, not %zu", AX_NODE_KEY_MAX,
				       edits[i].key.n);
		if (i && ax_slice_cmp(edits[i - 1].key, edits[i].key) >= 0)
			return ax_fail(AX_EINTERNAL, "the edits of a tree are not sorted");
	}
	return AX_OK;
}

static enum ax_err run(struct ax_root *out, struct editor *ed)
{
	enum ax_err e = run_level(ed, 0);
	if (e || (ed->removed.n == 0 && ed->written.n == 0))
		return e; /* nothing changed */
	while (!e && (ed->level + 1 < ed->old.height || ed->written.n > 1)) {
		e = climb(ed);
		if (!e)
			e = run_level(ed, ed->level + 1);
		if (!e && ed->removed.n == 0 && ed->written.n == 0)
			e = ax_fail(AX_ECORRUPT, "tree node %llu: a level above does not show what is below",
				    (unsigned long long)ed->old.root);
	}
	return e ? e : take_root(out, ed);
}

enum ax_err ax_tree_edit(struct ax_root *out, struct ax_edit_stats *stats, struct ax_txn *t,
			 const struct ax_root *root, const struct ax_edit *edits, size_t n, uint64_t commit)
{
	struct ax_root old = *root; /* out may be root */
	*out = old;
	if (stats)
		*stats = (struct ax_edit_stats){ 0 };
	enum ax_err e = check_edits(edits, n);
	if (e || n == 0)
		return e;
	struct editor *ed = calloc(1, sizeof *ed);
	if (!ed)
		return ax_fail(AX_ENOMEM, "out of memory");
	ed->txn = t;
	ed->commit = commit;
	ed->edits = edits;
	ed->n = n;
	e = ax_treewalk_init(&ed->old, t, &old);
	if (!e)
		e = run(out, ed);
	if (!e && stats)
		*stats = ed->stats;
	ax_treewalk_fini(&ed->old);
	ax_node_builder_fini(&ed->builder);
	list_fini(&ed->changes);
	list_fini(&ed->removed);
	list_fini(&ed->written);
	free(ed);
	return e;
}
