#include "dnsd/addresses.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "core/hash.h"

enum { BITS_6 = 64 };

struct place {
	struct net who;
	unsigned n; /* 0: free */
};

/* Open addressing: an address stands at its hash or, without a gap, behind it. */
struct addresses {
	pthread_mutex_t lock;
	uint8_t key[16];
	unsigned each;
	size_t mask;
	struct place place[]; /* lock */
};

enum ax_err addresses_new(struct addresses **out, unsigned connections, unsigned each)
{
	size_t places = 16;
	while (places < 2 * (size_t)connections)
		places *= 2;
	struct addresses *a = *out = calloc(1, sizeof *a + places * sizeof a->place[0]);
	if (!a)
		return ax_fail(AX_ENOMEM, "no memory for connections");
	a->mask = places - 1;
	a->each = each;
	pthread_mutex_init(&a->lock, NULL);
	if (getrandom(a->key, sizeof a->key, 0) == sizeof a->key)
		return AX_OK;
	addresses_free(a);
	*out = NULL;
	return ax_fail(AX_EIO, "getrandom: %s", strerror(errno));
}

void addresses_free(struct addresses *a)
{
	if (a)
		pthread_mutex_destroy(&a->lock);
	free(a);
}

static struct net host(const struct sockaddr *who)
{
	struct net n;
	net_of_peer(&n, who);
	return n.family == 6 ? net_cut(&n, BITS_6) : n;
}

static size_t home(const struct addresses *a, const struct net *who)
{
	return ax_hash_sip(a->key, ax_slice(who, sizeof *who)) & a->mask;
}

/* Where it stands, or the gap where it would. */
static size_t find(const struct addresses *a, const struct net *who)
{
	size_t i = home(a, who);
	while (a->place[i].n && memcmp(&a->place[i].who, who, sizeof *who) != 0)
		i = (i + 1) & a->mask;
	return i;
}

/* Close a gap: what stands behind it moves up, unless it would pass its home. */
static void close_gap(struct addresses *a, size_t gap)
{
	for (size_t i = (gap + 1) & a->mask; a->place[i].n; i = (i + 1) & a->mask) {
		size_t from_home = (i - home(a, &a->place[i].who)) & a->mask;
		if (from_home < ((i - gap) & a->mask))
			continue;
		a->place[gap] = a->place[i];
		gap = i;
	}
	a->place[gap] = (struct place){ 0 };
}

bool addresses_enter(struct addresses *a, const struct sockaddr *who)
{
	struct net n = host(who);
	pthread_mutex_lock(&a->lock);
	struct place *p = &a->place[find(a, &n)];
	bool may = p->n < a->each;
	if (may) {
		p->who = n;
		p->n++;
	}
	pthread_mutex_unlock(&a->lock);
	return may;
}

void addresses_leave(struct addresses *a, const struct sockaddr *who)
{
	struct net n = host(who);
	pthread_mutex_lock(&a->lock);
	size_t i = find(a, &n);
	if (a->place[i].n && --a->place[i].n == 0)
		close_gap(a, i);
	pthread_mutex_unlock(&a->lock);
}
