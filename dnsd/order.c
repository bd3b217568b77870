#include "dnsd/order.h"

#include <assert.h>

#include "core/name.h"

enum { FILLED = 16, JOINED = 12 }; /* entries of a node that is built, and of two that become one */

struct node {
	index_refs refs;
	uint8_t n, level;
	uint64_t head[ORDER_NODE];
	uint32_t link[ORDER_NODE];
};
_Static_assert(sizeof(struct node) <= 256, "four cache lines");

static struct node *node_at(uint32_t ref)
{
	return slab_at(ref);
}

static uint32_t node_new(unsigned level)
{
	uint32_t ref = slab_alloc(256);
	if (!ref)
		return 0;
	memset(slab_at(ref), 0, sizeof(struct node));
	atomic_init(&node_at(ref)->refs, 1);
	node_at(ref)->level = (uint8_t)level;
	return ref;
}

uint64_t order_head(struct ax_slice key)
{
	uint64_t head = 0;
	for (unsigned i = 0; i < 8; i++)
		head = head << 8 | (i < key.n ? key.p[i] : 0);
	return head;
}

void order_ref(uint32_t root)
{
	if (root)
		index_item_ref(root);
}

void order_unref(uint32_t root, const struct order_kind *kind)
{
	if (!root || atomic_fetch_sub_explicit(&node_at(root)->refs, 1, memory_order_acq_rel) != 1)
		return;
	for (unsigned i = 0; i < node_at(root)->n; i++) {
		if (node_at(root)->level)
			order_unref(node_at(root)->link[i], kind);
		else
			index_item_unref(node_at(root)->link[i], &kind->items);
	}
	slab_free(root);
}

/* -- finding ---------------------------------------------------------------------------------------------- */

static uint32_t first_item(uint32_t link, unsigned level)
{
	for (; level > 0; level--)
		link = node_at(link)->link[0];
	return link;
}

/* A key that is looked for. */
struct sought {
	const struct order_kind *kind;
	struct ax_slice key;
	uint64_t head;
};

/* Is what entry i leads to at or before the key, as a whole? Heads are equal. */
static bool at_or_before(const struct node *node, unsigned i, const struct sought *s)
{
	uint8_t buffer[AX_KEY_MAX];
	struct ax_slice key = s->kind->key(buffer, first_item(node->link[i], node->level));
	return ax_slice_cmp(key, s->key) <= 0;
}

