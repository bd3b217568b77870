#include "dnsd/tcp.h"

#include <netinet/tcp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "dnsd/publish.h"

enum { EVENTS = 64, READ_SIZE = 4096, BUFFER_KEEP = 16 << 10, ACCEPT_BURST = 64 };

struct connection {
	int fd; /* -1: free */
	uint32_t generation;
	uint32_t newer, older; /* by when something last happened; NONE ends */
	int64_t seen_s;
	struct ax_buf in, out;
	size_t sent;      /* octets of out */
	unsigned pending; /* answers to come from the plain way */
	bool eof, reading;
	uint32_t listener; /* the index of the address it came to */
	struct sockaddr_storage peer;
};

enum { NONE = UINT32_MAX };

/* An answer of the plain way on its way to its connection. */
struct late {
	struct late *next;
	uint32_t slot, generation;
	size_t n;
	uint8_t bytes[];
};

struct server {
	pthread_t thread;
	bool running;
	int epoll, wake;
	int *listen;
	size_t listens;
	struct connection *c;
	uint32_t room, used, newest, oldest, free; /* free: list through `newer` */
	struct queue *queue;
	struct packet packet;
	uint8_t *answer; /* PACKET_MAX */
	struct stats stats;
	atomic_bool stop;
	pthread_mutex_t lock;
	struct late *first, **last; /* lock */
};

struct tcp {
	size_t n;
	struct server server[];
};

/* What an epoll event is of: a connection's slot, or one of these. */
#define EVENT_WAKE UINT64_MAX
#define EVENT_LISTEN (1ull << 32) /* + index */

static int64_t now_s(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
	return t.tv_sec;
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
	c->seen_s = now_s();
}

static void touch(struct server *s, uint32_t i)
{
	if (s->newest != i) {
		unlink_age(s, i);
		link_newest(s, i);
	}
	s->c[i].seen_s = now_s();
}

/* -- connections ------------------------------------------------------------------------------------------ */

static void end(struct server *s, uint32_t i)
{
	struct connection *c = &s->c[i];
	close(c->fd); /* leaves epoll with it */
	unlink_age(s, i);
	ax_buf_fini(&c->in);
	ax_buf_fini(&c->out);
	c->fd = -1;
	c->generation++; /* late answers find nobody */
	c->newer = s->free;
	s->free = i;
	s->used--;
}

