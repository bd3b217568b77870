/* tcp.h - queries over TCP and TLS (RFC 7766, 7858): threads that each own listening sockets and connections, by
 * epoll. Sits on respond.h, publish.h, queue.h and tls.h.
 *
 *     (PROXY header ->) (TLS ->) bytes in -> whole messages -> respond -> bytes out, in order; answers of the plain
 *     way join as they come: out of order, as clients that pipeline must expect (RFC 7766 6.2.1.1)
 *
 * A connection is read as long as its answers can be written: who does not read gets no more work done.
 * Limits: `connections` in all, shared out over the threads: beyond it the connection that has been quiet longest
 * makes room; per_address of one client: beyond it a new one is ended at once. A connection ends that has brought no
 * whole query, first of all through its handshake, for idle_s seconds; or whose answers wait for the client for
 * write_s seconds. TCP_OUT_MAX octets of answers and TCP_PENDING_MAX queries of the plain way wait at most before
 * reading goes on. */
#ifndef TCP_H
#define TCP_H

#include "dnsd/addresses.h"
#include "dnsd/listen.h"
#include "dnsd/queue.h"
#include "dnsd/tls.h"

enum { TCP_IDLE_S = 10, TCP_WRITE_S = 10, TCP_OUT_MAX = 256 << 10, TCP_PENDING_MAX = 64, TCP_CONNECTIONS = 1024 };
enum { TCP_SECONDS_MAX = 3600, TCP_CONNECTIONS_MAX = 1 << 20 };
/* An address may have one in so many connections, unless told otherwise. */
enum { TCP_SHARE = 4 };
enum { TCP_DRAIN_S = 10 };

struct tcp_options {
	unsigned threads, connections, per_address, idle_s, write_s;
	struct tls *tls; /* borrowed; NULL: there are no sockets for TLS */
};

struct tcp;

/* Answer on the sockets of TCP and TLS, which are borrowed. */
AX_MUST enum ax_err tcp_start(struct tcp **out, const struct listen_sockets *sockets, const struct tcp_options *o,
			      struct queue *queue);
/* Accept no more, answer what still comes until each connection is quiet for a moment, at most TCP_DRAIN_S seconds,
 * and end the threads; what answers still in the queue need stays. */
void tcp_stop(struct tcp *t);
void tcp_free(struct tcp *t);
/* When the thread that has been silent longest was last seen alive, on the monotonic clock: each second it is. */
int64_t tcp_beat_s(const struct tcp *t);
void tcp_stats(const struct tcp *t, struct stats *sum);

#endif
