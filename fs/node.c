/* node.c - see node.h. */
#include "fs/node.h"

#include "fs/draft.h"
#include "fs/mount.h"
#include "fs/scratch.h"

#include <assert.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

static size_t slot(const struct node_table *t, const struct node *parent, const char *name)
{
	/* FNV-1a over the name, seeded by the parent's address: names are bounded by the kernel. */
	uint64_t h = 0xcbf29ce484222325u ^ ((uintptr_t)parent >> 4) * 0x9e3779b97f4a7c15u;
	for (; *name; name++)
		h = (h ^ (uint8_t)*name) * 0x100000001b3u;
	return (size_t)(h ^ h >> 32) & (t->cap - 1);
}

enum { TABLE_MIN = 1024 };

bool node_table_init(struct node_table *t)
{
	*t = (struct node_table){ .cap = TABLE_MIN };
	t->bucket = calloc(t->cap, sizeof(struct node *));
	return t->bucket;
}

static void chain(struct node **at, struct node *n)
{
	n->hash_next = *at;
	n->link = at;
	if (*at)
		(*at)->link = &n->hash_next;
	*at = n;
}

static void unchain(struct node *n)
{
	*n->link = n->hash_next;
	if (n->hash_next)
		n->hash_next->link = n->link;
	n->link = NULL;
}

static void resize(struct node_table *t, size_t cap)
{
	struct node_table other = { .cap = cap, .n = t->n };
	other.bucket = calloc(cap, sizeof(struct node *));
	if (!other.bucket)
		return; /* longer chains will do */
	for (size_t i = 0; i < t->cap; i++) {
		for (struct node *n = t->bucket[i], *next; n; n = next) {
			struct node **to = &other.bucket[slot(&other, n->parent, n->name)];
			next = n->hash_next;
			chain(to, n);
		}
	}
	free(t->bucket);
	*t = other;
}

/* What was listed once is no reason to stay big when the kernel has forgotten it. */
static void shrink(struct node_table *t)
{
	if (t->cap <= TABLE_MIN || t->n > t->cap / 8)
		return;
	resize(t, t->cap / 4);
	malloc_trim(0);
}

static void hash(struct mount *m, struct node *n)
{
	struct node_table *t = &m->nodes;
	if (t->n >= t->cap)
		resize(t, t->cap * 2);
	if (n->link)
		unchain(n);
	chain(&t->bucket[slot(t, n->parent, n->name)], n);
	n->hashed = true;
	t->n++;
}

struct node *node_find(struct mount *m, const struct node *parent, const char *name)
{
	struct node *n = m->nodes.bucket[slot(&m->nodes, parent, name)];
	while (n && (n->parent != parent || strcmp(n->name, name) != 0))
		n = n->hash_next;
	return n;
}

struct node *node_new(struct mount *m, struct node *parent, const char *name, enum node_kind kind)
{
	struct node *n = calloc(1, sizeof(*n));
	if (!n)
		return NULL;
	n->name = strdup(name);
	if (!n->name) {
		free(n);
		return NULL;
	}
	n->kind = kind;
	n->parent = parent;
	if (parent) {
		node_pin(parent);
		n->zone = parent->zone;
		n->view = parent->view;
	}
	hash(m, n);
	return n;
}

struct node *node_get(struct mount *m, struct node *parent, const char *name, enum node_kind kind)
{
	struct node *n = node_find(m, parent, name);
	if (n && n->kind == kind)
		return n;
	if (n)
		node_unhash(m, n);
	return node_new(m, parent, name, kind);
}

static void take_out(struct mount *m, struct node *n)
{
	unchain(n);
	chain(&m->unnamed, n);
	n->hashed = false;
	m->nodes.n--;
	node_underlay(m, n);
}

void node_unhash(struct mount *m, struct node *n)
{
	if (!n->hashed)
		return;
	if (n->kind == NODE_NAME)
		n->file->scratch->names--;
	take_out(m, n);
}

void node_drop(struct mount *m, struct node *n)
{
	node_pin(n);
	node_unhash(m, n);
	node_unpin(m, n);
}

bool node_move(struct mount *m, struct node *n, struct node *parent, const char *name)
{
	char *copy = strdup(name);
	if (!copy)
		return false;
	struct node *there = node_find(m, parent, name), *from = n->parent;
	if (there && there != n)
		node_unhash(m, there);
	node_pin(n);
	if (n->hashed)
		take_out(m, n);
	free(n->name);
	n->name = copy;
	n->parent = parent;
	node_pin(parent);
	hash(m, n);
	node_unpin(m, from);
	node_unpin(m, n);
	return true;
}

static void release_content(struct mount *m, struct node *n)
{
	if (n->kind == NODE_LINK)
		free(n->target);
	else if (n->kind == NODE_NAME)
		node_unpin(m, n->file);
	else if (node_drafts(n))
		draft_free(n->draft);
	else if (n->dir)
		free(n->dir->over), free(n->dir);
	scratch_free(m, n->scratch);
}

static void release(struct mount *m, struct node *n)
{
	struct view *v = n->view;
	if (n->hashed)
		node_unhash(m, n);
	unchain(n);
	release_content(m, n);
	if (v && v->root == n)
		view_unroot(m, v);
	free(n->name);
	free(n);
}

