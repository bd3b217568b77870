/* target.h - what a zone has to say about the host that an NS, MX or SRV record points at. For warnings only. */
#ifndef AX_TARGET_H
#define AX_TARGET_H

#include "core/rrset.h"
#include "core/tree.h"

enum ax_target {
	AX_TARGET_ELSEWHERE, /* outside the zone, or below a zone cut: not ours to judge */
	AX_TARGET_FINE,      /* has an address, perhaps by a wildcard */
	AX_TARGET_ALIAS,     /* a CNAME, or below a DNAME (RFC 2181 10.3) */
	AX_TARGET_ABSENT,    /* no such name, or without an address */
};

/* Cost: two lookups a label between apex and host. cut: the zone cut whose glue is asked for (NULL: none). */
AX_MUST enum ax_err ax_target_look(enum ax_target *out, struct ax_txn *t, const struct ax_name *apex,
				   const struct ax_root *root, const struct ax_name *host, const struct ax_name *cut);

#endif
