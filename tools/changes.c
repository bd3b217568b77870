#include "tools/changes.h"

#include "tools/json.h"

#include <inttypes.h>

/* -- walks ------------------------------------------------------------------------------------------------ */

struct filter {
	struct ax_slice prefix;
	ax_diff_fn *each;
	void *ctx;
};

static enum ax_err pass(void *ctx, struct ax_slice key, const struct ax_entry *a, const struct ax_entry *b)
{
	struct filter *f = ctx;
	return ax_slice_starts(key, f->prefix) ? f->each(f->ctx, key, a, b) : AX_OK;
}

enum ax_err changes_each(const struct changes *c, ax_diff_fn *each, void *ctx)
{
	struct ax_root empty = ax_tree_empty();
	struct filter f = { c->prefix, each, ctx };
	return ax_tree_diff(c->txn, c->a ? &c->a->root : &empty, c->b ? &c->b->root : &empty, pass, &f);
}

/* Both sides are in canonical order: one walk over both. */
static int order(uint16_t type, const struct ax_rr *x, bool has_x, const struct ax_rr *y, bool has_y)
{
	if (!has_x || !has_y)
		return has_y - has_x;
	return ax_rdata_cmp(type, x->rdata, y->rdata);
}

enum ax_err changes_records(uint16_t type, uint16_t covered, const struct ax_entry *a, const struct ax_entry *b,
			    enum ax_err (*each)(void *ctx, const struct changes_record *r), void *ctx)
{
	struct ax_rrset old_set = { 0 }, new_set = { 0 };
	struct ax_rr x, y;
	size_t i = 0, j = 0;
	enum ax_err e = a ? ax_rrset_view(&old_set, type, covered, a->value) : AX_OK;
	if (!e && b)
		e = ax_rrset_view(&new_set, type, covered, b->value);
	if (e)
		return e;
	bool has_x = a && ax_rrset_next(&x, &old_set, &i), has_y = b && ax_rrset_next(&y, &new_set, &j);
	while (!e && (has_x || has_y)) {
		int cmp = order(type, &x, has_x, &y, has_y);
		bool same = !cmp && x.ttl_s == y.ttl_s && ax_slice_eq(x.rdata, y.rdata);
		if (!same && cmp <= 0)
			e = each(ctx, &(struct changes_record){ '-', x });
		if (!e && !same && cmp >= 0)
			e = each(ctx, &(struct changes_record){ '+', y });
		if (cmp <= 0)
			has_x = ax_rrset_next(&x, &old_set, &i);
		if (cmp >= 0)
			has_y = ax_rrset_next(&y, &new_set, &j);
	}
	return e;
}

/* -- forms ------------------------------------------------------------------------------------------------ */

struct form {
	struct ax_buf *out;
	const struct changes *c;
	uint64_t n;
	uint64_t plus, minus;  /* records of all, */
	uint64_t added, taken; /* and of the RRset at hand */
	struct ax_name owner;
	uint16_t type, covered;
	uint32_t old_serial, new_serial;
	struct json_t *list;
};

static enum ax_err aim(struct form *f, struct ax_slice key)
{
	f->n++;
	f->added = f->taken = 0;
	return ax_key_parse(&f->owner, &f->type, &f->covered, NULL, key, &f->c->apex);
}

static enum ax_err put_line(void *ctx, struct ax_slice key, const struct ax_entry *a, const struct ax_entry *b)
{
	struct form *f = ctx;
	struct ax_slice none = { NULL, 0 };
	struct ax_render_side old_side = { a ? a->value : none, f->old_serial };
	struct ax_render_side new_side = { b ? b->value : none, f->new_serial };
	f->n++;
	return ax_render_diff_line(f->out, &f->c->apex, key, &old_side, &new_side);
}

static enum ax_err put_name(void *ctx, struct ax_slice key, const struct ax_entry *a, const struct ax_entry *b)
{
	struct form *f = ctx;
	(void)a, (void)b;
	f->n++;
	enum ax_err e = ax_render_key(f->out, &f->c->apex, key);
	ax_buf_u8(f->out, '\n');
	return e;
}

