/* history.h - changes that are made of commits: merge, cherry-pick, revert, restore, reset, rebase.
 * Sits on merge.h and repo.h. A job holds what is wanted; ax_<verb>_change() makes a struct ax_change of it for
 * ax_repo_commit() or _try(), the one way in: what it comes to is found out in the transaction that publishes it, so
 * nothing that others change meanwhile is lost, and a conflict changes nothing.
 *
 *     struct ax_job job;
 *     ax_job_init(&job, &zone, "main");
 *     ax_merge_change(&job, theirs, "Merge branch 'canary'", false);
 *     e = ax_repo_commit(&out, repo, &job.change, 1, &who, NULL, plan);      AX_ECONFLICT: see job.conflicts
 *     ax_job_fini(&job);
 *
 * Serials are those of DESIGN section 2: each of these leaves the branch with a serial newer than any it has shown.
 * Ownership: a job owns its batch and conflicts and borrows the rest until ax_job_fini; it stays where it is. */
#ifndef AX_HISTORY_H
#define AX_HISTORY_H

#include "core/merge.h"
#include "core/repo.h"

struct ax_job {
	struct ax_change change;
	struct ax_batch batch;
	struct ax_conflicts conflicts;      /* after AX_ECONFLICT */
	const struct ax_merge_rules *rules; /* NULL: every conflict is one */
	uint64_t commit;                    /* what the verb is about */
	uint64_t since;                     /* revert: what was before it; 0: nothing */
	bool no_ff;
	struct ax_slice scope; /* restore: what the keys begin with */
	struct ax_buf text;    /* the message, if it is made here */
	struct ax_commit read; /* cherry-pick: whose author it is */
};

void ax_job_init(struct ax_job *job, const struct ax_zone *zone, const char *branch);
void ax_job_fini(struct ax_job *job);

/* Merge commit `theirs` into the branch: nothing if it has it already, a move to it if it descends from the branch's
 * tip (and not no_ff), else a commit of two parents. */
void ax_merge_change(struct ax_job *job, uint64_t theirs, const char *message, bool no_ff);
/* Do again what a commit did against its first parent: its author, its message and where it is from. chained: after
 * the job before it in the list of changes. */
AX_MUST enum ax_err ax_pick_change(struct ax_job *job, struct ax_txn *t, uint64_t commit, bool chained);
/* The same without a word of where it is from: for rebase. onto not 0: on this commit instead of the tip. */
AX_MUST enum ax_err ax_rebase_change(struct ax_job *job, struct ax_txn *t, uint64_t commit, uint64_t onto,
				     bool chained);
/* Undo what lies between two commits (since 0: all of `commit`). An RRset that is by now neither as `commit` left it
 * nor as it was before is a conflict. */
void ax_revert_change(struct ax_job *job, uint64_t since, uint64_t commit, const char *message);
/* Make what begins with scope as it was at a commit: all ("" is the zone), a name and what is below it, or an RRset.
 * The scope is borrowed. */
void ax_restore_change(struct ax_job *job, uint64_t commit, struct ax_slice scope, const char *message);
/* Move the branch to a commit of the zone. message: of the commit that raises the serial, if it takes one. */
void ax_reset_change(struct ax_job *job, uint64_t commit, const char *message);

/* Which commits a rebase of tip onto upstream does again, oldest first: those that upstream does not have, less
 * merges. Owned by the caller (free). *linear: they lie in one line on upstream already. */
AX_MUST enum ax_err ax_rebase_list(uint64_t **out, size_t *n, bool *linear, struct ax_txn *t, uint64_t tip,
				   uint64_t upstream);

#endif
