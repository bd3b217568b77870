#include "dnsd/image_internal.h"

#include <stdlib.h>
#include <string.h>

#include "dnsd/find.h"

/* -- names ------------------------------------------------------------------------------------------------ */

static void name_ref(void *item)
{
	((struct image_name *)item)->refs++;
}

void image_name_unref(void *item)
{
	struct image_name *name = item;
	if (--name->refs == 0)
		free(name);
}

const struct hamt_kind image_names_kind = { name_ref, image_name_unref };

void image_draft_clear(struct image_draft *d)
{
	ax_buf_clear(&d->bytes);
	d->rrsets = 0;
	d->data = false;
	d->flags = 0;
}

static void note_flags(struct image_draft *d, uint16_t type, bool at_apex)
{
	if (type == AX_TYPE_NS && !at_apex)
		d->flags |= IMAGE_CUT;
	if (type == AX_TYPE_DNAME)
		d->flags |= IMAGE_DNAME;
	if (type == AX_TYPE_CNAME)
		d->flags |= IMAGE_CNAME;
	if (type == AX_TYPE_NSEC)
		d->flags |= IMAGE_NSEC;
	if (type == AX_TYPE_NSEC3)
		d->flags |= IMAGE_NSEC3;
	d->data |= type != AX_TYPE_NSEC3 && type != AX_TYPE_RRSIG;
}

/* Types whose RDATA the answer takes apart without looking at its bounds. */
static bool must_be_sound(uint16_t type)
{
	switch (type) {
	case AX_TYPE_NS:
	case AX_TYPE_CNAME:
	case AX_TYPE_SOA:
	case AX_TYPE_MX:
	case AX_TYPE_SRV:
	case AX_TYPE_DNAME:
	case AX_TYPE_SVCB:
	case AX_TYPE_HTTPS:
		return true;
	default:
		return false;
	}
}

/* Append a stored RRset in the image's form. */
static enum ax_err draft_add(struct image_draft *d, struct ax_slice type_part, struct ax_slice value, bool at_apex)
{
	struct ax_rrset set;
	struct ax_rr rr;
	struct image_rrset head = { .type = ax_be16(type_part.p) };
	if (type_part.n >= 4)
		head.covered = ax_be16(type_part.p + 2);
	enum ax_err e = ax_rrset_view(&set, head.type, head.covered, value);
	if (e)
		return e;
	head.count = set.count;
	head.ttl_s = set.ttl_s;
	size_t at = d->bytes.n;
	ax_buf_put(&d->bytes, &head, sizeof head);
	for (size_t pos = 0; ax_rrset_next(&rr, &set, &pos);) {
		if (must_be_sound(head.type) && ax_rdata_check(head.type, rr.rdata))
			return ax_fail(AX_ECORRUPT, "an RRset holds malformed RDATA");
		if (head.type == AX_TYPE_RRSIG)
			ax_buf_u32(&d->bytes, rr.ttl_s);
		ax_buf_u16(&d->bytes, (uint16_t)rr.rdata.n);
		ax_buf_slice(&d->bytes, rr.rdata);
	}
	head.size = (uint32_t)(d->bytes.n - at - sizeof head);
	while (d->bytes.n % 4)
		ax_buf_u8(&d->bytes, 0);
	if (d->bytes.failed)
		return ax_buf_check(&d->bytes);
	memcpy(d->bytes.p + at, &head, sizeof head);
	note_flags(d, head.type, at_apex);
	return ++d->rrsets > UINT16_MAX ? ax_fail(AX_ELIMIT, "a name has over 65,535 RRsets") : AX_OK;
}

enum { HASHES = 2 * AX_NSEC3_HASH };

/* The hash of a name, and that of the wildcard below it if it can have one. */
static void put_hashes(uint8_t *out, const struct ax_denial *denial, const uint8_t *wire, size_t n)
{
	uint8_t wildcard[AX_NAME_MAX + 2] = { 1, '*' };
	memset(out, 0, HASHES);
	ax_denial_hash(out, denial, wire, n);
	memcpy(wildcard + 2, wire, n);
	if (n + 2 <= AX_NAME_MAX)
		ax_denial_hash(out + AX_NSEC3_HASH, denial, wildcard, n + 2);
}

struct image_name *image_name_new(const struct image *im, uint32_t edit, const struct dname *name, unsigned k,
				  const struct image_draft *d)
{
	const uint8_t *wire;
	size_t n = image_relative(&wire, im, name, k), padded = (n + 3) & ~(size_t)3, bytes = d ? d->bytes.n : 0;
	bool proof = d && d->flags & IMAGE_NSEC3 && !d->data && *wire == AX_NSEC3_LABEL,
	     hashed = im->denial.kind == AX_DENIAL_NSEC3 && !proof;
	struct image_name *x = malloc(sizeof *x + padded + bytes + (hashed ? HASHES : 0));
	if (!x)
		return NULL;
	*x = (struct image_name){ .refs = 1, .edit = edit, .n = (uint8_t)n };
	memcpy(x->name, wire, n);
	memset(x->name + n, 0, padded - n);
	if (d) {
		x->rrsets = (uint16_t)d->rrsets;
		x->flags = d->flags;
		if (bytes)
			memcpy(x->name + padded, d->bytes.p, bytes);
	}
	if (proof)
		x->flags |= IMAGE_PROOF;
	if (hashed) {
		x->flags |= IMAGE_HASHED;
		put_hashes(x->name + padded + bytes, &im->denial, wire, (size_t)(name->n - name->at[k]));
	}
	return x;
}

