/* times.c - see times.h. */
#include "fs/times.h"

#include "fs/who.h"

#include <stdlib.h>

static const uint64_t save_after = 1000000000u;

static void map_fini(struct times_map *m)
{
	free(m->entry);
	*m = (struct times_map){ 0 };
}

void times_fini(struct times *t)
{
	map_fini(&t->fresh);
	map_fini(&t->writing);
}

/* The place of what f names, or the free one where it belongs; a free one has no version. cap > n always. */
static struct ax_file_time *place(const struct times_map *m, const struct ax_file_time *f)
{
	size_t i = (size_t)(f->file ^ f->file >> 32) & (m->cap - 1);
	while (m->entry[i].version && (m->entry[i].file != f->file || m->entry[i].ref != f->ref))
		i = (i + 1) & (m->cap - 1);
	return &m->entry[i];
}

static bool grow(struct times_map *m)
{
	struct times_map big = { .cap = m->cap ? m->cap * 2 : 64, .n = m->n };
	big.entry = calloc(big.cap, sizeof(*big.entry));
	if (!big.entry)
		return false;
	for (size_t i = 0; i < m->cap; i++)
		if (m->entry[i].version)
			*place(&big, &m->entry[i]) = m->entry[i];
	free(m->entry);
	*m = big;
	return true;
}

void times_set(struct times *t, const struct ax_file_time *f)
{
	struct times_map *m = &t->fresh;
	if (!f->version || m->n >= TIMES_MAX || (m->n * 2 >= m->cap && !grow(m)))
		return; /* the commit's time is shown then */
	if (!m->n)
		t->due = who_clock() + save_after;
	struct ax_file_time *e = place(m, f);
	m->n += !e->version;
	*e = *f;
}

static const struct ax_file_time *find(const struct times_map *m, const struct ax_file_time *f)
{
	const struct ax_file_time *e = m->n ? place(m, f) : NULL;
	return e && e->version ? e : NULL;
}

/* Most stores have none: ask that once a state. */
static bool has_stored(struct times *t, struct ax_txn *txn)
{
	if (t->txn != ax_txn_id(txn)) {
		t->txn = ax_txn_id(txn);
		if (ax_file_time_count(&t->stored, txn))
			t->stored = 0;
	}
	return t->stored;
}

bool times_get(struct timespec *mtime, struct times *t, struct ax_txn *txn, const struct ax_file_time *f)
{
	struct ax_file_time stored = *f;
	const struct ax_file_time *e = find(&t->fresh, f);
	if (!e)
		e = find(&t->writing, f);
	if (!e && has_stored(t, txn) && !ax_file_time_get(&stored, txn))
		e = &stored;
	ax_err_clear(); /* a time that can't be read is no reason not to show the file */
	if (!e || e->version != f->version)
		return false;
	*mtime = (struct timespec){ (time_t)e->s, (long)e->ns };
	return true;
}

void times_begin(struct times *t)
{
	t->writing = t->fresh;
	t->fresh = (struct times_map){ 0 };
}

enum ax_err times_write(uint64_t *count, const struct times *t, struct ax_store *store)
{
	struct ax_txn *txn;
	*count = 0;
	enum ax_err e = ax_txn_write(&txn, store, false);
	for (size_t i = 0; !e && i < t->writing.cap; i++)
		if (t->writing.entry[i].version)
			e = ax_file_time_put(txn, &t->writing.entry[i]);
	if (!e)
		e = ax_file_time_written(count, txn);
	if (e)
		ax_txn_abort(txn);
	else
		e = ax_txn_commit(txn);
	return e;
}

void times_done(struct times *t, uint64_t count)
{
	map_fini(&t->writing);
	if (count == t->told + 1)
		t->told = count;
}
