#include "core/rdfield.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>
#include <time.h>

/* -- tokens ----------------------------------------------------------------------------------------------- */

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

bool ax_lex_token(struct ax_token *t, struct ax_lex *lex)
{
	const char *p = lex->p, *end = lex->end;
	*t = (struct ax_token){ 0 };
	if (p == end) /* both NULL, perhaps */
		return false;
	while (p < end && blank(*p))
		p++;
	bool quoted = p < end && *p == '"';
	const char *start = p += quoted;
	while (p < end && *p != '"' && (quoted || !blank(*p)))
		p += *p == '\\' && end - p > 1 ? 2 : 1;
	*t = (struct ax_token){ start, (size_t)(p - start), quoted };
	lex->p = p < end && quoted ? p + 1 : p;
	return quoted || t->n;
}

enum ax_err ax_token_fail(const char *why, const struct ax_token *t)
{
	return ax_fail(AX_EINVAL, "%s: `%.*s%s`", why, (int)(t->n < 80 ? t->n : 80), t->p, t->n > 80 ? "..." : "");
}

bool ax_token_is(const struct ax_token *t, const char *word)
{
	return !t->quoted && strlen(word) == t->n && strncasecmp(t->p, word, t->n) == 0;
}

bool ax_token_number(uint64_t *out, const struct ax_token *t, uint64_t max)
{
	uint64_t v = 0;
	*out = 0;
	if (!t->n || t->quoted)
		return false;
	for (size_t i = 0; i < t->n; i++) {
		if (!digit(t->p[i]))
			return false;
		unsigned d = (unsigned)(t->p[i] - '0');
		if (v > (max - d) / 10 || max < d)
			return false;
		v = v * 10 + d;
	}
	*out = v;
	return true;
}

bool ax_token_period(uint32_t *out, const struct ax_token *t)
{
	uint64_t sum = 0, v = 0;
	bool digits = false;
	*out = 0;
	if (ax_token_number(&sum, t, UINT32_MAX)) {
		*out = (uint32_t)sum;
		return true;
	}
	for (size_t i = 0; i < t->n && !t->quoted; i++) {
		char c = t->p[i];
		if (digit(c)) {
			v = v * 10 + (unsigned)(c - '0');
			digits = true;
		} else {
			static const char units[] = "smhdw";
			static const uint32_t seconds[] = { 1, 60, 3600, 86400, 604800 };
			const char *u = digits ? strchr(units, c | 32) : NULL;
			if (!u || !*u)
				return false;
			sum += v * seconds[u - units];
			v = 0;
			digits = false;
		}
		if (v > UINT32_MAX || sum > UINT32_MAX)
			return false;
	}
	*out = (uint32_t)sum;
	return t->n && !t->quoted && !digits;
}

enum ax_err ax_token_octets(struct ax_buf *out, const struct ax_token *t)
{
	for (size_t i = 0; i < t->n; i++) {
		const char *p = t->p + i;
		if (*p != '\\') {
			ax_buf_u8(out, (uint8_t)*p);
			continue;
		}
		if (t->n - i < 2)
			return ax_token_fail("text ends inside an escape", t);
		if (!digit(p[1])) {
			ax_buf_u8(out, (uint8_t)p[1]);
			i++;
			continue;
		}
		if (t->n - i < 4 || !digit(p[2]) || !digit(p[3]))
			return ax_token_fail("bad escape, \\DDD has three digits", t);
		int v = (p[1] - '0') * 100 + (p[2] - '0') * 10 + (p[3] - '0');
		if (v > 255)
			return ax_token_fail("bad escape, \\DDD is at most 255", t);
		ax_buf_u8(out, (uint8_t)v);
		i += 3;
	}
	return ax_buf_check(out);
}

/* -- fields ----------------------------------------------------------------------------------------------- */

static enum ax_err scan_number(struct ax_buf *out, const struct ax_token *t, unsigned octets)
{
	uint64_t v, max = (UINT64_C(1) << 8 * octets) - 1;
	if (!ax_token_number(&v, t, max))
		return ax_fail(AX_EINVAL, "not a number from 0 to %llu: `%.*s`", (unsigned long long)max,
			       (int)(t->n < 80 ? t->n : 80), t->p);
	for (unsigned i = octets; i-- > 0;)
		ax_buf_u8(out, (uint8_t)(v >> 8 * i));
	return AX_OK;
}

