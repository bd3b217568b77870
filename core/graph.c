#include "core/graph.h"
#include "core/idset.h"

#include <stdlib.h>

/* -- first parents ----------------------------------------------------------------------------------------- */

enum ax_err ax_graph_ancestor(uint64_t *out, struct ax_txn *t, uint64_t commit, uint64_t n)
{
	struct ax_commit_info c, j;
	*out = 0;
	enum ax_err e = ax_commit_info(&c, t, commit);
	if (e)
		return e;
	if (n >= c.depth)
		return AX_ENOENT;
	for (uint64_t want = c.depth - n; c.depth != want;) {
		if ((e = ax_commit_info(&j, t, c.jump)))
			return e;
		if (j.depth < want && (e = ax_commit_info(&j, t, c.parent[0])))
			return e;
		if (j.depth >= c.depth || j.depth < want)
			return ax_fail(AX_ECORRUPT, "the ancestry of a commit is damaged");
		c = j;
	}
	*out = c.local;
	return AX_OK;
}

enum ax_err ax_graph_is_first_parent(bool *out, struct ax_txn *t, uint64_t a, uint64_t b)
{
	struct ax_commit_info ia, ib;
	uint64_t found;
	enum ax_err e;
	*out = a == b;
	if (a >= b) /* a parent is older, so its id is lower */
		return AX_OK;
	if ((e = ax_commit_info(&ia, t, a)) || (e = ax_commit_info(&ib, t, b)) || ia.depth > ib.depth)
		return e;
	if (!(e = ax_graph_ancestor(&found, t, b, ib.depth - ia.depth)))
		*out = found == a;
	return e;
}

enum ax_err ax_graph_at_time(uint64_t *out, struct ax_txn *t, uint64_t commit, struct ax_time when)
{
	struct ax_commit_info c;
	*out = 0;
	while (commit) {
		enum ax_err e = ax_commit_info(&c, t, commit);
		if (e)
			return e;
		if (ax_time_cmp(c.time, when) <= 0) {
			*out = commit;
			return AX_OK;
		}
		/* Nothing of the stretch down to jump is old enough unless its earliest is. */
		commit = ax_time_cmp(c.earliest, when) > 0 ? c.jump : c.parents ? c.parent[0] : 0;
	}
	return AX_ENOENT;
}

/* -- walks ------------------------------------------------------------------------------------------------- */

struct heap {
	struct ax_commit_info *c;
	size_t n, cap;
	bool by_generation; /* else by time */
};

/* Does a come out before b? */
static bool before(const struct heap *h, const struct ax_commit_info *a, const struct ax_commit_info *b)
{
	int c = h->by_generation ? (a->generation > b->generation) - (a->generation < b->generation)
				 : ax_time_cmp(a->time, b->time);
	return c ? c > 0 : a->local > b->local;
}

static void swap(struct ax_commit_info *a, struct ax_commit_info *b)
{
	struct ax_commit_info t = *a;
	*a = *b;
	*b = t;
}

static enum ax_err heap_push(struct heap *h, const struct ax_commit_info *c)
{
	if (h->n == h->cap) {
		size_t cap = h->cap ? h->cap * 2 : 16;
		struct ax_commit_info *p = realloc(h->c, cap * sizeof *p);
		if (!p)
			return ax_fail(AX_ENOMEM, "out of memory");
		h->c = p;
		h->cap = cap;
	}
	size_t i = h->n++;
	h->c[i] = *c;
	for (; i && before(h, &h->c[i], &h->c[(i - 1) / 2]); i = (i - 1) / 2)
		swap(&h->c[i], &h->c[(i - 1) / 2]);
	return AX_OK;
}

static bool heap_pop(struct ax_commit_info *out, struct heap *h)
{
	if (!h->n)
		return false;
	*out = h->c[0];
	h->c[0] = h->c[--h->n];
	for (size_t i = 0;;) {
		size_t child = 2 * i + 1;
		if (child + 1 < h->n && before(h, &h->c[child + 1], &h->c[child]))
			child++;
		if (child >= h->n || !before(h, &h->c[child], &h->c[i]))
			return true;
		swap(&h->c[i], &h->c[child]);
		i = child;
	}
}

enum { SEEN = 1, HIDDEN = 2, SHOWN = 4 };

struct ax_walk {
	struct ax_txn *txn;
	struct heap heap;      /* by time: to be shown, newest first */
	struct heap limit;     /* by generation: starts and hides, until the first next */
	struct ax_idset marks; /* SEEN: was in heap; after hides only SHOWN ones may get there */
	bool hides, begun;
};

enum ax_err ax_walk_open(struct ax_walk **out, struct ax_txn *t)
{
	struct ax_walk *w = *out = calloc(1, sizeof *w);
	if (!w)
		return ax_fail(AX_ENOMEM, "out of memory");
	w->txn = t;
	w->limit.by_generation = true;
	return AX_OK;
}

void ax_walk_close(struct ax_walk *w)
{
	if (!w)
		return;
	free(w->heap.c);
	free(w->limit.c);
	ax_idset_fini(&w->marks);
	free(w);
}

