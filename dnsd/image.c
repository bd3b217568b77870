#include "dnsd/image.h"

#include <stdlib.h>
#include <string.h>

#include "core/diff.h"
#include "dnsd/find.h"

/* -- names ------------------------------------------------------------------------------------------------ */

static void name_ref(void *item)
{
	((struct image_name *)item)->refs++;
}

static void name_unref(void *item)
{
	struct image_name *name = item;
	if (--name->refs == 0)
		free(name);
}

static const struct hamt_kind names_kind = { name_ref, name_unref };

/* The RRsets of one owner being gathered. */
struct draft {
	struct ax_buf bytes;
	uint32_t rrsets;
	uint8_t flags;
};

static void draft_clear(struct draft *d)
{
	ax_buf_clear(&d->bytes);
	d->rrsets = 0;
	d->flags = 0;
}

static void note_flags(struct draft *d, uint16_t type, bool at_apex)
{
	if (type == AX_TYPE_NS && !at_apex)
		d->flags |= IMAGE_CUT;
	if (type == AX_TYPE_DNAME)
		d->flags |= IMAGE_DNAME;
	if (type == AX_TYPE_CNAME)
		d->flags |= IMAGE_CNAME;
}

/* Types whose RDATA the answer takes apart without looking at its bounds. */
static bool must_be_sound(uint16_t type)
{
	switch (type) {
	case AX_TYPE_NS:
	case AX_TYPE_CNAME:
	case AX_TYPE_SOA:
	case AX_TYPE_MX:
	case AX_TYPE_SRV:
	case AX_TYPE_DNAME:
	case AX_TYPE_SVCB:
	case AX_TYPE_HTTPS:
		return true;
	default:
		return false;
	}
}

/* Append a stored RRset in the image's form. */
static enum ax_err draft_add(struct draft *d, struct ax_slice type_part, struct ax_slice value, bool at_apex)
{
	struct ax_rrset set;
	struct ax_rr rr;
	struct image_rrset head = { .type = ax_be16(type_part.p) };
	if (type_part.n >= 4)
		head.covered = ax_be16(type_part.p + 2);
	enum ax_err e = ax_rrset_view(&set, head.type, head.covered, value);
	if (e)
		return e;
	head.count = set.count;
	head.ttl_s = set.ttl_s;
	size_t at = d->bytes.n;
	ax_buf_put(&d->bytes, &head, sizeof head);
	for (size_t pos = 0; ax_rrset_next(&rr, &set, &pos);) {
		if (must_be_sound(head.type) && ax_rdata_check(head.type, rr.rdata))
			return ax_fail(AX_ECORRUPT, "an RRset holds malformed RDATA");
		if (head.type == AX_TYPE_RRSIG)
			ax_buf_u32(&d->bytes, rr.ttl_s);
		ax_buf_u16(&d->bytes, (uint16_t)rr.rdata.n);
		ax_buf_slice(&d->bytes, rr.rdata);
	}
	head.size = (uint32_t)(d->bytes.n - at - sizeof head);
	while (d->bytes.n % 4)
		ax_buf_u8(&d->bytes, 0);
	if (d->bytes.failed)
		return ax_buf_check(&d->bytes);
	memcpy(d->bytes.p + at, &head, sizeof head);
	note_flags(d, head.type, at_apex);
	return ++d->rrsets > UINT16_MAX ? ax_fail(AX_ELIMIT, "a name has over 65,535 RRsets") : AX_OK;
}

/* A name's block: name has n octets relative to the apex; d NULL makes an empty non-terminal. */
static struct image_name *name_new(uint32_t edit, const uint8_t *name, size_t n, const struct draft *d)
{
	size_t padded = (n + 3) & ~(size_t)3, bytes = d ? d->bytes.n : 0;
	struct image_name *x = malloc(sizeof *x + padded + bytes);
	if (!x)
		return NULL;
	*x = (struct image_name){ .refs = 1, .edit = edit, .n = (uint8_t)n };
	memcpy(x->name, name, n);
	memset(x->name + n, 0, padded - n);
	if (d) {
		x->rrsets = (uint16_t)d->rrsets;
		x->flags = d->flags;
		if (bytes)
			memcpy(x->name + padded, d->bytes.p, bytes);
	}
	return x;
}