static enum ax_err count_record(void *ctx, const struct changes_record *r)
{
	struct form *f = ctx;
	uint64_t *n = r->sign == '+' ? &f->added : &f->taken;
	++*n;
	return AX_OK;
}

/* As many signs as records, fewer where the line would be too long. */
static void put_bar(struct ax_buf *out, uint64_t added, uint64_t taken)
{
	enum { WIDTH = 40 };
	uint64_t all = added + taken;
	for (int i = 0; i < 2; i++) {
		uint64_t n = i ? taken : added;
		uint64_t shown = all <= WIDTH ? n : (n * WIDTH + all - 1) / all;
		while (shown--)
			ax_buf_u8(out, i ? '-' : '+');
	}
}

static enum ax_err put_stat(void *ctx, struct ax_slice key, const struct ax_entry *a, const struct ax_entry *b)
{
	struct form *f = ctx;
	enum ax_err e = aim(f, key);
	if (!e)
		e = changes_records(f->type, f->covered, a, b, count_record, f);
	if (e)
		return e;
	f->plus += f->added;
	f->minus += f->taken;
	ax_buf_u8(f->out, ' ');
	e = ax_render_key(f->out, &f->c->apex, key);
	ax_buf_printf(f->out, " | %" PRIu64 " ", f->added + f->taken);
	put_bar(f->out, f->added, f->taken);
	ax_buf_u8(f->out, '\n');
	return e;
}

static void put_total(struct form *f)
{
	ax_buf_printf(f->out, " %" PRIu64 " RRset%s changed", f->n, f->n == 1 ? "" : "s");
	if (f->plus)
		ax_buf_printf(f->out, ", %" PRIu64 " record%s added(+)", f->plus, f->plus == 1 ? "" : "s");
	if (f->minus)
		ax_buf_printf(f->out, ", %" PRIu64 " record%s removed(-)", f->minus, f->minus == 1 ? "" : "s");
	ax_buf_u8(f->out, '\n');
}

static enum ax_err put_zone_record(void *ctx, const struct changes_record *r)
{
	struct form *f = ctx;
	char type[24];
	ax_type_text(type, f->type);
	ax_buf_printf(f->out, "%c ", r->sign);
	ax_name_text(f->out, &f->owner);
	ax_buf_printf(f->out, " %" PRIu32 " IN %s ", r->rr.ttl_s, type);
	enum ax_err e = ax_render_rdata(f->out, f->type, r->rr.rdata, r->sign == '-' ? f->old_serial : f->new_serial);
	ax_buf_u8(f->out, '\n');
	return e;
}

static enum ax_err put_zone_records(void *ctx, struct ax_slice key, const struct ax_entry *a,
				    const struct ax_entry *b)
{
	struct form *f = ctx;
	enum ax_err e = aim(f, key);
	return e ? e : changes_records(f->type, f->covered, a, b, put_zone_record, f);
}

/* -- markdown --------------------------------------------------------------------------------------------- */

/* Code in a cell: | is escaped even there (GFM 4.10), and the fence is longer than any run of backticks inside. */
static void put_code(struct ax_buf *out, struct ax_slice text)
{
	size_t run = 0, longest = 0;
	for (size_t i = 0; i < text.n; i++) {
		run = text.p[i] == '`' ? run + 1 : 0;
		longest = run > longest ? run : longest;
	}
	for (size_t i = 0; i <= longest; i++)
		ax_buf_u8(out, '`');
	ax_buf_str(out, longest ? " " : "");
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '|')
			ax_buf_u8(out, '\\');
		ax_buf_u8(out, text.p[i]);
	}
	ax_buf_str(out, longest ? " " : "");
	for (size_t i = 0; i <= longest; i++)
		ax_buf_u8(out, '`');
}

