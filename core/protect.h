/* protect.h - branches that move only when enough people approved (review.h).
 * Sits on store.h; ref.h asks it before every move, so that no door can forget to.
 *
 * A setting of the zone: how many approvals by others than the proposer a change needs (0: whoever approves it
 * publishes it), and whether only signed commits may come. Set and taken back with ax_repo_protect.
 * Table main: 'b' zone branch -> version, flags, approvals, keys. */
#ifndef AX_PROTECT_H
#define AX_PROTECT_H

#include "core/store.h"

enum { AX_PROTECT_REVIEWS_MAX = 100, AX_PROTECT_KEYS_MAX = 100 };

struct ax_keys; /* sign.h */

struct ax_protect {
	bool on;
	bool signed_only;
	unsigned reviews;           /* approvals needed */
	const struct ax_keys *keys; /* for put: those that may approve beside users; NULL: none */
};

/* Not protected is no error: out->on is false. */
AX_MUST enum ax_err ax_protect_get(struct ax_protect *out, struct ax_txn *t, uint32_t zone, const char *branch);
/* The keys that may approve. Owned by the caller (ax_keys_fini). */
AX_MUST enum ax_err ax_protect_keys(struct ax_keys *out, struct ax_txn *t, uint32_t zone, const char *branch);
/* AX_EPROTECTED, with the way that is open, if the branch is protected. */
AX_MUST enum ax_err ax_protect_check(struct ax_txn *t, uint32_t zone, const char *branch);
/* The same for all branches of a zone: whether it may be removed. */
AX_MUST enum ax_err ax_protect_check_zone(struct ax_txn *t, uint32_t zone);
/* p->on false: no longer. Use ax_repo_protect, which logs it. AX_EINVAL beyond AX_PROTECT_REVIEWS_MAX. */
AX_MUST enum ax_err ax_protect_put(struct ax_txn *t, uint32_t zone, const char *branch, const struct ax_protect *p);

#endif
