/* One RRset as text: the record files of the mount, and records written as zone text. */
#include <stdlib.h>
#include <string.h>

#include "core/zonelex.h"
#include "core/zonetext.h"

/* -- reading ---------------------------------------------------------------------------------------------- */

struct subject {
	const struct ax_name *owner, *apex;
	uint16_t type;
};

/* A record of the file; RDATA at `at` of the shared buffer. */
struct line {
	bool has_ttl, owner_differs;
	uint32_t ttl_s;
	uint16_t covered;
	size_t at, n;
};

struct lines {
	struct ax_buf rdata;
	struct line *list;
	size_t n, cap;
};

static enum ax_err parse_rdata(struct ax_buf *out, const struct ax_lex *text, const struct subject *s)
{
	return ax_rdata_parse(out, s->type, text->p, (size_t)(text->end - text->p), s->apex);
}

/* [TTL] [IN] TYPE RDATA with our TYPE. AX_ENOENT if it does not begin like that. */
static enum ax_err with_head(struct ax_buf *out, struct line *line, struct ax_lex text, const struct subject *s)
{
	struct ax_record_head h;
	if (ax_record_head(&h, &text) || h.type != s->type)
		return AX_ENOENT;
	line->has_ttl = h.has_ttl;
	line->ttl_s = h.ttl_s;
	return parse_rdata(out, &text, s);
}

/* OWNER and the rest as above; the owner must be ours. */
static enum ax_err with_owner(struct ax_buf *out, struct line *line, struct ax_lex text, const struct subject *s)
{
	struct ax_name name;
	struct ax_token t;
	if (!ax_lex_token(&t, &text) || t.quoted)
		return AX_ENOENT;
	enum ax_err e = with_head(out, line, text, s);
	if (e)
		return e;
	e = ax_name_parse(&name, t.p, t.n, s->apex);
	line->owner_differs = e || !ax_name_eq(&name, s->owner);
	return e || !line->owner_differs ? e : ax_token_fail("the owner is not the one of this file", &t);
}

/* [OWNER] [TTL] IN TYPE with a TYPE that is not ours, found or "". */
static void other_type(char out[24], struct ax_lex text, const struct subject *s)
{
	out[0] = 0;
	for (unsigned i = 0; i < 2; i++) {
		struct ax_lex head = text;
		struct ax_record_head h;
		struct ax_token skipped;
		if (ax_record_head(&h, &head) == AX_OK && h.has_class && h.type != s->type) {
			ax_type_text(out, h.type);
			return;
		}
		ax_lex_token(&skipped, &text);
	}
}

/* One entry: with its head, with owner and head, or RDATA alone; the first that reads. A head of ours that does not
 * read is what the refusal speaks of. */
static enum ax_err read_line(struct ax_buf *out, struct line *line, struct ax_lex text, const struct subject *s)
{
	char other[24], own[24];
	*line = (struct line){ 0 };
	enum ax_err head = with_head(out, line, text, s);
	if (!head)
		return AX_OK;
	enum ax_err owner = with_owner(out, line, text, s);
	if (!owner || (owner != AX_ENOENT && line->owner_differs))
		return owner;
	*line = (struct line){ 0 };
	enum ax_err e = parse_rdata(out, &text, s);
	if (!e)
		return AX_OK;
	other_type(other, text, s);
	ax_type_text(own, s->type);
	if (head == AX_ENOENT && owner == AX_ENOENT && other[0])
		return ax_fail(AX_EINVAL, "a record of another type in a file of %s: `%s`", own, other);
	if (head != AX_ENOENT)
		return with_head(out, line, text, s);
	return owner != AX_ENOENT ? with_owner(out, line, text, s) : parse_rdata(out, &text, s);
}

static enum ax_err add_line(struct lines *l, struct line line, struct ax_slice rdata, uint16_t type)
{
	if (l->n == l->cap) {
		size_t cap = l->cap ? 2 * l->cap : 8;
		struct line *list = realloc(l->list, cap * sizeof *list);
		if (!list)
			return ax_fail(AX_ENOMEM, "out of memory");
		l->list = list;
		l->cap = cap;
	}
	line.at = l->rdata.n;
	line.n = rdata.n;
	line.covered = type == AX_TYPE_RRSIG ? ax_rrsig_covered(rdata) : 0;
	ax_buf_slice(&l->rdata, rdata);
	l->list[l->n++] = line;
	return ax_buf_check(&l->rdata);
}

/* The TTL that the file states; two are one too many, but for RRSIG. */
static enum ax_err state_ttl(bool *has_ttl, uint32_t *ttl_s, const struct line *line, uint16_t type)
{
	if (line->has_ttl && *has_ttl && *ttl_s != line->ttl_s && type != AX_TYPE_RRSIG)
		return ax_fail(AX_EINVAL, "the TTL differs from an earlier line's %u: `%u`", *ttl_s, line->ttl_s);
	if (line->has_ttl && !*has_ttl) {
		*has_ttl = true;
		*ttl_s = line->ttl_s;
	}
	return AX_OK;
}

static enum ax_err read_lines(struct lines *l, bool *has_ttl, uint32_t *ttl_s, struct ax_slice text,
			      const struct subject *s)
{
	struct ax_zonelex lex;
	struct ax_entry entry;
	struct ax_buf rdata = AX_BUF_INIT;
	struct line line;
	enum ax_err e;
	ax_zonelex_init(&lex, text);
	while (!(e = ax_zonelex_next(&entry, &lex))) {
		e = read_line(&rdata, &line, entry.text, s);
		if (!e)
			e = state_ttl(has_ttl, ttl_s, &line, s->type);
		if (!e)
			e = add_line(l, line, ax_buf_view(&rdata), s->type);
		if (e)
			break;
	}
	if (e == AX_ENOENT)
		e = AX_OK;
	else if (e == AX_EINVAL || e == AX_ELIMIT)
		e = ax_fail(e, "line %u: %s", entry.line, ax_err_text(e));
	ax_buf_fini(&rdata);
	ax_zonelex_fini(&lex);
	return e;
}