static void collect(struct mount *m, struct node *n)
{
	/* A freed child unpins its parent: up the tree without recursion. */
	while (n && !n->nlookup && !n->pins && n != m->root) {
		struct node *up = n->parent;
		release(m, n);
		n = up;
		assert(!n || n->pins > 0);
		if (n)
			n->pins--;
	}
}

void node_pin(struct node *n)
{
	n->pins++;
}

void node_unpin(struct mount *m, struct node *n)
{
	assert(n->pins > 0);
	n->pins--;
	collect(m, n);
}

void node_forget(struct mount *m, struct node *n, uint64_t count)
{
	n->nlookup -= count < n->nlookup ? count : n->nlookup;
	collect(m, n);
	shrink(&m->nodes);
}

uint64_t node_id(const struct mount *m, const struct node *n)
{
	return n == m->root ? 1 : (uint64_t)(uintptr_t)n;
}

struct node *node_of(struct mount *m, uint64_t id)
{
	return id == 1 ? m->root : (struct node *)(uintptr_t)id;
}

bool node_owner(struct ax_name *out, const struct node *n)
{
	size_t at = 0, len;
	*out = ax_name_root;
	if (n->kind == NODE_ZONEFILE)
		return false;
	if (n->kind != NODE_TREE)
		n = n->parent;
	for (; n->view && n != n->view->root; n = n->parent) {
		uint8_t label[AX_LABEL_MAX];
		if (n->kind != NODE_TREE || ax_label_from_file(label, &len, n->name))
			return false;
		if (at + 1 + len + n->view->apex.n > AX_NAME_MAX)
			return false;
		out->wire[at] = (uint8_t)len;
		memcpy(out->wire + at + 1, label, len);
		at += 1 + len;
	}
	if (!n->view)
		return false; /* its branch or stage went */
	memcpy(out->wire + at, n->view->apex.wire, n->view->apex.n);
	out->n = (uint8_t)(at + n->view->apex.n);
	return true;
}

bool node_prefix(struct ax_buf *out, const struct node *n)
{
	struct ax_name owner;
	ax_buf_clear(out);
	return node_owner(&owner, n) && !ax_key_owner(out, &owner, &n->view->apex) && !ax_buf_check(out);
}

uint16_t node_type(const struct node *n)
{
	uint16_t type = 0;
	return ax_type_parse(&type, n->name, strlen(n->name)) ? 0 : type;
}

void node_path(struct ax_buf *b, const struct node *n)
{
	const struct node *up[2 * AX_LABELS_MAX];
	size_t depth = 0;
	for (; n->parent && depth < sizeof(up) / sizeof(up[0]); n = n->parent)
		up[depth++] = n;
	while (depth) {
		ax_buf_str(b, up[--depth]->name);
		if (depth)
			ax_buf_str(b, "/");
	}
}

static struct dir *dir_of(struct node *n)
{
	if (!n->dir)
		n->dir = calloc(1, sizeof(*n->dir));
	return n->dir;
}

bool node_holds(const struct node *n)
{
	for (size_t i = 0; n->dir && i < n->dir->n; i++)
		if (!node_hidden(n->dir->over[i]))
			return true;
	return false;
}

/* A label that nothing in the tree shows any more shows as long as it holds something of its own. */
static bool show_label(struct node *n)
{
	return n->kind != NODE_TREE || n == n->view->root || !node_holds(n) || node_overlay(n);
}

static void unshow_label(struct mount *m, struct node *n)
{
	if (n->kind == NODE_TREE && !node_kept(n) && !node_holds(n))
		node_underlay(m, n);
}

bool node_overlay(struct node *n)
{
	struct dir *d = n->overlaid ? NULL : dir_of(n->parent);
	if (n->overlaid)
		return true;
	if (!d)
		return false;
	if (d->n == d->cap) {
		size_t cap = d->cap ? d->cap * 2 : 4;
		struct node **over = realloc(d->over, cap * sizeof(*over));
		if (!over)
			return false;
		d->over = over;
		d->cap = cap;
	}
	d->over[d->n++] = n;
	if (!show_label(n->parent)) {
		d->n--;
		return false;
	}
	n->overlaid = true;
	node_pin(n);
	return true;
}

void node_underlay(struct mount *m, struct node *n)
{
	if (!n->overlaid)
		return;
	struct dir *d = n->parent->dir;
	size_t i = d->n;
	while (d->over[--i] != n)
		;
	d->over[i] = d->over[--d->n];
	n->overlaid = false;
	unshow_label(m, n->parent);
	node_unpin(m, n);
}

bool node_keep(struct node *n)
{
	if (n == n->view->root)
		return true;
	if (!dir_of(n) || !node_overlay(n))
		return false;
	n->dir->made = true;
	return true;
}

void node_unkeep(struct mount *m, struct node *n)
{
	if (n->dir)
		n->dir->made = false;
	unshow_label(m, n);
}

bool node_kept(const struct node *n)
{
	return n->kind == NODE_TREE && n->dir && n->dir->made;
}

bool node_hidden(const struct node *n)
{
	return n->scratch && n->scratch->hidden;
}

void node_hide(struct mount *m, struct node *n)
{
	n->scratch->hidden = true;
	unshow_label(m, n->parent);
}

bool node_unhide(struct node *n)
{
	n->scratch->hidden = false;
	return show_label(n->parent);
}

void node_table_fini(struct node_table *t)
{
	free(t->bucket);
	*t = (struct node_table){ 0 };
}
