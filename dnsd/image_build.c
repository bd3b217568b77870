#include "dnsd/image_internal.h"

#include <stdlib.h>

/* The tree comes in canonical order: what is open is the path from the apex to the name just read. */
struct build {
	struct image *im;
	struct index_edit edit;
	struct ax_buf order[IMAGE_ORDERS]; /* struct order_entry each */
	struct index_entry *entries;
	size_t n, cap;
	struct ax_buf cuts; /* their blocks, u32 each */
	struct dname name;
	struct image_name *open[AX_LABELS_MAX + 1]; /* by number of labels */
	struct dname open_name;
	unsigned depth; /* labels of the deepest open name */
};

static enum ax_err keep(struct build *b, uint64_t hash, struct image_name *x)
{
	if (x && b->n == b->cap) {
		size_t cap = b->cap ? 2 * b->cap : 64;
		struct index_entry *entries = realloc(b->entries, cap * sizeof *entries);
		if (entries) {
			b->entries = entries;
			b->cap = cap;
		}
	}
	if (!x || b->n == b->cap) {
		if (x)
			slab_free(slab_ref(x));
		return ax_fail(AX_ENOMEM, "no memory for the image of a zone");
	}
	b->entries[b->n++] = (struct index_entry){ hash, slab_ref(x) };
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

/* Note the name for the orders it belongs to: names come in order. */
static enum ax_err note_order(struct build *b, const struct image_name *x, struct ax_slice owner)
{
	static const unsigned has[IMAGE_ORDERS] = { IMAGE_NSEC, IMAGE_NSEC3 };
	struct order_entry entry = { order_head(owner), slab_ref(x) };
	enum ax_err e = AX_OK;
	for (unsigned i = 0; !e && i < IMAGE_ORDERS; i++) {
		if (!(x->flags & has[i]))
			continue;
		ax_buf_put(&b->order[i], &entry, sizeof entry);
		e = ax_buf_check(&b->order[i]);
	}
	return e;
}

static enum ax_err build_orders(struct build *b)
{
	bool done = true;
	for (unsigned i = 0; done && i < IMAGE_ORDERS; i++)
		done = order_build(&b->im->order[i], &image_order_kind, (const struct order_entry *)b->order[i].p,
				   b->order[i].n / sizeof(struct order_entry));
	return done ? AX_OK : ax_fail(AX_ENOMEM, "no memory for the image of a zone");
}

static enum ax_err build_name(struct build *b, const struct image_draft *d, struct ax_slice owner)
{
	unsigned apex = b->im->apex_labels;
	if (b->n == 0 && b->name.labels != apex)
		return ax_fail(AX_ECORRUPT, "the zone has nothing at its apex");
	if (b->n == 0) {
		struct ax_denial denial = image_denial(b->im, (const struct wireset *)d->bytes.p, d->rrsets);
		enum ax_err e = image_set_denial(b->im, &denial);
		if (e)
			return e;
	}
	unsigned k = b->n ? shared_labels(b) + 1 : apex;
	for (; k <= b->name.labels; k++) {
		struct image_name *x = image_name_new(b->im, &b->name, k, k == b->name.labels ? d : NULL);
		enum ax_err e = keep(b, image_name_hash(b->im, &b->name, k), x);
		if (e)
			return e;
		b->open[k] = x;
		if (k == apex)
			continue;
		b->open[k - 1]->flags |= IMAGE_PARENT;
		if (image_is_star(&b->name, k))
			b->open[k - 1]->flags |= IMAGE_WILDCARD;
	}
	image_note(b->im, b->name.labels - apex, d->flags);
	if (d->flags & IMAGE_CUT)
		ax_buf_u32(&b->cuts, slab_ref(b->open[b->name.labels]));
	b->open_name = b->name;
	b->depth = b->name.labels;
	enum ax_err e = ax_buf_check(&b->cuts);
	return e ? e : note_order(b, b->open[b->name.labels], owner);
}

/* Give the cuts their glue, as all names are there. */
static enum ax_err finish_cuts(struct build *b)
{
	enum ax_err e = AX_OK;
	for (struct ax_reader r = ax_reader(ax_buf_view(&b->cuts)); !e && ax_reader_left(&r);) {
		uint8_t wire[AX_NAME_MAX];
		size_t n = image_owner(wire, b->im, slab_at(ax_get_u32(&r)));
		dname_take(&b->name, wire, n);
		e = image_refresh_cut(b->im, &b->edit, &b->name, b->name.labels);
	}
	return e;
}

/* Let others have a word: the cursor is given up meanwhile, as the transaction may be renewed. */
static enum ax_err pause_build(struct image_scan *s, struct ax_txn *t, const struct ax_root *root,
			       image_pause_fn *pause, void *ctx)
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
	struct image_scan s;
	size_t owners = 0;
	enum ax_err e = image_scan_init(&s, b->im, t, root);
	s.cursor.verify = true; /* what is served for long is read once */
	if (!e)
		e = ax_cursor_seek(&s.cursor, ax_slice("", 0));
	while (!e && s.cursor.valid) {
		e = image_scan_owner(&s);
		if (!e) {
			dname_take(&b->name, s.name.wire, s.name.n);
			e = build_name(b, &s.draft, ax_buf_view(&s.owner));
		}
		if (!e && ++owners % PAUSE_EVERY == 0 && pause && s.cursor.valid)
			e = pause_build(&s, t, root, pause, ctx);
	}
	image_scan_fini(&s);
	return e;
}

static enum ax_err build_index(struct build *b)
{
	struct index_entry *scratch = malloc(b->n * sizeof *scratch + 1);
	bool done = scratch && index_build(&b->im->names, &b->edit, b->entries, scratch, b->n);
	free(scratch);
	if (done)
		b->n = 0; /* its items are the index's */
	if (b->edit.crowded)
		return ax_fail(AX_ELIMIT, "too many names of a zone have one hash");
	return done ? AX_OK : ax_fail(AX_ENOMEM, "no memory for the image of a zone");
}

enum ax_err image_build(struct image **out, struct ax_txn *t, uint32_t zone, const struct ax_name *apex,
			const struct ax_commit_info *c, image_pause_fn *pause, void *ctx)
{
	*out = NULL;
	struct build *b = calloc(1, sizeof *b); /* too big for a thread's stack to be taken lightly */
	if (!b)
		return ax_fail(AX_ENOMEM, "no memory for the image of a zone");
	enum ax_err e = image_bare(&b->im, zone, apex, c);
	b->edit = (struct index_edit){ .kind = &image_names_kind };
	if (!e)
		e = ax_commit_id(&b->im->id, t, c->local);
	if (!e)
		e = read_names(b, t, &c->root, pause, ctx);
	if (!e)
		e = build_index(b);
	if (!e)
		e = build_orders(b);
	for (size_t i = 0; i < b->n; i++)
		slab_free(b->entries[i].item);
	free(b->entries);
	if (!e)
		e = image_settle(b->im);
	if (!e)
		e = finish_cuts(b);
	if (e)
		image_unref(b->im);
	else
		*out = b->im;
	ax_buf_fini(&b->cuts);
	for (unsigned i = 0; i < IMAGE_ORDERS; i++)
		ax_buf_fini(&b->order[i]);
	free(b);
	return e;
}
