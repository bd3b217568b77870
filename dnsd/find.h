/* find.h - where in an image does a name lead? RFC 1034 4.3.2 step 3 on image.h. No allocation, no lock.
 *
 * A name that exists takes one probe of the index, and one more for each number of labels above it at which the zone
 * has a cut or DNAME. Of one that does not exist the closest encloser is looked for: its parent first, then by
 * halves, as of the names above it those that exist are the topmost. */
#ifndef FIND_H
#define FIND_H

#include "dnsd/image.h"

enum found {
	FOUND_NAME,     /* the name itself */
	FOUND_WILDCARD, /* nothing there, but the wildcard of its closest encloser */
	FOUND_NOTHING,
	FOUND_CUT,   /* a zone cut at or above it */
	FOUND_DNAME, /* a DNAME above it */
};

struct find {
	enum found found;
	const struct image_name *node; /* the name, wildcard, cut, DNAME; for nothing: the closest encloser */
	unsigned labels; /* how many labels of the name asked lead to the node (the wildcard's encloser) */
};

/* name must be at or below the apex; qtype DS looks past a cut at the name itself (RFC 4035 3.1.4.1). */
void find_name(struct find *out, const struct image *im, const struct dname *name, uint16_t qtype);
/* A lookup to come, whose memory is asked for step by step while others are worked on: a line of a directory, a leaf,
 * the block of the name. */
struct find_ahead {
	uint32_t link; /* index.h; 0: there is nothing more to be fetched */
	unsigned used;
	uint64_t hash;
};
enum { FIND_STEPS = 3 };
/* Begin where find_name will; memory that many lookups share is taken to be there. */
void find_begin(struct find_ahead *a, const struct image *im, const struct dname *name);
/* One step, if link is not 0. */
static inline void find_ahead(struct find_ahead *a)
{
	struct index_step at = { a->link, a->used };
	if (!index_bits(a->link)) {
		uint32_t item;
		struct index_hits h = index_hits(index_node(a->link), a->hash);
		while (index_next(&item, &h)) {
			__builtin_prefetch(slab_at(item));
			__builtin_prefetch((const uint8_t *)slab_at(item) + 64);
		}
		a->link = 0;
		return;
	}
	at = index_down(at, a->hash);
	a->link = at.link;
	a->used = at.used;
	__builtin_prefetch(index_bits(at.link) ? (const void *)index_slot(at, a->hash) : index_node(at.link));
}

/* The node of the first `labels` labels of name, whatever lies above it: for glue. NULL if it does not exist. */
const struct image_name *find_exact(const struct image *im, const struct dname *name, unsigned labels);
/* The same of a name given by its hash and its n octets relative to the apex. */
const struct image_name *find_relative(const struct image *im, uint64_t hash, const uint8_t *relative, size_t n);
/* Is name at or below the image's apex? */
bool find_in_zone(const struct image *im, const struct dname *name);
/* Is name at or below the suffix of `labels` labels that other has? */
bool find_within(const struct dname *name, const struct dname *other, unsigned labels);
/* Where the addresses of a host in the zone stand: its node, else the wildcard of its closest encloser, whatever lies
 * above; NULL if there is neither. */
const struct image_name *find_host(const struct image *im, const struct dname *host);
/* An RRset and the RRSIGs that cover it; NULL where there are none. */
struct find_set {
	const struct wireset *set, *signatures;
};
/* The RRset of a type at a node. */
struct find_set find_set(const struct image_name *node, uint16_t type);
/* The i-th wireset of a node, with the RRSIGs that cover it. */
struct find_set find_signed(const struct image_name *node, const struct wireset *set, unsigned i);

#endif
