/* rdata.h - what lies inside RDATA: mnemonics, text, names, canonical form.
 *
 * rdtext.c is the one file that knows ldns: type names and RDATA text both ways, for every type ldns knows and
 * RFC 3597 \# for all others. rdata.c is ours: where the names of a type stand (RFC 4034 6.2, 6840 5.1), the
 * canonical form and order, and whether wire RDATA is well-formed. */
#ifndef AX_RDATA_H
#define AX_RDATA_H

#include "core/name.h"

/* The types the code speaks of by name (IANA registry). */
enum ax_type {
	AX_TYPE_A = 1,
	AX_TYPE_NS = 2,
	AX_TYPE_CNAME = 5,
	AX_TYPE_SOA = 6,
	AX_TYPE_PTR = 12,
	AX_TYPE_MX = 15,
	AX_TYPE_TXT = 16,
	AX_TYPE_SIG = 24,
	AX_TYPE_KEY = 25,
	AX_TYPE_AAAA = 28,
	AX_TYPE_NXT = 30,
	AX_TYPE_SRV = 33,
	AX_TYPE_NAPTR = 35,
	AX_TYPE_DNAME = 39,
	AX_TYPE_OPT = 41,
	AX_TYPE_DS = 43,
	AX_TYPE_RRSIG = 46,
	AX_TYPE_NSEC = 47,
	AX_TYPE_DNSKEY = 48,
	AX_TYPE_NSEC3 = 50,
	AX_TYPE_NSEC3PARAM = 51,
	AX_TYPE_ZONEMD = 63,
	AX_TYPE_SVCB = 64,
	AX_TYPE_HTTPS = 65,
	AX_TYPE_TSIG = 250,
	AX_TYPE_IXFR = 251,
	AX_TYPE_AXFR = 252,
	AX_TYPE_MAILB = 253,
	AX_TYPE_MAILA = 254,
	AX_TYPE_ANY = 255,
};

/* A data type that a zone may hold: not 0, OPT (41), nor a meta or query type (128-255 but for those IANA
 * assigned as data). */
bool ax_type_storable(uint16_t type);
/* "A", "TYPE65280", ... in upper case into out (at least 24 bytes). */
void ax_type_text(char out[24], uint16_t type);
/* Mnemonic or TYPEnnn, any letter case. AX_EINVAL if unknown. */
AX_MUST enum ax_err ax_type_parse(uint16_t *out, const char *text, size_t len);

/* RDATA text (after the type, parentheses and comments already gone, tokens split by blanks) to wire; names
 * completed by origin. AX_EINVAL with the token that offends. \# (RFC 3597) is taken for every type. */
AX_MUST enum ax_err ax_rdata_parse(struct ax_buf *out, uint16_t type, const char *text, size_t len,
				   const struct ax_name *origin);
/* Append RDATA as zone-file text, one line, names absolute; unknown types and RDATA the type's grammar can't
 * express as \#. Reading it back gives the same bytes. */
AX_MUST enum ax_err ax_rdata_text(struct ax_buf *out, uint16_t type, struct ax_slice rdata);

/* Well-formed for its type? AX_EINVAL with what is wrong (RDATA too short, bytes left over, a bad name). Unknown
 * types are opaque. */
AX_MUST enum ax_err ax_rdata_check(uint16_t type, struct ax_slice rdata);

/* Where the names stand: the n-th name in the RDATA (n from 0) as a slice of it; false when there is none.
 * compress tells whether it may be compressed in an answer (RFC 3597 4: the types of RFC 1035 only). */
bool ax_rdata_name(struct ax_slice *name, bool *compress, uint16_t type, struct ax_slice rdata, unsigned n);

/* Append the canonical form: names of the types of RFC 4034 6.2 (less those of 6840 5.1) in lower case. */
void ax_rdata_canonical(struct ax_buf *out, uint16_t type, struct ax_slice rdata);
/* Canonical order of two RDATAs of one type (RFC 4034 6.3): 0 when equal in canonical form. */
int ax_rdata_cmp(uint16_t type, struct ax_slice a, struct ax_slice b);

/* Offset of the 4-octet serial in SOA RDATA (5 integers from its end); 0 if malformed. */
size_t ax_soa_serial_at(struct ax_slice rdata);

#endif
