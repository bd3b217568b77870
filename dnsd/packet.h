/* packet.h - a response in the making, on wire bytes: RRsets whole or not at all, names compressed.
 *
 *     packet_begin    header and question, the question echoed byte for byte
 *     packet_rr ...   records, section after section; packet_mark and packet_rollback make an RRset atomic
 *     packet_end      the OPT, the counts, the rcode
 *
 * Compression (RFC 1035 4.1.4) of owners and of the names in RDATA of RFC 1035's types (RFC 3597 4). An owner that is
 * a suffix of the question is a pointer to it whatever its letter case; RDATA keeps its letter case (RFC 4343), so
 * names in it are only compressed against the same spelling.
 * Ownership: the caller's buffer and struct; one struct serves many messages, one after the other, without being
 *   cleared: every slot of the table that was used is noted.
 * Who copies whole records behind what is there (wireset.h) adds to n and count; their names are found when the next
 *   name is to be compressed.
 * Threads: one at a time. No allocation.
 * Limits: 65,535 octets; PACKET_NAMES suffixes are remembered, later ones are written in full. */
#ifndef PACKET_H
#define PACKET_H

#include "dnsd/query.h"

enum { PACKET_MAX = 65535, PACKET_UDP = EDNS_UDP, PACKET_UDP_MIN = 512 };
enum { PACKET_SLOTS = 256, PACKET_NAMES = 160 };
enum packet_section { PACKET_ANSWER, PACKET_AUTHORITY, PACKET_ADDITIONAL, PACKET_SECTIONS };

struct packet {
	uint8_t *p;
	size_t n, limit;  /* limit: where records must end; the OPT's room is beyond it */
	size_t max;       /* where the message must */
	int keepalive_ds; /* the transport's, in 100 ms (edns.h); -1: none is told */
	uint16_t count[PACKET_SECTIONS];
	uint8_t wild_at; /* octets of the question's name before the part that a wildcard stands below; 0: none */
	bool tc, aa;
	uint16_t rcode; /* once it is ended */
	const struct query *query;
	size_t empty;                  /* length with nothing but the question */
	size_t known;                  /* names that end before here are in the table; 0: not even the question's */
	size_t record;                 /* where the record in the making begins */
	unsigned names;                /* entries of used */
	uint8_t used[PACKET_NAMES];    /* slots in use, in order of their making */
	uint16_t offset[PACKET_SLOTS]; /* where a suffix was written; 0: free */
	uint16_t check[PACKET_SLOTS];  /* more bits of its hash */
};

/* The owner of records to be written. */
struct packet_owner {
	const uint8_t *wire; /* uncompressed, as it shall be spelled */
	uint8_t n;
	uint16_t at; /* where it stands in the message already; 0: nowhere yet */
};

struct packet_mark {
	size_t n;
	unsigned names;
	size_t known;
	uint16_t count[PACKET_SECTIONS];
};

/* A packet without a message: once, before the first begin. */
void packet_init(struct packet *m, uint8_t *buffer);
/* Begin the answer to q: at most max octets in all, for which m->p has room. q is borrowed until the end. */
void packet_begin(struct packet *m, const struct query *q, size_t max);
/* Finish with this rcode; the message is m->p, m->n. */
void packet_end(struct packet *m, unsigned rcode);

static inline struct packet_mark packet_mark(const struct packet *m)
{
	return (struct packet_mark){ m->n, m->names, m->known, { m->count[0], m->count[1], m->count[2] } };
}
/* Take back all but the question, before the first packet_rr. */
static inline void packet_restart(struct packet *m)
{
	m->n = m->empty;
	m->count[0] = m->count[1] = m->count[2] = 0;
}
void packet_rollback(struct packet *m, const struct packet_mark *mark);
/* The answer doesn't fit: only the question stays, and TC (RFC 2181 9: nothing half said). */
void packet_truncate(struct packet *m);

/* Is the question spelled in lower case? */
static inline bool packet_is_lower(const struct packet *m)
{
	const struct query *q = m->query;
	return octets_same(query_name(q), q->name.wire, q->name.n);
}
/* The owner whose bytes are the question's from octet `skip` of its name on. */
static inline struct packet_owner packet_question_owner(const struct packet *m, unsigned skip)
{
	const uint8_t *wire = query_name(m->query) + skip;
	uint8_t n = (uint8_t)(m->query->qname_n - skip);
	/* A pointer to the root would be longer than the root. */
	return (struct packet_owner){ wire, n, n > 1 ? (uint16_t)(QUERY_HEADER + skip) : 0 };
}
/* Any other owner; a suffix of the question, ignoring case, is found there. */
struct packet_owner packet_owner(const struct packet *m, const uint8_t *wire, uint8_t n);

/* How many octets stand before the names in RDATA of a type that may be compressed, and how many names there are
 * (RFC 3597 4). */
unsigned packet_names_in(uint16_t type, unsigned *before);

/* Add one record. False if it doesn't fit; then roll back. In an answer already cut short it does nothing. */
bool packet_rr(struct packet *m, enum packet_section s, struct packet_owner *owner, uint16_t type, uint32_t ttl_s,
	       struct ax_slice rdata);

#endif
