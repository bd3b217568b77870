#include "tools/editor.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static enum ax_err write_text(const char *path, struct ax_slice text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return ax_fail(AX_EIO, "%s: %s", path, strerror(errno));
	while (text.n) {
		ssize_t k = write(fd, text.p, text.n);
		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0) {
			close(fd);
			return ax_fail(AX_EIO, "%s: %s", path, strerror(errno));
		}
		text = ax_slice(text.p + k, text.n - (size_t)k);
	}
	return close(fd) ? ax_fail(AX_EIO, "%s: %s", path, strerror(errno)) : AX_OK;
}

enum ax_err editor_make(struct editor *e, const char *name, struct ax_slice text)
{
	const char *tmp = getenv("TMPDIR");
	int n = snprintf(e->dir, sizeof e->dir, "%s/apex-edit.XXXXXX", tmp && *tmp ? tmp : "/tmp");
	if (n < 0 || (size_t)n >= sizeof e->dir)
		return ax_fail(AX_EIO, "TMPDIR is too long");
	if (!mkdtemp(e->dir)) {
		enum ax_err err = ax_fail(AX_EIO, "%s: %s", e->dir, strerror(errno));
		e->dir[0] = 0;
		return err;
	}
	snprintf(e->path, sizeof e->path, "%s/%s", e->dir, name);
	return write_text(e->path, text);
}

enum ax_err editor_use(struct editor *e, const char *path)
{
	e->dir[0] = 0;
	int n = snprintf(e->path, sizeof e->path, "%s", path);
	return n < 0 || (size_t)n >= sizeof e->path ? ax_fail(AX_EUSAGE, "the path is too long") : AX_OK;
}

static const char *program(void)
{
	const char *visual = getenv("VISUAL"), *editor = getenv("EDITOR");
	return visual && *visual ? visual : editor && *editor ? editor : "vi";
}

/* As git does: the variable may hold arguments, or a whole command line. */
static void become(const char *path)
{
	char command[1000];
	const char *word = program();
	/* No shell between us where none is needed: an interrupt would end it. */
	if (!word[strcspn(word, "|&;<>()$`\\\"' \t\n*?[#~=%")]) {
		execlp(word, word, path, (char *)NULL);
		_exit(127);
	}
	snprintf(command, sizeof command, "%s \"$@\"", word);
	execl("/bin/sh", "sh", "-c", command, word, path, (char *)NULL);
	_exit(127);
}

/* The terminal's interrupt is for the editor alone, which may live on (emacs has C-g send it). */
static pid_t run_editor(const char *path, int *status)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN }, interrupt, quit;
	sigaction(SIGINT, &ignore, &interrupt);
	sigaction(SIGQUIT, &ignore, &quit);
	pid_t pid = fork();
	if (!pid) {
		sigaction(SIGINT, &interrupt, NULL);
		sigaction(SIGQUIT, &quit, NULL);
		become(path);
	}
	while (pid > 0 && waitpid(pid, status, 0) < 0 && errno == EINTR)
		;
	sigaction(SIGINT, &interrupt, NULL);
	sigaction(SIGQUIT, &quit, NULL);
	return pid;
}

enum ax_err editor_run(const struct editor *e)
{
	int status = 0;
	fflush(NULL);
	if (run_editor(e->path, &status) < 0)
		return ax_fail(AX_EIO, "fork: %s", strerror(errno));
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return AX_OK;
	return ax_fail(AX_EINVAL, "the editor `%s` did not end well (status %d)", program(),
		       WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

void editor_done(struct editor *e)
{
	if (!e->dir[0])
		return;
	unlink(e->path);
	rmdir(e->dir);
	e->dir[0] = 0;
}

bool editor_can_ask(void)
{
	return isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

char editor_ask(const char *question, const char *letters)
{
	char line[80];
	for (;;) {
		fprintf(stderr, "%s ", question);
		if (!fgets(line, sizeof line, stdin))
			return 'q';
		if (line[0] == '\n')
			return letters[0];
		if (strchr(letters, line[0]))
			return line[0];
	}
}
