/* wireset.h - an RRset of an image, in the form in which an answer carries it.
 * Sits on packet.h; image.h keeps names with their wiresets, answer.h copies them.
 *
 *     C0 0C | type | class | TTL | length | RDATA      a record of it, exactly as it follows the question for its
 * owner ^ a pointer to the question
 *
 * so that what is asked for by its own name is copied and done. Where RDATA may have compressed names (RFC 3597 4)
 * they are: against the owner as it is in lower case, and against each other. Pointers lead into the question and
 * into the set; when the question is longer (a referral's, a negative answer's), all of them move by the difference.
 * WIRESET_READY says that the bytes are what packet.h would write there; other sets, big ones and those of the root,
 * hold the same records with their names whole, and packet.h writes them.
 * Ownership, threads: a part of a block of the image, immutable. */
#ifndef WIRESET_H
#define WIRESET_H

#include "core/rrset.h"
#include "dnsd/packet.h"

enum { WIRESET_READY = 1, WIRESET_NAMES = 2 /* RDATA has names that depend on where they stand */ };
enum { WIRESET_HEAD = 12 /* octets before the RDATA of a record */, WIRESET_RDATA = 2 * AX_NAME_MAX + 20 };
enum { WIRESET_GLUE = 0 }; /* no type of the DNS: image.h */

struct wireset {
	uint16_t type, count;
	uint32_t flags : 2, size : 30; /* octets of data */
	uint8_t data[];                /* count records; padded to 4 */
};

static inline const struct wireset *wireset_next(const struct wireset *s)
{
	return (const struct wireset *)(s->data + ((s->size + 3u) & ~3u));
}

/* The type that a set of RRSIGs covers. */
static inline uint16_t wireset_covered(const struct wireset *s)
{
	return ax_be16(s->data + WIRESET_HEAD);
}

/* Walks the records of a set with their RDATA whole. own: the owner in lower-case wire of own_n octets, needed for
 * sets that are WIRESET_READY and have WIRESET_NAMES; borrowed, as the set is. */
struct wireset_walk {
	const struct wireset *set;
	const uint8_t *own;
	size_t own_n;
	uint32_t pos;
	uint8_t rdata[WIRESET_RDATA];
};
/* *out borrows from the walk, until the next call. */
bool wireset_record(struct ax_rr *out, struct wireset_walk *w);

/* What makes sets. One for many, so that its tables are cleared once. */
struct wireset_maker {
	struct packet packet;
	struct query query;
	uint8_t question[QUERY_HEADER + AX_NAME_MAX + 4];
	uint8_t bytes[4096];
};
void wireset_maker_init(struct wireset_maker *w);
/* The owner of the sets to come, in lower case. */
void wireset_owner(struct wireset_maker *w, const uint8_t *wire, size_t n);
/* Append the set to b. TTLs over ttl_max_s are cut. */
void wireset_make(struct ax_buf *b, struct wireset_maker *w, const struct ax_rrset *set, uint32_t ttl_max_s);

/* Add a ready set to an answer, whose question less its first `skip` octets is the owner. names: the question is
 * spelled in lower case, so that names in RDATA may be compressed against it. False, and nothing done, if it takes
 * packet_rr to write it, or it does not fit. */
bool wireset_copy(struct packet *m, enum packet_section s, const struct wireset *set, unsigned skip, bool names);

#endif
