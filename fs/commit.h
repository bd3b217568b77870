/* commit.h - one commit in the making, on the committer thread: edits, the branch's waiting deletions, and what
 * becomes of both.
 *
 *     commit_init                 under mount.lock
 *     commit_begin, _look, _put_text, _delete, _run       without it
 *     commit_settle, _fini        under it again
 *
 * Threads: the committer's alone. */
#ifndef FS_COMMIT_H
#define FS_COMMIT_H

#include "core/repo.h"
#include "fs/mount.h"
#include "fs/record.h"
#include "fs/who.h"

struct commit {
	struct mount *m;
	struct ax_txn *t;
	struct view *v;
	struct who who;
	struct ax_zone zone;
	struct ax_commit_info tip; /* before; after a commit_settle that went well: what is now */
	struct ax_batch batch;
	enum ax_serial_source serial_from;
	const char *message; /* NULL: what changed */
	bool exact;          /* edits were made from the whole tree: the tip must not have moved */
	bool alone;          /* the waiting deletions were to blame: it was done without them */
	bool made;           /* the store has it */
	size_t taken;        /* waiting deletions in the batch */
	char why_alone[600];
	char plan[AX_ID_SHORT + 1];
	struct ax_published out;
};

void commit_init(struct commit *c, struct mount *m, struct ax_txn *t, struct view *v, const struct who *who);
void commit_fini(struct commit *c);
/* Read the tip. */
AX_MUST enum ax_err commit_begin(struct commit *c);
AX_MUST enum ax_err commit_look(struct record_info *info, struct commit *c, struct ax_buf *key,
				const struct ax_name *owner, uint16_t type);
/* The RRset becomes what a record file's text says; it must be as `before` told when the commit is made. */
AX_MUST enum ax_err commit_put_text(struct commit *c, const struct ax_name *owner, uint16_t type,
				    struct ax_slice text, const struct record_info *before);
/* Delete what the record file with this key shows. */
AX_MUST enum ax_err commit_delete(struct commit *c, struct ax_slice key);
/* Commit: a save (`own` is its key) without the waiting deletions, and if it is refused so, with all others; no save
 * (n 0) with all of them. If it is those that are refused, without them. */
AX_MUST enum ax_err commit_run(struct commit *c, struct ax_slice own);
/* Only ask whether commit_run would be refused, the apex left out; the guard's plan is kept. */
AX_MUST enum ax_err commit_ask(struct commit *c);
void commit_settle(struct commit *c, enum ax_err e);

/* Commit what waits in v now. Called and returns under mount.lock, which it gives up meanwhile. */
int commit_waiting(struct mount *m, struct ax_txn *t, struct view *v);
/* The same for whoever goes on with the tree as a whole: what is refused, `errors` tells, and its names are back. */
void commit_waiting_before(struct mount *m, struct ax_txn *t, struct view *v);
/* A label directory that lost its last record here stays until rmdir, as directories do. */
void commit_keep_if_bare(struct ax_txn *t, struct node *dir);

#endif
