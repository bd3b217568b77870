#include "dnsd/stats.h"

#include <inttypes.h>

const char *const stats_way[STATS_WAYS] = { "udp", "tcp", "tls", "xdp" };
const char *const stats_class[STATS_CLASSES] = { "response", "nxdomain", "error", "referral" };

static void sum_all(_Atomic uint64_t *sum, const _Atomic uint64_t *from, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		stats_add(&sum[i], atomic_load_explicit(&from[i], memory_order_relaxed));
}

void stats_sum(struct stats *sum, const struct stats *from)
{
#define X(name, what) stats_add(&sum->name, atomic_load_explicit(&from->name, memory_order_relaxed));
	STATS(X)
#undef X
	sum_all(sum->queries, from->queries, STATS_WAYS);
	sum_all(sum->sent, from->sent, STATS_WAYS);
	sum_all(sum->type, from->type, STATS_TYPES + 1);
	sum_all(sum->limited, from->limited, STATS_CLASSES);
	sum_all(sum->option, from->option, EDNS_OPTIONS_MAX);
	sum_all(sum->cookie, from->cookie, COOKIE_GOOD + 1);
	sum_all(sum->ede, from->ede, EDE_MAX);
	sum_all(sum->publish, from->publish, STATS_BUCKETS + 1);
	sum_all(&sum->publish_ns, &from->publish_ns, 1);
}

uint64_t stats_queries(const struct stats *s)
{
	uint64_t n = 0;
	for (unsigned i = 0; i < STATS_WAYS; i++)
		n += atomic_load_explicit(&s->queries[i], memory_order_relaxed);
	return n;
}

void stats_publish(struct stats *s, uint64_t ns)
{
	unsigned i = 0;
	while (i < STATS_BUCKETS && (double)ns > stats_bucket_ns(i))
		i++;
	stats_add(&s->publish[i], 1);
	stats_add(&s->publish_ns, ns);
}

static void print_all(FILE *out, const char *what, const char *const *name, const _Atomic uint64_t *value, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		fprintf(out, "%s_%s %" PRIu64 "\n", what, name[i],
			atomic_load_explicit(&value[i], memory_order_relaxed));
}

void stats_print(FILE *out, const struct stats *s)
{
	print_all(out, "queries", stats_way, s->queries, STATS_WAYS);
	print_all(out, "sent", stats_way, s->sent, STATS_WAYS);
#define X(name, what) fprintf(out, #name " %" PRIu64 "\n", atomic_load_explicit(&s->name, memory_order_relaxed));
	STATS(X)
#undef X
	print_all(out, "limited", stats_class, s->limited, STATS_CLASSES);
}
