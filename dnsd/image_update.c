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
	struct index_edit edit;
	struct ax_cursor below; /* in the new tree, to see what stands below a name */
	uint64_t copied;        /* names */
};

static enum ax_err no_memory(void)
{
	return ax_fail(AX_ENOMEM, "no memory for the image of a zone");
}

/* Put the block of the name that the last k labels make in place of the old; NULL: there is none. */
static enum ax_err put(struct update *u, const struct dname *name, unsigned k, const struct image_name *old,
		       struct image_name *new)
{
	if (!image_reorder(u->im, old, new, &u->edit.copied)) {
		if (new)
			index_item_unref(slab_ref(new), &image_names_kind);
		return no_memory();
	}
	bool done = index_put(&u->im->names, &u->edit, image_name_hash(u->im, name, k), old ? slab_ref(old) : 0,
			      new ? slab_ref(new) : 0);
	if (done && k == u->im->apex_labels)
		u->im->top = new;
	if (done)
		return AX_OK;
	if (new)
		index_item_unref(slab_ref(new), &image_names_kind); /* an order may hold it still */
	return u->edit.crowded ? AX_ELIMIT : no_memory();
}

static enum ax_err change_flags(struct update *u, const struct dname *name, unsigned k, const struct image_name *old,
				unsigned flags)
{
	if (old->flags == flags)
		return AX_OK;
	struct image_name *x = image_name_copy(old, image_glue(old));
	if (!x)
		return no_memory();
	x->flags = (uint16_t)flags;
	u->copied++;
	return put(u, name, k, old, x);
}

/* The name of k labels has come to be: its parent has a child, and comes to be too if it was not there. */
static enum ax_err link_parent(struct update *u, const struct dname *name, unsigned k)
{
	for (; k > u->im->apex_labels; k--) {
		const struct image_name *parent = find_exact(u->im, name, k - 1);
		unsigned flags = IMAGE_PARENT | (image_is_star(name, k) ? IMAGE_WILDCARD : 0u);
		if (parent)
			return change_flags(u, name, k - 1, parent, parent->flags | flags);
		struct image_name *x = image_name_new(u->im, name, k - 1, NULL);
		if (!x)
			return no_memory();
		x->flags |= (uint16_t)flags;
		enum ax_err e = put(u, name, k - 1, NULL, x);
		if (e)
			return e;
	}
	return AX_OK;
}

/* Does the new tree have names below the one whose owner part of keys is this? Labels never begin with 00, as what
 * follows the owner in its own keys does. */
static enum ax_err has_children(bool *out, struct update *u, struct ax_slice owner)
{
	struct ax_buf key = AX_BUF_INIT;
	ax_buf_slice(&key, owner);
	ax_buf_u8(&key, 1);
	enum ax_err e = ax_buf_check(&key);
	if (!e)
		e = ax_cursor_seek(&u->below, ax_buf_view(&key));
	*out = !e && u->below.valid && ax_slice_starts(u->below.entry.key, owner);
	ax_buf_fini(&key);
	return e;
}

/* The owner part of keys of the name above: a label is closed by 00 and has none inside. */
static struct ax_slice owner_above(struct ax_slice owner)
{
	size_t n = owner.n - 1;
	while (n > 0 && owner.p[n - 1] != 0)
		n--;
	return ax_slice(owner.p, n);
}

/* The name of k labels, whose owner part of keys is `owner`, is gone: so is an empty non-terminal above it that has
 * nothing below it any more. */
