#include "dnsd/listen.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BACKLOG = 1024 };

static int type_of(enum transport t)
{
	return t == TRANSPORT_UDP ? SOCK_DGRAM : SOCK_STREAM;
}

/* -- what is given ---------------------------------------------------------------------------------------- */

enum ax_err listen_give(struct listen_given *g, int fd)
{
	int *grown = realloc(g->fd, (g->n + 1) * sizeof *grown);
	if (!grown) {
		close(fd);
		return ax_fail(AX_ENOMEM, "no memory for sockets");
	}
	g->fd = grown;
	g->fd[g->n++] = fd;
	return AX_OK;
}

static int option_of(int fd, int option)
{
	int value = 0;
	socklen_t n = sizeof value;
	return getsockopt(fd, SOL_SOCKET, option, &value, &n) == 0 ? value : 0;
}

static bool is_bound_to(int fd, const struct address *a, int type)
{
	struct address own;
	memset(&own, 0, sizeof own);
	own.n = sizeof own.storage;
	if (getsockname(fd, &own.sa, &own.n) != 0 || option_of(fd, SO_TYPE) != type)
		return false;
	if (own.sa.sa_family == AF_INET6)
		own.in6.sin6_flowinfo = 0;
	return address_same(&own, a) && (type == SOCK_DGRAM || option_of(fd, SO_ACCEPTCONN));
}

int listen_take(struct listen_given *g, const struct address *a, int type)
{
	for (size_t i = 0; i < g->n; i++) {
		int fd = g->fd[i];
		if (fd < 0 || !is_bound_to(fd, a, type))
			continue;
		g->fd[i] = -1;
		return fd;
	}
	return -1;
}

size_t listen_drop(struct listen_given *g)
{
	size_t dropped = 0;
	for (size_t i = 0; i < g->n; i++) {
		if (g->fd[i] < 0)
			continue;
		close(g->fd[i]);
		dropped++;
	}
	free(g->fd);
	*g = (struct listen_given){ 0 };
	return dropped;
}

/* -- sockets ---------------------------------------------------------------------------------------------- */

/* Takes over fd in any case. Connections are waited for by epoll, datagrams in the call that takes them. */
static enum ax_err add(struct listen_sockets *s, int fd, enum transport t, size_t listener)
{
	struct listen_socket *grown = realloc(s->v, (s->n + 1) * sizeof *grown);
	int flags = fcntl(fd, F_GETFL);
	enum ax_err e = grown ? AX_OK : ax_fail(AX_ENOMEM, "no memory for sockets");
	s->v = grown ? grown : s->v;
	flags = t == TRANSPORT_UDP ? flags & ~O_NONBLOCK : flags | O_NONBLOCK;
	if (!e && (fcntl(fd, F_SETFL, flags) != 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) != 0))
		e = ax_fail(AX_EIO, "fcntl: %s", strerror(errno));
	if (e)
		close(fd);
	else
		s->v[s->n++] = (struct listen_socket){ fd, t, (uint32_t)listener };
	return e;
}

static enum ax_err open_bound(int *fd, const struct address *a, int type)
{
	enum ax_err e = address_bind(fd, a, type);
	if (!e && type != SOCK_DGRAM && listen(*fd, BACKLOG) != 0) {
		close(*fd);
		e = ax_fail(AX_EIO, "listen: %s", strerror(errno));
	}
	return e;
}

/* One more beside those there are for it. Where the kernel allows no further one, threads share the first. */
static enum ax_err add_beside(struct listen_sockets *s, const struct listener *l, const struct listen_socket *first)
{
	int fd, type = type_of(first->transport);
	if (!option_of(first->fd, SO_REUSEPORT) || open_bound(&fd, &l->address, type) != AX_OK)
		fd = fcntl(first->fd, F_DUPFD_CLOEXEC, 0);
	if (fd < 0)
		return ax_fail(AX_EIO, "no further socket: %s", strerror(errno));
	return add(s, fd, first->transport, first->listener);
}

static enum ax_err open_all(struct listen_sockets *s, const struct listener *l, size_t index, enum transport t,
			    unsigned threads)
{
	enum ax_err e = AX_OK;
	for (unsigned k = 0; !e && k < threads; k++) {
		int fd;
		e = open_bound(&fd, &l->address, type_of(t));
		if (!e)
			e = add(s, fd, t, index);
	}
	return e;
}

static enum ax_err open_transport(struct listen_sockets *s, const struct listener *l, size_t index, enum transport t,
				  unsigned threads, struct listen_given *g)
{
	enum ax_err e = AX_OK;
	size_t before = s->n;
	for (int fd; !e && (fd = listen_take(g, &l->address, type_of(t))) >= 0;)
		e = add(s, fd, t, index);
	if (!e && s->n == before)
		return open_all(s, l, index, t, threads);
	while (!e && s->n - before < threads) {
		struct listen_socket first = s->v[before];
		e = add_beside(s, l, &first);
	}
	return e;
}

static bool was_given(const struct listen_given *g, const struct address *a, int type)
{
	for (size_t i = 0; i < g->n; i++)
		if (g->fd[i] >= 0 && is_bound_to(g->fd[i], a, type))
			return true;
	return false;
}

/* Is another program there? Our own sockets would be in the way of looking. */
static enum ax_err probe(const struct listener *l, enum transport t, const struct listen_given *g)
{
	if (!(l->transports & 1u << t) || was_given(g, &l->address, type_of(t)))
		return AX_OK;
	return address_probe(&l->address, type_of(t));
}

enum ax_err listen_open(struct listen_sockets *out, const struct listener *l, size_t n, unsigned threads,
			struct listen_given *g)
{
	enum ax_err e = AX_OK;
	*out = (struct listen_sockets){ 0 };
	for (size_t i = 0; i < n; i++)
		for (enum transport t = 0; !e && t <= TRANSPORT_TLS; t++)
			e = probe(&l[i], t, g);
	for (size_t i = 0; i < n; i++)
		for (enum transport t = 0; !e && t <= TRANSPORT_TLS; t++)
			if (l[i].transports & 1u << t)
				e = open_transport(out, &l[i], i, t, threads, g);
	if (e)
		listen_close(out);
	return e;
}

enum ax_err listen_stream(int *fd, const struct address *a, struct listen_given *g)
{
	*fd = listen_take(g, a, SOCK_STREAM);
	if (*fd >= 0)
		return AX_OK;
	enum ax_err e = address_probe(a, SOCK_STREAM);
	return e ? e : open_bound(fd, a, SOCK_STREAM | SOCK_NONBLOCK);
}

void listen_close(struct listen_sockets *s)
{
	for (size_t i = 0; i < s->n; i++)
		close(s->v[i].fd);
	free(s->v);
	*s = (struct listen_sockets){ 0 };
}
