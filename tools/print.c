#include "tools/print.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static enum ax_err write_all(int fd, struct ax_slice text)
{
	while (text.n) {
		ssize_t k = write(fd, text.p, text.n);
		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return ax_fail(AX_EIO, "standard output: %s", strerror(errno));
		text.p += k;
		text.n -= (size_t)k;
	}
	return AX_OK;
}

enum ax_err print_bytes(struct ax_slice text)
{
	return write_all(STDOUT_FILENO, text);
}

/* -- colour ----------------------------------------------------------------------------------------------- */

enum { ID_DIGITS = 12 };

/* The colour of the first *n bytes of a line (SGR parameters), or NULL. */
static const char *colour_of(size_t *n, const char *line, size_t len, enum print_style style)
{
	*n = len;
	if (style == PRINT_IDS) {
		*n = len < ID_DIGITS ? len : ID_DIGITS;
		return "33";
	}
	if (len > 7 && !memcmp(line, "commit ", 7))
		return "33";
	if (len < 2 || line[1] != ' ')
		return NULL;
	switch (line[0]) {
	case '+':
		return "32";
	case '-':
		return "31";
	case '~':
		return "36";
	case 'T':
		return "35";
	}
	return NULL;
}

static void paint(struct ax_buf *out, struct ax_slice text, enum print_style style)
{
	const char *p = (const char *)text.p, *end = p + text.n;
	while (p < end) {
		const char *lf = memchr(p, '\n', (size_t)(end - p));
		size_t len = (size_t)((lf ? lf : end) - p), n = 0;
		const char *colour = len ? colour_of(&n, p, len, style) : NULL;
		if (colour) {
			ax_buf_printf(out, "\033[%sm", colour);
			ax_buf_put(out, p, n);
			ax_buf_str(out, "\033[m");
		}
		ax_buf_put(out, p + n * !!colour, len - n * !!colour);
		if (lf)
			ax_buf_u8(out, '\n');
		p += len + (lf != NULL);
	}
}

static bool wants_colour(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");
	return isatty(STDOUT_FILENO) && !(no && *no) && term && strcmp(term, "dumb");
}

/* -- pager ------------------------------------------------------------------------------------------------ */

static const char *pager(void)
{
	const char *p = getenv("PAGER");
	if (!isatty(STDOUT_FILENO))
		return NULL;
	if (!p)
		p = "less";
	return *p && strcmp(p, "cat") ? p : NULL;
}

/* Whoever leaves the pager early has seen enough: a broken pipe is no error. */
static enum ax_err through_pager(struct ax_slice text, const char *program)
{
	int pipe_fd[2];
	if (pipe(pipe_fd))
		return ax_fail(AX_EIO, "pipe: %s", strerror(errno));
	pid_t pid = fork();
	if (pid < 0) {
		close(pipe_fd[0]);
		close(pipe_fd[1]);
		return print_bytes(text);
	}
	if (!pid) {
		dup2(pipe_fd[0], STDIN_FILENO);
		close(pipe_fd[0]);
		close(pipe_fd[1]);
		setenv("LESS", "FRX", 0);
		execl("/bin/sh", "sh", "-c", program, (char *)NULL);
		_exit(127);
	}
	close(pipe_fd[0]);
	signal(SIGPIPE, SIG_IGN);
	enum ax_err e = write_all(pipe_fd[1], text);
	close(pipe_fd[1]);
	int status = 0;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		return print_bytes(text);
	(void)e;
	return AX_OK;
}

enum ax_err print_text(struct ax_slice text, enum print_style style, bool paged)
{
	if (!text.n)
		return AX_OK;
	struct ax_buf painted = AX_BUF_INIT;
	if (style != PRINT_PLAIN && wants_colour()) {
		paint(&painted, text, style);
		if (!painted.failed)
			text = ax_buf_view(&painted);
	}
	const char *program = paged ? pager() : NULL;
	enum ax_err e = program ? through_pager(text, program) : print_bytes(text);
	ax_buf_fini(&painted);
	return e;
}

/* -- progress --------------------------------------------------------------------------------------------- */

static int64_t monotonic_ns(void)
{
	struct timespec ts = { 0 };
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

void print_progress_begin(struct print_progress *p, const char *what, uint64_t total)
{
	*p = (struct print_progress){ .what = what, .total = total, .on = isatty(STDERR_FILENO) };
	p->began_ns = p->shown_ns = p->on ? monotonic_ns() : 0;
}

void print_progress_set(struct print_progress *p, uint64_t done)
{
	enum { HALF_SECOND_NS = 500000000 };
	p->done = done;
	int64_t now = p->on ? monotonic_ns() : 0;
	if (!p->on || now - p->shown_ns < HALF_SECOND_NS)
		return;
	p->shown_ns = now;
	p->shown = true;
	double rate = (double)done * 1e9 / (double)(now - p->began_ns);
	fprintf(stderr, "\r%s: %llu", p->what, (unsigned long long)done);
	if (p->total > done && rate > 0)
		fprintf(stderr, " of %llu (%d %%), %.0f/s, %.0f s left", (unsigned long long)p->total,
			(int)(100.0 * (double)done / (double)p->total), rate, (double)(p->total - done) / rate);
	else
		fprintf(stderr, ", %.0f/s", rate);
	fputs("\033[K", stderr);
}

void print_progress_end(struct print_progress *p)
{
	if (p->shown)
		fputs("\r\033[K", stderr);
	p->on = p->shown = false;
}
