#include "core/render.h"

#include "core/diff.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* -- changes ---------------------------------------------------------------------------------------------- */

/* One side of a change, made readable: its TTL (of each RRSIG its own, told once where they agree), its data. */
struct side_text {
	struct ax_buf ttl, data;
};

static void side_fini(struct side_text *s)
{
	ax_buf_fini(&s->ttl);
	ax_buf_fini(&s->data);
}

enum ax_err ax_render_rdata(struct ax_buf *out, uint16_t type, struct ax_slice rdata, uint32_t serial)
{
	uint8_t soa[2 * AX_NAME_MAX + 20];
	size_t at = type == AX_TYPE_SOA && rdata.n <= sizeof soa ? ax_soa_serial_at(rdata) : 0;
	if (!at)
		return ax_rdata_text(out, type, rdata);
	memcpy(soa, rdata.p, rdata.n);
	for (unsigned i = 0; i < 4; i++)
		soa[at + i] = (uint8_t)(serial >> (24 - 8 * i));
	return ax_rdata_text(out, type, ax_slice(soa, rdata.n));
}

static enum ax_err side_read(struct side_text *out, const struct ax_render_side *side, uint16_t type,
			     uint16_t covered)
{
	*out = (struct side_text){ AX_BUF_INIT, AX_BUF_INIT };
	struct ax_rrset rrset;
	enum ax_err e = ax_rrset_view(&rrset, type, covered, side->value);
	struct ax_rr rr;
	bool same_ttl = true;
	uint32_t first_s = 0;
	for (size_t pos = 0, n = 0; !e && ax_rrset_next(&rr, &rrset, &pos); n++) {
		if (n)
			ax_buf_str(&out->data, ", ");
		e = ax_render_rdata(&out->data, type, rr.rdata, side->serial);
		ax_buf_printf(&out->ttl, n ? "/%u" : "%u", rr.ttl_s);
		first_s = n ? first_s : rr.ttl_s;
		same_ttl = same_ttl && rr.ttl_s == first_s;
	}
	if (same_ttl) {
		ax_buf_clear(&out->ttl);
		ax_buf_printf(&out->ttl, "%u", first_s);
	}
	if (!e)
		e = ax_buf_check(&out->data);
	return e ? e : ax_buf_check(&out->ttl);
}

static bool same_text(const struct ax_buf *a, const struct ax_buf *b)
{
	return ax_slice_eq(ax_buf_view(a), ax_buf_view(b));
}

struct change {
	struct ax_name owner;
	uint16_t type, covered;
	bool was, is;
	struct side_text old_text, new_text;
};

static void change_fini(struct change *c)
{
	side_fini(&c->old_text);
	side_fini(&c->new_text);
}

static enum ax_err change_read(struct change *c, const struct ax_name *apex, struct ax_slice key,
			       const struct ax_render_side *old_side, const struct ax_render_side *new_side)
{
	*c = (struct change){ .was = old_side->value.n > 0, .is = new_side->value.n > 0 };
	enum ax_err e = ax_key_parse(&c->owner, &c->type, &c->covered, NULL, key, apex);
	if (!e && c->was)
		e = side_read(&c->old_text, old_side, c->type, c->covered);
	if (!e && c->is)
		e = side_read(&c->new_text, new_side, c->type, c->covered);
	return e;
}

static void put_key(struct ax_buf *out, const struct ax_name *apex, const struct ax_name *owner, uint16_t type)
{
	char text[24];
	ax_type_text(text, type);
	ax_name_text_relative(out, owner, apex);
	ax_buf_printf(out, " %s", text);
}

enum ax_err ax_render_key(struct ax_buf *out, const struct ax_name *apex, struct ax_slice key)
{
	struct ax_name owner;
	uint16_t type, covered;
	enum ax_err e = ax_key_parse(&owner, &type, &covered, NULL, key, apex);
	if (e)
		return e;
	put_key(out, apex, &owner, type);
	return ax_buf_check(out);
}

static char sign(const struct change *c)
{
	if (!c->was)
		return '+';
	if (!c->is)
		return '-';
	return same_text(&c->old_text.data, &c->new_text.data) ? 'T' : '~';
}

