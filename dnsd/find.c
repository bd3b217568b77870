#include "dnsd/find.h"

#include <string.h>

static bool has_name(const struct image_name *node, const uint8_t *relative, size_t n)
{
	return node->n == n && memcmp(node->name, relative, n) == 0;
}

const struct image_name *find_exact(const struct image *im, const struct dname *name, unsigned labels)
{
	uint64_t hash = name->hash[labels];
	const struct hamt_node *leaf = hamt_leaf(im->names, hash);
	const uint8_t *relative = name->wire + name->at[labels];
	size_t n = (size_t)(name->n - name->at[labels] - im->apex_n);
	for (uint32_t i = 0; leaf && i < leaf->n; i++)
		if (leaf->entry[i].hash == hash && has_name(leaf->entry[i].item, relative, n))
			return leaf->entry[i].item;
	return NULL;
}

static const struct image_name *wildcard_below(const struct image *im, const struct image_name *encloser,
					       uint64_t encloser_hash)
{
	uint64_t hash = dname_step_wildcard(encloser_hash);
	const struct hamt_node *leaf = hamt_leaf(im->names, hash);
	for (uint32_t i = 0; leaf && i < leaf->n; i++) {
		const struct image_name *node = leaf->entry[i].item;
		if (leaf->entry[i].hash == hash && node->n == encloser->n + 2 && node->name[0] == 1 &&
		    node->name[1] == '*' && memcmp(node->name + 2, encloser->name, encloser->n) == 0)
			return image_hidden(node) ? NULL : node;
	}
	return NULL;
}

void find_name(struct find *out, const struct image *im, const struct dname *name, uint16_t qtype)
{
	const struct image_name *node = im->top;
	for (unsigned k = im->apex_labels;; k++) {
		bool here = k == name->labels;
		*out = (struct find){ FOUND_NAME, node, k };
		if (node->flags & IMAGE_CUT && !(here && qtype == AX_TYPE_DS)) {
			out->found = FOUND_CUT;
			return;
		}
		if (here)
			return;
		if (node->flags & IMAGE_DNAME) {
			out->found = FOUND_DNAME;
			return;
		}
		const struct image_name *child = node->children ? find_exact(im, name, k + 1) : NULL;
		if (!child || image_hidden(child))
			break;
		node = child;
	}
	const struct image_name *source = NULL;
	if (out->node->flags & IMAGE_WILDCARD)
		source = wildcard_below(im, out->node, name->hash[out->labels]);
	out->found = source ? FOUND_WILDCARD : FOUND_NOTHING;
	if (source)
		out->node = source;
}

const struct image_name *find_host(const struct image *im, const struct dname *host)
{
	const struct image_name *node = find_exact(im, host, host->labels);
	unsigned k = host->labels;
	if (node && !image_hidden(node))
		return node;
	do
		node = find_exact(im, host, --k);
	while (k > im->apex_labels && (!node || image_hidden(node)));
	return node && node->flags & IMAGE_WILDCARD ? wildcard_below(im, node, host->hash[k]) : NULL;
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

const struct image_rrset *find_rrset(const struct image_name *node, uint16_t type)
{
	const struct image_rrset *s = image_first(node);
	for (unsigned i = 0; i < node->rrsets; i++, s = image_next(s)) {
		if (s->type == type)
			return s;
		if (s->type > type)
			break;
	}
	return NULL;
}
