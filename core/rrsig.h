/* rrsig.h - do signatures still fit what was changed? In a zone that is signed elsewhere but not sealed (its SOA has
 * no RRSIG, so nothing refuses the change), an RRset with an RRSIG that no DNSKEY of the zone verifies any more is
 * bogus to every validator: worth a warning (RFC 4035 5.3). Sits on check.h and tree.h; the file that verifies with
 * ldns. Whether a signature has expired is not looked at: core has no clock. Cost: one verification a changed RRset
 * that has signatures, about 0.1 ms each. Limits: AX_RRSIG_MAX of them a commit; later ones are not looked at. */
#ifndef AX_RRSIG_H
#define AX_RRSIG_H

#include "core/check.h"

enum { AX_RRSIG_MAX = 1000 };

/* Warn of what the edits, which are sorted, left in the new tree with signatures that don't fit. In a zone that is
 * sealed, or that has no DNSKEY, of nothing. */
AX_MUST enum ax_err ax_rrsig_check_edits(struct ax_txn *t, const struct ax_name *apex, const struct ax_root *root,
					 const struct ax_edit *edits, size_t n, ax_warn_fn *warn, void *ctx);

#endif
