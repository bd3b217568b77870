#include "dnsd/deny.h"

#include <string.h>

#include "dnsd/find.h"
#include "dnsd/image_internal.h"

static void note(struct deny *d, const struct image_name *node)
{
	if (!node)
		return;
	for (unsigned i = 0; i < d->n; i++)
		if (d->at[i] == node)
			return;
	if (d->n < DENY_MAX)
		d->at[d->n++] = node;
}

/* -- names in order --------------------------------------------------------------------------------------- */

/* A key being made (core/name.h): labels from the apex outward, each closed by 00. */
struct key {
	size_t n;
	uint8_t p[AX_KEY_MAX];
};

static void key_label(struct key *k, const uint8_t *label, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		if (label[i] <= 1)
			k->p[k->n++] = 1;
		k->p[k->n++] = label[i] <= 1 ? label[i] + 1 : label[i];
	}
	k->p[k->n++] = 0;
}

static void key_name(struct key *out, const struct image *im, const struct dname *name, unsigned k)
{
	out->n = 0;
	for (unsigned i = im->apex_labels + 1u; i <= k; i++)
		key_label(out, dname_tail(name, i) + 1, *dname_tail(name, i));
}

/* The last name of an order at or before the key. */
static const struct image_name *last_before(const struct image *im, unsigned order, const struct key *key)
{
	uint32_t item = order_find(im->order[order], &image_order_kind, ax_slice(key->p, key->n));
	return item ? slab_at(item) : NULL;
}

/* -- NSEC3 ------------------------------------------------------------------------------------------------ */

static void hash_key(struct key *out, const uint8_t hash[AX_NSEC3_HASH])
{
	uint8_t label[AX_NSEC3_LABEL];
	ax_denial_label(label, hash);
	out->n = 0;
	key_label(out, label, sizeof label);
}

static void hash_name(uint8_t out[AX_NSEC3_HASH], const struct image *im, const struct dname *name, unsigned k)
{
	const struct image_name *node = find_exact(im, name, k);
	const uint8_t *known = node ? image_hashes(node) : NULL;
	if (known)
		memcpy(out, known, AX_NSEC3_HASH);
	else
		ax_denial_hash(out, im->denial, dname_tail(name, k), dname_tail_n(name, k));
}

/* Before the first hash comes the last (RFC 5155 1.3). */
static void cover_hash(struct deny *d, const struct image *im, const uint8_t hash[AX_NSEC3_HASH])
{
	struct key key;
	hash_key(&key, hash);
	const struct image_name *node = last_before(im, IMAGE_BY_NSEC3, &key);
	uint32_t last = node ? 0 : order_last(im->order[IMAGE_BY_NSEC3]);
	note(d, last ? slab_at(last) : node);
}

/* Note the NSEC3 RRset that the name has. */
static bool match(struct deny *d, const struct image *im, const struct dname *name, unsigned k)
{
	struct key key;
	uint8_t hash[AX_NSEC3_HASH];
	hash_name(hash, im, name, k);
	hash_key(&key, hash);
	const struct image_name *node = last_before(im, IMAGE_BY_NSEC3, &key);
	if (!node || node->n != key.n || memcmp(node->name + 1, key.p, AX_NSEC3_LABEL) != 0)
		return false;
	note(d, node);
	return true;
}

/* -- what is proven --------------------------------------------------------------------------------------- */

/* Note what denies the name of the last k labels, or matches it. */
static void cover(struct deny *d, const struct image *im, const struct dname *name, unsigned k)
{
	if (im->denial->kind == AX_DENIAL_NSEC3) {
		uint8_t hash[AX_NSEC3_HASH];
		hash_name(hash, im, name, k);
		cover_hash(d, im, hash);
	} else {
		struct key key;
		key_name(&key, im, name, k);
		note(d, last_before(im, IMAGE_BY_NSEC, &key));
	}
}

/* The closest provable encloser, from k labels upward, and that the name below it does not exist: with opt-out, names
 * that exist may have no NSEC3 (RFC 5155 7.2.1, 6). Returns its labels. */
static unsigned closest(struct deny *d, const struct image *im, const struct dname *name, unsigned k)
{
	bool found;
	while (!(found = match(d, im, name, k)) && k > im->apex_labels)
		k--;
	if (found)
		cover(d, im, name, k + 1);
	return k;
}

/* An encloser without room for a wildcard needs no proof of it. */
static void cover_wildcard(struct deny *d, const struct image *im, const struct dname *name, unsigned k)
{
	size_t n = dname_tail_n(name, k);
	if (n + 2 > AX_NAME_MAX)
		return;
	if (im->denial->kind == AX_DENIAL_NSEC3) {
		const struct image_name *node = find_exact(im, name, k);
		const uint8_t *known = node ? image_hashes(node) : NULL;
		uint8_t wire[AX_NAME_MAX] = { 1, '*' }, hash[AX_NSEC3_HASH];
		if (!known) {
			memcpy(wire + 2, dname_tail(name, k), n);
			ax_denial_hash(hash, im->denial, wire, n + 2);
		}
		cover_hash(d, im, known ? known + AX_NSEC3_HASH : hash);
	} else {
		struct key key;
		key_name(&key, im, name, k);
		key_label(&key, (const uint8_t *)"*", 1);
		note(d, last_before(im, IMAGE_BY_NSEC, &key));
	}
}

void deny_type(struct deny *d, const struct image *im, const struct dname *name, unsigned k)
{
	if (im->denial->kind == AX_DENIAL_NSEC)
		cover(d, im, name, k);
	else if (im->denial->kind == AX_DENIAL_NSEC3 && !match(d, im, name, k) && k > im->apex_labels)
		closest(d, im, name, k - 1);
}

void deny_name(struct deny *d, const struct image *im, const struct dname *name, unsigned k)
{
	if (im->denial->kind == AX_DENIAL_NONE)
		return;
	if (im->denial->kind == AX_DENIAL_NSEC)
		cover(d, im, name, name->labels);
	else
		k = closest(d, im, name, k);
	cover_wildcard(d, im, name, k);
}

void deny_self(struct deny *d, const struct image *im, const struct dname *name, unsigned k)
{
	if (im->denial->kind != AX_DENIAL_NONE)
		cover(d, im, name, im->denial->kind == AX_DENIAL_NSEC ? name->labels : k + 1);
}

void deny_wildcard_type(struct deny *d, const struct image *im, const struct dname *name, unsigned k)
{
	if (im->denial->kind == AX_DENIAL_NONE)
		return;
	if (im->denial->kind == AX_DENIAL_NSEC)
		cover(d, im, name, name->labels);
	else
		closest(d, im, name, k);
	cover_wildcard(d, im, name, k);
}
