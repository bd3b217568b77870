/* xdp.h - queries over UDP taken from network interfaces by AF_XDP, past the kernel's network stack, and answered the
 * same way. Sits on frame.h, xdp_filter.h and batch.h; beside udp.h, never in place of it.
 *
 *     interface -> xdp_filter -> rx ring of a queue -> frame_read -> batch.h -> frame_answer -> tx ring
 *                      \-> the kernel: TCP, fragments, options, extension headers, other addresses and ports
 *
 * One thread and one socket for each receive queue of an interface. What has to wait for the store (RESPOND_PLAIN) is
 * answered from the listener's ordinary socket. An answer goes back to the station its query came from, whatever the
 * routing table says: right behind one router and on one link.
 * Which queries: to the addresses and ports listened on; the unspecified address stands for all that the machine has
 * when it starts.
 * Privileges: root, or CAP_NET_ADMIN, CAP_NET_RAW and CAP_BPF, for xdp_start only.
 * Limits: XDP_INTERFACES_MAX interfaces; XDP_FRAMES frames of XDP_FRAME_SIZE octets a queue for each direction: a
 * query that finds none free is dropped, like any datagram. */
#ifndef XDP_H
#define XDP_H

#include "dnsd/batch.h"
#include "dnsd/listen.h"
#include "dnsd/udp.h"

enum { XDP_INTERFACES_MAX = 8, XDP_BATCH = BATCH_MAX, XDP_FRAMES = 2048, XDP_FRAME_SIZE = 2048 };

struct xdp;

/* u's sockets and rrl are used until xdp_stop. say (not NULL) is told in which mode each interface works. AX_EIO,
 * AX_EPERM.
 */
AX_MUST enum ax_err xdp_start(struct xdp **out, const char *const *interfaces, size_t n,
			      const struct listener *listeners, size_t nlisteners, const struct udp *u,
			      struct queue *queue, struct rrl *rrl, void (*say)(const char *));
/* Give the interfaces back to the kernel and end the threads. NULL is fine. */
void xdp_stop(struct xdp *x);
void xdp_free(struct xdp *x);
void xdp_stats(const struct xdp *x, struct stats *sum);

#endif
