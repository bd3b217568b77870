#include "dnsd/xdp.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/if_xdp.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include <xdp/xsk.h>

#include "dnsd/batch.h"
#include "dnsd/hot.h"
#include "dnsd/xdp_filter.h"
#include "dnsd/xdp_takes.h"

/* A frame on its way to its answer. */
struct slot {
	struct batch_query q;
	struct frame frame;
	const struct xdp_take *take;
};

/* One receive queue of an interface. The first half of the area is lent to the kernel for queries, the second is for
 * answers. */
struct port {
	struct xdp *x;
	pthread_t thread;
	bool running;
	uint8_t *area;
	struct xsk_umem *umem;
	struct xsk_socket *socket;
	struct xsk_ring_prod fill, tx;
	struct xsk_ring_cons rx, done;
	uint64_t unused[XDP_FRAMES]; /* frames for answers that are ours */
	unsigned unused_n;
	uint16_t id; /* of the last answer's datagram */
	struct slot slot[XDP_BATCH];
	struct batch batch;
};

struct interface {
	const char *name;
	struct xdp_filter filter;
	struct port *port; /* one a queue */
	unsigned ports;
};

struct xdp {
	const struct udp *udp;
	struct queue *queue;
	struct rrl *rrl;
	struct xdp_takes takes;
	const struct listener *listeners;
	atomic_bool stop;
	size_t n;
	struct interface interface[XDP_INTERFACES_MAX];
};

/* -- frames ----------------------------------------------------------------------------------------------- */

static void lend(struct port *p, const uint64_t *frame, unsigned n)
{
	uint32_t at = 0;
	while (xsk_ring_prod__reserve(&p->fill, n, &at) != n)
		; /* the ring has room for all frames that there are */
	for (unsigned i = 0; i < n; i++)
		*xsk_ring_prod__fill_addr(&p->fill, at + i) = frame[i];
	xsk_ring_prod__submit(&p->fill, n);
}

/* Take back what was sent. */
static void reap(struct port *p)
{
	uint32_t at = 0;
	unsigned n = xsk_ring_cons__peek(&p->done, XDP_BATCH, &at);
	for (unsigned i = 0; i < n; i++)
		p->unused[p->unused_n++] = *xsk_ring_cons__comp_addr(&p->done, at + i);
	xsk_ring_cons__release(&p->done, n);
}

/* -- the plain way ----------------------------------------------------------------------------------------- */

/* The address the query came to, as what a socket of the unspecified address shall answer from. */
static void answer_from(struct queue_job *job, const struct frame_end *to)
{
	struct msghdr h = { .msg_control = job->control, .msg_controllen = QUEUE_CONTROL };
	struct cmsghdr *c = CMSG_FIRSTHDR(&h);
	if (to->family == 4) {
		struct in_pktinfo info = { 0 };
		memcpy(&info.ipi_spec_dst, to->address, 4);
		c->cmsg_level = IPPROTO_IP;
		c->cmsg_type = IP_PKTINFO;
		c->cmsg_len = CMSG_LEN(sizeof info);
		memcpy(CMSG_DATA(c), &info, sizeof info);
		job->control_n = CMSG_SPACE(sizeof info);
	} else {
		struct in6_pktinfo info = { 0 };
		memcpy(&info.ipi6_addr, to->address, 16);
		c->cmsg_level = IPPROTO_IPV6;
		c->cmsg_type = IPV6_PKTINFO;
		c->cmsg_len = CMSG_LEN(sizeof info);
		memcpy(CMSG_DATA(c), &info, sizeof info);
		job->control_n = CMSG_SPACE(sizeof info);
	}
}

static void say_late(struct queue_job *job, const struct batch_query *q, const void *ctx)
{
	const struct port *p = ctx;
	const struct slot *s = (const struct slot *)q; /* its first member */
	struct frame_end from;
	frame_from(&from, &s->frame);
	frame_sockaddr(&job->peer, &job->peer_n, &from);
	job->fd = udp_socket(p->x->udp, s->take->listener);
	if (address_is_any(&p->x->listeners[s->take->listener].address))
		answer_from(job, &s->take->to);
}

