/* update.h - a change told record by record (RFC 2136 2.5): RRsets of a tree with records added and taken away, made
 * into the puts and deletes of a batch.
 * Sits on batch.h. It judges nothing: what a zone must be is checked where the batch is committed.
 *
 * Ownership: the update owns copies of what it touched; it reads the tree while it is told, so the transaction must
 * live until ax_update_finish. Cost: a lookup an RRset, and a step for each record of an RRset that loses one. */
#ifndef AX_UPDATE_H
#define AX_UPDATE_H

#include "core/batch.h"

struct ax_update {
	struct ax_txn *txn;
	struct ax_root root;
	struct ax_name apex;
	struct ax_update_set **sets; /* those touched, in key order */
	size_t n, cap;
};

void ax_update_init(struct ax_update *u, struct ax_txn *t, const struct ax_name *apex, const struct ax_root *root);
void ax_update_fini(struct ax_update *u);

/* Add a record. The RRset takes its TTL (RRSIGs have their own); a second SOA, CNAME or DNAME takes the first's place
 * (RFC 2136 3.4.2.2). AX_EINVAL if owner is outside the zone or the RDATA is malformed. */
AX_MUST enum ax_err ax_update_add(struct ax_update *u, const struct ax_name *owner, uint16_t type, uint32_t ttl_s,
				  struct ax_slice rdata);
/* Take away what is there; nothing if it is not. */
AX_MUST enum ax_err ax_update_delete_record(struct ax_update *u, const struct ax_name *owner, uint16_t type,
					    struct ax_slice rdata);
AX_MUST enum ax_err ax_update_delete_rrset(struct ax_update *u, const struct ax_name *owner, uint16_t type);
/* All of a name, but for SOA and NS at the apex (RFC 2136 3.4.2.3). */
AX_MUST enum ax_err ax_update_delete_name(struct ax_update *u, const struct ax_name *owner);

/* As things stand now, what was told included. type AX_TYPE_ANY: has the name any RRset? */
AX_MUST enum ax_err ax_update_has(bool *out, struct ax_update *u, const struct ax_name *owner, uint16_t type);
/* Is the RRset exactly these records (of a builder, in any order; TTLs don't count)? */
AX_MUST enum ax_err ax_update_equals(bool *out, struct ax_update *u, const struct ax_name *owner,
				     struct ax_rrset_builder *wanted);

/* All that was told into the batch. */
AX_MUST enum ax_err ax_update_finish(struct ax_update *u, struct ax_batch *b);

#endif
