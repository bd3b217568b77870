#include "dnsd/image_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* -- names ------------------------------------------------------------------------------------------------ */

static uint64_t name_hash(uint32_t item)
{
	const struct image_name *name = slab_at(item);
	return dname_hash(name->name, name->n);
}

const struct index_kind image_names_kind = { name_hash, slab_free };

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

static struct image_name *name_alloc(size_t n, size_t sets, bool hashed)
{
	const size_t head = offsetof(struct image_name, name);
	size_t front = (head + n + 3) & ~(size_t)3;
	uint32_t ref = slab_alloc(front + sets + (hashed ? HASHES : 0));
	if (!ref)
		return NULL;
	struct image_name *x = slab_at(ref);
	memset(x, 0, front);
	atomic_init(&x->refs, 1);
	x->n = (uint8_t)n;
	return x;
}

struct image_name *image_name_new(const struct image *im, const struct dname *name, unsigned k,
				  const struct image_draft *d)
{
	const uint8_t *wire = dname_tail(name, k);
	size_t n = image_relative(im, name, k), bytes = d ? d->bytes.n : 0;
	bool proof = d && d->flags & IMAGE_NSEC3 && !d->data && *wire == AX_NSEC3_LABEL,
	     hashed = im->denial->kind == AX_DENIAL_NSEC3 && !proof;
	struct image_name *x = name_alloc(n, bytes, hashed);
	if (!x)
		return NULL;
	memcpy(x->name, wire, n);
	if (d) {
		x->rrsets = (uint16_t)d->rrsets;
		x->flags = d->flags;
		if (bytes)
			memcpy((uint8_t *)image_first(x), d->bytes.p, bytes);
	}
	if (proof)
		x->flags |= IMAGE_PROOF;
	if (hashed) {
		x->flags |= IMAGE_HASHED;
		put_hashes((uint8_t *)image_first(x) + bytes, im->denial, wire, dname_tail_n(name, k));
	}
	return x;
}

static size_t set_size(const struct wireset *s)
{
	return s ? (size_t)((const uint8_t *)wireset_next(s) - (const uint8_t *)s) : 0;
}

/* Behind the RRsets. */
static const struct wireset *sets_end(const struct image_name *x)
{
	const struct wireset *s = image_first(x);
	for (unsigned i = 0; i < x->rrsets; i++)
		s = wireset_next(s);
	return s;
}

const struct wireset *image_glue(const struct image_name *x)
{
	return x->flags & IMAGE_GLUE ? sets_end(x) : NULL;
}

size_t image_name_size(const struct image_name *x)
{
	size_t sets = (size_t)((const uint8_t *)sets_end(x) - (const uint8_t *)x);
	return sets + set_size(image_glue(x)) + (x->flags & IMAGE_HASHED ? HASHES : 0);
}

const uint8_t *image_hashes(const struct image_name *x)
{
	return x->flags & IMAGE_HASHED ? (const uint8_t *)x + image_name_size(x) - HASHES : NULL;
}

struct image_name *image_name_copy(const struct image_name *x, const struct wireset *glue)
{
	const uint8_t *first = (const uint8_t *)image_first(x), *hashes = image_hashes(x);
	size_t sets = (size_t)((const uint8_t *)sets_end(x) - first);
	struct image_name *copy = name_alloc(x->n, sets + set_size(glue), hashes);
	if (!copy)
		return NULL;
	uint8_t *to = (uint8_t *)image_first(copy);
	copy->flags = (uint16_t)((x->flags & ~IMAGE_GLUE) | (glue ? IMAGE_GLUE : 0));
	copy->rrsets = x->rrsets;
	memcpy(copy->name, x->name, x->n);
	memcpy(to, first, sets);
	if (glue)
		memcpy(to + sets, glue, set_size(glue));
	if (hashes)
		memcpy(to + sets + set_size(glue), hashes, HASHES);
	return copy;
}

bool image_is_star(const struct dname *name, unsigned k)
{
	const uint8_t *label = dname_tail(name, k);
	return label[0] == 1 && label[1] == '*';
}

