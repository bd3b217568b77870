#include "dnsd/address.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SOCK_TYPE = 15 }; /* the type without SOCK_NONBLOCK and the like */

static enum ax_err bad(const char *text)
{
	return ax_fail(AX_EUSAGE, "not an address to listen on, like 192.0.2.1:53 or [::1]:53: `%s`", text);
}

enum ax_err address_parse(struct address *out, const char *text)
{
	char host[INET6_ADDRSTRLEN + 1];
	memset(out, 0, sizeof *out);
	const char *colon = strrchr(text, ':');
	if (!colon || colon == text)
		return bad(text);
	char *end;
	unsigned long port = strtoul(colon + 1, &end, 10);
	if (colon[1] < '0' || colon[1] > '9' || *end || port == 0 || port > 65535)
		return bad(text);
	bool six = *text == '[' && colon[-1] == ']';
	const char *from = text + six;
	size_t n = (size_t)(colon - from) - six;
	if (n >= sizeof host)
		return bad(text);
	memcpy(host, from, n);
	host[n] = 0;
	if (six) {
		out->in6.sin6_family = AF_INET6;
		out->in6.sin6_port = htons((uint16_t)port);
		out->n = sizeof out->in6;
		return inet_pton(AF_INET6, host, &out->in6.sin6_addr) == 1 ? AX_OK : bad(text);
	}
	out->in.sin_family = AF_INET;
	out->in.sin_port = htons((uint16_t)port);
	out->n = sizeof out->in;
	return inet_pton(AF_INET, host, &out->in.sin_addr) == 1 ? AX_OK : bad(text);
}

bool address_is_any(const struct address *a)
{
	if (a->sa.sa_family == AF_INET6)
		return IN6_IS_ADDR_UNSPECIFIED(&a->in6.sin6_addr);
	return a->in.sin_addr.s_addr == INADDR_ANY;
}

static void text(char *out, size_t size, const struct address *a)
{
	char host[INET6_ADDRSTRLEN];
	if (a->sa.sa_family == AF_INET6)
		snprintf(out, size, "[%s]:%u", inet_ntop(AF_INET6, &a->in6.sin6_addr, host, sizeof host),
			 ntohs(a->in6.sin6_port));
	else
		snprintf(out, size, "%s:%u", inet_ntop(AF_INET, &a->in.sin_addr, host, sizeof host),
			 ntohs(a->in.sin_port));
}

bool address_same(const struct address *a, const struct address *b)
{
	return a->n == b->n && memcmp(&a->storage, &b->storage, a->n) == 0;
}

void address_copy(struct sockaddr_storage *to, const struct sockaddr *from)
{
	memcpy(to, from, from->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in));
}

uint16_t address_port(const struct address *a)
{
	return ntohs(a->sa.sa_family == AF_INET6 ? ((const struct sockaddr_in6 *)&a->sa)->sin6_port : a->in.sin_port);
}

bool address_is_loopback(const struct address *a)
{
	if (a->sa.sa_family == AF_INET6)
		return IN6_IS_ADDR_LOOPBACK(&a->in6.sin6_addr);
	return ntohl(a->in.sin_addr.s_addr) >> 24 == 127;
}

static enum ax_err bind_with(int *out, const struct address *a, int type, bool share)
{
	int on = 1, fd = socket(a->sa.sa_family, type | SOCK_CLOEXEC, 0);
	const char *what = "make a socket for";
	char where[80];
	*out = -1;
	bool good = fd >= 0;
	if (good) {
		what = "listen on";
		good = !share || setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) == 0;
		/* Connections of a daemon that just ended must not keep the next from starting. */
		if (good && (type & SOCK_TYPE) == SOCK_STREAM)
			good = setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0;
		if (good && a->sa.sa_family == AF_INET6)
			good = setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) == 0;
		good = good && bind(fd, &a->sa, a->n) == 0;
	}
	if (good) {
		*out = fd;
		return AX_OK;
	}
	int error = errno;
	if (fd >= 0)
		close(fd);
	text(where, sizeof where, a);
	return ax_fail(AX_EIO, "cannot %s %s: %s", what, where, strerror(error));
}

enum ax_err address_bind(int *fd, const struct address *a, int type)
{
	return bind_with(fd, a, type, true);
}

enum ax_err address_probe(const struct address *a, int type)
{
	int fd;
	enum ax_err e = bind_with(&fd, a, type, false);
	/* Bound by another with SO_REUSEADDR too, a TCP port only fails at listen. */
	if (!e && (type & SOCK_TYPE) == SOCK_STREAM && listen(fd, 1) != 0) {
		char where[80];
		text(where, sizeof where, a);
		e = ax_fail(AX_EIO, "cannot listen on %s: %s", where, strerror(errno));
	}
	if (fd >= 0)
		close(fd);
	return e;
}
