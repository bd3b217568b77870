/* Zone text into a batch. A zone may have millions of records: they are collected in one buffer and sorted by key,
 * then each RRset is built in one go. */
#include "core/batch.h"
#include "core/zonetext.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { PROGRESS_RECORDS = 1 << 16 };

struct record {
	uint64_t head; /* the key's first 8 octets: most comparisons end here */
	uint64_t at;   /* of key, then RDATA, in bytes */
	uint32_t ttl_s, line;
	uint16_t key_n, rdata_n, type, covered;
};

typedef void warn_fn(void *ctx, const char *file_line_text);

struct reading {
	struct ax_batch *batch;
	const char *file;
	warn_fn *warn;
	void *ctx;
	struct ax_buf bytes;
	struct record *records;
	size_t n, cap;
	struct ax_name owner; /* of the record before: zone text comes in runs of one owner */
	struct ax_buf key;    /* its owner part */
	bool has_owner;
	size_t soa; /* 1 + the index of the SOA's record; 0: none yet */
};

static void warn_at(struct reading *r, unsigned line, const char *text)
{
	struct ax_buf b = AX_BUF_INIT;
	if (!r->warn)
		return;
	ax_buf_printf(&b, "%s:%u: %s", r->file, line, text);
	const char *s = ax_buf_cstr(&b);
	r->warn(r->ctx, s ? s : text);
	ax_buf_fini(&b);
}

static void warn_line(void *ctx, unsigned line, const char *text)
{
	warn_at(ctx, line, text);
}

static struct ax_slice rdata_of(const struct reading *r, const struct record *rec)
{
	return ax_slice(r->bytes.p + rec->at + rec->key_n, rec->rdata_n);
}

static struct ax_slice key_of(const struct reading *r, const struct record *rec)
{
	return ax_slice(r->bytes.p + rec->at, rec->key_n);
}

/* AX_ENOCHANGE: the SOA is there already. */
static enum ax_err check_soa(struct reading *r, const struct ax_name *owner, struct ax_slice rdata, unsigned line)
{
	if (!ax_name_eq(owner, &r->batch->apex))
		return ax_fail(AX_EINVAL, "%s:%u: an SOA record below the zone's apex", r->file, line);
	if (!r->soa) {
		r->soa = r->n + 1;
		return AX_OK;
	}
	const struct record *first = &r->records[r->soa - 1];
	if (ax_rdata_cmp(AX_TYPE_SOA, rdata_of(r, first), rdata) != 0)
		return ax_fail(AX_EINVAL, "%s:%u: a second SOA record that differs from the one in line %" PRIu32,
			       r->file, line, first->line);
	warn_at(r, line, "the SOA record is repeated");
	return AX_ENOCHANGE;
}

static enum ax_err make_key(struct reading *r, const struct ax_name *owner, uint16_t type, uint16_t covered,
			    size_t *owner_n)
{
	enum ax_err e = AX_OK;
	if (!r->has_owner || r->owner.n != owner->n || memcmp(r->owner.wire, owner->wire, owner->n) != 0) {
		ax_buf_clear(&r->key);
		e = ax_key_owner(&r->key, owner, &r->batch->apex);
		r->owner = *owner;
		r->has_owner = !e;
	}
	*owner_n = r->key.n;
	if (!e)
		ax_key_type(&r->key, type, covered);
	return e;
}

static uint64_t head_of(struct ax_slice key)
{
	uint8_t h[8] = { 0 };
	memcpy(h, key.p, key.n < 8 ? key.n : 8);
	return (uint64_t)ax_be32(h) << 32 | ax_be32(h + 4);
}

static enum ax_err take(void *ctx, const struct ax_name *owner, uint16_t type, uint32_t ttl_s, struct ax_slice rdata,
			unsigned line)
{
	struct reading *r = ctx;
	size_t owner_n = 0;
	enum ax_err e = type == AX_TYPE_SOA ? check_soa(r, owner, rdata, line) : AX_OK;
	if (e)
		return e == AX_ENOCHANGE ? AX_OK : e;
	if (r->n == r->cap) {
		size_t cap = r->cap ? r->cap * 2 : 64;
		struct record *p = realloc(r->records, cap * sizeof *p);
		if (!p)
			return ax_fail(AX_ENOMEM, "out of memory");
		r->records = p;
		r->cap = cap;
	}
	struct record rec = { .ttl_s = ttl_s, .line = line, .type = type, .rdata_n = (uint16_t)rdata.n };
	rec.covered = type == AX_TYPE_RRSIG ? ax_rrsig_covered(rdata) : 0;
	if ((e = make_key(r, owner, type, rec.covered, &owner_n)))
		return e;
	rec.at = r->bytes.n;
	rec.key_n = (uint16_t)r->key.n;
	rec.head = head_of(ax_buf_view(&r->key));
	ax_buf_slice(&r->bytes, ax_buf_view(&r->key));
	ax_buf_slice(&r->bytes, rdata);
	r->key.n = owner_n;
	r->records[r->n++] = rec;
	if (r->batch->progress && r->n % PROGRESS_RECORDS == 0)
		r->batch->progress(r->batch->progress_ctx, line);
	return ax_buf_check(&r->bytes);
}

