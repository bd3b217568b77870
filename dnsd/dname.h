/* dname.h - a name in the form an image is asked by: lower-case wire, and where each label begins.
 *
 *     www.example.     labels 2      dname_at(2) 0    dname_at(1) 4    dname_at(0) 12
 *
 * Hashes are of a run of whole labels, and made when they are asked for: an index of zones needs that of an apex, a
 * zone's own index that of what stands before its apex. They are keyed: whoever can choose names in a zone must not
 * be able to choose their places in the index. Threads: plain values; dname_seed before any other thread runs. */
#ifndef DNAME_H
#define DNAME_H

#include "core/name.h"
#include "dnsd/octets.h"

struct dname {
	uint8_t n, labels;
	uint8_t start[AX_LABELS_MAX + 1]; /* of each label, from the left; the root's is the last */
	uint8_t wire[AX_NAME_MAX];
};

/* Take the uncompressed name at the beginning of `left` octets. False if there is none (RFC 1035 2.3.4, 4.1.4). */
bool dname_read(struct dname *d, const uint8_t *p, size_t left);
/* Take well-formed uncompressed wire of n octets. */
void dname_take(struct dname *d, const uint8_t *wire, size_t n);

/* Where the last k labels begin. */
static inline unsigned dname_at(const struct dname *d, unsigned k)
{
	return d->start[d->labels - k];
}
static inline const uint8_t *dname_tail(const struct dname *d, unsigned k)
{
	return d->wire + dname_at(d, k);
}
/* The octets that the last k labels have with the root. */
static inline size_t dname_tail_n(const struct dname *d, unsigned k)
{
	return d->n - (size_t)dname_at(d, k);
}

/* Key the hashes; once a process, before the first name is hashed. */
void dname_seed(uint64_t seed);

extern uint64_t dname_key[3];
/* The halves of a 128-bit product, folded: each bit of the sum of both reaches every bit of the result. */
static inline uint64_t dname_fold(uint64_t a, uint64_t b)
{
	unsigned __int128 v = (unsigned __int128)a * b;
	return (uint64_t)v ^ (uint64_t)(v >> 64);
}

/* The hash of n octets of labels in lower case. */
static inline uint64_t dname_hash(const uint8_t *p, size_t n)
{
	const uint8_t *end = p + n;
	uint64_t h = dname_key[0], a = 0, b = 0;
	if (n >= 8) {
		for (; end - p > 16; p += 16)
			h = dname_fold(octets_8(p) ^ h, octets_8(p + 8) ^ dname_key[1]);
		a = octets_8(n > 16 ? end - 16 : p);
		b = octets_8(end - 8);
	} else if (n >= 4) {
		a = octets_4(p);
		b = octets_4(end - 4);
	} else if (n) {
		a = (uint64_t)p[0] << 16 | (uint64_t)p[n / 2] << 8 | end[-1];
	}
	return dname_fold(dname_fold(a ^ h, b ^ dname_key[1]) ^ n, dname_key[2]);
}

#endif
