/* bytes.h - slices, growable buffers, bounded readers: the only byte handling of the project.
 *
 * A slice borrows. A buffer owns and grows; running out of memory is sticky (`failed`), so that a run of
 * puts is checked once, by ax_buf_check(). A reader never passes its end; a short read is sticky (`bad`) and
 * yields zeros, so that a run of gets is checked once.
 * Integers are big-endian, lengths LEB128 (unsigned, at most 10 bytes, shortest form only). */
#ifndef AX_BYTES_H
#define AX_BYTES_H

#include "core/err.h"

struct ax_slice {
	const uint8_t *p;
	size_t n;
};

struct ax_buf {
	uint8_t *p;
	size_t n, cap;
	bool failed;
};

#define AX_BUF_INIT ((struct ax_buf){ 0 })

static inline struct ax_slice ax_slice(const void *p, size_t n)
{
	return (struct ax_slice){ (const uint8_t *)p, n };
}

/* The bytes of a C string, without its end. */
struct ax_slice ax_slice_str(const char *s);

/* memcmp order; a prefix sorts first. */
int ax_slice_cmp(struct ax_slice a, struct ax_slice b);
bool ax_slice_eq(struct ax_slice a, struct ax_slice b);
bool ax_slice_starts(struct ax_slice s, struct ax_slice prefix);

/* Release the memory; the buffer is empty and usable again. */
void ax_buf_fini(struct ax_buf *b);
/* Forget the content, keep the memory (and clear `failed`). */
void ax_buf_clear(struct ax_buf *b);
/* Give back memory that a longer content left. */
void ax_buf_trim(struct ax_buf *b);
/* Room for n more bytes at b->p + b->n; false (and failed) without memory. */
bool ax_buf_reserve(struct ax_buf *b, size_t n);
void ax_buf_put(struct ax_buf *b, const void *p, size_t n);
void ax_buf_slice(struct ax_buf *b, struct ax_slice s);
void ax_buf_str(struct ax_buf *b, const char *s);
void ax_buf_u8(struct ax_buf *b, uint8_t v);
void ax_buf_u16(struct ax_buf *b, uint16_t v);
void ax_buf_u32(struct ax_buf *b, uint32_t v);
void ax_buf_u64(struct ax_buf *b, uint64_t v);
void ax_buf_leb(struct ax_buf *b, uint64_t v);
void ax_buf_printf(struct ax_buf *b, const char *fmt, ...) AX_PRINTF(2, 3);
/* The content as a C string: a 0 byte is kept beyond the end, not counted. NULL if failed. Borrowed. */
const char *ax_buf_cstr(struct ax_buf *b);
static inline struct ax_slice ax_buf_view(const struct ax_buf *b)
{
	return (struct ax_slice){ b->p, b->n };
}
/* AX_ENOMEM if any put failed since the last clear. */
AX_MUST enum ax_err ax_buf_check(const struct ax_buf *b);

struct ax_reader {
	const uint8_t *p, *end;
	bool bad;
};

static inline struct ax_reader ax_reader(struct ax_slice s)
{
	return (struct ax_reader){ s.p, s.n ? s.p + s.n : s.p, false };
}
static inline size_t ax_reader_left(const struct ax_reader *r)
{
	return (size_t)(r->end - r->p);
}
uint8_t ax_get_u8(struct ax_reader *r);
uint16_t ax_get_u16(struct ax_reader *r);
uint32_t ax_get_u32(struct ax_reader *r);
uint64_t ax_get_u64(struct ax_reader *r);
uint64_t ax_get_leb(struct ax_reader *r);
/* The next n bytes, borrowed; an empty slice and bad if there are fewer. */
static inline struct ax_slice ax_get_bytes(struct ax_reader *r, size_t n)
{
	if (n > ax_reader_left(r)) {
		r->bad = true;
		r->p = r->end;
		return (struct ax_slice){ NULL, 0 };
	}
	struct ax_slice s = { r->p, n };
	r->p = n ? r->p + n : r->p; /* NULL + 0 is undefined */
	return s;
}

static inline uint16_t ax_be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}
static inline uint32_t ax_be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}
static inline void ax_be16_put(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}
static inline void ax_be32_put(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> 8 * (3 - i));
}

#endif
