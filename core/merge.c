#include "core/merge.h"
#include "core/diff.h"

#include <stdlib.h>
#include <string.h>

/* -- conflicts ---------------------------------------------------------------------------------------------- */

const char *ax_conflict_name(enum ax_conflict_kind kind)
{
	static const char *const names[] = {
		[AX_BOTH_MODIFIED] = "both-modified",
		[AX_DELETED_MODIFIED] = "deleted-modified",
		[AX_ADD_ADD] = "add-add",
	};
	return names[kind];
}

static void free_conflict(struct ax_conflict *c)
{
	free((void *)(uintptr_t)c->key.p);
	free((void *)(uintptr_t)c->ours.p);
	free((void *)(uintptr_t)c->theirs.p);
	for (unsigned i = 0; i < c->bases; i++)
		free((void *)(uintptr_t)c->base[i].p);
}

void ax_conflicts_fini(struct ax_conflicts *c)
{
	for (size_t i = 0; i < c->n; i++)
		free_conflict(&c->v[i]);
	free(c->v);
	*c = (struct ax_conflicts){ 0 };
}

/* What the transaction lends dies with it: keep a copy. False without memory. */
static bool keep(struct ax_slice *s)
{
	uint8_t *p = malloc(s->n + 1);
	if (p && s->n)
		memcpy(p, s->p, s->n);
	s->p = p;
	return p != NULL;
}

static enum ax_err keep_conflict(struct ax_conflicts *list, const struct ax_conflict *found)
{
	if (list->n == list->cap) {
		size_t cap = list->cap ? list->cap * 2 : 8;
		struct ax_conflict *p = realloc(list->v, cap * sizeof *p);
		if (!p)
			return ax_fail(AX_ENOMEM, "out of memory");
		list->v = p;
		list->cap = cap;
	}
	struct ax_conflict *c = &list->v[list->n++];
	*c = *found;
	bool kept = keep(&c->key);
	kept = keep(&c->ours) && kept;
	kept = keep(&c->theirs) && kept;
	for (unsigned i = 0; i < c->bases; i++)
		kept = keep(&c->base[i]) && kept;
	return kept ? AX_OK : ax_fail(AX_ENOMEM, "out of memory");
}

/* -- the merge ---------------------------------------------------------------------------------------------- */

struct merge {
	struct ax_conflicts *conflicts;
	struct ax_batch *batch;
	struct ax_txn *txn;
	const struct ax_ancestry *bases;
	size_t at; /* the base whose differences are walked */
	const struct ax_root *ours;
	const struct ax_merge_rules *rules;
	struct ax_buf bytes;                  /* of sets merged by member */
	struct ax_buf level[AX_ANCESTRY_MAX]; /* the same of bases */
};

static enum ax_err look(struct ax_slice *out, struct ax_txn *t, const struct ax_root *root, struct ax_slice key)
{
	struct ax_entry found;
	enum ax_err e = ax_tree_find(&found, t, root, key);
	*out = e ? ax_slice(NULL, 0) : found.value;
	return e == AX_ENOENT ? AX_OK : e;
}

/* An RRset that is the same in base and theirs for one base may differ from another: it is met once, with the first
 * base it differs from. */
static enum ax_err look_at_bases(bool *met, struct ax_conflict *c, const struct merge *m)
{
	enum ax_err e = AX_OK;
	*met = false;
	c->bases = m->bases->level[0].n;
	for (size_t i = 0; !e && i < c->bases; i++) {
		e = look(&c->base[i], m->txn, &m->bases->level[0].root[i], c->key);
		*met = *met || (i < m->at && !ax_slice_eq(c->base[i], c->theirs));
	}
	return e;
}

static enum ax_conflict_kind kind_of(const struct ax_conflict *c)
{
	bool was = false;
	for (unsigned i = 0; i < c->bases; i++)
		was = was || c->base[i].n;
	if (!c->ours.n || !c->theirs.n)
		return AX_DELETED_MODIFIED;
	return was ? AX_BOTH_MODIFIED : AX_ADD_ADD;
}

/* What every base comes to; false if one has a conflict or they disagree. */
static bool agree(struct ax_slice *out, struct merge *m, uint16_t type, const struct ax_conflict *c)
{
	bool whole = m->rules && m->rules->whole;
	ax_buf_clear(&m->bytes);
	for (unsigned i = 0; i < c->bases; i++) {
		struct ax_slice one;
		/* Slices into a growing buffer would move: a set merged by member is made anew for each base. */
		struct ax_buf other = AX_BUF_INIT;
		bool clean =
			ax_merge_rrset(&one, i ? &other : &m->bytes, type, c->base[i], c->ours, c->theirs, whole);
		clean = clean && (!i || ax_slice_eq(one, *out));
		ax_buf_fini(&other);
		if (!clean)
			return false;
		if (!i)
			*out = one;
	}
	return true;
}

/* What the bases of a level come to when they are merged; *clean is false if they disagree. */
static enum ax_err merge_bases(struct ax_slice *out, bool *clean, struct merge *m, uint16_t type, struct ax_slice key,
			       unsigned level)
{
	struct ax_slice base, a, b;
	*out = ax_slice(NULL, 0);
	*clean = level < m->bases->levels && m->bases->level[level].n <= 2;
	if (!*clean || !m->bases->level[level].n)
		return AX_OK;
	const struct ax_root *root = m->bases->level[level].root;
	enum ax_err e = look(&a, m->txn, &root[0], key);
	*out = a;
	if (e || m->bases->level[level].n == 1)
		return e;
	if ((e = look(&b, m->txn, &root[1], key)) || ax_slice_eq(a, b))
		return e;
	if (!(e = merge_bases(&base, clean, m, type, key, level + 1)) && *clean) {
		ax_buf_clear(&m->level[level]);
		*clean = ax_merge_rrset(out, &m->level[level], type, base, a, b, m->rules && m->rules->whole);
	}
	return e;
}

