/* times.c - see times.h. */
#include "fs/times.h"

#include <stdlib.h>

struct times_entry {
	uint64_t ino, version;
	struct timespec mtime;
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

void times_set(struct times *t, uint64_t ino, uint64_t version, struct timespec mtime)
{
	if (t->n >= TIMES_MAX)
		times_fini(t);
	if (t->n * 2 >= t->cap && !grow(t))
		return; /* the commit's time is shown then */
	struct times_entry *e = place(t, ino);
	if (!e->ino)
		t->n++;
	*e = (struct times_entry){ ino, version, mtime };
}

bool times_get(struct timespec *mtime, const struct times *t, uint64_t ino, uint64_t version)
{
	const struct times_entry *e = t->cap ? place(t, ino) : NULL;
	if (!e || e->ino != ino || e->version != version)
		return false;
	*mtime = e->mtime;
	return true;
}
