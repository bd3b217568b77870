/* cookie.h - server cookies (RFC 7873), made so that every server of a fleet knows them (RFC 9018).
 *
 *     client cookie 8 | version 1 | 0 0 0 | time of making 4 | SipHash-2-4 of all that and the client's address 8
 *
 * The first secret makes cookies, every one of them vouches: a fleet goes over to a new secret by adding it behind
 * the old one everywhere, then putting it first, then taking the old one out (RFC 9018 5). Threads: plain values. No
 * allocation; the clock is an argument. Cost: one or two hashes of 20 or 32 octets. */
#ifndef COOKIE_H
#define COOKIE_H

#include "dnsd/net.h"

enum { COOKIE_SECRETS_MAX = 4, COOKIE_SECRET = 16, COOKIE_CLIENT = 8, COOKIE_SERVER = 16 };
enum { COOKIE_MAX = COOKIE_CLIENT + 32 }; /* of an option (RFC 7873 4) */
/* How old a cookie may be, how far ahead of our clock, and when it is renewed, in seconds (RFC 9018 4.3). */
enum { COOKIE_OLD_S = 3600, COOKIE_AHEAD_S = 300, COOKIE_RENEW_S = 1800 };

struct cookies {
	unsigned n; /* 0: cookies are not known here */
	uint8_t secret[COOKIE_SECRETS_MAX][COOKIE_SECRET];
	bool require; /* over UDP, of clients that send one: a good one, or BADCOOKIE */
};

enum cookie {
	COOKIE_NONE,
	COOKIE_CLIENT_ONLY, /* the client's, as yet without ours */
	COOKIE_BAD,         /* not ours, too old or of another client */
	COOKIE_GOOD,
};

/* Could this be the option of a query: a client cookie, alone or with a server's of 8 to 32 octets (RFC 7873 5.2.2)?
 */
static inline bool cookie_well_formed(size_t n)
{
	return n == COOKIE_CLIENT || (n >= COOKIE_CLIENT + 8 && n <= COOKIE_MAX);
}

/* Judge a well-formed option from a client at now_s, and put the one for the answer into out. */
enum cookie cookie_check(uint8_t out[COOKIE_CLIENT + COOKIE_SERVER], const struct cookies *c, struct ax_slice option,
			 const struct net *client, uint32_t now_s);
/* Take secrets from text: 32 hex digits a line, the one that makes cookies first; empty lines and # comments count
 * for nothing. AX_EINVAL with the line and why. */
AX_MUST enum ax_err cookie_secrets(struct cookies *out, struct ax_slice text);

#endif
