/* attr.h - what stat shows: exact sizes, times by blame, stable numbers (DESIGN section 4, MOUNT.md section 3).
 * Threads: under mount.lock, with the caller's transaction. */
#ifndef FS_ATTR_H
#define FS_ATTR_H

#include "fs/node.h"

#include <sys/stat.h>

/* For commits, which never change. */
#define ATTR_FOR_EVER (365 * 86400.0)

/* Fill *st and say for how many seconds it holds. An errno: ENOENT if the node's object is gone. */
AX_MUST int attr_fill(struct stat *st, double *keep, struct mount *m, struct ax_txn *t, struct node *n);
/* The stable inode number. */
uint64_t attr_ino(const struct mount *m, const struct node *n);
/* The time that utimens gave to a version of n, if it did; and give it one. */
void attr_get_time(struct timespec *mtime, struct mount *m, struct ax_txn *t, const struct node *n, uint64_t ino,
		   uint64_t version);
void attr_set_time(struct mount *m, const struct node *n, uint64_t version, struct timespec mtime);
/* What was found at the place of a RECORD or TREE in a tip, for as long as that stands. */
void attr_remember(struct node *n, const struct ax_commit_info *tip, uint64_t version, uint64_t size);
/* Is it known already? Not what is not there, nor the RRSIGs of a name, which are several RRsets. */
bool attr_remembers(const struct node *n, const struct ax_commit_info *tip);
/* The commit that last changed anything at or below a label directory; 0: none did. */
AX_MUST enum ax_err attr_changed(uint64_t *commit, struct ax_txn *t, struct node *n);
/* The text a record file or `errors` shows now, appended; *version changes with it. */
AX_MUST int attr_text(struct ax_buf *text, uint64_t *version, struct mount *m, struct ax_txn *t, struct node *n);

#endif
