/* proxy.h - whom a proxy speaks for: the header of the PROXY protocol, version 2, before a stream or a datagram.
 *
 *     signature 12 | version and command 1 | family and transport 1 | length 2 | addresses | what else it says
 *
 * Only who is trusted is read so (route.h), and then must say it: it is never guessed whether there is a header.
 * Threads: plain values. No allocation. Limits: PROXY_MAX octets, as a header is to fit one segment. */
#ifndef PROXY_H
#define PROXY_H

#include <sys/socket.h>

#include "core/bytes.h"

enum { PROXY_FIXED = 16, PROXY_MAX = 1232 };

enum proxy {
	PROXY_DONE,
	PROXY_MORE, /* so far it is right, but not all of it is there */
	PROXY_BAD,
};

/* Read the header at the beginning of bytes; *n: its length, or (PROXY_MORE) how many octets are needed to go on.
 * *client: the source it tells, or as it was, if the proxy speaks for itself or of what is no IP address. */
enum proxy proxy_read(struct sockaddr_storage *client, size_t *n, struct ax_slice bytes);

#endif