static enum ax_err unlink_parent(struct update *u, const struct dname *name, unsigned k, struct ax_slice owner)
{
	for (; k > u->im->apex_labels; k--) {
		const struct image_name *parent = find_exact(u->im, name, k - 1);
		bool more;
		owner = owner_above(owner);
		if (!parent)
			return AX_OK; /* it went with another name below it */
		enum ax_err e = has_children(&more, u, owner);
		if (e)
			return e;
		unsigned gone = (more ? 0u : IMAGE_PARENT) | (image_is_star(name, k) ? IMAGE_WILDCARD : 0u);
		if (more || parent->rrsets || k - 1 == u->im->apex_labels)
			return change_flags(u, name, k - 1, parent, parent->flags & ~gone);
		e = put(u, name, k - 1, parent, NULL);
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
	unsigned kept = old ? old->flags & (IMAGE_PARENT | IMAGE_WILDCARD) : 0;
	bool was_there = old != NULL, gone = !d->rrsets && !(kept & IMAGE_PARENT);
	struct image_name *x = NULL;
	if (gone && !old)
		return AX_OK;
	if (!gone) {
		x = image_name_new(u->im, name, name->labels, d);
		if (!x)
			return no_memory();
		x->flags |= (uint16_t)kept;
	}
	u->copied += was_there && x;
	enum ax_err e = put(u, name, name->labels, old, x);
	if (x)
		image_note(u->im, name->labels - u->im->apex_labels, d->flags);
	if (!e && !was_there)
		e = link_parent(u, name, name->labels);
	if (!e && gone)
		e = unlink_parent(u, name, name->labels, owner);
	return e;
}

/* The name whose owner part of keys is `owner`; *key: its first key, were it there. */
static enum ax_err owner_name(struct ax_name *out, struct ax_buf *key, const struct image_scan *s,
			      struct ax_slice owner)
{
	uint16_t type, covered;
	ax_buf_clear(key);
	ax_buf_slice(key, owner);
	ax_key_type(key, 0, 0);
	enum ax_err e = ax_buf_check(key);
	return e ? e : ax_key_parse(out, &type, &covered, NULL, ax_buf_view(key), &s->apex);
}

/* Read an owner from the new tree. */
static enum ax_err apply_owner(struct update *u, struct image_scan *s, struct ax_buf *key, struct ax_slice owner)
{
	struct dname name;
	enum ax_err e = owner_name(&s->name, key, s, owner);
	if (!e)
		e = ax_cursor_seek(&s->cursor, ax_buf_view(key));
	ax_buf_clear(&s->owner);
	ax_buf_slice(&s->owner, owner);
	image_draft_clear(&s->draft);
	if (!e)
		e = ax_buf_check(&s->owner);
	if (!e && s->cursor.valid && image_same_owner(s, s->cursor.entry.key))
		e = image_scan_owner(s);
	if (e)
		return e;
	dname_take(&name, s->name.wire, s->name.n);
	return set_name(u, &name, owner, &s->draft);
}

/* The cuts at and above an owner that changed may have other glue. */
static enum ax_err refresh_cuts(struct update *u, struct image_scan *s, struct ax_buf *key, struct ax_slice owner)
{
	struct dname name;
	enum ax_err e = owner_name(&s->name, key, s, owner);
	if (e)
		return e;
	dname_take(&name, s->name.wire, s->name.n);
	for (unsigned k = u->im->apex_labels + 1u; !e && k <= name.labels; k++)
		e = image_refresh_cut(u->im, &u->edit, &name, k);
	return e;
}

typedef enum ax_err owner_fn(struct update *u, struct image_scan *s, struct ax_buf *key, struct ax_slice owner);

static enum ax_err each_owner(struct update *u, struct image_scan *s, const struct owners *o, owner_fn *fn)
{
	struct ax_buf key = AX_BUF_INIT;
	enum ax_err e = AX_OK;
	for (struct ax_reader r = ax_reader(ax_buf_view(&o->bytes)); !e && ax_reader_left(&r);)
		e = fn(u, s, &key, ax_get_bytes(&r, ax_get_leb(&r)));
	ax_buf_fini(&key);
	return e;
}

static enum ax_err apply(struct update *u, struct ax_txn *t, const struct ax_root *root, const struct owners *o)
{
	struct image_scan s;
	enum ax_err e = image_scan_init(&s, u->im, t, root);
	if (!e)
		e = ax_cursor_init(&u->below, t, root);
	if (!e)
		e = each_owner(u, &s, o, apply_owner);
	if (!e && u->im->cuts)
		e = each_owner(u, &s, o, refresh_cuts);
	ax_cursor_fini(&u->below);
	image_scan_fini(&s);
	return e;
}

/* A new image that has all of the old one's names. */
static enum ax_err begin(struct update *u, const struct image *old, const struct ax_commit_info *c)
{
	struct ax_name apex = image_apex(old);
	enum ax_err e = image_bare(&u->im, old->zone, &apex, c);
	if (e)
		return e;
	struct image *im = u->im;
	im->names = old->names;
	index_ref(im->names);
	for (unsigned i = 0; i < IMAGE_ORDERS; i++)
		order_ref(im->order[i] = old->order[i]);
	im->top = old->top;
	im->cuts = old->cuts;
	im->deepest = old->deepest;
	u->edit = (struct index_edit){ .kind = &image_names_kind };
	return image_set_denial(im, old->denial);
}

enum ax_err image_update(struct image **out, const struct image *old, struct ax_txn *t,
			 const struct ax_commit_info *c, size_t max_owners)
{
	struct owners o = { .max = max_owners };
	struct update u = { .im = NULL };
	*out = NULL;
	enum ax_err e = ax_tree_diff(t, &old->tree, &c->root, note_owner, &o);
	if (!e)
		e = begin(&u, old, c);
	if (!e)
		e = ax_commit_id(&u.im->id, t, c->local);
	if (!e)
		e = apply(&u, t, &c->root, &o);
	if (!e)
		e = image_settle(u.im);
	if (!e) {
		struct ax_denial now = image_denial(u.im, image_first(u.im->top), u.im->top->rrsets);
		e = ax_denial_eq(&now, old->denial) ? AX_OK : AX_ELIMIT; /* all hashes are others */
	}
	if (e) {
		image_unref(u.im);
	} else {
		u.im->copied = u.edit.copied + u.copied;
		*out = u.im;
	}
	ax_buf_fini(&o.bytes);
	ax_buf_fini(&o.last);
	return e;
}
