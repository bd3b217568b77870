/* tcp.h - queries over TCP (RFC 7766): threads that each own listening sockets and connections, by epoll.
 * Sits on respond.h, publish.h and queue.h.
 *
 *     bytes in -> whole messages -> respond -> bytes out, in order; answers of the plain way join as they come
 *
 * A connection is read as long as its answers can be written: who does not read gets no more work done.
 * Limits: `connections` in all, shared out over the threads: beyond it the connection that has been quiet longest
 * makes room; TCP_IDLE_S seconds without a whole query or progress in writing end a connection; TCP_OUT_MAX octets of
 * answers wait at most before reading goes on. */
#ifndef TCP_H
#define TCP_H

#include "dnsd/address.h"
#include "dnsd/queue.h"

enum { TCP_IDLE_S = 10, TCP_OUT_MAX = 256 << 10, TCP_CONNECTIONS = 1024 };

struct tcp;

AX_MUST enum ax_err tcp_start(struct tcp **out, const struct address *addresses, size_t n, unsigned threads,
			      unsigned connections, struct queue *queue);
/* End the threads; what answers still in the queue need stays. */
void tcp_stop(struct tcp *t);
void tcp_free(struct tcp *t);
void tcp_stats(const struct tcp *t, struct stats *sum);

#endif
