#include "dnsd/dname.h"

#include <assert.h>

uint64_t dname_key[3] = { 0x9e3779b97f4a7c15u, 0xa0761d6478bd642fu, 0xe7037ed1a0b428dbu };

void dname_seed(uint64_t value)
{
	for (unsigned i = 0; i < 3; i++)
		dname_key[i] = dname_fold(dname_key[i] ^ value, 0xd6e8feb86659fd93u) | 1;
}

/* Octets are lowered by so many at a time, which compilers do at once. */
enum { STRIDE = 16 };

/* ASCII letters to lower case; length octets are below 'A' and stay. */
static inline void lower_some(uint8_t *out, const uint8_t *in)
{
	uint8_t x[STRIDE];
	memcpy(x, in, STRIDE);
	for (unsigned i = 0; i < STRIDE; i++)
		x[i] |= (uint8_t)((uint8_t)(x[i] - 'A') < 26 ? 32 : 0);
	memcpy(out, x, STRIDE);
}

static __attribute__((noinline)) void lower_few(uint8_t *out, const uint8_t *in, size_t n)
{
	uint8_t few[STRIDE] = { 0 };
	octets_copy_few(few, in, n);
	lower_some(few, few);
	octets_copy_few(out, few, n);
}

/* Copy n octets in lower case. */
static inline void lower(uint8_t *out, const uint8_t *in, size_t n)
{
	if (n < STRIDE) {
		lower_few(out, in, n);
		return;
	}
	lower_some(out, in);
	lower_some(out + n - STRIDE, in + n - STRIDE);
	for (size_t i = STRIDE; i + STRIDE < n; i += STRIDE)
		lower_some(out + i, in + i);
}

bool dname_read(struct dname *d, const uint8_t *p, size_t left)
{
	size_t n = 0, most = left < AX_NAME_MAX ? left : AX_NAME_MAX;
	uint8_t *start = d->start;
	unsigned c = 1;
	/* One comparison tells labels from the root's and from what is none. */
	while (n < most && (c = p[n]) - 1 < AX_LABEL_MAX) {
		*start++ = (uint8_t)n;
		n += c + 1;
	}
	if (n >= most || c)
		return false;
	*start = (uint8_t)n;
	d->labels = (uint8_t)(start - d->start);
	d->n = (uint8_t)++n;
	lower(d->wire, p, n);
	return true;
}

void dname_take(struct dname *d, const uint8_t *wire, size_t n)
{
	bool whole = dname_read(d, wire, n);
	assert(whole && d->n == n);
	(void)whole;
}
