/* listen.h - the sockets that queries come to: what the configuration asks for, bound.
 * Sits on address.h; udp.h and tcp.h answer on them.
 *
 *     listener: an address, its transports  ->  one socket a thread for UDP, for TCP and for TLS
 *
 * Each thread has a socket of its own (SO_REUSEPORT): the kernel spreads the clients over them.
 * Ownership: sockets are closed by listen_close. Threads: made by one, then only read. */
#ifndef LISTEN_H
#define LISTEN_H

#include "dnsd/address.h"
#include "dnsd/query.h"

/* Bits of a listener's transports. */
enum { LISTEN_UDP = 1u << TRANSPORT_UDP, LISTEN_TCP = 1u << TRANSPORT_TCP, LISTEN_TLS = 1u << TRANSPORT_TLS };

struct listener {
	struct address address;
	unsigned transports;
};

struct listen_socket {
	int fd;
	enum transport transport;
	uint32_t listener; /* the index of what it is for */
};

struct listen_sockets {
	struct listen_socket *v;
	size_t n;
};

/* `threads` sockets for each transport of each listener; TCP's listen. AX_EIO with why if one can't be had or is
 * another program's. */
AX_MUST enum ax_err listen_open(struct listen_sockets *out, const struct listener *l, size_t n, unsigned threads);
void listen_close(struct listen_sockets *s);

#endif
