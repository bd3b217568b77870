/* tree.h - an immutable Merkle tree of RRsets in canonical order: a history-independent prolly tree.
 * Sits on object.h and rrset.h; a commit points at its root.
 *
 *        inner   [ sep hash count | sep hash count | ... ]         sep: the child's last key
 *                    |                |
 *        leaf    [ key value | key value ] [ key value | ... ]      front-coded keys
 *
 * Invariants: equal content, equal id, whatever order the edits came in; the root is the lowest level with one node;
 *   no empty node but the empty tree, which is no node at all (local id 0, the id of an empty leaf).
 * Sidecars (not hashed): a leaf knows for each entry the local id of the commit that last changed it, and of its
 *   blob; an inner node the local id of each child and the newest such commit id below it.
 * Format: apex-repository(7), frozen by vectors. Target node size L = 1024; STORE.md sections 2 and 6 have the
 *   split rule and why even ground hashes make no node over one overflow page.
 * Ownership: slices borrow from the transaction (a cursor's key from the cursor). Threads: as the transaction.
 * Cost: find O(log n), one store read a level; an edit copies one path; a scan reads each leaf once. */
#ifndef AX_TREE_H
#define AX_TREE_H

#include "core/object.h"

enum {
	AX_NODE_TARGET = 1024,   /* L of the split rule */
	AX_INLINE_MAX = 512,     /* a value above this is a blob */
	AX_TREE_HEIGHT_MAX = 32, /* far beyond what the split rule makes; bounds recursion on damaged data */
};

#define AX_NODE_PRUNED UINT64_MAX /* the tree was dropped (gc.h): looking into it is AX_EPRUNED */

struct ax_root {
	uint64_t node; /* local id of the root node; 0: the empty tree; or AX_NODE_PRUNED */
	struct ax_id id;
	uint64_t count; /* RRsets in the tree */
};

struct ax_entry {
	struct ax_slice key;
	struct ax_slice value; /* RRset value (rrset.h), blobs resolved */
	uint64_t changed;      /* local id of the commit that last changed it */
};

/* The tree without an entry. */
struct ax_root ax_tree_empty(void);
/* The root of a stored tree by its root node. */
AX_MUST enum ax_err ax_tree_root(struct ax_root *out, struct ax_txn *t, uint64_t node);

/* AX_ENOENT if there is no such key (a normal answer, no text). */
AX_MUST enum ax_err ax_tree_find(struct ax_entry *out, struct ax_txn *t, const struct ax_root *root,
				 struct ax_slice key);

/* The nodes that were held against their hash of late: they are not again. Zeroed by the caller; for one store.
 * Damage to a node that is in it goes unseen. */
struct ax_checked {
	uint64_t node[256];
};
/* The same, and every node on the way is held against its hash: AX_ECORRUPT. About 2 us a node not in checked. */
AX_MUST enum ax_err ax_tree_find_checked(struct ax_entry *out, struct ax_txn *t, const struct ax_root *root,
					 struct ax_slice key, struct ax_checked *checked);

struct ax_tree_range {
	uint64_t count;   /* entries whose key begins with the prefix */
	uint64_t first;   /* rank of the first of them */
	uint64_t changed; /* newest local commit id among them; 0 if none */
};
/* O(log n). */
AX_MUST enum ax_err ax_tree_measure(struct ax_tree_range *out, struct ax_txn *t, const struct ax_root *root,
				    struct ax_slice prefix);

/* An ordered walk. Use: seek or first, then while valid: look at entry, next. */
struct ax_cursor {
	struct ax_txn *txn;
	struct ax_root root;
	struct ax_entry entry; /* key borrows from `key` below */
	bool valid;
	bool verify;    /* set after init: nodes are held against their hash, about 0.1 us an entry of a long walk */
	bool keys_only; /* set after init: entry.value stays empty, and a value that is damaged does no harm */
	struct ax_cursor_state *state; /* owned */
};
AX_MUST enum ax_err ax_cursor_init(struct ax_cursor *c, struct ax_txn *t, const struct ax_root *root);
void ax_cursor_fini(struct ax_cursor *c);
/* The value of the entry of a valid cursor, as entry.value has it without keys_only. */
AX_MUST enum ax_err ax_cursor_value(struct ax_slice *out, const struct ax_cursor *c);
/* To the first entry whose key is >= key; valid is false beyond the end. */
AX_MUST enum ax_err ax_cursor_seek(struct ax_cursor *c, struct ax_slice key);
AX_MUST enum ax_err ax_cursor_next(struct ax_cursor *c);
/* To the last entry whose key is < key (for NSEC-like predecessors). */
AX_MUST enum ax_err ax_cursor_seek_before(struct ax_cursor *c, struct ax_slice key);

/* Visit every node once (fsck, gc): level 0 is a leaf. children only for inner nodes. */
struct ax_node_visit {
	uint64_t id;
	unsigned level;
	struct ax_id hash; /* computed from the stored bytes */
	uint64_t count;
	uint64_t bytes; /* canonical length */
};
AX_MUST enum ax_err ax_tree_visit(struct ax_txn *t, const struct ax_root *root,
				  enum ax_err (*visit)(void *ctx, const struct ax_node_visit *v), void *ctx);
/* Verify everything below root: hashes, order, counts, split rule, separators, blobs. AX_ECORRUPT with where. */
AX_MUST enum ax_err ax_tree_verify(struct ax_txn *t, const struct ax_root *root);
/* The same for one of many trees: subtrees in `seen` (idset.h; zeroed to begin with) are not entered again, and what
 * last changed an RRset must be a commit. seen->n counts the nodes. For fsck. */
struct ax_idset;
AX_MUST enum ax_err ax_tree_verify_shared(struct ax_txn *t, const struct ax_root *root, struct ax_idset *seen);

#endif
