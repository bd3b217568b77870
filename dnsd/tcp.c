#include "dnsd/tcp.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "dnsd/publish.h"
#include "dnsd/tcp_internal.h"

enum { EVENTS = 64, ACCEPT_BURST = 64, DRAIN_QUIET_S = 1 };

struct tcp {
	struct addresses *addresses;
	size_t n;
	struct server server[];
};

/* -- a thread --------------------------------------------------------------------------------------------- */

/* Without a descriptor for a new connection the listening sockets would be ready, in vain, all the time. */
static void pause_accepting(struct server *s, bool pause)
{
	for (size_t i = 0; i < s->listens; i++) {
		struct epoll_event e = { .events = pause ? 0 : EPOLLIN, .data.u64 = EVENT_LISTEN + i };
		(void)epoll_ctl(s->epoll, EPOLL_CTL_MOD, s->listen[i].fd, &e);
	}
	s->paused_s = pause ? connection_now_s() : 0;
}

/* accept(2) says so before it looks whether there is anybody. */
static bool is_anybody_there(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	return poll(&p, 1, 0) > 0;
}

/* Out of descriptors, the quietest connection makes room for one that may ask something, unless it has only just come
 * itself. */
static void accept_some(struct server *s, const struct listen_socket *from)
{
	for (unsigned n = 0; n < ACCEPT_BURST; n++) {
		struct sockaddr_storage peer;
		socklen_t n_peer = sizeof peer;
		int fd = accept4(from->fd, (struct sockaddr *)&peer, &n_peer, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0) {
			connection_begin(s, fd, from, &peer);
			continue;
		}
		if ((errno != EMFILE && errno != ENFILE && errno != ENOBUFS && errno != ENOMEM) ||
		    !is_anybody_there(from->fd))
			return;
		if (s->used <= n) {
			pause_accepting(s, true);
			return;
		}
		stats_add(&s->stats.tcp_refused, 1);
		connection_end(s, s->oldest);
	}
}

static void handle(struct server *s, const struct epoll_event *e)
{
	if (e->data.u64 == EVENT_WAKE)
		serve_late(s);
	else if (e->data.u64 >= EVENT_LISTEN)
		accept_some(s, &s->listen[e->data.u64 - EVENT_LISTEN]);
	else if (s->c[e->data.u64].fd >= 0) /* not ended by an event before this one */
		serve_ready(s, (uint32_t)e->data.u64, e->events);
}

/* Nothing more is accepted; who has been quiet for a moment is not waited for. */
static void begin_drain(struct server *s)
{
	for (size_t i = 0; i < s->listens; i++)
		(void)epoll_ctl(s->epoll, EPOLL_CTL_DEL, s->listen[i].fd, NULL);
	s->listens = 0;
	s->options.idle_s = DRAIN_QUIET_S;
	s->drain_s = connection_now_s() + TCP_DRAIN_S;
}

static void *run(void *arg)
{
	struct server *s = arg;
	struct epoll_event events[EVENTS];
	publish_register();
	while (!s->drain_s || (s->used && connection_now_s() < s->drain_s)) {
		int n = epoll_wait(s->epoll, events, EVENTS, 1000);
		for (int i = 0; i < n; i++)
			handle(s, &events[i]);
		connections_end_idle(s);
		if (s->paused_s && connection_now_s() > s->paused_s)
			pause_accepting(s, false);
		if (atomic_load(&s->stop) && !s->drain_s)
			begin_drain(s);
		atomic_store_explicit(&s->beat_s, connection_now_s(), memory_order_relaxed);
	}
	publish_unregister();
	return NULL;
}

/* -- start and stop --------------------------------------------------------------------------------------- */

static enum ax_err watch(struct server *s, int fd, uint64_t what)
{
	struct epoll_event e = { .events = EPOLLIN, .data.u64 = what };
	if (epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &e) == 0)
		return AX_OK;
	return ax_fail(AX_EIO, "epoll_ctl: %s", strerror(errno));
}