void image_walk(struct wireset_walk *w, uint8_t *own, const struct image *im, const struct image_name *name,
		const struct wireset *set)
{
	w->set = set;
	w->pos = 0;
	w->own = own;
	w->own_n = set->flags & WIRESET_NAMES ? image_owner(own, im, name) : 0;
}

/* -- images ----------------------------------------------------------------------------------------------- */

static const struct ax_denial no_denial = { .kind = AX_DENIAL_NONE }, by_nsec = { .kind = AX_DENIAL_NSEC };

enum ax_err image_bare(struct image **out, uint32_t zone, const struct ax_name *apex, const struct ax_commit_info *c)
{
	*out = NULL;
	struct dname name;
	uint32_t ref = slab_alloc(sizeof(struct image) + apex->n);
	if (!ref)
		return ax_fail(AX_ENOMEM, "no memory for a zone");
	struct image *im = slab_at(ref);
	memset(im, 0, sizeof *im);
	atomic_init(&im->refs, 1);
	im->state = IMAGE_UNBORN;
	im->zone = zone;
	im->denial = &no_denial;
	dname_take(&name, apex->wire, apex->n);
	im->apex_hash = dname_hash(name.wire, name.n);
	im->apex_labels = name.labels;
	im->apex_n = name.n;
	memcpy(im->apex, name.wire, name.n);
	if (c) {
		im->state = IMAGE_LOADING;
		im->commit = c->local;
		im->tree = c->root;
		im->serial = c->serial;
		im->time_s = c->time.s;
	}
	*out = im;
	return AX_OK;
}

void image_ref(struct image *im)
{
	index_item_ref(slab_ref(im));
}

static void forget_denial(struct image *im)
{
	if (im->denial->kind == AX_DENIAL_NSEC3)
		free((void *)im->denial);
	im->denial = &no_denial;
}

static void drop_image(uint32_t item)
{
	struct image *im = slab_at(item);
	index_unref(im->names, &image_names_kind);
	for (unsigned i = 0; i < IMAGE_ORDERS; i++)
		order_unref(im->order[i], &image_order_kind);
	forget_denial(im);
	if (im->negative)
		slab_free(slab_ref(im->negative));
	slab_free(item);
}

static uint64_t image_hash(uint32_t item)
{
	return ((const struct image *)slab_at(item))->apex_hash;
}

const struct index_kind image_kind = { image_hash, drop_image };

void image_unref(struct image *im)
{
	if (im)
		index_item_unref(slab_ref(im), &image_kind);
}

struct ax_name image_apex(const struct image *im)
{
	struct ax_name n;
	n.n = im->apex_n;
	memcpy(n.wire, im->apex, n.n);
	return n;
}

void image_note(struct image *im, unsigned depth, unsigned flags)
{
	if (depth > im->deepest)
		im->deepest = (uint8_t)depth;
	if (flags & (IMAGE_CUT | IMAGE_DNAME))
		im->cuts |= 1ull << (depth < 63 ? depth : 63);
}

struct ax_slice image_key(uint8_t *buffer, const struct image_name *name)
{
	uint8_t first[AX_LABELS_MAX];
	unsigned labels = 0;
	size_t n = 0;
	for (size_t i = 0; i < name->n; i += name->name[i] + 1u)
		first[labels++] = (uint8_t)i;
	while (labels-- > 0) {
		const uint8_t *label = name->name + first[labels];
		for (unsigned i = 1; i <= *label; i++) {
			if (label[i] <= 1)
				buffer[n++] = 1;
			buffer[n++] = label[i] <= 1 ? label[i] + 1 : label[i];
		}
		buffer[n++] = 0;
	}
	return ax_slice(buffer, n);
}

static struct ax_slice item_key(uint8_t *buffer, uint32_t item)
{
	return image_key(buffer, slab_at(item));
}

const struct order_kind image_order_kind = { { name_hash, slab_free }, item_key };

