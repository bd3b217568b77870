#include "dnsd/find.h"

#include <string.h>

#include "dnsd/hot.h"

static inline const struct image_name *probe(struct index_hits h, const uint8_t *relative, size_t n)
{
	uint32_t item;
	while (index_next(&item, &h)) {
		const struct image_name *node = slab_at(item);
		if (node->n == n && octets_same(node->name, relative, n))
			return node;
	}
	return NULL;
}

/* The node that is called so before the apex's part. */
static inline const struct image_name *node_of(const struct image *im, const uint8_t *relative, size_t n)
{
	uint64_t hash = dname_hash(relative, n);
	return probe(index_hits(index_find(im->names, hash), hash), relative, n);
}

const struct image_name *find_exact(const struct image *im, const struct dname *name, unsigned labels)
{
	size_t n = image_relative(im, name, labels);
	return n ? node_of(im, dname_tail(name, labels), n) : im->top;
}

/* What is hidden can't be asked for. */
static inline const struct image_name *visible(const struct image_name *node)
{
	return node && !image_hidden(node) ? node : NULL;
}

/* A node that can be asked for; a: what was begun for it or for another, or NULL. */
static inline const struct image_name *find_visible(const struct image *im, const struct dname *name, unsigned labels,
						    const struct find_ahead *a)
{
	if (labels == im->apex_labels)
		return im->top;
	if (!a || a->labels != labels)
		return visible(find_exact(im, name, labels));
	return visible(probe(a->hits, dname_tail(name, labels), image_relative(im, name, labels)));
}

static const struct image_name *wildcard_below(const struct image *im, const struct image_name *encloser)
{
	uint8_t relative[AX_NAME_MAX + 2] = { 1, '*' };
	if (!(encloser->flags & IMAGE_WILDCARD))
		return NULL;
	size_t n = 2 + (size_t)encloser->n;
	memcpy(relative + 2, encloser->name, encloser->n);
	return visible(node_of(im, relative, n));
}

/* A name and how many labels below the apex it has. */
struct place {
	const struct image_name *node;
	unsigned depth;
};

/* The closest encloser of a name that does not exist: at or below `known`, above the depth `absent`. */
static struct place closest_encloser(const struct image *im, const struct dname *name, struct place known,
				     unsigned absent, const struct find_ahead *a)
{
	for (unsigned depth = absent - 1; known.depth + 1 < absent; depth = (known.depth + absent) / 2) {
		const struct image_name *node = find_visible(im, name, im->apex_labels + depth, a);
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

/* The name has neither data nor names below it: nothing of it exists from the depth `absent` on. */
static SELDOM void find_nothing(struct find *out, const struct image *im, const struct dname *name,
				struct place known, unsigned absent, const struct find_ahead *a)
{
	known = closest_encloser(im, name, known, absent, a);
	const struct image_name *node = wildcard_below(im, known.node);
	*out = (struct find){ node ? FOUND_WILDCARD : FOUND_NOTHING, node ? node : known.node,
			      im->apex_labels + known.depth };
}

/* The name's own node, which nothing above it hides; known: what is known to exist above it, absent: not to. */
static inline void find_here(struct find *out, const struct image *im, const struct dname *name, uint16_t qtype,
			     struct place known, unsigned absent, const struct find_ahead *a)
{
	unsigned depth = name->labels - (unsigned)im->apex_labels;
	const struct image_name *node = depth < absent ? find_visible(im, name, name->labels, a) : NULL;
	if (!node) {
		find_nothing(out, im, name, known, depth < absent ? depth : absent, a);
		return;
	}
	out->found = node->flags & IMAGE_CUT && qtype != AX_TYPE_DS ? FOUND_CUT : FOUND_NAME;
	out->node = node;
	out->labels = name->labels;
}

/* In a zone that has cuts or DNAMEs, the topmost of those above the name comes first. */
static APART void find_below_cuts(struct find *out, const struct image *im, const struct dname *name, uint16_t qtype,
				  const struct find_ahead *a)
{
	unsigned apex = im->apex_labels, depth = name->labels - apex, absent = im->deepest + 1u;
	struct place known = { im->top, 0 };
	for (unsigned d = 0; d < depth && d < absent; d++) {
		if (!has_cuts(im, d))
			continue;
		const struct image_name *node = find_visible(im, name, apex + d, a);
		if (!node) {
			absent = d;
			break;
		}
		known = (struct place){ node, d };
		if (node->flags & (IMAGE_CUT | IMAGE_DNAME)) {
			*out = (struct find){ node->flags & IMAGE_CUT ? FOUND_CUT : FOUND_DNAME, node, apex + d };
			return;
		}
	}
	find_here(out, im, name, qtype, known, absent, a);
}

void find_name(struct find *out, const struct image *im, const struct dname *name, uint16_t qtype,
	       const struct find_ahead *a)
{
	if (im->cuts)
		find_below_cuts(out, im, name, qtype, a);
	else
		find_here(out, im, name, qtype, (struct place){ im->top, 0 }, im->deepest + 1u, a);
}

/* Directories whose links are found by this many bits fit in the cache nearest to the core. */
enum { NEAR_BITS = 2 * INDEX_DIR_BITS };

/* How many labels below the apex has the name that find_name asks for first? */
static unsigned first_depth(const struct image *im, unsigned depth)
{
	for (unsigned d = 1; im->cuts && d < depth; d++)
		if (has_cuts(im, d))
			return d;
	return depth <= im->deepest ? depth : im->deepest;
}

bool find_begin(struct find_ahead *a, const struct image *im, const struct dname *name)
{
	a->labels = im->apex_labels + first_depth(im, name->labels - (unsigned)im->apex_labels);
	a->hash = image_name_hash(im, name, a->labels);
	struct index_step at = { im->names, 0 };
	while (index_bits(at.link) && at.used < NEAR_BITS)
		at = index_down(at, a->hash);
	if (at.used < NEAR_BITS) {
		a->hits = index_hits(index_find_from(at, a->hash), a->hash);
		return false;
	}
	a->at = at;
	__builtin_prefetch(index_bits(at.link) ? (const void *)index_slot(at, a->hash) : index_node(at.link));
	return true;
}

const struct image_name *find_host(const struct image *im, const struct dname *host)
{
	unsigned depth = host->labels - im->apex_labels, absent = im->deepest + 1u;
	const struct image_name *node = depth < absent ? find_visible(im, host, host->labels, NULL) : NULL;
	if (node || depth == 0)
		return node;
	struct place above =
		closest_encloser(im, host, (struct place){ im->top, 0 }, depth < absent ? depth : absent, NULL);
	return wildcard_below(im, above.node);
}

bool find_within(const struct dname *name, const struct dname *other, unsigned labels)
{
	size_t n = dname_tail_n(other, labels);
	return name->labels >= labels && dname_tail_n(name, labels) == n &&
	       octets_same(dname_tail(name, labels), dname_tail(other, labels), n);
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