/* How many entries are at or before the key. */
static unsigned rank(const struct node *node, const struct sought *s)
{
	unsigned low = 0, high = node->n;
	while (low < high) {
		unsigned mid = (low + high) / 2;
		bool before = node->head[mid] < s->head || (node->head[mid] == s->head && at_or_before(node, mid, s));
		if (before)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

uint32_t order_find(uint32_t root, const struct order_kind *kind, struct ax_slice key)
{
	struct sought s = { kind, key, order_head(key) };
	if (!root)
		return 0;
	for (uint32_t link = root;;) {
		const struct node *node = node_at(link);
		unsigned n = rank(node, &s);
		if (!n)
			return 0; /* before all: only at the root */
		link = node->link[n - 1];
		if (!node->level)
			return link;
	}
}

uint32_t order_last(uint32_t root)
{
	if (!root)
		return 0;
	for (uint32_t link = root;;) {
		const struct node *node = node_at(link);
		link = node->link[node->n - 1];
		if (!node->level)
			return link;
	}
}

/* -- building --------------------------------------------------------------------------------------------- */

/* A node over entries from the left of those left; how high it is to be decides how many. 0 without memory. */
static uint32_t build(const struct order_kind *kind, const struct order_entry **entries, size_t *left, unsigned level)
{
	uint32_t ref = node_new(level);
	while (ref && *left && node_at(ref)->n < FILLED) {
		struct node *node = node_at(ref);
		uint64_t head = (*entries)->head;
		uint32_t link = (*entries)->item;
		if (level) {
			link = build(kind, entries, left, level - 1);
		} else {
			index_item_ref(link);
			++*entries;
			--*left;
		}
		if (!link) {
			order_unref(ref, kind);
			return 0;
		}
		node->head[node->n] = head;
		node->link[node->n++] = link;
	}
	return ref;
}

bool order_build(uint32_t *root, const struct order_kind *kind, const struct order_entry *entries, size_t n)
{
	unsigned level = 0;
	for (size_t most = FILLED; most < n; most *= FILLED)
		level++;
	*root = n ? build(kind, &entries, &n, level) : 0;
	return *root || n == 0;
}

/* -- changing --------------------------------------------------------------------------------------------- */

struct change {
	struct sought at;
	uint32_t old, new_item;
	uint64_t *copied;
};

/* Make the node the tree's own, with what it holds. */
static bool own(uint32_t *link, const struct change *c)
{
	struct node *old = node_at(*link);
	if (atomic_load_explicit(&old->refs, memory_order_acquire) == 1)
		return true;
	uint32_t ref = node_new(old->level);
	if (!ref)
		return false;
	struct node *copy = node_at(ref);
	copy->n = old->n;
	memcpy(copy->head, old->head, sizeof copy->head);
	memcpy(copy->link, old->link, sizeof copy->link);
	for (unsigned i = 0; i < copy->n; i++)
		index_item_ref(copy->link[i]);
	order_unref(*link, c->at.kind);
	++*c->copied;
	*link = ref;
	return true;
}

static void insert(struct node *node, unsigned i, uint64_t head, uint32_t link)
{
	memmove(node->head + i + 1, node->head + i, (node->n - i) * sizeof node->head[0]);
	memmove(node->link + i + 1, node->link + i, (node->n - i) * sizeof node->link[0]);
	node->head[i] = head;
	node->link[i] = link;
	node->n++;
}

static void erase(struct node *node, unsigned i)
{
	node->n--;
	memmove(node->head + i, node->head + i + 1, (node->n - i) * sizeof node->head[0]);
	memmove(node->link + i, node->link + i + 1, (node->n - i) * sizeof node->link[0]);
}

/* Move the entries of `from` from i on to the end of `to`. */
static void move(struct node *to, struct node *from, unsigned i)
{
	unsigned n = from->n - i;
	memcpy(to->head + to->n, from->head + i, n * sizeof to->head[0]);
	memcpy(to->link + to->n, from->link + i, n * sizeof to->link[0]);
	to->n = (uint8_t)(to->n + n);
	from->n = (uint8_t)i;
}

/* Make room in the full child i of a node that is the tree's own and not full. */
static bool split(struct node *node, unsigned i, const struct change *c)
{
	if (!own(&node->link[i], c))
		return false;
	struct node *child = node_at(node->link[i]);
	uint32_t ref = node_new(child->level);
	if (!ref)
		return false;
	move(node_at(ref), child, ORDER_NODE / 2);
	insert(node, i + 1, node_at(ref)->head[0], ref);
	return true;
}

/* Child i lost an entry: give it up when empty, join it with the next or the one before if both have little. */
static bool tidy(struct node *node, unsigned i, const struct change *c)
{
	if (node_at(node->link[i])->n == 0) {
		slab_free(node->link[i]);
		erase(node, i);
		return true;
	}
	if (i + 1u == node->n && i > 0)
		i--;
	if (i + 1u >= node->n || node_at(node->link[i])->n + node_at(node->link[i + 1])->n > JOINED)
		return true;
	if (!own(&node->link[i], c) || !own(&node->link[i + 1], c))
		return false;
	move(node_at(node->link[i]), node_at(node->link[i + 1]), 0);
	slab_free(node->link[i + 1]);
	erase(node, i + 1);
	return true;
}

static void put_item(struct node *leaf, const struct change *c)
{
	unsigned at = rank(leaf, &c->at);
	if (!c->old) {
		insert(leaf, at, c->at.head, c->new_item);
		return;
	}
	assert(at && leaf->link[at - 1] == c->old);
	if (c->new_item)
		leaf->link[at - 1] = c->new_item;
	else
		erase(leaf, at - 1);
	index_item_unref(c->old, &c->at.kind->items);
}

/* *link's node is not full. */
static bool put(uint32_t *link, const struct change *c)
{
	if (!own(link, c))
		return false;
	struct node *node = node_at(*link);
	if (!node->level) {
		put_item(node, c);
		return true;
	}
	unsigned i = rank(node, &c->at);
	i -= i > 0;
	if (!c->old && node_at(node->link[i])->n == ORDER_NODE) {
		if (!split(node, i, c))
			return false;
		unsigned after = rank(node, &c->at);
		i = after ? after - 1 : 0;
	}
	if (!put(&node->link[i], c))
		return false;
	if (node_at(node->link[i])->n)
		node->head[i] = node_at(node->link[i])->head[0];
	return c->new_item || tidy(node, i, c);
}

bool order_put(uint32_t *root, const struct order_kind *kind, struct ax_slice key, uint32_t old, uint32_t new_item,
	       uint64_t *copied)
{
	struct change c = { { kind, key, order_head(key) }, old, new_item, copied };
	if (!*root && !(*root = node_new(0)))
		return false;
	if (!old && node_at(*root)->n == ORDER_NODE) {
		uint32_t above = node_new(node_at(*root)->level + 1u);
		if (!above)
			return false;
		insert(node_at(above), 0, node_at(*root)->head[0], *root);
		*root = above;
	}
	if (new_item)
		index_item_ref(new_item);
	if (!put(root, &c)) {
		if (new_item)
			index_item_unref(new_item, &kind->items);
		return false;
	}
	while (node_at(*root)->level && node_at(*root)->n == 1) {
		uint32_t only = node_at(*root)->link[0];
		slab_free(*root);
		*root = only;
	}
	if (!node_at(*root)->n) {
		slab_free(*root);
		*root = 0;
	}
	return true;
}
