#include "dnsd/image_internal.h"

#include <stdlib.h>
#include <string.h>

#include "core/diff.h"

/* The owner parts of the keys that differ, each once. */
struct owners {
	struct ax_buf bytes; /* length LEB128, owner part */
	struct ax_buf last;
	size_t n, max;
};

static enum ax_err note_owner(void *ctx, struct ax_slice key, const struct ax_entry *a, const struct ax_entry *b)
{
	struct owners *o = ctx;
	size_t type_len;
	(void)a;
	(void)b;
	/* Cut off what closes a key: 00 type, and for RRSIG the type covered. The owner part ends in 00 or is empty,
	 * so the first 00 that stands at a label's beginning closes it. */
	size_t i = 0;
	while (i < key.n && key.p[i] != 0) {
		while (i < key.n && key.p[i] != 0)
			i++;
		i++;
	}
	type_len = key.n > i ? key.n - i : 0;
	struct ax_slice owner = ax_slice(key.p, key.n - type_len);
	if (o->n && ax_slice_eq(owner, ax_buf_view(&o->last)))
		return AX_OK;
	if (o->n++ == o->max)
		return AX_ELIMIT;
	ax_buf_clear(&o->last);
	ax_buf_slice(&o->last, owner);
	ax_buf_leb(&o->bytes, owner.n);
	ax_buf_slice(&o->bytes, owner);
	return ax_buf_check(&o->bytes);
}

struct update {
	struct image *im;
	struct hamt_edit edit;
	struct order_edit order;
	uint64_t copied; /* names */
};

static enum ax_err put(struct update *u, uint64_t hash, const struct image_name *old, struct image_name *new)
{
	if (hamt_put(&u->im->names, &u->edit, hash, (void *)old, new))
		return AX_OK;
	free(new);
	return ax_fail(AX_ENOMEM, "no memory for the image of a zone");
}

/* Change a name's count of children by delta; star: the child is "*". */
static enum ax_err change_children(struct update *u, uint64_t hash, const struct image_name *old, int delta,
				   bool star)
{
	struct image_name *x = (struct image_name *)old;
	if (old->edit != u->edit.id) {
		size_t size = image_name_size(old);
		x = malloc(size);
		if (!x)
			return ax_fail(AX_ENOMEM, "no memory for the image of a zone");
		memcpy(x, old, size);
		x->refs = 1;
		x->edit = u->edit.id;
		u->copied++;
		enum ax_err e = put(u, hash, old, x);
		if (e)
			return e;
	}
	x->children += (uint32_t)delta;
	if (star && delta > 0)
		x->flags |= IMAGE_WILDCARD;
	if (star && delta < 0)
		x->flags &= (uint8_t)~IMAGE_WILDCARD;
	return AX_OK;
}

/* The name of k labels has come to be: its parent gets a child, and comes to be too if it was not there. */
static enum ax_err link_parent(struct update *u, const struct dname *name, unsigned k)
{
	for (; k > u->im->apex_labels; k--) {
		const struct image_name *parent = find_exact(u->im, name, k - 1);
		if (parent)
			return change_children(u, name->hash[k - 1], parent, 1, image_is_star(name, k));
		struct image_name *x = image_name_new(u->im, u->edit.id, name, k - 1, NULL);
		if (!x)
			return ax_fail(AX_ENOMEM, "no memory for the image of a zone");
		x->children = 1;
		x->flags |= image_is_star(name, k) ? IMAGE_WILDCARD : 0;
		enum ax_err e = put(u, name->hash[k - 1], NULL, x);
		if (e)
			return e;
	}
	return AX_OK;
}

/* The name of k labels is gone: so is an empty non-terminal above it whose only child it was. */
static enum ax_err unlink_parent(struct update *u, const struct dname *name, unsigned k)
{
	for (; k > u->im->apex_labels; k--) {
		const struct image_name *parent = find_exact(u->im, name, k - 1);
		if (!parent)
			return ax_fail(AX_EINTERNAL, "a name of the image has no parent");
		if (parent->children > 1 || parent->rrsets || k - 1 == u->im->apex_labels)
			return change_children(u, name->hash[k - 1], parent, -1, image_is_star(name, k));
		enum ax_err e = put(u, name->hash[k - 1], parent, NULL);
		if (e)
			return e;
	}
	return AX_OK;
}

