#include "dnsd/chaos.h"

#include <stddef.h>
#include <string.h>

enum { TEXT_ID, TEXT_VERSION, TEXT_AUTHORS };

static const struct {
	const char *name; /* lower-case wire */
	uint8_t n, text;
} names[] = {
	{ "\2id\6server", 11, TEXT_ID },           { "\10hostname\4bind", 15, TEXT_ID },
	{ "\7version\6server", 16, TEXT_VERSION }, { "\7version\4bind", 14, TEXT_VERSION },
	{ "\7authors\4bind", 14, TEXT_AUTHORS },
};

static bool same_name(const struct query *q, const char *name, uint8_t n)
{
	const uint8_t *asked = query_name(q);
	if (q->qname_n != n)
		return false;
	for (unsigned i = 0; i < n; i++) {
		uint8_t c = asked[i];
		if ((c >= 'A' && c <= 'Z' ? c + 32 : c) != (uint8_t)name[i])
			return false;
	}
	return true;
}

static const struct identity_text *text_of(const struct identity *id, unsigned text)
{
	return text == TEXT_ID ? &id->server : text == TEXT_VERSION ? &id->version : &id->authors;
}

/* Of the question's name, which fits: a text beside the shortest question is well below 512 octets. */
static void put(struct packet *m, enum packet_section s, uint16_t type, struct ax_slice rdata)
{
	struct packet_owner owner = packet_question_owner(m, 0);
	uint8_t *class = m->p + m->n + 2 + 2;
	if (packet_rr(m, s, &owner, type, 0, rdata))
		class[1] = CLASS_CH;
}

enum ax_rcode chaos_answer(struct packet *m, const struct identity *id)
{
	const struct query *q = m->query;
	size_t i = 0, known = sizeof names / sizeof names[0];
	while (i < known && !same_name(q, names[i].name, names[i].n))
		i++;
	const struct identity_text *text = id && i < known ? text_of(id, names[i].text) : NULL;
	if (!text || !text->n)
		return AX_RCODE_REFUSED;
	m->aa = true;
	if (q->qtype == AX_TYPE_TXT || q->qtype == AX_TYPE_ANY) {
		put(m, PACKET_ANSWER, AX_TYPE_TXT, ax_slice(text, offsetof(struct identity_text, text) + text->n));
		put(m, PACKET_AUTHORITY, AX_TYPE_NS, ax_slice(names[i].name, names[i].n));
	}
	return AX_RCODE_NOERROR;
}
