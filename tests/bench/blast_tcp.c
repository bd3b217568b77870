/* blast_tcp [-c CONNECTIONS] [-w WINDOW] [-t] PORT QUERIES SECONDS
 * Asks over TCP, or with -t over TLS, on 127.0.0.1 and prints a tally (blast.h). Each connection keeps WINDOW queries
 * under way. A connection that ends is an error. */
#include "tests/bench/blast.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>

enum { CONNECTIONS_MAX = 256, WINDOW_MAX = 256, IN_MAX = 1 << 17, OUT_MAX = WINDOW_MAX * QUERY_MAX };

struct connection {
	int fd;
	SSL *tls; /* NULL: plain */
	uint16_t id;
	unsigned under_way;
	size_t in_n, out_n, out_at;
	uint64_t asked[WINDOW_MAX]; /* when, by id */
	uint8_t in[IN_MAX], out[OUT_MAX];
};

static struct connection *connections;
static unsigned nconnections = 10, window = 32;
static struct queries queries;
static struct tally tally;

static void connect_one(struct connection *c, const char *port, SSL_CTX *tls)
{
	struct sockaddr_in to = loopback(port);
	int one = 1;
	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&to, sizeof to))
		err(1, "port %s", port);
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	if (tls) {
		c->tls = SSL_new(tls);
		if (!c->tls || !SSL_set_fd(c->tls, c->fd) || SSL_connect(c->tls) != 1)
			errx(1, "port %s: no TLS", port);
	}
	fcntl(c->fd, F_SETFL, O_NONBLOCK);
}

static void connect_all(const char *port, bool with_tls)
{
	SSL_CTX *tls = with_tls ? SSL_CTX_new(TLS_client_method()) : NULL;
	connections = calloc(nconnections, sizeof *connections);
	if (!connections || (with_tls && !tls))
		errx(1, "out of memory");
	for (unsigned i = 0; i < nconnections; i++)
		connect_one(&connections[i], port, tls);
}

/* As read(2) and write(2) of what is there or has room: 0 if nothing. */
static size_t moved(struct connection *c, ssize_t n)
{
	if (n > 0)
		return (size_t)n;
	int why = c->tls ? SSL_get_error(c->tls, (int)n) : SSL_ERROR_NONE;
	bool later = c->tls ? why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE
			    : n < 0 && (errno == EAGAIN || errno == EINTR);
	if (!later)
		errx(1, "the server ended a connection");
	return 0;
}

static size_t receive(struct connection *c)
{
	uint8_t *to = c->in + c->in_n;
	size_t room = IN_MAX - c->in_n;
	return moved(c, c->tls ? SSL_read(c->tls, to, (int)room) : read(c->fd, to, room));
}

static size_t transmit(struct connection *c)
{
	const uint8_t *from = c->out + c->out_at;
	size_t n = c->out_n - c->out_at;
	return moved(c, c->tls ? SSL_write(c->tls, from, (int)n) : write(c->fd, from, n));
}

/* Take what was answered. True if anything came. */
static bool take(struct connection *c)
{
	size_t n = receive(c), at = 0;
	uint64_t now = now_ns();
	c->in_n += n;
	while (c->in_n - at >= 2) {
		const uint8_t *p = c->in + at;
		size_t octets = (size_t)(p[0] << 8 | p[1]);
		if (c->in_n - at < 2 + octets)
			break;
		if (octets < 12 || !c->under_way)
			errx(1, "an answer is malformed");
		tally_answer(&tally, p + 2, now - c->asked[(p[2] << 8 | p[3]) % WINDOW_MAX]);
		c->under_way--;
		at += 2 + octets;
	}
	memmove(c->in, c->in + at, c->in_n - at);
	c->in_n -= at;
	return n != 0;
}

/* What was answered is asked anew at once, in one segment. */
static void ask(struct connection *c, bool asking)
{
	if (c->out_at == c->out_n && asking && c->under_way < window) {
		uint64_t now = now_ns();
		c->out_at = c->out_n = 0;
		for (; c->under_way < window; c->under_way++, tally.asked++) {
			c->asked[c->id % WINDOW_MAX] = now;
			c->out_n += queries_next(c->out + c->out_n, &queries, c->id++);
		}
	}
	if (c->out_at < c->out_n)
		c->out_at += transmit(c);
}

static void wait_for_any(void)
{
	struct pollfd fds[CONNECTIONS_MAX];
	for (unsigned i = 0; i < nconnections; i++) {
		bool writes = connections[i].out_at < connections[i].out_n;
		fds[i] = (struct pollfd){ connections[i].fd, (short)(POLLIN | (writes ? POLLOUT : 0)), 0 };
	}
	if (poll(fds, nconnections, 5000) == 0)
		errx(1, "no answer within five seconds");
}

static void blast(double seconds)
{
	uint64_t start = now_ns(), end = start + (uint64_t)(seconds * 1e9), now = start;
	for (unsigned under_way = 1; under_way || now < end; now = now_ns()) {
		bool any = false;
		under_way = 0;
		for (unsigned i = 0; i < nconnections; i++) {
			any |= take(&connections[i]);
			ask(&connections[i], now < end);
			under_way += connections[i].under_way;
		}
		if (!any && under_way)
			wait_for_any();
	}
	tally_print(&tally, now - start);
}

int main(int argc, char **argv)
{
	bool tls = false;
	for (int o; (o = getopt(argc, argv, "c:w:t")) != -1;)
		if (o == 'c')
			nconnections = (unsigned)strtoul(optarg, NULL, 10);
		else if (o == 'w')
			window = (unsigned)strtoul(optarg, NULL, 10);
		else if (o == 't')
			tls = true;
	if (argc - optind != 3 || !nconnections || nconnections > CONNECTIONS_MAX || !window || window > WINDOW_MAX)
		errx(2, "usage: blast_tcp [-c CONNECTIONS] [-w WINDOW] [-t] PORT QUERIES SECONDS");
	queries_open(&queries, argv[optind + 1]);
	tally_init(&tally);
	connect_all(argv[optind], tls);
	blast(strtod(argv[optind + 2], NULL));
	return 0;
}
