#include "dnsd/batch.h"

#include <string.h>

#include "dnsd/hot.h"
#include "dnsd/udp.h"

void batch_init(struct batch *b)
{
	static uint8_t unused[PACKET_UDP]; /* each answer says where it goes */
	packet_init(&b->packet, unused);
}

void batch_begin(struct batch *b)
{
	b->now_us = rrl_now_us();
	b->asker = (struct respond_asker){ .listener = UINT32_MAX, .transport = TRANSPORT_UDP, .keepalive_ds = -1 };
	b->taken = b->far_n = 0;
	publish_online();
}

void batch_end(void)
{
	publish_offline();
}

SELDOM void batch_refuse_proxy(struct batch *b)
{
	stats_add(&b->stats.proxy_errors, 1);
	stats_add(&b->stats.dropped, 1);
}

SELDOM enum respond batch_queue(struct batch *b, struct batch_query *q)
{
	struct queue_job job;
	memset((char *)&job + offsetof(struct queue_job, n), 0, sizeof job - offsetof(struct queue_job, n));
	job.transport = TRANSPORT_UDP;
	job.done = udp_send_late;
	job.owner = b->rrl;
	address_copy(&job.client, q->task.peer);
	b->late(&job, q, b->ctx);
	if (queue_put(b->queue, &job, &q->task.query))
		return RESPOND_DROP;
	respond_fail(&b->packet, &q->task.query, EDE_NOT_READY, TRANSPORT_UDP, &b->stats);
	stats_add(&b->stats.overload, 1);
	return RESPOND_SEND;
}
