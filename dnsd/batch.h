/* batch.h - queries over UDP answered together: while the memory that one leads to is on its way, the others are
 * read. What udp.h does for sockets and xdp.h for frames between taking queries and sending answers. Sits on
 * respond.h, publish.h, queue.h and rrl.h; knows no sockets.
 *
 *     batch_begin    then for each query that came  batch_take,
 *     batch_fetch    then for each that was taken   batch_answer,
 *     batch_end
 *
 * What has to wait for the store goes to the queue (queue.h), and the caller says how its answer is to be sent.
 * Ownership: queries are the caller's, and stay where they are from batch_take to batch_end.
 * Threads: a batch is one thread's, which is registered with publish.h; batch_stats by any. No allocation, lock or
 * system call. */
#ifndef BATCH_H
#define BATCH_H

#include "dnsd/publish.h"
#include "dnsd/queue.h"

enum { BATCH_MAX = 64 };

/* A query on its way to its answer. */
struct batch_query {
	struct sockaddr_storage peer;   /* from whom it came: the caller's to fill before batch_take */
	struct sockaddr_storage client; /* whom a proxy speaks for */
	struct respond_task task;
};

struct batch {
	unsigned way;        /* by which the queries come: TRANSPORT_UDP or STATS_XDP */
	struct queue *queue; /* borrowed, as is */
	struct rrl *rrl;
	/* Fill in the job's fd, peer and control, so that udp_send_late can send what q is answered. */
	void (*late)(struct queue_job *job, const struct batch_query *q, const void *ctx);
	const void *ctx;
	uint64_t now_us;            /* when it began */
	struct respond_asker asker; /* of the query taken last */
	unsigned taken, far_n;
	struct respond_task *far[BATCH_MAX]; /* those worth fetching what they lead to */
	struct packet packet;                /* the answer made last */
	struct stats stats;
};

/* b is all zero but for the first members, up to ctx, which are set. */
void batch_init(struct batch *b);
void batch_begin(struct batch *b);
void batch_end(void);

/* What batch_take and batch_answer need seldom: count a query without its proxy's word; have q answered the plain
 * way, or write why not. */
void batch_refuse_proxy(struct batch *b);
enum respond batch_queue(struct batch *b, struct batch_query *q);

/* Take the query in wire that came to a listener; at most BATCH_MAX from begin to end. False: it gets no answer. */
static inline bool batch_take(struct batch *b, struct batch_query *q, struct ax_slice wire, uint32_t listener)
{
	if (b->asker.listener != listener)
		respond_listen(&b->asker, listener);
	b->asker.peer = (const struct sockaddr *)&q->peer;
	if (!route_unwrap(publish_routing(), &b->asker.peer, &q->client, &wire)) {
		batch_refuse_proxy(b);
		return false;
	}
	b->taken++;
	if (respond_read(&q->task, wire, &b->asker, &b->stats))
		b->far[b->far_n++] = &q->task;
	return true;
}

/* Once all are taken. */
static inline void batch_fetch(struct batch *b)
{
	stats_add(&b->stats.queries[b->way], b->taken);
	respond_fetch(b->far, b->far_n);
}

/* Answer q into out, which has room for PACKET_UDP octets. Returns how many there are to send; 0: nothing. */
static inline size_t batch_answer(struct batch *b, struct batch_query *q, uint8_t *out)
{
	struct packet *m = &b->packet;
	m->p = out;
	enum respond r = respond_write(m, &q->task, &b->stats);
	if (r == RESPOND_PLAIN)
		r = batch_queue(b, q);
	if (r != RESPOND_SEND || !rrl_admit(b->rrl, &publish_routing()->rrl, q->task.peer, m, b->now_us, &b->stats))
		return 0;
	return m->n;
}

#endif