static size_t name_size(const struct image_name *x)
{
	const struct image_rrset *s = image_first(x);
	for (unsigned i = 0; i < x->rrsets; i++)
		s = image_next(s);
	return (size_t)((const uint8_t *)s - (const uint8_t *)x);
}

/* The octets of the first k labels' name before the apex's part. */
static size_t relative(const uint8_t **out, const struct image *im, const struct dname *name, unsigned k)
{
	*out = name->wire + name->at[k];
	return (size_t)(name->n - name->at[k] - im->apex_n);
}

static bool is_star(const struct dname *name, unsigned k)
{
	return name->wire[name->at[k]] == 1 && name->wire[name->at[k] + 1] == '*';
}

/* -- images ----------------------------------------------------------------------------------------------- */

enum ax_err image_bare(struct image **out, uint32_t zone, const struct ax_name *apex, const struct ax_commit_info *c)
{
	*out = NULL;
	struct dname name;
	struct image *im = calloc(1, sizeof *im + apex->n);
	if (!im)
		return ax_fail(AX_ENOMEM, "no memory for a zone");
	im->refs = 1;
	im->state = IMAGE_UNBORN;
	im->zone = zone;
	dname_take(&name, apex->wire, apex->n);
	im->apex_hash = name.hash[name.labels];
	im->apex_labels = name.labels;
	im->apex_n = name.n;
	memcpy(im->apex, name.wire, name.n);
	if (c) {
		im->state = IMAGE_LOADING;
		im->commit = c->local;
		im->tree = c->root;
		im->serial = c->serial;
	}
	*out = im;
	return AX_OK;
}

void image_ref(struct image *im)
{
	im->refs++;
}

void image_unref(struct image *im)
{
	if (!im || --im->refs)
		return;
	hamt_unref(im->names, &names_kind);
	free(im);
}

static struct ax_name apex_of(const struct image *im)
{
	struct ax_name n;
	n.n = im->apex_n;
	memcpy(n.wire, im->apex, n.n);
	return n;
}

/* Find the apex again after a change; a zone is nothing without its SOA. */
static enum ax_err settle(struct image *im)
{
	struct dname apex;
	dname_take(&apex, im->apex, im->apex_n);
	im->top = find_exact(im, &apex, im->apex_labels);
	if (!im->top || !find_rrset(im->top, AX_TYPE_SOA))
		return ax_fail(AX_ECORRUPT, "the zone has no SOA");
	im->state = IMAGE_READY;
	return AX_OK;
}

/* -- reading the tree ------------------------------------------------------------------------------------- */

/* A walk of a tree owner by owner. */
struct scan {
	struct ax_cursor cursor;
	struct ax_name apex;
	struct ax_buf owner; /* the owner part of the keys of `name` */
	struct ax_name name;
	struct draft draft;
};

static bool same_owner(const struct scan *s, struct ax_slice key)
{
	return ax_slice_starts(key, ax_buf_view(&s->owner)) && key.n > s->owner.n && key.p[s->owner.n] == 0;
}

/* Gather the RRsets of the owner at the cursor, which ends up behind them. */
static enum ax_err scan_owner(struct scan *s)
{
	uint16_t type, covered;
	size_t owner_len;
	draft_clear(&s->draft);
	enum ax_err e = ax_key_parse(&s->name, &type, &covered, &owner_len, s->cursor.entry.key, &s->apex);
	if (e)
		return e;
	ax_buf_clear(&s->owner);
	ax_buf_put(&s->owner, s->cursor.entry.key.p, owner_len);
	e = ax_buf_check(&s->owner);
	while (!e && s->cursor.valid && same_owner(s, s->cursor.entry.key)) {
		struct ax_slice key = s->cursor.entry.key;
		struct ax_slice type_part = ax_slice(key.p + owner_len + 1, key.n - owner_len - 1);
		if (type_part.n < 2)
			return ax_fail(AX_ECORRUPT, "a key of the tree is malformed");
		e = draft_add(&s->draft, type_part, s->cursor.entry.value, owner_len == 0);
		if (!e)
			e = ax_cursor_next(&s->cursor);
	}
	return e;
}

static void scan_fini(struct scan *s)
{
	ax_cursor_fini(&s->cursor);
	ax_buf_fini(&s->owner);
	ax_buf_fini(&s->draft.bytes);
}

