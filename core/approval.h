/* approval.h - who approved of a review, and which of them count. Internal to review.c.
 *
 * An approval is a user's (the uid of the process) or, where the branch's protection names keys, a key's: a signature
 * of the review's hash. One person counts once, and the proposer not at all:
 *     a key's    counts if it is one of those named, and is not the proposer's key; where the proposer named no key,
 *                not from the proposer's uid
 *     a user's   counts if it is not the proposer's uid, and no key of theirs counts
 * Table main: 'a' zone name 00 hash uid -> 1 | seconds u64 | name; 'a' zone name 00 hash uid key -> 2 | seconds u64 |
 * signature 64 | name; and, with a hash of zeros, the proposer's key, whose signature is of the proposal's id. */
#ifndef AX_APPROVAL_H
#define AX_APPROVAL_H

#include "core/review.h"

/* Fill r->approvals and r->counted; hash, proposal, proposer and protect are there. */
AX_MUST enum ax_err ax_approvals_read(struct ax_review *r, struct ax_txn *t, const char *name, const char *branch);
/* Keep the approval of r->hash: a's key's if there is one and the branch names keys (AX_EPERM if not this one), else
 * the user's. */
AX_MUST enum ax_err ax_approval_put(struct ax_txn *t, const struct ax_review *r, const struct ax_approve *a,
				    const struct ax_actor *who);
/* The key that the proposer goes by. */
AX_MUST enum ax_err ax_proposer_put(struct ax_txn *t, uint32_t zone, const char *name, const struct ax_id *proposal,
				    const struct ax_secret_key *key, const struct ax_actor *who);
/* All of a proposal, of whatever hash, and its proposer's key. */
AX_MUST enum ax_err ax_approvals_drop(struct ax_txn *t, uint32_t zone, const char *name);

#endif
