/* tap.h - telling of queries and their answers, sampled: as lines of a log, and to whoever reads dnstap (dnstap.h).
 * Sits on respond.h; the answer path calls tap_see, a thread of tap.c does the rest.
 *
 *     answering thread -> its ring of TAP_SLOTS, dropped when full -> the tap's thread -> log line, dnstap frame
 *
 * Told is what was answered, before rate limits. Answers from images are told of; those straight from the store,
 * while a zone has no image yet, are not. Threads: tap_see by any, each with a ring of its own that it takes at its
 * first call; the others by one. Cost: nothing but a load and a branch where there is no tap, a countdown for what is
 * not sampled; no allocation, lock or system call. Limits: TAP_RINGS threads; a query with its answer beyond
 * TAP_BYTES octets is told without the answer. */
#ifndef TAP_H
#define TAP_H

#include "core/ref.h"
#include "dnsd/listen.h"
#include "dnsd/packet.h"
#include "dnsd/route.h"
#include "dnsd/stats.h"
#include "dnsd/view.h"

enum { TAP_RINGS = 64, TAP_SLOTS = 512, TAP_BYTES = 2048 };

/* One query and its answer. */
struct tap_entry {
	bool log, dnstap; /* where it is told */
	int64_t s;        /* when it was answered, UTC */
	uint32_t ns;
	struct net peer;
	uint16_t port, listener;
	uint8_t transport;
	uint16_t rcode;
	bool has_commit;
	uint32_t serial;
	struct ax_id commit;
	char branch[AX_REF_NAME_MAX + 2]; /* that answered; @ before a revision */
	uint16_t qname_n, qtype;
	uint16_t query_n, answer_n;
	uint8_t bytes[TAP_BYTES]; /* the query, then the answer */
};

struct tap_options {
	unsigned log_every;              /* one query in so many is logged; 0: none */
	unsigned dnstap_every;           /* and told by dnstap */
	const char *socket;              /* where dnstap goes, */
	int file;                        /* or a descriptor to write to, borrowed; -1: none */
	const char *identity;            /* the server's, for dnstap; NULL: none */
	const struct listener *listener; /* borrowed */
	size_t listeners;
	void (*log)(const char *line); /* called on the tap's thread */
};

struct tap;

/* *out is NULL if there is nothing to do. A socket that nobody reads yet is tried again and again. */
AX_MUST enum ax_err tap_start(struct tap **out, const struct tap_options *o);
/* When nobody answers any more. What is in the rings is still told. NULL is fine. */
void tap_stop(struct tap *t);
void tap_stats(const struct tap *t, struct stats *sum);

extern _Atomic(struct tap *) tap_current; /* the one that runs, or NULL */
void tap_note(struct tap *t, const struct packet *m, uint32_t listener, const struct sockaddr *peer,
	      enum transport transport, const struct route_arm *arm, const struct image *im);

/* Is there one to tell? */
static inline bool tap_runs(void)
{
	return atomic_load_explicit(&tap_current, memory_order_relaxed) != NULL;
}
/* A query that came to a listener from peer was answered by m from the image (NULL: from none) of the arm (NULL: it
 * was refused before). */
static inline void tap_see(const struct packet *m, uint32_t listener, const struct sockaddr *peer,
			   enum transport transport, const struct route_arm *arm, const struct image *im)
{
	struct tap *t = atomic_load_explicit(&tap_current, memory_order_acquire);
	if (t)
		tap_note(t, m, listener, peer, transport, arm, im);
}

#endif
