/* review.h - a proposal, what it would make of a branch, who approved of just that, and its publication.
 * Sits on history.h: an approved proposal is a merge.
 *
 *     propose    ref proposals/NAME -> a commit
 *     review     the proposal merged into the target's tip, against that tip, and the hash of it
 *     approve    a user's word for that hash; the last one needed publishes it
 *
 * The hash covers the rules' version, zone, branch, the target's tip, the proposal, the result (as what differs from
 * the tip's tree) and the branch's protection: when any of them changes, approvals for it are void.
 * An approval is a user's (the uid of the process, which no environment variable changes) or a key's (approval.h says
 * which of them count). Ownership: a review owns its memory (fini). */
#ifndef AX_REVIEW_H
#define AX_REVIEW_H

#include "core/history.h"
#include "core/sign.h"

enum { AX_APPROVALS_MAX = 200 };

struct ax_approval {
	uint32_t uid;
	char name[AX_PERSON_MAX + 1];
	bool by_key; /* and not by the user alone */
	struct ax_public_key key;
	bool counts; /* it is not the proposer's, nor somebody's who is counted already */
};

struct ax_review {
	uint32_t zone;
	struct ax_ref tip, proposal;
	struct ax_protect protect;
	bool has_it;           /* the branch has the proposal already */
	struct ax_batch batch; /* what makes the tip's tree the result */
	struct ax_conflicts conflicts;
	struct ax_id hash;
	uint32_t proposer; /* the uid that proposed it */
	struct ax_approval *approvals;
	size_t approvals_n;
	unsigned counted;
};

/* Call fini in any case. AX_ENOENT: no such proposal or branch. AX_ECONFLICT: it does not merge, see conflicts. */
AX_MUST enum ax_err ax_review_make(struct ax_review *out, struct ax_txn *t, const struct ax_zone *zone,
				   const char *name, const char *branch);
void ax_review_fini(struct ax_review *r);
/* Enough approvals to be published? */
bool ax_review_is_enough(const struct ax_review *r);

/* Make the proposal, or move it; commit 0: withdraw it. Approvals of it are dropped. key: the one that the proposer
 * goes by, whose approval does not count; NULL: the uid. */
AX_MUST enum ax_err ax_repo_propose(struct ax_repo *r, uint32_t zone, const char *name, uint64_t commit,
				    const struct ax_secret_key *key, const struct ax_actor *who);

struct ax_approve {
	uint32_t zone;
	const char *name, *branch;
	const char *expect;               /* hex digits of the hash that was reviewed; NULL: whatever it is now */
	const char *force;                /* the plan of a guard that may be passed; NULL: none */
	const char *approver;             /* the user's name, for the commit; who->uid is who it is */
	const struct ax_secret_key *sign; /* to approve with, and for the merge commit; NULL: the user approves */
};

/* Record the approval; if it is enough, publish: a merge commit that names the approvers (on a branch without
 * protection a fast-forward will do), and the proposal is closed.
 *   *published      false: more approvals are needed, review tells how many there are
 *   AX_ELOST        it is no longer what --expect says, or not when it was published
 *   AX_EGUARD, AX_ECHECK, AX_ECONFLICT   as ax_repo_commit
 * review is made in any case; the caller calls its fini. */
AX_MUST enum ax_err ax_repo_approve(struct ax_published *out, bool *published, struct ax_review *review,
				    struct ax_repo *r, const struct ax_approve *a, const struct ax_actor *who,
				    const struct ax_listener *listener);

#endif
