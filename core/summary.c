/* What a commit says when nobody wrote a message. */
#include "core/publish.h"
#include "core/render.h"

#include <inttypes.h>
#include <string.h>

enum { SUBJECT_MAX = 190, LINES_MAX = 20 };

/* Cut what was appended since `from` to max bytes, with a sign that it goes on. */
static void shorten(struct ax_buf *b, size_t from, size_t max)
{
	if (b->failed || b->n - from <= max)
		return;
	b->n = from + max - 3;
	ax_buf_str(b, "...");
}

static enum ax_err put_change(struct ax_work *w, struct ax_txn *t, const struct ax_edit *edit)
{
	struct ax_entry found;
	size_t from = w->message.n;
	enum ax_err e = ax_tree_find(&found, t, &w->base_info.root, edit->key);
	if (e && e != AX_ENOENT)
		return e;
	/* A serial that is not newer is not taken: the message must not tell of it. */
	bool takes_given = w->has_serial && (!w->tip.commit || ax_serial_asks(w));
	struct ax_render_side was = { found.value, w->tip_info.serial };
	struct ax_render_side is = { edit->value, takes_given ? w->given : w->tip_info.serial };
	e = ax_render_change(&w->message, &w->zone.apex, edit->key, &was, &is);
	shorten(&w->message, from, SUBJECT_MAX);
	return e;
}

static enum ax_err put_names(struct ax_work *w)
{
	enum ax_err e = AX_OK;
	ax_buf_printf(&w->message, "%zu RRsets changed:", w->n);
	for (size_t i = 0; !e && i < w->n && w->message.n <= SUBJECT_MAX; i++) {
		ax_buf_str(&w->message, i ? ", " : " ");
		e = ax_render_key(&w->message, &w->zone.apex, w->edits[i].key);
	}
	shorten(&w->message, 0, SUBJECT_MAX);
	return e;
}

static enum ax_err put_list(struct ax_work *w, struct ax_txn *t)
{
	enum ax_err e = AX_OK;
	ax_buf_str(&w->message, "\n");
	for (size_t i = 0; !e && i < w->n && i < LINES_MAX; i++) {
		ax_buf_str(&w->message, "\n");
		e = put_change(w, t, &w->edits[i]);
	}
	if (w->n > LINES_MAX)
		ax_buf_printf(&w->message, "\nand %zu more", w->n - LINES_MAX);
	return e;
}

/* A message as somebody wrote it, without the blank lines an editor leaves around it. */
static enum ax_err put_given(struct ax_work *w, const char *s)
{
	size_t n = strlen(s);
	while (n && strchr(" \t\n", s[n - 1]))
		n--;
	while (n && *s == '\n') {
		s++;
		n--;
	}
	ax_buf_put(&w->message, s, n);
	return ax_buf_check(&w->message);
}

enum ax_err ax_summary_make(struct ax_work *w, struct ax_txn *t)
{
	enum ax_err e = w->change->message ? put_given(w, w->change->message) : AX_OK;
	if (e || w->message.n)
		return e;
	if (!w->n)
		ax_buf_printf(&w->message, "@ SOA: serial %" PRIu32 " -> %" PRIu32, w->tip_info.serial, w->given);
	else if (w->n == 1)
		e = put_change(w, t, &w->edits[0]);
	else if (!(e = put_names(w)))
		e = put_list(w, t);
	return e ? e : ax_buf_check(&w->message);
}
