#include "dnsd/tap.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "dnsd/dnstap.h"

/* Written by one answering thread at `head`, read by the tap's at `tail`. */
struct ring {
	_Atomic uint32_t head, tail;
	uint32_t log_left, dnstap_left; /* queries until the next that is told; the writer's own */
	_Atomic uint64_t dropped;
	struct tap_entry *slot; /* TAP_SLOTS */
};

struct tap {
	struct tap_options options;
	struct dnstap *dnstap;
	pthread_t thread;
	bool running;
	atomic_bool stop;
	_Atomic uint32_t taken; /* rings that have a writer */
	_Atomic uint64_t told, dropped;
	struct ring ring[TAP_RINGS];
};

_Atomic(struct tap *) tap_current;
static _Thread_local struct tap *mine_of;
static _Thread_local struct ring *mine;

/* -- the answer path ---------------------------------------------------------------------------------------- */

/* This thread's ring; NULL: there are more threads than rings. */
static struct ring *own_ring(struct tap *t)
{
	if (mine_of != t) {
		uint32_t i = atomic_fetch_add_explicit(&t->taken, 1, memory_order_relaxed);
		mine = i < TAP_RINGS ? &t->ring[i] : NULL;
		mine_of = t;
	}
	return mine;
}

static bool is_next(uint32_t *left, unsigned every)
{
	if (!every || --*left)
		return false;
	*left = every;
	return true;
}

static void take_who(struct tap_entry *e, uint32_t listener, const struct sockaddr *peer, enum transport transport)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	e->s = now.tv_sec;
	e->ns = (uint32_t)now.tv_nsec;
	net_of_peer(&e->peer, peer);
	/* The port stands in the same place in both. */
	e->port = e->peer.family ? ntohs(((const struct sockaddr_in *)peer)->sin_port) : 0;
	e->listener = (uint16_t)listener;
	e->transport = (uint8_t)transport;
}

static void take_from(struct tap_entry *e, const struct route_arm *arm, const struct image *im)
{
	e->branch[0] = 0;
	if (arm) {
		const char *name = arm->branch ? arm->branch : arm->at;
		size_t n = strnlen(name, AX_REF_NAME_MAX), at = !arm->branch;
		e->branch[0] = '@';
		memcpy(e->branch + at, name, n);
		e->branch[at + n] = 0;
	}
	e->has_commit = im && im->state == IMAGE_READY;
	if (e->has_commit) {
		e->commit = im->id;
		e->serial = im->serial;
	}
}

static void take_what(struct tap_entry *e, const struct packet *m)
{
	const struct query *q = m->query;
	e->qname_n = q->qname_n;
	e->qtype = q->qtype;
	e->rcode = m->rcode;
	e->query_n = q->wire.n <= TAP_BYTES ? (uint16_t)q->wire.n : 0;
	memcpy(e->bytes, q->wire.p, e->query_n);
	e->answer_n = m->n <= TAP_BYTES - (size_t)e->query_n ? (uint16_t)m->n : 0;
	memcpy(e->bytes + e->query_n, m->p, e->answer_n);
}

void tap_note(struct tap *t, const struct packet *m, uint32_t listener, const struct sockaddr *peer,
	      enum transport transport, const struct route_arm *arm, const struct image *im)
{
	struct ring *r = own_ring(t);
	if (!r)
		return;
	bool log = is_next(&r->log_left, t->options.log_every);
	bool dnstap = is_next(&r->dnstap_left, t->options.dnstap_every);
	if (!log && !dnstap)
		return;
	uint32_t head = atomic_load_explicit(&r->head, memory_order_relaxed);
	if (head - atomic_load_explicit(&r->tail, memory_order_acquire) == TAP_SLOTS) {
		atomic_store_explicit(&r->dropped, atomic_load_explicit(&r->dropped, memory_order_relaxed) + 1,
				      memory_order_relaxed);
		return;
	}
	struct tap_entry *e = &r->slot[head % TAP_SLOTS];
	e->log = log;
	e->dnstap = dnstap;
	take_who(e, listener, peer, transport);
	take_from(e, arm, im);
	take_what(e, m);
	atomic_store_explicit(&r->head, head + 1, memory_order_release);
}

/* -- the tap's thread --------------------------------------------------------------------------------------- */

static void put_peer(struct ax_buf *b, const struct tap_entry *e)
{
	char text[64] = "?";
	(void)inet_ntop(e->peer.family == 6 ? AF_INET6 : AF_INET, e->peer.b, text, sizeof text);
	ax_buf_printf(b, e->peer.family == 6 ? "[%s]:%u" : "%s:%u", text, e->port);
}

