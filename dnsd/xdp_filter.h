/* xdp_filter.h - the program in the kernel that hands DNS queries for our addresses to AF_XDP sockets, and lets all
 * else pass: what is no plain UDP over IPv4 or IPv6, fragments, and every other address and port.
 *
 * It is put together here from a few dozen instructions, so that no compiler for it is needed; the kernel proves it
 * safe when it is loaded. It hangs on the interface by a descriptor of ours: it goes when the process does, however
 * that ends. Needs CAP_NET_ADMIN and CAP_BPF (or root) to be loaded; afterwards none.
 * Limits: XDP_FILTER_ADDRESSES addresses. */
#ifndef XDP_FILTER_H
#define XDP_FILTER_H

#include "core/err.h"
#include "dnsd/frame.h"

enum { XDP_FILTER_ADDRESSES = 1024 };

struct xdp_filter {
	int addresses; /* map: struct frame_end -> 1 */
	int sockets;   /* map: queue -> AF_XDP socket */
	int program, link;
	bool native; /* in the driver; else in the kernel's generic path */
};

/* Load it for the queues of an interface, which gets it by xdp_filter_attach. */
AX_MUST enum ax_err xdp_filter_load(struct xdp_filter *f, unsigned queues);
/* Take what is sent to this address. */
AX_MUST enum ax_err xdp_filter_add(struct xdp_filter *f, const struct frame_end *to);
/* Hand what comes in through a queue to this socket. */
AX_MUST enum ax_err xdp_filter_socket(struct xdp_filter *f, unsigned queue, int fd);
/* AX_EIO with why: another program is there, the interface can't. */
AX_MUST enum ax_err xdp_filter_attach(struct xdp_filter *f, unsigned interface);
void xdp_filter_close(struct xdp_filter *f);

#endif
