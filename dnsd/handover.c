#include "dnsd/handover.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { MESSAGE_MAX = 16 };
static const char socket_said[] = "socket", end_said[] = "end", ready_said[] = "ready", release_said[] = "release";

struct handover {
	int listening, peer;                                   /* -1: none */
	char path[sizeof((struct sockaddr_un *)0)->sun_path];  /* where it waits */
	char fresh[sizeof((struct sockaddr_un *)0)->sun_path]; /* where its socket is before; empty: no longer */
	const int *fds;                                        /* borrowed */
	size_t n;
};

/* -- messages --------------------------------------------------------------------------------------------- */

union control {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(sizeof(int))];
};

/* With a descriptor, unless it is -1. */
static bool send_message(int peer, const char *text, int fd)
{
	union control control;
	struct iovec iov = { (void *)text, strlen(text) };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	if (fd >= 0) {
		memset(&control, 0, sizeof control);
		m.msg_control = control.bytes;
		m.msg_controllen = sizeof control.bytes;
		struct cmsghdr *c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof fd);
		memcpy(CMSG_DATA(c), &fd, sizeof fd);
	}
	return sendmsg(peer, &m, MSG_NOSIGNAL) == (ssize_t)iov.iov_len;
}

/* Padding lets two in where one is asked for: of more than one, or with no word, none is taken. */
static void take_descriptor(int *fd, const void *sent, size_t n, bool said)
{
	int had[sizeof(union control) / sizeof(int)];
	bool taken = said && n == sizeof had[0];
	memcpy(had, sent, n);
	if (taken)
		*fd = had[0];
	for (size_t i = 0; !taken && i < n / sizeof had[0]; i++)
		close(had[i]);
}

/* *fd: the descriptor that came with it, the caller's, or -1. False: there is no message. */
static bool receive_message(int peer, char text[MESSAGE_MAX], int *fd)
{
	union control control;
	struct iovec iov = { text, MESSAGE_MAX - 1 };
	struct msghdr m = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes
	};
	ssize_t n = recvmsg(peer, &m, MSG_CMSG_CLOEXEC);
	*fd = -1;
	text[n > 0 ? n : 0] = 0;
	if (n < 0)
		return false;
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
		take_descriptor(fd, CMSG_DATA(c), c->cmsg_len - CMSG_LEN(0), n > 0);
	return n > 0;
}

static enum ax_err address_of(struct sockaddr_un *out, const char *path)
{
	*out = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if ((size_t)snprintf(out->sun_path, sizeof out->sun_path, "%s", path) < sizeof out->sun_path)
		return AX_OK;
	return ax_fail(AX_EUSAGE, "%s: too long a path for a socket", path);
}

static enum ax_err new_socket(int *fd, unsigned flags)
{
	*fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | (int)flags, 0);
	return *fd >= 0 ? AX_OK : ax_fail(AX_EIO, "socket: %s", strerror(errno));
}

/* -- the next one ----------------------------------------------------------------------------------------- */

static enum ax_err take_all(int peer, struct listen_given *g, const char *path)
{
	char text[MESSAGE_MAX];
	int fd;
	enum ax_err e = AX_OK;
	for (unsigned n = 0; !e && n < HANDOVER_SOCKETS && receive_message(peer, text, &fd); n++) {
		if (fd >= 0)
			e = listen_give(g, fd);
		else if (strcmp(text, end_said) == 0)
			return AX_OK;
	}
	return e ? e : ax_fail(AX_EIO, "%s: the daemon there does not hand over its sockets", path);
}

enum ax_err handover_take(struct handover **before, struct listen_given *g, const char *path)
{
	const struct timeval wait = { .tv_sec = HANDOVER_WAIT_S };
	struct sockaddr_un a;
	int fd;
	*before = NULL;
	enum ax_err e = address_of(&a, path);
	if (!e)
		e = new_socket(&fd, 0);
	if (e)
		return e;
	if (connect(fd, (struct sockaddr *)&a, sizeof a) != 0) {
		close(fd);
		return errno == ENOENT || errno == ECONNREFUSED ? AX_OK
								: ax_fail(AX_EIO, "%s: %s", path, strerror(errno));
	}
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
	struct handover *h = calloc(1, sizeof *h);
	e = h ? take_all(fd, g, path) : ax_fail(AX_ENOMEM, "no memory for the handover");
	if (e) {
		close(fd);
		free(h);
		return e;
	}
	h->listening = -1;
	h->peer = fd;
	*before = h;
	return AX_OK;
}

