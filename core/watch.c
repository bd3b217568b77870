#include "core/watch.h"

#include <poll.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <time.h>
#include <unistd.h>

static enum ax_err add_watch(struct ax_watch *w)
{
	struct ax_buf file = AX_BUF_INIT;
	enum ax_err e = AX_OK;
	w->epoch = ax_store_epoch(w->store);
	ax_buf_printf(&file, "%s/data.mdb", ax_store_path(w->store));
	if (!ax_buf_cstr(&file) || inotify_add_watch(w->fd, ax_buf_cstr(&file), IN_MODIFY) < 0)
		e = ax_fail(AX_EIO, "%s: cannot watch it: %m", ax_store_path(w->store));
	ax_buf_fini(&file);
	return e;
}

enum ax_err ax_watch_open(struct ax_watch *out, struct ax_store *s)
{
	out->store = s;
	out->told = UINT64_MAX;
	out->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (out->fd < 0)
		return ax_fail(AX_EIO, "cannot watch the store: %m");
	enum ax_err e = add_watch(out);
	if (e)
		ax_watch_close(out);
	return e;
}

void ax_watch_close(struct ax_watch *w)
{
	if (w->fd >= 0)
		close(w->fd);
	w->fd = -1;
}

void ax_watch_drain(struct ax_watch *w)
{
	char events[4096];
	/* A watch that can't be renewed leaves the waits: each looks at the store when its time is over. */
	if (w->epoch != ax_store_epoch(w->store) && add_watch(w))
		ax_err_clear();
	while (read(w->fd, events, sizeof events) > 0)
		;
}

static int64_t now_ms(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* A commit in the making: each run of pages that is written is an event, and they come thick. */
static void pause_a_moment(void)
{
	nanosleep(&(struct timespec){ 0, 50000 }, NULL);
}

/* The new state is to be seen before it can be read; an event comes when it can. */
static void wait_for_flush(const struct ax_watch *w)
{
	ppoll(&(struct pollfd){ .fd = w->fd, .events = POLLIN }, 1, &(struct timespec){ 0, 200000 }, NULL);
}

/* Is there something newer than seen? */
static bool newer(struct ax_watch *w, struct ax_store *s, uint64_t seen)
{
	if (ax_store_last_txn(s) == seen)
		return false;
	if (w->told == seen)
		wait_for_flush(w);
	w->told = seen;
	return true;
}

bool ax_watch_wait(struct ax_watch *w, struct ax_store *s, uint64_t seen, int timeout_ms, int other_fd)
{
	struct pollfd fds[2] = { { .fd = w->fd, .events = POLLIN }, { .fd = other_fd, .events = POLLIN } };
	int64_t end = timeout_ms < 0 ? 0 : now_ms() + timeout_ms;
	for (bool woken = false;; woken = true) {
		/* drain first: a commit that comes after it leaves an event, one before it has moved the txn */
		ax_watch_drain(w);
		if (newer(w, s, seen))
			return true;
		if (woken)
			pause_a_moment();
		int64_t left = timeout_ms < 0 ? -1 : end - now_ms();
		if (timeout_ms >= 0 && left < 0)
			left = 0;
		int n = poll(fds, 2, (int)left);
		if (n == 0 || (n < 0 && errno != EINTR) || (n > 0 && fds[1].revents))
			return newer(w, s, seen);
	}
}