static int by_covered(const void *a, const void *b)
{
	const struct line *x = a, *y = b;
	return (x->covered > y->covered) - (x->covered < y->covered);
}

/* One value from the lines i to end, all of one type covered. */
static enum ax_err build(struct ax_buf *value, const struct lines *l, size_t i, size_t end, uint32_t ttl_s,
			 uint16_t type)
{
	struct ax_rrset_builder b;
	enum ax_err e = AX_OK;
	ax_rrset_builder_init(&b, type, l->list[i].covered);
	for (; !e && i < end; i++) {
		const struct line *line = &l->list[i];
		e = ax_rrset_builder_add(&b, line->has_ttl ? line->ttl_s : ttl_s,
					 ax_slice(line->n ? l->rdata.p + line->at : NULL, line->n));
	}
	ax_buf_clear(value);
	if (!e)
		e = ax_rrset_builder_finish(value, &b);
	ax_rrset_builder_fini(&b);
	return e;
}

enum ax_err ax_record_read(struct ax_slice text, const struct ax_name *owner, const struct ax_name *apex,
			   uint16_t type, const struct ax_record_defaults *d,
			   enum ax_err (*rrset)(void *ctx, uint16_t covered, struct ax_slice value), void *ctx)
{
	const struct subject s = { owner, apex, type };
	struct lines l = { 0 };
	struct ax_buf value = AX_BUF_INIT;
	bool has_ttl = false;
	uint32_t ttl_s = d->has_current_ttl ? d->current_ttl_s : d->zone_ttl_s;
	enum ax_err e = read_lines(&l, &has_ttl, &ttl_s, text, &s);
	if (!e && !l.n)
		e = AX_ENOENT;
	if (!e)
		qsort(l.list, l.n, sizeof *l.list, by_covered);
	for (size_t i = 0, end; !e && i < l.n; i = end) {
		for (end = i + 1; end < l.n && l.list[end].covered == l.list[i].covered;)
			end++;
		e = build(&value, &l, i, end, ttl_s, type);
		if (!e)
			e = rrset(ctx, l.list[i].covered, ax_buf_view(&value));
	}
	ax_buf_fini(&value);
	ax_buf_fini(&l.rdata);
	free(l.list);
	return e;
}

enum ax_err ax_record_line_check(struct ax_slice text, const struct ax_name *owner, const struct ax_name *apex,
				 uint16_t type)
{
	const struct subject s = { owner, apex, type };
	struct ax_zonelex lex;
	struct ax_entry entry;
	struct ax_buf rdata = AX_BUF_INIT;
	struct line line;
	bool has_ttl = false;
	uint32_t ttl_s;
	enum ax_err e;
	ax_zonelex_init(&lex, text);
	while (!(e = ax_zonelex_next(&entry, &lex))) {
		e = read_line(&rdata, &line, entry.text, &s);
		if (!e)
			e = state_ttl(&has_ttl, &ttl_s, &line, type);
		if (e)
			break;
	}
	bool unfinished = e == AX_ENOENT || (e == AX_EINVAL && lex.open);
	if (unfinished)
		e = AX_OK;
	else if (e == AX_EINVAL || e == AX_ELIMIT)
		e = ax_fail(AX_EINVAL, "line %u: %s", entry.line, ax_err_text(e));
	ax_buf_fini(&rdata);
	ax_zonelex_fini(&lex);
	return e;
}

/* -- writing ---------------------------------------------------------------------------------------------- */

/* SOA RDATA with the commit's serial; s itself if it is malformed. */
static struct ax_slice with_serial(struct ax_buf *copy, struct ax_slice s, uint32_t serial)
{
	size_t at = ax_soa_serial_at(s);
	ax_buf_clear(copy);
	if (!at)
		return s;
	ax_buf_put(copy, s.p, at);
	ax_buf_u32(copy, serial);
	ax_buf_put(copy, s.p + at + 4, s.n - at - 4);
	return ax_buf_view(copy);
}

static enum ax_err write_records(struct ax_buf *out, const struct ax_name *owner, const struct ax_rrset *rrset,
				 uint32_t soa_serial)
{
	struct ax_buf soa = AX_BUF_INIT;
	struct ax_rr rr;
	size_t pos = 0, at = out->n;
	char type[24];
	enum ax_err e = AX_OK;
	ax_type_text(type, rrset->type);
	while (!e && ax_rrset_next(&rr, rrset, &pos)) {
		if (owner) {
			ax_name_text(out, owner);
			ax_buf_u8(out, ' ');
		}
		ax_buf_printf(out, "%u IN %s ", rr.ttl_s, type);
		if (rrset->type == AX_TYPE_SOA)
			rr.rdata = with_serial(&soa, rr.rdata, soa_serial);
		e = ax_rdata_text(out, rrset->type, rr.rdata);
		ax_buf_u8(out, '\n');
	}
	if (!e)
		e = ax_buf_check(out);
	if (e)
		out->n = at;
	ax_buf_fini(&soa);
	return e;
}

enum ax_err ax_record_text(struct ax_buf *out, const struct ax_rrset *rrset, uint32_t soa_serial)
{
	return write_records(out, NULL, rrset, soa_serial);
}

enum ax_err ax_zonetext_write(struct ax_buf *out, const struct ax_name *owner, const struct ax_rrset *rrset,
			      uint32_t soa_serial)
{
	return write_records(out, owner, rrset, soa_serial);
}
