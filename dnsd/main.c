/* apexd - answers DNS from a repository. See apexd(8). */
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "dnsd/arms.h"
#include "dnsd/conf.h"
#include "dnsd/due.h"
#include "dnsd/http.h"
#include "dnsd/metrics.h"
#include "dnsd/ready.h"
#include "dnsd/tcp.h"
#include "dnsd/udp.h"

enum { PLAIN_THREADS = 2 };

static const char usage[] =
	"usage: apexd [--repo DIR] --listen ADDRESS:PORT ... [--zone ZONE ...] [--branch BRANCH | --at REVISION]\n"
	"             [--canary BRANCH:PERCENT [--canary-salt TEXT]] [--ecs-from NETWORK ...]\n"
	"             [--require-signed --key FILE ...] [--threads N] [--tcp-connections N]\n"
	"             [--listen-xdp INTERFACE ...] [--metrics ADDRESS:PORT] [-t]\n"
	"       apexd [--repo DIR] --config FILE [-t]\n"
	"       apexd --help | --version\n"
	"\n"
	"  --repo DIR             the repository (default: $APEX_REPO, else ./.apex)\n"
	"  --listen ADDRESS:PORT  where to answer, UDP and TCP: 192.0.2.1:53, [::1]:53; repeatable\n"
	"  --zone ZONE            only this zone; repeatable (default: every zone of the repository)\n"
	"  --branch BRANCH        the branch that is served and followed (default: main)\n"
	"  --at REVISION          serve this revision of each zone, whatever happens later\n"
	"  --canary B:PERCENT     serve branch B to this share of the client networks\n"
	"  --canary-salt TEXT     what they are picked by: the same for all servers of a fleet\n"
	"  --ecs-from NETWORK     honour the client subnet option of queries from there; repeatable\n"
	"  --config FILE          read apexd.yaml(5) instead; SIGHUP reads it again\n"
	"  --listen-xdp INTERFACE take queries over UDP from there by AF_XDP; repeatable\n"
	"  --metrics ADDR:PORT    serve /metrics, /healthz and /readyz over HTTP, on loopback\n"
	"  -t                     only check the configuration\n"
	"  --require-signed       serve only commits that a trusted key signed; keep the last such one else\n"
	"  --key FILE             the public keys that are trusted; repeatable\n"
	"  --threads N            threads for each address and for TCP (default: the number of cores)\n"
	"  --tcp-connections N    TCP connections at a time (default: 1024)\n"
	"\n"
	"It prints READY when it answers. SIGTERM ends it, SIGHUP reads the configuration again,\n"
	"SIGUSR1 prints its counters to standard error.\n";

struct daemon {
	struct conf conf;
	int argc;
	char **argv;
	const char *repo_dir; /* without --repo */
	struct ax_repo *repo;
	struct ax_keys keys; /* trusted */
	struct ax_pins *pins;
	struct due *due;
	struct arms *arms;
	struct queue *queue;
	struct udp *udp;
	struct tcp *tcp;
	struct xdp *xdp;
	struct http *http;
	time_t started_s;
};

static void say(const char *text)
{
	fprintf(stderr, "apexd: %s\n", text);
}

static void no_op(int signal)
{
	(void)signal;
}

/* Signals are taken by main alone, by sigwait; SIGURG only breaks a wait. */
static void take_signals(sigset_t *set)
{
	struct sigaction wake = { .sa_handler = no_op };
	sigaction(SIGURG, &wake, NULL);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGUSR1);
	sigaddset(set, SIGHUP);
	pthread_sigmask(SIG_BLOCK, set, NULL);
}

static unsigned cores(void)
{
	cpu_set_t set;
	if (sched_getaffinity(0, sizeof set, &set) != 0)
		return 1;
	return (unsigned)CPU_COUNT(&set);
}

static enum ax_err seed(void)
{
	uint64_t value;
	if (getrandom(&value, sizeof value, 0) != sizeof value)
		return ax_fail(AX_EIO, "getrandom: %m");
	dname_seed(value);
	return ax_hash_init();
}

static enum ax_err probe(const struct conf *c)
{
	enum ax_err e = AX_OK;
	for (size_t i = 0; !e && i < c->addresses; i++) {
		e = address_probe(&c->address[i], SOCK_DGRAM);
		if (!e)
			e = address_probe(&c->address[i], SOCK_STREAM);
	}
	return e;
}

