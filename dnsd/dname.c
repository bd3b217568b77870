#include "dnsd/dname.h"

#include <endian.h>
#include <string.h>

static uint64_t seed = 0x9e3779b97f4a7c15u;

void dname_seed(uint64_t value)
{
	seed = value;
}

static uint64_t load(const uint8_t *p)
{
	uint64_t v;
	memcpy(&v, p, 8);
	return le64toh(v);
}

/* The halves of a 128-bit product, folded: each bit of the sum of both reaches every bit of the result. */
static uint64_t fold(uint64_t a, uint64_t b)
{
	unsigned __int128 v = (unsigned __int128)a * b;
	return (uint64_t)v ^ (uint64_t)(v >> 64);
}

static inline uint64_t step(uint64_t above, const uint8_t *label)
{
	const uint64_t k1 = 0xa0761d6478bd642fu, k2 = 0xe7037ed1a0b428dbu;
	unsigned n = *label + 1u;
	uint64_t h = above ^ seed;
	for (; n > 8; n -= 8, label += 8)
		h = fold(h ^ load(label), k1) ^ seed;
	return fold(h ^ (load(label) & (~0ull >> (64 - 8 * n))), k2 ^ seed);
}

uint64_t dname_step(uint64_t above, const uint8_t *label)
{
	return step(above, label);
}

uint64_t dname_step_wildcard(uint64_t above)
{
	static const uint8_t star[8] = { 1, '*' };
	return dname_step(above, star);
}

uint64_t dname_extend(uint64_t above, const uint8_t *labels, size_t n)
{
	uint8_t first[AX_LABELS_MAX], copy[AX_NAME_MAX + 8];
	unsigned k = 0;
	memcpy(copy, labels, n);
	memset(copy + n, 0, 8);
	for (size_t i = 0; i < n; i += labels[i] + 1u)
		first[k++] = (uint8_t)i;
	while (k-- > 0)
		above = step(above, copy + first[k]);
	return above;
}

/* ASCII letters to lower case, 8 octets at once (length octets are below 'A' and stay). Returns what changed. */
static inline uint64_t lower8(uint8_t *out, const uint8_t *in)
{
	const uint64_t ones = 0x0101010101010101u, high = 0x80 * ones;
	uint64_t x;
	memcpy(&x, in, 8);
	uint64_t low7 = x & ~high;
	uint64_t from_a = low7 + (0x80 - 'A') * ones, past_z = low7 + (0x80 - 'Z' - 1) * ones;
	uint64_t letters = ((from_a ^ past_z) & ~x & high) >> 2;
	x |= letters;
	memcpy(out, &x, 8);
	return letters;
}

/* Copy n octets in lower case, and 8 zeros behind them. Returns whether they came so. */
static bool lower(uint8_t *out, const uint8_t *in, size_t n)
{
	uint64_t changed = 0;
	uint8_t few[8] = { 0 };
	for (size_t i = 0; i + 8 <= n; i += 8)
		changed |= lower8(out + i, in + i);
	if (n >= 8) {
		changed |= lower8(out + n - 8, in + n - 8);
	} else {
		for (size_t i = 0; i < n; i++)
			few[i] = in[i];
		changed |= lower8(out, few);
	}
	memset(out + n, 0, 8);
	return !changed;
}

void dname_take(struct dname *d, const uint8_t *wire, size_t n)
{
	uint8_t first[AX_LABELS_MAX + 1];
	unsigned labels = 0;
	d->lower = lower(d->wire, wire, n);
	for (unsigned i = 0; d->wire[i]; i += d->wire[i] + 1u)
		first[labels++] = (uint8_t)i;
	d->n = (uint8_t)n;
	d->labels = (uint8_t)labels;
	d->at[0] = (uint8_t)(n - 1);
	d->hash[0] = seed;
	uint64_t h = seed;
	for (unsigned k = 1; k <= labels; k++) {
		d->at[k] = first[labels - k];
		d->hash[k] = h = step(h, d->wire + d->at[k]);
	}
}
