#include "dnsd/query.h"

#include <string.h>

#include "dnsd/hot.h"

/* The question, whose name nothing before it could compress (RFC 1035 4.1.4). */
static inline bool read_question(struct query *q)
{
	const uint8_t *p = query_name(q);
	size_t left = q->wire.n - QUERY_HEADER, n;
	if (!dname_read(&q->name, p, left) || (n = q->name.n) + 4 > left)
		return false;
	q->qname_n = (uint8_t)n;
	q->qtype = ax_be16(p + n);
	q->qclass = ax_be16(p + n + 2);
	return true;
}

/* Does the name that begins at offset `at` of the message end? Pointers may only lead backwards (RFC 1035 4.1.4: to a
 * prior occurrence), so that following them ends. */
static bool name_ends(struct ax_slice wire, size_t at)
{
	size_t n = 0, floor = at;
	while (at < wire.n && n <= AX_NAME_MAX) {
		uint8_t c = wire.p[at];
		if (c == 0)
			return true;
		if (c <= AX_LABEL_MAX) {
			n += c + 1u;
			at += c + 1u;
			continue;
		}
		if (c < 0xc0 || at + 1 >= wire.n)
			return false;
		at = (size_t)(c & 0x3f) << 8 | wire.p[at + 1];
		if (at >= floor || at < QUERY_HEADER)
			return false;
		floor = at;
	}
	return false;
}

/* Pass over an owner name, compressed or not; *root tells whether it is the bare root. */
static bool skip_name(struct ax_reader *r, struct ax_slice wire, bool *root)
{
	*root = r->p < r->end && *r->p == 0;
	if (!name_ends(wire, (size_t)(r->p - wire.p)))
		return false;
	uint8_t c;
	while ((c = ax_get_u8(r)) != 0) {
		if (c >= 0xc0) {
			(void)ax_get_u8(r);
			break;
		}
		(void)ax_get_bytes(r, c);
	}
	return !r->bad;
}

static bool read_opt(struct query *q, bool root, uint16_t class, uint32_t ttl, struct ax_slice rdata)
{
	return !q->edns.there && root && edns_read(&q->edns, class, ttl, rdata);
}

/* A TSIG whose parts do not add up is malformed, whatever its key (RFC 8945 5.2). */
static bool tsig_is_whole(uint16_t class, uint32_t ttl, struct ax_slice rdata)
{
	struct ax_reader r = ax_reader(rdata);
	for (uint8_t c = 1; c && !r.bad;) {
		c = ax_get_u8(&r);
		if (c > AX_LABEL_MAX)
			return false;
		(void)ax_get_bytes(&r, c);
	}
	(void)ax_get_bytes(&r, 6 + 2);          /* time signed, fudge */
	(void)ax_get_bytes(&r, ax_get_u16(&r)); /* MAC */
	(void)ax_get_bytes(&r, 2 + 2);          /* original id, error */
	(void)ax_get_bytes(&r, ax_get_u16(&r)); /* other data */
	return !r.bad && !ax_reader_left(&r) && class == CLASS_ANY && ttl == 0;
}

struct record {
	bool root; /* the owner is the root */
	uint16_t type, class;
	uint32_t ttl;
	struct ax_slice rdata;
};

static bool read_record(struct record *rr, struct ax_reader *r, struct ax_slice wire)
{
	if (!skip_name(r, wire, &rr->root))
		return false;
	rr->type = ax_get_u16(r);
	rr->class = ax_get_u16(r);
	rr->ttl = ax_get_u32(r);
	rr->rdata = ax_get_bytes(r, ax_get_u16(r));
	return !r->bad;
}

/* The records after the question, `before` of them before the additional section, where OPT and TSIG belong. The
 * authority section of an IXFR query is the client's SOA (RFC 1995 3). *tsig: the last record is a TSIG. */
