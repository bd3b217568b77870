#include "dnsd/queue.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "dnsd/plain.h"
#include "dnsd/publish.h"

enum { THREADS_MAX = 16 };

struct worker {
	struct queue *queue;
	pthread_t thread;
	bool running;
	struct stats stats;
};

struct queue {
	struct ax_store *store;
	pthread_mutex_t lock;
	pthread_cond_t filled;
	struct queue_job *jobs; /* lock: a ring of QUEUE_JOBS */
	size_t first, n;        /* lock */
	bool stop;              /* lock */
	unsigned threads;
	struct worker worker[THREADS_MAX];
};

/* Wait for a job, with no snapshot held meanwhile; false: it is over. */
static bool take(struct queue *q, struct queue_job *out, struct ax_txn *t)
{
	pthread_mutex_lock(&q->lock);
	if (!q->n && !q->stop && t)
		ax_txn_reset(t);
	while (!q->n && !q->stop)
		pthread_cond_wait(&q->filled, &q->lock);
	bool got = q->n > 0;
	if (got) {
		*out = q->jobs[q->first];
		q->first = (q->first + 1) % QUEUE_JOBS;
		q->n--;
	}
	pthread_mutex_unlock(&q->lock);
	return got;
}

static void serve(struct worker *w, struct packet *m, const struct queue_job *job, struct ax_txn *t, bool readable)
{
	struct query q;
	if (query_read(&q, ax_slice(job->wire, job->n)))
		return; /* it was read before: can't be */
	q.apex_at = job->apex_at;
	q.commit = job->commit;
	q.edns.reply = job->reply;
	q.edns.cookie_is = job->cookie_is;
	if (readable)
		plain_answer(m, &q, t, job->transport, &w->stats);
	else
		respond_fail(m, &q, EDE_INVALID_DATA, job->transport, &w->stats);
	publish_online();
	job->done(job, m, &w->stats);
	publish_offline();
}

static void *work(void *arg)
{
	struct worker *w = arg;
	struct packet *m = malloc(sizeof *m + PACKET_MAX);
	struct queue_job *job = malloc(sizeof *job);
	struct ax_txn *t = NULL;
	publish_register();
	if (m && job) {
		packet_init(m, (uint8_t *)(m + 1));
		enum ax_err e = ax_txn_read(&t, w->queue->store);
		while (take(w->queue, job, t)) {
			/* A job's commit may be newer than the snapshot before. */
			e = t ? ax_txn_renew(t) : ax_txn_read(&t, w->queue->store);
			serve(w, m, job, t, e == AX_OK);
		}
	}
	publish_unregister();
	ax_txn_abort(t);
	free(job);
	free(m);
	return NULL;
}

enum ax_err queue_start(struct queue **out, struct ax_store *store, unsigned threads)
{
	*out = NULL;
	struct queue *q = calloc(1, sizeof *q);
	if (q)
		q->jobs = malloc(QUEUE_JOBS * sizeof *q->jobs);
	if (!q || !q->jobs) {
		free(q);
		return ax_fail(AX_ENOMEM, "no memory for the queue");
	}
	q->store = store;
	pthread_mutex_init(&q->lock, NULL);
	pthread_cond_init(&q->filled, NULL);
	q->threads = threads < THREADS_MAX ? threads : THREADS_MAX;
	for (unsigned i = 0; i < q->threads; i++) {
		struct worker *w = &q->worker[i];
		w->queue = q;
		w->running = pthread_create(&w->thread, NULL, work, w) == 0;
		if (!w->running) {
			queue_stop(q);
			return ax_fail(AX_EIO, "no thread can be made");
		}
	}
	*out = q;
	return AX_OK;
}

void queue_stop(struct queue *q)
{
	if (!q)
		return;
	pthread_mutex_lock(&q->lock);
	q->stop = true;
	pthread_cond_broadcast(&q->filled);
	pthread_mutex_unlock(&q->lock);
	for (unsigned i = 0; i < q->threads; i++)
		if (q->worker[i].running)
			pthread_join(q->worker[i].thread, NULL);
	pthread_cond_destroy(&q->filled);
	pthread_mutex_destroy(&q->lock);
	free(q->jobs);
	free(q);
}

bool queue_put(struct queue *q, const struct queue_job *job, const struct query *query)
{
	if (query->wire.n > QUEUE_QUERY_MAX)
		return false;
	pthread_mutex_lock(&q->lock);
	bool room = q->n < QUEUE_JOBS && !q->stop;
	if (room) {
		struct queue_job *slot = &q->jobs[(q->first + q->n++) % QUEUE_JOBS];
		*slot = *job;
		memcpy(slot->wire, query->wire.p, query->wire.n);
		slot->n = (uint16_t)query->wire.n;
		slot->apex_at = query->apex_at;
		slot->commit = query->commit;
		slot->reply = query->edns.reply;
		slot->cookie_is = query->edns.cookie_is;
		pthread_cond_signal(&q->filled);
	}
	pthread_mutex_unlock(&q->lock);
	return room;
}

void queue_stats(struct queue *q, struct stats *sum)
{
	for (unsigned i = 0; i < q->threads; i++)
		stats_sum(sum, &q->worker[i].stats);
}
