#include "dnsd/packet.h"

#include <assert.h>
#include <string.h>

#include "dnsd/hot.h"

static void put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v & 0xffff);
}

/* -- compression ------------------------------------------------------------------------------------------ */

/* FNV-1a over a label, continuing the hash of what stands right of it. */
static uint32_t hash_label(uint32_t h, const uint8_t *label)
{
	for (unsigned i = 0; i <= *label; i++)
		h = (h ^ label[i]) * 16777619u;
	return h;
}

/* Does the name at this offset of the message have exactly these bytes? Pointers only lead backwards there: we wrote
 * them. */
static bool same_name(const struct packet *m, size_t at, const uint8_t *wire)
{
	for (;;) {
		while (m->p[at] >= 0xc0)
			at = (size_t)(m->p[at] & 0x3f) << 8 | m->p[at + 1];
		size_t n = m->p[at] + 1u;
		if (m->p[at] != *wire || memcmp(m->p + at, wire, n) != 0)
			return false;
		if (n == 1)
			return true;
		at += n;
		wire += n;
	}
}

/* The slot with this suffix, else a free one (its offset is 0): there are more slots than names. */
static unsigned slot_of(const struct packet *m, uint32_t hash, const uint8_t *wire)
{
	for (unsigned s = hash % PACKET_SLOTS;; s = (s + 1) % PACKET_SLOTS)
		if (!m->offset[s] || (m->check[s] == (uint16_t)(hash >> 16) && same_name(m, m->offset[s], wire)))
			return s;
}

static void remember(struct packet *m, unsigned slot, uint32_t hash, size_t at)
{
	if (m->offset[slot] || m->names == PACKET_NAMES || at >= 0x4000)
		return;
	m->offset[slot] = (uint16_t)at;
	m->check[slot] = (uint16_t)(hash >> 16);
	m->used[m->names++] = (uint8_t)slot;
}

static SELDOM void forget(struct packet *m, unsigned names)
{
	while (m->names > names)
		m->offset[m->used[--m->names]] = 0;
}

/* Where the labels of a name begin and the hash of each suffix, rightmost last. */
struct labels {
	unsigned n;
	uint8_t at[AX_LABELS_MAX];
	uint32_t hash[AX_LABELS_MAX];
};

static void take_labels(struct labels *l, const uint8_t *wire)
{
	l->n = 0;
	for (unsigned i = 0; wire[i]; i += wire[i] + 1u)
		l->at[l->n++] = (uint8_t)i;
	uint32_t h = 2166136261u;
	for (unsigned i = l->n; i-- > 0;)
		l->hash[i] = h = hash_label(h, wire + l->at[i]);
}

unsigned packet_names_in(uint16_t type, unsigned *before)
{
	*before = 0;
	switch (type) {
	case 2:  /* NS */
	case 3:  /* MD */
	case 4:  /* MF */
	case 5:  /* CNAME */
	case 7:  /* MB */
	case 8:  /* MG */
	case 9:  /* MR */
	case 12: /* PTR */
		return 1;
	case 6:  /* SOA */
	case 14: /* MINFO */
		return 2;
	case 15: /* MX */
		*before = 2;
		return 1;
	default:
		return 0;
	}
}

/* Octets of the name that begins at p; 0 if it does not end before end. */
static size_t name_length(const uint8_t *p, const uint8_t *end)
{
	const uint8_t *start = p;
	while (p < end && *p && *p <= AX_LABEL_MAX)
		p += *p + 1u;
	return p < end && *p == 0 && p - start < AX_NAME_MAX ? (size_t)(p - start) + 1 : 0;
}

/* Take in the suffixes that are written out where a name stands in the message, before `end`. Returns where it ends;
 * 0 if there is no name: RDATA may be malformed. */