/* -- sorting and building ---------------------------------------------------------------------------------- */

static int by_key(const void *a, const void *b, void *ctx)
{
	const struct record *x = a, *y = b;
	if (x->head != y->head)
		return x->head < y->head ? -1 : 1;
	int c = ax_slice_cmp(key_of(ctx, x), key_of(ctx, y));
	return c ? c : (x->at > y->at) - (x->at < y->at);
}

static void sort(struct reading *r)
{
	for (size_t i = 1; i < r->n; i++)
		if (by_key(&r->records[i - 1], &r->records[i], r) > 0) {
			qsort_r(r->records, r->n, sizeof *r->records, by_key, r);
			return;
		}
}

static void warn_ttl(struct reading *r, const struct record *rec, const struct ax_rrset_builder *rrset)
{
	struct ax_buf b = AX_BUF_INIT;
	struct ax_name owner;
	uint16_t type, covered;
	char text[24];
	if (ax_key_parse(&owner, &type, &covered, NULL, key_of(r, rec), &r->batch->apex) != AX_OK)
		return;
	ax_type_text(text, type);
	ax_name_text_relative(&b, &owner, &r->batch->apex);
	ax_buf_printf(&b, " %s: the TTLs of the records differ: the lowest, %" PRIu32 ", is taken", text,
		      rrset->ttl_s);
	const char *s = ax_buf_cstr(&b);
	if (s)
		warn_at(r, rec->line, s);
	ax_buf_fini(&b);
}

/* The RRset that begins at record i; *end gets the index after it. */
static enum ax_err build(size_t *end, struct reading *r, size_t i, struct ax_rrset_builder *rrset,
			 struct ax_buf *value)
{
	const struct record *first = &r->records[i];
	struct ax_slice key = key_of(r, first);
	rrset->type = first->type;
	rrset->covered = first->covered;
	rrset->has_ttl = false;
	rrset->count = 0;
	ax_buf_clear(&rrset->bytes);
	ax_buf_clear(value);
	for (; i < r->n && (&r->records[i] == first ||
			    (r->records[i].head == first->head && ax_slice_eq(key_of(r, &r->records[i]), key)));
	     i++) {
		enum ax_err e = ax_rrset_builder_add(rrset, r->records[i].ttl_s, rdata_of(r, &r->records[i]));
		if (e)
			return e;
	}
	*end = i;
	if (rrset->ttl_max_s != rrset->ttl_s && rrset->has_ttl)
		warn_ttl(r, first, rrset);
	enum ax_err e = ax_rrset_builder_finish(value, rrset);
	/* of itself it can't tell where in a million lines it begins */
	return e == AX_ELIMIT ? ax_fail(e, "%s:%u: %s", r->file, first->line, ax_err_text(e)) : e;
}

static enum ax_err build_all(struct reading *r)
{
	struct ax_rrset_builder rrset;
	struct ax_buf value = AX_BUF_INIT;
	enum ax_err e = AX_OK;
	ax_rrset_builder_init(&rrset, 0, 0);
	for (size_t i = 0, end = 0; !e && i < r->n; i = end)
		if (!(e = build(&end, r, i, &rrset, &value)))
			e = ax_batch_put_canonical(r->batch, key_of(r, &r->records[i]), ax_buf_view(&value));
	ax_rrset_builder_fini(&rrset);
	ax_buf_fini(&value);
	return e;
}

enum ax_err ax_batch_read_zone(struct ax_batch *b, struct ax_slice text, const char *file, const char *include_root,
			       warn_fn *warn, void *ctx)
{
	struct reading r = { .batch = b, .file = file, .warn = warn, .ctx = ctx };
	struct ax_zonetext_options o = { .file = file,
					 .apex = &b->apex,
					 .include_root = include_root,
					 .record = take,
					 .warn = warn_line,
					 .ctx = &r };
	enum ax_err e = ax_zonetext_read(text, &o);
	if (!e) {
		sort(&r);
		e = build_all(&r);
	}
	ax_buf_fini(&r.bytes);
	ax_buf_fini(&r.key);
	free(r.records);
	return e;
}
