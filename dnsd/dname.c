#include "dnsd/dname.h"

#include <endian.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

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

/* Octets are taken by so many at a time. */
#ifdef __SSE2__
enum { STRIDE = 16 };
/* ASCII letters to lower case (length octets are below 'A' and stay). Returns whether any changed. */
static inline unsigned lower_some(uint8_t *out, const uint8_t *in)
{
	__m128i x = _mm_loadu_si128((const __m128i *)in);
	__m128i from_a = _mm_add_epi8(x, _mm_set1_epi8(0x80 - 'A'));
	__m128i capital = _mm_cmplt_epi8(from_a, _mm_set1_epi8(-128 + 26));
	_mm_storeu_si128((__m128i *)out, _mm_or_si128(x, _mm_and_si128(capital, _mm_set1_epi8(32))));
	return (unsigned)_mm_movemask_epi8(capital);
}
#else
enum { STRIDE = 1 };
static inline unsigned lower_some(uint8_t *out, const uint8_t *in)
{
	unsigned capital = *in >= 'A' && *in <= 'Z';
	*out = (uint8_t)(*in + 32 * capital);
	return capital;
}
#endif

/* Copy n octets in lower case, and 8 zeros behind them. Returns whether they came so. */
static inline bool lower(uint8_t *out, const uint8_t *in, size_t n)
{
	unsigned changed = 0;
	uint8_t few[STRIDE] = { 0 };
	if (n >= STRIDE) {
		size_t i = 0;
		for (; i + STRIDE < n; i += STRIDE)
			changed |= lower_some(out + i, in + i);
		changed |= lower_some(out + n - STRIDE, in + n - STRIDE);
	} else {
		dname_copy(few, in, n);
		changed = lower_some(out, few);
	}
	memset(out + n, 0, 8);
	return !changed;
}

void dname_take(struct dname *d, const uint8_t *wire, size_t n)
{
	uint8_t first[AX_LABELS_MAX + 1];
	unsigned labels = 0;
	d->lower = lower(d->wire, wire, n);
	for (unsigned i = 0, c; (c = d->wire[i]); i += c + 1)
		first[labels++] = (uint8_t)i;
	d->n = (uint8_t)n;
	d->labels = (uint8_t)labels;
	d->at[0] = (uint8_t)(n - 1);
	uint64_t h = d->hash[0] = seed;
	for (unsigned k = 1; k <= labels; k++) {
		unsigned at = d->at[k] = first[labels - k];
		d->hash[k] = h = step(h, d->wire + at);
	}
}