static enum ax_err scan_period(struct ax_buf *out, const struct ax_token *t)
{
	uint32_t v;
	if (!ax_token_period(&v, t))
		return ax_token_fail("not a number of seconds", t);
	ax_buf_u32(out, v);
	return AX_OK;
}

static enum ax_err scan_address(struct ax_buf *out, const struct ax_token *t, int family)
{
	char text[INET6_ADDRSTRLEN];
	uint8_t addr[16];
	const char *why = family == AF_INET ? "not an IPv4 address" : "not an IPv6 address";
	if (t->quoted || t->n >= sizeof text)
		return ax_token_fail(why, t);
	memcpy(text, t->p, t->n);
	text[t->n] = 0;
	/* inet_pton would stop at a 0 byte and call it good. */
	if (memchr(text, 0, t->n) || inet_pton(family, text, addr) != 1)
		return ax_token_fail(why, t);
	ax_buf_put(out, addr, family == AF_INET ? 4 : 16);
	return AX_OK;
}

static enum ax_err scan_name(struct ax_buf *out, const struct ax_token *t, const struct ax_name *origin)
{
	struct ax_name name;
	enum ax_err e = ax_name_parse(&name, t->p, t->n, origin);
	if (!e)
		ax_buf_put(out, name.wire, name.n);
	return e;
}

static enum ax_err scan_string(struct ax_buf *out, const struct ax_token *t)
{
	size_t at = out->n;
	ax_buf_u8(out, 0);
	enum ax_err e = ax_token_octets(out, t);
	if (e)
		return e;
	size_t n = out->n - at - 1;
	if (n > 255)
		return ax_token_fail("a character-string is over 255 octets, split it", t);
	out->p[at] = (uint8_t)n;
	return AX_OK;
}

static enum ax_err scan_type(struct ax_buf *out, const struct ax_token *t)
{
	uint16_t type;
	enum ax_err e = ax_type_parse(&type, t->p, t->n);
	ax_buf_u16(out, type);
	return e;
}

static enum ax_err scan_algorithm(struct ax_buf *out, const struct ax_token *t)
{
	uint8_t v;
	if (!ax_algorithm_parse(&v, t))
		return ax_token_fail("not a DNSSEC algorithm", t);
	ax_buf_u8(out, v);
	return AX_OK;
}

static enum ax_err scan_certificate(struct ax_buf *out, const struct ax_token *t)
{
	uint16_t v;
	if (!ax_certificate_parse(&v, t))
		return ax_token_fail("not a certificate type", t);
	ax_buf_u16(out, v);
	return AX_OK;
}

static int two(const char *p)
{
	return (p[0] - '0') * 10 + (p[1] - '0');
}

/* RFC 4034 3.2: YYYYMMDDHHmmSS in UTC, or seconds since 1970 (at most 10 digits). */
static enum ax_err scan_time(struct ax_buf *out, const struct ax_token *t)
{
	uint64_t v;
	if (!ax_token_number(&v, t, UINT64_C(99999999999999)) || (t->n != 14 && (t->n > 10 || v > UINT32_MAX)))
		return ax_token_fail("not a time, YYYYMMDDHHmmSS", t);
	if (t->n == 14) {
		struct tm tm = { .tm_year = two(t->p) * 100 + two(t->p + 2) - 1900,
				 .tm_mon = two(t->p + 4) - 1,
				 .tm_mday = two(t->p + 6),
				 .tm_hour = two(t->p + 8),
				 .tm_min = two(t->p + 10),
				 .tm_sec = two(t->p + 12) };
		struct tm wanted = tm;
		time_t s = timegm(&tm);
		if (s < 0 || s > UINT32_MAX || tm.tm_mon != wanted.tm_mon || tm.tm_mday != wanted.tm_mday ||
		    tm.tm_hour != wanted.tm_hour || tm.tm_min != wanted.tm_min || tm.tm_sec != wanted.tm_sec)
			return ax_token_fail("no such time between 1970 and 2106", t);
		v = (uint64_t)s;
	}
	ax_buf_u32(out, (uint32_t)v);
	return AX_OK;
}

