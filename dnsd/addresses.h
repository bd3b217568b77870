/* addresses.h - how many connections each address has: an IPv4 address, or an IPv6 /64, which is one host's.
 * Threads: any; a lock is held for a few probes. Cost: a table of fixed size, twice the connections there can be. */
#ifndef ADDRESSES_H
#define ADDRESSES_H

#include "dnsd/net.h"

struct addresses;

/* Room for so many connections, of which an address may have so many. */
AX_MUST enum ax_err addresses_new(struct addresses **out, unsigned connections, unsigned each);
/* NULL is fine. */
void addresses_free(struct addresses *a);
/* One more; false: that would be too many. */
bool addresses_enter(struct addresses *a, const struct sockaddr *who);
/* One that entered is gone. */
void addresses_leave(struct addresses *a, const struct sockaddr *who);

#endif
