#include "dnsd/query.h"

#include <string.h>

/* The question's name, which nothing before it could compress (RFC 1035 4.1.4). */
static bool read_question(struct query *q, struct ax_reader *r)
{
	const uint8_t *start = r->p;
	uint8_t c;
	do {
		c = ax_get_u8(r);
		if (c > AX_LABEL_MAX)
			return false;
		ax_get_bytes(r, c);
	} while (c && !r->bad && r->p - start <= AX_NAME_MAX);
	size_t n = (size_t)(r->p - start);
	uint16_t qtype = ax_get_u16(r), qclass = ax_get_u16(r);
	if (r->bad || n > AX_NAME_MAX)
		return false;
	q->qname_n = (uint8_t)n;
	q->qtype = qtype;
	q->qclass = qclass;
	return true;
}

/* Pass over an owner name, compressed or not; *root tells whether it is the bare root. */
static bool skip_name(struct ax_reader *r, bool *root)
{
	const uint8_t *start = r->p;
	*root = r->p < r->end && *r->p == 0;
	for (;;) {
		uint8_t c = ax_get_u8(r);
		if (c >= 0xc0) {
			ax_get_u8(r);
			return !r->bad;
		}
		if (c > AX_LABEL_MAX)
			return false;
		ax_get_bytes(r, c);
		if (r->bad || r->p - start > AX_NAME_MAX)
			return false;
		if (c == 0)
			return true;
	}
}

/* The options of an OPT must at least tile its RDATA (RFC 6891 6.1.2). */
static bool options_are_whole(struct ax_slice rdata)
{
	struct ax_reader r = ax_reader(rdata);
	while (ax_reader_left(&r) && !r.bad) {
		(void)ax_get_u16(&r);
		ax_get_bytes(&r, ax_get_u16(&r));
	}
	return !r.bad;
}

static bool read_opt(struct query *q, bool root, uint16_t class, uint32_t ttl, struct ax_slice rdata)
{
	if (q->edns || !root || !options_are_whole(rdata))
		return false;
	q->edns = true;
	q->udp_size = class;
	q->edns_version = (uint8_t)(ttl >> 16);
	q->dnssec_ok = ttl & 0x8000;
	return true;
}

/* All records after the question; only the additional section's OPT means something to us. *tsig: the last one is a
 * TSIG. */
static bool read_records(struct query *q, struct ax_reader *r, unsigned before, unsigned additional, bool *tsig)
{
	*tsig = false;
	for (unsigned i = 0; i < before + additional; i++) {
		bool root;
		if (!skip_name(r, &root))
			return false;
		uint16_t type = ax_get_u16(r), class = ax_get_u16(r);
		uint32_t ttl = ax_get_u32(r);
		struct ax_slice rdata = ax_get_bytes(r, ax_get_u16(r));
		if (r->bad)
			return false;
		if (*tsig) /* it must be the last (RFC 8945 5.1) */
			return false;
		*tsig = type == AX_TYPE_TSIG;
		if ((type == AX_TYPE_OPT || *tsig) && i < before)
			return false;
		if (type == AX_TYPE_OPT && !read_opt(q, root, class, ttl, rdata))
			return false;
	}
	return true;
}

int query_read(struct query *q, struct ax_slice wire)
{
	*q = (struct query){ .wire = wire };
	if (wire.n < QUERY_HEADER)
		return QUERY_DROP;
	q->id = ax_be16(wire.p);
	q->flags = ax_be16(wire.p + 2);
	if (q->flags & FLAG_QR)
		return QUERY_DROP;
	unsigned questions = ax_be16(wire.p + 4);
	unsigned before = ax_be16(wire.p + 6) + ax_be16(wire.p + 8), additional = ax_be16(wire.p + 10);
	unsigned opcode = q->flags >> OPCODE_SHIFT & 15;
	struct ax_reader r = ax_reader(ax_slice(wire.p + QUERY_HEADER, wire.n - QUERY_HEADER));
	bool tsig;
	if (questions == 1 && !read_question(q, &r))
		return AX_RCODE_FORMERR;
	if (opcode != 0) {
		/* Of other opcodes we know no syntax; an OPT is still answered by one if it is found. */
		if (questions != 1 || !read_records(q, &r, before, additional, &tsig))
			q->edns = false;
		return AX_RCODE_NOTIMP;
	}
	if (questions != 1)
		return AX_RCODE_FORMERR;
	if (!read_records(q, &r, before, additional, &tsig)) {
		q->edns = false;
		return AX_RCODE_FORMERR;
	}
	if (ax_reader_left(&r))
		return AX_RCODE_FORMERR;
	if (q->edns && q->edns_version > 0)
		return AX_RCODE_BADVERS;
	return tsig ? AX_RCODE_NOTAUTH : AX_RCODE_NOERROR;
}
