#include "dnsd/keeper_child.h"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/pin.h"
#include "dnsd/due.h"
#include "dnsd/keeper.h"
#include "dnsd/say.h"

enum { SLOTS_MAX = 16, WAIT_S = 2 };

struct child {
	int fd;
	const char *dir;
	void (*log)(const char *text);
	struct ax_repo *repo;
	struct ax_pins *pins;
	struct due *due;
	/* The slots that are held, the newest last. Several while the daemon moves from one to the next, which can be
	 * in another environment (core's store_env.h): each is needed as long as it reads there. */
	struct ax_txn *slot[SLOTS_MAX];
	unsigned slots;
	time_t waited_s; /* since when for a commit that the daemon has seen; 0: for none */
};

static time_t now_s(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

/* -- answers ---------------------------------------------------------------------------------------------- */

/* A commit that was seen and does not become one: if its writer died, whoever writes next sees it through. */
static enum ax_err look_after(struct child *c)
{
	struct ax_txn *t;
	if (!c->waited_s)
		c->waited_s = now_s();
	if (now_s() - c->waited_s < WAIT_S || ax_repo_read_only(c->repo))
		return AX_OK;
	c->waited_s = 0;
	enum ax_err e = ax_txn_write(&t, ax_repo_store(c->repo), false);
	if (!e)
		ax_txn_abort(t);
	return e;
}

/* One that is neither the oldest nor the newest of its environment is of no use. */
static void drop_between(struct child *c)
{
	unsigned n = c->slots;
	if (n < 3 || ax_txn_id(c->slot[n - 3]) >> AX_EPOCH_SHIFT != ax_txn_id(c->slot[n - 1]) >> AX_EPOCH_SHIFT)
		return;
	ax_txn_abort(c->slot[n - 2]);
	c->slot[n - 2] = c->slot[n - 1];
	c->slots--;
}

static enum ax_err take(struct child *c, uint64_t *id, uint64_t seen)
{
	struct ax_txn *t;
	if (c->slots == SLOTS_MAX)
		return ax_fail(AX_ELIMIT, "the daemon goes on reading from %d environments", SLOTS_MAX / 2);
	enum ax_err e = ax_txn_read(&t, ax_repo_store(c->repo));
	if (e)
		return e;
	*id = ax_txn_id(t);
	if (c->slots && ax_txn_id(c->slot[c->slots - 1]) == *id) {
		ax_txn_abort(t);
	} else {
		c->slot[c->slots++] = t;
		drop_between(c);
	}
	if (*id < seen)
		return look_after(c);
	c->waited_s = 0;
	return AX_OK;
}

/* All but the last. */
static void release(struct child *c)
{
	for (unsigned i = 0; i + 1 < c->slots; i++)
		ax_txn_abort(c->slot[i]);
	if (c->slots)
		c->slot[0] = c->slot[c->slots - 1];
	c->slots = c->slots ? 1 : 0;
}

static enum ax_err pin(struct child *c, const struct ax_id *id)
{
	if (!c->pins)
		return ax_fail(AX_EPERM, "gc can't be told what is served here: %s can't be written to", c->dir);
	return ax_pins_add(c->pins, id);
}

static void answer(struct child *c, const struct keeper_question *q)
{
	struct keeper_answer a = { .e = AX_OK };
	switch (q->verb) {
	case KEEPER_TAKE:
		a.e = take(c, &a.id, q->seen);
		break;
	case KEEPER_RELEASE:
		release(c);
		break;
	case KEEPER_PIN:
		a.e = pin(c, &q->id);
		break;
	case KEEPER_UNPIN:
		if (c->pins)
			ax_pins_drop(c->pins, &q->id);
		break;
	default:
		a.e = AX_EINTERNAL;
	}
	if (a.e)
		snprintf(a.text, sizeof a.text, "%s", ax_err_text(a.e));
	(void)send(c->fd, &a, sizeof a, MSG_NOSIGNAL);
}

static void serve(struct child *c)
{
	time_t cleared_s = now_s();
	for (;;) {
		struct pollfd p = { .fd = c->fd, .events = POLLIN };
		struct keeper_question q;
		int n = poll(&p, 1, KEEPER_STALE_S * 1000);
		if (now_s() - cleared_s >= KEEPER_STALE_S) {
			cleared_s = now_s();
			enum ax_err e = ax_store_clear_stale(ax_repo_store(c->repo));
			if (e)
				say_why(c->log, SAY_ERROR, ax_err_text(e));
		}
		if (n <= 0)
			continue;
		if (recv(c->fd, &q, sizeof q, 0) != sizeof q)
			return;
		answer(c, &q);
	}
}

/* -- beginning -------------------------------------------------------------------------------------------- */

/* Nothing of the daemon's but the pair: a socket that stayed open here would go on taking queries. */
static void keep_only(int *fd)
{
	int kept = fcntl(*fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (kept < 0)
		_exit(1);
	if (kept != STDERR_FILENO + 1 && dup3(*fd, STDERR_FILENO + 1, O_CLOEXEC) < 0)
		_exit(1);
	*fd = STDERR_FILENO + 1;
	(void)close_range((unsigned)*fd + 1, ~0u, 0);
}

/* Root is not needed to write what is somebody else's. */
static enum ax_err become_owner(const char *repo)
{
	struct stat st;
	if (geteuid() != 0 || stat(repo, &st) != 0 || st.st_uid == 0)
		return AX_OK;
	if (setgroups(0, NULL) != 0 || setgid(st.st_gid) != 0 || setuid(st.st_uid) != 0)
		return ax_fail(AX_EPERM, "cannot become the owner of %s: %s", repo, strerror(errno));
	return AX_OK;
}

/* What is scheduled is carried out by whoever may write; who may only read holds slots all the same. */
static enum ax_err open_repository(struct child *c)
{
	enum ax_err e = become_owner(c->dir);
	if (e)
		return e;
	e = ax_repo_open(&c->repo, c->dir, false);
	if (e == AX_EPERM || e == AX_EROFS)
		e = ax_repo_open(&c->repo, c->dir, true);
	if (!e && ax_pins_open(&c->pins, c->dir))
		c->log(SAY_WARNING
		       "gc can't be told what is served here: nothing can be written to the repository's folder");
	return e ? e : due_start(&c->due, c->repo, c->log);
}

void keeper_child(int fd, const char *repo, void (*log)(const char *text))
{
	struct child c = { .fd = fd, .dir = repo, .log = log };
	struct keeper_answer a = { .e = AX_OK };
	/* Signals to end are the daemon's, which this outlives. */
	(void)prctl(PR_SET_NAME, "apexd-keeper");
	keep_only(&c.fd);
	a.e = open_repository(&c);
	if (a.e)
		snprintf(a.text, sizeof a.text, "%s", ax_err_text(a.e));
	(void)send(c.fd, &a, sizeof a, MSG_NOSIGNAL);
	if (!a.e)
		serve(&c);
	due_stop(c.due);
	while (c.slots)
		ax_txn_abort(c.slot[--c.slots]);
	ax_pins_close(c.pins);
	ax_repo_close(c.repo);
	fflush(stderr);
	_exit(0);
}
