#include "core/batch.h"

#include <stdlib.h>
#include <string.h>

void ax_batch_init(struct ax_batch *b, const struct ax_name *apex)
{
	*b = (struct ax_batch){ .apex = *apex };
	ax_name_lower(&b->apex);
}

void ax_batch_fini(struct ax_batch *b)
{
	ax_buf_fini(&b->bytes);
	free(b->items);
	free(b->expects);
	free(b->edits);
	*b = (struct ax_batch){ 0 };
}

static enum ax_err add(struct ax_batch *b, struct ax_batch_item **list, size_t *n, size_t *cap, struct ax_slice key,
		       struct ax_slice value)
{
	if (value.n > AX_RRSET_VALUE_MAX)
		return ax_fail(AX_ELIMIT, "an RRset over %d octets", AX_RRSET_VALUE_MAX);
	if (*n == *cap) {
		size_t more = *cap ? *cap * 2 : 8;
		struct ax_batch_item *p = realloc(*list, more * sizeof *p);
		if (!p)
			return ax_fail(AX_ENOMEM, "out of memory");
		*list = p;
		*cap = more;
	}
	struct ax_batch_item item = { .key = b->bytes.n, .key_n = (uint32_t)key.n, .value_n = (uint32_t)value.n };
	ax_buf_slice(&b->bytes, key);
	item.value = b->bytes.n;
	ax_buf_slice(&b->bytes, value);
	(*list)[(*n)++] = item;
	return ax_buf_check(&b->bytes);
}

/* -- values ------------------------------------------------------------------------------------------------ */

/* Two values of one content are one: what is not in canonical form would give the tree another id. */
static enum ax_err check_value(uint16_t type, uint16_t covered, struct ax_slice value)
{
	struct ax_rrset set;
	struct ax_rr rr, last;
	size_t pos = 0;
	if (ax_rrset_view(&set, type, covered, value) != AX_OK)
		return ax_fail(AX_EINVAL, "the value of an RRset is malformed");
	for (bool first = true; ax_rrset_next(&rr, &set, &pos); first = false, last = rr) {
		enum ax_err e = ax_rdata_check(type, rr.rdata);
		if (e)
			return e;
		if (type == AX_TYPE_RRSIG && ax_rrsig_covered(rr.rdata) != covered)
			return ax_fail(AX_EINVAL, "an RRSIG among those of another type covered");
		if (!first && ax_rdata_cmp(type, last.rdata, rr.rdata) >= 0)
			return ax_fail(AX_EINVAL, "the records of an RRset are not in canonical order");
	}
	return AX_OK;
}

/* Put the apex SOA with serial 0, and remember the serial (DESIGN: it belongs to the commit). */
static enum ax_err put_soa(struct ax_batch *b, struct ax_slice key, struct ax_slice value)
{
	struct ax_rrset set;
	struct ax_rr rr;
	size_t pos = 0;
	if (ax_rrset_view(&set, AX_TYPE_SOA, 0, value) != AX_OK || !ax_rrset_next(&rr, &set, &pos))
		return ax_fail(AX_EINVAL, "the value of an SOA is malformed");
	size_t at = ax_soa_serial_at(rr.rdata);
	if (set.count != 1)
		return ax_fail(AX_EINVAL, "a zone has one SOA record, not %u", set.count);
	if (!at)
		return ax_fail(AX_EINVAL, "the RDATA of the SOA is malformed");
	enum ax_err e = add(b, &b->items, &b->n, &b->cap, key, value);
	if (e)
		return e;
	uint8_t *copy = b->bytes.p + b->items[b->n - 1].value + (rr.rdata.p - value.p) + at;
	b->has_serial = true;
	b->serial = ax_be32(copy);
	ax_be32_put(copy, 0);
	return AX_OK;
}

static bool is_apex_soa(struct ax_slice key)
{
	static const uint8_t soa[] = { 0, 0, AX_TYPE_SOA };
	return ax_slice_eq(key, ax_slice(soa, sizeof soa));
}

enum ax_err ax_batch_put_canonical(struct ax_batch *b, struct ax_slice key, struct ax_slice value)
{
	return is_apex_soa(key) ? put_soa(b, key, value) : add(b, &b->items, &b->n, &b->cap, key, value);
}

static enum ax_err check_key(uint16_t *type, uint16_t *covered, const struct ax_batch *b, struct ax_slice key)
{
	struct ax_name owner;
	if (ax_key_parse(&owner, type, covered, NULL, key, &b->apex) != AX_OK)
		return ax_fail(AX_EINVAL, "the key of an RRset is malformed");
	if (!ax_type_storable(*type)) {
		char text[24];
		ax_type_text(text, *type);
		return ax_fail(AX_EINVAL, "a zone can't hold records of type %s", text);
	}
	return AX_OK;
}

enum ax_err ax_batch_put_key(struct ax_batch *b, struct ax_slice key, struct ax_slice value)
{
	uint16_t type, covered;
	enum ax_err e;
	if ((e = check_key(&type, &covered, b, key)) || (e = check_value(type, covered, value)))
		return e;
	return ax_batch_put_canonical(b, key, value);
}

