#include "dnsd/frame.h"

#include <string.h>

enum {
	MAC = 6,
	TAG = 4,
	TYPE_AT = 2 * MAC,
	ETHERNET = TYPE_AT + 2,
	TAGS_MAX = 2,
	TYPE_IP4 = 0x0800,
	TYPE_IP6 = 0x86dd,
	TYPE_TAG = 0x8100,       /* 802.1Q */
	TYPE_OUTER_TAG = 0x88a8, /* 802.1ad */
	IP4 = 20,
	IP6 = 40,
	UDP = 8,
	PROTOCOL_UDP = 17,
};

/* -- in --------------------------------------------------------------------------------------------------- */

/* Where the network header begins and of what type it is; 0: there is none. */
static size_t skip_ethernet(uint16_t *type, const uint8_t *p, size_t n)
{
	size_t at = ETHERNET;
	if (n < at || p[MAC] & 1) /* a group is nobody's address to answer from */
		return 0;
	*type = ax_be16(p + TYPE_AT);
	for (unsigned tags = 0; tags < TAGS_MAX && (*type == TYPE_TAG || *type == TYPE_OUTER_TAG); tags++) {
		at += TAG;
		if (n < at)
			return 0;
		*type = ax_be16(p + at - 2);
	}
	return at;
}

/* RFC 791 3.1: the length of the datagram, 0 if it is not UDP, or only a part of it. */
static size_t read_ip4(const uint8_t *p, size_t n)
{
	if (n < IP4 + UDP || p[0] != 0x45 || (ax_be16(p + 6) & 0x3fff) || p[9] != PROTOCOL_UDP)
		return 0;
	size_t length = ax_be16(p + 2);
	bool client = p[12] != 0 && p[12] != 127 && p[12] < 224;
	return client && length <= n && length >= IP4 + UDP ? length : 0;
}

/* RFC 8200 3. */
static size_t read_ip6(const uint8_t *p, size_t n)
{
	static const uint8_t unspecified[16], loopback[16] = { [15] = 1 };
	const uint8_t *from = p + 8;
	if (n < IP6 + UDP || p[0] >> 4 != 6 || p[6] != PROTOCOL_UDP)
		return 0;
	size_t length = (size_t)IP6 + ax_be16(p + 4);
	bool client = from[0] != 0xff && memcmp(from, unspecified, 16) != 0 && memcmp(from, loopback, 16) != 0;
	return client && length <= n && length >= IP6 + UDP ? length : 0;
}

bool frame_read(struct frame *f, const uint8_t *p, size_t n)
{
	uint16_t type = 0;
	*f = (struct frame){ .p = p };
	size_t at = skip_ethernet(&type, p, n), length = 0;
	if (at && type == TYPE_IP4)
		length = read_ip4(p + at, n - at);
	else if (at && type == TYPE_IP6)
		length = read_ip6(p + at, n - at);
	if (!length)
		return false;
	f->family = type == TYPE_IP4 ? 4 : 6;
	f->ip_at = (uint16_t)at;
	f->udp_at = (uint16_t)(at + (f->family == 4 ? IP4 : IP6));
	const uint8_t *udp = p + f->udp_at;
	size_t udp_n = ax_be16(udp + 4);
	if (udp_n < UDP || udp_n > at + length - f->udp_at || ax_be16(udp) == 0)
		return false;
	f->query = ax_slice(udp + UDP, udp_n - UDP);
	return true;
}

static void take_end(struct frame_end *out, const struct frame *f, bool to)
{
	size_t size = f->family == 4 ? 4 : 16;
	const uint8_t *address = f->p + f->ip_at + (f->family == 4 ? 12 : 8) + (to ? size : 0);
	*out = (struct frame_end){ .family = f->family };
	memcpy(out->address, address, size);
	memcpy(&out->port_net, f->p + f->udp_at + (to ? 2 : 0), 2);
}

void frame_from(struct frame_end *out, const struct frame *f)
{
	take_end(out, f, false);
}

