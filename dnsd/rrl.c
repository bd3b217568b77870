#include "dnsd/rrl.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "dnsd/hot.h"

/* A line of accounts fills a cache line. A word is the tag, then the time in ticks; 0: free. */
enum { WAYS = 8, TICK_US = 16, TIME_BITS = 44, RETRIES = 4 };

_Static_assert((int)RRL_CLASSES == (int)STATS_CLASSES, "a counter for each class");

struct line {
	_Alignas(64) _Atomic uint64_t account[WAYS];
};

struct rrl {
	struct line *line;
	uint64_t mask;
	uint8_t key[16];
};

enum ax_err rrl_new(struct rrl **out, size_t accounts)
{
	size_t lines = 1;
	*out = NULL;
	while (lines * WAYS < accounts)
		lines *= 2;
	struct rrl *r = calloc(1, sizeof *r);
	if (r)
		r->line = aligned_alloc(sizeof *r->line, lines * sizeof *r->line);
	if (!r || !r->line) {
		free(r);
		return ax_fail(AX_ENOMEM, "no memory for rate limits");
	}
	memset(r->line, 0, lines * sizeof *r->line);
	r->mask = lines - 1;
	if (getrandom(r->key, sizeof r->key, 0) != sizeof r->key) {
		rrl_free(r);
		return ax_fail(AX_EIO, "getrandom: %s", strerror(errno));
	}
	*out = r;
	return AX_OK;
}

void rrl_free(struct rrl *r)
{
	if (r)
		free(r->line);
	free(r);
}

void rrl_rates_init(struct rrl_rates *rates)
{
	*rates = (struct rrl_rates){
		.burst_s = RRL_BURST_S, .slip = RRL_SLIP, .bits_4 = RRL_BITS_4, .bits_6 = RRL_BITS_6
	};
	for (unsigned i = 0; i < RRL_CLASSES; i++)
		rates->per_s[i] = RRL_PER_S;
}

void rrl_rates_fini(struct rrl_rates *rates)
{
	free(rates->exempt);
	*rates = (struct rrl_rates){ 0 };
}

enum ax_err rrl_exempt(struct rrl_rates *rates, const char *text)
{
	return net_list_add(&rates->exempt, &rates->exempts, text);
}

uint64_t rrl_now_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* -- accounts --------------------------------------------------------------------------------------------- */

/* What an answer counts as, and the part of the question's name that it counts for. */
struct subject {
	enum rrl_class class;
	const uint8_t *name; /* uncompressed, in the query */
	size_t n;
};

/* The owner of the first record after the question is a suffix of the question's name, as the name of a zone, cut or
 * DNAME above it is; anything else is told by the whole name. */
static void take_first_owner(struct subject *out, const struct packet *m)
{
	const uint8_t *p = m->p + m->empty;
	unsigned at = p[0] >= 0xc0 ? ax_be16(p) & 0x3fff : 0;
	if (p[0] == 0) { /* the root, which no pointer is shorter than */
		out->name += out->n - 1;
		out->n = 1;
	} else if (at >= QUERY_HEADER && at < QUERY_HEADER + out->n) {
		out->name += at - QUERY_HEADER;
		out->n -= at - QUERY_HEADER;
	}
}

static uint16_t first_type(const struct packet *m)
{
	const uint8_t *p = m->p + m->empty;
	while (*p && *p < 0xc0)
		p += *p + 1u;
	return ax_be16(p + (*p ? 2 : 1));
}

