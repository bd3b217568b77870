#include "dnsd/wireset.h"

#include <string.h>

#include "dnsd/hot.h"

/* -- reading ---------------------------------------------------------------------------------------------- */

/* Append the name at p of a ready set, whole; returns where what follows it begins. */
static const uint8_t *expand(uint8_t **out, const uint8_t *p, const struct wireset_walk *w)
{
	const uint8_t *end = NULL;
	for (;;) {
		if (*p >= 0xc0) {
			size_t to = ax_be16(p) & 0x3fff, records = QUERY_HEADER + w->own_n + 4;
			end = end ? end : p + 2;
			p = to < records ? w->own + (to - QUERY_HEADER) : w->set->data + (to - records);
			continue;
		}
		size_t n = *p + 1u;
		memcpy(*out, p, n);
		*out += n;
		p += n;
		if (n == 1)
			return end ? end : p;
	}
}

bool wireset_record(struct ax_rr *out, struct wireset_walk *w)
{
	if (w->pos >= w->set->size)
		return false;
	const uint8_t *p = w->set->data + w->pos, *rdata = p + WIRESET_HEAD, *end = rdata + ax_be16(p + 10);
	w->pos = (uint32_t)(end - w->set->data);
	out->ttl_s = ax_be32(p + 6);
	out->rdata = ax_slice(rdata, (size_t)(end - rdata));
	if (w->set->flags != (WIRESET_READY | WIRESET_NAMES))
		return true;
	unsigned before, names = packet_names_in(w->set->type, &before);
	uint8_t *to = w->rdata;
	memcpy(to, rdata, before);
	to += before;
	rdata += before;
	while (names--)
		rdata = expand(&to, rdata, w);
	memcpy(to, rdata, (size_t)(end - rdata));
	out->rdata = ax_slice(w->rdata, (size_t)(to - w->rdata) + (size_t)(end - rdata));
	return true;
}

/* -- making ----------------------------------------------------------------------------------------------- */

void wireset_maker_init(struct wireset_maker *w)
{
	packet_init(&w->packet, w->bytes);
	w->query = (struct query){ .wire = { w->question, 0 } };
	memset(w->question, 0, QUERY_HEADER);
}

void wireset_owner(struct wireset_maker *w, const uint8_t *wire, size_t n)
{
	memcpy(w->question + QUERY_HEADER, wire, n);
	w->query.wire.n = QUERY_HEADER + n + 4;
	w->query.qname_n = (uint8_t)n;
}

/* Sets of more than this are not compressed in advance: an answer's table of names must have room for all of theirs
 * and those of a longer question. */
enum { RECORDS_MAX = 16, NAMES_MAX = 64, BYTES_MAX = 1024 };

/* The records as packet.h writes them after the question; false if they are to be kept whole. */
static bool compress(struct ax_buf *b, struct wireset_maker *w, const struct ax_rrset *set, uint32_t ttl_max_s)
{
	struct packet *m = &w->packet;
	struct ax_rr rr;
	if (set->count > RECORDS_MAX || set->body.n > BYTES_MAX || w->query.qname_n <= 1)
		return false;
	packet_begin(m, &w->query, sizeof w->bytes);
	for (size_t pos = 0; ax_rrset_next(&rr, set, &pos);) {
		struct packet_owner owner = packet_question_owner(m, 0);
		if (ax_rdata_check(set->type, rr.rdata) ||
		    !packet_rr(m, PACKET_ANSWER, &owner, set->type, rr.ttl_s < ttl_max_s ? rr.ttl_s : ttl_max_s,
			       rr.rdata))
			return false;
	}
	if (m->names > NAMES_MAX)
		return false;
	ax_buf_put(b, m->p + m->empty, m->n - m->empty);
	return true;
}

