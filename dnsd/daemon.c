#include "dnsd/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "dnsd/arms.h"
#include "dnsd/handover.h"
#include "dnsd/http.h"
#include "dnsd/metrics.h"
#include "dnsd/ready.h"
#include "dnsd/sandbox.h"
#include "dnsd/say.h"
#include "dnsd/tap.h"
#include "dnsd/tcp.h"
#include "dnsd/udp.h"
#include "dnsd/xdp.h"

enum { PLAIN_THREADS = 2, SILENT_S = 10 };

struct daemon {
	struct conf conf;
	void (*log)(const char *text), (*lost)(void);
	struct ax_repo *repo;
	struct ax_keys keys; /* trusted */
	struct keeper *keeper;
	struct arms *arms;
	struct queue *queue;
	struct tap *tap;
	int dnstap_fd;                    /* the file it writes; -1: none */
	char nsid[IDENTITY_NSID_MAX + 1]; /* as dnstap tells it */
	struct listen_sockets sockets;
	struct tls *tls;
	struct rrl *rrl;
	struct udp *udp;
	struct tcp *tcp;
	struct xdp *xdp;
	struct http *http;
	int http_fd;   /* http's */
	int *open_fds; /* all that are listened on: to be handed over */
	size_t opens;
	struct handover *before,
		*next; /* the daemon that ran before us, until we are ready; who waits for the next */
	time_t started_s;
	uint8_t cookie_secret[COOKIE_SECRET]; /* where none is configured: for as long as we live */
};

static struct ax_time now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	return (struct ax_time){ t.tv_sec, (uint32_t)t.tv_nsec, 0 };
}

static time_t monotonic_s(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

/* -- what is told ----------------------------------------------------------------------------------------- */

/* NULL without memory. */
static struct stats *gather(const struct daemon *d)
{
	struct stats *sum = calloc(1, sizeof *sum);
	if (!sum)
		return NULL;
	uint64_t readers, behind;
	arms_stats(d->arms, sum);
	ax_store_slot_use(ax_repo_store(d->repo), &readers, &behind);
	stats_set(&sum->readers, readers);
	stats_set(&sum->slot_behind, behind);
	queue_stats(d->queue, sum);
	udp_stats(d->udp, sum);
	tcp_stats(d->tcp, sum);
	xdp_stats(d->xdp, sum);
	tap_stats(d->tap, sum);
	return sum;
}

/* Ready is when each zone has its image; until then it is served, but slowly. */
static unsigned page(void *ctx, const char *path, struct ax_buf *b)
{
	const struct daemon *d = ctx;
	uint64_t zones, loading;
	if (strcmp(path, "/healthz") == 0) {
		ax_buf_str(b, "ok\n");
		return 200;
	}
	if (strcmp(path, "/readyz") == 0) {
		loading = metrics_loading(&zones);
		ax_buf_printf(b, "%" PRIu64 " of %" PRIu64 " zones are ready\n", zones - loading, zones);
		return loading ? 503 : 200;
	}
	if (strcmp(path, "/metrics") != 0)
		return 404;
	struct stats *sum = gather(d);
	if (!sum)
		return 500;
	metrics_write(b, sum, (uint64_t)(monotonic_s() - d->started_s));
	free(sum);
	return 200;
}

void daemon_print_stats(const struct daemon *d)
{
	struct stats *sum = gather(d);
	if (!sum)
		return;
	stats_print(stderr, sum);
	fflush(stderr);
	free(sum);
}

/* -- start and stop --------------------------------------------------------------------------------------- */

static enum ax_err seed(struct daemon *d)
{
	uint64_t value;
	if (getrandom(&value, sizeof value, 0) != sizeof value ||
	    getrandom(d->cookie_secret, sizeof d->cookie_secret, 0) != sizeof d->cookie_secret)
		return ax_fail(AX_EIO, "getrandom: %s", strerror(errno));
	dname_seed(value);
	return AX_OK;
}

/* A file of public keys. */
static enum ax_err read_keys(struct ax_keys *keys, const char *path)
{
	struct ax_buf text = AX_BUF_INIT;
	enum ax_err e = conf_file(&text, path);
	if (!e && (e = ax_keys_parse(keys, ax_buf_view(&text))) == AX_EINVAL)
		e = ax_fail(e, "%s: %s", path, ax_err_text(e));
	ax_buf_fini(&text);
	return e;
}

static struct routing *take_routing(const struct daemon *d, struct conf *c)
{
	struct routing *r = c->routing;
	c->routing = NULL;
	if (!r->cookies.n && !c->no_cookies) {
		r->cookies.n = 1;
		memcpy(r->cookies.secret[0], d->cookie_secret, COOKIE_SECRET);
	}
	return r;
}

static struct tls_pair *take_pair(struct conf *c)
{
	struct tls_pair *pair = c->tls;
	c->tls = NULL;
	return pair;
}

/* The keeper first: it is a child of a process that has no threads yet. */
static enum ax_err open_repository(struct daemon *d)
{
	enum ax_err e = keeper_start(&d->keeper, d->conf.repo, d->log);
	return e ? e : ax_repo_open_lockless(&d->repo, d->conf.repo, keeper_slot(d->keeper));
}

/* How many connections there may be: each needs a descriptor, and some are needed for what else is open. */
static unsigned connections(const struct daemon *d)
{
	enum { OTHERS = 20, EACH_THREAD = 4 };
	char line[200];
	struct rlimit limit;
	unsigned wanted = d->conf.tcp_connections, threads = d->conf.threads;
	rlim_t others = OTHERS + d->sockets.n + EACH_THREAD * threads;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted + others)
		return wanted;
	limit.rlim_cur = limit.rlim_max < wanted + others ? limit.rlim_max : wanted + others;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_cur >= wanted + others)
		return wanted;
	rlim_t left = limit.rlim_cur > others + threads ? limit.rlim_cur - others : threads;
	snprintf(line, sizeof line,
		 SAY_WARNING "of %u TCP connections there will be %llu: %llu descriptors are allowed", wanted,
		 (unsigned long long)left, (unsigned long long)limit.rlim_cur);
	d->log(line);
	return (unsigned)left;
}

