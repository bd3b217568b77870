#include "core/bundle.h"
#include "core/bundle_format.h"

#include "core/diff.h"
#include "core/graph.h"
#include "core/tag.h"

#include <stdlib.h>
#include <string.h>

struct writing {
	struct ax_buf *out;
	struct ax_txn *txn;
	const struct ax_zone *zone;
	uint64_t *commits; /* in it */
	size_t n, cap;
	struct ax_buf payload, edits;
	uint64_t edits_n;
};

static enum ax_err put_record(struct writing *w, char type)
{
	ax_buf_u8(w->out, (uint8_t)type);
	ax_buf_leb(w->out, w->payload.n);
	ax_buf_slice(w->out, ax_buf_view(&w->payload));
	enum ax_err e = ax_buf_check(&w->payload);
	ax_buf_clear(&w->payload);
	return e;
}

static void put_bytes(struct ax_buf *b, struct ax_slice s)
{
	ax_buf_leb(b, s.n);
	ax_buf_slice(b, s);
}

/* -- commits ------------------------------------------------------------------------------------------------ */

static enum ax_err put_edit(void *ctx, struct ax_slice key, const struct ax_entry *a, const struct ax_entry *b)
{
	struct writing *w = ctx;
	(void)a;
	put_bytes(&w->edits, key);
	put_bytes(&w->edits, b ? b->value : ax_slice(NULL, 0));
	w->edits_n++;
	return AX_OK;
}

/* What the commit changed, or all it holds where that can't be told. */
static enum ax_err put_edits(uint8_t *flags, struct writing *w, const struct ax_commit_info *c)
{
	struct ax_commit_info parent = { .root = ax_tree_empty() };
	ax_buf_clear(&w->edits);
	w->edits_n = 0;
	*flags = c->cut ? AX_BUNDLE_CUT : 0;
	if (c->root.node == AX_NODE_PRUNED) {
		*flags |= AX_BUNDLE_TREELESS;
		return AX_OK;
	}
	enum ax_err e = c->parents ? ax_commit_info(&parent, w->txn, c->parent[0]) : AX_OK;
	if (!c->parents || parent.root.node == AX_NODE_PRUNED) {
		*flags |= AX_BUNDLE_FULL;
		parent.root = ax_tree_empty();
	}
	return e ? e : ax_tree_diff(w->txn, &parent.root, &c->root, put_edit, w);
}

static enum ax_err put_signatures(struct writing *w, enum ax_kind kind, const struct ax_id *id)
{
	struct ax_public_key key = { 0 };
	uint8_t signature[AX_SIGNATURE_SIZE];
	enum ax_err e = AX_OK;
	for (bool first = true; !e && !(e = ax_sign_next(&key, signature, w->txn, id, first)); first = false) {
		ax_buf_u8(&w->payload, (uint8_t)kind);
		ax_buf_put(&w->payload, id->b, AX_ID_SIZE);
		ax_buf_put(&w->payload, key.b, AX_KEY_SIZE);
		ax_buf_put(&w->payload, signature, sizeof signature);
		e = put_record(w, 'G');
	}
	return e == AX_ENOENT ? AX_OK : e;
}

static enum ax_err put_commit(struct writing *w, uint64_t local)
{
	struct ax_commit_info c;
	struct ax_object o;
	uint8_t flags;
	enum ax_err e = ax_commit_info(&c, w->txn, local);
	if (!e)
		e = put_edits(&flags, w, &c);
	if (!e)
		e = ax_object_read(&o, w->txn, local, AX_KIND_COMMIT);
	if (e)
		return e;
	struct ax_id id = ax_hash_object(AX_KIND_COMMIT, o.canonical);
	ax_buf_u8(&w->payload, flags);
	put_bytes(&w->payload, o.canonical);
	ax_buf_leb(&w->payload, w->edits_n);
	ax_buf_slice(&w->payload, ax_buf_view(&w->edits));
	if ((e = ax_buf_check(&w->edits)) || (e = put_record(w, 'C')))
		return e;
	return put_signatures(w, AX_KIND_COMMIT, &id);
}

/* -- what is in it ------------------------------------------------------------------------------------------ */

