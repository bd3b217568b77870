/* The glue that stands in a cut's own block: image.h says when. What it depends on lies at the cut and below, so that
 * a change there is all that can change it. */
#include "dnsd/image_internal.h"

#include <string.h>

enum { GLUE_MAX = 1024 };

/* Being made. */
union glue {
	struct wireset set;
	uint8_t room[sizeof(struct wireset) + GLUE_MAX];
};

/* Where in an answer, to a question for the cut itself, a name in the NS RRset is that stands at `at` of its data. */
static unsigned place_of(const struct wireset *ns, size_t at, size_t own_n)
{
	const uint8_t *p = ns->data + at;
	return *p >= 0xc0 ? ax_be16(p) & 0x3fffu : (unsigned)(QUERY_HEADER + own_n + 4 + at);
}

/* Add the addresses of a type with the owner pointing at `place`; false if they are too many. */
static bool add_addresses(union glue *g, const struct image_name *host, uint16_t type, unsigned place)
{
	const struct wireset *set = find_set(host, type).set;
	if (!set)
		return true;
	if (g->set.size + set->size > GLUE_MAX || !(set->flags & WIRESET_READY))
		return false;
	uint8_t *p = g->set.data + g->set.size, *end = p + set->size;
	memcpy(p, set->data, set->size);
	for (; p < end; p += WIRESET_HEAD + ax_be16(p + 10)) {
		p[0] = (uint8_t)(0xc0 | place >> 8);
		p[1] = (uint8_t)place;
	}
	g->set.count = (uint16_t)(g->set.count + set->count);
	g->set.size = (g->set.size + set->size) & 0x3fffffff;
	return true;
}

/* False if referrals must look for the glue: it stands elsewhere too, is much, or its hosts are spelled in capitals,
 * which a question may spell otherwise. */
static bool gather(union glue *g, const struct image *im, const struct dname *name, unsigned k,
		   const struct image_name *cut)
{
	uint8_t own[AX_NAME_MAX];
	struct wireset_walk w;
	struct ax_rr rr;
	struct dname host;
	const struct wireset *ns = find_set(cut, AX_TYPE_NS).set;
	if (!(ns->flags & WIRESET_READY))
		return false;
	image_walk(&w, own, im, cut, ns);
	g->set = (struct wireset){ .type = WIRESET_GLUE, .flags = WIRESET_READY };
	for (uint32_t at = WIRESET_HEAD; wireset_record(&rr, &w); at = w.pos + WIRESET_HEAD) {
		dname_take(&host, rr.rdata.p, rr.rdata.n);
		if (!image_above(im, &host))
			continue;
		if (!octets_same(host.wire, rr.rdata.p, host.n) || !find_within(&host, name, k))
			return false;
		const struct image_name *node = find_host(im, &host);
		unsigned place = place_of(ns, at, w.own_n);
		if (node &&
		    !(add_addresses(g, node, AX_TYPE_A, place) && add_addresses(g, node, AX_TYPE_AAAA, place)))
			return false;
	}
	return true;
}

static bool equal(const struct wireset *a, const struct wireset *b)
{
	return a == b ||
	       (a && b && a->count == b->count && a->size == b->size && memcmp(a->data, b->data, a->size) == 0);
}

enum ax_err image_refresh_cut(struct image *im, struct index_edit *e, const struct dname *name, unsigned k)
{
	union glue g;
	const struct image_name *cut = find_exact(im, name, k);
	if (!cut || !(cut->flags & IMAGE_CUT))
		return AX_OK;
	const struct wireset *glue = gather(&g, im, name, k, cut) ? &g.set : NULL;
	if (equal(glue, image_glue(cut)))
		return AX_OK;
	struct image_name *x = image_name_copy(cut, glue);
	if (x && image_reorder(im, cut, x, &e->copied) &&
	    index_put(&im->names, e, image_name_hash(im, name, k), slab_ref(cut), slab_ref(x)))
		return AX_OK;
	if (x)
		index_item_unref(slab_ref(x), &image_names_kind); /* an order may hold it still */
	return ax_fail(AX_ENOMEM, "no memory for the image of a zone");
}
