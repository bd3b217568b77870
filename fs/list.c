/* list.c - see list.h. */
#include "fs/list.h"

#include "fs/mount.h"
#include "fs/names.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Entries of one label that are looked at by going on before a seek is cheaper. */
enum { STEPS = 6, DOTS = 2 };

static int take_down(void *ctx, const char *name, unsigned type)
{
	struct list *l = ctx;
	size_t len = strlen(name);
	if (l->n == l->cap) {
		size_t cap = l->cap ? l->cap * 2 : 16;
		char **more = realloc(l->name, cap * sizeof(*more));
		if (!more)
			return ENOMEM;
		l->name = more;
		l->cap = cap;
	}
	char *copy = malloc(len + 2);
	if (!copy)
		return ENOMEM;
	copy[0] = type == S_IFDIR ? 'd' : type == S_IFLNK ? 'l' : 'f';
	memcpy(copy + 1, name, len + 1);
	l->name[l->n++] = copy;
	return 0;
}

int list_open(struct list **out, struct mount *m, struct ax_txn *t, struct node *dir)
{
	struct list *l = calloc(1, sizeof(*l));
	*out = NULL;
	if (!l)
		return ENOMEM;
	l->dir = dir;
	node_pin(dir);
	l->next = m->lists;
	l->link = &m->lists;
	if (l->next)
		l->next->link = &l->next;
	m->lists = l;
	int e = ns_list(m, t, dir, take_down, l);
	if (!e && dir->kind == NODE_TREE && dir->hashed) {
		l->in_tree = true;
		e = ax_err_errno(view_tip(&l->tip, dir->view, t));
		if (!e && !node_prefix(&l->prefix, dir))
			l->in_tree = false;
	}
	if (e)
		list_close(m, l);
	else
		*out = l;
	return e;
}

void list_close(struct mount *m, struct list *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->name[i]);
	free(l->name);
	for (size_t i = 0; i < LIST_MARKS; i++)
		ax_buf_fini(&l->mark[i].key);
	ax_buf_fini(&l->prefix);
	*l->link = l->next;
	if (l->next)
		l->next->link = l->link;
	node_unpin(m, l->dir);
	free(l);
}

/* One name of the tree: where it begins, and where what comes after it is looked for. */
struct found {
	char name[AX_LABEL_FILE_MAX + 1];
	unsigned type;
	bool hidden; /* waits to be deleted, or is taken down already */
	struct ax_buf next;
};

static bool taken_down(const struct list *l, const struct found *f)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->name[i] + 1, f->name) == 0)
			return true;
	return false;
}

/* Unescape a label of a key (name.h). */
static size_t plain_label(uint8_t out[AX_LABEL_MAX], const uint8_t *p, size_t n)
{
	size_t len = 0;
	for (size_t i = 0; i < n && len < AX_LABEL_MAX; i++)
		out[len++] = p[i] == 1 && i + 1 < n ? p[++i] - 1 : p[i];
	return len;
}

static enum ax_err found_type(struct found *f, const struct list *l, const struct ax_entry *entry)
{
	uint16_t type = ax_be16(entry->key.p + l->prefix.n + 1);
	ax_type_text(f->name, type);
	f->type = S_IFREG;
	ax_buf_clear(&f->next);
	ax_buf_slice(&f->next, ax_buf_view(&l->prefix));
	ax_buf_u8(&f->next, type == 0xffff);
	if (type != 0xffff)
		ax_buf_u16(&f->next, type + 1);
	f->hidden = waiting_find(&l->dir->view->waiting, entry->key);
	return ax_buf_check(&f->next);
}

static enum ax_err found_label(struct found *f, const struct list *l, const struct ax_entry *entry,
			       const uint8_t *end)
{
	const uint8_t *from = entry->key.p + l->prefix.n;
	uint8_t label[AX_LABEL_MAX];
	struct ax_buf name = AX_BUF_INIT;
	size_t n = plain_label(label, from, (size_t)(end - from));
	ax_label_to_file(&name, ax_slice(label, n));
	if (!name.failed && name.n <= AX_LABEL_FILE_MAX)
		memcpy(f->name, name.p, name.n);
	f->name[name.n <= AX_LABEL_FILE_MAX ? name.n : 0] = 0;
	ax_buf_fini(&name);
	f->type = S_IFDIR;
	ax_buf_clear(&f->next);
	ax_buf_put(&f->next, entry->key.p, (size_t)(end - entry->key.p));
	ax_buf_u8(&f->next, 1);
	return ax_buf_check(&f->next);
}

/* Move on to f->next; f->hidden tells whether all on the way waits to be deleted. */
static enum ax_err skip(struct found *f, const struct list *l, struct ax_cursor *c)
{
	const struct waiting *w = &l->dir->view->waiting;
	struct ax_slice next = ax_buf_view(&f->next);
	enum ax_err e = AX_OK;
	if (f->type == S_IFDIR)
		f->hidden = w->n && waiting_find(w, c->entry.key);
	for (unsigned i = 0; !e && c->valid && (f->hidden || i < STEPS); i++) {
		e = ax_cursor_next(c);
		if (e || !c->valid || ax_slice_cmp(c->entry.key, next) >= 0)
			return e;
		if (f->hidden && f->type == S_IFDIR && !waiting_find(w, c->entry.key))
			f->hidden = false;
	}
	return e ? e : ax_cursor_seek(c, next);
}

