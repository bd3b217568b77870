/* frame.h - a DNS query in an Ethernet frame, and the frame that carries its answer back: what the kernel does for a
 * socket, for queries that pass it by (xdp.h). Knows no sockets.
 *
 *     Ethernet | 802.1Q tags, two at most | IPv4 without options, or IPv6 without extension headers | UDP | query
 *
 * What else a frame can be is the kernel's, before it comes here (xdp_filter.h); here such a frame is refused.
 * Checksums of what comes in are not verified: where the sender is this machine, or the network card has done it,
 * they may be unfinished. A query that was damaged on its way gets an answer that the client does not take for its
 * own. Ownership: a struct frame borrows the bytes. Threads: a plain value. No allocation. */
#ifndef FRAME_H
#define FRAME_H

#include <netinet/in.h>
#include <sys/socket.h>

#include "core/bytes.h"

enum { FRAME_HEADERS_MAX = 14 + 2 * 4 + 40 + 8, FRAME_TTL = 64 };

/* One end of a datagram. */
struct frame_end {
	uint8_t address[16]; /* network order; IPv4: the first 4, the others 0 */
	uint16_t port_net;
	uint16_t family; /* 4 or 6 */
};

struct frame {
	const uint8_t *p;
	uint16_t ip_at, udp_at; /* where the headers begin */
	uint8_t family;         /* 4 or 6 */
	struct ax_slice query;  /* what UDP carries */
};

/* False if it is no such frame, cut short, or from where no client can be: port 0, a multicast, unspecified or
 * loopback address. */
bool frame_read(struct frame *f, const uint8_t *p, size_t n);
void frame_from(struct frame_end *out, const struct frame *f);
void frame_to(struct frame_end *out, const struct frame *f);
/* The same as a socket's address. */
void frame_sockaddr(struct sockaddr_storage *out, socklen_t *n, const struct frame_end *end);

/* How many octets of headers the answer to f has before its message. */
static inline size_t frame_headers(const struct frame *f)
{
	return (size_t)f->udp_at + 8;
}
/* Turn f's headers round into out, where the message of n octets already stands behind them. id: another number for
 * each answer (RFC 6864). Returns the frame's length. */
size_t frame_answer(uint8_t *out, const struct frame *f, size_t n, uint16_t id);

#endif