enum ax_err handover_release(struct handover *before)
{
	char text[MESSAGE_MAX];
	int fd;
	bool good = send_message(before->peer, release_said, -1) && receive_message(before->peer, text, &fd);
	if (good && fd >= 0)
		close(fd);
	return good ? AX_OK : ax_fail(AX_EIO, "the daemon before does not release its interfaces");
}

void handover_ready(struct handover *before)
{
	if (before)
		(void)send_message(before->peer, ready_said, -1); /* or it has ended already */
	handover_free(before);
}

/* -- the one before --------------------------------------------------------------------------------------- */

static enum ax_err bind_fresh(struct handover *h)
{
	struct sockaddr_un a;
	enum ax_err e = address_of(&a, h->fresh);
	if (e)
		return e;
	(void)unlink(h->fresh);
	if (bind(h->listening, (struct sockaddr *)&a, sizeof a) == 0 && chmod(h->fresh, 0600) == 0 &&
	    listen(h->listening, 1) == 0)
		return AX_OK;
	return ax_fail(AX_EIO, "%s: %s", h->fresh, strerror(errno));
}

enum ax_err handover_bind(struct handover **out, const char *path, const int *fds, size_t n)
{
	*out = NULL;
	struct handover *h = calloc(1, sizeof *h);
	if (!h)
		return ax_fail(AX_ENOMEM, "no memory for the handover");
	h->listening = h->peer = -1;
	h->fds = fds;
	h->n = n;
	enum ax_err e =
		n < HANDOVER_SOCKETS ? AX_OK : ax_fail(AX_ELIMIT, "more than %d sockets", HANDOVER_SOCKETS - 1);
	snprintf(h->path, sizeof h->path, "%s", path);
	if (!e && (size_t)snprintf(h->fresh, sizeof h->fresh, "%s.%ld", path, (long)getpid()) >= sizeof h->fresh) {
		e = ax_fail(AX_EUSAGE, "%s: too long a path for a socket", path);
		h->fresh[0] = 0;
	}
	if (!e)
		e = new_socket(&h->listening, SOCK_NONBLOCK);
	if (!e)
		e = bind_fresh(h);
	if (e)
		handover_free(h);
	else
		*out = h;
	return e;
}

enum ax_err handover_wait(struct handover *h)
{
	if (rename(h->fresh, h->path) != 0)
		return ax_fail(AX_EIO, "%s: %s", h->path, strerror(errno));
	h->fresh[0] = 0;
	return AX_OK;
}

int handover_fd(const struct handover *h)
{
	return h->peer >= 0 ? h->peer : h->listening;
}

static bool is_ours(int peer)
{
	struct ucred who;
	socklen_t n = sizeof who;
	return getsockopt(peer, SOL_SOCKET, SO_PEERCRED, &who, &n) == 0 && (who.uid == 0 || who.uid == geteuid());
}

static void drop_peer(struct handover *h)
{
	close(h->peer);
	h->peer = -1;
}

static void greet(struct handover *h)
{
	const struct timeval wait = { .tv_sec = HANDOVER_WAIT_S };
	h->peer = accept4(h->listening, NULL, NULL, SOCK_CLOEXEC);
	if (h->peer < 0)
		return;
	(void)setsockopt(h->peer, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
	(void)setsockopt(h->peer, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
	bool good = is_ours(h->peer);
	for (size_t i = 0; good && i < h->n; i++)
		good = send_message(h->peer, socket_said, h->fds[i]);
	if (!good || !send_message(h->peer, end_said, -1))
		drop_peer(h);
}

enum handover_news handover_go_on(struct handover *h)
{
	char text[MESSAGE_MAX];
	int fd;
	if (h->peer < 0) {
		greet(h);
		return HANDOVER_NOTHING;
	}
	bool said = receive_message(h->peer, text, &fd);
	if (fd >= 0)
		close(fd);
	if (said && strcmp(text, release_said) == 0)
		return HANDOVER_RELEASE;
	drop_peer(h);
	return said && strcmp(text, ready_said) == 0 ? HANDOVER_READY : HANDOVER_NOTHING;
}

void handover_released(struct handover *h)
{
	if (!send_message(h->peer, end_said, -1))
		drop_peer(h);
}

void handover_free(struct handover *h)
{
	if (!h)
		return;
	if (h->fresh[0])
		(void)unlink(h->fresh);
	if (h->listening >= 0)
		close(h->listening);
	if (h->peer >= 0)
		close(h->peer);
	free(h);
}
