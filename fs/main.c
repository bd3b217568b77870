/* main.c - apexfs: mount a repository of zones. Arguments, going into the background, messages. */
#include "fs/fuse.h"
#include "fs/mount.h"
#include "fs/ops.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

struct args {
	bool foreground, debug;
	char repo[PATH_MAX], point[PATH_MAX];
	struct ax_buf options; /* what -o said, joined by commas */
};

static const char usage_text[] =
	"usage: apexfs [-f] [-o OPTION[,OPTION...]] REPOSITORY MOUNTPOINT\n"
	"\n"
	"Show the zones of a repository as files: heads/main/www/A is the A RRset of www,\n"
	"saving it is a commit; commits/ is the past. Unmount with: fusermount3 -u MOUNTPOINT\n"
	"\n"
	"  -f            stay in the foreground\n"
	"  -o OPTIONS    ro, allow_other, allow_root, auto_unmount, and those of mount(8)\n"
	"  --help        this text\n"
	"  --version     the version\n";

static int usage(void)
{
	fputs(usage_text, stderr);
	return 2;
}

/* What fstab(5) says to mount(8) and systemd, and mount(8) passes on to us. */
static bool is_for_mount(const char *word, size_t n)
{
	static const char *const words[] = { "defaults", "auto",  "noauto",  "user",    "nouser", "users", "group",
					     "nogroup",  "owner", "noowner", "_netdev", "nofail", NULL };
	static const char *const begins[] = { "user=", "comment=", "x-", "X-", NULL };
	for (const char *const *w = words; *w; w++)
		if (strlen(*w) == n && memcmp(*w, word, n) == 0)
			return true;
	for (const char *const *b = begins; *b; b++)
		if (strlen(*b) <= n && memcmp(*b, word, strlen(*b)) == 0)
			return true;
	return false;
}

static void add_options(struct args *a, const char *text)
{
	for (size_t n; *text; text += n + (text[n] == ',')) {
		n = strcspn(text, ",");
		if (n && !is_for_mount(text, n))
			ax_buf_printf(&a->options, "%s%.*s", a->options.n ? "," : "", (int)n, text);
	}
}

/* -1: go on; else the exit status. Options may follow the operands and -n, -s, -v, -t are taken: so mount(8) calls
 * its helpers. */
static int parse(struct args *a, int argc, char **argv)
{
	static const struct option longs[] = { { "help", 0, NULL, 'h' }, { "version", 0, NULL, 'V' }, { 0 } };
	for (int c; (c = getopt_long(argc, argv, "fdo:hVnsvt:", longs, NULL)) != -1;) {
		if (c == 'h') {
			fputs(usage_text, stdout);
			return 0;
		} else if (c == 'V') {
			puts("apexfs " APEX_VERSION);
			return 0;
		} else if (c == 'f') {
			a->foreground = true;
		} else if (c == 'd') {
			a->debug = a->foreground = true;
		} else if (c == 'o') {
			add_options(a, optarg);
		} else if (!strchr("nsvt", c)) {
			return usage();
		}
	}
	if (argc - optind != 2)
		return usage();
	/* the background has another working directory */
	if (!realpath(argv[optind], a->repo)) {
		fprintf(stderr, "apexfs: %s: %s\n", argv[optind], strerror(errno));
		return 3;
	}
	struct stat st;
	if (!realpath(argv[optind + 1], a->point) || stat(a->point, &st)) {
		fprintf(stderr, "apexfs: %s: %s\n", argv[optind + 1], strerror(errno));
		return 1;
	}
	if (!S_ISDIR(st.st_mode)) {
		fprintf(stderr, "apexfs: %s: %s\n", argv[optind + 1], strerror(ENOTDIR));
		return 1;
	}
	return -1;
}

static void say_here(const char *line)
{
	fprintf(stderr, "apexfs: refused: %s\n", line);
}

static void say_syslog(const char *line)
{
	syslog(LOG_WARNING, "refused: %s", line);
}

static bool wants(const char *options, const char *word)
{
	size_t n = strlen(word);
	for (const char *p = options; p && *p; p = strchr(p, ',') ? strchr(p, ',') + 1 : NULL)
		if (strncmp(p, word, n) == 0 && (p[n] == ',' || !p[n]))
			return true;
	return false;
}

