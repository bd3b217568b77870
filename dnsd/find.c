#include "dnsd/find.h"

#include <string.h>

static inline const struct image_name *probe(const struct image *im, uint64_t hash, const uint8_t *relative, size_t n)
{
	uint32_t item;
	struct index_hits h = index_hits(index_find(im->names, hash), hash);
	while (index_next(&item, &h)) {
		const struct image_name *node = slab_at(item);
		if (node->n == n && dname_same(node->name, relative, n))
			return node;
	}
	return NULL;
}

static inline const struct image_name *exact(const struct image *im, const struct dname *name, unsigned labels)
{
	unsigned at = name->at[labels];
	if (labels == im->apex_labels)
		return im->top;
	return probe(im, name->hash[labels], name->wire + at, (size_t)(name->n - at - im->apex_n));
}

const struct image_name *find_exact(const struct image *im, const struct dname *name, unsigned labels)
{
	return exact(im, name, labels);
}

const struct image_name *find_relative(const struct image *im, uint64_t hash, const uint8_t *relative, size_t n)
{
	return probe(im, hash, relative, n);
}

/* A node that can be asked for. */
static inline const struct image_name *find_visible(const struct image *im, const struct dname *name, unsigned labels)
{
	const struct image_name *node = exact(im, name, labels);
	return node && image_hidden(node) ? NULL : node;
}

static const struct image_name *wildcard_below(const struct image *im, const struct image_name *encloser,
					       uint64_t encloser_hash)
{
	uint8_t relative[AX_NAME_MAX + 2] = { 1, '*' };
	if (!(encloser->flags & IMAGE_WILDCARD))
		return NULL;
	memcpy(relative + 2, encloser->name, encloser->n);
	const struct image_name *node =
		probe(im, dname_step_wildcard(encloser_hash), relative, encloser->n + (size_t)2);
	return node && image_hidden(node) ? NULL : node;
}

/* A name and how many labels below the apex it has. */
struct place {
	const struct image_name *node;
	unsigned depth;
};

/* The closest encloser of a name that does not exist: at or below `known`, above the depth `absent`. */
static struct place closest_encloser(const struct image *im, const struct dname *name, struct place known,
				     unsigned absent)
{
	for (unsigned depth = absent - 1; known.depth + 1 < absent; depth = (known.depth + absent) / 2) {
		const struct image_name *node = find_visible(im, name, im->apex_labels + depth);
		if (node)
			known = (struct place){ node, depth };
		else
			absent = depth;
	}
	return known;
}

static bool has_cuts(const struct image *im, unsigned depth)
{
	return im->cuts >> (depth < 63 ? depth : 63) & 1;
}

/* A cut or DNAME above the name, the topmost; else how far down what is above it is known. */
static bool find_above(struct find *out, struct place *above, unsigned *absent, const struct image *im,
		       const struct dname *name)
{
	unsigned apex = im->apex_labels, depth = name->labels - apex;
	if (im->top->flags & IMAGE_DNAME) {
		*out = (struct find){ FOUND_DNAME, im->top, apex };
		return true;
	}
	for (unsigned d = 1; im->cuts && d < depth && d < *absent; d++) {
		if (!has_cuts(im, d))
			continue;
		const struct image_name *node = find_visible(im, name, apex + d);
		if (!node) {
			*absent = d;
			break;
		}
		*above = (struct place){ node, d };
		if (node->flags & (IMAGE_CUT | IMAGE_DNAME)) {
			*out = (struct find){ node->flags & IMAGE_CUT ? FOUND_CUT : FOUND_DNAME, node, apex + d };
			return true;
		}
	}
	return false;
}

/* The name has neither data nor names below it. */
static void find_nothing(struct find *out, const struct image *im, const struct dname *name, struct place above,
			 unsigned absent)
{
	above = closest_encloser(im, name, above, absent);
	unsigned labels = im->apex_labels + above.depth;
	const struct image_name *node = wildcard_below(im, above.node, name->hash[labels]);
	*out = (struct find){ node ? FOUND_WILDCARD : FOUND_NOTHING, node ? node : above.node, labels };
}

