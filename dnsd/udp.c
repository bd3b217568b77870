#include "dnsd/udp.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dnsd/batch.h"
#include "dnsd/hot.h"

struct slot {
	struct batch_query q;
	struct mmsghdr *in;
	_Alignas(struct cmsghdr) uint8_t control[QUEUE_CONTROL];
	uint8_t answer[PACKET_UDP];
	uint8_t query[UDP_QUERY_MAX];
};

/* What the datagrams of one batch need, in one block. */
struct datagrams {
	struct mmsghdr in[UDP_BATCH], out[UDP_BATCH];
	struct iovec in_iov[UDP_BATCH], out_iov[UDP_BATCH];
	struct slot slot[UDP_BATCH];
};

struct server {
	pthread_t thread;
	bool running;
	int fd;
	uint32_t index; /* of its address among the listeners */
	bool any;       /* bound to the unspecified address */
	atomic_bool stop;
	_Atomic int64_t beat_s;
	struct datagrams *datagrams;
	struct batch batch;
};

struct udp {
	size_t n;
	struct server server[];
};

static uint16_t port_of(const struct sockaddr_storage *a)
{
	if (a->ss_family == AF_INET6)
		return ((const struct sockaddr_in6 *)a)->sin6_port;
	return ((const struct sockaddr_in *)a)->sin_port;
}

/* The address a query came to becomes the one its answer comes from, out of whatever interface routing says. */
static void turn_round(struct msghdr *h)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(h); c; c = CMSG_NXTHDR(h, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO)
			((struct in_pktinfo *)CMSG_DATA(c))->ipi_ifindex = 0;
		if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			struct in6_pktinfo *info = (struct in6_pktinfo *)CMSG_DATA(c);
			if (!IN6_IS_ADDR_LINKLOCAL(&info->ipi6_addr))
				info->ipi6_ifindex = 0;
		}
	}
}

/* -- the plain way ---------------------------------------------------------------------------------------- */

void udp_send_late(const struct queue_job *job, struct packet *m, struct stats *stats)
{
	const struct sockaddr *client = (const struct sockaddr *)&job->client;
	if (!rrl_admit(job->owner, &publish_routing()->rrl, client, m, rrl_now_us(), stats))
		return;
	struct iovec iov = { m->p, m->n };
	struct msghdr h = {
		.msg_name = (void *)&job->peer, .msg_namelen = job->peer_n, .msg_iov = &iov, .msg_iovlen = 1
	};
	if (job->control_n) {
		h.msg_control = (void *)job->control;
		h.msg_controllen = job->control_n;
	}
	(void)sendmsg(job->fd, &h, MSG_DONTWAIT); /* lost like any datagram */
}

/* Where its answer goes, and where it comes from. */
static void say_late(struct queue_job *job, const struct batch_query *q, const void *ctx)
{
	const struct server *l = ctx;
	const struct msghdr *h = &((const struct slot *)q)->in->msg_hdr; /* its first member */
	job->fd = l->fd;
	memcpy(&job->peer, h->msg_name, h->msg_namelen);
	job->peer_n = h->msg_namelen;
	if (h->msg_controllen && h->msg_controllen <= QUEUE_CONTROL) {
		memcpy(job->control, h->msg_control, h->msg_controllen);
		job->control_n = h->msg_controllen;
	}
}

/* -- batches ---------------------------------------------------------------------------------------------- */

/* But for how much was said of the address that a query came to. */
static void rearm(struct server *l, unsigned n)
{
	for (unsigned i = 0; l->any && i < n; i++)
		l->datagrams->in[i].msg_hdr.msg_controllen = QUEUE_CONTROL;
}