static enum ax_err list_open(struct daemon *d)
{
	d->open_fds = calloc(d->sockets.n + 1, sizeof *d->open_fds);
	if (!d->open_fds)
		return ax_fail(AX_ENOMEM, "no memory for sockets");
	for (size_t i = 0; i < d->sockets.n; i++)
		d->open_fds[d->opens++] = d->sockets.v[i].fd;
	if (d->http_fd >= 0)
		d->open_fds[d->opens++] = d->http_fd;
	return AX_OK;
}

/* Passed by the service manager, handed over by the daemon before, or our own. */
static enum ax_err open_sockets(struct daemon *d)
{
	const struct conf *c = &d->conf;
	struct listen_given given = { 0 };
	enum ax_err e = ready_sockets(&given);
	if (!e && c->handover)
		e = handover_take(&d->before, &given, c->handover);
	if (!e)
		e = listen_open(&d->sockets, c->listener, c->listeners, c->threads, &given);
	if (!e && c->metrics.n)
		e = listen_stream(&d->http_fd, &c->metrics, &given);
	if (listen_drop(&given) && !e)
		d->log(SAY_WARNING "sockets were passed that the configuration does not name: closed");
	if (!e)
		e = list_open(d);
	if (!e && c->handover)
		e = handover_bind(&d->next, c->handover, d->open_fds, d->opens);
	return e;
}

static enum ax_err open_dnstap(struct daemon *d)
{
	const char *path = d->conf.dnstap_file;
	if (path)
		d->dnstap_fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
	return path && d->dnstap_fd < 0 ? ax_fail(AX_EIO, "dnstap: %s: %s", path, strerror(errno)) : AX_OK;
}

/* All that is opened. */
static enum ax_err acquire(struct daemon *d)
{
	const struct conf *c = &d->conf;
	enum ax_err e = seed(d);
	for (size_t i = 0; !e && i < c->nkeys; i++)
		e = read_keys(&d->keys, c->keys[i]);
	if (!e && c->tls)
		e = tls_new(&d->tls, take_pair(&d->conf));
	if (!e)
		e = rrl_new(&d->rrl, c->rrl_accounts);
	if (!e)
		e = open_repository(d);
	if (!e)
		e = open_dnstap(d);
	return e ? e : open_sockets(d);
}

/* What was opened stays open; from here on nothing can be written. */
static enum ax_err enter_sandbox(const struct daemon *d)
{
	const struct conf *c = &d->conf;
	const struct sandbox s = { .user = c->user,
				   .owned = c->repo,
				   .handover = c->handover,
				   .raw = c->interfaces > 0,
				   .connects = c->dnstap_socket,
				   .log = d->log };
	return sandbox_enter(&s);
}

