/* find.h - where in an image does a name lead? RFC 1034 4.3.2 step 3 on image.h. No allocation, no lock.
 *
 * A lookup begins by hashing the name it will ask for first, and may then be walked towards it in the index step by
 * step, while others are worked on. A name that exists takes one probe of the index, and one more for each number of
 * labels above it at which the zone has a cut or DNAME. Of one that does not exist the closest encloser is looked
 * for: its parent first, then by halves, as of the names above it those that exist are the topmost. */
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

/* Where a lookup will look first, and how far towards it one is. */
struct find_ahead {
	uint64_t hash;          /* of the part of the name */
	unsigned labels;        /* that has so many labels, the apex's too */
	struct index_step at;   /* on the way to its leaf */
	struct index_hits hits; /* once there: what it may be */
};
/* Begin: name must be at or below the apex, and the image ready. True: the rest of the way is through memory that is
 * likely to be far away; find_ahead is to be called until it says false. */
bool find_begin(struct find_ahead *a, const struct image *im, const struct dname *name);
/* Read the line of memory that was fetched, and fetch the one it leads to: of a directory, the leaf, the block of the
 * name. False: that was the last. */
static inline bool find_ahead(struct find_ahead *a)
{
	uint32_t item;
	if (index_bits(a->at.link)) {
		a->at = index_down(a->at, a->hash);
		__builtin_prefetch(index_bits(a->at.link) ? (const void *)index_slot(a->at, a->hash)
							  : index_node(a->at.link));
		return true;
	}
	a->hits = index_hits(index_find_from(a->at, a->hash), a->hash);
	for (struct index_hits h = a->hits; index_next(&item, &h);) {
		__builtin_prefetch(slab_at(item));
		__builtin_prefetch((const uint8_t *)slab_at(item) + 64);
	}
	return false;
}
/* The lookup itself, for which all that was begun with the same name is done, or (a NULL) nothing was begun; qtype DS
 * looks past a cut at the name itself (RFC 4035 3.1.4.1). */
void find_name(struct find *out, const struct image *im, const struct dname *name, uint16_t qtype,
	       const struct find_ahead *a);

/* The node of the first `labels` labels of name, whatever lies above it: for glue. NULL if it does not exist. */
const struct image_name *find_exact(const struct image *im, const struct dname *name, unsigned labels);
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
