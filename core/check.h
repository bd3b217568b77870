/* check.h - what a zone must be to be published, and what is worth a warning.
 *
 * Checks can't be forced (DESIGN section 6): one SOA, an apex NS, CNAME beside nothing but RRSIG, NSEC or KEY (RFC
 * 4035 2.5), DNAME alone below itself (RFC 6672 2.4). After an edit only what it touched is looked at: O(changes x
 * log n). Warnings: missing glue (RFC 1034 4.2.1); NS, MX, SRV targets inside the zone that are aliases or absent
 * (RFC 2181 10.3). */
#ifndef AX_CHECK_H
#define AX_CHECK_H

#include "core/batch.h"

typedef void ax_warn_fn(void *ctx, const char *text);

/* Check what the edits touched in the new tree. AX_ECHECK with name, type and why. */
AX_MUST enum ax_err ax_check_edits(struct ax_txn *t, const struct ax_name *apex, const struct ax_root *root,
				   const struct ax_edit *edits, size_t n, ax_warn_fn *warn, void *ctx);
/* Check a whole tree; all failures and warnings are told (failures through `failed`), AX_ECHECK if any failed. */
AX_MUST enum ax_err ax_check_zone(struct ax_txn *t, const struct ax_name *apex, const struct ax_root *root,
				  ax_warn_fn *failed, ax_warn_fn *warn, void *ctx);
/* Sealed: RRSIG(SOA) or ZONEMD at the apex (its serial is its signer's). */
AX_MUST enum ax_err ax_check_sealed(bool *out, struct ax_txn *t, const struct ax_root *root);

#endif
