/* rrl.h - response rate limiting: how many equal answers a second a network gets over UDP, where its address may be
 * forged and the answers hit a victim. Sits on packet.h and net.h.
 *
 *     account = hash of (client's /24 or /56, class of answer, name)
 *         response: the name asked, or the wildcard or DNAME that it was made from
 *         nxdomain: the zone    referral: the zone cut    error: no name
 *     each account may send `per_s` answers a second, `burst_s` seconds' worth at once; beyond it one in `slip`
 *     is sent cut short, so that a true client comes back over TCP, and the others not at all
 *
 * The accounts are a table of fixed size; of accounts that share a line the one that is least in use makes room.
 * An account is one word: a tag, and the time when it has paid for what it had (GCRA); who is limited writes nothing.
 * Threads: rrl_admit by any, without a lock; rates are read only. No allocation after rrl_new.
 * Cost: one SipHash and one cache line an answer.
 * Limits: two accounts in a line are taken for one once in 2^17 times. */
#ifndef RRL_H
#define RRL_H

#include "dnsd/packet.h"
#include "dnsd/net.h"
#include "dnsd/stats.h"

enum rrl_class { RRL_RESPONSE, RRL_NXDOMAIN, RRL_ERROR, RRL_REFERRAL, RRL_CLASSES };
enum {
	RRL_PER_S = 20,
	RRL_PER_S_MAX = 10000,
	RRL_BURST_S = 2,
	RRL_BURST_S_MAX = 60,
	RRL_SLIP = 2,
	RRL_SLIP_MAX = 10,
	RRL_BITS_4 = 24,
	RRL_BITS_6 = 56,
	RRL_ACCOUNTS = 1 << 18,
	RRL_ACCOUNTS_MAX = 1 << 26
};

struct rrl_rates {
	bool on;
	unsigned per_s[RRL_CLASSES]; /* 0: not limited */
	unsigned burst_s, slip;      /* slip 0: never */
	unsigned bits_4, bits_6;     /* the leading bits of an address that make a network */
	struct net *exempt;          /* owned */
	size_t exempts;
};

struct rrl;

/* A table for at least so many accounts. */
AX_MUST enum ax_err rrl_new(struct rrl **out, size_t accounts);
void rrl_free(struct rrl *r);

void rrl_rates_init(struct rrl_rates *rates);
void rrl_rates_fini(struct rrl_rates *rates);
/* A network that is not limited. AX_EINVAL. */
AX_MUST enum ax_err rrl_exempt(struct rrl_rates *rates, const char *text);

/* Microseconds of a clock that only goes forward, right to a few milliseconds. */
uint64_t rrl_now_us(void);
/* May the finished answer m go to a client? If so it may have been cut short. Counts what it does in s. Who sent a
 * good cookie of ours is no forged source, and not limited (RFC 7873 3). */
bool rrl_admit_rated(struct rrl *r, const struct rrl_rates *rates, const struct sockaddr *client, struct packet *m,
		     uint64_t now_us, struct stats *s);
static inline bool rrl_admit(struct rrl *r, const struct rrl_rates *rates, const struct sockaddr *client,
			     struct packet *m, uint64_t now_us, struct stats *s)
{
	return !rates->on || m->query->edns.cookie_is == COOKIE_GOOD ||
	       rrl_admit_rated(r, rates, client, m, now_us, s);
}

#endif
