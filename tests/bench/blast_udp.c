/* blast_udp [-c SOCKETS] [-w WINDOW] [-r RATE] PORT QUERIES SECONDS
 * Asks over UDP on 127.0.0.1 and prints a tally (blast.h). Each socket keeps WINDOW queries under way, so that
 * nothing is lost however slow the server; or with -r so many a second are asked, evenly, whatever has been answered,
 * and an answer's time counts from when its query was due. */
#include "tests/bench/blast.h"

#include <poll.h>
#include <sys/socket.h>

enum { SOCKETS_MAX = 64, BATCH = 64, RING = 1024, ANSWER_MAX = 4096, LOST_NS = 2000000000 };

struct line {
	int fd;
	uint16_t id;
	unsigned under_way;
	uint64_t heard;       /* when the last answer came, or the first query was sent after that */
	uint64_t asked[RING]; /* when, by id; 0: nothing to be answered */
};

static struct line lines[SOCKETS_MAX];
static unsigned nlines = 8, window = 16;
static double rate;
static struct queries queries;
static struct tally tally;

static uint8_t out[BATCH][QUERY_MAX], in[BATCH][ANSWER_MAX];
static struct iovec out_at[BATCH], in_at[BATCH];
static struct mmsghdr out_msg[BATCH], in_msg[BATCH];

static void open_lines(const char *port)
{
	struct sockaddr_in to = loopback(port);
	for (unsigned i = 0; i < nlines; i++) {
		lines[i].fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		if (lines[i].fd < 0 || connect(lines[i].fd, (struct sockaddr *)&to, sizeof to))
			err(1, "port %s", port);
	}
	for (unsigned i = 0; i < BATCH; i++) {
		in_at[i] = (struct iovec){ in[i], ANSWER_MAX };
		in_msg[i].msg_hdr = (struct msghdr){ .msg_iov = &in_at[i], .msg_iovlen = 1 };
		out_msg[i].msg_hdr = (struct msghdr){ .msg_iov = &out_at[i], .msg_iovlen = 1 };
	}
}

/* Take what was answered. True if anything was. */
static bool take(struct line *l)
{
	int n = l->under_way ? recvmmsg(l->fd, in_msg, BATCH, 0, NULL) : 0;
	if (n <= 0)
		return false;
	l->heard = now_ns();
	for (int i = 0; i < n; i++) {
		uint64_t *asked = &l->asked[(in[i][0] << 8 | in[i][1]) % RING];
		if (in_msg[i].msg_len < 12 || !*asked)
			continue; /* given up as lost */
		tally_answer(&tally, in[i], l->heard - *asked);
		*asked = 0;
		l->under_way--;
	}
	return true;
}

static void give_up(struct line *l)
{
	tally.lost += l->under_way;
	l->under_way = 0;
	memset(l->asked, 0, sizeof l->asked);
}

/* Ask n, the first of which was due at `due`, the others each `step` later. What the kernel has no room for is asked
 * again by whoever calls. Returns how many were sent. */
static unsigned ask(struct line *l, unsigned n, uint64_t due, double step)
{
	size_t before[BATCH];
	for (unsigned i = 0; i < n; i++) {
		before[i] = queries.at;
		size_t octets = queries_next(out[i], &queries, (uint16_t)(l->id + i));
		out_at[i] = (struct iovec){ out[i] + 2, octets - 2 };
	}
	int sent = sendmmsg(l->fd, out_msg, n, 0);
	unsigned done = sent > 0 ? (unsigned)sent : 0;
	if (done < n)
		queries.at = before[done];
	if (!l->under_way)
		l->heard = due;
	for (unsigned i = 0; i < done; i++) {
		uint64_t *asked = &l->asked[l->id++ % RING];
		tally.lost += *asked != 0;
		l->under_way += *asked == 0;
		*asked = due + (uint64_t)(i * step);
	}
	tally.asked += done;
	return done;
}

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* As many as are due by now, by one socket after the other. */
static void ask_due(uint64_t start, uint64_t now)
{
	static unsigned turn;
	double step = 1e9 / rate;
	uint64_t due = (uint64_t)((double)(now - start) / step);
	struct line *l = &lines[turn++ % nlines];
	if (due > tally.asked)
		ask(l, least(least((unsigned)(due - tally.asked), BATCH), RING - l->under_way),
		    start + (uint64_t)((double)tally.asked * step), step);
}

static void wait_for_answer(void)
{
	struct pollfd fds[SOCKETS_MAX];
	for (unsigned i = 0; i < nlines; i++)
		fds[i] = (struct pollfd){ lines[i].fd, POLLIN, 0 };
	poll(fds, nlines, 5);
}

/* One turn over all sockets; returns how many queries are under way. */
static unsigned turn(uint64_t start, uint64_t now, bool asking)
{
	unsigned under_way = 0;
	bool any = false;
	for (unsigned i = 0; i < nlines; i++) {
		struct line *l = &lines[i];
		any |= take(l);
		if (l->under_way && now > l->heard + LOST_NS)
			give_up(l);
		if (asking && !rate && l->under_way < window)
			ask(l, window - l->under_way, now, 0);
		under_way += l->under_way;
	}
	if (asking && rate)
		ask_due(start, now);
	else if (!any)
		wait_for_answer();
	return under_way;
}

static void blast(double seconds)
{
	uint64_t start = now_ns(), end = start + (uint64_t)(seconds * 1e9), now = start;
	while (turn(start, now, now < end) || now < end)
		now = now_ns();
	tally_print(&tally, now - start);
}

int main(int argc, char **argv)
{
	for (int o; (o = getopt(argc, argv, "c:w:r:")) != -1;)
		if (o == 'c')
			nlines = (unsigned)strtoul(optarg, NULL, 10);
		else if (o == 'w')
			window = (unsigned)strtoul(optarg, NULL, 10);
		else if (o == 'r')
			rate = strtod(optarg, NULL);
	if (argc - optind != 3 || !nlines || nlines > SOCKETS_MAX || !window || window > BATCH)
		errx(2, "usage: blast_udp [-c SOCKETS] [-w WINDOW] [-r RATE] PORT QUERIES SECONDS");
	queries_open(&queries, argv[optind + 1]);
	tally_init(&tally);
	open_lines(argv[optind]);
	blast(strtod(argv[optind + 2], NULL));
	return 0;
}
