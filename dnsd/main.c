/* apexd - answers DNS from a repository. See apexd(8). */
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "dnsd/daemon.h"
#include "dnsd/ready.h"
#include "dnsd/say.h"
#include "dnsd/tcp.h"

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
	"  --handover PATH        take the sockets of the daemon that waits there, and wait there for the next\n"
	"  --nsid TEXT            the name server id, for clients that ask for it; 0x... are bytes\n"
	"  --identity TEXT        what id.server and hostname.bind of class CHAOS say\n"
	"  --cookie-secrets FILE  what DNS cookies are made with: the same for all servers of a fleet\n"
	"  --user NAME            whom root becomes (default: the owner of the repository)\n"
	"  --no-sandbox           keep the powers that serving does not need\n"
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

static void lost(void)
{
	say(SAY_ERROR
	    "the keeper of the store has died: this must end, too, before it reads what may be overwritten");
	_exit(ax_err_status(AX_EINTERNAL));
}

static void no_op(int signal)
{
	(void)signal;
}

/* Signals are read from a descriptor by main alone; SIGURG only breaks a wait. */
static int take_signals(void)
{
	struct sigaction wake = { .sa_handler = no_op };
	sigset_t set;
	sigaction(SIGURG, &wake, NULL);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
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
	ready_reloading();
	enum ax_err e = conf_read(&fresh, said->argc, said->argv, said->repo, cores());
	if (e)
		conf_fini(&fresh);
	else
		e = daemon_reload(d, &fresh);
	if (e)
		say_why(say, SAY_WARNING "reload refused, all stays as it was: ", ax_err_text(e));
	else
		say("reloaded");
	ready_say();
}

/* True: it is a signal to end. */
static bool take_signal(struct daemon *d, const struct said *said, int signals)
{
	struct signalfd_siginfo s;
	if (read(signals, &s, sizeof s) != sizeof s)
		return false;
	if (s.ssi_signo == SIGUSR1)
		daemon_print_stats(d);
	else if (s.ssi_signo == SIGHUP)
		reload(d, said);
	return s.ssi_signo == SIGTERM || s.ssi_signo == SIGINT;
}

static void serve(struct daemon *d, const struct said *said, int signals)
{
	enum { TICK_MS = 1000 };
	bool end = false;
	puts("READY");
	fflush(stdout);
	daemon_ready(d);
	while (!end) {
		struct pollfd fds[2] = { { .fd = signals, .events = POLLIN },
					 { .fd = daemon_fd(d), .events = POLLIN } };
		(void)poll(fds, 2, TICK_MS);
		end = take_signal(d, said, signals);
		if (fds[1].revents && daemon_go_on(d)) {
			say("the next one answers now");
			end = true;
		}
		daemon_tick(d);
	}
	ready_stopping(TCP_DRAIN_S);
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
	int signals;
	if (!said.repo || !*said.repo)
		said.repo = ".apex";
	say_begin(getenv("JOURNAL_STREAM"));
	enum ax_err e = ax_hash_init();
	if (!e && (e = conf_read(&conf, argc, argv, said.repo, cores())) != AX_OK)
		conf_fini(&conf);
	if (!e && answer_options(&conf)) {
		conf_fini(&conf);
		return 0;
	}
	signals = take_signals();
	if (!e && signals < 0)
		e = ax_fail(AX_EIO, "signalfd: %s", strerror(errno));
	if (!e)
		e = daemon_start(&d, &conf, say, lost);
	if (e)
		say_why(say, SAY_ERROR, ax_err_text(e));
	else
		serve(d, &said, signals);
	if (e == AX_EUSAGE)
		fputs("apexd: see apexd --help\n", stderr);
	daemon_stop(d);
	return ax_err_status(e);
}
