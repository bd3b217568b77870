/* reflect PORT WORKERS - the least that a server on sockets can do: it sends every datagram back, marked as a
 * response and 16 octets longer, as an answer with one address is. A process a worker, each with a socket of its own.
 */
#include <arpa/inet.h>
#include <err.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BATCH = 64, ROOM = 2048, PAD = 16 };

static int listen_on(const char *port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((uint16_t)strtoul(port, NULL, 10)) };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), one = 1;
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one) ||
	    bind(fd, (struct sockaddr *)&at, sizeof at))
		err(1, "port %s", port);
	return fd;
}

static void reflect(int fd)
{
	static uint8_t bytes[BATCH][ROOM];
	static struct sockaddr_in peer[BATCH];
	static struct iovec at[BATCH];
	static struct mmsghdr msg[BATCH];
	for (;;) {
		for (int i = 0; i < BATCH; i++) {
			at[i] = (struct iovec){ bytes[i], ROOM - PAD };
			msg[i].msg_hdr = (struct msghdr){ .msg_name = &peer[i],
							  .msg_namelen = sizeof peer[i],
							  .msg_iov = &at[i],
							  .msg_iovlen = 1 };
		}
		int n = recvmmsg(fd, msg, BATCH, MSG_WAITFORONE, NULL);
		for (int i = 0; i < n; i++) {
			bytes[i][2] |= 0x80;
			at[i].iov_len = msg[i].msg_len + PAD;
		}
		for (int sent = 0, k; sent < n; sent += k)
			if ((k = sendmmsg(fd, msg + sent, (unsigned)(n - sent), 0)) <= 0)
				break;
	}
}

int main(int argc, char **argv)
{
	if (argc != 3)
		errx(2, "usage: reflect PORT WORKERS");
	for (int i = atoi(argv[2]); i > 1; i--)
		if (fork() == 0) {
			prctl(PR_SET_PDEATHSIG, SIGTERM);
			break;
		}
	reflect(listen_on(argv[1]));
}