static void put_line(struct ax_buf *out, struct change *c)
{
	struct side_text *first = c->was ? &c->old_text : &c->new_text;
	bool ttl_moved = c->was && c->is && !same_text(&c->old_text.ttl, &c->new_text.ttl);
	ax_buf_printf(out, " %s", ax_buf_cstr(&first->ttl));
	if (sign(c) == 'T') {
		ax_buf_printf(out, " -> %s\n", ax_buf_cstr(&c->new_text.ttl));
		return;
	}
	ax_buf_u8(out, ' ');
	ax_buf_slice(out, ax_buf_view(&first->data));
	if (c->was && c->is) {
		ax_buf_str(out, " -> ");
		if (ttl_moved)
			ax_buf_printf(out, "%s ", ax_buf_cstr(&c->new_text.ttl));
		ax_buf_slice(out, ax_buf_view(&c->new_text.data));
	}
	ax_buf_u8(out, '\n');
}

enum ax_err ax_render_diff_line(struct ax_buf *out, const struct ax_name *apex, struct ax_slice key,
				const struct ax_render_side *old_side, const struct ax_render_side *new_side)
{
	struct change c;
	enum ax_err e = change_read(&c, apex, key, old_side, new_side);
	if (e)
		goto out;
	ax_buf_printf(out, "%c ", sign(&c));
	put_key(out, apex, &c.owner, c.type);
	put_line(out, &c);
	e = ax_buf_check(out);
out:
	change_fini(&c);
	return e;
}

enum ax_err ax_render_change(struct ax_buf *out, const struct ax_name *apex, struct ax_slice key,
			     const struct ax_render_side *old_side, const struct ax_render_side *new_side)
{
	struct change c;
	enum ax_err e = change_read(&c, apex, key, old_side, new_side);
	if (e)
		goto out;
	put_key(out, apex, &c.owner, c.type);
	switch (sign(&c)) {
	case '+':
		ax_buf_str(out, ": added ");
		ax_buf_slice(out, ax_buf_view(&c.new_text.data));
		break;
	case '-':
		ax_buf_str(out, ": deleted");
		break;
	case 'T':
		ax_buf_printf(out, ": TTL %s -> ", ax_buf_cstr(&c.old_text.ttl));
		ax_buf_slice(out, ax_buf_view(&c.new_text.ttl));
		break;
	default:
		ax_buf_str(out, ": ");
		ax_buf_slice(out, ax_buf_view(&c.old_text.data));
		ax_buf_str(out, " -> ");
		ax_buf_slice(out, ax_buf_view(&c.new_text.data));
	}
	e = ax_buf_check(out);
out:
	change_fini(&c);
	return e;
}

struct diff_text {
	struct ax_buf *out;
	uint64_t lines;
	const struct ax_name *apex;
	uint32_t old_serial, new_serial;
};

static enum ax_err put_difference(void *ctx, struct ax_slice key, const struct ax_entry *a, const struct ax_entry *b)
{
	struct diff_text *d = ctx;
	struct ax_slice none = { NULL, 0 };
	struct ax_render_side old_side = { a ? a->value : none, d->old_serial };
	struct ax_render_side new_side = { b ? b->value : none, d->new_serial };
	d->lines++;
	return ax_render_diff_line(d->out, d->apex, key, &old_side, &new_side);
}

enum ax_err ax_render_diff(struct ax_buf *out, uint64_t *lines, struct ax_txn *t, const struct ax_name *apex,
			   const struct ax_commit_info *a, const struct ax_commit_info *b)
{
	if (lines)
		*lines = 0;
	struct diff_text d = { out, 0, apex, a ? a->serial : 0, b ? b->serial : 0 };
	struct ax_root empty = ax_tree_empty();
	enum ax_err e = ax_tree_diff(t, a ? &a->root : &empty, b ? &b->root : &empty, put_difference, &d);
	if (lines)
		*lines = d.lines;
	return e;
}

/* -- time ------------------------------------------------------------------------------------------------- */

