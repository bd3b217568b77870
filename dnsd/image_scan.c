#include "dnsd/image_internal.h"

void image_draft_clear(struct image_draft *d)
{
	ax_buf_clear(&d->bytes);
	ax_buf_clear(&d->signatures);
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
	case AX_TYPE_RRSIG:
	case AX_TYPE_SVCB:
	case AX_TYPE_HTTPS:
		return true;
	default:
		return false;
	}
}

static enum ax_err check(const struct ax_rrset *set)
{
	struct ax_rr rr;
	for (size_t pos = 0; must_be_sound(set->type) && ax_rrset_next(&rr, set, &pos);)
		if (ax_rdata_check(set->type, rr.rdata))
			return ax_fail(AX_ECORRUPT, "an RRset holds malformed RDATA");
	return AX_OK;
}

/* Append a stored RRset. */
static enum ax_err draft_add(struct image_scan *s, struct ax_slice type_part, struct ax_slice value)
{
	struct image_draft *d = &s->draft;
	struct ax_rrset set;
	uint16_t type = ax_be16(type_part.p), covered = type_part.n >= 4 ? ax_be16(type_part.p + 2) : 0;
	enum ax_err e = ax_rrset_view(&set, type, covered, value);
	if (!e)
		e = check(&set);
	if (e)
		return e;
	struct ax_buf *b = type == AX_TYPE_RRSIG ? &d->signatures : &d->bytes;
	wireset_make(b, &s->maker, &set, UINT32_MAX);
	note_flags(d, type, s->owner.n == 0);
	if (++d->rrsets > UINT16_MAX)
		return ax_fail(AX_ELIMIT, "a name has over 65,535 RRsets");
	return ax_buf_check(b);
}

/* Put each set of signatures behind the set it covers: both are in order of type. */
static enum ax_err merge_signatures(struct image_draft *d)
{
	struct ax_buf both = AX_BUF_INIT;
	if (!d->signatures.n)
		return AX_OK;
	const uint8_t *p = d->bytes.p, *end = d->bytes.n ? p + d->bytes.n : p;
	const uint8_t *q = d->signatures.p, *q_end = q + d->signatures.n;
	while (p < end || q < q_end) {
		const struct wireset *set = (const void *)p, *sigs = (const void *)q;
		bool first = q == q_end || (p < end && set->type <= wireset_covered(sigs));
		const uint8_t *next = (const uint8_t *)wireset_next(first ? set : sigs);
		ax_buf_put(&both, first ? p : q, (size_t)(next - (first ? p : q)));
		*(first ? &p : &q) = next;
	}
	ax_buf_fini(&d->bytes);
	d->bytes = both;
	return ax_buf_check(&both);
}

enum ax_err image_scan_init(struct image_scan *s, const struct image *im, struct ax_txn *t,
			    const struct ax_root *root)
{
	memset(s, 0, offsetof(struct image_scan, maker));
	s->apex = image_apex(im);
	wireset_maker_init(&s->maker);
	return ax_cursor_init(&s->cursor, t, root);
}

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
	wireset_owner(&s->maker, s->name.wire, s->name.n);
	ax_buf_clear(&s->owner);
	ax_buf_put(&s->owner, s->cursor.entry.key.p, owner_len);
	e = ax_buf_check(&s->owner);
	while (!e && s->cursor.valid && image_same_owner(s, s->cursor.entry.key)) {
		struct ax_slice key = s->cursor.entry.key;
		struct ax_slice type_part = ax_slice(key.p + owner_len + 1, key.n - owner_len - 1);
		if (type_part.n < 2)
			return ax_fail(AX_ECORRUPT, "a key of the tree is malformed");
		e = draft_add(s, type_part, s->cursor.entry.value);
		if (!e)
			e = ax_cursor_next(&s->cursor);
	}
	return e ? e : merge_signatures(&s->draft);
}

void image_scan_fini(struct image_scan *s)
{
	ax_cursor_fini(&s->cursor);
	ax_buf_fini(&s->owner);
	ax_buf_fini(&s->draft.bytes);
	ax_buf_fini(&s->draft.signatures);
}
