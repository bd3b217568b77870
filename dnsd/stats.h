/* stats.h - counters, one set a thread: written by its owner alone, read by whoever sums them up. */
#ifndef STATS_H
#define STATS_H

#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>

#include "dnsd/edns.h"

/* X(name, what it counts) */
#define STATS(X)                                                        \
	X(dropped, "packets that got no answer")                        \
	X(noerror, "answers by rcode")                                  \
	X(formerr, "")                                                  \
	X(servfail, "")                                                 \
	X(nxdomain, "")                                                 \
	X(notimp, "")                                                   \
	X(refused, "")                                                  \
	X(yxdomain, "")                                                 \
	X(badvers, "")                                                  \
	X(badcookie, "")                                                \
	X(other, "")                                                    \
	X(truncated, "answers with TC")                                 \
	X(chaos, "queries of class CHAOS")                              \
	X(from_image, "answers made from an image")                     \
	X(from_store, "answers made the plain way")                     \
	X(overload, "SERVFAIL as the queue to the plain way was full")  \
	X(slipped, "limited answers that were sent cut short")          \
	X(tcp_connections, "TCP connections accepted")                  \
	X(tcp_closed_idle, "TCP connections ended for being idle")      \
	X(tcp_refused, "TCP connections refused for being too many")    \
	X(tcp_refused_address, "of an address that had too many")       \
	X(proxy_errors, "streams and packets without a PROXY header")   \
	X(published, "views published")                                 \
	X(built, "images built from a whole tree")                      \
	X(updated, "images updated by a diff")                          \
	X(load_errors, "zones that could not be loaded or updated")     \
	X(copied_last, "image nodes copied by the last update")         \
	X(publish_ns_last, "nanoseconds from waking up to publication") \
	X(lag, "states of the store not looked at yet, all branches")   \
	X(readers, "transactions that read the store now")              \
	X(slot_behind, "states that the keeper's slot is behind")       \
	X(tapped, "queries told of by log or dnstap")                   \
	X(tap_dropped, "queries that were to be told of but could not") \
	X(zones, "zones served")

/* Ways by which queries come: enum transport, and what of UDP goes past the kernel. */
enum { STATS_XDP = TRANSPORT_TLS + 1, STATS_WAYS };

/* Types below are counted one by one; beyond them together. Publications by how long they took. */
enum { STATS_TYPES = 258, STATS_BUCKETS = 10, STATS_CLASSES = 4 };

struct stats {
#define X(name, what) _Atomic uint64_t name;
	STATS(X)
#undef X
	_Atomic uint64_t queries[STATS_WAYS]; /* packets taken for queries */
	_Atomic uint64_t sent[STATS_WAYS];    /* answers */
	_Atomic uint64_t type[STATS_TYPES + 1];
	_Atomic uint64_t limited[STATS_CLASSES];   /* by enum rrl_class */
	_Atomic uint64_t option[EDNS_OPTIONS_MAX]; /* queries with it */
	_Atomic uint64_t cookie[COOKIE_GOOD + 1];  /* by enum cookie, of queries with options */
	_Atomic uint64_t ede[EDE_MAX];             /* answers with this extended error */
	_Atomic uint64_t publish[STATS_BUCKETS + 1];
	_Atomic uint64_t publish_ns; /* all of them together */
};

/* The names of ways, and of what answers are limited as. */
extern const char *const stats_way[STATS_WAYS];
extern const char *const stats_class[STATS_CLASSES];

/* Only the owner writes: no locked instruction is needed. */
static inline void stats_add(_Atomic uint64_t *counter, uint64_t n)
{
	atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + n, memory_order_relaxed);
}

static inline void stats_set(_Atomic uint64_t *counter, uint64_t n)
{
	atomic_store_explicit(counter, n, memory_order_relaxed);
}

static inline void stats_type(struct stats *s, uint16_t type)
{
	stats_add(&s->type[type < STATS_TYPES ? type : STATS_TYPES], 1);
}

/* The upper bound of a bucket: 100 us, 400 us, 1.6 ms ... 26 s. */
static inline double stats_bucket_ns(unsigned i)
{
	return 100e3 * (double)(1ull << 2 * i);
}

/* All queries, by whatever way. */
uint64_t stats_queries(const struct stats *s);
void stats_publish(struct stats *s, uint64_t ns);
/* Add from to sum. */
void stats_sum(struct stats *sum, const struct stats *from);
/* Lines of `name value`. */
void stats_print(FILE *out, const struct stats *s);

#endif
