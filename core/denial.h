/* denial.h - how a signed zone denies what it has not: by NSEC (RFC 4034 4) or NSEC3 (RFC 5155), and the hash of the
 * latter. Pure computation, by libcrypto's SHA-1; proof.h and the image's proofs sit on it.
 * Limits: AX_NSEC3_ITERATIONS_MAX, RFC 5155 10.3's highest; a chain beyond it is not used. */
#ifndef AX_DENIAL_H
#define AX_DENIAL_H

#include "core/name.h"

enum { AX_NSEC3_HASH = 20, AX_NSEC3_LABEL = 32, AX_NSEC3_ITERATIONS_MAX = 2500 };

enum ax_denial_kind { AX_DENIAL_NONE, AX_DENIAL_NSEC, AX_DENIAL_NSEC3 };

struct ax_denial {
	uint8_t kind;
	uint8_t salt_n;
	uint16_t iterations;
	uint8_t salt[255];
};

/* Take an NSEC3PARAM record's RDATA; false, and nothing changed, if its chain can't be used (RFC 5155 4.1.2). */
bool ax_denial_param(struct ax_denial *out, struct ax_slice rdata);
bool ax_denial_eq(const struct ax_denial *a, const struct ax_denial *b);
/* The hash of a name in lower-case wire (RFC 5155 5). Cost: 1 + iterations SHA-1. */
void ax_denial_hash(uint8_t out[AX_NSEC3_HASH], const struct ax_denial *d, const uint8_t *wire, size_t n);
/* The label that stands for a hash: base32hex in lower case (RFC 4648 7). */
void ax_denial_label(uint8_t out[AX_NSEC3_LABEL], const uint8_t hash[AX_NSEC3_HASH]);

#endif
