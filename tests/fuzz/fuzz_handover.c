/* Messages of any bytes, with any descriptors, to either side of a handover: the next one takes sockets or says why
 * not, the one before goes on or ends, and no descriptor is lost.
 * An octet a message: how long it is (up to 31), whether it ends the words that are known, how many descriptors it
 * has. */
#include <assert.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "dnsd/handover.h"

enum { MESSAGES = 24, DESCRIPTORS = 3 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char path[64];
static struct ax_slice said;
static int given_away;

static void send_message(int peer, struct ax_slice text, unsigned n)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(DESCRIPTORS * sizeof(int))];
	} control;
	struct iovec iov = { (void *)(uintptr_t)text.p, text.n };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	const int fds[DESCRIPTORS] = { given_away, given_away, given_away };
	memset(&control, 0, sizeof control);
	if (n) {
		m.msg_control = control.bytes;
		m.msg_controllen = CMSG_SPACE(n * sizeof fds[0]);
		struct cmsghdr *c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(n * sizeof fds[0]);
		memcpy(CMSG_DATA(c), fds, n * sizeof fds[0]);
	}
	(void)sendmsg(peer, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void send_all(int peer)
{
	struct ax_slice left = said;
	for (unsigned i = 0; i < MESSAGES && left.n; i++) {
		unsigned how = left.p[0];
		left = ax_slice(left.p + 1, left.n - 1);
		size_t n = (how & 31) < left.n ? how & 31 : left.n;
		send_message(peer, ax_slice(left.p, n), how >> 6);
		left = ax_slice(left.p + n, left.n - n);
	}
}

static int new_socket(struct sockaddr_un *a)
{
	*a = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(a->sun_path, path, sizeof path);
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	assert(fd >= 0);
	return fd;
}

static void *play_before(void *listening)
{
	int peer = accept(*(int *)listening, NULL, NULL);
	send_all(peer);
	close(peer);
	return NULL;
}

static void fuzz_next(void)
{
	struct sockaddr_un a;
	struct listen_given given = { 0 };
	struct handover *before;
	pthread_t thread;
	int listening = new_socket(&a);
	(void)unlink(path);
	assert(bind(listening, (struct sockaddr *)&a, sizeof a) == 0 && listen(listening, 1) == 0);
	assert(pthread_create(&thread, NULL, play_before, &listening) == 0);
	enum ax_err e = handover_take(&before, &given, path);
	assert((e == AX_OK) == (before != NULL));
	handover_free(before);
	(void)listen_drop(&given);
	pthread_join(thread, NULL);
	close(listening);
}

static void fuzz_before(void)
{
	struct sockaddr_un a;
	struct handover *h;
	const int fds[1] = { given_away };
	assert(handover_bind(&h, path, fds, 1) == AX_OK && handover_wait(h) == AX_OK);
	int peer = new_socket(&a);
	assert(connect(peer, (struct sockaddr *)&a, sizeof a) == 0);
	bool end = false;
	(void)handover_go_on(h); /* greets */
	send_all(peer);
	close(peer);
	for (unsigned i = 0; i <= MESSAGES && !end; i++) {
		struct pollfd p = { .fd = handover_fd(h), .events = POLLIN };
		end = poll(&p, 1, 0) != 1;
		enum handover_news news = end ? HANDOVER_NOTHING : handover_go_on(h);
		if (news == HANDOVER_RELEASE)
			handover_released(h);
		end |= news == HANDOVER_READY;
	}
	handover_free(h);
}

/* Which are open, of the first 64. */
static uint64_t descriptors(void)
{
	uint64_t open = 0;
	for (int fd = 0; fd < 64; fd++)
		open |= (uint64_t)(fcntl(fd, F_GETFD) >= 0) << fd;
	return open;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	snprintf(path, sizeof path, "/tmp/fuzz_handover.%ld", (long)getpid());
	said = ax_slice(data, size);
	given_away = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert(given_away >= 0);
	uint64_t before = descriptors();
	fuzz_next();
	fuzz_before();
	assert(descriptors() == before);
	(void)unlink(path);
	close(given_away);
	return 0;
}
