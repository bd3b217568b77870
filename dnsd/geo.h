/* geo.h - where a network is: MaxMind databases. The only part that knows libmaxminddb.
 * Threads: opened and closed by one, asked by any; the files are mapped and never written.
 * Cost: a look-up walks one bit a step through the mapped file, without allocation or lock.
 * Limits: a file that is replaced is seen at the next reload; a look-up in a damaged one finds nothing. */
#ifndef GEO_H
#define GEO_H

#include "dnsd/net.h"

struct geo;

/* Open the databases at these paths; NULL: none. AX_ENOENT, AX_EINVAL with which and why. */
AX_MUST enum ax_err geo_open(struct geo **out, const char *country, const char *asn);
/* NULL is fine. */
void geo_close(struct geo *g);
/* Two upper-case letters (ISO 3166-1); false if not known. g may be NULL. */
bool geo_country(char out[2], const struct geo *g, const struct net *client);
bool geo_asn(uint32_t *out, const struct geo *g, const struct net *client);

#endif
