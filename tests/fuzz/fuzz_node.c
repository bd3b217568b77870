/* Any bytes as a tree node: walking, searching and writing them again must stay inside. */
#include "core/node.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk(const struct ax_node *node)
{
	struct ax_node_iter *it = malloc(sizeof *it);
	struct ax_node_builder *b = malloc(sizeof *b);
	struct ax_item item;
	unsigned at;
	bool ends, exact;
	if (!it || !b)
		abort();
	ax_node_builder_init(b, node->level);
	ax_node_iter_init(it, node);
	while (ax_node_next(it) == AX_OK) {
		if (it->item.key.n == 0 || it->item.key.n > AX_NODE_KEY_MAX || it->item.value.n > AX_NODE_VALUE_MAX)
			abort();
		if (ax_node_builder_add(b, &ends, &it->item))
			break;
		if (ax_node_search(&item, &at, &exact, node, it->item.key) == AX_OK && exact && at >= node->count)
			abort();
	}
	if (ax_node_builder_encode(b))
		abort();
	ax_node_builder_fini(b);
	free(b);
	free(it);
}

/* data = canonical length u16 | canonical | sidecar */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ax_node node;
	struct ax_item item;
	unsigned at;
	bool exact;
	if (size < 5)
		return 0;
	size_t n = ax_be16(data) % (size - 1);
	struct ax_slice canonical = ax_slice(data + 2, n < size - 2 ? n : size - 2);
	struct ax_slice sidecar = ax_slice(canonical.p + canonical.n, size - 2 - canonical.n);
	enum ax_kind kind = data[2] ? AX_KIND_INNER : AX_KIND_LEAF;
	if (ax_node_view(&node, 1, kind, canonical, sidecar))
		return 0;
	walk(&node);
	if (ax_node_search(&item, &at, &exact, &node, ax_slice(data, size > 40 ? 40 : size)) == AX_OK &&
	    at > node.count)
		abort();
	return 0;
}