void find_name(struct find *out, const struct image *im, const struct dname *name, uint16_t qtype)
{
	unsigned depth = name->labels - im->apex_labels;
	unsigned absent = im->deepest + 1u; /* from this depth on nothing exists */
	struct place above = { im->top, 0 };
	if (depth && find_above(out, &above, &absent, im, name))
		return;
	const struct image_name *node = depth < absent ? find_visible(im, name, name->labels) : NULL;
	if (!node) {
		find_nothing(out, im, name, above, depth < absent ? depth : absent);
		return;
	}
	bool cut = node->flags & IMAGE_CUT && qtype != AX_TYPE_DS;
	*out = (struct find){ cut ? FOUND_CUT : FOUND_NAME, node, name->labels };
}

/* Directories whose links are found by this many bits fit in the cache nearest to the core. */
enum { NEAR_BITS = 2 * INDEX_DIR_BITS };

void find_begin(struct find_ahead *a, const struct image *im, const struct dname *name)
{
	unsigned depth = name->labels - im->apex_labels, first = depth <= im->deepest ? depth : im->deepest;
	struct index_step at = { im->names, 0 };
	a->link = 0;
	if (index_bits(at.link) < INDEX_DIR_BITS)
		return; /* what has few names is there */
	for (unsigned d = 1; im->cuts && d < depth; d++) {
		if (has_cuts(im, d)) {
			first = d;
			break;
		}
	}
	a->hash = name->hash[im->apex_labels + first];
	while (index_bits(at.link) && at.used < NEAR_BITS)
		at = index_down(at, a->hash);
	if (!first || at.used < NEAR_BITS)
		return;
	a->link = at.link;
	a->used = at.used;
	__builtin_prefetch(index_bits(at.link) ? (const void *)index_slot(at, a->hash) : index_node(at.link));
}

const struct image_name *find_host(const struct image *im, const struct dname *host)
{
	unsigned depth = host->labels - im->apex_labels, absent = im->deepest + 1u;
	const struct image_name *node = depth < absent ? find_visible(im, host, host->labels) : NULL;
	if (node || depth == 0)
		return node;
	struct place above =
		closest_encloser(im, host, (struct place){ im->top, 0 }, depth < absent ? depth : absent);
	return wildcard_below(im, above.node, host->hash[im->apex_labels + above.depth]);
}

bool find_in_zone(const struct image *im, const struct dname *name)
{
	unsigned k = im->apex_labels;
	return name->labels >= k && name->hash[k] == im->apex_hash && name->n - name->at[k] == im->apex_n &&
	       dname_same(name->wire + name->at[k], im->apex, im->apex_n);
}

bool find_within(const struct dname *name, const struct dname *other, unsigned labels)
{
	size_t n = (size_t)(other->n - other->at[labels]);
	return name->labels >= labels && name->hash[labels] == other->hash[labels] &&
	       (size_t)(name->n - name->at[labels]) == n &&
	       dname_same(name->wire + name->at[labels], other->wire + other->at[labels], n);
}

struct find_set find_signed(const struct image_name *node, const struct wireset *set, unsigned i)
{
	const struct wireset *next = wireset_next(set);
	bool covered = i + 1u < node->rrsets && next->type == AX_TYPE_RRSIG && set->type != AX_TYPE_RRSIG &&
		       wireset_covered(next) == set->type;
	return (struct find_set){ set, covered ? next : NULL };
}

struct find_set find_set(const struct image_name *node, uint16_t type)
{
	const struct wireset *s = image_first(node);
	for (unsigned i = 0; i < node->rrsets; i++, s = wireset_next(s)) {
		if (s->type == type)
			return find_signed(node, s, i);
		if (s->type > type && s->type != AX_TYPE_RRSIG)
			break;
	}
	return (struct find_set){ NULL, NULL };
}
