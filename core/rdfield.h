/* rdfield.h - the fields of RDATA, one letter each: what rdata.c and rdtext.c share.
 *
 * A row of the layout table (rdata.c) spells a type as a string of fields; checking, finding names, canonical form
 * and text all walk that string:
 *
 *     n name    a IPv4   A IPv6   1 2 4 unsigned of so many octets   d u32, seconds (1h30m is read)   t u32, time
 *     y type    g DNSSEC algorithm   c certificate type   s string   S string or nothing   z strings to the end
 *     q text to the end, quoted      G tag (CAA)          b base64 to the end   B the same, may be empty
 *     x hex to the end   X may be empty    l salt    h hashed owner (base32)   m type bitmap
 *     e EUI48   E EUI64   L 64-bit locator   o LOC   p APL   w WKS   N NSAP   v SVCB parameters
 *     k IPSECKEY gateway and what tells its kind   r AMTRELAY's  H HIP identity and key
 *     Z names to the end   R bytes without a text form
 *
 * Nothing outside the rd*.c files includes this. */
#ifndef AX_RDFIELD_H
#define AX_RDFIELD_H

#include "rdata.h"

enum { AX_LAYOUT_COMPRESS = 1, AX_LAYOUT_LOWER = 2 };

struct ax_layout {
	uint16_t type;
	const char *name;
	const char *fields; /* NULL: opaque, text is \# */
	unsigned flags;
};

/* The row of a type, or of a mnemonic in any letter case; NULL if there is none. */
const struct ax_layout *ax_layout_find(uint16_t type);
const struct ax_layout *ax_layout_named(const char *text, size_t len);

/* Take the next field, of this kind, from r. NULL, or what is wrong. */
const char *ax_field_take(struct ax_slice *field, char kind, struct ax_reader *r);

/* -- text ------------------------------------------------------------------------------------------------- */

struct ax_token {
	const char *p;
	size_t n;
	bool quoted;
};

/* What is left of a text. */
struct ax_lex {
	const char *p, *end;
};

/* The next token: up to a blank or a quote, or from quote to quote, without them. False at the end. */
bool ax_lex_token(struct ax_token *t, struct ax_lex *lex);
/* AX_EINVAL, "why: `token`". */
enum ax_err ax_token_fail(const char *why, const struct ax_token *t);
bool ax_token_is(const struct ax_token *t, const char *word);
/* Decimal digits only, at most max. False else. */
bool ax_token_number(uint64_t *out, const struct ax_token *t, uint64_t max);
/* Seconds, with or without units: 3600, 1h, 1w2d3h4m5s. */
bool ax_token_period(uint32_t *out, const struct ax_token *t);
/* Append the octets of a string token (\DDD and \X resolved). */
AX_MUST enum ax_err ax_token_octets(struct ax_buf *out, const struct ax_token *t);

/* Field text to wire, and back. The *_exotic halves are for the rarer kinds (rdexotic.c). */
AX_MUST enum ax_err ax_field_scan(struct ax_buf *out, char kind, struct ax_lex *lex, const struct ax_name *origin);
AX_MUST enum ax_err ax_field_scan_exotic(struct ax_buf *out, char kind, struct ax_lex *lex,
					 const struct ax_name *origin);
/* False when the field has no text form: the whole RDATA is then written as \#. */
bool ax_field_print(struct ax_buf *out, char kind, struct ax_slice field);
bool ax_field_print_exotic(struct ax_buf *out, char kind, struct ax_slice field);
/* Service parameters (rdsvcb.c). */
AX_MUST enum ax_err ax_svcparams_scan(struct ax_buf *out, struct ax_lex *lex);
bool ax_svcparams_print(struct ax_buf *out, struct ax_slice field);

/* Mnemonics that ldns keeps (rdtext.c). */
bool ax_algorithm_parse(uint8_t *out, const struct ax_token *t);
bool ax_certificate_parse(uint16_t *out, const struct ax_token *t);
/* One token of hex; the rest of the text as base64, blanks inside ignored. */
AX_MUST enum ax_err ax_scan_hex(struct ax_buf *out, const struct ax_token *t);
AX_MUST enum ax_err ax_scan_base64(struct ax_buf *out, struct ax_lex *lex, bool may_be_empty);
void ax_print_hex(struct ax_buf *out, struct ax_slice s, bool upper);
void ax_print_base64(struct ax_buf *out, struct ax_slice s);
void ax_print_string(struct ax_buf *out, struct ax_slice s);

#endif
