#include "dnsd/listen.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BACKLOG = 1024 };

static int type_of(enum transport t)
{
	return t == TRANSPORT_UDP ? SOCK_DGRAM : SOCK_STREAM;
}

static enum ax_err add(struct listen_sockets *s, int fd, enum transport t, size_t listener)
{
	struct listen_socket *grown = realloc(s->v, (s->n + 1) * sizeof *grown);
	if (!grown) {
		close(fd);
		return ax_fail(AX_ENOMEM, "no memory for sockets");
	}
	s->v = grown;
	s->v[s->n++] = (struct listen_socket){ fd, t, (uint32_t)listener };
	return AX_OK;
}

static enum ax_err open_one(struct listen_sockets *s, const struct address *a, enum transport t, size_t listener)
{
	int fd;
	enum ax_err e = address_bind(&fd, a, type_of(t) | (t == TRANSPORT_UDP ? 0 : SOCK_NONBLOCK));
	if (!e)
		e = add(s, fd, t, listener);
	if (!e && t != TRANSPORT_UDP && listen(fd, BACKLOG) != 0)
		e = ax_fail(AX_EIO, "listen: %s", strerror(errno));
	return e;
}

enum ax_err listen_open(struct listen_sockets *out, const struct listener *l, size_t n, unsigned threads)
{
	enum ax_err e = AX_OK;
	*out = (struct listen_sockets){ 0 };
	/* First of all look whether anybody is there: our own sockets would be in the way. */
	for (size_t i = 0; i < n; i++)
		for (enum transport t = 0; !e && t <= TRANSPORT_TLS; t++)
			if (l[i].transports & 1u << t)
				e = address_probe(&l[i].address, type_of(t));
	for (size_t i = 0; i < n; i++)
		for (enum transport t = 0; t <= TRANSPORT_TLS; t++)
			for (unsigned k = 0; !e && k < threads && l[i].transports & 1u << t; k++)
				e = open_one(out, &l[i].address, t, i);
	if (e)
		listen_close(out);
	return e;
}

void listen_close(struct listen_sockets *s)
{
	for (size_t i = 0; i < s->n; i++)
		close(s->v[i].fd);
	free(s->v);
	*s = (struct listen_sockets){ 0 };
}