static void put_whole(struct ax_buf *b, const struct ax_rrset *set, uint32_t ttl_max_s)
{
	struct ax_rr rr;
	for (size_t pos = 0; ax_rrset_next(&rr, set, &pos);) {
		ax_buf_u16(b, 0xc000 | QUERY_HEADER);
		ax_buf_u16(b, set->type);
		ax_buf_u16(b, CLASS_IN);
		ax_buf_u32(b, rr.ttl_s < ttl_max_s ? rr.ttl_s : ttl_max_s);
		ax_buf_u16(b, (uint16_t)rr.rdata.n);
		ax_buf_slice(b, rr.rdata);
	}
}

void wireset_make(struct ax_buf *b, struct wireset_maker *w, const struct ax_rrset *set, uint32_t ttl_max_s)
{
	struct wireset head = { .type = set->type, .count = (uint16_t)set->count };
	unsigned before;
	bool names = packet_names_in(set->type, &before) > 0, ready = !names && w->query.qname_n > 1;
	size_t at = b->n;
	ax_buf_put(b, &head, sizeof head);
	if (names && compress(b, w, set, ttl_max_s))
		ready = true;
	else
		put_whole(b, set, ttl_max_s);
	head.size = (uint32_t)(b->n - at - sizeof head) & 0x3fffffff;
	head.flags = (ready ? WIRESET_READY : 0u) | (names ? WIRESET_NAMES : 0u);
	while (b->n % 4)
		ax_buf_u8(b, 0);
	if (!b->failed)
		memcpy(b->p + at, &head, sizeof head);
}

/* -- answering -------------------------------------------------------------------------------------------- */

static void move_pointer(uint8_t *p, unsigned by)
{
	unsigned to = ax_be16(p) + by;
	p[0] = (uint8_t)(to >> 8);
	p[1] = (uint8_t)to;
}

/* A name in RDATA whose pointer is to move. NULL if the longer question would compress it further: the label in front
 * of the owner there is the one that is written out here. */
static uint8_t *move_name(uint8_t *p, unsigned by, const uint8_t *before)
{
	const uint8_t *last = NULL;
	while (*p && *p < 0xc0) {
		last = p;
		p += *p + 1u;
	}
	if (*p == 0)
		return p + 1;
	if (last && ax_be16(p) == (0xc000 | QUERY_HEADER) && memcmp(last, before, *before + 1u) == 0)
		return NULL;
	move_pointer(p, by);
	return p + 2;
}

/* The label of the question that ends its first `skip` octets. */
static const uint8_t *label_before(const struct packet *m, unsigned skip)
{
	const uint8_t *p = query_name(m->query), *end = p + skip;
	while (p + *p + 1 < end)
		p += *p + 1u;
	return p;
}

static APART bool move_records(const struct packet *m, const struct wireset *set, unsigned by)
{
	uint8_t *p = m->p + m->n;
	unsigned prefix, names = 0;
	const uint8_t *before = NULL;
	if (set->flags & WIRESET_NAMES) {
		names = packet_names_in(set->type, &prefix);
		before = label_before(m, by);
	}
	for (unsigned i = 0; i < set->count; i++) {
		uint8_t *next = p + WIRESET_HEAD + ax_be16(p + 10), *name = p + WIRESET_HEAD;
		move_pointer(p, by);
		if (names)
			name += prefix;
		for (unsigned k = 0; k < names; k++)
			if (!(name = move_name(name, by, before)))
				return false;
		p = next;
	}
	return true;
}

bool wireset_copy(struct packet *m, enum packet_section s, const struct wireset *set, unsigned skip, bool names)
{
	if (!(set->flags & WIRESET_READY) || m->limit - m->n < set->size)
		return false;
	/* Names in RDATA are compressed against what stands before, and that is the question alone. */
	if (set->flags & WIRESET_NAMES && (!names || m->n != m->empty))
		return false;
	size_t end = m->n + set->size;
	octets_copy(m->p + m->n, set->data, set->size);
	if (skip && !move_records(m, set, skip))
		return false;
	m->n = end;
	m->count[s] = (uint16_t)(m->count[s] + set->count);
	return true;
}
