/* udp.h - queries over UDP: threads that each own one socket of a listening address and answer in batches.
 * Sits on batch.h.
 * Limits: queries over UDP_QUERY_MAX octets are dropped; nothing is answered to port 0: no client
 * can be there, only the victim of a forged source. */
#ifndef UDP_H
#define UDP_H

#include "dnsd/listen.h"
#include "dnsd/queue.h"

enum { UDP_BATCH = 32, UDP_QUERY_MAX = 4096 };

struct udp;

/* A thread for each socket of UDP; they are borrowed, and so is rrl, which limits the answers. */
AX_MUST enum ax_err udp_start(struct udp **out, const struct listen_sockets *sockets,
			      const struct listener *listeners, struct queue *queue, struct rrl *rrl);
/* End the threads; what answers still in the queue need stays. */
void udp_stop(struct udp *u);
void udp_free(struct udp *u);
/* As tcp_beat_s. */
int64_t udp_beat_s(const struct udp *u);
/* For answers to queries that came another way than by a socket (xdp.h): one of a listener's sockets, and a
 * queue_job's done that sends from job->fd, as job->control says, what job->owner, a struct rrl, lets pass. */
int udp_socket(const struct udp *u, uint32_t listener);
void udp_send_late(const struct queue_job *job, struct packet *m, struct stats *s);
void udp_stats(const struct udp *u, struct stats *sum);

#endif
