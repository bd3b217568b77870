/* queue.h - threads of their own for the plain way, behind a bounded queue: the socket threads never wait for the
 * store. Sits on plain.h. A job carries the query and how its answer finds the way back.
 * Threads: queue_put from any; done is called on one of the queue's threads.
 * Limits: QUEUE_JOBS jobs wait; beyond that queue_put says no, and the caller answers SERVFAIL. */
#ifndef QUEUE_H
#define QUEUE_H

#include <sys/socket.h>

#include "dnsd/respond.h"

enum { QUEUE_JOBS = 1024, QUEUE_QUERY_MAX = 1232, QUEUE_CONTROL = 64 };

struct queue_job {
	uint8_t wire[QUEUE_QUERY_MAX];
	uint16_t n;
	uint8_t apex_at; /* struct query's */
	uint64_t commit;
	struct edns_reply reply;
	enum cookie cookie_is; /* struct edns's */
	enum transport transport;
	/* The answer is m's; it may be cut short here. On a thread that may hold a view meanwhile. */
	void (*done)(const struct queue_job *job, struct packet *m, struct stats *s);
	/* for done: */
	int fd;
	struct sockaddr_storage peer, client; /* who gets it, whom it is for */
	socklen_t peer_n;
	uint8_t control[QUEUE_CONTROL]; /* cmsg with the address to answer from */
	size_t control_n;
	void *owner; /* TCP: the thread, the connection and its generation */
	uint32_t slot, generation;
};

struct queue;

AX_MUST enum ax_err queue_start(struct queue **out, struct ax_store *store, unsigned threads);
/* Ends its threads when they have answered what waits. NULL is fine. */
void queue_stop(struct queue *q);
/* A copy of job is taken, with the query's bytes. False if the queue is full or the query too long. */
bool queue_put(struct queue *q, const struct queue_job *job, const struct query *query);
void queue_stats(struct queue *q, struct stats *sum);

#endif