/* Two bases merged to one that is clean. */
static enum ax_err agree_above(struct ax_slice *out, bool *clean, struct merge *m, uint16_t type,
			       const struct ax_conflict *c)
{
	struct ax_slice base;
	*clean = false;
	if (c->bases != 2)
		return AX_OK;
	enum ax_err e = merge_bases(&base, clean, m, type, c->key, 0);
	ax_buf_clear(&m->bytes);
	if (!e && *clean)
		*clean = ax_merge_rrset(out, &m->bytes, type, base, c->ours, c->theirs, m->rules && m->rules->whole);
	return e;
}

static enum ax_side rule_for(const struct ax_merge_rules *rules, struct ax_slice key)
{
	for (size_t i = 0; rules && i < rules->takes_n; i++)
		if (ax_slice_eq(rules->takes[i].key, key)) {
			rules->takes[i].used = true;
			return rules->takes[i].side;
		}
	return rules ? rules->side : AX_SIDE_NONE;
}

static enum ax_err put(struct merge *m, const struct ax_conflict *c, struct ax_slice value)
{
	if (ax_slice_eq(value, c->ours))
		return AX_OK;
	return value.n ? ax_batch_put_canonical(m->batch, c->key, value) : ax_batch_delete_key(m->batch, c->key);
}

static enum ax_err settle(struct merge *m, uint16_t type, struct ax_conflict *c)
{
	struct ax_slice value;
	bool clean = agree(&value, m, type, c);
	enum ax_err e = clean ? AX_OK : agree_above(&value, &clean, m, type, c);
	if (e || clean)
		return e ? e : put(m, c, value);
	enum ax_side side = rule_for(m->rules, c->key);
	if (side != AX_SIDE_NONE)
		return put(m, c, side == AX_SIDE_OURS ? c->ours : c->theirs);
	c->kind = kind_of(c);
	return keep_conflict(m->conflicts, c);
}

/* An RRset that theirs has otherwise than the base. */
static enum ax_err each(void *ctx, struct ax_slice key, const struct ax_entry *base, const struct ax_entry *theirs)
{
	struct merge *m = ctx;
	struct ax_conflict c = { .key = key, .theirs = theirs ? theirs->value : ax_slice(NULL, 0) };
	struct ax_name owner;
	uint16_t type, covered;
	bool met;
	(void)base;
	enum ax_err e = look_at_bases(&met, &c, m);
	if (e || met || (e = look(&c.ours, m->txn, m->ours, key)))
		return e;
	e = ax_key_parse(&owner, &type, &covered, NULL, key, &m->batch->apex);
	return e ? e : settle(m, type, &c);
}

static enum ax_err all_taken(const struct ax_merge_rules *rules)
{
	for (size_t i = 0; rules && i < rules->takes_n; i++)
		if (!rules->takes[i].used)
			return ax_fail(AX_EINVAL, "an RRset to be taken from one side is not in conflict");
	return AX_OK;
}

/* A level, and whether there is one above it to be found. */
static enum ax_err add_level(struct ax_ancestry *out, struct ax_txn *t, const struct ax_bases *bases)
{
	struct ax_commit_info info;
	enum ax_err e = AX_OK;
	unsigned level = out->levels++;
	out->level[level].n = (unsigned)bases->n;
	for (size_t i = 0; !e && i < bases->n; i++)
		if (!(e = ax_commit_info(&info, t, bases->commit[i])))
			out->level[level].root[i] = info.root;
	return e;
}

enum ax_err ax_merge_ancestry(struct ax_ancestry *out, struct ax_txn *t, const struct ax_bases *bases)
{
	struct ax_bases now = *bases;
	out->levels = 0;
	enum ax_err e = add_level(out, t, &now);
	while (!e && now.n == 2 && out->levels < AX_ANCESTRY_MAX) {
		struct ax_bases above;
		if (!(e = ax_graph_bases(&above, t, now.commit[0], now.commit[1])))
			e = add_level(out, t, &above);
		now = above;
	}
	return e;
}

enum ax_err ax_merge(struct ax_conflicts *conflicts, struct ax_batch *batch, struct ax_txn *t,
		     const struct ax_ancestry *bases, const struct ax_root *ours, const struct ax_root *theirs,
		     const struct ax_merge_rules *rules)
{
	struct merge m = {
		.conflicts = conflicts, .batch = batch, .txn = t, .bases = bases, .ours = ours, .rules = rules
	};
	enum ax_err e = AX_OK;
	for (; !e && m.at < bases->level[0].n; m.at++)
		e = ax_tree_diff(t, &bases->level[0].root[m.at], theirs, each, &m);
	ax_buf_fini(&m.bytes);
	for (unsigned i = 0; i < AX_ANCESTRY_MAX; i++)
		ax_buf_fini(&m.level[i]);
	/* A serial belongs to the commit: an SOA of a tree brings none. */
	batch->has_serial = false;
	if (!e && conflicts->n)
		return ax_fail(AX_ECONFLICT, "%zu RRset%s in conflict", conflicts->n, conflicts->n == 1 ? "" : "s");
	return e ? e : all_taken(rules);
}
