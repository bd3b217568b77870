#include "tools/three.h"

#include "core/object.h"
#include "core/render.h"

#include <stdio.h>
#include <string.h>

void three_init(struct three *out, const struct ax_name *apex)
{
	*out = (struct three){ 0 };
	ax_batch_init(&out->batch, apex);
}

void three_fini(struct three *t)
{
	ax_batch_fini(&t->batch);
	ax_buf_fini(&t->diff);
}

struct join {
	struct three *out;
	struct ax_txn *txn;
	struct ax_commit_info base, tip;
	uint32_t serial; /* that the text shows */
	struct ax_buf conflicts;
};

static enum ax_err put(struct join *j, struct ax_slice key, struct ax_slice old, struct ax_slice new)
{
	struct ax_render_side was = { old, j->tip.serial }, is = { new, j->serial };
	enum ax_err e = ax_render_diff_line(&j->out->diff, &j->out->batch.apex, key, &was, &is);
	if (e)
		return e;
	return new.n ? ax_batch_put_key(&j->out->batch, key, new) : ax_batch_delete_key(&j->out->batch, key);
}

/* The text makes `base` of this RRset `new`. */
static enum ax_err changed(struct join *j, struct ax_slice key, struct ax_slice base, struct ax_slice new)
{
	struct ax_entry found;
	enum ax_err e = ax_tree_find(&found, j->txn, &j->tip.root, key);
	if (e && e != AX_ENOENT)
		return e;
	struct ax_slice now = e ? ax_slice(NULL, 0) : found.value;
	if (ax_slice_eq(now, new))
		return AX_OK;
	if (ax_slice_eq(now, base))
		return put(j, key, now, new);
	ax_buf_str(&j->conflicts, j->conflicts.n ? ", " : "");
	return ax_render_key(&j->conflicts, &j->out->batch.apex, key);
}

static bool in_scope(const struct ax_cursor *c, struct ax_slice scope)
{
	return c->valid && ax_slice_starts(c->entry.key, scope);
}

/* Both in key order: one walk. */
static enum ax_err walk(struct join *j, const struct ax_edit *edits, size_t n, struct ax_slice scope)
{
	struct ax_cursor c;
	struct ax_slice none = { NULL, 0 };
	enum ax_err e = ax_cursor_init(&c, j->txn, &j->base.root);
	if (e)
		return e;
	e = ax_cursor_seek(&c, scope);
	for (size_t i = 0; !e && (i < n || in_scope(&c, scope));) {
		int cmp = i == n ? -1 : !in_scope(&c, scope) ? 1 : ax_slice_cmp(c.entry.key, edits[i].key);
		struct ax_slice base = cmp <= 0 ? c.entry.value : none, new = cmp >= 0 ? edits[i].value : none;
		if (!ax_slice_eq(base, new))
			e = changed(j, cmp <= 0 ? c.entry.key : edits[i].key, base, new);
		if (!e && cmp <= 0)
			e = ax_cursor_next(&c);
		i += cmp >= 0;
	}
	ax_cursor_fini(&c);
	return e;
}

static enum ax_err find_sides(struct join *j, const struct ax_zone *zone, const char *branch,
			      const struct ax_id *base)
{
	static const struct ax_id nothing;
	char path[AX_REF_PATH_MAX + 1];
	struct ax_ref ref;
	uint64_t local;
	j->base.root = j->tip.root = ax_tree_empty();
	snprintf(path, sizeof path, "heads/%s", branch);
	enum ax_err e = ax_ref_get(&ref, j->txn, zone->id, path);
	if (!e)
		e = ax_commit_info(&j->tip, j->txn, ref.commit);
	j->out->tip = ref.id;
	if ((e && e != AX_ENOENT) || ax_id_eq(base, &nothing))
		return e == AX_ENOENT ? AX_OK : e;
	e = ax_object_find(&local, j->txn, base);
	if (e == AX_ENOENT)
		return ax_fail(e, "the commit that the text began at is not in this repository");
	return e ? e : ax_commit_info(&j->base, j->txn, local);
}

enum ax_err three_join(struct three *out, struct ax_txn *t, const struct ax_zone *zone, const char *branch,
		       const struct ax_id *base, struct ax_batch *stated, struct ax_slice scope)
{
	struct join j = { .out = out, .txn = t };
	const struct ax_edit *edits;
	size_t n;
	enum ax_err e = find_sides(&j, zone, branch, base);
	if (!e)
		e = ax_batch_edits(&edits, &n, stated);
	if (e)
		return e;
	/* A serial that was left alone says nothing: the tip may have a newer one. */
	bool wants = stated->has_serial && stated->serial != j.base.serial;
	j.serial = wants ? stated->serial : j.tip.serial;
	e = walk(&j, edits, n, scope);
	out->batch.has_serial = wants;
	out->batch.serial = stated->serial;
	if (!e)
		e = ax_buf_check(&j.conflicts);
	if (!e && j.conflicts.n)
		e = ax_fail(AX_ECONFLICT, "changed meanwhile by others, too: %s", ax_buf_cstr(&j.conflicts));
	ax_buf_fini(&j.conflicts);
	return e ? e : ax_buf_check(&out->diff);
}