enum ax_err ax_batch_delete_key(struct ax_batch *b, struct ax_slice key)
{
	uint16_t type, covered;
	enum ax_err e = check_key(&type, &covered, b, key);
	if (!e)
		e = add(b, &b->items, &b->n, &b->cap, key, ax_slice(NULL, 0));
	if (!e && is_apex_soa(key))
		b->has_serial = false;
	return e;
}

enum ax_err ax_batch_expect_key(struct ax_batch *b, struct ax_slice key, struct ax_slice value)
{
	return add(b, &b->expects, &b->expects_n, &b->expects_cap, key, value);
}

/* -- by name ----------------------------------------------------------------------------------------------- */

static enum ax_err outside(const struct ax_batch *b, const struct ax_name *owner)
{
	struct ax_buf text = AX_BUF_INIT;
	ax_name_text(&text, owner);
	ax_buf_str(&text, " lies outside the zone ");
	ax_name_text(&text, &b->apex);
	const char *s = ax_buf_cstr(&text);
	ax_fail(AX_EINVAL, "%s", s ? s : "a name outside the zone");
	ax_buf_fini(&text);
	return AX_EINVAL;
}

enum ax_err ax_batch_put(struct ax_batch *b, const struct ax_name *owner, uint16_t type, uint16_t covered,
			 struct ax_slice value)
{
	struct ax_buf key = AX_BUF_INIT;
	enum ax_err e = ax_name_within(owner, &b->apex) ? ax_key_make(&key, owner, &b->apex, type, covered)
							: outside(b, owner);
	if (!e)
		e = ax_batch_put_key(b, ax_buf_view(&key), value);
	ax_buf_fini(&key);
	return e;
}

enum ax_err ax_batch_delete(struct ax_batch *b, const struct ax_name *owner, uint16_t type, uint16_t covered)
{
	struct ax_buf key = AX_BUF_INIT;
	enum ax_err e = ax_name_within(owner, &b->apex) ? ax_key_make(&key, owner, &b->apex, type, covered)
							: outside(b, owner);
	if (!e)
		e = ax_batch_delete_key(b, ax_buf_view(&key));
	ax_buf_fini(&key);
	return e;
}

enum ax_err ax_batch_delete_subtree(struct ax_batch *b, struct ax_txn *t, const struct ax_root *root,
				    const struct ax_name *owner)
{
	struct ax_buf prefix = AX_BUF_INIT;
	struct ax_cursor c;
	enum ax_err e = ax_cursor_init(&c, t, root);
	if (e)
		return e;
	c.keys_only = true;
	e = ax_name_within(owner, &b->apex) ? ax_key_owner(&prefix, owner, &b->apex) : outside(b, owner);
	if (!e)
		e = ax_cursor_seek(&c, ax_buf_view(&prefix));
	while (!e && c.valid && ax_slice_starts(c.entry.key, ax_buf_view(&prefix)))
		if (!(e = ax_batch_delete_key(b, c.entry.key)))
			e = ax_cursor_next(&c);
	ax_cursor_fini(&c);
	ax_buf_fini(&prefix);
	return e;
}

/* -- out --------------------------------------------------------------------------------------------------- */

static struct ax_edit as_edit(const struct ax_batch *b, const struct ax_batch_item *item)
{
	return (struct ax_edit){ ax_slice(b->bytes.p + item->key, item->key_n),
				 ax_slice(b->bytes.p + item->value, item->value_n) };
}

/* The bytes grow as items are put: of equal keys the later one lies further on. */
static int by_key(const void *a, const void *b)
{
	const struct ax_edit *x = a, *y = b;
	int c = ax_slice_cmp(x->key, y->key);
	return c ? c : (x->key.p > y->key.p) - (x->key.p < y->key.p);
}

enum ax_err ax_batch_edits(const struct ax_edit **edits, size_t *n, struct ax_batch *b)
{
	bool sorted = true;
	*edits = NULL;
	*n = 0;
	if (!b->n)
		return AX_OK;
	struct ax_edit *list = realloc(b->edits, b->n * sizeof *list);
	if (!list)
		return ax_fail(AX_ENOMEM, "out of memory");
	b->edits = list;
	for (size_t i = 0; i < b->n; i++) {
		list[i] = as_edit(b, &b->items[i]);
		sorted = sorted && (!i || ax_slice_cmp(list[i - 1].key, list[i].key) < 0);
	}
	if (!sorted)
		qsort(list, b->n, sizeof *list, by_key);
	size_t kept = 0;
	for (size_t i = 0; i < b->n; i++)
		if (i + 1 == b->n || !ax_slice_eq(list[i].key, list[i + 1].key))
			list[kept++] = list[i];
	*edits = list;
	*n = kept;
	return AX_OK;
}

bool ax_batch_expectation(struct ax_edit *out, const struct ax_batch *b, size_t i)
{
	if (i < b->expects_n)
		*out = as_edit(b, &b->expects[i]);
	return i < b->expects_n;
}