static void put_question(struct ax_buf *b, const struct tap_entry *e)
{
	struct ax_name name;
	char type[24];
	if (!e->qname_n || e->query_n < QUERY_HEADER + e->qname_n ||
	    ax_name_from_wire(&name, ax_slice(e->bytes + QUERY_HEADER, e->qname_n), NULL) != AX_OK) {
		ax_buf_str(b, " -");
		return;
	}
	ax_buf_str(b, " ");
	ax_name_text(b, &name);
	ax_type_text(type, e->qtype);
	ax_buf_printf(b, " %s", type);
}

/* query 192.0.2.1:53001 udp www.example. A rcode=0 branch=main serial=7 commit=0123456789ab */
static void log_entry(const struct tap *t, const struct tap_entry *e)
{
	static const char *const transport[] = { "udp", "tcp", "tls" };
	struct ax_buf b = AX_BUF_INIT;
	char id[AX_ID_SHORT + 1];
	ax_buf_str(&b, "query ");
	put_peer(&b, e);
	ax_buf_printf(&b, " %s", transport[e->transport]);
	put_question(&b, e);
	ax_buf_printf(&b, " rcode=%u", e->rcode);
	if (e->branch[0])
		ax_buf_printf(&b, " branch=%s", e->branch);
	if (e->has_commit) {
		ax_id_short(id, &e->commit);
		ax_buf_printf(&b, " serial=%u commit=%s", e->serial, id);
	}
	const char *line = ax_buf_cstr(&b);
	if (line)
		t->options.log(line);
	ax_buf_fini(&b);
}

static void count(_Atomic uint64_t *counter)
{
	atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

/* True: there was something. */
static bool empty_ring(struct tap *t, struct ring *r)
{
	uint32_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);
	uint32_t head = atomic_load_explicit(&r->head, memory_order_acquire);
	for (; tail != head; tail++) {
		const struct tap_entry *e = &r->slot[tail % TAP_SLOTS];
		if (e->log)
			log_entry(t, e);
		bool lost = e->dnstap && !dnstap_tell(t->dnstap, e);
		count(lost ? &t->dropped : &t->told);
		atomic_store_explicit(&r->tail, tail + 1, memory_order_release);
		if (tail + 1 == head)
			return true;
	}
	return false;
}

enum { LOOK_MS = 20 };

/* The writers don't wake it, that would cost them a system call: it looks. */
static void *run(void *arg)
{
	struct tap *t = arg;
	for (;;) {
		bool last = atomic_load(&t->stop), any = false;
		uint32_t rings = atomic_load(&t->taken);
		for (uint32_t i = 0; i < rings && i < TAP_RINGS; i++)
			any |= empty_ring(t, &t->ring[i]);
		if (last && !any)
			return NULL;
		if (!any)
			(void)usleep(LOOK_MS * 1000);
	}
}

/* -- start and stop ----------------------------------------------------------------------------------------- */

static enum ax_err make_rings(struct tap *t)
{
	for (unsigned i = 0; i < TAP_RINGS; i++) {
		struct ring *r = &t->ring[i];
		r->log_left = t->options.log_every;
		r->dnstap_left = t->options.dnstap_every;
		r->slot = malloc(TAP_SLOTS * sizeof *r->slot); /* touched by whoever uses it */
		if (!r->slot)
			return ax_fail(AX_ENOMEM, "no memory to tell of queries");
	}
	return AX_OK;
}

enum ax_err tap_start(struct tap **out, const struct tap_options *o)
{
	*out = NULL;
	if (!o->log_every && !o->dnstap_every)
		return AX_OK;
	struct tap *t = calloc(1, sizeof *t);
	if (!t)
		return ax_fail(AX_ENOMEM, "no memory to tell of queries");
	t->options = *o;
	enum ax_err e = make_rings(t);
	if (!e && o->dnstap_every)
		e = dnstap_open(&t->dnstap, &t->options);
	if (!e) {
		t->running = pthread_create(&t->thread, NULL, run, t) == 0;
		e = t->running ? AX_OK : ax_fail(AX_EIO, "no thread can be made");
	}
	if (e) {
		tap_stop(t);
		return e;
	}
	atomic_store_explicit(&tap_current, t, memory_order_release);
	*out = t;
	return AX_OK;
}

void tap_stop(struct tap *t)
{
	if (!t)
		return;
	atomic_store(&tap_current, NULL);
	atomic_store(&t->stop, true);
	if (t->running)
		pthread_join(t->thread, NULL);
	dnstap_close(t->dnstap);
	for (unsigned i = 0; i < TAP_RINGS; i++)
		free(t->ring[i].slot);
	free(t);
}

void tap_stats(const struct tap *t, struct stats *sum)
{
	if (!t)
		return;
	stats_add(&sum->tapped, atomic_load_explicit(&t->told, memory_order_relaxed));
	stats_add(&sum->tap_dropped, atomic_load_explicit(&t->dropped, memory_order_relaxed));
	for (unsigned i = 0; i < TAP_RINGS; i++)
		stats_add(&sum->tap_dropped, atomic_load_explicit(&t->ring[i].dropped, memory_order_relaxed));
}
