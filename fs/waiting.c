/* waiting.c - see waiting.h. */
#include "fs/waiting.h"

#include "fs/who.h"

#include <stdlib.h>
#include <string.h>

/* More than these are one act of deleting, `rm -r`, which the guard is to see whole. */
enum { FEW = 1000 };

static const uint64_t second = 1000000000u;

void waiting_init(struct waiting *w)
{
	*w = (struct waiting){ 0 };
}

void waiting_fini(struct waiting *w)
{
	for (size_t i = 0; i < w->cap; i++) {
		for (struct gone *g = w->bucket[i], *next; g; g = next) {
			next = g->next;
			free(g);
		}
	}
	free(w->bucket);
	free(w->who);
	waiting_init(w);
}

/* The owner part and the type: labels hold no 00 but the one that closes them, so an empty label is the end. */
static struct ax_slice rrset_part(struct ax_slice key)
{
	size_t i = 0;
	while (i < key.n && key.p[i] != 0) {
		const uint8_t *end = memchr(key.p + i, 0, key.n - i);
		i = end ? (size_t)(end - key.p) + 1 : key.n;
	}
	return ax_slice(key.p, i + 3 < key.n ? i + 3 : key.n);
}

static size_t slot(const struct waiting *w, struct ax_slice key)
{
	uint64_t h = 0xcbf29ce484222325u;
	for (size_t i = 0; i < key.n; i++)
		h = (h ^ key.p[i]) * 0x100000001b3u;
	return (size_t)(h ^ h >> 32) & (w->cap - 1);
}

struct gone *waiting_find(const struct waiting *w, struct ax_slice key)
{
	if (!w->n)
		return NULL;
	key = rrset_part(key);
	struct gone *g = w->bucket[slot(w, key)];
	while (g && !ax_slice_eq(ax_slice(g->key, g->key_len), key))
		g = g->next;
	return g;
}

static bool grow(struct waiting *w)
{
	struct waiting big = { .cap = w->cap ? w->cap * 2 : 64 };
	big.bucket = calloc(big.cap, sizeof(struct gone *));
	if (!big.bucket)
		return w->cap > 0;
	for (size_t i = 0; i < w->cap; i++) {
		for (struct gone *g = w->bucket[i], *next; g; g = next) {
			struct gone **to = &big.bucket[slot(&big, ax_slice(g->key, g->key_len))];
			next = g->next;
			g->next = *to;
			*to = g;
		}
	}
	free(w->bucket);
	w->bucket = big.bucket;
	w->cap = big.cap;
	return true;
}

struct gone *waiting_add(struct waiting *w, struct ax_slice key, uint64_t base, uint32_t entries,
			 const struct who *who, uint64_t now)
{
	key = rrset_part(key);
	struct gone *g = calloc(1, sizeof(*g) + key.n);
	struct who *copy = w->who ? w->who : malloc(sizeof(*copy));
	if (copy)
		w->who = copy;
	if (!g || !copy || (w->n >= w->cap && !grow(w))) {
		free(g);
		return NULL;
	}
	*copy = *who;
	g->base = base;
	g->entries = entries;
	g->uid = who->uid;
	g->key_len = (uint16_t)key.n;
	memcpy(g->key, key.p, key.n);
	struct gone **at = &w->bucket[slot(w, key)];
	g->next = *at;
	*at = g;
	w->last = now;
	if (!w->n++)
		w->first = now;
	return g;
}

void waiting_drop(struct waiting *w, struct gone *g)
{
	struct gone **at = &w->bucket[slot(w, ax_slice(g->key, g->key_len))];
	while (*at != g)
		at = &(*at)->next;
	*at = g->next;
	w->n--;
	if (g->writer)
		w->written--;
	free(g);
}

void waiting_call_off(struct waiting *w, struct gone *g)
{
	for (struct tally *t = w->tally; t < w->tally + TALLIES; t++)
		if (t->since && t->uid == g->uid)
			t->deleted -= g->entries < t->deleted ? g->entries : t->deleted;
	waiting_drop(w, g);
}

struct gone *waiting_next(const struct waiting *w, const struct gone *g)
{
	size_t i = 0;
	if (g && g->next)
		return g->next;
	if (g)
		i = slot(w, ax_slice(g->key, g->key_len)) + 1;
	for (; i < w->cap; i++)
		if (w->bucket[i])
			return w->bucket[i];
	return NULL;
}

void waiting_set_writer(struct waiting *w, struct gone *g, struct node *writer)
{
	if (!g->writer && writer)
		w->written++;
	else if (g->writer && !writer)
		w->written--;
	g->writer = writer;
}

uint64_t waiting_due(const struct waiting *w)
{
	if (w->n == w->written)
		return UINT64_MAX;
	uint64_t quiet = w->last + second, most = w->first + 10 * second;
	return quiet < most || w->n > FEW ? quiet : most;
}

static uint64_t rrsets_of(const struct waiting *w, uint32_t uid)
{
	uint64_t n = 0;
	for (const struct gone *g = waiting_next(w, NULL); g; g = waiting_next(w, g))
		n += g->uid == uid ? g->entries : 0;
	return n;
}

struct tally *waiting_tally(struct waiting *w, uint32_t uid, uint64_t of, uint64_t now)
{
	struct tally *oldest = &w->tally[0];
	for (struct tally *t = w->tally; t < w->tally + TALLIES; t++) {
		if (t->since && t->uid == uid) {
			if (now - t->since > 60 * second && now >= t->blocked)
				*t = (struct tally){ uid, now, rrsets_of(w, uid), of, 0 };
			return t;
		}
		if (t->since < oldest->since)
			oldest = t;
	}
	*oldest = (struct tally){ uid, now, 0, of, 0 };
	return oldest;
}
