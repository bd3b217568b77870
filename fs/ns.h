/* ns.h - the namespace: which name leads where. One walk, one listing a kind of directory.
 * Threads: under mount.lock, with the caller's transaction. */
#ifndef FS_NS_H
#define FS_NS_H

#include "fs/node.h"

#include <sys/types.h>

/* Find name in dir: *out is not counted and not pinned. keep says for how many seconds the name leads there, or
 * nowhere (ENOENT with NULL). A hard link leads to its file. Other errnos: EIO, ENAMETOOLONG, ENOMEM, ENOTDIR. */
AX_MUST int ns_walk(struct node **out, double *keep, struct mount *m, struct ax_txn *t, struct node *dir,
		    const char *name, uid_t uid);

/* Does anything of a label's subtree show: an RRset that does not wait to be deleted? */
AX_MUST enum ax_err ns_alive(bool *out, struct ax_txn *t, struct view *v, const struct ax_commit_info *tip,
			     struct ax_slice prefix);
/* Does no RRset at or below a label directory show? */
AX_MUST int ns_bare(bool *out, struct ax_txn *t, struct node *dir);
/* Is it without records, labels and scratch? */
AX_MUST int ns_empty(bool *out, struct ax_txn *t, struct node *dir);

/* The top directory of a view, which dir/name leads to. ENOMEM if v is NULL. */
AX_MUST int ns_view_root(struct node **out, struct mount *m, struct node *dir, const char *name, struct view *v);

/* Names of a directory that is not a record tree, in order, told one by one. type is S_IFDIR, S_IFREG or S_IFLNK. A
 * return other than 0 stops and is handed back. */
typedef int ns_list_fn(void *ctx, const char *name, unsigned type);
AX_MUST int ns_list(struct mount *m, struct ax_txn *t, struct node *dir, ns_list_fn *each, void *ctx);

#endif
