#include "dnsd/cookie.h"

#include <string.h>

#include "core/hash.h"

enum { VERSION = 1, TIME_AT = COOKIE_CLIENT + 4, HASH_AT = COOKIE_CLIENT + 8 };

static void hash(uint8_t out[8], const uint8_t secret[COOKIE_SECRET], const uint8_t *cookie, const struct net *client)
{
	uint8_t bytes[HASH_AT + 16];
	size_t n = client->family == 4 ? 4 : 16;
	memcpy(bytes, cookie, HASH_AT);
	memcpy(bytes + HASH_AT, client->b, n);
	uint64_t h = ax_hash_sip(secret, ax_slice(bytes, HASH_AT + n));
	for (unsigned i = 0; i < 8; i++)
		out[i] = (uint8_t)(h >> 8 * i); /* as SipHash writes it */
}

/* Without a branch that tells how much of it fits. */
static bool same(const uint8_t *a, const uint8_t *b)
{
	unsigned differ = 0;
	for (unsigned i = 0; i < 8; i++)
		differ |= a[i] ^ b[i];
	return differ == 0;
}

/* The secret that made this cookie, or c->n. */
static unsigned maker(const struct cookies *c, const uint8_t *cookie, const struct net *client)
{
	uint8_t h[8];
	unsigned i = 0;
	for (; i < c->n; i++) {
		hash(h, c->secret[i], cookie, client);
		if (same(h, cookie + HASH_AT))
			break;
	}
	return i;
}

static void make(uint8_t *out, const struct cookies *c, const uint8_t *cookie, const struct net *client,
		 uint32_t now_s)
{
	memcpy(out, cookie, COOKIE_CLIENT);
	memset(out + COOKIE_CLIENT, 0, 4);
	out[COOKIE_CLIENT] = VERSION;
	for (unsigned i = 0; i < 4; i++)
		out[TIME_AT + i] = (uint8_t)(now_s >> (24 - 8 * i));
	hash(out + HASH_AT, c->secret[0], out, client);
}

enum cookie cookie_check(uint8_t out[COOKIE_CLIENT + COOKIE_SERVER], const struct cookies *c, struct ax_slice option,
			 const struct net *client, uint32_t now_s)
{
	if (option.n == COOKIE_CLIENT) {
		make(out, c, option.p, client, now_s);
		return COOKIE_CLIENT_ONLY;
	}
	bool ours = option.n == COOKIE_CLIENT + COOKIE_SERVER && option.p[COOKIE_CLIENT] == VERSION;
	/* Serial arithmetic: the clock's 32 bits wrap in 2106 (RFC 9018 4.3). */
	int32_t age_s = ours ? (int32_t)(now_s - ax_be32(option.p + TIME_AT)) : 0;
	unsigned by = ours && age_s <= COOKIE_OLD_S && age_s >= -COOKIE_AHEAD_S ? maker(c, option.p, client) : c->n;
	if (by == 0 && age_s <= COOKIE_RENEW_S)
		memcpy(out, option.p, COOKIE_CLIENT + COOKIE_SERVER);
	else
		make(out, c, option.p, client, now_s);
	return by < c->n ? COOKIE_GOOD : COOKIE_BAD;
}

/* -- secrets ---------------------------------------------------------------------------------------------- */

static int digit(uint8_t c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
				      : -1;
}

static bool read_secret(uint8_t out[COOKIE_SECRET], struct ax_slice s)
{
	for (size_t i = 0; i < COOKIE_SECRET; i++) {
		int high = s.n == 2 * COOKIE_SECRET ? digit(s.p[2 * i]) : -1,
		    low = high < 0 ? -1 : digit(s.p[2 * i + 1]);
		if (low < 0)
			return false;
		out[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

enum ax_err cookie_secrets(struct cookies *out, struct ax_slice text)
{
	unsigned line = 1;
	out->n = 0;
	for (size_t at = 0, n; at < text.n; at += n + 1, line++) {
		const uint8_t *p = text.p + at, *lf = memchr(p, '\n', text.n - at);
		n = lf ? (size_t)(lf - p) : text.n - at;
		struct ax_slice s = ax_slice(p, n);
		while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t' || s.p[s.n - 1] == '\r'))
			s.n--;
		if (s.n == 0 || s.p[0] == '#')
			continue;
		if (out->n == COOKIE_SECRETS_MAX)
			return ax_fail(AX_EINVAL, "line %u: more than %d secrets", line, COOKIE_SECRETS_MAX);
		if (!read_secret(out->secret[out->n], s))
			return ax_fail(AX_EINVAL, "line %u: a secret has 32 hexadecimal digits", line);
		out->n++;
	}
	return out->n ? AX_OK : ax_fail(AX_EINVAL, "there is no secret in it");
}