static size_t know_name(struct packet *m, size_t at, size_t end)
{
	struct labels l;
	uint8_t whole[AX_NAME_MAX];
	size_t n = 0, p = at, floor = at, written = AX_NAME_MAX, after = 0;
	if (at + 1 < end && m->p[at] >= 0xc0)
		return at + 2;
	for (;;) {
		if (p + 1 > end)
			return 0;
		size_t c = m->p[p], to = p + 1 < end ? (c & 0x3f) << 8 | m->p[p + 1] : 0;
		if (c > AX_LABEL_MAX && (c < 0xc0 || to >= floor || to < QUERY_HEADER))
			return 0;
		if (c > AX_LABEL_MAX) {
			written = after ? written : n;
			after = after ? after : p + 2;
			floor = p = to;
			continue;
		}
		if (n + c + 1 > AX_NAME_MAX || p + c + 1 > end)
			return 0;
		memcpy(whole + n, m->p + p, c + 1);
		n += c + 1;
		p += c + 1;
		if (c == 0)
			break;
	}
	take_labels(&l, whole);
	for (unsigned i = 0; i < l.n && l.at[i] < written; i++)
		remember(m, slot_of(m, l.hash[i], whole + l.at[i]), l.hash[i], at + l.at[i]);
	return after ? after : p;
}

/* Names are looked for in the table when the first is to be compressed; many answers have none. What stands in the
 * message by then, and was not written by put_name, is taken in here, up to where the record in the making begins. */
static void catch_up(struct packet *m)
{
	if (!m->known) {
		(void)know_name(m, QUERY_HEADER, m->empty);
		m->known = m->empty;
	}
	while (m->known < m->record) {
		size_t at = know_name(m, m->known, m->record);
		if (!at)
			return;
		unsigned before, names = packet_names_in(ax_be16(m->p + at), &before);
		m->known = at + 10 + ax_be16(m->p + at + 8);
		at += 10 + before;
		while (names-- && at && at < m->known)
			at = know_name(m, at, m->known);
	}
}

/* Write a name of n octets, its longest known suffix as a pointer. */
static bool put_name(struct packet *m, const uint8_t *wire, size_t n)
{
	struct labels l;
	unsigned known;
	size_t start = m->n;
	unsigned slot[AX_LABELS_MAX];
	catch_up(m);
	take_labels(&l, wire);
	for (known = 0; known < l.n; known++) {
		slot[known] = slot_of(m, l.hash[known], wire + l.at[known]);
		if (m->offset[slot[known]])
			break;
	}
	size_t plain = known < l.n ? l.at[known] : n;
	if (m->limit - m->n < plain + (known < l.n ? 2 : 0))
		return false;
	memcpy(m->p + m->n, wire, plain);
	m->n += plain;
	if (known < l.n) {
		put16(m->p + m->n, 0xc000u | m->offset[slot[known]]);
		m->n += 2;
	}
	for (unsigned i = 0; i < known; i++) {
		if (m->offset[slot[i]]) /* two suffixes of this name met in one free slot */
			slot[i] = slot_of(m, l.hash[i], wire + l.at[i]);
		remember(m, slot[i], l.hash[i], start + l.at[i]);
	}
	return true;
}

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

struct packet_owner packet_owner(const struct packet *m, const uint8_t *wire, uint8_t n)
{
	const uint8_t *question = query_name(m->query);
	unsigned skip = 0;
	if (n > m->query->qname_n)
		return (struct packet_owner){ wire, n, 0 };
	unsigned cut = (unsigned)(m->query->qname_n - n);
	while (skip < cut)
		skip += question[skip] + 1u;
	if (skip != cut)
		return (struct packet_owner){ wire, n, 0 };
	for (unsigned i = 0; i < n; i++)
		if (lower(question[cut + i]) != lower(wire[i]))
			return (struct packet_owner){ wire, n, 0 };
	return packet_question_owner(m, cut);
}

static bool put_owner(struct packet *m, struct packet_owner *owner)
{
	if (!owner->at) {
		size_t at = m->n;
		if (!put_name(m, owner->wire, owner->n))
			return false;
		/* What became a pointer as a whole is pointed at where it stands, not through one more pointer. */
		if (m->p[at] >= 0xc0)
			owner->at = (uint16_t)((m->p[at] & 0x3f) << 8 | m->p[at + 1]);
		else if (owner->n > 1 && at < 0x4000)
			owner->at = (uint16_t)at;
		return true;
	}
	if (m->limit - m->n < 2)
		return false;
	put16(m->p + m->n, 0xc000u | owner->at);
	m->n += 2;
	return true;
}

/* -- records ---------------------------------------------------------------------------------------------- */

