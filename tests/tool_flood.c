/* tool_flood syn|udp ADDRESS PORT - packets from forged sources in 198.18.0.0/15, as fast as they go out, until it is
 * killed: the first ones of TCP connections, or queries for www.example. Needs CAP_NET_RAW; for a network namespace
 * that leads nowhere. */
#include <arpa/inet.h>
#include <err.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { BATCH = 64, FORGED = 0xc6120000, FORGED_HOSTS = 1 << 17 };

struct frame {
	struct iphdr ip;
	union {
		struct tcphdr tcp;
		struct udphdr udp;
	} to;
	uint8_t payload[64];
};

static const uint8_t question[] = "\0\7\1\0\0\1\0\0\0\0\0\0\3www\7example\0\0\1\0"; /* and the last octet */

static uint32_t next(void)
{
	static uint64_t state = 7;
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(state >> 33);
}

static uint16_t tcp_checksum(const struct frame *f)
{
	struct {
		uint32_t from, to;
		uint16_t protocol, n;
		struct tcphdr tcp;
	} pseudo = { f->ip.saddr, f->ip.daddr, htons(IPPROTO_TCP), htons(sizeof f->to.tcp), f->to.tcp };
	uint16_t word[sizeof pseudo / 2];
	uint32_t sum = 0;
	memcpy(word, &pseudo, sizeof word);
	for (size_t i = 0; i < sizeof word / sizeof word[0]; i++)
		sum += word[i];
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t) ~(sum + (sum >> 16));
}

/* Another packet in place of the last; the kernel puts in the length and the sum of its header. */
static size_t forge(struct frame *f, int protocol, const struct sockaddr_in *to)
{
	uint16_t port = htons((uint16_t)(1024 + next() % 60000));
	f->ip = (struct iphdr){ .version = 4, .ihl = 5, .ttl = 64, .protocol = (uint8_t)protocol };
	f->ip.saddr = htonl(FORGED + next() % FORGED_HOSTS);
	f->ip.daddr = to->sin_addr.s_addr;
	if (protocol == IPPROTO_UDP) {
		f->to.udp = (struct udphdr){ .source = port, .dest = to->sin_port };
		f->to.udp.len = htons(sizeof f->to.udp + sizeof question);
		memcpy((uint8_t *)&f->to + sizeof f->to.udp, question, sizeof question);
		return sizeof f->ip + sizeof f->to.udp + sizeof question;
	}
	f->to.tcp = (struct tcphdr){ .source = port, .dest = to->sin_port, .seq = next(), .doff = 5, .syn = 1 };
	f->to.tcp.window = htons(65535);
	f->to.tcp.check = tcp_checksum(f);
	return sizeof f->ip + sizeof f->to.tcp;
}

int main(int argc, char **argv)
{
	static struct frame frame[BATCH];
	struct sockaddr_in to = { .sin_family = AF_INET };
	struct mmsghdr out[BATCH] = { 0 };
	struct iovec iov[BATCH];
	if (argc != 4 || (strcmp(argv[1], "syn") != 0 && strcmp(argv[1], "udp") != 0) ||
	    inet_pton(AF_INET, argv[2], &to.sin_addr) != 1)
		errx(2, "usage: tool_flood syn|udp ADDRESS PORT");
	int protocol = argv[1][0] == 's' ? IPPROTO_TCP : IPPROTO_UDP;
	int fd = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
	if (fd < 0)
		err(1, "a raw socket");
	to.sin_port = htons((uint16_t)atoi(argv[3]));
	struct sockaddr_in where = to;
	where.sin_port = 0;
	for (;;) {
		for (unsigned i = 0; i < BATCH; i++) {
			iov[i] = (struct iovec){ &frame[i], forge(&frame[i], protocol, &to) };
			out[i].msg_hdr = (struct msghdr){
				.msg_name = &where, .msg_namelen = sizeof where, .msg_iov = &iov[i], .msg_iovlen = 1
			};
		}
		(void)sendmmsg(fd, out, BATCH, 0); /* what does not go out is not missed */
	}
}
