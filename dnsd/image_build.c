#include "dnsd/image_internal.h"

#include <stdlib.h>

/* The tree comes in canonical order: what is open is the path from the apex to the name just read. */
struct build {
	struct image *im;
	struct hamt_edit edit;
	struct order_edit order;
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

static enum ax_err build_name(struct build *b, const struct image_draft *d, struct ax_slice owner)
{
	unsigned apex = b->im->apex_labels;
	if (b->n == 0 && b->name.labels != apex)
		return ax_fail(AX_ECORRUPT, "the zone has nothing at its apex");
	if (b->n == 0)
		b->im->denial = image_denial(b->im, (const struct image_rrset *)d->bytes.p, d->rrsets);
	unsigned k = b->n ? shared_labels(b) + 1 : apex;
	for (; k <= b->name.labels; k++) {
		struct image_name *x = image_name_new(b->im, b->edit.id, &b->name, k, k == b->name.labels ? d : NULL);
		enum ax_err e = keep(b, b->name.hash[k], x);
		if (e)
			return e;
		b->open[k] = x;
		if (k == apex)
			continue;
		b->open[k - 1]->children++;
		if (image_is_star(&b->name, k))
			b->open[k - 1]->flags |= IMAGE_WILDCARD;
	}
	image_reorder(b->im, &b->order, b->name.hash[b->name.labels], owner, 0, d->flags);
	b->open_name = b->name;
	b->depth = b->name.labels;
	return AX_OK;
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
	struct image_scan s = { .apex = image_apex(b->im) };
	size_t owners = 0;
	enum ax_err e = ax_cursor_init(&s.cursor, t, root);
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

enum ax_err image_build(struct image **out, struct ax_txn *t, uint32_t zone, const struct ax_name *apex,
			const struct ax_commit_info *c, image_pause_fn *pause, void *ctx)
{
	struct hamt_entry *scratch = NULL;
	*out = NULL;
	struct build *b = calloc(1, sizeof *b); /* too big for a thread's stack to be taken lightly */
	if (!b)
		return ax_fail(AX_ENOMEM, "no memory for the image of a zone");
	b->edit = hamt_edit_begin(&image_names_kind);
	b->order.id = b->edit.id;
	enum ax_err e = image_bare(&b->im, zone, apex, c);
	if (!e)
		e = read_names(b, t, &c->root, pause, ctx);
	if (!e && !(scratch = malloc(b->n * sizeof *scratch + 1)))
		e = ax_fail(AX_ENOMEM, "no memory for the image of a zone");
	if (!e && b->order.failed)
		e = ax_fail(AX_ENOMEM, "no memory for the image of a zone");
	if (!e && !hamt_build(&b->im->names, &b->edit, b->entries, scratch, b->n))
		e = ax_fail(AX_ENOMEM, "no memory for the image of a zone");
	if (e)
		for (size_t i = 0; i < b->n; i++)
			image_name_unref(b->entries[i].item);
	else
		e = image_settle(b->im);
	free(b->entries);
	free(scratch);
	if (e)
		image_unref(b->im);
	else
		*out = b->im;
	free(b);
	return e;
}
