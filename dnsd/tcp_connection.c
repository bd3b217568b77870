#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "dnsd/publish.h"
#include "dnsd/tcp_internal.h"

enum { NONE = CONNECTION_NONE };

int64_t connection_now_s(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
	return t.tv_sec;
}

enum ax_err connections_init(struct server *s)
{
	s->newest = s->oldest = s->free = NONE;
	s->c = calloc(s->options.connections, sizeof *s->c);
	if (!s->c)
		return ax_fail(AX_ENOMEM, "no memory for connections");
	for (uint32_t i = s->options.connections; i-- > 0;) {
		s->c[i].fd = -1;
		s->c[i].newer = s->free;
		s->free = i;
	}
	return AX_OK;
}

void connections_fini(struct server *s)
{
	while (s->c && s->oldest != NONE)
		connection_end(s, s->oldest);
	free(s->c);
}

/* -- the list by age -------------------------------------------------------------------------------------- */

static void unlink_age(struct server *s, uint32_t i)
{
	struct connection *c = &s->c[i];
	*(c->newer == NONE ? &s->newest : &s->c[c->newer].older) = c->older;
	*(c->older == NONE ? &s->oldest : &s->c[c->older].newer) = c->newer;
}

static void link_newest(struct server *s, uint32_t i)
{
	struct connection *c = &s->c[i];
	c->newer = NONE;
	c->older = s->newest;
	*(s->newest == NONE ? &s->oldest : &s->c[s->newest].newer) = i;
	s->newest = i;
	c->seen_s = connection_now_s();
}

void connection_touch(struct server *s, uint32_t i)
{
	if (s->newest != i) {
		unlink_age(s, i);
		link_newest(s, i);
	}
	s->c[i].seen_s = connection_now_s();
}

/* How long a connection in this state may stay quiet. */
static unsigned patience_s(const struct server *s, const struct connection *c)
{
	return c->out.n > c->sent ? s->options.write_s : s->options.idle_s;
}

void connections_end_idle(struct server *s)
{
	int64_t now = connection_now_s();
	int64_t least = s->options.idle_s < s->options.write_s ? s->options.idle_s : s->options.write_s;
	for (uint32_t i = s->oldest, next; i != NONE && now - s->c[i].seen_s > least; i = next) {
		next = s->c[i].newer;
		if (now - s->c[i].seen_s <= patience_s(s, &s->c[i]))
			continue;
		stats_add(&s->stats.tcp_closed_idle, 1);
		connection_end(s, i);
	}
}

/* -- beginning and end ------------------------------------------------------------------------------------ */

void connection_end(struct server *s, uint32_t i)
{
	struct connection *c = &s->c[i];
	tls_end(c->tls);
	if (c->counted)
		addresses_leave(s->addresses, (const struct sockaddr *)&c->client);
	close(c->fd); /* leaves epoll with it */
	unlink_age(s, i);
	ax_buf_fini(&c->in);
	ax_buf_fini(&c->out);
	c->tls = NULL;
	c->fd = -1;
	c->generation++; /* late answers find nobody */
	c->newer = s->free;
	s->free = i;
	s->used--;
}

static bool is_proxy(const struct sockaddr_storage *peer)
{
	struct net n;
	net_of_peer(&n, (const struct sockaddr *)peer);
	publish_online();
	const struct routing *r = publish_routing();
	bool listed = net_listed(r->proxy_from, r->proxies, &n);
	publish_offline();
	return listed;
}

bool connection_meet(struct server *s, uint32_t i)
{
	struct connection *c = &s->c[i];
	c->proxied = false;
	c->counted = addresses_enter(s->addresses, (const struct sockaddr *)&c->client);
	if (!c->counted) {
		stats_add(&s->stats.tcp_refused_address, 1);
		return false;
	}
	if (c->transport == TRANSPORT_TLS)
		c->tls = tls_begin(s->options.tls, c->fd);
	return c->tls || c->transport != TRANSPORT_TLS;
}

void connection_begin(struct server *s, int fd, const struct listen_socket *from, const struct sockaddr_storage *peer)
{
	int on = 1;
	if (s->free == NONE) {
		stats_add(&s->stats.tcp_refused, 1);
		connection_end(s, s->oldest);
	}
	uint32_t i = s->free;
	struct connection *c = &s->c[i];
	struct epoll_event e = { .events = EPOLLIN, .data.u64 = i };
	if (epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &e) != 0) {
		close(fd);
		return;
	}
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	s->free = c->newer;
	s->used++;
	*c = (struct connection){ .fd = fd,
				  .generation = c->generation,
				  .events = EPOLLIN,
				  .proxied = is_proxy(peer),
				  .transport = from->transport,
				  .listener = from->listener,
				  .client = *peer };
	link_newest(s, i);
	stats_add(&s->stats.tcp_connections, 1);
	if (!c->proxied && !connection_meet(s, i))
		connection_end(s, i);
}

bool connection_may_read(const struct connection *c)
{
	return !c->eof && c->out.n - c->sent < TCP_OUT_MAX && c->pending < TCP_PENDING_MAX;
}

void connection_want(struct server *s, uint32_t i, bool more)
{
	struct connection *c = &s->c[i];
	bool in = connection_may_read(c);
	bool out = c->out.n > c->sent || (in && (more || (c->tls && tls_wants_write(c->tls))));
	struct epoll_event e = { .events = (in ? EPOLLIN : 0u) | (out ? EPOLLOUT : 0u), .data.u64 = i };
	if (e.events != c->events)
		(void)epoll_ctl(s->epoll, EPOLL_CTL_MOD, c->fd, &e);
	c->events = e.events;
}