static enum ax_err start_tap(struct daemon *d)
{
	const struct conf *c = &d->conf;
	const struct tap_options o = { .log_every = c->log_every,
				       .dnstap_every = c->dnstap_every,
				       .socket = c->dnstap_socket,
				       .file = d->dnstap_fd,
				       .identity = d->nsid[0] ? d->nsid : NULL,
				       .listener = c->listener,
				       .listeners = c->listeners,
				       .log = d->log };
	return tap_start(&d->tap, &o);
}

/* All that has threads. */
static enum ax_err serve(struct daemon *d)
{
	const struct conf *c = &d->conf;
	const struct follow_options follow = { .zones = c->zones,
					       .nzones = c->nzones,
					       .trusted = c->require_signed ? &d->keys : NULL,
					       .keeper = d->keeper,
					       .now = now(),
					       .log = d->log };
	const struct tcp_options tcp = { .threads = c->threads,
					 .connections = connections(d),
					 .per_address = c->tcp_per_address,
					 .idle_s = c->tcp_idle_s,
					 .write_s = c->tcp_write_s,
					 .tls = d->tls };
	memcpy(d->nsid, c->routing->identity.nsid, c->routing->identity.nsid_n);
	enum ax_err e = keeper_follow(d->keeper, ax_repo_store(d->repo), d->lost);
	if (!e)
		e = arms_start(&d->arms, d->repo, &follow, c->threads, take_routing(d, &d->conf));
	if (!e)
		e = queue_start(&d->queue, ax_repo_store(d->repo), PLAIN_THREADS);
	if (!e)
		e = start_tap(d);
	if (!e)
		e = udp_start(&d->udp, &d->sockets, c->listener, d->queue, d->rrl);
	if (!e)
		e = tcp_start(&d->tcp, &d->sockets, &tcp, d->queue);
	if (!e && c->interfaces && d->before)
		e = handover_release(d->before);
	if (!e && c->interfaces)
		e = xdp_start(&d->xdp, c->interface, c->interfaces, c->listener, c->listeners, d->udp, d->queue,
			      d->rrl, d->log);
	if (!e && c->metrics.n)
		e = http_start(&d->http, d->http_fd, page, d);
	if (!e && d->next)
		e = handover_wait(d->next);
	return e;
}

enum ax_err daemon_start(struct daemon **out, struct conf *c, void (*log)(const char *text), void (*lost)(void))
{
	*out = NULL;
	struct daemon *d = calloc(1, sizeof *d);
	if (!d) {
		conf_fini(c);
		return ax_fail(AX_ENOMEM, "no memory for the daemon");
	}
	d->conf = *c;
	d->log = log;
	d->lost = lost;
	d->http_fd = d->dnstap_fd = -1;
	d->started_s = monotonic_s();
	enum ax_err e = acquire(d);
	if (!e && d->conf.sandbox)
		e = enter_sandbox(d);
	if (!e)
		e = serve(d);
	if (e)
		daemon_stop(d);
	else
		*out = d;
	return e;
}

/* First who asks, then who answers, then what the answers are made of. */
void daemon_stop(struct daemon *d)
{
	if (!d)
		return;
	handover_free(d->before);
	handover_free(d->next);
	http_stop(d->http);
	xdp_stop(d->xdp);
	udp_stop(d->udp);
	tcp_stop(d->tcp);
	queue_stop(d->queue);
	tap_stop(d->tap);
	if (d->dnstap_fd >= 0)
		close(d->dnstap_fd);
	xdp_free(d->xdp);
	udp_free(d->udp);
	tcp_free(d->tcp);
	listen_close(&d->sockets);
	free(d->open_fds);
	arms_stop(d->arms);
	keeper_stop(d->keeper);
	ax_repo_close(d->repo);
	tls_free(d->tls);
	rrl_free(d->rrl);
	ax_keys_fini(&d->keys);
	conf_fini(&d->conf);
	free(d);
}

/* -- changes ---------------------------------------------------------------------------------------------- */

static bool same_listeners(const struct conf *a, const struct conf *b)
{
	bool same = a->listeners == b->listeners;
	for (size_t i = 0; same && i < a->listeners; i++)
		same = address_same(&a->listener[i].address, &b->listener[i].address) &&
		       a->listener[i].transports == b->listener[i].transports;
	return same;
}

