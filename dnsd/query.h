/* query.h - a DNS query as it came: header, question, EDNS; every byte bounded (RFC 1035 4.1, 6891 6.1).
 *
 * Reading ends in a verdict: drop it (no header, or itself a response: RFC 8906 3), refuse it with an rcode, or go
 * on. What could be read is kept in any case, so that the refusal can echo it.
 * Ownership: a struct query borrows the bytes it was read from. Threads: a plain value. */
#ifndef QUERY_H
#define QUERY_H

#include "core/lookup.h"
#include "dnsd/dname.h"
#include "dnsd/edns.h"

/* Verdicts that are no rcode: no answer at all; no question but a cookie, which is a question too (RFC 7873 5.4). */
enum { QUERY_HEADER = 12, QUERY_DROP = -1, QUERY_COOKIE = -2 };
enum { FLAG_QR = 0x8000, FLAG_AA = 0x0400, FLAG_TC = 0x0200, FLAG_RD = 0x0100, FLAG_CD = 0x0010 };
enum { CLASS_IN = 1, CLASS_CH = 3, CLASS_ANY = 255 };
enum { OPCODE_SHIFT = 11, OPCODE_QUERY = 0, OPCODE_NOTIFY = 4, OPCODE_UPDATE = 5 };

struct query {
	struct ax_slice wire;
	uint16_t flags, qtype, qclass;
	uint8_t qname_n; /* octets of the question's name, at wire + 12; 0: there is no question to echo */
	/* Where the plain way shall look (respond.h): how many octets of the name stand before the zone's apex, and
	 * the commit's local id. */
	uint8_t apex_at;
	uint64_t commit;
	struct edns edns;
	struct dname name; /* the question's, if there is one to echo */
};

/* QUERY_DROP, QUERY_COOKIE, or the rcode to refuse with, or AX_RCODE_NOERROR. */
int query_read(struct query *q, struct ax_slice wire);

static inline const uint8_t *query_name(const struct query *q)
{
	return q->wire.p + QUERY_HEADER;
}

#endif