void frame_to(struct frame_end *out, const struct frame *f)
{
	take_end(out, f, true);
}

void frame_sockaddr(struct sockaddr_storage *out, socklen_t *n, const struct frame_end *end)
{
	struct sockaddr_in *in = (struct sockaddr_in *)out;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)out;
	memset(out, 0, sizeof *in6);
	if (end->family == 4) {
		in->sin_family = AF_INET;
		in->sin_port = end->port_net;
		memcpy(&in->sin_addr, end->address, 4);
		*n = sizeof *in;
	} else {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = end->port_net;
		memcpy(&in6->sin6_addr, end->address, 16);
		*n = sizeof *in6;
	}
}

/* -- out -------------------------------------------------------------------------------------------------- */

/* The sum of 16-bit words of RFC 1071, not folded yet. */
static uint64_t add_words(uint64_t sum, const uint8_t *p, size_t n)
{
	uint32_t word;
	for (; n >= 4; p += 4, n -= 4) {
		memcpy(&word, p, 4);
		sum += word;
	}
	word = 0;
	memcpy(&word, p, n);
	return sum + word;
}

/* In the order of the bytes it was summed up from. */
static uint16_t finish(uint64_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static uint64_t add_number(uint64_t sum, uint32_t number)
{
	uint8_t b[4];
	ax_be32_put(b, number);
	return add_words(sum, b, 4);
}

static void turn_ip4(uint8_t *p, const uint8_t *q, size_t length, uint16_t id)
{
	p[0] = 0x45;
	p[1] = 0;
	ax_be16_put(p + 2, (uint16_t)length);
	ax_be16_put(p + 4, id);
	ax_be16_put(p + 6, 0);
	p[8] = FRAME_TTL;
	p[9] = PROTOCOL_UDP;
	memset(p + 10, 0, 2);
	memcpy(p + 12, q + 16, 4);
	memcpy(p + 16, q + 12, 4);
	uint16_t sum = finish(add_words(0, p, IP4));
	memcpy(p + 10, &sum, 2);
}

static void turn_ip6(uint8_t *p, const uint8_t *q, size_t length)
{
	ax_be32_put(p, UINT32_C(6) << 28);
	ax_be16_put(p + 4, (uint16_t)(length - IP6));
	p[6] = PROTOCOL_UDP;
	p[7] = FRAME_TTL;
	memcpy(p + 8, q + 24, 16);
	memcpy(p + 24, q + 8, 16);
}

/* addresses: both, which stand together; RFC 768, 8200 8.1. */
static void turn_udp(uint8_t *p, const uint8_t *q, size_t length, const uint8_t *addresses, size_t addresses_n)
{
	memcpy(p, q + 2, 2);
	memcpy(p + 2, q, 2);
	ax_be16_put(p + 4, (uint16_t)length);
	memset(p + 6, 0, 2);
	uint64_t sum = add_words(add_words(0, addresses, addresses_n), p, length);
	uint16_t folded = finish(add_number(sum, (uint32_t)(length + PROTOCOL_UDP)));
	if (!folded) /* 0 would say that there is none */
		folded = 0xffff;
	memcpy(p + 6, &folded, 2);
}

size_t frame_answer(uint8_t *out, const struct frame *f, size_t n, uint16_t id)
{
	uint8_t *ip = out + f->ip_at;
	const uint8_t *asked = f->p + f->ip_at;
	size_t length = f->udp_at - (size_t)f->ip_at + UDP + n;
	memcpy(out, f->p + MAC, MAC);
	memcpy(out + MAC, f->p, MAC);
	memcpy(out + TYPE_AT, f->p + TYPE_AT, f->ip_at - (size_t)TYPE_AT);
	if (f->family == 4)
		turn_ip4(ip, asked, length, id);
	else
		turn_ip6(ip, asked, length);
	turn_udp(out + f->udp_at, f->p + f->udp_at, UDP + n, f->family == 4 ? ip + 12 : ip + 8,
		 f->family == 4 ? 8 : 32);
	return f->ip_at + length;
}