/* A file of public keys, of at most a megabyte. */
static enum ax_err read_keys(struct ax_keys *keys, const char *path)
{
	enum { KEYS_FILE_MAX = 1 << 20 };
	struct ax_buf text = AX_BUF_INIT;
	FILE *file = fopen(path, "re");
	enum ax_err e = file ? AX_OK : ax_fail(AX_ENOENT, "%s: %s", path, strerror(errno));
	if (!e && !ax_buf_reserve(&text, KEYS_FILE_MAX))
		e = ax_buf_check(&text);
	if (!e)
		text.n = fread(text.p, 1, KEYS_FILE_MAX, file);
	if (!e && (ferror(file) || !feof(file)))
		e = ax_fail(AX_EINVAL, "%s: can't be read, or is over a megabyte", path);
	if (!e && (e = ax_keys_parse(keys, ax_buf_view(&text))) == AX_EINVAL)
		e = ax_fail(e, "%s: %s", path, ax_err_text(e));
	if (file)
		fclose(file);
	ax_buf_fini(&text);
	return e;
}

static struct ax_time now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	return (struct ax_time){ t.tv_sec, (uint32_t)t.tv_nsec, 0 };
}

static struct routing *take_routing(struct conf *c)
{
	struct routing *r = c->routing;
	c->routing = NULL;
	return r;
}

/* NULL without memory. */
static struct stats *gather(const struct daemon *d)
{
	struct stats *sum = calloc(1, sizeof *sum);
	if (!sum)
		return NULL;
	arms_stats(d->arms, sum);
	queue_stats(d->queue, sum);
	udp_stats(d->udp, sum);
	tcp_stats(d->tcp, sum);
	xdp_stats(d->xdp, sum);
	return sum;
}