/* What waits to be deleted since the names were taken down may leave a directory, or be written anew. */
static bool shows_now(struct mount *m, const struct list *l, const struct found *f)
{
	const struct node *n = node_find(m, l->dir, f->name);
	return n && n->overlaid;
}

/* The name at the cursor; afterwards the cursor is beyond it. AX_ENOENT at the directory's end. */
static enum ax_err find_next(struct found *f, struct mount *m, const struct list *l, struct ax_cursor *c)
{
	size_t at = l->prefix.n;
	if (!c->valid || !ax_slice_starts(c->entry.key, ax_buf_view(&l->prefix)) || c->entry.key.n < at + 3)
		return AX_ENOENT;
	const uint8_t *p = c->entry.key.p + at, *end = memchr(p, 0, c->entry.key.n - at);
	enum ax_err e = !end       ? AX_ECORRUPT
			: end == p ? found_type(f, l, &c->entry)
				   : found_label(f, l, &c->entry, end);
	if (!e)
		e = skip(f, l, c);
	if (!e && (!f->hidden || shows_now(m, l, f)))
		f->hidden = l->n && taken_down(l, f);
	return e;
}

static void put_mark(struct list *l, uint64_t cookie, struct ax_slice key)
{
	for (unsigned i = 0; i < LIST_MARKS; i++)
		if (l->mark[i].key.n && l->mark[i].cookie == cookie)
			return;
	struct list_mark *mark = &l->mark[l->next_mark++ % LIST_MARKS];
	mark->cookie = cookie;
	ax_buf_clear(&mark->key);
	ax_buf_slice(&mark->key, key);
	if (mark->key.failed)
		mark->key.n = 0;
}

/* Where to begin for the cookie: the nearest mark at or before it. */
static struct ax_slice nearest_mark(uint64_t *cookie, const struct list *l, uint64_t off)
{
	struct ax_slice key = ax_buf_view(&l->prefix);
	*cookie = l->n + DOTS;
	for (unsigned i = 0; i < LIST_MARKS; i++) {
		const struct list_mark *mark = &l->mark[i];
		if (mark->key.n && mark->cookie <= off && mark->cookie >= *cookie) {
			*cookie = mark->cookie;
			key = ax_buf_view(&mark->key);
		}
	}
	return key;
}

/* Hidden names have a cookie too: which ones hide may change between two replies, the order may not. */
static int read_tree(struct list *l, struct mount *m, struct ax_cursor *c, uint64_t off, list_each_fn *each,
		     void *ctx)
{
	struct found f = { 0 };
	uint64_t cookie;
	struct ax_slice from = nearest_mark(&cookie, l, off);
	struct ax_buf start = AX_BUF_INIT;
	enum ax_err e = ax_cursor_seek(c, from);
	int stop = 0;
	ax_buf_slice(&start, from);
	if (cookie == off)
		put_mark(l, off, from);
	while (!e && !stop && !(e = find_next(&f, m, l, c))) {
		if (cookie >= off && !f.hidden)
			stop = each(ctx, f.name, f.type, cookie + 1);
		if (stop)
			break;
		cookie++;
		ax_buf_clear(&start);
		ax_buf_slice(&start, ax_buf_view(&f.next));
	}
	if (stop == LIST_FULL)
		put_mark(l, cookie, ax_buf_view(&start));
	else if (e == AX_ENOENT)
		l->end = cookie;
	ax_buf_fini(&start);
	ax_buf_fini(&f.next);
	return stop ? stop : e == AX_ENOENT ? 0 : ax_err_errno(e);
}

int list_read(struct list *l, struct mount *m, struct ax_txn *t, uint64_t off, list_each_fn *each, void *ctx)
{
	int stop = 0;
	struct ax_cursor c;
	if (off < 1)
		stop = each(ctx, ".", S_IFDIR, 1);
	if (!stop && off < 2)
		stop = each(ctx, "..", S_IFDIR, 2);
	for (size_t i = off > DOTS ? off - DOTS : 0; !stop && i < l->n; i++) {
		unsigned type = l->name[i][0] == 'd' ? S_IFDIR : l->name[i][0] == 'l' ? S_IFLNK : S_IFREG;
		stop = each(ctx, l->name[i] + 1, type, i + 1 + DOTS);
	}
	if (!stop && l->in_tree && l->tip.local && (!l->end || off < l->end)) {
		enum ax_err e = ax_cursor_init(&c, t, &l->tip.root);
		if (e)
			return ax_err_errno(e);
		c.keys_only = true; /* names are listed whatever became of what they name */
		stop = read_tree(l, m, &c, off > l->n + DOTS ? off : l->n + DOTS, each, ctx);
		ax_cursor_fini(&c);
	}
	return stop == LIST_FULL ? 0 : stop;
}
