/* apexd - answers DNS from a repository. See apexd(8). */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "dnsd/daemon.h"
#include "dnsd/ready.h"

static const char usage[] =
	"usage: apexd [--repo DIR] --listen ADDRESS:PORT ... [OPTION ...] [-t]\n"
	"       apexd [--repo DIR] --config FILE [-t]\n"
	"       apexd --help | --version\n"
	"\n"
	"  --repo DIR             the repository (default: $APEX_REPO, else ./.apex)\n"
	"  --listen ADDRESS:PORT  where to answer, UDP and TCP: 192.0.2.1:53, [::1]:53; repeatable\n"
	"  --listen-tls A:PORT    where to answer over TLS; repeatable\n"
	"  --tls-certificate FILE the certificate in PEM, with those that vouch for it\n"
	"  --tls-key FILE         its key; both are loaded anew when they change\n"
	"  --zone ZONE            only this zone; repeatable (default: every zone of the repository)\n"
	"  --branch BRANCH        the branch that is served and followed (default: main)\n"
	"  --at REVISION          serve this revision of each zone, whatever happens later\n"
	"  --canary B:PERCENT     serve branch B to this share of the client networks\n"
	"  --canary-salt TEXT     what they are picked by: the same for all servers of a fleet\n"
	"  --ecs-from NETWORK     honour the client subnet option of queries from there; repeatable\n"
	"  --proxy-from NETWORK   queries from there begin with a PROXY header (v2); repeatable\n"
	"  --config FILE          read apexd.yaml(5) instead; SIGHUP reads it again\n"
	"  --listen-xdp INTERFACE take queries over UDP from there by AF_XDP; repeatable\n"
	"  --metrics ADDR:PORT    serve /metrics, /healthz and /readyz over HTTP, on loopback\n"
	"  -t                     only check the configuration\n"
	"  --require-signed       serve only commits that a trusted key signed; keep the last such one else\n"
	"  --key FILE             the public keys that are trusted; repeatable\n"
	"  --threads N            threads for each address and for TCP (default: the number of cores)\n"
	"  --tcp-connections N    TCP connections at a time (default: 1024)\n"
	"  --rrl N                limit equal answers to a network to N a second over UDP\n"
	"  --tcp-per-address N    of one client address (default: a quarter of them)\n"
	"  --tcp-idle SECONDS     how long one may stay silent (default: 10)\n"
	"  --tcp-write SECONDS    how long one may leave its answers unread (default: 10)\n"
	"\n"
	"It prints READY when it answers. SIGTERM ends it, SIGHUP reads the configuration again,\n"
	"SIGUSR1 prints its counters to standard error.\n";

/* What the configuration is read from, again at SIGHUP. */
struct said {
	int argc;
	char **argv;
	const char *repo; /* without --repo */
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

static void reload(struct daemon *d, const struct said *said)
{
	struct conf fresh;
	char line[1200];
	enum ax_err e = conf_read(&fresh, said->argc, said->argv, said->repo, cores());
	if (e)
		conf_fini(&fresh);
	else
		e = daemon_reload(d, &fresh);
	snprintf(line, sizeof line, "%s%s", e ? "reload refused, all stays as it was: " : "reloaded",
		 e ? ax_err_text(e) : "");
	say(line);
}

static void serve(struct daemon *d, const struct said *said, const sigset_t *set)
{
	const struct timespec tick = { .tv_sec = 1 };
	puts("READY");
	fflush(stdout);
	ready_say();
	for (;;) {
		int sig = sigtimedwait(set, NULL, &tick);
		if (sig == SIGUSR1)
			daemon_print_stats(d);
		else if (sig == SIGHUP)
			reload(d, said);
		else if (sig > 0)
			break;
		daemon_tick(d);
	}
	ready_stopping();
}

/* Everything but answering; true: that was all. */
static bool answer_options(const struct conf *c)
{
	if (c->help || c->version)
		fputs(c->help ? usage : "apexd " APEX_VERSION "\n", stdout);
	else if (c->test)
		puts("apexd: the configuration is good");
	return c->help || c->version || c->test;
}

int main(int argc, char **argv)
{
	struct said said = { argc, argv, getenv("APEX_REPO") };
	struct conf conf;
	struct daemon *d = NULL;
	sigset_t set;
	if (!said.repo || !*said.repo)
		said.repo = ".apex";
	enum ax_err e = ax_hash_init();
	if (!e && (e = conf_read(&conf, argc, argv, said.repo, cores())) != AX_OK)
		conf_fini(&conf);
	if (!e && answer_options(&conf)) {
		conf_fini(&conf);
		return 0;
	}
	take_signals(&set);
	if (!e)
		e = daemon_start(&d, &conf, say);
	if (e)
		say(ax_err_text(e));
	else
		serve(d, &said, &set);
	if (e == AX_EUSAGE)
		fputs("apexd: see apexd --help\n", stderr);
	daemon_stop(d);
	return ax_err_status(e);
}