bool image_reorder(struct image *im, const struct image_name *old, const struct image_name *new, uint64_t *copied)
{
	static const unsigned has[IMAGE_ORDERS] = { IMAGE_NSEC, IMAGE_NSEC3 };
	uint8_t buffer[AX_KEY_MAX];
	bool done = true;
	for (unsigned i = 0; done && i < IMAGE_ORDERS; i++) {
		uint32_t was = old && old->flags & has[i] ? slab_ref(old) : 0;
		uint32_t is = new &&new->flags &has[i] ? slab_ref(new) : 0;
		if (was || is)
			done = order_put(&im->order[i], &image_order_kind, image_key(buffer, new ? new : old), was,
					 is, copied);
	}
	return done;
}

struct ax_denial image_denial(const struct image *im, const struct wireset *first, unsigned rrsets)
{
	struct ax_denial d = no_denial;
	struct wireset_walk w;
	struct ax_rr rr;
	const struct wireset *s = first;
	for (unsigned i = 0; i < rrsets; i++, s = wireset_next(s)) {
		if (s->type == AX_TYPE_NSEC)
			return by_nsec;
		if (s->type != AX_TYPE_NSEC3PARAM || im->apex_n + 1 + AX_NSEC3_LABEL > AX_NAME_MAX)
			continue;
		w.set = s;
		w.pos = 0;
		while (d.kind == AX_DENIAL_NONE && wireset_record(&rr, &w))
			(void)ax_denial_param(&d, rr.rdata);
	}
	return d;
}

enum ax_err image_set_denial(struct image *im, const struct ax_denial *d)
{
	forget_denial(im);
	if (d->kind == AX_DENIAL_NSEC)
		im->denial = &by_nsec;
	if (d->kind != AX_DENIAL_NSEC3)
		return AX_OK;
	struct ax_denial *own = malloc(sizeof *own);
	if (!own)
		return ax_fail(AX_ENOMEM, "no memory for a zone");
	*own = *d;
	im->denial = own;
	return AX_OK;
}

/* Append a set with no TTL over ttl_max_s. Its records are patched where they stand: the names in them stay. */
static void put_capped(struct ax_buf *b, const struct wireset *set, uint32_t ttl_max_s)
{
	size_t at = b->n, size = set_size(set);
	ax_buf_put(b, set, size);
	if (b->failed)
		return;
	uint8_t *p = b->p + at + sizeof *set;
	for (unsigned i = 0; i < set->count; i++, p += WIRESET_HEAD + ax_be16(p + 10))
		if (ax_be32(p + 6) > ttl_max_s)
			ax_be32_put(p + 6, ttl_max_s);
}

/* What says that there is nothing (RFC 2308 3), with this commit's serial. */
static enum ax_err make_negative(struct image *im, struct find_set soa)
{
	struct ax_buf b = AX_BUF_INIT;
	uint32_t minimum_s = ax_be32(soa.set->data + soa.set->size - 4);
	put_capped(&b, soa.set, minimum_s);
	if (soa.signatures)
		put_capped(&b, soa.signatures, minimum_s);
	enum ax_err e = ax_buf_check(&b);
	uint32_t ref = e ? 0 : slab_alloc(b.n);
	if (!e && !ref)
		e = ax_fail(AX_ENOMEM, "no memory for a zone");
	if (!e) {
		struct wireset *copy = slab_at(ref);
		memcpy(copy, b.p, b.n);
		ax_be32_put(copy->data + copy->size - 20, im->serial);
		im->negative = copy;
		im->negative_signed = soa.signatures;
	}
	ax_buf_fini(&b);
	return e;
}

enum ax_err image_settle(struct image *im)
{
	const uint64_t hash = dname_hash((const uint8_t *)"", 0);
	struct index_hits h = index_hits(index_find(im->names, hash), hash);
	uint32_t item;
	im->top = NULL;
	while (!im->top && index_next(&item, &h))
		if (((const struct image_name *)slab_at(item))->n == 0)
			im->top = slab_at(item);
	struct find_set soa = { NULL, NULL };
	if (im->top)
		soa = find_set(im->top, AX_TYPE_SOA);
	if (!soa.set)
		return ax_fail(AX_ECORRUPT, "the zone has no SOA");
	im->state = IMAGE_READY;
	return make_negative(im, soa);
}
