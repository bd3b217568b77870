#include "tools/lanes.h"

#include <stdlib.h>
#include <string.h>

static enum ax_err insert(struct lanes *l, size_t at, uint64_t commit)
{
	if (l->n == l->cap) {
		size_t cap = l->cap ? 2 * l->cap : 8;
		uint64_t *p = reallocarray(l->wanted, cap, sizeof *p);
		if (!p)
			return ax_fail(AX_ENOMEM, "out of memory");
		l->wanted = p;
		l->cap = cap;
	}
	memmove(l->wanted + at + 1, l->wanted + at, (l->n++ - at) * sizeof *l->wanted);
	l->wanted[at] = commit;
	return AX_OK;
}

static void drop(struct lanes *l, size_t at)
{
	memmove(l->wanted + at, l->wanted + at + 1, (--l->n - at) * sizeof *l->wanted);
}

static void repeat(struct ax_buf *out, const char *s, size_t n)
{
	while (n--)
		ax_buf_str(out, s);
}

static size_t find(const struct lanes *l, size_t from, uint64_t commit)
{
	while (from < l->n && l->wanted[from] != commit)
		from++;
	return from;
}

/* The lane `from` bends left into `to`, those right of it move one place to the left. */
static void put_meeting(struct ax_buf *out, const struct lanes *l, size_t to, size_t from)
{
	repeat(out, "| ", to);
	repeat(out, "|_", from - to - 1);
	ax_buf_str(out, "|/");
	repeat(out, " /", l->n - from - 1);
	ax_buf_u8(out, '\n');
}

static void put_fork(struct ax_buf *out, const struct lanes *l, size_t at)
{
	repeat(out, "| ", at);
	ax_buf_str(out, "|\\");
	repeat(out, " \\", l->n - at - 1);
	ax_buf_u8(out, '\n');
}

/* A root commit's lane has ended: those right of it move to the left. */
static void close_root(struct ax_buf *before, struct lanes *l)
{
	if (!l->root)
		return;
	if (l->at + 1 < l->n) {
		repeat(before, "| ", l->at);
		repeat(before, " /", l->n - l->at - 1);
		ax_buf_u8(before, '\n');
	}
	drop(l, l->at);
	l->root = false;
}

enum ax_err lanes_commit(struct ax_buf *before, struct ax_buf *mark, struct ax_buf *fork, struct lanes *l,
			 const struct ax_commit_info *c)
{
	enum ax_err e = AX_OK;
	close_root(before, l);
	l->at = find(l, 0, c->local);
	if (l->at == l->n)
		e = insert(l, l->n, c->local);
	for (size_t other; !e && (other = find(l, l->at + 1, c->local)) < l->n;) {
		put_meeting(before, l, l->at, other);
		drop(l, other);
	}
	if (e)
		return e;
	repeat(mark, "| ", l->at);
	ax_buf_str(mark, "* ");
	repeat(mark, "| ", l->n - l->at - 1);
	l->root = !c->parents;
	l->wanted[l->at] = c->parents ? c->parent[0] : 0;
	for (unsigned i = c->parents; !e && i-- > 1;) {
		put_fork(fork, l, l->at);
		e = insert(l, l->at + 1, c->parent[i]);
	}
	return e;
}

void lanes_rest(struct ax_buf *out, const struct lanes *l)
{
	repeat(out, "| ", l->at);
	ax_buf_str(out, l->root ? "  " : "| ");
	repeat(out, "| ", l->n - l->at - 1);
}

void lanes_fini(struct lanes *l)
{
	free(l->wanted);
}
