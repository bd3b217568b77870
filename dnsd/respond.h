/* respond.h - from the bytes of a query to the bytes of its answer: verdict, zone, sections, EDNS, size.
 * Knows nothing of sockets: udp.h and tcp.h call it, and so do tests and fuzzers. */
#ifndef RESPOND_H
#define RESPOND_H

#include "dnsd/find.h"
#include "dnsd/packet.h"
#include "dnsd/route.h"
#include "dnsd/stats.h"
#include "dnsd/view.h"

enum respond {
	RESPOND_SEND,  /* the answer is m->p, m->n */
	RESPOND_DROP,  /* no answer */
	RESPOND_PLAIN, /* the zone has no image yet: plain.h answers */
};

/* Answer the query in wire. q is storage for it, borrowed by m. The transport decides how long the answer may be.
 * No allocation, lock or system call; for RESPOND_PLAIN nothing is written, and only the query is counted. Without a
 * routing there are no cookies, no NSID and nothing of class CHAOS. */
enum respond respond(struct packet *m, struct query *q, struct ax_slice wire, const struct view *v,
		     enum transport transport, struct stats *s);

/* The same from the views published, as the routing says for a query that came to a listener from peer; in steps, for
 * several queries at a time: while the memory that one leads to is on its way, the others are read. All are read,
 * then those for which respond_read said true are fetched together, then each is written; a reader's view
 * must stay whole from the first to the last (publish.h), and an asker serves no longer than that. Who reads counts
 * s->queries. */
struct respond_asker {
	const struct sockaddr *peer; /* whose query it is */
	uint32_t listener;
	enum transport transport;
	int keepalive_ds;            /* struct packet's */
	const struct route_arm *arm; /* that answers all at the listener, from the view; NULL: it depends */
	const struct view *view;
	struct view_hint hint;
};
/* The queries from now on came to this listener. */
void respond_listen(struct respond_asker *a, uint32_t listener);
struct respond_task {
	struct query query;          /* borrowed by the packet it is written to */
	const struct image *image;   /* of its zone, if there is one */
	const struct route_arm *arm; /* that answers; NULL: it was refused before one was chosen */
	const struct sockaddr *peer; /* borrowed, like the query's bytes */
	uint32_t listener;
	int verdict; /* query_read's */
	enum transport transport;
	bool ready; /* the image answers */
	struct find_ahead ahead;
};
bool respond_read(struct respond_task *t, struct ax_slice wire, struct respond_asker *a, struct stats *s);
/* Reorders the array. */
static inline void respond_fetch(struct respond_task **t, unsigned n)
{
	while (n) {
		unsigned left = 0;
		for (unsigned i = 0; i < n; i++)
			if (find_ahead(&t[i]->ahead))
				t[left++] = t[i];
		n = left;
	}
}
enum respond respond_write(struct packet *m, struct respond_task *t, struct stats *s);

/* The parts that the plain way needs too: how long an answer to q may be; a finished answer of nothing but an rcode;
 * the counters of a finished answer; the expire option from SOA RDATA. */
size_t respond_limit(const struct query *q, enum transport transport);
void respond_error(struct packet *m, const struct query *q, unsigned rcode, enum transport transport,
		   struct stats *s);
/* SERVFAIL with why; of which version the zone is can't be told. */
void respond_fail(struct packet *m, struct query *q, enum ede why, enum transport transport, struct stats *s);
void respond_count(struct stats *s, const struct packet *m, unsigned rcode);
void respond_expire(struct query *q, struct ax_slice soa);

#endif