/* Headers stay as they are from batch to batch: on a socket all addresses have one length, that of its own. */
static void prepare(struct server *l)
{
	struct datagrams *d = l->datagrams;
	struct sockaddr_storage own;
	socklen_t n = sizeof own;
	(void)getsockname(l->fd, (struct sockaddr *)&own, &n);
	for (unsigned i = 0; i < UDP_BATCH; i++) {
		struct slot *s = &d->slot[i];
		s->in = &d->in[i];
		d->in_iov[i] = (struct iovec){ s->query, UDP_QUERY_MAX };
		d->in[i].msg_hdr = (struct msghdr){
			.msg_name = &s->q.peer, .msg_namelen = n, .msg_iov = &d->in_iov[i], .msg_iovlen = 1
		};
		if (l->any)
			d->in[i].msg_hdr.msg_control = s->control;
		d->out[i].msg_hdr = (struct msghdr){ .msg_namelen = n, .msg_iov = &d->out_iov[i], .msg_iovlen = 1 };
	}
	rearm(l, UDP_BATCH);
}

/* False: it gets no answer. */
static inline bool take(struct server *l, struct slot *s)
{
	struct msghdr *h = &s->in->msg_hdr;
	if (port_of(&s->q.peer) == 0 || h->msg_flags & MSG_TRUNC) {
		stats_add(&l->batch.stats.dropped, 1);
		return false;
	}
	if (l->any)
		turn_round(h);
	return batch_take(&l->batch, &s->q, ax_slice(s->query, s->in->msg_len), l->index);
}

/* False: there is nothing to send. */
static inline bool answer(struct server *l, struct slot *s, struct msghdr *out)
{
	size_t n = batch_answer(&l->batch, &s->q, s->answer);
	if (!n)
		return false;
	*out->msg_iov = (struct iovec){ s->answer, n };
	out->msg_name = &s->q.peer;
	if (l->any) {
		out->msg_control = s->in->msg_hdr.msg_control;
		out->msg_controllen = s->in->msg_hdr.msg_controllen;
	}
	return true;
}

/* Read n datagrams together; returns how many are queries to be answered. Apart, it and what answers them have more
 * of their variables in registers than as one. */
static HOT APART unsigned read_all(struct slot **taken, struct server *l, unsigned n)
{
	unsigned m = 0;
	for (struct slot *s = l->datagrams->slot; s < l->datagrams->slot + n; s++)
		if (take(l, s))
			taken[m++] = s;
	batch_fetch(&l->batch);
	return m;
}

/* Answer what was read; returns how many messages there are to send. */
static HOT APART unsigned answer_all(struct server *l, struct slot *const *taken, unsigned n)
{
	struct mmsghdr *out = l->datagrams->out;
	for (unsigned i = 0; i < n; i++)
		out += answer(l, taken[i], &out->msg_hdr);
	return (unsigned)(out - l->datagrams->out);
}

/* A message the kernel refuses (an unreachable peer) is skipped: the others behind it are not its victims. */
static void send_all(struct server *l, unsigned n)
{
	unsigned at = 0;
	while (at < n) {
		int sent = sendmmsg(l->fd, l->datagrams->out + at, n - at, 0);
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent > 0)
			stats_add(&l->batch.stats.sent[TRANSPORT_UDP], (uint64_t)sent);
		at += sent > 0 ? (unsigned)sent : 1;
	}
}

static void beat(struct server *l)
{
	atomic_store_explicit(&l->beat_s, (int64_t)(rrl_now_us() / 1000000), memory_order_relaxed);
}

static void *listen_on(void *arg)
{
	struct server *l = arg;
	struct slot *taken[UDP_BATCH];
	publish_register();
	prepare(l);
	while (!atomic_load_explicit(&l->stop, memory_order_relaxed)) {
		int n = recvmmsg(l->fd, l->datagrams->in, UDP_BATCH, MSG_WAITFORONE, NULL);
		beat(l);
		if (n <= 0)
			continue; /* a timeout, a signal, or an error that an earlier answer caused */
		batch_begin(&l->batch);
		unsigned k = answer_all(l, taken, read_all(taken, l, (unsigned)n));
		batch_end();
		send_all(l, k);
		rearm(l, (unsigned)n);
	}
	publish_unregister();
	return NULL;
}

/* -- start and stop --------------------------------------------------------------------------------------- */

