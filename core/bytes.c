#include "core/bytes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TRIM_SLACK = 4096 };

struct ax_slice ax_slice_str(const char *s)
{
	return ax_slice(s, strlen(s));
}

int ax_slice_cmp(struct ax_slice a, struct ax_slice b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int c = n ? memcmp(a.p, b.p, n) : 0;
	return c ? c : (a.n > b.n) - (a.n < b.n);
}

bool ax_slice_eq(struct ax_slice a, struct ax_slice b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool ax_slice_starts(struct ax_slice s, struct ax_slice prefix)
{
	return s.n >= prefix.n && (prefix.n == 0 || memcmp(s.p, prefix.p, prefix.n) == 0);
}

void ax_buf_fini(struct ax_buf *b)
{
	free(b->p);
	*b = AX_BUF_INIT;
}

void ax_buf_clear(struct ax_buf *b)
{
	b->n = 0;
	b->failed = false;
}

void ax_buf_trim(struct ax_buf *b)
{
	size_t cap = b->n + TRIM_SLACK;
	uint8_t *p = b->cap / 2 > cap ? realloc(b->p, cap) : NULL;
	if (!p)
		return; /* too little to be worth it, or kept as it is */
	b->p = p;
	b->cap = cap;
}

bool ax_buf_reserve(struct ax_buf *b, size_t n)
{
	if (b->failed)
		return false;
	if (n <= b->cap - b->n)
		return true;
	size_t cap = b->cap ? b->cap : 64;
	while (cap - b->n < n) {
		if (cap > SIZE_MAX / 2) {
			b->failed = true;
			return false;
		}
		cap *= 2;
	}
	uint8_t *p = realloc(b->p, cap);
	if (!p) {
		b->failed = true;
		return false;
	}
	b->p = p;
	b->cap = cap;
	return true;
}

void ax_buf_put(struct ax_buf *b, const void *p, size_t n)
{
	if (n && ax_buf_reserve(b, n)) {
		memcpy(b->p + b->n, p, n);
		b->n += n;
	}
}

void ax_buf_slice(struct ax_buf *b, struct ax_slice s)
{
	ax_buf_put(b, s.p, s.n);
}

void ax_buf_str(struct ax_buf *b, const char *s)
{
	ax_buf_put(b, s, strlen(s));
}

void ax_buf_u8(struct ax_buf *b, uint8_t v)
{
	ax_buf_put(b, &v, 1);
}

static void put_big_endian(struct ax_buf *b, uint64_t v, unsigned n)
{
	uint8_t t[8];
	for (unsigned i = 0; i < n; i++)
		t[i] = (uint8_t)(v >> 8 * (n - 1 - i));
	ax_buf_put(b, t, n);
}

void ax_buf_u16(struct ax_buf *b, uint16_t v)
{
	put_big_endian(b, v, 2);
}

void ax_buf_u32(struct ax_buf *b, uint32_t v)
{
	put_big_endian(b, v, 4);
}

void ax_buf_u64(struct ax_buf *b, uint64_t v)
{
	put_big_endian(b, v, 8);
}

void ax_buf_leb(struct ax_buf *b, uint64_t v)
{
	uint8_t t[10];
	unsigned n = 0;
	do {
		t[n] = (uint8_t)((v & 0x7f) | (v > 0x7f ? 0x80 : 0));
		n++;
		v >>= 7;
	} while (v);
	ax_buf_put(b, t, n);
}

void ax_buf_printf(struct ax_buf *b, const char *fmt, ...)
{
	va_list ap, again;
	va_start(ap, fmt);
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		b->failed = true;
	else if (ax_buf_reserve(b, (size_t)n + 1)) {
		vsnprintf((char *)b->p + b->n, (size_t)n + 1, fmt, again);
		b->n += (size_t)n;
	}
	va_end(again);
}

const char *ax_buf_cstr(struct ax_buf *b)
{
	if (!ax_buf_reserve(b, 1))
		return NULL;
	b->p[b->n] = 0;
	return (const char *)b->p;
}

enum ax_err ax_buf_check(const struct ax_buf *b)
{
	return b->failed ? ax_fail(AX_ENOMEM, "out of memory") : AX_OK;
}

static uint64_t get_big_endian(struct ax_reader *r, unsigned n)
{
	uint64_t v = 0;
	struct ax_slice s = ax_get_bytes(r, n);
	for (size_t i = 0; i < s.n; i++)
		v = v << 8 | s.p[i];
	return v;
}

uint8_t ax_get_u8(struct ax_reader *r)
{
	return (uint8_t)get_big_endian(r, 1);
}

uint16_t ax_get_u16(struct ax_reader *r)
{
	return (uint16_t)get_big_endian(r, 2);
}

uint32_t ax_get_u32(struct ax_reader *r)
{
	return (uint32_t)get_big_endian(r, 4);
}

uint64_t ax_get_u64(struct ax_reader *r)
{
	return get_big_endian(r, 8);
}

uint64_t ax_get_leb(struct ax_reader *r)
{
	uint64_t v = 0;
	for (unsigned shift = 0; shift < 64 && r->p < r->end; shift += 7) {
		uint8_t c = *r->p++;
		if (shift == 63 && c > 1)
			break; /* more than 64 bits */
		v |= (uint64_t)(c & 0x7f) << shift;
		if (!(c & 0x80)) {
			if (c == 0 && shift)
				break; /* not the shortest form */
			return v;
		}
	}
	r->bad = true;
	r->p = r->end;
	return 0;
}
