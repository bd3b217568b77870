/* octets.h - comparing, copying and lowering short runs of octets in place: names and RRsets are so short that a call
 * of libc's takes longer than what it does. Nothing outside of a run is read or written. */
#ifndef OCTETS_H
#define OCTETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint64_t octets_8(const uint8_t *p)
{
	uint64_t v;
	memcpy(&v, p, 8);
	return v;
}

static inline uint32_t octets_4(const uint8_t *p)
{
	uint32_t v;
	memcpy(&v, p, 4);
	return v;
}

/* Are n octets the same? */
static inline bool octets_same(const uint8_t *a, const uint8_t *b, size_t n)
{
	if (n >= 8) {
		uint64_t differ = (octets_8(a) ^ octets_8(b)) | (octets_8(a + n - 8) ^ octets_8(b + n - 8));
		for (size_t i = 8; i + 8 < n; i += 8)
			differ |= octets_8(a + i) ^ octets_8(b + i);
		return !differ;
	}
	if (n >= 4)
		return !((octets_4(a) ^ octets_4(b)) | (octets_4(a + n - 4) ^ octets_4(b + n - 4)));
	return !n || !((a[0] ^ b[0]) | (a[n / 2] ^ b[n / 2]) | (a[n - 1] ^ b[n - 1]));
}

/* As memcpy, of fewer than 16. */
static inline void octets_copy_few(uint8_t *to, const uint8_t *from, size_t n)
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

/* As memcpy. */
static inline void octets_copy(uint8_t *to, const uint8_t *from, size_t n)
{
	enum { STRIDE = 16, LONG = 128 };
	if (n < STRIDE) {
		octets_copy_few(to, from, n);
	} else if (n > LONG) {
		memcpy(to, from, n);
	} else {
		memcpy(to, from, STRIDE);
		memcpy(to + n - STRIDE, from + n - STRIDE, STRIDE);
		for (size_t i = STRIDE; i + STRIDE < n; i += STRIDE)
			memcpy(to + i, from + i, STRIDE);
	}
}

#endif
