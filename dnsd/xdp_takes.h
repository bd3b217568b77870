/* xdp_takes.h - to which addresses and ports AF_XDP takes queries, and whose listener's they are. */
#ifndef XDP_TAKES_H
#define XDP_TAKES_H

#include "dnsd/frame.h"
#include "dnsd/listen.h"

struct xdp_take {
	struct frame_end to;
	uint32_t listener;
};

struct xdp_takes {
	struct xdp_take *v; /* in order of `to`; owned */
	size_t n;
};

/* Those of the addresses listened on over UDP; the unspecified one stands for every address the machine has now,
 * unless that one is listened on by itself. */
AX_MUST enum ax_err xdp_takes_find(struct xdp_takes *out, const struct listener *listeners, size_t n);
/* NULL if it is none of them. Cost: O(log n). */
const struct xdp_take *xdp_takes_look(const struct xdp_takes *t, const struct frame_end *to);
void xdp_takes_fini(struct xdp_takes *t);

#endif
