/* node.h - the bytes of one tree node, both ways: internal to tree, edit and diff.
 *
 *     canonical = level u8 | count u16 | entries
 *       leaf entry  = shared LEB128 | suffix length LEB128 | value length LEB128 | suffix | value
 *       inner entry = shared LEB128 | suffix length LEB128 | suffix | child hash 32 | RRsets below LEB128
 *     sidecar (not hashed)
 *       leaf  = base LEB128 | n LEB128 | n x (gap LEB128 | changed - base LEB128) | blob id LEB128 ...
 *               or, when most entries differ from the base, n = count and changed - base of each entry in order
 *       inner = base LEB128 | for each entry: child id - the one before, zigzag LEB128 | changed - base LEB128
 *
 * `shared` is exactly what a key has in common with the one before it; a leaf's value is 0 and an RRset value, or 1
 * and the hash of a blob. apex-repository(7) is the full text.
 * Invariants: whatever the bytes are, reading stays inside them and an item within the limits below, or the answer is
 * AX_ECORRUPT.
 * Limits: the split rule closes a node at the latest when 4 L bytes and one entry are in it; NODE_RAW_MAX is above.
 */
#ifndef AX_NODE_H
#define AX_NODE_H

#include "tree.h"

enum {
	AX_NODE_KEY_MAX = 512,
	AX_NODE_RAW_MAX = 8192,
	AX_NODE_VALUE_MAX = 1 + AX_INLINE_MAX,
	AX_NODE_COUNT_MAX = AX_NODE_RAW_MAX / 6, /* the least entry: key 1, value 1, and 4 */
	AX_VALUE_INLINE = 0,
	AX_VALUE_BLOB = 1,
};

/* One entry of a node of any level. */
struct ax_item {
	struct ax_slice key;
	struct ax_slice value; /* leaf: kind byte and value or hash; inner: the child's hash */
	uint64_t child;        /* local id of the child, or of the blob; 0: the value is inline */
	uint64_t count;        /* RRsets in it: 1 in a leaf */
	uint64_t changed;      /* local id of the newest commit that changed it */
};

/* A view of a stored node. Borrows the bytes. */
struct ax_node {
	uint64_t id; /* for messages */
	unsigned level, count;
	struct ax_slice canonical, sidecar;
};

AX_MUST enum ax_err ax_node_view(struct ax_node *out, uint64_t id, enum ax_kind kind, struct ax_slice canonical,
				 struct ax_slice sidecar);
AX_MUST enum ax_err ax_node_read(struct ax_node *out, struct ax_txn *t, uint64_t id);
/* The same, and its level must be this one: what a parent promises. */
AX_MUST enum ax_err ax_node_read_level(struct ax_node *out, struct ax_txn *t, uint64_t id, unsigned level);

/* Does it hash to what its parent, or the root, says? AX_ECORRUPT if not. A few microseconds. */
AX_MUST enum ax_err ax_node_verify(const struct ax_node *node, struct ax_slice want);

/* Walks the entries of a node; item.key borrows from here, item.value from the node. */
struct ax_node_iter {
	struct ax_item item; /* valid after ax_node_next said AX_OK */
	unsigned next;       /* the position of the entry that comes */
	size_t shared;       /* what item.key has in common with the key before it, exactly */
	struct ax_node node;
	struct ax_reader entries, side, blobs;
	uint64_t base, pairs, pair_at, raw;
	bool dense, in_blobs;
	uint8_t key[AX_NODE_KEY_MAX];
};

void ax_node_iter_init(struct ax_node_iter *it, const struct ax_node *node);
/* AX_ENOENT at the end. */
AX_MUST enum ax_err ax_node_next(struct ax_node_iter *it);

/* Compare the item's key as ax_slice_cmp does, in few steps, provided that each key before it in the node was less
 * than `with` or began with it. *common is 0 before the first; then it tells how many bytes the two have in common.
 */
int ax_node_compare(size_t *common, const struct ax_node_iter *it, struct ax_slice with);

/* The first entry whose key is >= key, found without building keys; item.key is left empty. *at is its position,
 * count if there is none (then item is empty). exact: the keys are equal. */
AX_MUST enum ax_err ax_node_search(struct ax_item *item, unsigned *at, bool *exact, const struct ax_node *node,
				   struct ax_slice key);

/* The RRset value of a leaf's item, a blob's bytes fetched and held against its hash: about 1 us a KiB. AX_ECORRUPT.
 */
AX_MUST enum ax_err ax_item_value(struct ax_slice *out, struct ax_txn *t, const struct ax_item *item);

/* -- writing ---------------------------------------------------------------------------------------------- */

/* The low 32 bits of SipHash-2-4 of the key, under "apexfs split key" with its first byte XORed by the level. */
uint32_t ax_node_hazard(unsigned level, struct ax_slice key);
/* Raw size of an entry: what the split rule counts. */
unsigned ax_item_raw(unsigned level, const struct ax_item *item);
/* Does a node end after an entry of raw size d that makes its raw size `raw` and its entries n? */
bool ax_node_ends(unsigned level, unsigned n, uint64_t raw, unsigned d, struct ax_slice key);

/* Collects the entries of one node. */
struct ax_node_builder {
	unsigned level, n;
	uint64_t raw, count;
	struct ax_buf canonical, sidecar;
	struct {
		uint64_t child, changed;
	} ref[AX_NODE_COUNT_MAX + 1];
	size_t key_len;
	uint8_t key[AX_NODE_KEY_MAX];
	struct ax_id hash; /* of the node written last: what the item that names it borrows */
};

void ax_node_builder_init(struct ax_node_builder *b, unsigned level);
void ax_node_builder_fini(struct ax_node_builder *b);
/* Append; *ends tells that the node is complete with it. The item's key must be greater than the one before. */
AX_MUST enum ax_err ax_node_builder_add(struct ax_node_builder *b, bool *ends, const struct ax_item *item);
/* The node's bytes, into b->canonical and b->sidecar. */
AX_MUST enum ax_err ax_node_builder_encode(struct ax_node_builder *b);
/* Write the node and begin the next one. item names it, for the parent; it borrows from b until the next add. */
AX_MUST enum ax_err ax_node_builder_write(struct ax_item *item, struct ax_node_builder *b, struct ax_txn *t);

#endif
