/* chaos.h - the names of class CHAOS by which a server tells of itself: id.server and version.server (RFC 4892), and
 * hostname.bind, version.bind and authors.bind, as they were called before. No allocation. */
#ifndef CHAOS_H
#define CHAOS_H

#include "dnsd/packet.h"

/* Answer m's query of class CHAOS; returns the rcode. What is not configured to be told is REFUSED, as are all other
 * names. id NULL: nothing is told. */
enum ax_rcode chaos_answer(struct packet *m, const struct identity *id);

#endif
