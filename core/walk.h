/* walk.h - a position in an old tree while a new one is written: internal to edit.
 * Every node is held against its hash: what is written anew takes over what stands there.
 * The nodes on the path are copies, so that writing in the same transaction does not pull them away; a node is read
 * again only when it is not the one the level holds already. */
#ifndef AX_WALK_H
#define AX_WALK_H

#include "node.h"

struct ax_treewalk_level {
	uint64_t id; /* 0: nothing is held */
	unsigned at; /* on the path: which child */
	unsigned count, cap;
	struct ax_item *items; /* borrow from the two below */
	struct ax_buf bytes, keys;
};

struct ax_treewalk {
	struct ax_txn *txn;
	uint64_t root;
	unsigned height; /* levels of the tree; 0: it is empty */
	struct ax_treewalk_level level[AX_TREE_HEIGHT_MAX];
};

AX_MUST enum ax_err ax_treewalk_init(struct ax_treewalk *w, struct ax_txn *t, const struct ax_root *root);
void ax_treewalk_fini(struct ax_treewalk *w);
/* To the node of this level in which key is or would be inserted. */
AX_MUST enum ax_err ax_treewalk_seek(struct ax_treewalk *w, unsigned level, struct ax_slice key);
/* To the next node of the level; AX_ENOENT if this is the last. */
AX_MUST enum ax_err ax_treewalk_next(struct ax_treewalk *w, unsigned level);
/* Is the node of this level the last of it? */
bool ax_treewalk_is_last(const struct ax_treewalk *w, unsigned level);
/* The position of the first item whose key is >= key; count if there is none. */
unsigned ax_treewalk_lower_bound(const struct ax_treewalk_level *l, struct ax_slice key);
/* The last key of the node. */
struct ax_slice ax_treewalk_last_key(const struct ax_treewalk_level *l);

#endif
