/* Of libcrypto the calls that neither allocate nor lock; what replaced them does both. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "core/denial.h"

#include <openssl/sha.h>
#include <string.h>

bool ax_denial_param(struct ax_denial *out, struct ax_slice rdata)
{
	/* algorithm, flags, iterations, salt; only SHA-1 is defined, and a record with flags is no one's to use */
	if (rdata.n < 5 || rdata.p[0] != 1 || rdata.p[1] != 0 || rdata.n != 5u + rdata.p[4] ||
	    ax_be16(rdata.p + 2) > AX_NSEC3_ITERATIONS_MAX)
		return false;
	*out = (struct ax_denial){ .kind = AX_DENIAL_NSEC3, .salt_n = rdata.p[4] };
	out->iterations = ax_be16(rdata.p + 2);
	memcpy(out->salt, rdata.p + 5, out->salt_n);
	return true;
}

bool ax_denial_eq(const struct ax_denial *a, const struct ax_denial *b)
{
	return a->kind == b->kind && a->iterations == b->iterations && a->salt_n == b->salt_n &&
	       memcmp(a->salt, b->salt, a->salt_n) == 0;
}

void ax_denial_hash(uint8_t out[AX_NSEC3_HASH], const struct ax_denial *d, const uint8_t *wire, size_t n)
{
	SHA_CTX c;
	for (unsigned i = 0; i <= d->iterations; i++) {
		SHA1_Init(&c);
		SHA1_Update(&c, i ? out : wire, i ? AX_NSEC3_HASH : n);
		SHA1_Update(&c, d->salt, d->salt_n);
		SHA1_Final(out, &c);
	}
}

void ax_denial_label(uint8_t out[AX_NSEC3_LABEL], const uint8_t hash[AX_NSEC3_HASH])
{
	for (unsigned i = 0; i < AX_NSEC3_LABEL; i++) {
		unsigned bit = 5 * i, two = (unsigned)hash[bit / 8] << 8;
		if (bit / 8 + 1 < AX_NSEC3_HASH)
			two |= hash[bit / 8 + 1];
		out[i] = (uint8_t) "0123456789abcdefghijklmnopqrstuv"[two >> (11 - bit % 8) & 31];
	}
}