static enum ax_err put_cell(struct form *f, const struct ax_entry *side, uint32_t serial)
{
	struct ax_rrset set;
	struct ax_rr rr;
	struct ax_buf text = AX_BUF_INIT;
	ax_buf_str(f->out, " | ");
	enum ax_err e = side ? ax_rrset_view(&set, f->type, f->covered, side->value) : AX_OK;
	for (size_t pos = 0, n = 0; side && !e && ax_rrset_next(&rr, &set, &pos); n++) {
		ax_buf_clear(&text);
		ax_buf_str(f->out, n ? "<br>" : "");
		ax_buf_printf(&text, "%" PRIu32 " ", rr.ttl_s);
		e = ax_render_rdata(&text, f->type, rr.rdata, serial);
		put_code(f->out, ax_buf_view(&text));
	}
	ax_buf_fini(&text);
	return e;
}

static enum ax_err put_row(void *ctx, struct ax_slice key, const struct ax_entry *a, const struct ax_entry *b)
{
	struct form *f = ctx;
	struct ax_buf name = AX_BUF_INIT;
	enum ax_err e = aim(f, key);
	if (!e)
		e = ax_render_key(&name, &f->c->apex, key);
	ax_buf_printf(f->out, "| %c | ", !a ? '+' : b ? '~' : '-');
	put_code(f->out, ax_buf_view(&name));
	ax_buf_fini(&name);
	if (!e)
		e = put_cell(f, a, f->old_serial);
	if (!e)
		e = put_cell(f, b, f->new_serial);
	ax_buf_str(f->out, " |\n");
	return e;
}

static enum ax_err put_side(struct ax_buf *out, struct ax_txn *t, const struct ax_commit_info *info)
{
	struct ax_id id;
	char part[AX_ID_SHORT + 1];
	if (!info) {
		ax_buf_str(out, "nothing");
		return AX_OK;
	}
	enum ax_err e = ax_commit_id(&id, t, info->local);
	ax_id_short(part, &id);
	ax_buf_printf(out, "`%s` (serial %" PRIu32 ")", part, info->serial);
	return e;
}

static enum ax_err put_table_head(struct form *f)
{
	ax_buf_str(f->out, "**");
	ax_name_text(f->out, &f->c->apex);
	ax_buf_str(f->out, "** ");
	enum ax_err e = put_side(f->out, f->c->txn, f->c->a);
	ax_buf_str(f->out, " \xe2\x86\x92 ");
	if (!e)
		e = put_side(f->out, f->c->txn, f->c->b);
	ax_buf_str(f->out, "\n\n|   | RRset | before | after |\n|---|---|---|---|\n");
	return e;
}

/* -- JSON ------------------------------------------------------------------------------------------------- */

static enum ax_err rdata_list(struct json_t *object, struct form *f, const struct ax_rrset *set, uint32_t serial)
{
	struct json_t *list = json_array_new();
	struct ax_buf text = AX_BUF_INIT;
	struct ax_rr rr;
	enum ax_err e = AX_OK;
	for (size_t pos = 0; !e && ax_rrset_next(&rr, set, &pos);) {
		ax_buf_clear(&text);
		if (!pos || !json_member(object, "ttl"))
			json_put_number(object, "ttl", rr.ttl_s);
		e = ax_render_rdata(&text, f->type, rr.rdata, serial);
		json_add_slice(list, ax_buf_view(&text));
	}
	ax_buf_fini(&text);
	json_put(object, "rdata", list);
	return e;
}

static enum ax_err json_side(struct json_t *change, struct form *f, const char *key, const struct ax_entry *side,
			     uint32_t serial)
{
	struct ax_rrset set;
	if (!side) {
		json_put(change, key, NULL);
		return AX_OK;
	}
	enum ax_err e = ax_rrset_view(&set, f->type, f->covered, side->value);
	struct json_t *object = json_object_new();
	if (!e)
		e = rdata_list(object, f, &set, serial);
	json_put(change, key, object);
	return e;
}

static enum ax_err add_json(void *ctx, struct ax_slice key, const struct ax_entry *a, const struct ax_entry *b)
{
	struct form *f = ctx;
	struct ax_buf name = AX_BUF_INIT;
	char type[24];
	enum ax_err e = aim(f, key);
	if (e)
		return e;
	struct json_t *change = json_object_new();
	ax_name_text_relative(&name, &f->owner, &f->c->apex);
	json_put_slice(change, "name", ax_buf_view(&name));
	ax_buf_fini(&name);
	ax_type_text(type, f->type);
	json_put_text(change, "type", type);
	if (f->type == AX_TYPE_RRSIG) {
		ax_type_text(type, f->covered);
		json_put_text(change, "covers", type);
	}
	json_put_text(change, "change", !a ? "added" : b ? "changed" : "removed");
	e = json_side(change, f, "old", a, f->old_serial);
	if (!e)
		e = json_side(change, f, "new", b, f->new_serial);
	json_add(f->list, change);
	return e;
}

