#include "core/denial.h"

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

/* -- SHA-1 (FIPS 180-4), of messages of at most a name and a salt ----------------------------------------- */

static uint32_t rotate(uint32_t v, unsigned by)
{
	return v << by | v >> (32 - by);
}

static void put32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

static uint32_t round_function(unsigned i, uint32_t b, uint32_t c, uint32_t d)
{
	if (i < 20)
		return ((b & c) | (~b & d)) + 0x5a827999u;
	if (i < 40)
		return (b ^ c ^ d) + 0x6ed9eba1u;
	if (i < 60)
		return ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdcu;
	return (b ^ c ^ d) + 0xca62c1d6u;
}

static void sha1_block(uint32_t h[5], const uint8_t *p)
{
	uint32_t w[80];
	for (unsigned i = 0; i < 16; i++)
		w[i] = ax_be32(p + 4 * (size_t)i);
	for (unsigned i = 16; i < 80; i++)
		w[i] = rotate(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
	uint32_t a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];
	for (unsigned i = 0; i < 80; i++) {
		uint32_t t = rotate(a, 5) + round_function(i, b, c, d) + e + w[i];
		e = d;
		d = c;
		c = rotate(b, 30);
		b = a;
		a = t;
	}
	h[0] += a;
	h[1] += b;
	h[2] += c;
	h[3] += d;
	h[4] += e;
}

/* message has n octets and room for the padding after them. */
static void sha1(uint8_t out[AX_NSEC3_HASH], uint8_t *message, size_t n)
{
	uint32_t h[5] = { 0x67452301u, 0xefcdab89u, 0x98badcfeu, 0x10325476u, 0xc3d2e1f0u };
	size_t padded = (n + 9 + 63) / 64 * 64;
	memset(message + n, 0, padded - n);
	message[n] = 0x80;
	put32(message + padded - 4, (uint32_t)n * 8);
	for (size_t at = 0; at < padded; at += 64)
		sha1_block(h, message + at);
	for (unsigned i = 0; i < 5; i++)
		put32(out + 4 * (size_t)i, h[i]);
}

void ax_denial_hash(uint8_t out[AX_NSEC3_HASH], const struct ax_denial *d, const uint8_t *wire, size_t n)
{
	uint8_t message[AX_NAME_MAX + 255 + 73];
	memcpy(message, wire, n);
	for (unsigned i = 0;; i++) {
		memcpy(message + n, d->salt, d->salt_n);
		sha1(out, message, n + d->salt_n);
		if (i == d->iterations)
			return;
		n = AX_NSEC3_HASH;
		memcpy(message, out, n);
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
