/* dname.h - a name in the form an image is asked by: lower-case wire, where each suffix begins, and its hash.
 *
 *     www.example.     labels 2      at[2] 0    at[1] 4    at[0] 12
 *
 * The hash of a suffix continues that of the next shorter one, so one pass gives those of a name and of everything
 * above it. It is keyed: whoever can choose names in a zone must not be able to choose their places in the index.
 * Threads: plain values; dname_seed before any other thread runs. */
#ifndef DNAME_H
#define DNAME_H

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