static bool read_records(struct query *q, struct ax_reader *r, unsigned before, unsigned additional, bool *tsig)
{
	struct record rr;
	*tsig = false;
	for (unsigned i = 0; i < before + additional; i++) {
		if (*tsig || !read_record(&rr, r, q->wire)) /* a TSIG is the last (RFC 8945 5.1) */
			return false;
		bool extra = rr.type == AX_TYPE_OPT || rr.type == AX_TYPE_TSIG;
		*tsig = rr.type == AX_TYPE_TSIG;
		if (extra && i < before)
			return false;
		if (i < before && q->qtype == AX_TYPE_IXFR && rr.type != AX_TYPE_SOA)
			return false;
		if (rr.type == AX_TYPE_OPT && !read_opt(q, rr.root, rr.class, rr.ttl, rr.rdata))
			return false;
		if (*tsig && !tsig_is_whole(rr.class, rr.ttl, rr.rdata))
			return false;
	}
	return true;
}

/* Anything that a header can say. */
static SELDOM int read_any(struct query *q)
{
	struct ax_slice wire = q->wire;
	unsigned questions = ax_be16(wire.p + 4);
	unsigned before = ax_be16(wire.p + 6) + ax_be16(wire.p + 8), additional = ax_be16(wire.p + 10);
	unsigned opcode = q->flags >> OPCODE_SHIFT & 15;
	bool one_question = opcode == OPCODE_QUERY || opcode == OPCODE_NOTIFY || opcode == OPCODE_UPDATE;
	bool tsig;
	if (questions == 1 && !read_question(q))
		return AX_RCODE_FORMERR;
	size_t at = QUERY_HEADER + (questions == 1 ? q->qname_n + 4u : 0);
	struct ax_reader r = ax_reader(ax_slice(wire.p + at, wire.n - at));
	if (questions != 1 && one_question && (questions || opcode != OPCODE_QUERY))
		return AX_RCODE_FORMERR;
	if (opcode != OPCODE_QUERY) {
		/* Of other opcodes we know no syntax; an OPT is still answered by one if it is found. */
		if (questions != 1 || !read_records(q, &r, before, additional, &tsig))
			q->edns.there = false;
		return AX_RCODE_NOTIMP;
	}
	if (!read_records(q, &r, before, additional, &tsig)) {
		q->edns.there = false;
		return AX_RCODE_FORMERR;
	}
	if (ax_reader_left(&r))
		return AX_RCODE_FORMERR;
	if (q->edns.there && q->edns.version > 0)
		return AX_RCODE_BADVERS;
	if (q->edns.malformed)
		return AX_RCODE_FORMERR;
	if (!questions)
		return q->edns.asks & EDNS_COOKIE ? QUERY_COOKIE : AX_RCODE_FORMERR;
	return tsig ? AX_RCODE_NOTAUTH : AX_RCODE_NOERROR;
}

/* What nearly all ask by: one question, and nothing behind it or an OPT of version 0 without options. False: read it
 * as anything. */
static inline bool read_usual(struct query *q)
{
	static const uint8_t one[7] = { 0, 1, 0, 0, 0, 0, 0 };
	const uint8_t *counts = q->wire.p + 4;
	if (q->flags >> OPCODE_SHIFT || memcmp(counts, one, sizeof one) != 0 || !read_question(q))
		return false;
	size_t question = q->qname_n + (size_t)4;
	const uint8_t *opt = query_name(q) + question;
	size_t left = q->wire.n - QUERY_HEADER - question;
	if (left == 0)
		return counts[7] == 0;
	if (counts[7] != 1 || left != EDNS_OPT || opt[0] || ax_be16(opt + 1) != AX_TYPE_OPT || opt[6] || opt[9] ||
	    opt[10])
		return false;
	return edns_read(&q->edns, ax_be16(opt + 3), ax_be32(opt + 5), ax_slice(NULL, 0));
}

int query_read(struct query *q, struct ax_slice wire)
{
	memset(q, 0, offsetof(struct query, edns.reply.keepalive_ds)); /* what follows is set when it is said */
	q->wire = wire;
	if (wire.n < QUERY_HEADER || wire.p[2] & FLAG_QR >> 8)
		return QUERY_DROP;
	q->flags = ax_be16(wire.p + 2);
	return read_usual(q) ? AX_RCODE_NOERROR : read_any(q);
}