/* -- build ------------------------------------------------------------------------------------------------ */

/* The tree comes in canonical order: what is open is the path from the apex to the name just read. */
struct build {
	struct image *im;
	struct hamt_edit edit;
	struct hamt_entry *entries;
	size_t n, cap;
	struct dname name;
	struct image_name *open[AX_LABELS_MAX + 1]; /* by number of labels */
	struct dname open_name;
	unsigned depth; /* labels of the deepest open name */
};

static enum ax_err keep(struct build *b, uint64_t hash, struct image_name *x)
{
	if (x && b->n == b->cap) {
		size_t cap = b->cap ? 2 * b->cap : 64;
		struct hamt_entry *entries = realloc(b->entries, cap * sizeof *entries);
		if (entries) {
			b->entries = entries;
			b->cap = cap;
		}
	}
	if (!x || b->n == b->cap) {
		free(x);
		return ax_fail(AX_ENOMEM, "no memory for the image of a zone");
	}
	b->entries[b->n++] = (struct hamt_entry){ hash, x };
	return AX_OK;
}

/* How many labels of the open path lead to the new name too. */
static unsigned shared_labels(const struct build *b)
{
	unsigned k = b->im->apex_labels, most = b->depth < b->name.labels ? b->depth : b->name.labels;
	while (k < most && find_within(&b->name, &b->open_name, k + 1))
		k++;
	return k;
}

static enum ax_err build_name(struct build *b, const struct draft *d)
{
	unsigned apex = b->im->apex_labels;
	if (b->n == 0 && b->name.labels != apex)
		return ax_fail(AX_ECORRUPT, "the zone has nothing at its apex");
	unsigned k = b->n ? shared_labels(b) + 1 : apex;
	for (; k <= b->name.labels; k++) {
		const uint8_t *wire;
		size_t n = relative(&wire, b->im, &b->name, k);
		struct image_name *x = name_new(b->edit.id, wire, n, k == b->name.labels ? d : NULL);
		enum ax_err e = keep(b, b->name.hash[k], x);
		if (e)
			return e;
		b->open[k] = x;
		if (k == apex)
			continue;
		b->open[k - 1]->children++;
		if (is_star(&b->name, k))
			b->open[k - 1]->flags |= IMAGE_WILDCARD;
	}
	b->open_name = b->name;
	b->depth = b->name.labels;
	return AX_OK;
}

/* Let others have a word: the cursor is given up meanwhile, as the transaction may be renewed. */
static enum ax_err pause_build(struct scan *s, struct ax_txn *t, const struct ax_root *root, image_pause_fn *pause,
			       void *ctx)
{
	struct ax_buf key = AX_BUF_INIT;
	bool stop = false;
	ax_buf_slice(&key, s->cursor.entry.key);
	enum ax_err e = ax_buf_check(&key);
	if (!e) {
		ax_cursor_fini(&s->cursor);
		pause(ctx, t, &stop);
		e = ax_cursor_init(&s->cursor, t, root);
		s->cursor.verify = true;
	}
	if (!e)
		e = stop ? AX_ELOST : ax_cursor_seek(&s->cursor, ax_buf_view(&key));
	ax_buf_fini(&key);
	return e;
}

enum { PAUSE_EVERY = 16384 };

static enum ax_err read_names(struct build *b, struct ax_txn *t, const struct ax_root *root, image_pause_fn *pause,
			      void *ctx)
{
	struct scan s = { .apex = apex_of(b->im) };
	size_t owners = 0;
	enum ax_err e = ax_cursor_init(&s.cursor, t, root);
	s.cursor.verify = true; /* what is served for long is read once */
	if (!e)
		e = ax_cursor_seek(&s.cursor, ax_slice("", 0));
	while (!e && s.cursor.valid) {
		e = scan_owner(&s);
		if (!e) {
			dname_take(&b->name, s.name.wire, s.name.n);
			e = build_name(b, &s.draft);
		}
		if (!e && ++owners % PAUSE_EVERY == 0 && pause && s.cursor.valid)
			e = pause_build(&s, t, root, pause, ctx);
	}
	scan_fini(&s);
	return e;
}

