/* stage.h - a private copy of a branch that is edited at leisure and becomes one commit.
 *
 *     base <-- stage commit          the ref stage/<uid>/<name> names it, and survives its maker's crash
 *
 * A stage is kept as a commit that no branch ever gets: its tree is what the stage holds, its one parent the commit
 * that it began at, its serial that commit's (a stage has none of its own), its header `stage` what its maker called
 * it: NAME, or NAME@BRANCH. Each edit makes another one beside it. Zone checks and guards look at none of this: they
 * run when the changes from base to stage are merged onto the branch, through repo.h as any change.
 * Threads: as repo.h. Cost: as a commit's. */
#ifndef AX_STAGE_H
#define AX_STAGE_H

#include "core/batch.h"
#include "core/merge.h"
#include "core/repo.h"

struct ax_stage {
	char path[AX_REF_PATH_MAX + 1];   /* of its ref */
	char name[AX_REF_PATH_MAX + 1];   /* what its maker called it */
	char branch[AX_REF_NAME_MAX + 1]; /* "main" unless the name says another */
	uint32_t uid;
	struct ax_id id;
	struct ax_commit_info info, base;
};

/* The next after the ref path `after` ("" to begin). AX_ENOENT at the end. */
AX_MUST enum ax_err ax_stage_next(struct ax_stage *out, struct ax_txn *t, uint32_t zone, const char *after);
/* By ref path. AX_ENOENT if there is none. */
AX_MUST enum ax_err ax_stage_get(struct ax_stage *out, struct ax_txn *t, uint32_t zone, const char *path);
/* By name, of whichever maker. AX_ENOENT if there is none. */
AX_MUST enum ax_err ax_stage_find(struct ax_stage *out, struct ax_txn *t, uint32_t zone, const char *name);

/* Make one of who->uid, at the tip of the branch that the name says. AX_EEXIST if somebody has one that is called so,
 * AX_ENOENT without such a branch or a commit on it, AX_EINVAL for an odd name. */
AX_MUST enum ax_err ax_stage_make(struct ax_repo *r, uint32_t zone, const char *name, const struct ax_actor *who);
/* Put a batch into it. *commit is the new stage commit, 0 if nothing changed. expect (may be NULL) is the stage
 * commit that it must be at: AX_ELOST; an expectation of the batch that does not hold: AX_ECONFLICT. */
AX_MUST enum ax_err ax_stage_edit(uint64_t *commit, struct ax_repo *r, uint32_t zone, const char *path,
				  const struct ax_id *expect, struct ax_batch *batch, const struct ax_actor *who);
/* Begin anew at the tip of its branch: what it held is committed there. */
AX_MUST enum ax_err ax_stage_restart(struct ax_repo *r, uint32_t zone, const char *path, const struct ax_actor *who);
AX_MUST enum ax_err ax_stage_drop(struct ax_repo *r, uint32_t zone, const char *path, const struct ax_actor *who);

/* What the stage makes of its branch's tip, into batch. AX_ECONFLICT names all RRsets in conflict. */
AX_MUST enum ax_err ax_stage_merge(struct ax_batch *batch, struct ax_txn *t, const struct ax_stage *s,
				   const struct ax_root *tip);

#endif