static bool put_bytes(struct packet *m, const uint8_t *p, size_t n)
{
	if (m->limit - m->n < n)
		return false;
	memcpy(m->p + m->n, p, n);
	m->n += n;
	return true;
}

static bool put_rdata(struct packet *m, uint16_t type, struct ax_slice rdata)
{
	const uint8_t *p = rdata.p, *end = rdata.p + rdata.n;
	unsigned before, names = packet_names_in(type, &before);
	if (names && rdata.n >= before) {
		if (!put_bytes(m, p, before))
			return false;
		p += before;
		for (size_t n; names && (n = name_length(p, end)); names--, p += n)
			if (!put_name(m, p, n))
				return false;
	}
	return put_bytes(m, p, (size_t)(end - p));
}

bool packet_rr(struct packet *m, enum packet_section s, struct packet_owner *owner, uint16_t type, uint32_t ttl_s,
	       struct ax_slice rdata)
{
	if (m->tc)
		return true;
	m->record = m->n;
	if (!put_owner(m, owner) || m->limit - m->n < 10)
		return false;
	uint8_t *fixed = m->p + m->n;
	put16(fixed, type);
	put16(fixed + 2, CLASS_IN);
	put32(fixed + 4, ttl_s);
	m->n += 10;
	size_t start = m->n;
	if (!put_rdata(m, type, rdata))
		return false;
	put16(fixed + 8, (unsigned)(m->n - start));
	m->count[s]++;
	if (m->known == m->record) /* what it has was taken in as it was written */
		m->known = m->n;
	return true;
}

void packet_rollback(struct packet *m, const struct packet_mark *mark)
{
	m->n = mark->n;
	memcpy(m->count, mark->count, sizeof m->count);
	forget(m, mark->names);
	m->known = mark->known;
}

void packet_truncate(struct packet *m)
{
	m->n = m->empty;
	memset(m->count, 0, sizeof m->count);
	m->tc = true;
}

/* -- message ---------------------------------------------------------------------------------------------- */

void packet_init(struct packet *m, uint8_t *buffer)
{
	memset(m, 0, sizeof *m);
	m->p = buffer;
	m->keepalive_ds = -1;
}

void packet_begin(struct packet *m, const struct query *q, size_t max)
{
	if (m->names)
		forget(m, 0);
	assert(max >= PACKET_UDP_MIN && max <= PACKET_MAX);
	m->query = q;
	m->known = 0;
	m->count[0] = m->count[1] = m->count[2] = 0;
	m->wild_at = 0;
	m->tc = m->aa = false;
	m->max = max;
	m->limit = q->edns.there ? max - edns_room(&q->edns) : max;
	m->n = m->empty = QUERY_HEADER + (q->qname_n ? q->qname_n + 4u : 0);
	octets_copy(m->p, q->wire.p, m->n);
}

/* Whoever asks for ANY in another's name asks for the size of its answer: beyond what goes without EDNS, the data is
 * given over TCP alone (RFC 8482 4.4). */
static bool is_bait(const struct packet *m)
{
	return m->query->qtype == AX_TYPE_ANY && m->count[PACKET_ANSWER] && m->max < PACKET_MAX &&
	       m->n > PACKET_UDP_MIN;
}

void packet_end(struct packet *m, unsigned rcode)
{
	const struct query *q = m->query;
	if (is_bait(m))
		packet_truncate(m);
	unsigned flags = FLAG_QR | (q->flags & (15u << OPCODE_SHIFT | FLAG_RD)) | (rcode & 15);
	if (m->aa && q->qclass != CLASS_ANY) /* of all classes nobody has authority (RFC 1034 3.7.1) */
		flags |= FLAG_AA;
	if (m->tc)
		flags |= FLAG_TC;
	uint8_t *p = m->p;
	m->rcode = (uint16_t)rcode;
	put16(p + 2, flags); /* the id stands there, as it was copied */
	put16(p + 4, q->qname_n != 0);
	put16(p + 6, m->count[PACKET_ANSWER]);
	put16(p + 8, m->count[PACKET_AUTHORITY]);
	put16(p + 10, m->count[PACKET_ADDITIONAL] + (unsigned)q->edns.there);
	if (q->edns.there)
		m->n = edns_put(p, m->n, m->max, &q->edns, rcode);
}