static enum ax_err set_up(struct server *l, const struct address *a)
{
	int on = 1, buffer = 4 << 20, omit = IP_PMTUDISC_OMIT, omit6 = IPV6_PMTUDISC_OMIT;
	bool six = a->sa.sa_family == AF_INET6;
	struct timeval second = { .tv_sec = 1 }; /* a stop that comes just before the wait is seen */
	l->any = address_is_any(a);
	int rc = setsockopt(l->fd, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof second);
	if (rc == 0 && l->any)
		rc = six ? setsockopt(l->fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on)
			 : setsockopt(l->fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
	if (rc != 0)
		return ax_fail(AX_EIO, "setsockopt: %s", strerror(errno));
	/* Wishes: never fragment by what forged ICMP says; room for bursts. */
	(void)setsockopt(l->fd, IPPROTO_IP, IP_MTU_DISCOVER, &omit, sizeof omit);
	if (six)
		(void)setsockopt(l->fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &omit6, sizeof omit6);
	(void)setsockopt(l->fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
	return AX_OK;
}

static enum ax_err start(struct server *l)
{
	l->datagrams = calloc(1, sizeof *l->datagrams);
	if (!l->datagrams)
		return ax_fail(AX_ENOMEM, "no memory for a socket's buffers");
	batch_init(&l->batch);
	beat(l);
	l->running = pthread_create(&l->thread, NULL, listen_on, l) == 0;
	return l->running ? AX_OK : ax_fail(AX_EIO, "no thread can be made");
}

enum ax_err udp_start(struct udp **out, const struct listen_sockets *sockets, const struct listener *listeners,
		      struct queue *queue, struct rrl *rrl)
{
	*out = NULL;
	struct udp *u = calloc(1, sizeof *u + sockets->n * sizeof u->server[0]);
	if (!u)
		return ax_fail(AX_ENOMEM, "no memory for sockets");
	enum ax_err e = AX_OK;
	for (size_t i = 0; !e && i < sockets->n; i++) {
		const struct listen_socket *from = &sockets->v[i];
		if (from->transport != TRANSPORT_UDP)
			continue;
		struct server *l = &u->server[u->n++];
		l->batch.way = TRANSPORT_UDP;
		l->batch.queue = queue;
		l->batch.rrl = rrl;
		l->batch.late = say_late;
		l->batch.ctx = l;
		l->index = from->listener;
		l->fd = from->fd;
		e = set_up(l, &listeners[from->listener].address);
	}
	for (size_t i = 0; !e && i < u->n; i++)
		e = start(&u->server[i]);
	if (e) {
		udp_stop(u);
		udp_free(u);
		return e;
	}
	*out = u;
	return AX_OK;
}

void udp_stop(struct udp *u)
{
	if (!u)
		return;
	for (size_t i = 0; i < u->n; i++)
		atomic_store(&u->server[i].stop, true);
	for (size_t i = 0; i < u->n; i++) {
		struct server *l = &u->server[i];
		if (!l->running)
			continue;
		pthread_kill(l->thread, SIGURG); /* out of recvmmsg; main.c gave it a handler */
		pthread_join(l->thread, NULL);
		l->running = false;
	}
}

void udp_free(struct udp *u)
{
	if (!u)
		return;
	for (size_t i = 0; i < u->n; i++)
		free(u->server[i].datagrams);
	free(u);
}

int udp_socket(const struct udp *u, uint32_t listener)
{
	for (size_t i = 0; i < u->n; i++)
		if (u->server[i].index == listener)
			return u->server[i].fd;
	return -1;
}

int64_t udp_beat_s(const struct udp *u)
{
	int64_t least = INT64_MAX;
	for (size_t i = 0; i < u->n; i++) {
		int64_t beat_s = atomic_load_explicit(&u->server[i].beat_s, memory_order_relaxed);
		least = beat_s < least ? beat_s : least;
	}
	return least;
}

void udp_stats(const struct udp *u, struct stats *sum)
{
	for (size_t i = 0; i < u->n; i++)
		stats_sum(sum, &u->server[i].batch.stats);
}
