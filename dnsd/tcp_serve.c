#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "dnsd/proxy.h"
#include "dnsd/publish.h"
#include "dnsd/tcp_internal.h"

enum { READ_SIZE = 4096, READS_MAX = 16 /* before it is the others' turn */ };

/* -- bytes ------------------------------------------------------------------------------------------------ */

static ssize_t receive(struct connection *c, void *p, size_t n)
{
	return c->tls ? tls_read(c->tls, p, n) : recv(c->fd, p, n, MSG_DONTWAIT);
}

static ssize_t transmit(struct connection *c, const void *p, size_t n)
{
	return c->tls ? tls_write(c->tls, p, n) : send(c->fd, p, n, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static bool not_now(void)
{
	return errno == EAGAIN || errno == EWOULDBLOCK;
}

/* Read of the PROXY header what is there, and nothing behind it. False: it is none, or the client is refused. */
static bool read_header(struct server *s, uint32_t i)
{
	struct connection *c = &s->c[i];
	enum proxy verdict;
	size_t n;
	while ((verdict = proxy_read(&c->client, &n, ax_buf_view(&c->in))) == PROXY_MORE) {
		if (!ax_buf_reserve(&c->in, n - c->in.n))
			return false;
		ssize_t got = recv(c->fd, c->in.p + c->in.n, n - c->in.n, MSG_DONTWAIT);
		if (got < 0 && (not_now() || errno == EINTR))
			return true;
		if (got <= 0)
			return false;
		c->in.n += (size_t)got;
	}
	ax_buf_clear(&c->in);
	if (verdict == PROXY_BAD)
		stats_add(&s->stats.proxy_errors, 1);
	return verdict == PROXY_DONE && connection_meet(s, i);
}

/* Read once; *any: there may be more. False: the connection is broken. */
static bool read_some(struct connection *c, bool *any)
{
	*any = false;
	if (!ax_buf_reserve(&c->in, READ_SIZE))
		return false;
	size_t room = c->in.cap - c->in.n;
	ssize_t n = receive(c, c->in.p + c->in.n, room);
	if (n < 0)
		return not_now() || errno == EINTR;
	if (n == 0)
		c->eof = true;
	c->in.n += (size_t)n;
	*any = n > 0 && (c->tls || (size_t)n == room);
	return true;
}

/* n octets more are written: all that were due is progress. */
static void count_written(struct server *s, uint32_t i, size_t n)
{
	struct connection *c = &s->c[i];
	c->sent += n;
	c->due -= n < c->due ? n : c->due;
	if (c->due)
		return;
	c->due = c->out.n - c->sent;
	c->due_s = connection_now_s();
	connection_touch(s, i);
}

/* Write what waits; false: the connection is broken, or nobody reads at its other end. */
static bool flush(struct server *s, uint32_t i)
{
	struct connection *c = &s->c[i];
	while (c->sent < c->out.n) {
		ssize_t n = transmit(c, c->out.p + c->sent, c->out.n - c->sent);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && not_now())
			return connection_now_s() - c->due_s <= s->options.write_s;
		if (n < 0)
			return false;
		count_written(s, i, (size_t)n);
	}
	c->sent = c->due = 0;
	if (c->out.cap > CONNECTION_BUFFER)
		ax_buf_fini(&c->out);
	ax_buf_clear(&c->out);
	return true;
}

static void put_answer(struct server *s, struct connection *c, struct ax_slice answer)
{
	ax_buf_u16(&c->out, (uint16_t)answer.n);
	ax_buf_slice(&c->out, answer);
	if (!c->due) {
		c->due = c->out.n - c->sent;
		c->due_s = connection_now_s();
	}
	stats_add(&s->stats.sent[c->transport], 1);
}

/* -- the plain way ---------------------------------------------------------------------------------------- */

static void come_late(const struct queue_job *job, struct packet *m, struct stats *stats)
{
	struct server *s = job->owner;
	struct late *l = malloc(sizeof *l + m->n);
	uint64_t one = 1;
	(void)stats;
	if (!l)
		return; /* the client asks again */
	*l = (struct late){ .slot = job->slot, .generation = job->generation, .n = m->n };
	memcpy(l->bytes, m->p, m->n);
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
	job.transport = s->c[i].transport;
	job.done = come_late;
	job.owner = s;
	job.slot = i;
	job.generation = s->c[i].generation;
	return queue_put(s->queue, &job, q);
}

/* -- queries ---------------------------------------------------------------------------------------------- */

/* Answer one message; false: what came is no query, and neither will be what follows. */
static bool serve(struct server *s, uint32_t i, struct ax_slice wire)
{
	struct connection *c = &s->c[i];
	struct respond_asker a = { .peer = (const struct sockaddr *)&c->client,
				   .transport = c->transport,
				   .keepalive_ds = s->packet.keepalive_ds };
	struct respond_task t, *far = &t;
	stats_add(&s->stats.queries[c->transport], 1);
	respond_listen(&a, c->listener);
	respond_fetch(&far, respond_read(&t, wire, &a, &s->stats));
	enum respond r = respond_write(&s->packet, &t, &s->stats);
	if (r == RESPOND_DROP)
		return false;
	if (r == RESPOND_PLAIN) {
		if (queue_query(s, i, &t.query)) {
			c->pending++;
			return true;
		}
		respond_fail(&s->packet, &t.query, EDE_NOT_READY, c->transport, &s->stats);
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
	while (good && c->in.n - at >= 2 && c->out.n - c->sent < TCP_OUT_MAX && c->pending < TCP_PENDING_MAX) {
		size_t n = ax_be16(c->in.p + at);
		if (c->in.n - at - 2 < n)
			break;
		good = serve(s, i, ax_slice(c->in.p + at + 2, n));
		at += 2 + n;
		connection_touch(s, i);
	}
	publish_offline();
	if (at) {
		memmove(c->in.p, c->in.p + at, c->in.n - at);
		c->in.n -= at;
	}
	if (c->in.n == 0 && c->in.cap > CONNECTION_BUFFER)
		ax_buf_fini(&c->in);
	return good && !c->out.failed;
}

/* Serve and write as long as that goes on; false: end the connection. */
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
	return good && !(c->eof && !c->pending && c->out.n == c->sent);
}

static void end_or_wait(struct server *s, uint32_t i, bool good)
{
	struct connection *c = &s->c[i];
	if (good)
		connection_want(s, i, c->tls && tls_has_more(c->tls));
	else
		connection_end(s, i);
}

void serve_late(struct server *s)
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
			end_or_wait(s, l->slot, settle(s, l->slot));
		}
		free(l);
		l = next;
	}
}

void serve_ready(struct server *s, uint32_t i, uint32_t events)
{
	struct connection *c = &s->c[i];
	bool good = !(events & EPOLLERR || (events & EPOLLHUP && !(c->events & EPOLLIN))), any = true;
	if (good && c->proxied)
		good = read_header(s, i);
	if (good && c->proxied) {
		connection_want(s, i, false);
		return;
	}
	good = good && settle(s, i);
	for (unsigned reads = 0; good && any && connection_may_read(c) && reads < READS_MAX; reads++)
		good = read_some(c, &any) && settle(s, i);
	end_or_wait(s, i, good);
}
