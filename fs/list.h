/* list.h - an open directory: one listing is one snapshot, resumable at any cookie, in bounded memory.
 *
 * The names that are not in the tree (overlay, branches, commits, ...) are taken down at opendir. Those in the tree
 * are found as they are wanted, from the tip of that moment: types first, then labels, each label's subtree skipped
 * by one seek. A cookie is the place in that order; the last marks remember where replies began, an older one is
 * found again from the start. Threads: under mount.lock, with the caller's transaction. */
#ifndef FS_LIST_H
#define FS_LIST_H

#include "fs/ns.h"

enum { LIST_MARKS = 16 };

struct list_mark {
	uint64_t cookie;
	struct ax_buf key; /* where in the tree its entry begins to be looked for */
};

struct list {
	struct list *next, **link; /* mount.lists */
	struct node *dir;          /* pinned */
	char **name;               /* taken down; owned, each with its type in the byte before */
	size_t n, cap;
	bool in_tree; /* the tree's follow */
	struct ax_commit_info tip;
	struct ax_buf prefix;
	uint64_t end; /* the cookie at which they end; 0: not met yet */
	struct list_mark mark[LIST_MARKS];
	unsigned next_mark;
};

AX_MUST int list_open(struct list **out, struct mount *m, struct ax_txn *t, struct node *dir);
void list_close(struct mount *m, struct list *l);

/* Tell the names that come after cookie `off`, `.` and `..` first, until each returns other than 0: LIST_FULL ends
 * quietly. next is the cookie that goes with the name. */
enum { LIST_FULL = -1 };
typedef int list_each_fn(void *ctx, const char *name, unsigned type, uint64_t next);
AX_MUST int list_read(struct list *l, struct mount *m, struct ax_txn *t, uint64_t off, list_each_fn *each, void *ctx);

#endif
