/* stage.h - stage/<name>: a private copy of a branch, edited at leisure, one commit. Sits on core/stage.h.
 *
 *     mkdir stage/NAME[@BRANCH]    a stage of the caller, at the branch's tip
 *     stage/NAME/...               a record tree as heads/ has, a view of its own: only a record's own text is
 * checked stage/NAME/.status           what would change; not listed stage/NAME/.commit           the message written
 * to it commits, inside write(2); not listed rmdir stage/NAME             discards it
 *
 * Threads: under mount.lock; the jobs on the committer thread. */
#ifndef FS_STAGE_H
#define FS_STAGE_H

#include "fs/ns.h"
#include "fs/save.h"

/* In stage/: as ns_walk and ns_list tell. */
AX_MUST int stage_walk(struct node **out, struct mount *m, struct ax_txn *t, struct node *dir, const char *name);
AX_MUST int stage_list(struct mount *m, struct ax_txn *t, struct node *dir, ns_list_fn *each, void *ctx);
/* A control file in the top of a stage; ENOENT if name is none. */
AX_MUST int stage_control(struct node **out, struct mount *m, struct node *top, const char *name);
/* What .status shows, appended. */
AX_MUST int stage_status(struct ax_buf *text, struct ax_txn *t, const struct view *v);

job_fn stage_make;   /* mkdir node (stage) / name */
job_fn stage_drop;   /* rmdir node (a stage's top) */
job_fn stage_open;   /* open node (.status), when what waits to be deleted is */
job_fn stage_commit; /* text was written to node (.commit) */

#endif
