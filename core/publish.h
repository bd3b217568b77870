/* publish.h - the pipeline behind repo.h: what becomes of a change on its way to a commit. Internal to core.
 *
 *     change -> work: zone, tip, base -> compose -> reduce: only what differs -> tree -> checks -> serial -> commit
 *            -> guards -> ref, log
 *
 * The tip is where the branch is as the transaction begins; the base is what the new commit is made on: the tip, or
 * the commit that a reset, fast-forward or rebase goes to, or what the work before it in a chain came to.
 *
 * ax_repo_commit, _try and _force are this pipeline in a write transaction, with another end.
 * Ownership: a work owns its memory; the change and what it points at are borrowed. */
#ifndef AX_PUBLISH_H
#define AX_PUBLISH_H

#include "core/setting.h"

/* One change under way. */
struct ax_work {
	const struct ax_change *change;
	struct ax_zone zone;
	struct ax_rules rules;          /* the zone's */
	char path[AX_REF_PATH_MAX + 1]; /* of the branch */
	struct ax_ref tip;
	struct ax_commit_info tip_info; /* unborn: zeroes and the empty tree */
	struct ax_work *before;         /* in its chain; NULL: it is the first */
	bool last;                      /* of its chain: it moves the ref */
	struct ax_id base;
	struct ax_commit_info base_info; /* as tip_info */
	unsigned joins;
	uint64_t join[AX_PARENTS_MAX - 1];
	struct ax_id join_id[AX_PARENTS_MAX - 1];
	struct ax_edit *edits; /* what differs from the base; values borrow from the change's batch */
	size_t n, cap;
	struct ax_buf gone; /* keys of what `replace` deletes */
	bool has_serial;    /* the change came with an SOA and its serial */
	uint32_t given;
	bool unseals; /* the new tree is sealed, and the serial is not its signer's (DESIGN section 2) */
	uint32_t serial;
	struct ax_commit_info
		next; /* what the branch comes to: the new commit, or the base; local 0: nothing changes */
	bool made;    /* it is a new commit */
	struct ax_id id;
	struct ax_edit_stats stats; /* of the new commit; in the last of a chain of all that the branch moves by */
	struct ax_buf message;
};

/* All changes of one transaction. */
struct ax_publish {
	struct ax_txn *txn;
	struct ax_person author, committer;
	const char *via, *door; /* of the commits; of the log's entries */
	const struct ax_listener *listener;
	bool forced; /* guards stand aside */
	struct ax_work *works;
	size_t n;
	struct ax_buf refusals; /* what the guards say, "; " between */
};

AX_MUST enum ax_err ax_publish_init(struct ax_publish *p, struct ax_txn *t, const struct ax_change *changes, size_t n,
				    const struct ax_actor *who, const struct ax_listener *listener);
void ax_publish_fini(struct ax_publish *p);
/* Run all changes. AX_EGUARD: p->refusals tells why; the works are complete, so that a plan can be made of them. */
AX_MUST enum ax_err ax_publish_run(struct ax_publish *p);
/* Does any of them make a commit? */
bool ax_publish_changes(const struct ax_publish *p);
void ax_publish_tell(struct ax_published *out, const struct ax_work *w);
/* For compose: let w stand on this commit of its zone instead of the branch's tip. */
AX_MUST enum ax_err ax_work_stand_on(struct ax_work *w, struct ax_txn *t, uint64_t commit);
/* The tree that w comes to. */
const struct ax_root *ax_work_root(const struct ax_work *w);

/* A write transaction of a repository that may be written to; and its end: commit if e is AX_OK, drop it all else. */
AX_MUST enum ax_err ax_repo_begin(struct ax_txn **t, struct ax_repo *r);
AX_MUST enum ax_err ax_repo_end(struct ax_txn *t, enum ax_err e);

/* Keep what p's works would have published, which guards refused and whose transaction is gone. AX_EGUARD with all
 * that a person needs, and the plan. */
AX_MUST enum ax_err ax_repo_keep_plan(char plan[AX_ID_SHORT + 1], struct ax_repo *r, struct ax_publish *p);

/* -- its parts --------------------------------------------------------------------------------------------- */

/* reduce.c: fill w->edits with what the change's batch makes different from the base.
 * AX_ECONFLICT if an expectation does not hold. */
AX_MUST enum ax_err ax_reduce(struct ax_work *w, struct ax_txn *t);

/* serial.c: the serial of the new tree's commit into w->serial (DESIGN section 2). */
AX_MUST enum ax_err ax_serial_choose(struct ax_work *w, struct ax_txn *t, struct ax_time now);
/* Does the given serial alone ask for a commit? */
bool ax_serial_asks(const struct ax_work *w);

/* summary.c: w->message from the change's message, or from what changes. Before the tree is edited. */
AX_MUST enum ax_err ax_summary_make(struct ax_work *w, struct ax_txn *t);

/* guard.c: append to p->refusals what guards say of w. */
AX_MUST enum ax_err ax_guard_all(struct ax_publish *p, const struct ax_work *w);
/* guard_rule.c: append to out what the guards that an operator set say of w. */
AX_MUST enum ax_err ax_guard_rules(struct ax_buf *out, const struct ax_publish *p, const struct ax_work *w);

#endif
