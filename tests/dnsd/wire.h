/* wire.h - queries made and answers read, by code of the tests' own: for the tests of the daemon. */
#ifndef TESTS_DNSD_WIRE_H
#define TESTS_DNSD_WIRE_H

#include "core/rdata.h"
#include "tests/core/repo_fixture.h"

enum { WIRE_MAX = 65535 };

struct wire_query {
	uint8_t p[2048];
	size_t n;
};

static inline void wire_u16(struct wire_query *q, unsigned v)
{
	q->p[q->n++] = (uint8_t)(v >> 8);
	q->p[q->n++] = (uint8_t)v;
}

/* Header and question. */
static inline struct wire_query wire_question(const struct ax_name *name, uint16_t type)
{
	struct wire_query q = { .n = 0 };
	wire_u16(&q, 0x1234);
	wire_u16(&q, 0x0100);
	wire_u16(&q, 1);
	wire_u16(&q, 0);
	wire_u16(&q, 0);
	wire_u16(&q, 0);
	memcpy(q.p + q.n, name->wire, name->n);
	q.n += name->n;
	wire_u16(&q, type);
	wire_u16(&q, 1);
	return q;
}

static inline void wire_opt(struct wire_query *q, unsigned size, unsigned version, bool dnssec_ok)
{
	q->p[11]++;
	q->p[q->n++] = 0;
	wire_u16(q, 41);
	wire_u16(q, size);
	wire_u16(q, version);
	wire_u16(q, dnssec_ok ? 0x8000 : 0);
	wire_u16(q, 0);
}

static inline struct ax_slice wire_bytes(const struct wire_query *q)
{
	return ax_slice(q->p, q->n);
}

/* -- reading: every offset is checked, as an answer must stand by itself ----------------------------------- */

static inline size_t wire_read_name(struct ax_name *out, struct ax_slice m, size_t at)
{
	size_t end = 0, n = 0;
	for (unsigned hops = 0;;) {
		ck_assert_uint_lt(at, m.n);
		uint8_t c = m.p[at];
		if (c >= 0xc0) {
			ck_assert_uint_lt(at + 1, m.n);
			size_t to = (size_t)(c & 0x3f) << 8 | m.p[at + 1];
			if (!end)
				end = at + 2;
			ck_assert_uint_lt(to, at); /* only backwards */
			ck_assert_uint_lt(hops++, 128);
			at = to;
			continue;
		}
		ck_assert_uint_le(c, 63);
		ck_assert_uint_le(at + c + 1, m.n);
		ck_assert_uint_le(n + c + 1, AX_NAME_MAX);
		memcpy(out->wire + n, m.p + at, c + 1u);
		n += c + 1u;
		at += c + 1u;
		if (c == 0)
			break;
	}
	out->n = (uint8_t)n;
	return end ? end : at;
}

/* RDATA with its compressed names written out. */
static inline void wire_rdata(struct ax_buf *out, struct ax_slice m, uint16_t type, size_t at, size_t n)
{
	size_t end = at + n;
	unsigned names = type == 6 ? 2 : type == 2 || type == 5 || type == 12 || type == 15 ? 1 : 0;
	if (type == 15) {
		ax_buf_put(out, m.p + at, 2);
		at += 2;
	}
	while (names--) {
		struct ax_name name;
		at = wire_read_name(&name, m, at);
		ck_assert_uint_le(at, end);
		ax_buf_put(out, name.wire, name.n);
	}
	ax_buf_put(out, m.p + at, end - at);
}

static inline size_t wire_read_rr(struct ax_buf *out, const char *section, struct ax_slice m, size_t at)
{
	struct ax_name owner;
	struct ax_buf rdata = AX_BUF_INIT;
	char name[24];
	at = wire_read_name(&owner, m, at);
	ck_assert_uint_le(at + 10, m.n);
	uint16_t type = ax_be16(m.p + at), n = ax_be16(m.p + at + 8);
	ck_assert_uint_le(at + 10 + n, m.n);
	if (type == AX_TYPE_OPT) {
		ax_buf_printf(out, "opt size %u version %u rcode %u%s\n", ax_be16(m.p + at + 2), m.p[at + 5],
			      m.p[at + 4], m.p[at + 6] & 0x80 ? " do" : "");
		return at + 10 + n;
	}
	wire_rdata(&rdata, m, type, at + 10, n);
	ax_type_text(name, type);
	ax_buf_printf(out, "%s ", section);
	ax_name_text(out, &owner);
	ax_buf_printf(out, " %u %s ", ax_be32(m.p + at + 4), name);
	OK(ax_rdata_text(out, type, ax_buf_view(&rdata)));
	ax_buf_str(out, "\n");
	ax_buf_fini(&rdata);
	return at + 10 + n;
}

/* The whole message as text; that it is one, to its last octet, is asserted. */
static inline const char *wire_text(struct ax_buf *out, struct ax_slice m)
{
	static const char *const sections[] = { "an", "au", "ad" };
	ck_assert_uint_ge(m.n, 12);
	unsigned flags = ax_be16(m.p + 2);
	size_t at = 12;
	ck_assert(flags & 0x8000);
	ax_buf_clear(out);
	ax_buf_printf(out, "rcode %u%s%s%s%s\n", flags & 15, flags & 0x400 ? " aa" : "", flags & 0x200 ? " tc" : "",
		      flags & 0x100 ? " rd" : "", flags & 0xf0 ? " bits" : "");
	for (unsigned i = ax_be16(m.p + 4); i > 0; i--) {
		struct ax_name name;
		at = wire_read_name(&name, m, at) + 4;
		ck_assert_uint_le(at, m.n);
	}
	for (unsigned s = 0; s < 3; s++)
		for (unsigned i = ax_be16(m.p + 6 + 2 * s); i > 0; i--)
			at = wire_read_rr(out, sections[s], m, at);
	ck_assert_uint_eq(at, m.n);
	return ax_buf_cstr(out);
}

#endif
