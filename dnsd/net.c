#include "dnsd/net.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned width(unsigned family)
{
	return family == 4 ? 32 : 128;
}

struct net net_cut(const struct net *n, unsigned bits)
{
	struct net out = *n;
	if (out.bits <= bits)
		return out;
	out.bits = (uint8_t)bits;
	size_t whole = bits / 8;
	if (bits % 8) {
		out.b[whole] &= (uint8_t)(0xff << (8 - bits % 8));
		whole++;
	}
	memset(out.b + whole, 0, sizeof out.b - whole);
	return out;
}

bool net_take(struct net *out, unsigned family, unsigned bits, struct ax_slice bytes)
{
	*out = (struct net){ 0 };
	if ((family != 4 && family != 6) || bits > width(family) || bytes.n > (bits + 7) / 8)
		return false;
	struct net n = { .family = (uint8_t)family, .bits = (uint8_t)width(family) };
	memcpy(n.b, bytes.p, bytes.n);
	struct net cut = net_cut(&n, bits);
	if (memcmp(cut.b, n.b, sizeof n.b) != 0)
		return false;
	*out = cut;
	return true;
}

static bool read_bits(unsigned *out, const char *text)
{
	unsigned v = 0;
	size_t n = strlen(text);
	if (n == 0 || n > 3)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		v = 10 * v + (unsigned)(text[i] - '0');
	}
	*out = v;
	return true;
}

enum ax_err net_parse(struct net *out, const char *text, size_t n)
{
	char copy[64];
	uint8_t b[16];
	*out = (struct net){ 0 };
	if (n >= sizeof copy || memchr(text, 0, n))
		return ax_fail(AX_EINVAL, "not a network: `%.*s`", (int)(n < 64 ? n : 64), text);
	snprintf(copy, sizeof copy, "%.*s", (int)n, text);
	char *slash = strchr(copy, '/');
	if (slash)
		*slash = 0;
	unsigned family = strchr(copy, ':') ? 6 : 4, bits = width(family);
	if (inet_pton(family == 6 ? AF_INET6 : AF_INET, copy, b) != 1 || (slash && !read_bits(&bits, slash + 1)) ||
	    bits > width(family))
		return ax_fail(AX_EINVAL, "not a network: `%.*s`", (int)n, text);
	struct net whole = { .family = (uint8_t)family, .bits = (uint8_t)width(family) };
	memcpy(whole.b, b, width(family) / 8);
	struct net cut = net_cut(&whole, bits);
	if (memcmp(cut.b, whole.b, sizeof cut.b) != 0)
		return ax_fail(AX_EINVAL, "`%.*s` has bits set beyond its length", (int)n, text);
	*out = cut;
	return AX_OK;
}

void net_of_peer(struct net *out, const struct sockaddr *sa)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	*out = (struct net){ 0 };
	if (sa->sa_family == AF_INET) {
		*out = (struct net){ .family = 4, .bits = 32 };
		memcpy(out->b, &((const struct sockaddr_in *)sa)->sin_addr, 4);
	} else if (sa->sa_family == AF_INET6) {
		const uint8_t *b = ((const struct sockaddr_in6 *)sa)->sin6_addr.s6_addr;
		bool four = memcmp(b, mapped, sizeof mapped) == 0;
		*out = (struct net){ .family = four ? 4 : 6, .bits = four ? 32 : 128 };
		memcpy(out->b, four ? b + 12 : b, four ? 4 : 16);
	}
}

bool net_within(const struct net *inner, const struct net *outer)
{
	if (inner->family != outer->family || inner->bits < outer->bits)
		return false;
	struct net cut = net_cut(inner, outer->bits);
	return memcmp(cut.b, outer->b, sizeof cut.b) == 0;
}

enum ax_err net_list_add(struct net **list, size_t *n, const char *text)
{
	struct net *grown = realloc(*list, (*n + 1) * sizeof *grown);
	if (!grown)
		return ax_fail(AX_ENOMEM, "no memory for networks");
	*list = grown;
	enum ax_err e = net_parse(&grown[*n], text, strlen(text));
	if (!e)
		++*n;
	return e;
}

bool net_listed(const struct net *list, size_t n, const struct net *of)
{
	for (size_t i = 0; i < n; i++)
		if (net_within(of, &list[i]))
			return true;
	return false;
}
