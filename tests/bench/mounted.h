/* mounted.h - apexfs and barefs with the same files, side by side: made, mounted, mounted anew, ended.
 *
 * The files are those of a zone of `labels` labels below the apex, each with its first 1 to 3 of A, AAAA and TXT;
 * with the apex's own SOA and NS on apexfs alone. What is mounted anew is known to nobody: no name, attribute or page
 * of it is in the kernel. Environment: APEX_BENCH_SCALE divides what a benchmark counts (100: a look whether it
 * runs), APEX_BENCH_ROUNDS says how often each pair is measured, APEX_BENCH_ANY_CPU lets the scheduler place daemons
 * and clients. */
#ifndef AX_TESTS_MOUNTED_H
#define AX_TESTS_MOUNTED_H

#include "tests/bench/bench.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/wait.h>

enum { APEXFS, BAREFS, CONTROL /* barefs once more */, SIDES, MOUNT_TRIES = 5000 };

static const char *const side_name[SIDES] = { "apexfs", "barefs", "control" };

struct side {
	pid_t pid;      /* 0: not mounted */
	char point[96]; /* where it is mounted */
	char root[112]; /* where its record tree begins */
	char log[96];   /* what it says; with -d each request */
};

static struct side sides[SIDES];

/* -- programs --------------------------------------------------------------------------------------------- */

static inline size_t bench_number(const char *variable, size_t otherwise)
{
	const char *text = getenv(variable);
	size_t n = text ? strtoul(text, NULL, 10) : 0;
	return n ? n : otherwise;
}

static inline size_t bench_scaled(size_t n)
{
	size_t scaled = n / bench_number("APEX_BENCH_SCALE", 1);
	return scaled ? scaled : 1;
}

/* The program of this build. */
static inline const char *built(const char *name)
{
	static char path[PATH_MAX + 32];
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
	if (n < 0)
		err(1, "/proc/self/exe");
	self[n] = 0;
	snprintf(path, sizeof path, "%s/../../%s", dirname(self), name);
	return path;
}

/* In a child: become a shell in a folder (NULL: here). What is to be done at the parent's exit is not the child's. */
static inline void become_shell(const char *dir, const char *command)
{
	if (!dir || !chdir(dir))
		execl("/bin/sh", "sh", "-c", command, NULL);
	warn("%s", dir ? dir : "sh");
	_exit(127);
}