static int hex_value(char c)
{
	if (digit(c))
		return c - '0';
	c |= 32;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

enum ax_err ax_scan_hex(struct ax_buf *out, const struct ax_token *t)
{
	if (t->n % 2 || !ax_buf_reserve(out, t->n / 2 + 1))
		return ax_token_fail("an odd number of hex digits", t);
	for (size_t i = 0; i < t->n; i += 2) {
		int hi = hex_value(t->p[i]), lo = hex_value(t->p[i + 1]);
		if (hi < 0 || lo < 0)
			return ax_token_fail("not hexadecimal", t);
		out->p[out->n++] = (uint8_t)(hi << 4 | lo);
	}
	return AX_OK;
}

/* Blanks may stand anywhere between the digits, between the two of an octet too. */
static enum ax_err scan_hex_rest(struct ax_buf *out, struct ax_lex *lex, bool may_be_empty)
{
	struct ax_token t;
	int hi = -1;
	size_t at = out->n;
	while (ax_lex_token(&t, lex))
		for (size_t i = 0; i < t.n; i++) {
			int v = hex_value(t.p[i]);
			if (v < 0)
				return ax_token_fail("not hexadecimal", &t);
			if (hi >= 0)
				ax_buf_u8(out, (uint8_t)(hi << 4 | v));
			hi = hi >= 0 ? -1 : v;
		}
	if (hi >= 0)
		return ax_fail(AX_EINVAL, "an odd number of hex digits");
	return out->n > at || may_be_empty ? AX_OK : ax_fail(AX_EINVAL, "RDATA ends early, hex digits are missing");
}

static int base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (digit(c))
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

enum ax_err ax_scan_base64(struct ax_buf *out, struct ax_lex *lex, bool may_be_empty)
{
	struct ax_token t;
	unsigned acc = 0, n = 0, pad = 0; /* n digits of the group of four, pad of them `=` */
	size_t at = out->n;
	while (ax_lex_token(&t, lex))
		for (size_t i = 0; i < t.n; i++) {
			int v = base64_value(t.p[i]);
			bool equals = t.p[i] == '=' && n >= 2;
			if ((v < 0 && !equals) || (v >= 0 && pad))
				return ax_token_fail("not base64", &t);
			pad += equals;
			acc = acc << 6 | (equals ? 0 : (unsigned)v);
			if (++n < 4)
				continue;
			if ((pad == 1 && acc & 0xff) || (pad == 2 && acc & 0xffff))
				return ax_token_fail("not base64, bits are left over", &t);
			const uint8_t o[3] = { (uint8_t)(acc >> 16), (uint8_t)(acc >> 8), (uint8_t)acc };
			ax_buf_put(out, o, 3 - pad);
			n = acc = 0;
		}
	if (n)
		return ax_fail(AX_EINVAL, "base64 is cut short, its length is no multiple of 4");
	return out->n > at || may_be_empty ? AX_OK : ax_fail(AX_EINVAL, "RDATA ends early, base64 is missing");
}

static enum ax_err scan_salt(struct ax_buf *out, const struct ax_token *t)
{
	size_t at = out->n;
	ax_buf_u8(out, 0);
	if (ax_token_is(t, "-"))
		return AX_OK;
	if (t->n > 510 || !t->n)
		return ax_token_fail("a salt is 1 to 255 octets in hex, or -", t);
	enum ax_err e = ax_scan_hex(out, t);
	if (!e)
		out->p[at] = (uint8_t)(out->n - at - 1);
	return e;
}

/* base32hex without padding (RFC 5155 3.3). */
static enum ax_err scan_hashed(struct ax_buf *out, const struct ax_token *t)
{
	size_t at = out->n;
	unsigned acc = 0, bits = 0;
	if (!t->n || t->n > 255 * 8 / 5)
		return ax_token_fail("not a hashed owner name", t);
	ax_buf_u8(out, 0);
	for (size_t i = 0; i < t->n; i++) {
		char c = t->p[i] | 32;
		int v = digit(t->p[i]) ? t->p[i] - '0' : c >= 'a' && c <= 'v' ? c - 'a' + 10 : -1;
		if (v < 0)
			return ax_token_fail("not base32hex", t);
		acc = (acc << 5 | (unsigned)v) & 0xfff;
		bits += 5;
		if (bits >= 8) {
			bits -= 8;
			ax_buf_u8(out, (uint8_t)(acc >> bits));
		}
	}
	if (bits >= 5 || (acc & ((1u << bits) - 1)))
		return ax_token_fail("not base32hex, bits are left over", t);
	enum ax_err e = ax_buf_check(out);
	if (!e)
		out->p[at] = (uint8_t)(out->n - at - 1);
	return e;
}

static enum ax_err scan_bitmap(struct ax_buf *out, struct ax_lex *lex)
{
	uint8_t set[256][32] = { 0 };
	struct ax_token t;
	while (ax_lex_token(&t, lex)) {
		uint16_t type;
		enum ax_err e = ax_type_parse(&type, t.p, t.n);
		if (e)
			return e;
		set[type >> 8][type >> 3 & 31] |= (uint8_t)(0x80 >> (type & 7));
	}
	for (unsigned w = 0; w < 256; w++) {
		unsigned n = 32;
		while (n && !set[w][n - 1])
			n--;
		if (!n)
			continue;
		ax_buf_u8(out, (uint8_t)w);
		ax_buf_u8(out, (uint8_t)n);
		ax_buf_put(out, set[w], n);
	}
	return AX_OK;
}

static enum ax_err scan_strings(struct ax_buf *out, struct ax_lex *lex)
{
	struct ax_token t;
	while (ax_lex_token(&t, lex)) {
		enum ax_err e = scan_string(out, &t);
		if (e)
			return e;
	}
	return AX_OK;
}

static enum ax_err scan_names(struct ax_buf *out, struct ax_lex *lex, const struct ax_name *origin)
{
	struct ax_token t;
	while (ax_lex_token(&t, lex)) {
		enum ax_err e = scan_name(out, &t, origin);
		if (e)
			return e;
	}
	return AX_OK;
}

static const char *what(char kind)
{
	switch (kind) {
	case 'n':
		return "a domain name";
	case 'a':
		return "an IPv4 address";
	case 'A':
		return "an IPv6 address";
	case '1':
	case '2':
	case '4':
		return "a number";
	case 's':
	case 'z':
	case 'q':
		return "text";
	case 'd':
		return "a number of seconds";
	case 't':
		return "a time";
	case 'y':
		return "a type";
	case 'g':
		return "an algorithm";
	default:
		return "a field";
	}
}

static enum ax_err scan_one(struct ax_buf *out, char kind, const struct ax_token *t, const struct ax_name *origin)
{
	switch (kind) {
	case 'n':
		return scan_name(out, t, origin);
	case 'a':
		return scan_address(out, t, AF_INET);
	case 'A':
		return scan_address(out, t, AF_INET6);
	case '1':
	case '2':
	case '4':
		return scan_number(out, t, (unsigned)(kind - '0'));
	case 'd':
		return scan_period(out, t);
	case 't':
		return scan_time(out, t);
	case 'y':
		return scan_type(out, t);
	case 'g':
		return scan_algorithm(out, t);
	case 'c':
		return scan_certificate(out, t);
	case 's':
	case 'S':
	case 'G':
		return scan_string(out, t);
	case 'q':
		return ax_token_octets(out, t);
	case 'l':
		return scan_salt(out, t);
	default:
		return scan_hashed(out, t);
	}
}

enum ax_err ax_field_scan(struct ax_buf *out, char kind, struct ax_lex *lex, const struct ax_name *origin)
{
	struct ax_lex before = *lex;
	struct ax_token t;
	bool there = ax_lex_token(&t, lex);
	if (!there && !strchr("BXmpSvZ", kind))
		return ax_fail(AX_EINVAL, "RDATA ends early, %s is missing", what(kind));
	if (!there)
		return AX_OK;
	if (strchr("naA124dtygcsSGqlh", kind))
		return scan_one(out, kind, &t, origin);
	*lex = before;
	switch (kind) {
	case 'z':
		return scan_strings(out, lex);
	case 'Z':
		return scan_names(out, lex, origin);
	case 'b':
	case 'B':
		return ax_scan_base64(out, lex, kind == 'B');
	case 'x':
	case 'X':
		return scan_hex_rest(out, lex, kind == 'X');
	case 'm':
		return scan_bitmap(out, lex);
	default:
		return ax_field_scan_exotic(out, kind, lex, origin);
	}
}