static time_t monotonic_s(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
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

/* What is scheduled is carried out by whoever may write; a daemon that may only read serves all the same. */
static enum ax_err open_repository(struct daemon *d)
{
	enum ax_err e = ax_repo_open(&d->repo, d->conf.repo, false);
	return e == AX_EPERM ? ax_repo_open(&d->repo, d->conf.repo, true) : e;
}

static enum ax_err start_arms(struct daemon *d, struct follow_options *o)
{
	if (ax_pins_open(&d->pins, d->conf.repo))
		say("gc can't be told what is served here: nothing can be written to the repository's folder");
	o->pins = d->pins;
	return arms_start(&d->arms, d->repo, o, take_routing(&d->conf));
}

static enum ax_err start(struct daemon *d)
{
	const struct conf *c = &d->conf;
	struct follow_options o = { .zones = c->zones,
				    .nzones = c->nzones,
				    .trusted = c->require_signed ? &d->keys : NULL,
				    .now = now(),
				    .log = say };
	enum ax_err e = seed();
	d->started_s = monotonic_s();
	for (size_t i = 0; !e && i < c->nkeys; i++)
		e = read_keys(&d->keys, c->keys[i]);
	if (!e)
		e = open_repository(d);
	if (!e)
		e = probe(c);
	if (!e)
		e = start_arms(d, &o);
	if (!e)
		e = queue_start(&d->queue, ax_repo_store(d->repo), PLAIN_THREADS);
	if (!e)
		e = udp_start(&d->udp, c->address, c->addresses, c->threads, d->queue);
	if (!e)
		e = tcp_start(&d->tcp, c->address, c->addresses, c->threads, c->tcp_connections, d->queue);
	if (!e && c->interfaces)
		e = xdp_start(&d->xdp, c->interface, c->interfaces, c->address, c->addresses, d->udp, d->queue, say);
	if (!e && c->metrics.n)
		e = http_start(&d->http, &c->metrics, page, d);
	if (!e)
		e = due_start(&d->due, d->repo, say);
	return e;
}

/* First who asks, then who answers, then what the answers are made of. */
static void stop(struct daemon *d)
{
	due_stop(d->due);
	http_stop(d->http);
	xdp_stop(d->xdp);
	udp_stop(d->udp);
	tcp_stop(d->tcp);
	queue_stop(d->queue);
	xdp_free(d->xdp);
	udp_free(d->udp);
	tcp_free(d->tcp);
	arms_stop(d->arms);
	ax_pins_close(d->pins);
	ax_repo_close(d->repo);
	ax_keys_fini(&d->keys);
	conf_fini(&d->conf);
}

static void print_stats(const struct daemon *d)
{
	struct stats *sum = gather(d);
	if (!sum)
		return;
	stats_print(stderr, sum);
	fflush(stderr);
	free(sum);
}

/* What can't be changed while running is as it was? */
static enum ax_err check_unchanged(const struct conf *a, const struct conf *b)
{
	const char *what = NULL;
	bool same = a->addresses == b->addresses;
	for (size_t i = 0; same && i < a->addresses; i++)
		same = a->address[i].n == b->address[i].n &&
		       memcmp(&a->address[i].storage, &b->address[i].storage, a->address[i].n) == 0;
	what = same ? NULL : "listen: the addresses";
	same = a->nzones == b->nzones;
	for (size_t i = 0; same && i < a->nzones; i++)
		same = ax_name_eq(&a->zones[i], &b->zones[i]);
	what = same ? what : "zones";
	same = a->interfaces == b->interfaces;
	for (size_t i = 0; same && i < a->interfaces; i++)
		same = strcmp(a->interface[i], b->interface[i]) == 0;
	what = same ? what : "listen-xdp";
	same = a->nkeys == b->nkeys;
	for (size_t i = 0; same && i < a->nkeys; i++)
		same = strcmp(a->keys[i], b->keys[i]) == 0;
	what = same ? what : "require-signed";
	if (a->metrics.n != b->metrics.n || memcmp(&a->metrics.storage, &b->metrics.storage, a->metrics.n) != 0)
		what = "metrics";
	if (strcmp(a->repo, b->repo) != 0)
		what = "repo";
	if (a->threads != b->threads || a->tcp_connections != b->tcp_connections)
		what = "threads and tcp-connections";
	return what ? ax_fail(AX_EINVAL, "%s can't change while running: restart", what) : AX_OK;
}

/* Views, rules, canaries, sources of client subnets and geo databases: all of them or nothing. */
static void reload(struct daemon *d)
{
	struct conf fresh;
	char line[1200];
	enum ax_err e = conf_read(&fresh, d->argc, d->argv, d->repo_dir, cores());
	if (!e)
		e = check_unchanged(&d->conf, &fresh);
	if (!e)
		e = arms_change(d->arms, take_routing(&fresh), now());
	snprintf(line, sizeof line, "%s%s", e ? "reload refused, all stays as it was: " : "reloaded",
		 e ? ax_err_text(e) : "");
	say(line);
	conf_fini(&fresh);
}

static void serve(struct daemon *d, const sigset_t *set)
{
	int sig = 0;
	puts("READY");
	fflush(stdout);
	ready_say();
	for (;;) {
		if (sigwait(set, &sig) != 0)
			continue;
		if (sig == SIGUSR1)
			print_stats(d);
		else if (sig == SIGHUP)
			reload(d);
		else
			break;
	}
	ready_stopping();
}

int main(int argc, char **argv)
{
	struct daemon d = { .argc = argc, .argv = argv, .repo_dir = getenv("APEX_REPO") };
	sigset_t set;
	if (!d.repo_dir || !*d.repo_dir)
		d.repo_dir = ".apex";
	enum ax_err e = ax_hash_init();
	if (!e)
		e = conf_read(&d.conf, argc, argv, d.repo_dir, cores());
	if (!e && (d.conf.help || d.conf.version)) {
		fputs(d.conf.help ? usage : "apexd " APEX_VERSION "\n", stdout);
		conf_fini(&d.conf);
		return 0;
	}
	if (!e && d.conf.test) {
		puts("apexd: the configuration is good");
		conf_fini(&d.conf);
		return 0;
	}
	take_signals(&set);
	if (!e)
		e = start(&d);
	if (e)
		say(ax_err_text(e));
	else
		serve(&d, &set);
	if (e == AX_EUSAGE)
		fputs("apexd: see apexd --help\n", stderr);
	stop(&d);
	return ax_err_status(e);
}