/* A shell in a folder (NULL: here). The exit status. */
static inline int shell_in(const char *dir, const char *command)
{
	pid_t pid = fork();
	int status;
	if (pid < 0)
		err(1, "fork");
	if (pid == 0)
		become_shell(dir, command);
	if (waitpid(pid, &status, 0) != pid)
		err(1, "waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static inline void must_shell(const char *format, ...)
{
	char command[2048];
	va_list args;
	va_start(args, format);
	vsnprintf(command, sizeof command, format, args);
	va_end(args);
	int status = shell_in(NULL, command);
	if (status)
		errx(1, "status %d: %s", status, command);
}

static inline bool have_program(const char *name)
{
	char command[256];
	snprintf(command, sizeof command, "command -v %s >/dev/null", name);
	return shell_in(NULL, command) == 0;
}

/* -- mounts ----------------------------------------------------------------------------------------------- */

static inline dev_t device_of(const char *path)
{
	struct stat st;
	return stat(path, &st) ? 0 : st.st_dev;
}

static inline void start_program(struct side *s, int which, bool debug)
{
	s->pid = fork();
	if (s->pid < 0)
		err(1, "fork");
	if (s->pid)
		return;
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (!freopen(s->log, "w", stderr) || !freopen("/dev/null", "w", stdout))
		_exit(127);
	char layout[96], repo[96];
	snprintf(layout, sizeof layout, "%s/layout", bench_dir);
	snprintf(repo, sizeof repo, "%s/repo", bench_dir);
	const char *flag = debug ? "-d" : "-f";
	if (which == APEXFS)
		execl(built("apexfs"), "apexfs", flag, repo, s->point, NULL);
	else if (debug)
		execl(built("tests/bench/barefs"), "barefs", flag, layout, s->point, NULL);
	else
		execl(built("tests/bench/barefs"), "barefs", layout, s->point, NULL);
	warn("%s", side_name[which]);
	fflush(stderr);
	_exit(127);
}

static inline void must_run(int which)
{
	int status;
	pid_t pid = waitpid(sides[which].pid, &status, WNOHANG);
	if (!pid)
		return;
	sides[which].pid = 0;
	must_shell("tail %s >&2", sides[which].log);
	errx(1, "%s ended before it was mounted, status %#x", side_name[which], pid < 0 ? -1 : status);
}

static inline void side_start(int which, bool debug)
{
	struct side *s = &sides[which];
	dev_t below = device_of(bench_dir);
	snprintf(s->point, sizeof s->point, "%s/%s", bench_dir, side_name[which]);
	snprintf(s->root, sizeof s->root, "%s/%s%s", bench_dir, side_name[which],
		 which == APEXFS ? "/heads/main" : "");
	snprintf(s->log, sizeof s->log, "%s/%s.log", bench_dir, side_name[which]);
	if (mkdir(s->point, 0700) && errno != EEXIST)
		err(1, "%s", s->point);
	start_program(s, which, debug);
	for (int i = 0; device_of(s->point) == below || access(s->root, F_OK); i++) {
		must_run(which);
		if (i == MOUNT_TRIES)
			errx(1, "%s is not mounted after %d tries", side_name[which], i);
		usleep(2000);
	}
}

static inline void side_stop(int which)
{
	struct side *s = &sides[which];
	char command[160];
	if (!s->pid)
		return;
	snprintf(command, sizeof command, "fusermount3 -u %s 2>/dev/null", s->point);
	/* whoever was the last to use it may still be on its way out */
	for (int i = 0; shell_in(NULL, command) && i < 100; i++)
		usleep(20000);
	if (device_of(s->point) != device_of(bench_dir))
		kill(s->pid, SIGTERM);
	waitpid(s->pid, NULL, 0);
	s->pid = 0;
}

/* CPU time, user's and system's, that the daemon took so far. */
static inline double side_cpu_us(int which)
{
	clockid_t clock;
	if (clock_getcpuclockid(sides[which].pid, &clock))
		errx(1, "%s is gone", side_name[which]);
	return clock_us(clock);
}

static inline void side_fresh(int which)
{
	side_stop(which);
	side_start(which, false);
}

static inline void sides_stop(void)
{
	for (int i = 0; i < SIDES; i++)
		side_stop(i);
}

/* -- content ---------------------------------------------------------------------------------------------- */

static const char *const record_type[] = { "A", "AAAA", "TXT" };

static inline void record_rdata(char out[64], size_t label, unsigned type)
{
	unsigned n = (unsigned)label;
	if (type == 0)
		snprintf(out, 64, "10.%u.%u.%u", n >> 16 & 255, n >> 8 & 255, n & 255);
	else if (type == 1)
		snprintf(out, 64, "2001:db8::%x:%x", 1 + (n >> 16), 1 + (n & 0xfff));
	else
		snprintf(out, 64, "\"host number %u\"", n);
}

static inline FILE *bench_file(const char *name)
{
	char path[96];
	snprintf(path, sizeof path, "%s/%s", bench_dir, name);
	FILE *f = fopen(path, "w");
	if (!f)
		err(1, "%s", path);
	return f;
}

/* The zone into a new repository, the same as a layout for barefs. */
static inline void sides_make(size_t labels, unsigned records)
{
	FILE *zone = bench_file("zone"), *layout = bench_file("layout");
	char rdata[64];
	fputs("$TTL 300\n@ SOA ns.example.net. h.example.net. 1 3600 600 86400 300\n@ NS ns.example.net.\n", zone);
	for (size_t i = 0; i < labels; i++) {
		for (unsigned k = 0; k < records; k++) {
			record_rdata(rdata, i, k);
			fprintf(zone, "h%zu %s %s\n", i, record_type[k], rdata);
			fprintf(layout, "h%zu/%s\t300 IN %s %s\n", i, record_type[k], record_type[k], rdata);
		}
	}
	if (fclose(zone) | fclose(layout))
		err(1, "%s", bench_dir);
	must_shell(
		"rm -rf %s/repo && APEX_REPO=%s/repo && export APEX_REPO APEX_AUTHOR_NAME=B APEX_AUTHOR_EMAIL=b@b &&"
		"%s init example. >/dev/null",
		bench_dir, bench_dir, built("apex"));
	must_shell("APEX_REPO=%s/repo APEX_AUTHOR_NAME=B APEX_AUTHOR_EMAIL=b@b %s import %s/zone >/dev/null",
		   bench_dir, built("apex"), bench_dir);
}

/* All on one CPU, ours and what we start: where the scheduler puts a daemon and its client makes a request 10 us or
 * 80, and a daemon's work that overlaps with its client's would not be seen. */
static inline void stay_on_one_cpu(void)
{
	cpu_set_t may, one;
	int cpu = CPU_SETSIZE - 1;
	if (getenv("APEX_BENCH_ANY_CPU") || sched_getaffinity(0, sizeof may, &may))
		return;
	while (cpu > 0 && !CPU_ISSET(cpu, &may))
		cpu--;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	if (sched_setaffinity(0, sizeof one, &one))
		err(1, "sched_setaffinity");
}

static inline void end_on_signal(int signal_number)
{
	exit(128 + signal_number);
}

/* Make ready to mount. False, said why, where nothing can be. */
static inline bool sides_possible(const char *benchmark)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (access("/dev/fuse", R_OK | W_OK) || !have_program("fusermount3")) {
		printf("skip %s: no FUSE here\n", benchmark);
		return false;
	}
	signal(SIGINT, end_on_signal);
	signal(SIGTERM, end_on_signal);
	stay_on_one_cpu();
	setenv("LC_ALL", "C", 1);
	bench_scratch();
	atexit(sides_stop); /* before the folder is removed */
	return true;
}

#endif
