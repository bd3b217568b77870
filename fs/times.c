/* times.c - see times.h. */
#include "fs/times.h"

#include "fs/who.h"

#include <stdlib.h>

static const uint64_t save_after = 1000000000u;

struct times_entry {
	uint64_t ino, version;
	struct timespec mtime;
	bool unsaved;
};

void times_fini(struct times *t)
{
	free(t->entry);
	*t = (struct times){ 0 };
}

/* The place of ino, or the free one where it belongs. cap > n always. */
static struct times_entry *place(const struct times *t, uint64_t ino)
{
	size_t i = (size_t)(ino ^ ino >> 32) & (t->cap - 1);
	while (t->entry[i].ino && t->entry[i].ino != ino)
		i = (i + 1) & (t->cap - 1);
	return &t->entry[i];
}

static bool grow(struct times *t)
{
	struct times big = { .cap = t->cap ? t->cap * 2 : 64 };
	big.entry = calloc(big.cap, sizeof(*big.entry));
	if (!big.entry)
		return false;
	for (size_t i = 0; i < t->cap; i++)
		if (t->entry[i].ino)
			*place(&big, t->entry[i].ino) = t->entry[i];
	free(t->entry);
	t->entry = big.entry;
	t->cap = big.cap;
	return true;
}

static struct times_entry *put(struct times *t, uint64_t ino, uint64_t version, struct timespec mtime)
{
	if (t->n * 2 >= t->cap && !grow(t))
		return NULL; /* the commit's time is shown then */
	struct times_entry *e = place(t, ino);
	if (!e->ino)
		t->n++;
	e->ino = ino;
	e->version = version;
	e->mtime = mtime;
	return e;
}

void times_set(struct times *t, uint64_t ino, uint64_t version, struct timespec mtime)
{
	if (t->n >= TIMES_MAX) {
		times_fini(t);
		t->emptied = true;
	}
	struct times_entry *e = put(t, ino, version, mtime);
	if (!e || e->unsaved)
		return;
	e->unsaved = true;
	if (!t->unsaved++)
		t->due = who_clock() + save_after;
}

bool times_get(struct timespec *mtime, const struct times *t, uint64_t ino, uint64_t version)
{
	const struct times_entry *e = t->cap ? place(t, ino) : NULL;
	if (!e || e->ino != ino || e->version != version)
		return false;
	*mtime = e->mtime;
	return true;
}

enum ax_err times_load(struct times *t, struct ax_txn *txn)
{
	struct ax_file_time f;
	enum ax_err e = AX_OK;
	uint64_t key = 0;
	while (t->n < TIMES_MAX && !(e = ax_file_time_next(&f, &key, txn)))
		if (f.key && !put(t, f.key, f.version, (struct timespec){ (time_t)f.s, (long)f.ns }))
			return ax_fail(AX_ENOMEM, "out of memory");
	return e == AX_ENOENT ? AX_OK : e;
}

void times_take(struct times_saving *out, struct times *t)
{
	*out = (struct times_saving){ .clear = t->emptied };
	out->v = calloc(t->unsaved + 1, sizeof(*out->v));
	t->due = who_clock() + save_after;
	if (!out->v)
		return;
	for (size_t i = 0; i < t->cap && t->unsaved; i++) {
		struct times_entry *e = &t->entry[i];
		if (!e->unsaved)
			continue;
		out->v[out->n++] =
			(struct ax_file_time){ e->ino, e->version, e->mtime.tv_sec, (uint32_t)e->mtime.tv_nsec };
		e->unsaved = false;
		t->unsaved--;
	}
	t->emptied = false;
}

enum ax_err times_write(struct times_saving *s, struct ax_store *store)
{
	struct ax_txn *txn;
	enum ax_err e = ax_txn_write(&txn, store, false);
	if (!e && s->clear)
		e = ax_file_time_clear(txn);
	for (size_t i = 0; !e && i < s->n; i++)
		e = ax_file_time_put(txn, &s->v[i]);
	if (e)
		ax_txn_abort(txn);
	else
		e = ax_txn_commit(txn);
	free(s->v);
	*s = (struct times_saving){ 0 };
	return e;
}
