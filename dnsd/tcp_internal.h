/* tcp_internal.h - what the parts of tcp.h share: tcp.c has threads and sockets, tcp_connection.c which connections
 * there are and for how long, tcp_serve.c what happens on one. All but `first` and `stop` is its thread's own. */
#ifndef TCP_INTERNAL_H
#define TCP_INTERNAL_H

#include <pthread.h>

#include "dnsd/tcp.h"

enum { CONNECTION_NONE = UINT32_MAX, CONNECTION_BUFFER = 16 << 10 /* octets kept while it is quiet */ };

struct connection {
	int fd; /* -1: free */
	uint32_t generation;
	uint32_t newer, older; /* by when something last happened; CONNECTION_NONE ends */
	int64_t seen_s;
	struct ax_buf in, out;
	size_t sent; /* octets of out */
	/* Octets of out that waited at due_s and still do: written together, they count as progress. */
	size_t due;
	int64_t due_s;
	unsigned pending; /* answers to come from the plain way */
	bool eof;
	uint32_t events; /* what epoll waits for */
	bool proxied;    /* a PROXY header is to come before anything else */
	bool counted;    /* among its address' connections */
	enum transport transport;
	uint32_t listener;              /* the index of the address it came to */
	struct sockaddr_storage client; /* the other end, or whom it speaks for */
	struct tls_session *tls;        /* NULL: plain */
};

/* An answer of the plain way on its way to its connection. */
struct late {
	struct late *next;
	uint32_t slot, generation;
	size_t n;
	uint8_t bytes[];
};

struct server {
	pthread_t thread;
	bool running;
	int epoll, wake;
	struct listen_socket *listen;
	size_t listens;
	struct tcp_options options;  /* connections: of this thread */
	struct addresses *addresses; /* all threads' */
	int64_t paused_s;            /* nothing is accepted since then, as there are no descriptors; 0: it is */
	struct connection *c;
	uint32_t used, newest, oldest, free; /* free: list through `newer` */
	struct queue *queue;
	struct packet packet;
	uint8_t *answer; /* PACKET_MAX */
	struct stats stats;
	atomic_bool stop;
	_Atomic int64_t beat_s;
	int64_t drain_s; /* it ends then at the latest; 0: it goes on */
	pthread_mutex_t lock;
	struct late *first, **last; /* lock */
};

/* What an epoll event is of: a connection's slot, or one of these. */
#define EVENT_WAKE UINT64_MAX
#define EVENT_LISTEN (1ull << 32) /* + index */

/* -- tcp_connection.c */
int64_t connection_now_s(void);
AX_MUST enum ax_err connections_init(struct server *s);
void connections_fini(struct server *s);
/* A connection was accepted: takes over fd. When there are too many the quietest ends. */
void connection_begin(struct server *s, int fd, const struct listen_socket *from,
		      const struct sockaddr_storage *peer);
void connection_end(struct server *s, uint32_t i);
/* Who is the client is known by now: begin to speak with it. False: it has too many connections, or no memory. */
bool connection_meet(struct server *s, uint32_t i);
/* Something happened. */
void connection_touch(struct server *s, uint32_t i);
/* Whether more of it may be read: its answers get away. */
bool connection_may_read(const struct connection *c);
/* Tell epoll what to wait for, if that is news. more: TLS has bytes that the socket no longer shows. */
void connection_want(struct server *s, uint32_t i, bool more);
void connections_end_idle(struct server *s);

/* -- tcp_serve.c */
/* The socket is ready for something. May end the connection. */
void serve_ready(struct server *s, uint32_t i, uint32_t events);
/* Answers of the plain way have come. */
void serve_late(struct server *s);

#endif