/* Put a commit on a heap unless it has all of these marks already. */
static enum ax_err mark(struct ax_walk *w, struct heap *h, uint64_t commit, uint8_t marks)
{
	struct ax_commit_info c;
	uint8_t *flags = ax_idset_at(&w->marks, commit);
	if (!flags)
		return ax_fail(AX_ENOMEM, "out of memory");
	bool queued = *flags;
	*flags |= marks;
	if (queued)
		return AX_OK;
	enum ax_err e = ax_commit_info(&c, w->txn, commit);
	return e ? e : heap_push(h, &c);
}

enum ax_err ax_walk_push(struct ax_walk *w, uint64_t commit)
{
	return mark(w, &w->limit, commit, SHOWN);
}

enum ax_err ax_walk_hide(struct ax_walk *w, uint64_t commit)
{
	w->hides = true;
	return mark(w, &w->limit, commit, HIDDEN);
}

/* Take commits by generation, highest first: when one comes out all its descendants were there, so its marks are
 * final. It ends when nothing that is queued is to be shown. Kept: those shown. */
static enum ax_err limit(struct ax_walk *w)
{
	struct ax_commit_info c;
	size_t open = 0;
	enum ax_err e = AX_OK;
	for (size_t i = 0; i < w->limit.n; i++)
		open += !ax_idset_has(&w->marks, w->limit.c[i].local, HIDDEN);
	while (!e && open && heap_pop(&c, &w->limit)) {
		uint8_t marks = *ax_idset_at(&w->marks, c.local);
		bool hidden = marks & HIDDEN;
		open -= !hidden;
		for (unsigned i = 0; !e && i < c.parents; i++) {
			bool was_open = ax_idset_has(&w->marks, c.parent[i], SHOWN) &&
					!ax_idset_has(&w->marks, c.parent[i], HIDDEN);
			e = mark(w, &w->limit, c.parent[i], hidden ? HIDDEN : SHOWN);
			bool is_open = !ax_idset_has(&w->marks, c.parent[i], HIDDEN);
			open = open + is_open - was_open;
		}
	}
	return e;
}

static enum ax_err begin(struct ax_walk *w)
{
	struct heap starts = { 0 };
	enum ax_err e = AX_OK;
	w->begun = true;
	for (size_t i = 0; !e && i < w->limit.n; i++)
		if (ax_idset_has(&w->marks, w->limit.c[i].local, SHOWN))
			e = heap_push(&starts, &w->limit.c[i]);
	if (!e && w->hides)
		e = limit(w);
	for (size_t i = 0; !e && i < starts.n; i++) {
		uint8_t *flags = ax_idset_at(&w->marks, starts.c[i].local);
		*flags |= SEEN;
		if (!(*flags & HIDDEN))
			e = heap_push(&w->heap, &starts.c[i]);
	}
	free(starts.c);
	return e;
}

enum ax_err ax_walk_next(struct ax_commit_info *out, struct ax_walk *w)
{
	enum ax_err e = w->begun ? AX_OK : begin(w);
	*out = (struct ax_commit_info){ 0 };
	if (e)
		return e;
	if (!heap_pop(out, &w->heap))
		return AX_ENOENT;
	for (unsigned i = 0; !e && i < out->parents; i++) {
		struct ax_commit_info c;
		uint8_t *flags = ax_idset_at(&w->marks, out->parent[i]);
		if (!flags)
			return ax_fail(AX_ENOMEM, "out of memory");
		if (*flags & (SEEN | HIDDEN))
			continue;
		*flags |= SEEN;
		if (!(e = ax_commit_info(&c, w->txn, out->parent[i])))
			e = heap_push(&w->heap, &c);
	}
	return e;
}

/* It is if it is the best that both have. */
enum ax_err ax_graph_is_ancestor(bool *out, struct ax_txn *t, uint64_t a, uint64_t b)
{
	struct ax_bases bases;
	enum ax_err e = ax_graph_is_first_parent(out, t, a, b);
	if (e || *out || a > b)
		return e;
	e = ax_graph_bases(&bases, t, a, b);
	*out = !e && bases.n == 1 && bases.commit[0] == a;
	return e == AX_ELIMIT ? AX_OK : e;
}

/* -- merge bases -------------------------------------------------------------------------------------------- */

enum { OF_A = 1, OF_B = 2, BELOW = 4 }; /* BELOW: an ancestor of a base */
enum { JUMPERS_MAX = 16 };              /* queued at once: with more a jump costs more than it saves */

/* Two searches that meet. `queued` counts by marks what is in the queue. */
struct search {
	struct ax_walk w;
	size_t queued[8];
};

static enum ax_err paint(struct search *s, uint64_t commit, uint8_t marks)
{
	uint8_t before = 0;
	const uint8_t *flags = ax_idset_at(&s->w.marks, commit);
	if (flags)
		before = *flags;
	enum ax_err e = mark(&s->w, &s->w.limit, commit, marks);
	if (before)
		s->queued[before]--;
	s->queued[before | marks]++;
	return e;
}

