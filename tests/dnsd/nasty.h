/* nasty.h - random zones of every shape, and random questions to them, from a seed: wildcards, empty non-terminals,
 * cuts with glue, CNAME and DNAME chains and loops, names that collide on few labels, RRsets too big for a datagram.
 * They pass the checks of core/check.h, so that they can be imported. */
#ifndef TESTS_DNSD_NASTY_H
#define TESTS_DNSD_NASTY_H

#include <stdio.h>
#include <string.h>

#include "core/denial.h"
#include "core/rdata.h"

enum { NASTY_OWNERS = 60, NASTY_NAME = 200 };

struct nasty {
	uint64_t seed;
	char owner[NASTY_OWNERS][NASTY_NAME]; /* relative to the zone, without dot at the end; "@" first */
	char kind[NASTY_OWNERS];              /* c: CNAME, d: DNAME, n: cut, x: data, 0: dropped */
	unsigned n;
};

static inline uint64_t nasty_random(struct nasty *z, uint64_t below)
{
	uint64_t v = (z->seed += UINT64_C(0x9e3779b97f4a7c15));
	v = (v ^ v >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	v = (v ^ v >> 27) * UINT64_C(0x94d049bb133111eb);
	return (v ^ v >> 31) % below;
}

static inline const char *nasty_label(struct nasty *z)
{
	static const char *const labels[] = { "a",     "b",     "c",  "d",
					      "*",     "www",   "ns", "mail",
					      "\\000", "x\\.y", "e_", "a-rather-long-label-to-fill-answers" };
	return labels[nasty_random(z, 12)];
}

/* A name of up to 4 labels relative to the zone. */
static inline void nasty_name(struct nasty *z, char out[NASTY_NAME])
{
	size_t n = 0;
	for (uint64_t i = nasty_random(z, 4) + 1; i > 0; i--)
		n += (size_t)snprintf(out + n, NASTY_NAME - n, "%s%s", nasty_label(z), i > 1 ? "." : "");
}

static inline bool nasty_below(const char *name, const char *above)
{
	size_t n = strlen(name), a = strlen(above);
	return n > a && name[n - a - 1] == '.' && strcmp(name + n - a, above) == 0;
}

/* Something that names a host or alias: mostly in the zone. */
static inline void nasty_target(struct nasty *z, char out[NASTY_NAME])
{
	switch (nasty_random(z, 8)) {
	case 0:
		snprintf(out, NASTY_NAME, "host%u.other.", (unsigned)nasty_random(z, 30));
		break;
	case 1:
	case 2:
		nasty_name(z, out);
		break;
	default:
		snprintf(out, NASTY_NAME, "%s", z->owner[nasty_random(z, z->n)]);
	}
}

static inline void nasty_choose(struct nasty *z)
{
	static const char kinds[] = "cccdnnxxxxxxx";
	z->n = 0;
	for (unsigned i = 0; i < NASTY_OWNERS; i++) {
		bool known = false;
		nasty_name(z, z->owner[z->n]);
		if (i == 0)
			strcpy(z->owner[0], "@");
		for (unsigned k = 0; k < z->n; k++)
			known |= strcmp(z->owner[k], z->owner[z->n]) == 0;
		if (known)
			continue;
		z->kind[z->n] = i ? kinds[nasty_random(z, sizeof kinds - 1)] : 'x';
		z->n++;
	}
	/* Nothing may stand below a DNAME (RFC 6672 2.4). */
	for (unsigned d = 0; d < z->n; d++)
		for (unsigned k = 0; k < z->n && z->kind[d] == 'd'; k++)
			if (nasty_below(z->owner[k], z->owner[d]))
				z->kind[k] = 0;
}

static inline void nasty_data(struct nasty *z, struct ax_buf *b, const char *owner)
{
	char target[NASTY_NAME];
	for (uint64_t sets = nasty_random(z, 4) + 1; sets > 0; sets--) {
		unsigned v = (unsigned)nasty_random(z, 250);
		nasty_target(z, target);
		switch (nasty_random(z, 11)) {
		case 0:
			ax_buf_printf(b, "%s %u AAAA 2001:db8::%x\n", owner, v, v);
			break;
		case 1:
			ax_buf_printf(b, "%s MX %u %s\n%s MX %u mail\n", owner, v, target, owner, v + 1);
			break;
		case 2:
			ax_buf_printf(b, "%s SRV 1 2 %u %s\n", owner, v, target);
			break;
		case 3:
			for (unsigned i = 0; i < v / 10; i++)
				ax_buf_printf(b, "%s TXT \"%u some text that fills an answer up to its brim\"\n",
					      owner, i);
			break;
		case 4:
			ax_buf_printf(b, "%s TYPE65280 \\# 3 0102%02x\n", owner, v);
			break;
		case 5:
			ax_buf_printf(b, "%s HTTPS %u . alpn=h2\n%s SVCB 2 %s\n", owner, v + 1, owner, target);
			break;
		case 6:
			ax_buf_printf(b, "%s PTR %s\n%s CAA 0 issue \"ca%u\"\n", owner, target, owner, v);
			break;
		case 7:
			ax_buf_printf(b, "%s RRSIG A 13 2 %u 20300101000000 20260101000000 1 %s AA==\n", owner, v,
				      target);
			break;
		default:
			ax_buf_printf(b, "%s A 192.0.2.%u\n%s A 192.0.2.%u\n", owner, v, owner, v / 2 + 1);
		}
	}
}

static inline void nasty_cut(struct nasty *z, struct ax_buf *b, const char *owner)
{
	char target[NASTY_NAME];
	for (uint64_t i = nasty_random(z, 12) + 1; i > 0; i--) {
		nasty_target(z, target);
		if (i > 1)
			ax_buf_printf(b, "%s NS %s\n", owner, target);
		else
			ax_buf_printf(b, "%s NS glue.%s\nglue.%s A 192.0.2.77\nglue.%s AAAA 2001:db8::77\n", owner,
				      owner, owner, owner);
	}
	if (nasty_random(z, 2))
		ax_buf_printf(b, "%s DS 1 13 2 AA%02X\n", owner, (unsigned)nasty_random(z, 256));
}

/* A zone's text; z keeps what it is made of, for questions. */
static inline void nasty_zone(struct ax_buf *b, struct nasty *z, uint64_t seed)
{
	char target[NASTY_NAME];
	z->seed = seed;
	nasty_choose(z);
	ax_buf_clear(b);
	ax_buf_printf(b, "$TTL %u\n@ SOA ns host %u 3600 900 86400 %u\n@ NS ns0\n@ NS ns.other.\nns0 A 192.0.2.1\n",
		      (unsigned)nasty_random(z, 1000), (unsigned)(seed & 0xffff) + 1,
		      (unsigned)nasty_random(z, 1000));
	for (unsigned i = 0; i < z->n; i++) {
		nasty_target(z, target);
		switch (z->kind[i]) {
		case 'c':
			ax_buf_printf(b, "%s CNAME %s\n", z->owner[i], target);
			break;
		case 'd':
			ax_buf_printf(b, "%s DNAME %s\n", z->owner[i], target);
			break;
		case 'n':
			nasty_cut(z, b, z->owner[i]);
			break;
		case 'x':
			nasty_data(z, b, z->owner[i]);
			break;
		}
	}
}

/* The owner of the NSEC3 RRset of a name, as text; false if it is too long to be one. */
static inline bool nasty_hashed(char out[AX_NSEC3_LABEL + 1], const char *owner, const char *apex)
{
	static const struct ax_denial denial = { AX_DENIAL_NSEC3, 2, 3, { 0xaa, 0xbb } };
	struct ax_name name, origin;
	uint8_t hash[AX_NSEC3_HASH], label[AX_NSEC3_LABEL];
	if (ax_name_parse(&origin, apex, strlen(apex), NULL) || ax_name_parse(&name, owner, strlen(owner), &origin))
		return false;
	ax_denial_hash(hash, &denial, name.wire, name.n);
	ax_denial_label(label, hash);
	memcpy(out, label, sizeof label);
	out[AX_NSEC3_LABEL] = 0;
	return true;
}

/* Append what denies, with gaps: NSEC (kind 1) or NSEC3 (kind 2) for most names; nothing for kind 0. What the records
 * say is not true: nobody here reads it. */
static inline void nasty_sign(struct ax_buf *b, struct nasty *z, unsigned kind, const char *apex)
{
	char label[AX_NSEC3_LABEL + 1];
	if (kind == 2)
		ax_buf_printf(b, "@ NSEC3PARAM 1 0 3 AABB\n");
	for (unsigned i = 0; kind && i < z->n; i++) {
		if (!z->kind[i] || (i && nasty_random(z, 4) == 0))
			continue;
		if (kind == 1)
			ax_buf_printf(b,
				      "%s NSEC @ A\n%s RRSIG NSEC 13 2 %u 20300101000000 20260101000000 1 @ AA==\n",
				      z->owner[i], z->owner[i], i);
		else if (nasty_hashed(label, z->owner[i], apex))
			ax_buf_printf(b,
				      "%s NSEC3 1 0 3 AABB %s A\n%s RRSIG NSEC3 13 2 %u 20300101000000 "
				      "20260101000000 1 @ AA==\n",
				      label, label, label, i);
	}
}

/* A question: a name of the zone, one below it, or any; in any letter case. */
static inline void nasty_question(struct nasty *z, struct ax_name *name, uint16_t *type, const struct ax_name *apex)
{
	static const uint16_t types[] = { 1,  1,  1,  2,  5,  6,  12, 15,  16,  28,  33,
					  39, 43, 46, 47, 50, 64, 65, 255, 255, 257, 65280 };
	char text[2 * NASTY_NAME];
	if (nasty_random(z, 3)) {
		const char *owner = z->owner[nasty_random(z, z->n)];
		snprintf(text, sizeof text, "%s", owner);
		if (strcmp(owner, "@") != 0 && nasty_random(z, 2))
			snprintf(text, sizeof text, "%s.%s", nasty_label(z), owner);
	} else {
		nasty_name(z, text);
	}
	if (ax_name_parse(name, text, strlen(text), apex) != AX_OK)
		*name = *apex;
	if (nasty_random(z, 4) == 0)
		for (unsigned i = 0; i < name->n; i++)
			if (name->wire[i] >= 'a' && name->wire[i] <= 'z' && nasty_random(z, 2))
				name->wire[i] = (uint8_t)(name->wire[i] - 32);
	*type = types[nasty_random(z, sizeof types / sizeof *types)];
}

#endif
