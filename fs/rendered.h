/* rendered.h - log/<branch> and diff/<a>..<b>: the bytes that `apex log` and `apex diff` print, made when they are
 * read. Sits on core's render; their size is not known before, so stat shows 0 and the kernel keeps no pages.
 *
 * A log is made as far as it is read, a diff at open. Both are of the moment they were opened.
 * Ownership: an open file owns its rendered. Threads: under mount.lock, with the loop thread's transaction, which the
 * walk of a log keeps: commits stay where they are from one state of the store to the next. */
#ifndef FS_RENDERED_H
#define FS_RENDERED_H

#include "fs/node.h"

#include <sys/types.h>

struct rendered;

/* Find name in log/ or diff/: *out as ns_walk tells. */
AX_MUST int rendered_walk(struct node **out, struct mount *m, struct ax_txn *t, struct node *dir, const char *name,
			  uid_t uid);
/* The time it shows: of the newest commit it tells of. */
AX_MUST enum ax_err rendered_commit(uint64_t *commit, struct mount *m, struct ax_txn *t, const struct node *n);

/* Begin to read a LOG or DIFF as this user sees it (HEAD is a user's own). */
AX_MUST int rendered_open(struct rendered **out, struct mount *m, struct ax_txn *t, const struct node *n, uid_t uid);
/* Append to text until it has `upto` bytes or all is told. */
AX_MUST int rendered_read(struct rendered *r, struct ax_buf *text, struct ax_txn *t, uint64_t upto);
/* NULL is fine. */
void rendered_close(struct rendered *r);

#endif