/* -- batches ---------------------------------------------------------------------------------------------- */

/* Read a frame of n octets. False: there is no query for us in it, or one that gets no answer. */
static inline bool take(struct port *p, struct slot *s, const uint8_t *frame, size_t n)
{
	struct frame_end from, to;
	socklen_t peer_n;
	s->take = NULL;
	if (frame_read(&s->frame, frame, n)) {
		frame_to(&to, &s->frame);
		s->take = xdp_takes_look(&p->x->takes, &to);
	}
	if (!s->take) {
		stats_add(&p->batch.stats.dropped, 1);
		return false;
	}
	frame_from(&from, &s->frame);
	frame_sockaddr(&s->q.peer, &peer_n, &from);
	return batch_take(&p->batch, &s->q, s->frame.query, s->take->listener);
}

/* The frame that answers, in an unused one. False: there is nothing to send. */
static inline bool answer(struct port *p, struct slot *s, struct xdp_desc *out)
{
	uint64_t frame = p->unused[p->unused_n - 1];
	uint8_t *at = p->area + frame;
	size_t n = batch_answer(&p->batch, &s->q, at + frame_headers(&s->frame));
	if (!n)
		return false;
	p->unused_n--;
	*out = (struct xdp_desc){ .addr = frame, .len = (uint32_t)frame_answer(at, &s->frame, n, ++p->id) };
	return true;
}

/* Answer n queries from `at` in the rx ring, for which there are n unused frames. Returns how many answers there are.
 */
static HOT unsigned answer_all(struct xdp_desc *out, struct port *p, uint32_t at, unsigned n)
{
	struct slot *s = p->slot;
	unsigned k = 0;
	for (unsigned i = 0; i < n; i++) {
		const struct xdp_desc *in = xsk_ring_cons__rx_desc(&p->rx, at + i);
		s += take(p, s, p->area + in->addr, in->len);
	}
	batch_fetch(&p->batch);
	for (struct slot *taken = p->slot; taken < s; taken++)
		k += answer(p, taken, &out[k]);
	return k;
}

/* The ring has room for all frames that there are. */
static void send_all(struct port *p, const struct xdp_desc *out, unsigned n)
{
	uint32_t at = 0;
	while (xsk_ring_prod__reserve(&p->tx, n, &at) != n)
		;
	for (unsigned i = 0; i < n; i++)
		*xsk_ring_prod__tx_desc(&p->tx, at + i) = out[i];
	xsk_ring_prod__submit(&p->tx, n);
	stats_add(&p->batch.stats.sent[STATS_XDP], n);
}

static void give_back(struct port *p, uint32_t at, unsigned n)
{
	uint64_t frame[XDP_BATCH];
	for (unsigned i = 0; i < n; i++)
		frame[i] = xsk_ring_cons__rx_desc(&p->rx, at + i)->addr & ~(uint64_t)(XDP_FRAME_SIZE - 1);
	lend(p, frame, n);
	xsk_ring_cons__release(&p->rx, n);
}

static void kick(struct port *p)
{
	if (xsk_ring_prod__needs_wakeup(&p->tx))
		(void)sendto(xsk_socket__fd(p->socket), NULL, 0, MSG_DONTWAIT, NULL, 0);
}

/* One batch; false: nothing came. */
static bool work(struct port *p)
{
	struct xdp_desc out[XDP_BATCH];
	uint32_t at = 0;
	reap(p);
	unsigned n = xsk_ring_cons__peek(&p->rx, XDP_BATCH, &at);
	if (!n)
		return false;
	unsigned room = p->unused_n < n ? p->unused_n : n;
	batch_begin(&p->batch);
	unsigned k = answer_all(out, p, at, room);
	batch_end();
	stats_add(&p->batch.stats.dropped, n - room);
	send_all(p, out, k);
	give_back(p, at, n);
	kick(p);
	return true;
}

