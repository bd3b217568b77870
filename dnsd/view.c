#include "dnsd/view.h"

#include <stdlib.h>
#include <string.h>

#include "dnsd/hot.h"

struct view *view_new(const struct view *old)
{
	struct view *v = calloc(1, sizeof *v);
	if (v && old) {
		*v = *old;
		v->copied = 0;
		index_ref(v->zones);
	}
	return v;
}

void view_free(struct view *v)
{
	if (!v)
		return;
	index_unref(v->zones, &image_kind);
	free(v);
}

/* The zone whose apex is the last k labels of name. */
static inline struct image *zone_at(const struct view *v, const struct dname *name, unsigned k)
{
	const uint8_t *wire = dname_tail(name, k);
	size_t n = dname_tail_n(name, k);
	uint64_t hash = dname_hash(wire, n);
	uint32_t item;
	struct index_hits h = index_hits(index_find(v->zones, hash), hash);
	while (index_next(&item, &h)) {
		struct image *im = slab_at(item);
		if (im->apex_n == n && octets_same(im->apex, wire, n))
			return im;
	}
	return NULL;
}

struct image *view_get(const struct view *v, const struct ax_name *apex)
{
	struct dname name;
	dname_take(&name, apex->wire, apex->n);
	return zone_at(v, &name, name.labels);
}

static enum ax_err replace(struct view *v, const uint8_t *apex, size_t n, struct image *new)
{
	struct index_edit edit = { .kind = &image_kind };
	struct dname name;
	dname_take(&name, apex, n);
	struct image *old = zone_at(v, &name, name.labels);
	bool was_there = old != NULL; /* it may be gone after the put */
	if (!old && !new)
		return AX_OK;
	if (!index_put(&v->zones, &edit, dname_hash(name.wire, name.n), old ? slab_ref(old) : 0,
		       new ? slab_ref(new) : 0))
		return ax_fail(AX_ENOMEM, "no memory to publish a zone");
	v->at_depth[name.labels] += (uint32_t)((new != NULL) - was_there);
	if (new &&name.labels > v->deepest)
		v->deepest = name.labels;
	v->copied += edit.copied;
	return AX_OK;
}

enum ax_err view_put(struct view *v, struct image *im)
{
	return replace(v, im->apex, im->apex_n, im);
}

enum ax_err view_remove(struct view *v, const struct ax_name *apex)
{
	return replace(v, apex->wire, apex->n, NULL);
}

SELDOM const struct image *view_zone_any(const struct view *v, const struct dname *name, uint16_t qtype)
{
	const struct image *own = NULL;
	for (unsigned k = (name->labels < v->deepest ? name->labels : v->deepest) + 1u; k-- > 0;) {
		const struct image *im = v->at_depth[k] ? zone_at(v, name, k) : NULL;
		if (!im)
			continue;
		if (qtype != AX_TYPE_DS || k != name->labels)
			return im;
		own = im;
	}
	return own;
}