static int fuse_args(struct fuse_args *out, const struct args *a, const char *options)
{
	struct fuse_opt_data;
	char *opts = NULL, *name = NULL;
	int bad = fuse_opt_add_arg(out, "apexfs");
	bad |= asprintf(&name, "fsname=%s", a->repo) < 0;
	bad |= fuse_opt_add_opt(&opts, "default_permissions,noatime,nodev,nosuid,subtype=apexfs");
	bad |= name ? fuse_opt_add_opt_escaped(&opts, name) : -1;
	if (options && *options)
		bad |= fuse_opt_add_opt(&opts, options);
	bad |= fuse_opt_add_arg(out, "-o") | fuse_opt_add_arg(out, opts ? opts : "");
	if (a->debug)
		bad |= fuse_opt_add_arg(out, "-d");
	free(name);
	free(opts);
	return bad;
}

/* Whoever started us waits at the other end of the pipe for one byte: the exit status. */
static void tell_parent(int *pipe_fd, int status)
{
	char byte = (char)status;
	if (*pipe_fd < 0)
		return;
	if (write(*pipe_fd, &byte, 1) != 1)
		_exit(status);
	close(*pipe_fd);
	*pipe_fd = -1;
}

static void detach(void)
{
	int null = open("/dev/null", O_RDWR);
	setsid();
	if (chdir("/"))
		_exit(1);
	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
	if (null > 2)
		close(null);
	openlog("apexfs", LOG_PID, LOG_DAEMON);
}

static int serve(struct mount *m, const struct args *a, int *pipe_fd)
{
	if (fuse_session_mount(m->session, a->point))
		return 1; /* libfuse said why */
	if (fuse_set_signal_handlers(m->session)) {
		fuse_session_unmount(m->session);
		return 1;
	}
	m->say = a->foreground ? say_here : say_syslog;
	if (!a->foreground)
		detach();
	tell_parent(pipe_fd, 0);
	int error = mount_serve(m);
	fuse_remove_signal_handlers(m->session);
	fuse_session_unmount(m->session);
	return error ? 1 : 0;
}

static int run(const struct args *a, const char *options, int *pipe_fd)
{
	struct fuse_args args = FUSE_ARGS_INIT(0, NULL);
	struct mount m = { .read_only = wants(options, "ro") };
	int status = 1;
	enum ax_err e = mount_open(&m, a->repo);
	if (e) {
		fprintf(stderr, "apexfs: %s%s\n", ax_err_text(e), e == AX_EROFS ? ": mount it with -o ro" : "");
		status = ax_err_status(e);
	} else if (fuse_args(&args, a, options)) {
		fprintf(stderr, "apexfs: out of memory\n");
	} else {
		m.session = fuse_session_new(&args, &ops_table, sizeof(ops_table), &m);
		if (m.session)
			status = serve(&m, a, pipe_fd);
	}
	if (m.session)
		fuse_session_destroy(m.session);
	fuse_opt_free_args(&args);
	mount_close(&m);
	return status;
}

/* The store is opened after the fork: LMDB's environment does not survive one. */
static int in_background(int *pipe_fd)
{
	int fds[2];
	char status = 1;
	if (pipe2(fds, O_CLOEXEC))
		return 1;
	pid_t pid = fork();
	if (pid < 0)
		return 1;
	if (pid == 0) {
		close(fds[0]);
		*pipe_fd = fds[1];
		return -1;
	}
	close(fds[1]);
	if (read(fds[0], &status, 1) != 1)
		status = 1;
	return status;
}

int main(int argc, char **argv)
{
	struct args a = { 0 };
	int pipe_fd = -1;
	int status = parse(&a, argc, argv);
	if (status < 0 && !a.foreground)
		status = in_background(&pipe_fd);
	if (status < 0) {
		status = run(&a, ax_buf_cstr(&a.options), &pipe_fd);
		tell_parent(&pipe_fd, status);
	}
	ax_buf_fini(&a.options);
	return status;
}
