/* From a batch to the edits that change something: writing what is there already does nothing (DESIGN section 2). */
#include "core/publish.h"
#include "core/render.h"

#include <stdlib.h>

static enum ax_err add(struct ax_work *w, struct ax_slice key, struct ax_slice value)
{
	if (w->n == w->cap) {
		size_t cap = w->cap ? w->cap * 2 : 8;
		struct ax_edit *p = realloc(w->edits, cap * sizeof *p);
		if (!p)
			return ax_fail(AX_ENOMEM, "out of memory");
		w->edits = p;
		w->cap = cap;
	}
	w->edits[w->n++] = (struct ax_edit){ key, value };
	return AX_OK;
}

/* The key dies when the cursor moves on: it is kept in `gone`, where point_at_gone() finds it by its order. */
static enum ax_err add_gone(struct ax_work *w, struct ax_slice key)
{
	ax_buf_slice(&w->gone, key);
	enum ax_err e = ax_buf_check(&w->gone);
	return e ? e : add(w, ax_slice(NULL, key.n), ax_slice(NULL, 0));
}

static void point_at_gone(struct ax_work *w)
{
	size_t at = 0;
	for (size_t i = 0; i < w->n; i++)
		if (!w->edits[i].key.p) {
			w->edits[i].key.p = w->gone.p + at;
			at += w->edits[i].key.n;
		}
}

static bool same_records(const struct ax_rrset *a, const struct ax_rrset *b)
{
	struct ax_rr x, y;
	size_t i = 0, j = 0;
	while (ax_rrset_next(&x, a, &i)) {
		if (!ax_rrset_next(&y, b, &j) || x.ttl_s != y.ttl_s || ax_rdata_cmp(a->type, x.rdata, y.rdata) != 0)
			return false;
	}
	return true;
}

/* A change of letter case alone is a change, but not for a transfer: primaries compress names and lose their case. */
static enum ax_err same(bool *out, const struct ax_work *w, const struct ax_edit *edit, struct ax_slice old)
{
	struct ax_name owner;
	uint16_t type, covered;
	struct ax_rrset a, b;
	*out = ax_slice_eq(edit->value, old);
	if (*out || w->change->serial_from != AX_SERIAL_FROM_TRANSFER)
		return AX_OK;
	enum ax_err e = ax_key_parse(&owner, &type, &covered, NULL, edit->key, &w->zone.apex);
	if (!e)
		e = ax_rrset_view(&a, type, covered, old);
	if (!e)
		e = ax_rrset_view(&b, type, covered, edit->value);
	if (!e)
		*out = a.count == b.count && a.ttl_s == b.ttl_s && same_records(&a, &b);
	return e;
}

/* Move to the first entry at or behind key; with gone: what is passed is to be deleted. */
static enum ax_err pass(struct ax_work *w, struct ax_cursor *c, struct ax_slice key, bool gone)
{
	enum ax_err e = AX_OK;
	/* Neighbours are near: a few steps are cheaper than a descent. */
	for (int steps = 0; !e && c->valid && (gone || steps < 8); steps++) {
		if (ax_slice_cmp(c->entry.key, key) >= 0)
			return AX_OK;
		if (gone)
			e = add_gone(w, c->entry.key);
		if (!e)
			e = ax_cursor_next(c);
	}
	return e || gone ? e : ax_cursor_seek(c, key);
}

static enum ax_err join(struct ax_work *w, struct ax_cursor *c, const struct ax_edit *edits, size_t n)
{
	enum ax_err e = ax_cursor_seek(c, ax_slice(NULL, 0));
	for (size_t i = 0; !e && i < n; i++) {
		bool is_same = !edits[i].value.n;
		struct ax_slice old;
		if ((e = pass(w, c, edits[i].key, w->change->replace)))
			return e;
		if (!c->valid || !ax_slice_eq(c->entry.key, edits[i].key)) {
			if (!is_same)
				e = add(w, edits[i].key, edits[i].value);
			continue;
		}
		is_same = false;
		if (edits[i].value.n && !(e = ax_cursor_value(&old, c)))
			e = same(&is_same, w, &edits[i], old);
		if (!e && !is_same)
			e = add(w, edits[i].key, edits[i].value);
		if (!e)
			e = ax_cursor_next(c);
	}
	while (!e && w->change->replace && c->valid)
		if (!(e = add_gone(w, c->entry.key)))
			e = ax_cursor_next(c);
	return e;
}

static enum ax_err changed_meanwhile(const struct ax_work *w, struct ax_slice key)
{
	struct ax_buf b = AX_BUF_INIT;
	if (ax_render_key(&b, &w->zone.apex, key) != AX_OK || !ax_buf_cstr(&b))
		ax_buf_clear(&b);
	const char *name = ax_buf_cstr(&b);
	ax_fail(AX_ECONFLICT, "%s was changed meanwhile", name && *name ? name : "an RRset");
	ax_buf_fini(&b);
	return AX_ECONFLICT;
}

static enum ax_err hold(const struct ax_work *w, struct ax_txn *t)
{
	struct ax_edit expected;
	struct ax_entry found;
	for (size_t i = 0; ax_batch_expectation(&expected, w->change->batch, i); i++) {
		enum ax_err e = ax_tree_find(&found, t, &w->base_info.root, expected.key);
		if (e && e != AX_ENOENT)
			return e;
		if (!ax_slice_eq(found.value, expected.value))
			return changed_meanwhile(w, expected.key);
	}
	return AX_OK;
}

enum ax_err ax_reduce(struct ax_work *w, struct ax_txn *t)
{
	const struct ax_edit *edits;
	struct ax_cursor c;
	size_t n;
	enum ax_err e;
	if ((e = hold(w, t)) || (e = ax_batch_edits(&edits, &n, w->change->batch)))
		return e;
	if (!n && w->change->replace)
		return ax_fail(AX_ECHECK,
			       "there is no record of the zone in it: a zone has an SOA and an NS at least");
	if ((e = ax_cursor_init(&c, t, &w->base_info.root)))
		return e;
	c.keys_only = true; /* what is passed over is not looked at */
	e = join(w, &c, edits, n);
	ax_cursor_fini(&c);
	point_at_gone(w);
	return e;
}
