/* $GENERATE: BIND's shorthand for runs of alike records. */
#include "core/zonelex.h"

#include <stdio.h>
#include <string.h>

static enum ax_err bad_range(const struct ax_token *t)
{
	return ax_token_fail("$GENERATE: not a range, START-STOP or START-STOP/STEP", t);
}

enum ax_err ax_generate_range(uint32_t *start, uint32_t *stop, uint32_t *step, const struct ax_token *t)
{
	const char *end = t->p + t->n, *dash = memchr(t->p, '-', t->n), *slash = memchr(t->p, '/', t->n);
	uint64_t a, b, c = 1;
	*start = *stop = *step = 0;
	if (!dash || (slash && slash < dash))
		return bad_range(t);
	struct ax_token first = { t->p, (size_t)(dash - t->p), false };
	struct ax_token last = { dash + 1, (size_t)((slash ? slash : end) - dash - 1), false };
	if (!ax_token_number(&a, &first, INT32_MAX) || !ax_token_number(&b, &last, INT32_MAX) || a > b)
		return bad_range(t);
	if (slash) {
		struct ax_token by = { slash + 1, (size_t)(end - slash - 1), false };
		if (!ax_token_number(&c, &by, INT32_MAX) || c == 0)
			return bad_range(t);
	}
	*start = (uint32_t)a;
	*stop = (uint32_t)b;
	*step = (uint32_t)c;
	return AX_OK;
}

/* Low nibble first, a dot between, as ip6.arpa wants; width counts digits and dots. */
static void nibbles(struct ax_buf *out, uint32_t value, unsigned width, bool upper)
{
	const char *digit = upper ? "0123456789ABCDEF" : "0123456789abcdef";
	do {
		ax_buf_u8(out, (uint8_t)digit[value & 15]);
		value >>= 4;
		width -= width > 0;
		if (width || value) {
			ax_buf_u8(out, '.');
			width -= width > 0;
		}
	} while (value || width);
}

static void put_number(struct ax_buf *out, uint32_t v, unsigned width, char base)
{
	int w = (int)width;
	switch (base) {
	case 'o':
		ax_buf_printf(out, "%0*o", w, v);
		break;
	case 'x':
		ax_buf_printf(out, "%0*x", w, v);
		break;
	case 'X':
		ax_buf_printf(out, "%0*X", w, v);
		break;
	case 'n':
	case 'N':
		nibbles(out, v, width, base == 'N');
		break;
	default:
		ax_buf_printf(out, "%0*u", w, v);
		break;
	}
}

/* ${offset[,width[,base]]}, after the brace. *i is moved beyond the closing one. */
static bool modifier(int64_t *offset, unsigned *width, char *base, struct ax_slice s, size_t *i)
{
	char text[32];
	int used = 0;
	const uint8_t *close = memchr(s.p + *i, '}', s.n - *i);
	size_t n = close ? (size_t)(close - s.p) - *i : sizeof text;
	long long o = 0;
	if (n >= sizeof text)
		return false;
	memcpy(text, s.p + *i, n);
	text[n] = 0;
	*i += n + 1;
	*width = 0;
	*base = 'd';
	int got = sscanf(text, "%9lld%n,%3u%n,%1[doxXnN]%n", &o, &used, width, &used, base, &used);
	*offset = o;
	return got >= 1 && (size_t)used == n && *width <= 255;
}

enum ax_err ax_generate_text(struct ax_buf *out, struct ax_slice s, uint32_t value)
{
	for (size_t i = 0; i < s.n;) {
		int64_t offset = 0;
		unsigned width = 0;
		char base[2] = "d";
		uint8_t c = s.p[i++];
		if (c == '\\' && i < s.n) {
			if (s.p[i] != '$')
				ax_buf_u8(out, c);
			ax_buf_u8(out, s.p[i++]);
			continue;
		}
		if (c != '$') {
			ax_buf_u8(out, c);
			continue;
		}
		if (i < s.n && s.p[i] == '$') {
			ax_buf_u8(out, s.p[i++]);
			continue;
		}
		if (i < s.n && s.p[i] == '{') {
			i++;
			if (!modifier(&offset, &width, base, s, &i))
				return ax_fail(AX_EINVAL, "$GENERATE: not a modifier, ${OFFSET,WIDTH,BASE}: `%.*s`",
					       (int)(s.n < 80 ? s.n : 80), (const char *)s.p);
		}
		offset += value;
		if (offset < 0 || offset > UINT32_MAX)
			return ax_fail(AX_EINVAL, "$GENERATE: a number out of range: `%.*s`",
				       (int)(s.n < 80 ? s.n : 80), (const char *)s.p);
		put_number(out, (uint32_t)offset, width, base[0]);
	}
	return ax_buf_check(out);
}
