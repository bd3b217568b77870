#include "dnsd/keeper.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dnsd/keeper_child.h"

struct keeper {
	int fd; /* of the pair */
	pid_t pid;
	pthread_mutex_t lock; /* a question and its answer */
	struct ax_slot slot;
	struct ax_store *store;
	void (*lost)(void);
	int wake; /* eventfd: stop */
	pthread_t thread;
	bool running;
};

/* -- questions -------------------------------------------------------------------------------------------- */

static enum ax_err receive(struct keeper *k, struct keeper_answer *a)
{
	ssize_t n;
	do
		n = recv(k->fd, a, sizeof *a, 0);
	while (n < 0 && errno == EINTR);
	if (n != sizeof *a)
		return ax_fail(AX_EIO, "the keeper of the store has ended");
	a->text[sizeof a->text - 1] = 0;
	return a->e == AX_OK ? AX_OK : ax_fail(a->e, "%s", a->text);
}

static enum ax_err ask(struct keeper *k, const struct keeper_question *q, struct keeper_answer *a)
{
	pthread_mutex_lock(&k->lock);
	enum ax_err e = send(k->fd, q, sizeof *q, MSG_NOSIGNAL) == sizeof *q
				? receive(k, a)
				: ax_fail(AX_EIO, "the keeper of the store has ended");
	pthread_mutex_unlock(&k->lock);
	return e;
}

static enum ax_err take(void *ctx, uint64_t *id, uint64_t seen)
{
	struct keeper_answer a;
	enum ax_err e = ask(ctx, &(struct keeper_question){ .verb = KEEPER_TAKE, .seen = seen }, &a);
	if (!e)
		*id = a.id;
	return e;
}

static enum ax_err release(void *ctx)
{
	struct keeper_answer a;
	return ask(ctx, &(struct keeper_question){ .verb = KEEPER_RELEASE }, &a);
}

const struct ax_slot *keeper_slot(const struct keeper *k)
{
	return &k->slot;
}

enum ax_err keeper_pin(struct keeper *k, const struct ax_id *commit)
{
	struct keeper_answer a;
	return ask(k, &(struct keeper_question){ .verb = KEEPER_PIN, .id = *commit }, &a);
}

void keeper_unpin(struct keeper *k, const struct ax_id *commit)
{
	struct keeper_answer a;
	enum ax_err e = ask(k, &(struct keeper_question){ .verb = KEEPER_UNPIN, .id = *commit }, &a);
	(void)e; /* then it is gone, and the pin with it */
}

/* -- the thread ------------------------------------------------------------------------------------------- */

static void *move_slot(void *arg)
{
	struct keeper *k = arg;
	for (;;) {
		struct pollfd fds[2] = { { .fd = k->wake, .events = POLLIN }, { .fd = k->fd } };
		int n = poll(fds, 2, KEEPER_MOVE_MS);
		if (n > 0 && fds[1].revents & (POLLHUP | POLLERR))
			k->lost();
		if (n > 0 && fds[0].revents)
			return NULL;
		/* What can't be moved now is tried again; whether the keeper lives, poll tells. */
		enum ax_err e = ax_store_keep_up(k->store);
		(void)e;
	}
}

enum ax_err keeper_follow(struct keeper *k, struct ax_store *store, void (*lost)(void))
{
	k->store = store;
	k->lost = lost;
	k->running = pthread_create(&k->thread, NULL, move_slot, k) == 0;
	return k->running ? AX_OK : ax_fail(AX_EIO, "no thread can be made");
}

/* -- start and stop --------------------------------------------------------------------------------------- */

static enum ax_err start(struct keeper *k, const char *repo, void (*log)(const char *text))
{
	int pair[2];
	struct keeper_answer a;
	k->wake = eventfd(0, EFD_CLOEXEC);
	if (k->wake < 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return ax_fail(AX_EIO, "socketpair: %s", strerror(errno));
	k->fd = pair[0];
	k->pid = fork();
	if (k->pid == 0)
		keeper_child(pair[1], repo, log);
	close(pair[1]);
	if (k->pid < 0)
		return ax_fail(AX_EIO, "fork: %s", strerror(errno));
	return receive(k, &a); /* the repository is open */
}

enum ax_err keeper_start(struct keeper **out, const char *repo, void (*log)(const char *text))
{
	*out = NULL;
	struct keeper *k = calloc(1, sizeof *k);
	if (!k)
		return ax_fail(AX_ENOMEM, "no memory for the keeper");
	k->fd = k->wake = k->pid = -1;
	k->slot = (struct ax_slot){ take, release, k };
	pthread_mutex_init(&k->lock, NULL);
	enum ax_err e = start(k, repo, log);
	if (e)
		keeper_stop(k);
	else
		*out = k;
	return e;
}

void keeper_stop(struct keeper *k)
{
	uint64_t one = 1;
	if (!k)
		return;
	if (k->running) {
		(void)!write(k->wake, &one, sizeof one);
		pthread_join(k->thread, NULL);
	}
	if (k->fd >= 0)
		close(k->fd); /* the end, for it */
	if (k->pid > 0)
		while (waitpid(k->pid, NULL, 0) < 0 && errno == EINTR)
			;
	if (k->wake >= 0)
		close(k->wake);
	pthread_mutex_destroy(&k->lock);
	free(k);
}