static bool same_zones(const struct conf *a, const struct conf *b)
{
	bool same = a->nzones == b->nzones;
	for (size_t i = 0; same && i < a->nzones; i++)
		same = ax_name_eq(&a->zones[i], &b->zones[i]);
	return same;
}

static bool same_keys(const struct conf *a, const struct conf *b)
{
	bool same = a->nkeys == b->nkeys;
	for (size_t i = 0; same && i < a->nkeys; i++)
		same = strcmp(a->keys[i], b->keys[i]) == 0;
	return same;
}

static bool same_interfaces(const struct conf *a, const struct conf *b)
{
	bool same = a->interfaces == b->interfaces;
	for (size_t i = 0; same && i < a->interfaces; i++)
		same = strcmp(a->interface[i], b->interface[i]) == 0;
	return same;
}

static bool same_tcp(const struct conf *a, const struct conf *b)
{
	return a->tcp_connections == b->tcp_connections && a->tcp_per_address == b->tcp_per_address &&
	       a->tcp_idle_s == b->tcp_idle_s && a->tcp_write_s == b->tcp_write_s;
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_tap(const struct conf *a, const struct conf *b)
{
	return a->log_every == b->log_every && a->dnstap_every == b->dnstap_every &&
	       same_text(a->dnstap_socket, b->dnstap_socket) && same_text(a->dnstap_file, b->dnstap_file);
}

/* What can't be changed while running is as it was? */
static enum ax_err check_unchanged(const struct conf *a, const struct conf *b)
{
	const char *what = !same_listeners(a, b)                     ? "listen: the addresses"
			   : !same_zones(a, b)                       ? "zones"
			   : !same_interfaces(a, b)                  ? "listen-xdp"
			   : !same_keys(a, b)                        ? "require-signed"
			   : !address_same(&a->metrics, &b->metrics) ? "metrics"
			   : strcmp(a->handover ? a->handover : "", b->handover ? b->handover : "") != 0 ? "handover"
			   : strcmp(a->user ? a->user : "", b->user ? b->user : "") != 0 || a->sandbox != b->sandbox
				   ? "user and sandbox"
			   : strcmp(a->repo, b->repo) != 0      ? "repo"
			   : a->rrl_accounts != b->rrl_accounts ? "rrl: accounts"
			   : a->threads != b->threads           ? "threads"
			   : !same_tcp(a, b)                    ? "what is said of TCP"
			   : !a->tls_key != !b->tls_key         ? "whether there is TLS"
			   : !same_tap(a, b)                    ? "query-log and dnstap"
								: NULL;
	return what ? ax_fail(AX_EINVAL, "%s can't change while running: restart", what) : AX_OK;
}

enum ax_err daemon_reload(struct daemon *d, struct conf *c)
{
	enum ax_err e = check_unchanged(&d->conf, c);
	struct stats *sum = gather(d);
	if (!e && !sum)
		e = ax_fail(AX_ENOMEM, "no memory for the views");
	if (!e)
		e = arms_change(d->arms, take_routing(d, c), now(), stats_queries(sum));
	if (!e && d->tls)
		tls_adopt(d->tls, take_pair(c));
	free(sum);
	conf_fini(c);
	return e;
}

void daemon_ready(struct daemon *d)
{
	ready_say();
	ready_keep(d->open_fds, d->opens);
	handover_ready(d->before);
	d->before = NULL;
}

int daemon_fd(const struct daemon *d)
{
	return d->next ? handover_fd(d->next) : -1;
}

bool daemon_go_on(struct daemon *d)
{
	enum handover_news news = handover_go_on(d->next);
	if (news != HANDOVER_RELEASE)
		return news == HANDOVER_READY;
	xdp_stop(d->xdp);
	xdp_free(d->xdp);
	d->xdp = NULL;
	handover_released(d->next);
	return false;
}

static void refresh_certificate(struct daemon *d)
{
	bool changed;
	enum ax_err e = tls_refresh(d->tls, &changed);
	if (e)
		say_why(d->log, SAY_WARNING "the certificate stays as it was: ", ax_err_text(e));
	else if (changed)
		d->log("the certificate was loaded anew");
}

/* A thread that hangs is the watchdog's: it is told nothing any more. */
void daemon_tick(struct daemon *d)
{
	int64_t udp_s = udp_beat_s(d->udp), tcp_s = tcp_beat_s(d->tcp);
	if (d->tls)
		refresh_certificate(d);
	if (monotonic_s() - (udp_s < tcp_s ? udp_s : tcp_s) < SILENT_S)
		ready_alive();
}
