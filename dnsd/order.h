/* order.h - names in canonical order, persistent: for the NSEC or NSEC3 RRset before a name that does not exist.
 * A part of the image, of names that have such an RRset only: a zone without any has an empty one.
 *
 *     treap by key (the owner part of core/name.h's keys: memcmp order is canonical order), balanced by the names'
 *     hashes, which nobody outside can choose (dname.h)
 *
 * It holds keys and hashes, not the names' blocks: a change at a name that stays leaves it alone.
 * Invariants, ownership, threads: as index.h's. Equal names make an equal tree.
 * Cost: about 1.4 log2(n) steps to find; a change copies as many nodes and counts them in `copied`. */
#ifndef ORDER_H
#define ORDER_H

#include "core/bytes.h"

struct order {
	uint32_t refs, edit; /* writer only */
	struct order *less, *more;
	uint64_t hash; /* of the name, as the index has it */
	uint16_t n;
	uint8_t key[];
};

struct order_edit {
	uint32_t id;
	uint64_t copied;
	bool failed; /* no memory: the tree is to be dropped */
};

/* An edit with an id never used before in this process. */
struct order_edit order_edit_begin(void);
/* Put a name in that is not there. */
void order_put(struct order **root, struct order_edit *e, uint64_t hash, struct ax_slice key);
/* Take out one that is there. */
void order_remove(struct order **root, struct order_edit *e, struct ax_slice key);
/* The last entry that is at or before the key; NULL if there is none. */
const struct order *order_find(const struct order *root, struct ax_slice key);
const struct order *order_last(const struct order *root);
void order_unref(struct order *root);
static inline void order_ref(struct order *root)
{
	if (root)
		root->refs++;
}

#endif
