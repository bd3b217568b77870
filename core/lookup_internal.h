/* lookup_internal.h - what a lookup and its proofs share. */
#ifndef AX_LOOKUP_INTERNAL_H
#define AX_LOOKUP_INTERNAL_H

#include "core/denial.h"
#include "core/lookup.h"

enum { AX_PROOFS_MAX = AX_LOOKUP_CHAIN_MAX + 4 }; /* one a wildcard on the way, three for its end */

/* What one lookup works with. */
struct ax_lookup_work {
	struct ax_lookup *out;
	struct ax_txn *txn;
	const struct ax_name *apex;
	const struct ax_commit_info *commit;
	uint16_t qtype;
	bool dnssec;
	struct ax_denial denial;
	struct ax_name proof[AX_PROOFS_MAX]; /* owners of the NSEC or NSEC3 RRsets to be given */
	unsigned proofs;
};

/* AX_ENOENT if there is no such RRset. */
AX_MUST enum ax_err ax_lookup_find(struct ax_rrset *out, const struct ax_lookup_work *w, const struct ax_name *owner,
				   uint16_t type);
AX_MUST enum ax_err ax_lookup_add(struct ax_lookup_section *s, const struct ax_name *owner,
				  const struct ax_rrset *set, uint32_t ttl_s, bool required);
/* The RRSIGs over the RRset of a type, which stands at source and was given last, as owner's. */
AX_MUST enum ax_err ax_lookup_add_signatures(struct ax_lookup_work *w, struct ax_lookup_section *s,
					     const struct ax_name *owner, const struct ax_name *source, uint16_t type,
					     uint32_t ttl_max_s);
/* The last `labels` labels of name. */
struct ax_name ax_lookup_suffix(const struct ax_name *name, unsigned labels);

#endif
