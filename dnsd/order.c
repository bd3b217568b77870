#include "dnsd/order.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct order_edit order_edit_begin(void)
{
	static _Atomic uint32_t last;
	/* Ids come round after 2^32 edits; by then no node of so old an edit may be changed in place. 0 is none. */
	uint32_t id;
	do
		id = atomic_fetch_add(&last, 1) + 1;
	while (id == 0);
	return (struct order_edit){ .id = id };
}

void order_unref(struct order *root)
{
	if (!root || --root->refs)
		return;
	order_unref(root->less);
	order_unref(root->more);
	free(root);
}

/* The node for this edit to change, in place of *t; NULL without memory. */
static struct order *own(struct order **t, struct order_edit *e)
{
	struct order *old = *t;
	if (old->edit == e->id)
		return old;
	struct order *x = malloc(sizeof *x + old->n);
	if (!x) {
		e->failed = true;
		return NULL;
	}
	memcpy(x, old, sizeof *x + old->n);
	x->refs = 1;
	x->edit = e->id;
	order_ref(x->less);
	order_ref(x->more);
	order_unref(old);
	e->copied++;
	return *t = x;
}

static uint64_t rank(const struct order *t)
{
	return (t->hash ^ t->hash >> 32) * 0x9e3779b97f4a7c15u;
}

static int compare(struct ax_slice key, const struct order *t)
{
	return ax_slice_cmp(key, ax_slice(t->key, t->n));
}

/* Divide t, which is given up, into what is before the key and what is after it. */
static void split(struct order *t, struct order_edit *e, struct ax_slice key, struct order **less,
		  struct order **more)
{
	*less = *more = NULL;
	if (!t)
		return;
	if (!own(&t, e)) {
		*less = t;
		return;
	}
	if (compare(key, t) < 0) {
		*more = t;
		split(t->less, e, key, less, &t->less);
	} else {
		*less = t;
		split(t->more, e, key, &t->more, more);
	}
}

/* All of less is before all of more; both are given up. */
static struct order *join(struct order *less, struct order *more, struct order_edit *e)
{
	if (!less || !more)
		return less ? less : more;
	bool top = rank(less) > rank(more);
	if (!own(top ? &less : &more, e)) {
		order_unref(more);
		return less;
	}
	if (top) {
		less->more = join(less->more, more, e);
		return less;
	}
	more->less = join(less, more->less, e);
	return more;
}

void order_put(struct order **root, struct order_edit *e, uint64_t hash, struct ax_slice key)
{
	struct order *x = malloc(sizeof *x + key.n);
	if (!x) {
		e->failed = true;
		return;
	}
	*x = (struct order){ .refs = 1, .edit = e->id, .hash = hash, .n = (uint16_t)key.n };
	if (key.n)
		memcpy(x->key, key.p, key.n);
	while (*root && rank(*root) >= rank(x)) {
		struct order *t = own(root, e);
		if (!t) {
			free(x);
			return;
		}
		root = compare(key, t) < 0 ? &t->less : &t->more;
	}
	split(*root, e, key, &x->less, &x->more);
	*root = x;
}

void order_remove(struct order **root, struct order_edit *e, struct ax_slice key)
{
	struct order *t;
	while ((t = *root) && (t = own(root, e))) {
		int c = compare(key, t);
		if (c == 0)
			break;
		root = c < 0 ? &t->less : &t->more;
	}
	if (!t)
		return;
	*root = join(t->less, t->more, e);
	free(t);
}

const struct order *order_find(const struct order *root, struct ax_slice key)
{
	const struct order *best = NULL;
	while (root) {
		int c = compare(key, root);
		if (c >= 0)
			best = root;
		if (c == 0)
			break;
		root = c < 0 ? root->less : root->more;
	}
	return best;
}

const struct order *order_last(const struct order *root)
{
	while (root && root->more)
		root = root->more;
	return root;
}
