/* net.h - a network: an address and how many of its leading bits count. What selectors, canaries and the client
 * subnet option (RFC 7871) speak of. Invariant: bits beyond `bits` are 0, so equal networks are equal bytes. An IPv4
 * address mapped into IPv6 is IPv4. A plain value. */
#ifndef NET_H
#define NET_H

#include <sys/socket.h>

#include "core/bytes.h"

struct net {
	uint8_t family; /* 4 or 6; 0: none */
	uint8_t bits;
	uint8_t b[16]; /* network order; 4 of them for IPv4, the others are 0 */
};

/* "192.0.2.0/24", "2001:db8::1"; without a length all bits count. AX_EINVAL if it is none or has bits set beyond its
 * length, which is a mistake more often than not. */
AX_MUST enum ax_err net_parse(struct net *out, const char *text, size_t n);
/* The host at a socket's other end; family 0 if it is neither IPv4 nor IPv6. */
void net_of_peer(struct net *out, const struct sockaddr *sa);
/* From family (4 or 6), length and bytes, at most as many as the length takes. False if the family or length can't be
 * or a bit beyond the length is set. */
bool net_take(struct net *out, unsigned family, unsigned bits, struct ax_slice bytes);
/* Is all of inner within outer? */
bool net_within(const struct net *inner, const struct net *outer);
/* The network of at most `bits` leading bits around n. */
struct net net_cut(const struct net *n, unsigned bits);

/* Append the network that text says to a list, which is the caller's to free. AX_EINVAL. */
AX_MUST enum ax_err net_list_add(struct net **list, size_t *n, const char *text);
/* Is it within one of the list? */
bool net_listed(const struct net *list, size_t n, const struct net *of);

#endif