size_t image_relative(const uint8_t **out, const struct image *im, const struct dname *name, unsigned k)
{
	*out = name->wire + name->at[k];
	return (size_t)(name->n - name->at[k] - im->apex_n);
}

size_t image_name_size(const struct image_name *x)
{
	const struct image_rrset *s = image_first(x);
	for (unsigned i = 0; i < x->rrsets; i++)
		s = image_next(s);
	return (size_t)((const uint8_t *)s - (const uint8_t *)x) + (x->flags & IMAGE_HASHED ? HASHES : 0);
}

const uint8_t *image_hashes(const struct image_name *x)
{
	return x->flags & IMAGE_HASHED ? (const uint8_t *)x + image_name_size(x) - HASHES : NULL;
}

bool image_is_star(const struct dname *name, unsigned k)
{
	return name->wire[name->at[k]] == 1 && name->wire[name->at[k] + 1] == '*';
}

/* -- images ----------------------------------------------------------------------------------------------- */

enum ax_err image_bare(struct image **out, uint32_t zone, const struct ax_name *apex, const struct ax_commit_info *c)
{
	*out = NULL;
	struct dname name;
	struct image *im = calloc(1, sizeof *im + apex->n);
	if (!im)
		return ax_fail(AX_ENOMEM, "no memory for a zone");
	im->refs = 1;
	im->state = IMAGE_UNBORN;
	im->zone = zone;
	dname_take(&name, apex->wire, apex->n);
	im->apex_hash = name.hash[name.labels];
	im->apex_labels = name.labels;
	im->apex_n = name.n;
	memcpy(im->apex, name.wire, name.n);
	if (c) {
		im->state = IMAGE_LOADING;
		im->commit = c->local;
		im->tree = c->root;
		im->serial = c->serial;
	}
	*out = im;
	return AX_OK;
}

void image_ref(struct image *im)
{
	im->refs++;
}

void image_unref(struct image *im)
{
	if (!im || --im->refs)
		return;
	hamt_unref(im->names, &image_names_kind);
	for (unsigned i = 0; i < IMAGE_ORDERS; i++)
		order_unref(im->order[i]);
	free(im);
}

struct ax_name image_apex(const struct image *im)
{
	struct ax_name n;
	n.n = im->apex_n;
	memcpy(n.wire, im->apex, n.n);
	return n;
}

void image_reorder(struct image *im, struct order_edit *e, uint64_t hash, struct ax_slice owner, unsigned old_flags,
		   unsigned flags)
{
	static const unsigned has[IMAGE_ORDERS] = { IMAGE_NSEC, IMAGE_NSEC3 };
	for (unsigned i = 0; i < IMAGE_ORDERS; i++) {
		if (~old_flags & flags & has[i])
			order_put(&im->order[i], e, hash, owner);
		if (old_flags & ~flags & has[i])
			order_remove(&im->order[i], e, owner);
	}
}

struct ax_denial image_denial(const struct image *im, const struct image_rrset *first, unsigned rrsets)
{
	struct ax_denial d = { .kind = AX_DENIAL_NONE };
	struct ax_rr rr;
	const struct image_rrset *s = first;
	for (unsigned i = 0; i < rrsets; i++, s = image_next(s)) {
		if (s->type == AX_TYPE_NSEC)
			return (struct ax_denial){ .kind = AX_DENIAL_NSEC };
		bool fits = im->apex_n + 1 + AX_NSEC3_LABEL <= AX_NAME_MAX && s->type == AX_TYPE_NSEC3PARAM;
		for (uint32_t pos = 0; fits && d.kind == AX_DENIAL_NONE && image_record(&rr, s, &pos);)
			(void)ax_denial_param(&d, rr.rdata);
	}
	return d;
}

enum ax_err image_settle(struct image *im)
{
	struct dname apex;
	dname_take(&apex, im->apex, im->apex_n);
	im->top = find_exact(im, &apex, im->apex_labels);
	if (!im->top || !find_rrset(im->top, AX_TYPE_SOA))
		return ax_fail(AX_ECORRUPT, "the zone has no SOA");
	im->state = IMAGE_READY;
	return AX_OK;
}

/* -- reading the tree ------------------------------------------------------------------------------------- */

bool image_same_owner(const struct image_scan *s, struct ax_slice key)
{
	return ax_slice_starts(key, ax_buf_view(&s->owner)) && key.n > s->owner.n && key.p[s->owner.n] == 0;
}

enum ax_err image_scan_owner(struct image_scan *s)
{
	uint16_t type, covered;
	size_t owner_len;
	image_draft_clear(&s->draft);
	enum ax_err e = ax_key_parse(&s->name, &type, &covered, &owner_len, s->cursor.entry.key, &s->apex);
	if (e)
		return e;
	ax_buf_clear(&s->owner);
	ax_buf_put(&s->owner, s->cursor.entry.key.p, owner_len);
	e = ax_buf_check(&s->owner);
	while (!e && s->cursor.valid && image_same_owner(s, s->cursor.entry.key)) {
		struct ax_slice key = s->cursor.entry.key;
		struct ax_slice type_part = ax_slice(key.p + owner_len + 1, key.n - owner_len - 1);
		if (type_part.n < 2)
			return ax_fail(AX_ECORRUPT, "a key of the tree is malformed");
		e = draft_add(&s->draft, type_part, s->cursor.entry.value, owner_len == 0);
		if (!e)
			e = ax_cursor_next(&s->cursor);
	}
	return e;
}

void image_scan_fini(struct image_scan *s)
{
	ax_cursor_fini(&s->cursor);
	ax_buf_fini(&s->owner);
	ax_buf_fini(&s->draft.bytes);
}