enum ax_err image_build(struct image **out, struct ax_txn *t, uint32_t zone, const struct ax_name *apex,
			const struct ax_commit_info *c, image_pause_fn *pause, void *ctx)
{
	struct hamt_entry *scratch = NULL;
	*out = NULL;
	struct build *b = calloc(1, sizeof *b); /* too big for a thread's stack to be taken lightly */
	if (!b)
		return ax_fail(AX_ENOMEM, "no memory for the image of a zone");
	b->edit = hamt_edit_begin(&names_kind);
	enum ax_err e = image_bare(&b->im, zone, apex, c);
	if (!e)
		e = read_names(b, t, &c->root, pause, ctx);
	if (!e && !(scratch = malloc(b->n * sizeof *scratch + 1)))
		e = ax_fail(AX_ENOMEM, "no memory for the image of a zone");
	if (!e && !hamt_build(&b->im->names, &b->edit, b->entries, scratch, b->n))
		e = ax_fail(AX_ENOMEM, "no memory for the image of a zone");
	if (e)
		for (size_t i = 0; i < b->n; i++)
			name_unref(b->entries[i].item);
	else
		e = settle(b->im);
	free(b->entries);
	free(scratch);
	if (e)
		image_unref(b->im);
	else
		*out = b->im;
	free(b);
	return e;
}

/* -- update ----------------------------------------------------------------------------------------------- */

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
		size_t size = name_size(old);
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
			return change_children(u, name->hash[k - 1], parent, 1, is_star(name, k));
		const uint8_t *wire;
		size_t n = relative(&wire, u->im, name, k - 1);
		struct image_name *x = name_new(u->edit.id, wire, n, NULL);
		if (!x)
			return ax_fail(AX_ENOMEM, "no memory for the image of a zone");
		x->children = 1;
		x->flags = is_star(name, k) ? IMAGE_WILDCARD : 0;
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
			return change_children(u, name->hash[k - 1], parent, -1, is_star(name, k));
		enum ax_err e = put(u, name->hash[k - 1], parent, NULL);
		if (e)
			return e;
	}
	return AX_OK;
}

/* Make the name what the draft says. */
static enum ax_err set_name(struct update *u, const struct dname *name, const struct draft *d)
{
	const struct image_name *old = find_exact(u->im, name, name->labels);
	uint32_t children = old ? old->children : 0;
	bool gone = !d->rrsets && !children;
	struct image_name *x = NULL;
	if (gone && !old)
		return AX_OK;
	if (!gone) {
		const uint8_t *wire;
		size_t n = relative(&wire, u->im, name, name->labels);
		x = name_new(u->edit.id, wire, n, d);
		if (!x)
			return ax_fail(AX_ENOMEM, "no memory for the image of a zone");
		x->children = children;
		x->flags |= old ? old->flags & IMAGE_WILDCARD : 0;
	}
	bool was_there = old != NULL;
	u->copied += was_there && x;
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
	struct scan s = { .apex = apex_of(u->im) };
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
		draft_clear(&s.draft);
		if (!e)
			e = ax_buf_check(&s.owner);
		if (!e && s.cursor.valid && same_owner(&s, s.cursor.entry.key))
			e = scan_owner(&s);
		else if (!e)
			e = ax_key_parse(&s.name, &type, &covered, NULL, ax_buf_view(&key), &s.apex);
		if (!e) {
			dname_take(&name, s.name.wire, s.name.n);
			e = set_name(u, &name, &s.draft);
		}
	}
	ax_buf_fini(&key);
	scan_fini(&s);
	return e;
}

enum ax_err image_update(struct image **out, const struct image *old, struct ax_txn *t,
			 const struct ax_commit_info *c, size_t max_owners)
{
	struct owners o = { .max = max_owners };
	struct update u = { .edit = hamt_edit_begin(&names_kind) };
	*out = NULL;
	struct ax_name apex = apex_of(old);
	enum ax_err e = ax_tree_diff(t, &old->tree, &c->root, note_owner, &o);
	if (!e)
		e = image_bare(&u.im, old->zone, &apex, c);
	if (!e) {
		u.im->names = old->names;
		hamt_ref(u.im->names);
		e = apply(&u, t, &c->root, &o);
	}
	if (!e)
		e = settle(u.im);
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
