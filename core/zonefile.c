#include "core/zonefile.h"

#include "core/object.h"
#include "core/render.h"
#include "core/zonetext.h"

#include <stdio.h>
#include <string.h>

/* -- the text --------------------------------------------------------------------------------------------- */

static const char head[] = "; commit ";
static const char refused[] = "; not committed: ";

void ax_zonefile_head(struct ax_buf *out, const struct ax_id *commit)
{
	char hex[AX_ID_HEX + 1];
	ax_id_hex(hex, commit);
	ax_buf_printf(out, "%s%s: keep this line, it is what your changes are merged from\n", head, hex);
}

bool ax_zonefile_base(struct ax_id *out, struct ax_slice text)
{
	char hex[AX_ID_HEX + 1] = "";
	size_t n = strlen(head);
	if (ax_slice_starts(text, ax_slice_str(refused))) {
		const uint8_t *lf = memchr(text.p, '\n', text.n);
		size_t line = lf ? (size_t)(lf - text.p) + 1 : text.n;
		text = ax_slice(text.p + line, text.n - line);
	}
	if (text.n < n + AX_ID_HEX || memcmp(text.p, head, n) != 0)
		return false;
	memcpy(hex, text.p + n, AX_ID_HEX);
	return !ax_id_parse(out, hex);
}

static enum ax_err put_records(struct ax_buf *out, const struct ax_name *apex, const struct ax_commit_info *at,
			       const struct ax_entry *entry)
{
	struct ax_name owner;
	struct ax_rrset set;
	uint16_t type, covered;
	enum ax_err e = ax_key_parse(&owner, &type, &covered, NULL, entry->key, apex);
	if (!e)
		e = ax_rrset_view(&set, type, covered, entry->value);
	return e ? e : ax_zonetext_write(out, &owner, &set, at->serial);
}

static bool is_apex_soa(struct ax_slice key)
{
	return key.n == 3 && !key.p[0] && ax_be16(key.p + 1) == AX_TYPE_SOA;
}

/* Twice over the apex: the SOA first, then all others. */
enum ax_err ax_zonefile_write(struct ax_buf *out, struct ax_txn *t, const struct ax_name *apex,
			      const struct ax_commit_info *at)
{
	struct ax_cursor c;
	enum ax_err e = ax_cursor_init(&c, t, &at->root);
	if (e)
		return e;
	for (int soa = 1; !e && soa >= 0; soa--)
		for (e = ax_cursor_seek(&c, ax_slice(NULL, 0)); !e && c.valid; e = ax_cursor_next(&c)) {
			if (is_apex_soa(c.entry.key) == soa && (e = put_records(out, apex, at, &c.entry)))
				break;
			if (soa && c.entry.key.n && c.entry.key.p[0])
				break;
		}
	ax_cursor_fini(&c);
	return e ? e : ax_buf_check(out);
}

/* -- what it does to the tip ------------------------------------------------------------------------------ */

void ax_three_init(struct ax_three *out, const struct ax_name *apex)
{
	*out = (struct ax_three){ 0 };
	ax_batch_init(&out->batch, apex);
}

void ax_three_fini(struct ax_three *t)
{
	ax_batch_fini(&t->batch);
	ax_buf_fini(&t->diff);
}

struct join {
	struct ax_three *out;
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

static enum ax_err read_base(struct join *j, const struct ax_zone *zone, const struct ax_id *base)
{
	struct ax_commit c;
	uint64_t local;
	enum ax_err e = ax_object_find(&local, j->txn, base);
	if (!e)
		e = ax_commit_read(&c, j->txn, local);
	if (e == AX_ENOENT)
		return ax_fail(AX_EINVAL, "the commit that the text began at is not in this repository");
	if (e)
		return e;
	bool other = !ax_name_eq(&c.zone, &zone->apex);
	ax_commit_fini(&c);
	return other ? ax_fail(AX_EINVAL, "the commit that the text began at is another zone's")
		     : ax_commit_info(&j->base, j->txn, local);
}

static enum ax_err find_sides(struct join *j, const struct ax_zone *zone, const char *branch,
			      const struct ax_id *base)
{
	static const struct ax_id nothing;
	char path[AX_REF_PATH_MAX + 1];
	struct ax_ref ref;
	j->base.root = j->tip.root = ax_tree_empty();
	snprintf(path, sizeof path, "heads/%s", branch);
	enum ax_err e = ax_ref_get(&ref, j->txn, zone->id, path);
	if (!e)
		e = ax_commit_info(&j->tip, j->txn, ref.commit);
	j->out->tip = ref.id;
	if ((e && e != AX_ENOENT) || ax_id_eq(base, &nothing))
		return e == AX_ENOENT ? AX_OK : e;
	return read_base(j, zone, base);
}

enum ax_err ax_three_join(struct ax_three *out, struct ax_txn *t, const struct ax_zone *zone, const char *branch,
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
