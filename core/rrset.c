#include "core/rrset.h"

#include <stdlib.h>
#include <string.h>

enum { TTL_MAX = INT32_MAX, COUNT_MAX = UINT16_MAX };

static enum ax_err malformed(void)
{
	return ax_fail(AX_ECORRUPT, "the value of an RRset is malformed");
}

/* One record of a value; false (and r bad) past its end. */
static bool take_record(struct ax_rr *out, struct ax_reader *r, uint16_t type, uint32_t ttl_s)
{
	out->ttl_s = type == AX_TYPE_RRSIG ? ax_get_u32(r) : ttl_s;
	uint64_t n = ax_get_leb(r);
	if (n > UINT16_MAX || out->ttl_s > TTL_MAX)
		return false;
	out->rdata = ax_get_bytes(r, (size_t)n);
	return !r->bad;
}

enum ax_err ax_rrset_view(struct ax_rrset *out, uint16_t type, uint16_t covered, struct ax_slice value)
{
	struct ax_reader r = ax_reader(value);
	struct ax_rr rr;
	*out = (struct ax_rrset){ .type = type, .covered = covered };
	uint32_t ttl_s = ax_get_u32(&r);
	uint16_t count = ax_get_u16(&r);
	if (r.bad || !count || ttl_s > TTL_MAX || (type == AX_TYPE_RRSIG && ttl_s))
		return malformed();
	struct ax_slice body = ax_slice(r.p, ax_reader_left(&r));
	for (unsigned i = 0; i < count; i++)
		if (!take_record(&rr, &r, type, ttl_s))
			return malformed();
	if (ax_reader_left(&r))
		return malformed();
	out->ttl_s = ttl_s;
	out->count = count;
	out->body = body;
	return AX_OK;
}

bool ax_rrset_next(struct ax_rr *out, const struct ax_rrset *rrset, size_t *pos)
{
	*out = (struct ax_rr){ 0 };
	if (*pos >= rrset->body.n)
		return false;
	struct ax_reader r = ax_reader(ax_slice(rrset->body.p + *pos, rrset->body.n - *pos));
	if (!take_record(out, &r, rrset->type, rrset->ttl_s))
		return false;
	*pos = (size_t)(r.p - rrset->body.p);
	return true;
}

/* -- building --------------------------------------------------------------------------------------------- */

void ax_rrset_builder_init(struct ax_rrset_builder *b, uint16_t type, uint16_t covered)
{
	*b = (struct ax_rrset_builder){ .type = type, .covered = covered };
}

void ax_rrset_builder_fini(struct ax_rrset_builder *b)
{
	ax_buf_fini(&b->bytes);
	*b = (struct ax_rrset_builder){ 0 };
}

/* RFC 2181 5.2: the TTLs of an RRset are the same; of differing ones the lowest serves. */
static void merge_ttl(struct ax_rrset_builder *b, uint32_t ttl_s)
{
	if (b->type == AX_TYPE_RRSIG)
		return;
	if (!b->has_ttl) {
		b->ttl_s = b->ttl_max_s = ttl_s;
		b->has_ttl = true;
	}
	if (ttl_s < b->ttl_s)
		b->ttl_s = ttl_s;
	if (ttl_s > b->ttl_max_s)
		b->ttl_max_s = ttl_s;
}

enum ax_err ax_rrset_builder_add(struct ax_rrset_builder *b, uint32_t ttl_s, struct ax_slice rdata)
{
	if (ttl_s > TTL_MAX)
		return ax_fail(AX_EINVAL, "a TTL of 2^31 or more: `%u`", ttl_s);
	enum ax_err e = ax_rdata_check(b->type, rdata);
	if (e)
		return e;
	if (b->type == AX_TYPE_RRSIG && ax_rrsig_covered(rdata) != b->covered)
		return ax_fail(AX_EINVAL, "an RRSIG among those of another type covered");
	merge_ttl(b, ttl_s);
	ax_buf_u32(&b->bytes, ttl_s);
	ax_buf_u32(&b->bytes, (uint32_t)rdata.n);
	ax_buf_slice(&b->bytes, rdata);
	b->count++;
	return ax_buf_check(&b->bytes);
}

struct entry {
	struct ax_rr rr;
	uint16_t type;
};

/* Canonical order; equals by octets, then by TTL, so that the first of equals is the one to keep. */
static int by_canon(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int c = ax_rdata_cmp(x->type, x->rr.rdata, y->rr.rdata);
	if (!c)
		c = ax_slice_cmp(x->rr.rdata, y->rr.rdata);
	return c ? c : (x->rr.ttl_s > y->rr.ttl_s) - (x->rr.ttl_s < y->rr.ttl_s);
}

static void collect(struct entry *list, const struct ax_rrset_builder *b)
{
	struct ax_reader r = ax_reader(ax_buf_view(&b->bytes));
	for (size_t i = 0; i < b->count; i++) {
		list[i].type = b->type;
		list[i].rr.ttl_s = ax_get_u32(&r);
		list[i].rr.rdata = ax_get_bytes(&r, ax_get_u32(&r));
	}
}

/* Drop all but the first of each run equal in canonical form. */
static size_t unique(struct entry *list, size_t n)
{
	size_t kept = 1;
	for (size_t i = 1; i < n; i++)
		if (ax_rdata_cmp(list[i].type, list[i].rr.rdata, list[kept - 1].rr.rdata) != 0)
			list[kept++] = list[i];
	return kept;
}

static void put_value(struct ax_buf *out, const struct ax_rrset_builder *b, const struct entry *list, size_t n)
{
	ax_buf_u32(out, b->type == AX_TYPE_RRSIG ? 0 : b->ttl_s);
	ax_buf_u16(out, (uint16_t)n);
	for (size_t i = 0; i < n; i++) {
		if (b->type == AX_TYPE_RRSIG)
			ax_buf_u32(out, list[i].rr.ttl_s);
		ax_buf_leb(out, list[i].rr.rdata.n);
		ax_buf_slice(out, list[i].rr.rdata);
	}
}

enum ax_err ax_rrset_builder_finish(struct ax_buf *out, struct ax_rrset_builder *b)
{
	struct entry one, *list = &one;
	size_t at = out->n;
	if (!b->count)
		return ax_fail(AX_EINVAL, "an RRset without a record");
	if (b->count > 1 && !(list = malloc(b->count * sizeof *list)))
		return ax_fail(AX_ENOMEM, "out of memory");
	collect(list, b);
	size_t n = 1;
	if (b->count > 1) {
		qsort(list, b->count, sizeof *list, by_canon);
		n = unique(list, b->count);
	}
	enum ax_err e = AX_OK;
	if (n > COUNT_MAX) {
		e = ax_fail(AX_ELIMIT, "an RRset of %zu records, over 65535", n);
	} else {
		put_value(out, b, list, n);
		e = ax_buf_check(out);
		if (!e && out->n - at > AX_RRSET_VALUE_MAX)
			e = ax_fail(AX_ELIMIT, "an RRset of %zu octets, over 16 MiB", out->n - at);
	}
	if (e)
		out->n = at;
	if (list != &one)
		free(list);
	return e;
}

uint16_t ax_rrsig_covered(struct ax_slice rdata)
{
	return rdata.n < 2 ? 0 : ax_be16(rdata.p);
}
