/* canary.h - which share of the clients gets the branch on trial.
 *
 *     SipHash-2-4 (key: BLAKE2b-128 of the salt) over  04 | a b c              IPv4: the /24
 *                                                      06 | a b c d e f        IPv6: the /48
 *     modulo 10,000, below percent x 100
 *
 * So a client is on the same side over every transport and on every server that has the same salt, and stays there:
 * raising the percentage only adds clients. Threads: plain values. No allocation. */
#ifndef CANARY_H
#define CANARY_H

#include "dnsd/net.h"

enum { CANARY_PARTS = 10000, CANARY_BITS_4 = 24, CANARY_BITS_6 = 48 };

struct canary {
	uint8_t key[16];
	uint32_t below; /* parts of CANARY_PARTS that get it; 0: nobody */
};

/* Parts of 10,000 from text like "5", "0.25" or "100": at most two digits after the point. AX_EINVAL. */
AX_MUST enum ax_err canary_parts(uint32_t *parts, const char *text);
void canary_init(struct canary *c, const char *salt, uint32_t parts);
/* The keyed hash of a client's network: 64 bits. */
uint64_t canary_hash(const uint8_t key[16], const struct net *client);
/* Does this client get the branch on trial? A client of no family does not. */
bool canary_takes(const struct canary *c, const struct net *client);

#endif
