/* deny.h - which NSEC or NSEC3 RRsets prove an answer (RFC 4035 3.1.3, 5155 7.2), from an image.
 * core/proof.h says the same slowly: the two must agree. What exists was hashed when the image was made, its wildcard
 * too; what is hashed here is the one name below the closest encloser that does not exist, or a name opted out.
 * No allocation, no lock. Cost: a search of order.h and a probe of the index a proof. */
#ifndef DENY_H
#define DENY_H

#include "core/lookup.h"
#include "dnsd/image.h"

enum { DENY_MAX = AX_LOOKUP_CHAIN_MAX + 4 }; /* one a wildcard on the way, three for its end */

/* The proofs of one answer so far, each once. */
struct deny {
	const struct image_name *at[DENY_MAX]; /* names with an NSEC or NSEC3 RRset */
	unsigned n;
};

/* The name that the last k labels of name make exists, if only as an empty non-terminal, without the type. */
void deny_type(struct deny *d, const struct image *im, const struct dname *name, unsigned k);
/* Neither the name exists nor a wildcard for it; its closest encloser has k labels. */
void deny_name(struct deny *d, const struct image *im, const struct dname *name, unsigned k);
/* The answer is the wildcard's below the k labels: the name itself does not exist. */
void deny_self(struct deny *d, const struct image *im, const struct dname *name, unsigned k);
/* The same, and the wildcard has not the type. */
void deny_wildcard_type(struct deny *d, const struct image *im, const struct dname *name, unsigned k);

#endif
