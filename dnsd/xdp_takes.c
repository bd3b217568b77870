#include "dnsd/xdp_takes.h"

#include <errno.h>
#include <ifaddrs.h>
#include <stdlib.h>
#include <string.h>

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct frame_end)); /* no padding; `to` is the first member */
}

static void end_of(struct frame_end *out, const struct sockaddr *sa)
{
	const struct sockaddr_in *in = (const struct sockaddr_in *)sa;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)sa;
	*out = (struct frame_end){ 0 };
	if (sa->sa_family == AF_INET) {
		out->family = 4;
		out->port_net = in->sin_port;
		memcpy(out->address, &in->sin_addr, 4);
	} else if (sa->sa_family == AF_INET6) {
		out->family = 6;
		out->port_net = in6->sin6_port;
		memcpy(out->address, &in6->sin6_addr, 16);
	}
}

/* The first to say an address has it. */
static enum ax_err take(struct xdp_takes *t, const struct frame_end *to, uint32_t listener)
{
	for (size_t i = 0; i < t->n; i++)
		if (compare(&t->v[i].to, to) == 0)
			return AX_OK;
	struct xdp_take *grown = realloc(t->v, (t->n + 1) * sizeof *grown);
	if (!grown)
		return ax_fail(AX_ENOMEM, "no memory for addresses");
	t->v = grown;
	t->v[t->n++] = (struct xdp_take){ *to, listener };
	return AX_OK;
}

static enum ax_err take_all(struct xdp_takes *t, const struct ifaddrs *all, const struct address *any,
			    uint32_t listener)
{
	struct frame_end to, port;
	enum ax_err e = AX_OK;
	end_of(&port, &any->sa);
	for (; all && !e; all = all->ifa_next) {
		if (!all->ifa_addr || all->ifa_addr->sa_family != any->sa.sa_family)
			continue;
		end_of(&to, all->ifa_addr);
		to.port_net = port.port_net;
		e = take(t, &to, listener);
	}
	return e;
}

enum ax_err xdp_takes_find(struct xdp_takes *out, const struct listener *listeners, size_t n)
{
	struct frame_end to;
	struct ifaddrs *all;
	enum ax_err e = AX_OK;
	*out = (struct xdp_takes){ 0 };
	if (getifaddrs(&all))
		return ax_fail(AX_EIO, "no list of this machine's addresses: %s", strerror(errno));
	for (size_t i = 0; !e && i < n; i++) {
		end_of(&to, &listeners[i].address.sa);
		if (listeners[i].transports & LISTEN_UDP && !address_is_any(&listeners[i].address))
			e = take(out, &to, (uint32_t)i);
	}
	for (size_t i = 0; !e && i < n; i++)
		if (listeners[i].transports & LISTEN_UDP && address_is_any(&listeners[i].address))
			e = take_all(out, all, &listeners[i].address, (uint32_t)i);
	freeifaddrs(all);
	if (out->n)
		qsort(out->v, out->n, sizeof *out->v, compare);
	return e;
}

const struct xdp_take *xdp_takes_look(const struct xdp_takes *t, const struct frame_end *to)
{
	return t->n ? bsearch(to, t->v, t->n, sizeof *t->v, compare) : NULL;
}

void xdp_takes_fini(struct xdp_takes *t)
{
	free(t->v);
	*t = (struct xdp_takes){ 0 };
}