static struct subject subject_of(const struct packet *m)
{
	const struct query *q = m->query;
	struct subject s = { RRL_RESPONSE, query_name(q), q->qname_n };
	unsigned rcode = m->rcode;
	bool answered = m->count[PACKET_ANSWER] > 0, authority = m->count[PACKET_AUTHORITY] > 0;
	if ((rcode != AX_RCODE_NOERROR && rcode != AX_RCODE_NXDOMAIN) || !s.n)
		return (struct subject){ RRL_ERROR, s.name, 0 };
	if (rcode == AX_RCODE_NXDOMAIN)
		s.class = RRL_NXDOMAIN;
	else if (!answered && authority && !m->aa)
		s.class = RRL_REFERRAL;
	if (m->wild_at) {
		s.name += m->wild_at;
		s.n -= m->wild_at;
	} else if (answered ? first_type(m) == AX_TYPE_DNAME : authority && s.class != RRL_RESPONSE) {
		take_first_owner(&s, m);
	}
	return s;
}

static uint64_t hash_account(const struct rrl *r, const struct net *network, const struct subject *s)
{
	uint8_t b[sizeof *network + 1 + AX_NAME_MAX];
	size_t n = sizeof *network + 1;
	memcpy(b, network, sizeof *network);
	b[n - 1] = (uint8_t)s->class;
	for (size_t i = 0; i < s->n; i++) {
		uint8_t c = s->name[i];
		b[n++] = c >= 'A' && c <= 'Z' ? c | 0x20 : c;
	}
	return ax_hash_sip(r->key, ax_slice(b, n));
}

/* The way of the account, or the one that makes room for it; *word is what it holds. */
static unsigned find_way(const struct line *l, uint64_t tag, uint64_t *word)
{
	unsigned oldest = 0;
	uint64_t least = UINT64_MAX;
	for (unsigned i = 0; i < WAYS; i++) {
		uint64_t w = atomic_load_explicit(&l->account[i], memory_order_relaxed);
		uint64_t t = w & ((1ull << TIME_BITS) - 1);
		if (w && w >> TIME_BITS == tag) {
			*word = w;
			return i;
		}
		if (t < least) {
			least = t;
			oldest = i;
			*word = w;
		}
	}
	return oldest;
}

/* Take one answer out of the account; false: there is none left. */
static bool withdraw(struct rrl *r, uint64_t hash, unsigned per_s, unsigned burst_s, uint64_t now_us)
{
	const uint64_t second = 1000000 / TICK_US, now = 1 + now_us / TICK_US;
	struct line *l = &r->line[hash & r->mask];
	uint64_t tag = hash >> TIME_BITS, word;
	for (unsigned i = 0; i < RETRIES; i++) {
		unsigned way = find_way(l, tag, &word);
		uint64_t paid = word >> TIME_BITS == tag ? word & ((1ull << TIME_BITS) - 1) : 0;
		uint64_t next = (paid > now ? paid : now) + second / per_s;
		if (next > now + burst_s * second)
			return false;
		if (atomic_compare_exchange_weak_explicit(&l->account[way], &word, tag << TIME_BITS | next,
							  memory_order_relaxed, memory_order_relaxed))
			return true;
	}
	return true; /* others are at this line all the time; they pay */
}

/* -- answers ---------------------------------------------------------------------------------------------- */

static uint32_t dice(void)
{
	static _Thread_local uint32_t state = 0x9e3779b9;
	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state;
}

static void cut_short(struct packet *m, struct stats *s)
{
	packet_truncate(m);
	packet_end(m, m->rcode);
	stats_add(&s->slipped, 1);
}

APART bool rrl_admit_rated(struct rrl *r, const struct rrl_rates *rates, const struct sockaddr *client,
			   struct packet *m, uint64_t now_us, struct stats *s)
{
	struct net host, network;
	struct subject subject = subject_of(m);
	unsigned per_s = rates->per_s[subject.class];
	if (!per_s)
		return true;
	net_of_peer(&host, client);
	network = net_cut(&host, host.family == 4 ? rates->bits_4 : rates->bits_6);
	if (net_listed(rates->exempt, rates->exempts, &host) ||
	    withdraw(r, hash_account(r, &network, &subject), per_s, rates->burst_s, now_us))
		return true;
	stats_add(&s->limited[subject.class], 1);
	if (!rates->slip || dice() % rates->slip != 0)
		return false;
	cut_short(m, s);
	return true;
}