static enum ax_err server_init(struct server *s, const struct tcp_options *o, struct queue *queue,
			       struct addresses *addresses)
{
	pthread_mutex_init(&s->lock, NULL);
	s->last = &s->first;
	s->queue = queue;
	s->addresses = addresses;
	s->options = *o;
	s->options.connections = o->connections / o->threads ? o->connections / o->threads : 1;
	s->beat_s = connection_now_s();
	s->epoll = epoll_create1(EPOLL_CLOEXEC);
	s->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	enum ax_err e = connections_init(s);
	s->answer = malloc(PACKET_MAX);
	if (!e && !s->answer)
		e = ax_fail(AX_ENOMEM, "no memory for connections");
	if (!e && (s->epoll < 0 || s->wake < 0))
		e = ax_fail(AX_EIO, "epoll: %s", strerror(errno));
	if (e)
		return e;
	packet_init(&s->packet, s->answer);
	s->packet.keepalive_ds = 10 * (int)s->options.idle_s;
	return watch(s, s->wake, EVENT_WAKE);
}

static enum ax_err take_socket(struct server *s, const struct listen_socket *socket)
{
	struct listen_socket *grown = realloc(s->listen, (s->listens + 1) * sizeof *grown);
	if (!grown)
		return ax_fail(AX_ENOMEM, "no memory for sockets");
	s->listen = grown;
	s->listen[s->listens] = *socket;
	return watch(s, socket->fd, EVENT_LISTEN + s->listens++);
}

/* Each thread gets its share of the sockets of each listener, which stand one after the other. */
static enum ax_err share_out(struct tcp *t, const struct listen_sockets *sockets)
{
	enum ax_err e = AX_OK;
	size_t next = 0;
	for (size_t i = 0; !e && i < sockets->n; i++)
		if (sockets->v[i].transport != TRANSPORT_UDP)
			e = take_socket(&t->server[next++ % t->n], &sockets->v[i]);
	return e;
}

enum ax_err tcp_start(struct tcp **out, const struct listen_sockets *sockets, const struct tcp_options *o,
		      struct queue *queue)
{
	*out = NULL;
	struct tcp *t = calloc(1, sizeof *t + o->threads * sizeof t->server[0]);
	if (!t)
		return ax_fail(AX_ENOMEM, "no memory for sockets");
	enum ax_err e = AX_OK;
	for (unsigned i = 0; i < o->threads; i++)
		t->server[i].epoll = t->server[i].wake = -1;
	t->n = o->threads;
	if (!e)
		e = addresses_new(&t->addresses, o->connections + o->threads, o->per_address);
	for (unsigned i = 0; !e && i < t->n; i++)
		e = server_init(&t->server[i], o, queue, t->addresses);
	if (!e)
		e = share_out(t, sockets);
	for (unsigned i = 0; !e && i < t->n; i++) {
		struct server *s = &t->server[i];
		s->running = pthread_create(&s->thread, NULL, run, s) == 0;
		if (!s->running)
			e = ax_fail(AX_EIO, "no thread can be made");
	}
	if (e) {
		tcp_stop(t);
		tcp_free(t);
		return e;
	}
	*out = t;
	return AX_OK;
}

void tcp_stop(struct tcp *t)
{
	uint64_t one = 1;
	for (size_t i = 0; t && i < t->n; i++) {
		atomic_store(&t->server[i].stop, true);
		if (t->server[i].running)
			(void)!write(t->server[i].wake, &one, sizeof one);
	}
	for (size_t i = 0; t && i < t->n; i++) {
		if (t->server[i].running)
			pthread_join(t->server[i].thread, NULL);
		t->server[i].running = false;
	}
}

int64_t tcp_beat_s(const struct tcp *t)
{
	int64_t least = INT64_MAX;
	for (size_t i = 0; i < t->n; i++) {
		int64_t beat_s = atomic_load_explicit(&t->server[i].beat_s, memory_order_relaxed);
		least = beat_s < least ? beat_s : least;
	}
	return least;
}

static void server_fini(struct server *s)
{
	connections_fini(s);
	if (s->epoll >= 0)
		close(s->epoll);
	if (s->wake >= 0)
		close(s->wake);
	while (s->first) {
		struct late *l = s->first;
		s->first = l->next;
		free(l);
	}
	free(s->listen);
	free(s->answer);
}

void tcp_free(struct tcp *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->n; i++)
		if (t->server[i].last) /* it was begun */
			server_fini(&t->server[i]);
	addresses_free(t->addresses);
	free(t);
}

void tcp_stats(const struct tcp *t, struct stats *sum)
{
	for (size_t i = 0; i < t->n; i++)
		stats_sum(sum, &t->server[i].stats);
}
