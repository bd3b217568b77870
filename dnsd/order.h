/* order.h - items in the order of their keys, persistent: for the NSEC or NSEC3 RRset before a name that does not
 * exist. Sits on index.h, whose counts it shares; a part of the image, of names that have such an RRset only.
 *
 *     node  up to ORDER_NODE heads and as many links, in 256 octets: to nodes of a level below, to items at level 0
 *     head  the first 8 octets of the key of what the link leads to: of a node, of its first item
 *
 * Keys themselves are in the items, which are looked at where heads are equal only: for names, whose keys are the
 * owner part of core/name.h's (memcmp order is canonical order), seldom; for hashes never.
 * Invariants, ownership, threads: as index.h's. Every node but the root has an item; heads are exact.
 * Cost: three or four lines of memory a level, log14(n) levels; a change copies a path and counts it in `copied`. */
#ifndef ORDER_H
#define ORDER_H

#include "core/bytes.h"
#include "dnsd/index.h"

enum { ORDER_NODE = 20 };

struct order_kind {
	struct index_kind items;
	/* The key of an item, in a buffer of AX_KEY_MAX octets. */
	struct ax_slice (*key)(uint8_t *buffer, uint32_t item);
};

struct order_entry {
	uint64_t head;
	uint32_t item;
};

uint64_t order_head(struct ax_slice key);
/* Build the order of n entries that come in order; it takes a reference to each item. False without memory. */
bool order_build(uint32_t *root, const struct order_kind *kind, const struct order_entry *entries, size_t n);
/* Put item new in place of item old, both of this key; 0: there is none. False without memory: then *root is to be
 * dropped, and new is still the caller's. Takes references to new, gives up the one to old. */
bool order_put(uint32_t *root, const struct order_kind *kind, struct ax_slice key, uint32_t old, uint32_t new_item,
	       uint64_t *copied);
/* The last item that is at or before the key; 0 if there is none. */
uint32_t order_find(uint32_t root, const struct order_kind *kind, struct ax_slice key);
uint32_t order_last(uint32_t root);
/* Drop a reference to an order. 0 is fine. */
void order_unref(uint32_t root, const struct order_kind *kind);
void order_ref(uint32_t root);

#endif
