/* selector.h - expressions that tell to which clients and queries a rule applies.
 *
 *     client.subnet in ["10.0.0.0/8", "2001:db8::/32"] && query.type != "TXT"
 *     client.geo.country == "DE" || client.geo.asn == 64500
 *     time.weekday in ["sat", "sun"] && hash(query.name, "weekend") % 100 < 5
 *
 *   or      and ( || and )*                     and      not ( && not )*
 *   not     ! not | compare                     compare  sum ( == != < <= > >= sum | in [ constant, ... ] )?
 *   sum     term ( + - term )*                  term     factor ( * / % factor )*
 *   factor  - factor | ( or ) | constant | field | function ( or, ... )
 *
 * Types: integer (64 bits), string, network, boolean, and of fields alone: RR type, class, day of the week. A string
 *   constant becomes what it stands beside: "TXT" beside query.type. All is checked when it is parsed: types, and
 *   constants that could never be met.
 * Absent: a value that is not known (no country for an address), an integer that overflows, a division by 0. It
 * spreads through functions and arithmetic; every comparison with it is false, != too. Ownership: selector_parse,
 * selector_free. Threads: immutable; evaluated by any. Cost: evaluation visits each node at most once; no allocation,
 * no lock. Limits: SELECTOR_TEXT octets, SELECTOR_NODES nodes, SELECTOR_DEPTH levels of nesting; functions make at
 * most SELECTOR_SCRATCH octets of strings, beyond that they are absent. */
#ifndef SELECTOR_H
#define SELECTOR_H

#include "core/name.h"
#include "dnsd/geo.h"

enum { SELECTOR_TEXT = 16384, SELECTOR_NODES = 1024, SELECTOR_DEPTH = 32, SELECTOR_SCRATCH = 4096 };

enum selector_uses { SELECTOR_USES_CLIENT = 1, SELECTOR_USES_COUNTRY = 2, SELECTOR_USES_ASN = 4 };

/* What a query tells. Begin with selector_asked. */
struct asked {
	struct net client;     /* the client subnet, or the host that asks */
	struct ax_slice qname; /* uncompressed wire, well-formed, any letter case */
	uint16_t qtype, qclass;
	int64_t now_s;         /* UTC */
	const struct geo *geo; /* may be NULL */
	/* Of the evaluation: */
	struct ax_slice name_text; /* in name; NULL until it is needed */
	uint8_t name[AX_NAME_TEXT_MAX];
	size_t used; /* of scratch, by this expression */
	uint8_t scratch[SELECTOR_SCRATCH];
};

struct selector;

/* AX_EINVAL with column and reason. */
AX_MUST enum ax_err selector_parse(struct selector **out, const char *text);
void selector_free(struct selector *s);
/* The fields that it asks for: enum selector_uses. */
unsigned selector_uses(const struct selector *s);
/* The longest prefix of the family that could tell clients apart by constants and hashes (RFC 7871 7.2.1). */
unsigned selector_scope(const struct selector *s, unsigned family);

/* Begin a question; the rest of *a is filled in by the caller. What is in scratch is not cleared. */
static inline void selector_asked(struct asked *a)
{
	a->name_text = (struct ax_slice){ 0 };
}
bool selector_true(const struct selector *s, struct asked *a);

#endif