/* Make the name, whose owner part of keys is `owner`, what the draft says. */
static enum ax_err set_name(struct update *u, const struct dname *name, struct ax_slice owner,
			    const struct image_draft *d)
{
	const struct image_name *old = find_exact(u->im, name, name->labels);
	uint32_t children = old ? old->children : 0;
	bool gone = !d->rrsets && !children;
	struct image_name *x = NULL;
	if (gone && !old)
		return AX_OK;
	if (!gone) {
		x = image_name_new(u->im, u->edit.id, name, name->labels, d);
		if (!x)
			return ax_fail(AX_ENOMEM, "no memory for the image of a zone");
		x->children = children;
		x->flags |= old ? old->flags & IMAGE_WILDCARD : 0;
	}
	bool was_there = old != NULL;
	u->copied += was_there && x;
	image_reorder(u->im, &u->order, name->hash[name->labels], owner, old ? old->flags : 0, d->flags);
	enum ax_err e = put(u, name->hash[name->labels], old, x);
	if (!e && !was_there)
		e = link_parent(u, name, name->labels);
	if (!e && gone)
		e = unlink_parent(u, name, name->labels);
	return e;
}

/* Read each owner that changed from the new tree. */
static enum ax_err apply(struct update *u, struct ax_txn *t, const struct ax_root *root, const struct owners *o)
{
	struct image_scan s = { .apex = image_apex(u->im) };
	struct ax_reader r = ax_reader(ax_buf_view(&o->bytes));
	struct ax_buf key = AX_BUF_INIT;
	struct dname name;
	enum ax_err e = ax_cursor_init(&s.cursor, t, root);
	while (!e && ax_reader_left(&r)) {
		uint16_t type, covered;
		struct ax_slice owner = ax_get_bytes(&r, ax_get_leb(&r));
		ax_buf_clear(&key);
		ax_buf_slice(&key, owner);
		ax_key_type(&key, 0, 0);
		e = ax_buf_check(&key);
		if (!e)
			e = ax_cursor_seek(&s.cursor, ax_buf_view(&key));
		ax_buf_clear(&s.owner);
		ax_buf_slice(&s.owner, owner);
		image_draft_clear(&s.draft);
		if (!e)
			e = ax_buf_check(&s.owner);
		if (!e && s.cursor.valid && image_same_owner(&s, s.cursor.entry.key))
			e = image_scan_owner(&s);
		else if (!e)
			e = ax_key_parse(&s.name, &type, &covered, NULL, ax_buf_view(&key), &s.apex);
		if (!e) {
			dname_take(&name, s.name.wire, s.name.n);
			e = set_name(u, &name, owner, &s.draft);
		}
	}
	ax_buf_fini(&key);
	image_scan_fini(&s);
	return e;
}

enum ax_err image_update(struct image **out, const struct image *old, struct ax_txn *t,
			 const struct ax_commit_info *c, size_t max_owners)
{
	struct owners o = { .max = max_owners };
	struct update u = { .edit = hamt_edit_begin(&image_names_kind) };
	*out = NULL;
	struct ax_name apex = image_apex(old);
	enum ax_err e = ax_tree_diff(t, &old->tree, &c->root, note_owner, &o);
	if (!e)
		e = image_bare(&u.im, old->zone, &apex, c);
	if (!e) {
		u.im->names = old->names;
		hamt_ref(u.im->names);
		for (unsigned i = 0; i < IMAGE_ORDERS; i++)
			order_ref(u.im->order[i] = old->order[i]);
		u.im->denial = old->denial;
		u.order.id = u.edit.id;
		e = apply(&u, t, &c->root, &o);
	}
	if (!e)
		e = image_settle(u.im);
	if (!e && u.order.failed)
		e = ax_fail(AX_ENOMEM, "no memory for the image of a zone");
	if (!e) {
		struct ax_denial now = image_denial(u.im, image_first(u.im->top), u.im->top->rrsets);
		e = ax_denial_eq(&now, &old->denial) ? AX_OK : AX_ELIMIT; /* all hashes are others */
	}
	if (e) {
		image_unref(u.im);
	} else {
		u.im->copied = u.edit.copied + u.order.copied + u.copied;
		*out = u.im;
	}
	ax_buf_fini(&o.bytes);
	ax_buf_fini(&o.last);
	return e;
}
