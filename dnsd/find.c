#include "dnsd/find.h"

#include <string.h>

/* As memcmp would, but in place: names are short. */
static inline bool same(const uint8_t *a, const uint8_t *b, size_t n)
{
	uint64_t x, y, differ = 0;
	if (n < 8) {
		for (size_t i = 0; i < n; i++)
			differ |= a[i] ^ b[i];
		return !differ;
	}
	for (size_t i = 0; i + 8 < n; i += 8) {
		memcpy(&x, a + i, 8);
		memcpy(&y, b + i, 8);
		differ |= x ^ y;
	}
	memcpy(&x, a + n - 8, 8);
	memcpy(&y, b + n - 8, 8);
	return !(differ | (x ^ y));
}

static inline const struct image_name *probe(const struct image *im, uint64_t hash, const uint8_t *relative, size_t n)
{
	uint32_t item;
	struct index_hits h = index_hits(index_find(im->names, hash), hash);
	while (index_next(&item, &h)) {
		const struct image_name *node = slab_at(item);
		if (node->n == n && same(node->name, relative, n))
			return node;
	}
	return NULL;
}

const struct image_name *find_exact(const struct image *im, const struct dname *name, unsigned labels)
{
	unsigned at = name->at[labels];
	if (labels == im->apex_labels)
		return im->top;
	return probe(im, name->hash[labels], name->wire + at, (size_t)(name->n - at - im->apex_n));
}

const struct image_name *find_relative(const struct image *im, uint64_t hash, const uint8_t *relative, size_t n)
{
	return probe(im, hash, relative, n);
}

/* A node that can be asked for. */
static const struct image_name *find_visible(const struct image *im, const struct dname *name, unsigned labels)
{
	const struct image_name *node = find_exact(im, name, labels);
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

void find_name(struct find *out, const struct image *im, const struct dname *name, uint16_t qtype)
{
	unsigned apex = im->apex_labels, depth = name->labels - apex;
	unsigned absent = im->deepest + 1u; /* from this depth on nothing exists */
	struct place above = { im->top, 0 };
	*out = (struct find){ FOUND_NAME, im->top, apex };
	if (depth == 0)
		return;
	if (im->top->flags & IMAGE_DNAME) {
		out->found = FOUND_DNAME;
		return;
	}
	for (unsigned d = 1; im->cuts && d < depth && d < absent; d++) {
		if (!has_cuts(im, d))
			continue;
		const struct image_name *node = find_visible(im, name, apex + d);
		if (!node) {
			absent = d;
			break;
		}
		above = (struct place){ node, d };
		if (node->flags & (IMAGE_CUT | IMAGE_DNAME)) {
			*out = (struct find){ node->flags & IMAGE_CUT ? FOUND_CUT : FOUND_DNAME, node, apex + d };
			return;
		}
	}
	const struct image_name *node = depth < absent ? find_visible(im, name, name->labels) : NULL;
	if (node) {
		bool cut = node->flags & IMAGE_CUT && qtype != AX_TYPE_DS;
		*out = (struct find){ cut ? FOUND_CUT : FOUND_NAME, node, name->labels };
		return;
	}
	above = closest_encloser(im, name, above, depth < absent ? depth : absent);
	node = wildcard_below(im, above.node, name->hash[apex + above.depth]);
	*out = (struct find){ node ? FOUND_WILDCARD : FOUND_NOTHING, node ? node : above.node, apex + above.depth };
}

unsigned find_first(const struct image *im, const struct dname *name)
{
	unsigned depth = name->labels - im->apex_labels;
	for (unsigned d = 1; im->cuts && d < depth; d++)
		if (has_cuts(im, d))
			return im->apex_labels + d;
	return depth <= im->deepest ? name->labels : im->apex_labels + im->deepest;
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
	       memcmp(name->wire + name->at[k], im->apex, im->apex_n) == 0;
}

bool find_within(const struct dname *name, const struct dname *other, unsigned labels)
{
	size_t n = (size_t)(other->n - other->at[labels]);
	return name->labels >= labels && name->hash[labels] == other->hash[labels] &&
	       (size_t)(name->n - name->at[labels]) == n &&
	       memcmp(name->wire + name->at[labels], other->wire + other->at[labels], n) == 0;
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
