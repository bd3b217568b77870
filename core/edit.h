/* edit.h - a new tree from an old one and a sorted list of edits.
 *
 * Invariant: the result is the tree that a fresh build of the same content gives (tests/core/test_edit).
 * Cost: O(changes x log n); every level is re-chunked only from the first touched node until a boundary coincides
 * with an old one. Memory: the touched nodes. */
#ifndef AX_EDIT_H
#define AX_EDIT_H

#include "core/tree.h"

struct ax_edit {
	struct ax_slice key;
	struct ax_slice value; /* the RRset value; n == 0: delete */
};

struct ax_edit_stats {
	uint64_t added, removed, changed; /* entries; a no-op edit counts nowhere */
	uint64_t nodes, bytes;            /* written, and their canonical bytes */
};

/* Apply edits (sorted by key, keys unique) to root within a write transaction. Entries that change are marked as
 * changed by `commit`. The edits' bytes must not borrow from t, which is written to. Deleting what is not there and
 * writing what is there do nothing; *out is *root when nothing changed. stats may be NULL. */
AX_MUST enum ax_err ax_tree_edit(struct ax_root *out, struct ax_edit_stats *stats, struct ax_txn *t,
				 const struct ax_root *root, const struct ax_edit *edits, size_t n, uint64_t commit);

#endif