static int by_id(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

static enum ax_err add(struct writing *w, uint64_t commit)
{
	if (w->n == w->cap) {
		size_t cap = w->cap ? 2 * w->cap : 256;
		uint64_t *v = reallocarray(w->commits, cap, sizeof *v);
		if (!v)
			return ax_fail(AX_ENOMEM, "out of memory");
		w->commits = v;
		w->cap = cap;
	}
	w->commits[w->n++] = commit;
	return AX_OK;
}

/* Parents have lower ids: in that order each commit stands behind them. */
static enum ax_err list_commits(struct writing *w, const struct ax_bundle_want *want)
{
	struct ax_commit_info c;
	struct ax_walk *walk;
	struct ax_ref ref;
	enum ax_err e = ax_walk_open(&walk, w->txn);
	if (!e && want->since)
		e = ax_walk_hide(walk, want->since);
	for (size_t i = 0; !e && i < want->n; i++)
		if (!(e = ax_ref_get(&ref, w->txn, w->zone->id, want->paths[i])))
			e = ax_walk_push(walk, ref.commit);
	while (!e && !(e = ax_walk_next(&c, walk)))
		e = add(w, c.local);
	ax_walk_close(walk);
	if (w->n)
		qsort(w->commits, w->n, sizeof *w->commits, by_id);
	return e == AX_ENOENT ? AX_OK : e;
}

static enum ax_err put_refs(struct writing *w, const struct ax_bundle_want *want)
{
	struct ax_ref ref;
	enum ax_err e = AX_OK;
	for (size_t i = 0; !e && i < want->n; i++) {
		e = ax_ref_get(&ref, w->txn, w->zone->id, want->paths[i]);
		if (e)
			return e == AX_ENOENT ? ax_fail(e, "there is no %s", want->paths[i]) : e;
		ax_buf_put(&w->payload, ref.id.b, AX_ID_SIZE);
		ax_buf_str(&w->payload, want->paths[i]);
		e = put_record(w, 'R');
	}
	return e;
}

/* Parents that are not in it: the receiver must have them. */
static enum ax_err put_bases(struct writing *w)
{
	struct ax_commit_info c;
	struct ax_id id;
	enum ax_err e = AX_OK;
	for (size_t i = 0; !e && i < w->n; i++) {
		e = ax_commit_info(&c, w->txn, w->commits[i]);
		for (unsigned k = 0; !e && k < c.parents; k++) {
			if (bsearch(&c.parent[k], w->commits, w->n, sizeof *w->commits, by_id))
				continue;
			if ((e = ax_commit_id(&id, w->txn, c.parent[k])))
				break;
			ax_buf_put(&w->payload, id.b, AX_ID_SIZE);
			e = put_record(w, 'B');
		}
	}
	return e;
}

static enum ax_err put_tags(struct writing *w, const struct ax_bundle_want *want)
{
	struct ax_object o;
	uint64_t local;
	enum ax_err e = AX_OK;
	for (size_t i = 0; !e && i < want->n; i++) {
		if (strncmp(want->paths[i], "tags/", 5) != 0)
			continue;
		e = ax_tag_find(&local, w->txn, w->zone->id, want->paths[i] + 5);
		if (e == AX_ENOENT) {
			e = AX_OK;
			continue;
		}
		if (e || (e = ax_object_read(&o, w->txn, local, AX_KIND_TAG)))
			return e;
		struct ax_id id = ax_hash_object(AX_KIND_TAG, o.canonical);
		ax_buf_slice(&w->payload, o.canonical);
		if (!(e = put_record(w, 'T')))
			e = put_signatures(w, AX_KIND_TAG, &id);
	}
	return e;
}

static enum ax_err put_all(struct writing *w, const struct ax_bundle_want *want, size_t from)
{
	enum ax_err e;
	ax_buf_put(w->out, AX_BUNDLE_MAGIC, strlen(AX_BUNDLE_MAGIC));
	ax_buf_put(&w->payload, w->zone->apex.wire, w->zone->apex.n);
	if ((e = put_record(w, 'Z')) || (e = put_refs(w, want)) || (e = list_commits(w, want)) || (e = put_bases(w)))
		return e;
	for (size_t i = 0; !e && i < w->n; i++)
		e = put_commit(w, w->commits[i]);
	if (e || (e = put_tags(w, want)) || (e = ax_buf_check(w->out)))
		return e;
	struct ax_id end = ax_hash_bytes(ax_slice(w->out->p + from, w->out->n - from));
	ax_buf_put(&w->payload, end.b, AX_ID_SIZE);
	return put_record(w, 'E');
}

enum ax_err ax_bundle_write(struct ax_buf *out, uint64_t *commits, struct ax_txn *t, const struct ax_zone *zone,
			    const struct ax_bundle_want *want)
{
	struct writing w = { .out = out, .txn = t, .zone = zone };
	enum ax_err e = put_all(&w, want, out->n);
	if (!e && !w.n && !want->n)
		e = AX_ENOCHANGE;
	if (commits)
		*commits = w.n;
	free(w.commits);
	ax_buf_fini(&w.payload);
	ax_buf_fini(&w.edits);
	return e ? e : ax_buf_check(out);
}
