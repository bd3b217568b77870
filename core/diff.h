/* diff.h - what differs between two trees, in key order. Shared subtrees are never entered.
 * Cost: O(changes x log n); one change in a million reads at most 2 x height + 2 nodes. */
#ifndef AX_DIFF_H
#define AX_DIFF_H

#include "core/tree.h"

/* One difference: a is NULL for an added entry, b for a removed one. Borrowed for the call. A return other than AX_OK
 * stops the walk and is handed back. */
typedef enum ax_err ax_diff_fn(void *ctx, struct ax_slice key, const struct ax_entry *a, const struct ax_entry *b);

AX_MUST enum ax_err ax_tree_diff(struct ax_txn *t, const struct ax_root *a, const struct ax_root *b, ax_diff_fn *each,
				 void *ctx);
/* How many nodes the calling thread's last ax_tree_diff read: for tests and benchmarks. */
uint64_t ax_diff_nodes_read(void);

#endif
