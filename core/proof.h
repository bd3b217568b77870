/* proof.h - which NSEC or NSEC3 RRsets prove an answer (RFC 4035 3.1.3, 5155 7.2), straight from the store.
 * A part of the plain lookup, which notes what is to be proven while it goes along a chain; no zone that is not
 * signed costs more than asking whether it is. dnsd/deny.h says the same from an image: the two must agree. Cost: a
 * search goes back from where the name would be over what has no NSEC or NSEC3: in an NSEC3 zone that may be all
 * names between two hashes, each O(log n). */
#ifndef AX_PROOF_H
#define AX_PROOF_H

#include "core/lookup_internal.h"

/* How does the zone deny? Call it once, before the others. */
AX_MUST enum ax_err ax_proof_begin(struct ax_lookup_work *w);
/* The name exists, if only as an empty non-terminal, without the type. */
AX_MUST enum ax_err ax_proof_no_type(struct ax_lookup_work *w, const struct ax_name *name);
/* Neither the name exists nor a wildcard for it; encloser is the closest that does. */
AX_MUST enum ax_err ax_proof_no_name(struct ax_lookup_work *w, const struct ax_name *name,
				     const struct ax_name *encloser);
/* The answer is the wildcard's: the name itself does not exist. */
AX_MUST enum ax_err ax_proof_wildcard(struct ax_lookup_work *w, const struct ax_name *name,
				      const struct ax_name *encloser);
/* The same, and the wildcard has not the type. */
AX_MUST enum ax_err ax_proof_wildcard_no_type(struct ax_lookup_work *w, const struct ax_name *name,
					      const struct ax_name *encloser);
/* Add what was noted to the authority section, each once. */
AX_MUST enum ax_err ax_proof_add(struct ax_lookup_work *w);

#endif
