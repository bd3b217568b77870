/* dname.h - a name in the form an image is asked by: lower-case wire, where each suffix begins, and its hash.
 *
 *     www.example.     labels 2      at[2] 0    at[1] 4    at[0] 12
 *
 * The hash of a suffix continues that of the next shorter one, so one pass gives those of a name and of everything
 * above it. It is keyed: whoever can choose names in a zone must not be able to choose their places in the index.
 * Threads: plain values; dname_seed before any other thread runs. */
#ifndef DNAME_H
#define DNAME_H

#include <string.h>

#include "core/name.h"

struct dname {
	uint8_t n, labels;
	bool lower;                       /* it came in lower case */
	uint8_t at[AX_LABELS_MAX + 1];    /* by number of labels */
	uint64_t hash[AX_LABELS_MAX + 1]; /* by number of labels */
	uint8_t wire[AX_NAME_MAX + 9];    /* hashing reads 8 octets at a time */
};

/* Key the hash; once a process, before the first name is hashed. */
void dname_seed(uint64_t seed);
/* Are n octets the same? As memcmp, but in place: names are short. */
static inline bool dname_same(const uint8_t *a, const uint8_t *b, size_t n)
{
	uint64_t x, y, differ = 0;
	if (n < 4)
		return !n || ((a[0] ^ b[0]) | (a[n / 2] ^ b[n / 2]) | (a[n - 1] ^ b[n - 1])) == 0;
	if (n < 8) {
		uint32_t front[2], back[2];
		memcpy(&front[0], a, 4);
		memcpy(&front[1], b, 4);
		memcpy(&back[0], a + n - 4, 4);
		memcpy(&back[1], b + n - 4, 4);
		return !((front[0] ^ front[1]) | (back[0] ^ back[1]));
	}
	for (size_t i = 0; i + 8 < n; i += 8) {
		memcpy(&x, a + i, 8);
		memcpy(&y, b + i, 8);
		differ |= x ^ y;
	}
	memcpy(&x, a + n - 8, 8);
	memcpy(&y, b + n - 8, 8);
	return !(differ | (x ^ y));
}

/* Copy fewer than 16 octets, as memcpy would. */
static inline void dname_copy(uint8_t *to, const uint8_t *from, size_t n)
{
	if (n & 8) {
		memcpy(to, from, 8);
		memcpy(to + n - 8, from + n - 8, 8);
	} else if (n & 4) {
		memcpy(to, from, 4);
		memcpy(to + n - 4, from + n - 4, 4);
	} else if (n) {
		to[0] = from[0];
		to[n / 2] = from[n / 2];
		to[n - 1] = from[n - 1];
	}
}

/* Take well-formed uncompressed wire of n octets. */
void dname_take(struct dname *d, const uint8_t *wire, size_t n);
/* The hash of label (its length octet first, lower case) prepended to a name with hash above. At least 8 octets from
 * label on must be readable. */
uint64_t dname_step(uint64_t above, const uint8_t *label);
/* The hash of "*" below a name. */
uint64_t dname_step_wildcard(uint64_t above);
/* The hash of n octets of labels in lower case, without a root, prepended to a name with hash above. */
uint64_t dname_extend(uint64_t above, const uint8_t *labels, size_t n);

#endif