static void *serve(void *arg)
{
	struct port *p = arg;
	struct pollfd fd = { .fd = xsk_socket__fd(p->socket), .events = POLLIN };
	publish_register();
	for (;;) {
		if (work(p))
			continue;
		if (atomic_load_explicit(&p->x->stop, memory_order_relaxed))
			break; /* nothing comes any more, and all that came is answered */
		kick(p);
		(void)poll(&fd, 1, p->unused_n < XDP_FRAMES ? 10 : 1000);
	}
	publish_unregister();
	return NULL;
}

/* -- start and stop --------------------------------------------------------------------------------------- */

/* How many receive queues has it? */
static unsigned count_queues(const char *name)
{
	struct ethtool_channels channels = { .cmd = ETHTOOL_GCHANNELS };
	struct ifreq request = { 0 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	unsigned n = 1;
	snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
	request.ifr_data = (char *)&channels;
	if (fd >= 0 && ioctl(fd, SIOCETHTOOL, &request) == 0)
		n = channels.rx_count + channels.combined_count;
	if (fd >= 0)
		close(fd);
	return n ? n : 1;
}

/* The kernel takes its time to clear up behind one that was killed. */
static int open_socket(struct port *p, const char *name, unsigned queue)
{
	const struct xsk_socket_config config = { .rx_size = XDP_FRAMES,
						  .tx_size = XDP_FRAMES,
						  .libbpf_flags = XSK_LIBBPF_FLAGS__INHIBIT_PROG_LOAD,
						  .bind_flags = XDP_USE_NEED_WAKEUP };
	const struct timespec moment = { .tv_nsec = 20000000 };
	int rc = -EBUSY;
	for (unsigned tries = 0; rc == -EBUSY && tries < 100; tries++) {
		if (tries)
			nanosleep(&moment, NULL);
		rc = xsk_socket__create(&p->socket, name, queue, p->umem, &p->rx, &p->tx, &config);
	}
	return rc;
}

static enum ax_err open_port(struct port *p, const char *name, unsigned queue)
{
	const size_t size = 2 * (size_t)XDP_FRAMES * XDP_FRAME_SIZE;
	struct xsk_umem_config area = { .fill_size = XDP_FRAMES,
					.comp_size = XDP_FRAMES,
					.frame_size = XDP_FRAME_SIZE };
	p->area = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (p->area == MAP_FAILED) {
		p->area = NULL;
		return ax_fail(AX_ENOMEM, "no memory for the frames of %s", name);
	}
	int rc = xsk_umem__create(&p->umem, p->area, size, &p->fill, &p->done, &area);
	if (rc == 0)
		rc = open_socket(p, name, queue);
	if (rc != 0)
		return ax_fail(rc == -EPERM ? AX_EPERM : AX_EIO, "AF_XDP on %s, queue %u: %s%s", name, queue,
			       strerror(-rc), rc == -EBUSY ? " (another program has it)" : "");
	for (unsigned i = 0; i < XDP_FRAMES; i++) {
		uint64_t in = (uint64_t)i * XDP_FRAME_SIZE;
		lend(p, &in, 1);
		p->unused[p->unused_n++] = (uint64_t)(XDP_FRAMES + i) * XDP_FRAME_SIZE;
	}
	p->batch.way = STATS_XDP;
	p->batch.queue = p->x->queue;
	p->batch.rrl = p->x->rrl;
	p->batch.late = say_late;
	p->batch.ctx = p;
	batch_init(&p->batch);
	return AX_OK;
}

static enum ax_err open_interface(struct interface *f, struct xdp *x, const char *name)
{
	f->name = name;
	if (!if_nametoindex(name))
		return ax_fail(AX_EUSAGE, "there is no network interface `%s`", name);
	unsigned queues = count_queues(name);
	enum ax_err e = xdp_filter_load(&f->filter, queues);
	for (size_t i = 0; !e && i < x->takes.n; i++)
		e = xdp_filter_add(&f->filter, &x->takes.v[i].to);
	f->port = calloc(queues, sizeof *f->port);
	if (!e && !f->port)
		e = ax_fail(AX_ENOMEM, "no memory for the queues of %s", name);
	while (!e && f->ports < queues) {
		struct port *p = &f->port[f->ports++];
		p->x = x;
		e = open_port(p, name, f->ports - 1);
		if (!e)
			e = xdp_filter_socket(&f->filter, f->ports - 1, xsk_socket__fd(p->socket));
	}
	return e;
}

static void tell_mode(const struct interface *f, void (*say)(const char *))
{
	struct xdp_options options = { 0 };
	socklen_t n = sizeof options;
	char line[256];
	bool zero_copy = getsockopt(xsk_socket__fd(f->port[0].socket), SOL_XDP, XDP_OPTIONS, &options, &n) == 0 &&
			 options.flags & XDP_OPTIONS_ZEROCOPY;
	snprintf(line, sizeof line, "AF_XDP on %s: %s mode, %s, %u queue%s", f->name,
		 f->filter.native ? "native" : "generic", zero_copy ? "zero-copy" : "copy", f->ports,
		 f->ports == 1 ? "" : "s");
	say(line);
}

static enum ax_err start(struct interface *f)
{
	for (unsigned i = 0; i < f->ports; i++) {
		struct port *p = &f->port[i];
		p->running = pthread_create(&p->thread, NULL, serve, p) == 0;
		if (!p->running)
			return ax_fail(AX_EIO, "no thread can be made");
	}
	return xdp_filter_attach(&f->filter, if_nametoindex(f->name));
}

enum ax_err xdp_start(struct xdp **out, const char *const *interfaces, size_t n, const struct listener *listeners,
		      size_t nlisteners, const struct udp *u, struct queue *queue, struct rrl *rrl,
		      void (*say)(const char *))
{
	*out = NULL;
	struct xdp *x = calloc(1, sizeof *x);
	if (!x)
		return ax_fail(AX_ENOMEM, "no memory for AF_XDP");
	x->udp = u;
	x->queue = queue;
	x->rrl = rrl;
	x->listeners = listeners;
	enum ax_err e = xdp_takes_find(&x->takes, listeners, nlisteners);
	while (!e && x->n < n) {
		e = open_interface(&x->interface[x->n], x, interfaces[x->n]);
		x->n++;
	}
	for (size_t i = 0; !e && i < n; i++) {
		e = start(&x->interface[i]);
		if (!e)
			tell_mode(&x->interface[i], say);
	}
	if (e) {
		xdp_stop(x);
		xdp_free(x);
		return e;
	}
	*out = x;
	return AX_OK;
}

void xdp_stop(struct xdp *x)
{
	if (!x)
		return;
	for (size_t i = 0; i < x->n; i++)
		xdp_filter_close(&x->interface[i].filter); /* from now on the sockets get all */
	atomic_store(&x->stop, true);
	for (size_t i = 0; i < x->n; i++) {
		for (unsigned j = 0; j < x->interface[i].ports; j++) {
			struct port *p = &x->interface[i].port[j];
			if (p->running)
				pthread_join(p->thread, NULL);
			p->running = false;
		}
	}
}

static void free_port(struct port *p)
{
	if (p->socket)
		xsk_socket__delete(p->socket);
	if (p->umem)
		xsk_umem__delete(p->umem);
	if (p->area)
		munmap(p->area, 2 * (size_t)XDP_FRAMES * XDP_FRAME_SIZE);
}

void xdp_free(struct xdp *x)
{
	if (!x)
		return;
	for (size_t i = 0; i < x->n; i++) {
		for (unsigned j = 0; j < x->interface[i].ports; j++)
			free_port(&x->interface[i].port[j]);
		free(x->interface[i].port);
	}
	xdp_takes_fini(&x->takes);
	free(x);
}

void xdp_stats(const struct xdp *x, struct stats *sum)
{
	if (!x)
		return;
	for (size_t i = 0; i < x->n; i++)
		for (unsigned j = 0; j < x->interface[i].ports; j++)
			stats_sum(sum, &x->interface[i].port[j].batch.stats);
}