/* Nothing better can be found once one side has nothing left that is not below a base, and no base is queued. */
static bool is_over(const struct search *s)
{
	return !s->queued[OF_A | OF_B] && (!s->queued[OF_A] || !s->queued[OF_B]);
}

static enum ax_err keep_base(struct ax_bases *out, uint64_t commit)
{
	if (out->n == AX_BASES_MAX)
		return ax_fail(AX_ELIMIT, "more than %d merge bases", AX_BASES_MAX);
	out->commit[out->n++] = commit;
	return AX_OK;
}

/* The first commit that two first-parent lines have in common; local 0 if there is none. */
static enum ax_err meeting(struct ax_commit_info *out, struct ax_txn *t, const struct ax_commit_info *a,
			   const struct ax_commit_info *b)
{
	struct ax_commit_info y;
	const struct ax_commit_info *deep = a->depth > b->depth ? a : b, *flat = deep == a ? b : a;
	uint64_t at;
	*out = *flat;
	enum ax_err e = ax_graph_ancestor(&at, t, deep->local, deep->depth - flat->depth);
	if (!e)
		e = ax_commit_info(&y, t, at);
	/* At one depth both jump equally far. */
	while (!e && out->local != y.local) {
		bool far = out->jump != y.jump;
		if (!out->parents || !y.parents) {
			out->local = 0;
			return AX_OK;
		}
		if (!(e = ax_commit_info(out, t, far ? out->jump : out->parent[0])))
			e = ax_commit_info(&y, t, far ? y.jump : y.parent[0]);
	}
	return e;
}

/* The generation of the merge, or the root, at the end of the stretch that c stands in. */
static enum ax_err end_of_stretch(uint64_t *out, struct ax_txn *t, const struct ax_commit_info *c)
{
	struct ax_commit_info turn;
	*out = 1;
	enum ax_err e = c->turn ? ax_commit_info(&turn, t, c->turn) : AX_OK;
	if (!e && c->turn)
		*out = turn.generation;
	return e;
}

/* How far down may c go at once? Not past the end of its own stretch; nor past where another line meets it; nor below
 * the end of another's stretch, from where that may come in sideways. */
static enum ax_err lowest(uint64_t *out, struct search *s, const struct ax_commit_info *c)
{
	struct ax_commit_info met;
	uint64_t end;
	enum ax_err e = end_of_stretch(out, s->w.txn, c);
	for (size_t i = 0; !e && i < s->w.limit.n; i++) {
		const struct ax_commit_info *o = &s->w.limit.c[i];
		if ((e = end_of_stretch(&end, s->w.txn, o)) || (e = meeting(&met, s->w.txn, c, o)))
			return e;
		*out = end > *out ? end : *out;
		if (met.local && met.generation > *out)
			*out = met.generation;
	}
	return e;
}

/* In a stretch without merges generations count steps. */
static enum ax_err go_on(struct search *s, const struct ax_commit_info *c, uint8_t marks)
{
	uint64_t to = c->parent[0], low;
	if (c->turn != c->local && s->w.limit.n <= JUMPERS_MAX) {
		enum ax_err e = lowest(&low, s, c);
		if (!e && low + 1 < c->generation)
			e = ax_graph_ancestor(&to, s->w.txn, c->local, c->generation - low);
		if (e)
			return e;
	}
	enum ax_err e = paint(s, to, marks);
	for (unsigned i = 1; !e && i < c->parents; i++)
		e = paint(s, c->parent[i], marks);
	return e;
}

/* Commits come out by generation: all that descends from one was there before it, so its marks are final. */
static enum ax_err find_bases(struct ax_bases *out, struct search *s)
{
	struct ax_commit_info c;
	enum ax_err e = AX_OK;
	while (!e && !is_over(s) && heap_pop(&c, &s->w.limit)) {
		uint8_t marks = *ax_idset_at(&s->w.marks, c.local);
		s->queued[marks]--;
		if (marks == (OF_A | OF_B)) {
			e = keep_base(out, c.local);
			marks |= BELOW;
		}
		if (!e && c.parents)
			e = go_on(s, &c, marks);
	}
	return e;
}

enum ax_err ax_graph_bases(struct ax_bases *out, struct ax_txn *t, uint64_t a, uint64_t b)
{
	struct search s = { .w = { .txn = t, .limit = { .by_generation = true } } };
	bool is;
	*out = (struct ax_bases){ 0 };
	/* The usual case, by skip pointers. */
	enum ax_err e = ax_graph_is_first_parent(&is, t, a < b ? a : b, a < b ? b : a);
	if (e || is)
		return e ? e : keep_base(out, a < b ? a : b);
	if (!(e = paint(&s, a, OF_A)) && !(e = paint(&s, b, OF_B)))
		e = find_bases(out, &s);
	free(s.w.limit.c);
	ax_idset_fini(&s.w.marks);
	if (e)
		*out = (struct ax_bases){ 0 };
	return e;
}