/* The wall clock of whoever said it; false where the C library's calendar ends. */
static bool wall_clock(struct tm *out, struct ax_time when)
{
	time_t s = (time_t)when.s;
	return !__builtin_add_overflow(s, 60 * (time_t)when.tz_min, &s) && gmtime_r(&s, out);
}

static void put_zone_offset(struct ax_buf *out, struct ax_time when)
{
	int min = when.tz_min < 0 ? -when.tz_min : when.tz_min;
	ax_buf_printf(out, " %c%02d%02d", when.tz_min < 0 ? '-' : '+', min / 60, min % 60);
}

void ax_render_time(struct ax_buf *out, struct ax_time when)
{
	struct tm tm;
	if (wall_clock(&tm, when))
		ax_buf_printf(out, "%04d-%02d-%02d %02d:%02d:%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
			      tm.tm_hour, tm.tm_min, tm.tm_sec);
	else
		ax_buf_printf(out, "%lld", (long long)when.s);
	put_zone_offset(out, when);
}

void ax_render_date(struct ax_buf *out, struct ax_time when)
{
	static const char day[7][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
	static const char month[12][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
					   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	struct tm tm;
	if (wall_clock(&tm, when))
		ax_buf_printf(out, "%s %s %d %02d:%02d:%02d %d", day[tm.tm_wday], month[tm.tm_mon], tm.tm_mday,
			      tm.tm_hour, tm.tm_min, tm.tm_sec, tm.tm_year + 1900);
	else
		ax_buf_printf(out, "%lld", (long long)when.s);
	put_zone_offset(out, when);
}

/* -- commits ---------------------------------------------------------------------------------------------- */

struct ax_slice ax_render_subject(const char *message)
{
	return ax_slice(message, strcspn(message, "\n"));
}

/* " (HEAD -> main)" and the end of the line. */
static void put_refs(struct ax_buf *out, const char *refs, char end)
{
	if (refs)
		ax_buf_printf(out, " (%s)", refs);
	ax_buf_u8(out, (uint8_t)end);
}

static void put_message(struct ax_buf *out, const char *message)
{
	for (const char *line = message; *line;) {
		size_t n = strcspn(line, "\n");
		ax_buf_str(out, "    ");
		ax_buf_put(out, line, n);
		ax_buf_u8(out, '\n');
		line += n + (line[n] == '\n');
	}
}

enum ax_err ax_render_log(struct ax_buf *out, const struct ax_commit *c, const char *refs)
{
	char hex[AX_ID_HEX + 1], part[AX_ID_SHORT + 1];
	ax_id_hex(hex, &c->id);
	ax_buf_printf(out, "commit %s", hex);
	put_refs(out, refs, '\n');
	for (unsigned i = 0; i < c->parents && c->parents > 1; i++) {
		ax_id_short(part, &c->parent[i]);
		ax_buf_printf(out, "%s%s%s", i ? " " : "Merge: ", part, i + 1 == c->parents ? "\n" : "");
	}
	ax_buf_printf(out, "Author: %s <%s>\nDate:   ", c->author.name, c->author.mail);
	ax_render_date(out, c->author.when);
	ax_buf_printf(out, "\nSerial: %u\nVia:    %s\n\n", c->serial, c->via);
	put_message(out, c->message);
	return ax_buf_check(out);
}

void ax_render_oneline(struct ax_buf *out, const struct ax_commit *c, const char *refs)
{
	char part[AX_ID_SHORT + 1];
	ax_id_short(part, &c->id);
	ax_buf_str(out, part);
	put_refs(out, refs, ' ');
	ax_buf_slice(out, ax_render_subject(c->message));
	ax_buf_u8(out, '\n');
}

void ax_render_blame(struct ax_buf *out, const struct ax_commit *c)
{
	char part[AX_ID_SHORT + 1];
	ax_id_short(part, &c->id);
	ax_buf_printf(out, "%s (%s ", part, c->author.name);
	ax_render_time(out, c->author.when);
	ax_buf_str(out, ") ");
	ax_buf_slice(out, ax_render_subject(c->message));
	ax_buf_u8(out, '\n');
}

/* -- which refs name a commit ----------------------------------------------------------------------------- */

struct ax_render_ref {
	uint64_t commit;
	unsigned order; /* HEAD's branch, tags, other branches, as git lists them */
	size_t name;    /* where it stands in names, with a 0 at its end */
};

static int ref_cmp(const void *a, const void *b)
{
	const struct ax_render_ref *x = a, *y = b;
	if (x->commit != y->commit)
		return x->commit < y->commit ? -1 : 1;
	if (x->order != y->order)
		return x->order < y->order ? -1 : 1;
	return x->name < y->name ? -1 : x->name > y->name;
}

static enum ax_err add_ref(struct ax_render_refs *r, uint64_t commit, unsigned order, const char *before,
			   const char *name)
{
	struct ax_render_ref *grown = reallocarray(r->refs, r->n + 1, sizeof *grown);
	if (!grown)
		return ax_fail(AX_ENOMEM, "out of memory");
	r->refs = grown;
	r->refs[r->n++] = (struct ax_render_ref){ commit, order, r->names.n };
	ax_buf_str(&r->names, before);
	ax_buf_str(&r->names, name);
	ax_buf_u8(&r->names, 0);
	return ax_buf_check(&r->names);
}

static enum ax_err collect(struct ax_render_refs *r, struct ax_txn *t, uint32_t zone, const char *prefix,
			   const char *head)
{
	bool tags = prefix[0] == 't';
	char after[AX_REF_PATH_MAX + 1] = "", path[AX_REF_PATH_MAX + 1];
	struct ax_ref ref;
	enum ax_err e;
	while (!(e = ax_ref_next(&ref, path, t, zone, prefix, after))) {
		const char *name = path + strlen(prefix);
		bool is_head = !tags && head && !strcmp(name, head);
		e = add_ref(r, ref.commit,
			    is_head ? 0
			    : tags  ? 1
				    : 2,
			    is_head ? "HEAD -> "
			    : tags  ? "tag: "
				    : "",
			    name);
		if (e)
			return e;
		memcpy(after, path, sizeof after);
	}
	return e == AX_ENOENT ? AX_OK : e;
}

/* Refs of one commit become one entry with all their names. */
static enum ax_err join(struct ax_render_refs *r)
{
	struct ax_buf joined = AX_BUF_INIT;
	size_t n = 0;
	for (size_t i = 0; i < r->n; i++) {
		const char *name = (const char *)r->names.p + r->refs[i].name;
		bool first = !n || r->refs[n - 1].commit != r->refs[i].commit;
		if (first) {
			if (n)
				ax_buf_u8(&joined, 0);
			r->refs[n++] = (struct ax_render_ref){ r->refs[i].commit, 0, joined.n };
		}
		ax_buf_printf(&joined, first ? "%s" : ", %s", name);
	}
	ax_buf_u8(&joined, 0);
	ax_buf_fini(&r->names);
	r->names = joined;
	r->n = n;
	return ax_buf_check(&joined);
}

enum ax_err ax_render_refs_init(struct ax_render_refs *out, struct ax_txn *t, uint32_t zone, const char *head)
{
	*out = (struct ax_render_refs){ 0 };
	enum ax_err e = collect(out, t, zone, "tags/", head);
	if (!e)
		e = collect(out, t, zone, "heads/", head);
	if (!e && out->n) {
		qsort(out->refs, out->n, sizeof *out->refs, ref_cmp);
		e = join(out);
	}
	if (e)
		ax_render_refs_fini(out);
	return e;
}

void ax_render_refs_fini(struct ax_render_refs *r)
{
	free(r->refs);
	ax_buf_fini(&r->names);
	*r = (struct ax_render_refs){ 0 };
}

const char *ax_render_refs_find(const struct ax_render_refs *r, uint64_t commit)
{
	size_t low = 0, high = r->n;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (r->refs[mid].commit == commit)
			return (const char *)r->names.p + r->refs[mid].name;
		if (r->refs[mid].commit < commit)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}