static enum ax_err json_commit(struct json_t *object, const char *key, struct ax_txn *t,
			       const struct ax_commit_info *info)
{
	struct ax_id id;
	char hex[AX_ID_HEX + 1];
	if (!info) {
		json_put(object, key, NULL);
		return AX_OK;
	}
	enum ax_err e = ax_commit_id(&id, t, info->local);
	struct json_t *side = json_object_new();
	ax_id_hex(hex, &id);
	json_put_text(side, "commit", hex);
	json_put_number(side, "serial", info->serial);
	json_put(object, key, side);
	return e;
}

static enum ax_err put_json(struct form *f)
{
	struct json_t *root = json_object_new();
	struct ax_buf zone = AX_BUF_INIT, text = AX_BUF_INIT;
	ax_name_text(&zone, &f->c->apex);
	json_put_slice(root, "zone", ax_buf_view(&zone));
	ax_buf_fini(&zone);
	enum ax_err e = json_commit(root, "from", f->c->txn, f->c->a);
	if (!e)
		e = json_commit(root, "to", f->c->txn, f->c->b);
	f->list = json_array_new();
	json_put(root, "changes", f->list);
	if (!e)
		e = changes_each(f->c, add_json, f);
	enum ax_err printed = json_print(&text, root);
	if (!e && !printed)
		ax_buf_slice(f->out, ax_buf_view(&text));
	ax_buf_fini(&text);
	return e ? e : printed;
}

/* -- all -------------------------------------------------------------------------------------------------- */

static enum ax_err count(void *ctx, struct ax_slice key, const struct ax_entry *a, const struct ax_entry *b)
{
	struct form *f = ctx;
	(void)key, (void)a, (void)b;
	f->n++;
	return AX_OK;
}

static enum ax_err put_markdown(struct form *f)
{
	size_t before = f->out->n;
	enum ax_err e = put_table_head(f);
	if (!e)
		e = changes_each(f->c, put_row, f);
	if (!f->n)
		f->out->n = before;
	return e;
}

static enum ax_err put_lines(struct form *f)
{
	enum ax_err e = changes_each(f->c, put_line, f);
	if (!e && !f->n)
		ax_buf_str(f->out, "(no changes)\n");
	return e;
}

static enum ax_err put_stats(struct form *f)
{
	enum ax_err e = changes_each(f->c, put_stat, f);
	if (!e && f->n)
		put_total(f);
	return e;
}

static enum ax_err put_script(struct form *f)
{
	enum ax_err e = changes_each(f->c, count, f);
	return e ? e : changes_nsupdate(f->out, f->c);
}

enum ax_err changes_put(struct ax_buf *out, uint64_t *n, const struct changes *c, enum changes_form form)
{
	struct form f = {
		.out = out, .c = c, .old_serial = c->a ? c->a->serial : 0, .new_serial = c->b ? c->b->serial : 0
	};
	enum ax_err e = AX_EINTERNAL;
	switch (form) {
	case CHANGES_LINES:
		e = put_lines(&f);
		break;
	case CHANGES_STAT:
		e = put_stats(&f);
		break;
	case CHANGES_NAMES:
		e = changes_each(c, put_name, &f);
		break;
	case CHANGES_ZONEFILE:
		e = changes_each(c, put_zone_records, &f);
		break;
	case CHANGES_MARKDOWN:
		e = put_markdown(&f);
		break;
	case CHANGES_JSON:
		e = put_json(&f);
		break;
	case CHANGES_NSUPDATE:
		e = put_script(&f);
		break;
	}
	if (n)
		*n = f.n;
	return e ? e : ax_buf_check(out);
}
