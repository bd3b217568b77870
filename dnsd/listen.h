/* listen.h - the sockets that queries come to: what the configuration asks for, bound, or given by who had them
 * before. Sits on address.h; udp.h and tcp.h answer on them.
 *
 *     listener: an address, its transports  ->  one socket a thread for UDP, for TCP and for TLS
 *
 * Each thread has a socket of its own (SO_REUSEPORT): the kernel spreads the clients over them. What is given (by the
 * service manager, or by the daemon that ran before: handover.h) is told by its address and used, all of it: what
 * waits in a socket that is closed is lost.
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

/* Descriptors that were opened elsewhere; -1 once taken. */
struct listen_given {
	int *fd;
	size_t n;
};

/* Takes over fd in any case. */
AX_MUST enum ax_err listen_give(struct listen_given *g, int fd);
/* One that is bound to the address and of the type, or -1. The caller's. */
int listen_take(struct listen_given *g, const struct address *a, int type);
/* Close what nobody took; returns how many. */
size_t listen_drop(struct listen_given *g);

/* `threads` sockets for each transport of each listener, or as many more as were given; TCP's listen. AX_EIO with why
 * if one can't be had or is another program's. */
AX_MUST enum ax_err listen_open(struct listen_sockets *out, const struct listener *l, size_t n, unsigned threads,
				struct listen_given *g);
/* A socket for a single thread, given or made, that listens. */
AX_MUST enum ax_err listen_stream(int *fd, const struct address *a, struct listen_given *g);
void listen_close(struct listen_sockets *s);

#endif