static void begin(struct server *s, int fd, uint32_t listener, const struct sockaddr_storage *peer)
{
	int on = 1;
	if (s->free == NONE) {
		stats_add(&s->stats.tcp_refused, 1);
		end(s, s->oldest);
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
	*c = (struct connection){
		.fd = fd, .generation = c->generation, .reading = true, .listener = listener, .peer = *peer
	};
	link_newest(s, i);
	stats_add(&s->stats.tcp_connections, 1);
}

/* Out of descriptors, the quietest connection makes room for one that may ask something. */
static void accept_some(struct server *s, uint32_t listener)
{
	for (unsigned n = 0; n < ACCEPT_BURST; n++) {
		struct sockaddr_storage peer;
		socklen_t n_peer = sizeof peer;
		int fd =
			accept4(s->listen[listener], (struct sockaddr *)&peer, &n_peer, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0) {
			begin(s, fd, listener, &peer);
		} else if ((errno == EMFILE || errno == ENFILE) && s->oldest != NONE) {
			stats_add(&s->stats.tcp_refused, 1);
			end(s, s->oldest);
		} else {
			return;
		}
	}
}

static void want(struct server *s, uint32_t i)
{
	struct connection *c = &s->c[i];
	size_t waiting = c->out.n - c->sent;
	c->reading = !c->eof && waiting < TCP_OUT_MAX;
	struct epoll_event e = { .events = (c->reading ? EPOLLIN : 0u) | (waiting ? EPOLLOUT : 0u), .data.u64 = i };
	(void)epoll_ctl(s->epoll, EPOLL_CTL_MOD, c->fd, &e);
}

/* Write what waits; false: the connection is broken. */
static bool flush(struct server *s, uint32_t i)
{
	struct connection *c = &s->c[i];
	while (c->sent < c->out.n) {
		ssize_t n = send(c->fd, c->out.p + c->sent, c->out.n - c->sent, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN || errno == EWOULDBLOCK;
		c->sent += (size_t)n;
		touch(s, i);
	}
	c->sent = 0;
	if (c->out.cap > BUFFER_KEEP)
		ax_buf_fini(&c->out);
	ax_buf_clear(&c->out);
	return true;
}

static void put_answer(struct server *s, struct connection *c, struct ax_slice answer)
{
	ax_buf_u16(&c->out, (uint16_t)answer.n);
	ax_buf_slice(&c->out, answer);
	stats_add(&s->stats.tcp, 1);
}

/* -- the plain way ---------------------------------------------------------------------------------------- */

static void come_late(const struct queue_job *job, struct ax_slice answer)
{
	struct server *s = job->owner;
	struct late *l = malloc(sizeof *l + answer.n);
	uint64_t one = 1;
	if (!l)
		return; /* the client asks again */
	*l = (struct late){ .slot = job->slot, .generation = job->generation, .n = answer.n };
	memcpy(l->bytes, answer.p, answer.n);
	pthread_mutex_lock(&s->lock);
	*s->last = l;
	s->last = &l->next;
	pthread_mutex_unlock(&s->lock);
	(void)!write(s->wake, &one, sizeof one);
}

static bool queue_query(struct server *s, uint32_t i, const struct query *q)
{
	struct queue_job job;
	memset((char *)&job + offsetof(struct queue_job, n), 0, sizeof job - offsetof(struct queue_job, n));
	job.tcp = true;
	job.done = come_late;
	job.owner = s;
	job.slot = i;
	job.generation = s->c[i].generation;
	return queue_put(s->queue, &job, q);
}

static bool settle(struct server *s, uint32_t i);

static void take_late(struct server *s)
{
	uint64_t count;
	(void)!read(s->wake, &count, sizeof count);
	pthread_mutex_lock(&s->lock);
	struct late *l = s->first;
	s->first = NULL;
	s->last = &s->first;
	pthread_mutex_unlock(&s->lock);
	while (l) {
		struct late *next = l->next;
		struct connection *c = &s->c[l->slot];
		if (c->fd >= 0 && c->generation == l->generation) {
			c->pending--;
			put_answer(s, c, ax_slice(l->bytes, l->n));
			settle(s, l->slot);
		}
		free(l);
		l = next;
	}
}

/* -- queries ---------------------------------------------------------------------------------------------- */

/* Answer one message; false: what came is no query, and neither will be what follows. */
static bool serve(struct server *s, uint32_t i, struct ax_slice wire)
{
	struct connection *c = &s->c[i];
	struct query q;
	const struct sockaddr *peer = (const struct sockaddr *)&c->peer;
	enum respond r = respond_routed(&s->packet, &q, wire, c->listener, peer, true, &s->stats);
	if (r == RESPOND_DROP)
		return false;
	if (r == RESPOND_PLAIN) {
		if (queue_query(s, i, &q)) {
			c->pending++;
			return true;
		}
		respond_error(&s->packet, &q, AX_RCODE_SERVFAIL, true, &s->stats);
		stats_add(&s->stats.overload, 1);
	}
	put_answer(s, c, ax_slice(s->packet.p, s->packet.n));
	return true;
}

/* Answer the whole messages in the buffer, as long as answers may pile up; false: end the connection. */
static bool serve_all(struct server *s, uint32_t i)
{
	struct connection *c = &s->c[i];
	size_t at = 0;
	bool good = true;
	publish_online();
	while (good && c->in.n - at >= 2 && c->out.n - c->sent < TCP_OUT_MAX) {
		size_t n = ax_be16(c->in.p + at);
		if (c->in.n - at - 2 < n)
			break;
		good = serve(s, i, ax_slice(c->in.p + at + 2, n));
		at += 2 + n;
		touch(s, i);
	}
	publish_offline();
	if (at) {
		memmove(c->in.p, c->in.p + at, c->in.n - at);
		c->in.n -= at;
	}
	if (c->in.n == 0 && c->in.cap > BUFFER_KEEP)
		ax_buf_fini(&c->in);
	return good && !c->out.failed;
}

/* After anything happened: serve, write, and say what to wait for; false: the connection has ended. */
static bool settle(struct server *s, uint32_t i)
{
	struct connection *c = &s->c[i];
	size_t before;
	bool good;
	do {
		before = c->in.n;
		good = serve_all(s, i);
		good = flush(s, i) && good;
	} while (good && c->in.n != before);
	/* A half-closed client still gets its answers (RFC 7766 6.2.4). */
	if (!good || (c->eof && !c->pending && c->out.n == c->sent)) {
		end(s, i);
		return false;
	}
	want(s, i);
	return true;
}

static void readable(struct server *s, uint32_t i)
{
	struct connection *c = &s->c[i];
	if (!ax_buf_reserve(&c->in, READ_SIZE)) {
		end(s, i);
		return;
	}
	ssize_t n = recv(c->fd, c->in.p + c->in.n, c->in.cap - c->in.n, MSG_DONTWAIT);
	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		end(s, i);
		return;
	}
	if (n == 0)
		c->eof = true;
	if (n > 0)
		c->in.n += (size_t)n;
	settle(s, i);
}

static void handle(struct server *s, const struct epoll_event *e)
{
	if (e->data.u64 == EVENT_WAKE) {
		take_late(s);
		return;
	}
	if (e->data.u64 >= EVENT_LISTEN) {
		accept_some(s, (uint32_t)(e->data.u64 - EVENT_LISTEN));
		return;
	}
	uint32_t i = (uint32_t)e->data.u64;
	if (s->c[i].fd < 0)
		return; /* ended by an event before this one */
	if (e->events & EPOLLERR || (e->events & EPOLLHUP && !s->c[i].reading))
		end(s, i);
	else if (e->events & (EPOLLIN | EPOLLHUP) && s->c[i].reading)
		readable(s, i);
	else
		settle(s, i);
}

static void end_idle(struct server *s)
{
	int64_t now = now_s();
	while (s->oldest != NONE && now - s->c[s->oldest].seen_s > TCP_IDLE_S) {
		stats_add(&s->stats.tcp_closed_idle, 1);
		end(s, s->oldest);
	}
}

static void *run(void *arg)
{
	struct server *s = arg;
	struct epoll_event events[EVENTS];
	publish_register();
	while (!atomic_load(&s->stop)) {
		int n = epoll_wait(s->epoll, events, EVENTS, s->used ? 1000 : -1);
		for (int i = 0; i < n; i++)
			handle(s, &events[i]);
		end_idle(s);
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

static enum ax_err open_listeners(struct server *s, const struct address *addresses, size_t n)
{
	s->listen = calloc(n, sizeof *s->listen);
	if (!s->listen)
		return ax_fail(AX_ENOMEM, "no memory for sockets");
	for (size_t i = 0; i < n; i++) {
		enum ax_err e = address_bind(&s->listen[i], &addresses[i], SOCK_STREAM | SOCK_NONBLOCK);
		if (e)
			return e;
		s->listens++;
		if (listen(s->listen[i], 1024) != 0)
			return ax_fail(AX_EIO, "listen: %s", strerror(errno));
		e = watch(s, s->listen[i], EVENT_LISTEN + i);
		if (e)
			return e;
	}
	return AX_OK;
}

static enum ax_err server_init(struct server *s, uint32_t connections)
{
	pthread_mutex_init(&s->lock, NULL);
	s->last = &s->first;
	s->newest = s->oldest = s->free = NONE;
	s->epoll = epoll_create1(EPOLL_CLOEXEC);
	s->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	s->c = calloc(connections, sizeof *s->c);
	s->answer = malloc(PACKET_MAX);
	if (!s->c || !s->answer)
		return ax_fail(AX_ENOMEM, "no memory for connections");
	if (s->epoll < 0 || s->wake < 0)
		return ax_fail(AX_EIO, "epoll: %s", strerror(errno));
	packet_init(&s->packet, s->answer);
	for (uint32_t i = connections; i-- > 0;) {
		s->c[i].fd = -1;
		s->c[i].newer = s->free;
		s->free = i;
	}
	s->room = connections;
	return watch(s, s->wake, EVENT_WAKE);
}

enum ax_err tcp_start(struct tcp **out, const struct address *addresses, size_t n, unsigned threads,
		      unsigned connections, struct queue *queue)
{
	*out = NULL;
	struct tcp *t = calloc(1, sizeof *t + threads * sizeof t->server[0]);
	if (!t)
		return ax_fail(AX_ENOMEM, "no memory for sockets");
	enum ax_err e = AX_OK;
	for (unsigned i = 0; i < threads; i++)
		t->server[i].epoll = t->server[i].wake = -1;
	t->n = threads;
	for (unsigned i = 0; !e && i < threads; i++) {
		struct server *s = &t->server[i];
		s->queue = queue;
		e = server_init(s, connections / threads ? connections / threads : 1);
		if (!e)
			e = open_listeners(s, addresses, n);
	}
	for (unsigned i = 0; !e && i < threads; i++) {
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
		struct server *s = &t->server[i];
		atomic_store(&s->stop, true);
		if (!s->running)
			continue;
		(void)!write(s->wake, &one, sizeof one);
		pthread_join(s->thread, NULL);
		s->running = false;
	}
}

static void server_fini(struct server *s)
{
	while (s->oldest != NONE && s->c)
		end(s, s->oldest);
	for (size_t i = 0; i < s->listens; i++)
		close(s->listen[i]);
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
	free(s->c);
	free(s->answer);
}

void tcp_free(struct tcp *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->n; i++)
		if (t->server[i].last) /* it was begun */
			server_fini(&t->server[i]);
	free(t);
}

void tcp_stats(const struct tcp *t, struct stats *sum)
{
	for (size_t i = 0; i < t->n; i++)
		stats_sum(sum, &t->server[i].stats);
}
