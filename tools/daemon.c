#include "tools/daemon.h"

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static enum ax_err no_daemon(const char *address, const char *why)
{
	return ax_fail(AX_ENOREPO, "no daemon tells of itself at %s: %s (apexd --metrics ADDRESS:PORT)", address,
		       why);
}

/* Numbers only: an address is not looked up. */
static enum ax_err resolve(struct addrinfo **out, const char *address)
{
	const struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM };
	char host[64];
	const char *colon = strrchr(address, ':');
	size_t n = colon ? (size_t)(colon - address) : 0;
	bool six = n > 2 && address[0] == '[' && address[n - 1] == ']';
	*out = NULL;
	if (n && n < sizeof host) {
		snprintf(host, sizeof host, "%.*s", (int)(six ? n - 2 : n), address + six);
		if (getaddrinfo(host, colon + 1, &hints, out) == 0)
			return AX_OK;
	}
	return ax_fail(AX_EUSAGE, "not an address like 127.0.0.1:9153: `%s`", address);
}

static enum ax_err converse(struct ax_buf *page, int fd, const struct addrinfo *to, const char *address)
{
	static const char request[] = "GET /metrics HTTP/1.0\r\n\r\n";
	struct timeval wait = { .tv_sec = DAEMON_WAIT_S };
	ssize_t n = 1;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
	if (connect(fd, to->ai_addr, to->ai_addrlen) != 0 ||
	    send(fd, request, sizeof request - 1, MSG_NOSIGNAL) != (ssize_t)sizeof request - 1)
		return no_daemon(address, strerror(errno));
	while (n > 0 && page->n < DAEMON_PAGE_MAX && ax_buf_reserve(page, 65536)) {
		n = recv(fd, page->p + page->n, page->cap - page->n, 0);
		page->n += n > 0 ? (size_t)n : 0;
	}
	if (n < 0)
		return no_daemon(address, strerror(errno));
	return n > 0 && !page->failed ? no_daemon(address, "its page does not end") : ax_buf_check(page);
}

/* Cut off the head; it must be one of success. */
static enum ax_err take_body(struct ax_buf *page, const char *address)
{
	const char *text = ax_buf_cstr(page);
	const char *body = text ? strstr(text, "\r\n\r\n") : NULL;
	if (!body || strncmp(text, "HTTP/1.", 7) != 0 || strncmp(text + 8, " 200", 4) != 0)
		return no_daemon(address, "what answers there has no metrics page");
	size_t head = (size_t)(body - text) + 4;
	memmove(page->p, page->p + head, page->n - head);
	page->n -= head;
	return AX_OK;
}

enum ax_err daemon_fetch(struct ax_buf *page, const char *address)
{
	struct addrinfo *to;
	enum ax_err e = resolve(&to, address);
	ax_buf_clear(page);
	if (e)
		return e;
	int fd = socket(to->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	e = fd < 0 ? ax_fail(AX_EIO, "socket: %s", strerror(errno)) : converse(page, fd, to, address);
	if (fd >= 0)
		close(fd);
	freeaddrinfo(to);
	return e ? e : take_body(page, address);
}

/* -- the page ----------------------------------------------------------------------------------------------- */

/* Take a line apart if it is of this metric. */
static bool read_sample(struct daemon_sample *out, const char *line, size_t n, const char *name)
{
	static const char prefix[] = "apexd_";
	char number[64];
	size_t at = sizeof prefix - 1, name_n = strlen(name);
	if (n <= at + name_n || memcmp(line, prefix, at) != 0 || memcmp(line + at, name, name_n) != 0)
		return false;
	at += name_n;
	out->labels = ax_slice(NULL, 0);
	if (line[at] == '{') {
		const char *end = memrchr(line, '}', n);
		if (!end)
			return false;
		out->labels = ax_slice(line + at + 1, (size_t)(end - line) - at - 1);
		at = (size_t)(end - line) + 1;
	}
	if (at >= n || line[at] != ' ' || n - at >= sizeof number)
		return false;
	snprintf(number, sizeof number, "%.*s", (int)(n - at - 1), line + at + 1);
	out->value = strtod(number, NULL);
	return true;
}

bool daemon_next(struct daemon_sample *out, const struct ax_buf *page, const char *name, size_t *pos)
{
	while (*pos < page->n) {
		const char *line = (const char *)page->p + *pos, *lf = memchr(line, '\n', page->n - *pos);
		size_t n = lf ? (size_t)(lf - line) : page->n - *pos;
		*pos += n + (lf != NULL);
		if (read_sample(out, line, n, name))
			return true;
	}
	return false;
}

double daemon_sum(const struct ax_buf *page, const char *name)
{
	struct daemon_sample s;
	double sum = 0;
	for (size_t pos = 0; daemon_next(&s, page, name, &pos);)
		sum += s.value;
	return sum;
}

struct ax_slice daemon_label(const struct daemon_sample *s, const char *label)
{
	size_t n = strlen(label);
	for (size_t at = 0; at + n + 2 < s->labels.n;) {
		const uint8_t *p = s->labels.p + at;
		const uint8_t *open = memchr(p, '"', s->labels.n - at);
		if (!open)
			break;
		size_t from = (size_t)(open - s->labels.p) + 1, to = from;
		while (to < s->labels.n && s->labels.p[to] != '"')
			to += s->labels.p[to] == '\\' ? 2 : 1;
		if (to >= s->labels.n)
			break;
		if ((size_t)(open - p) == n + 1 && memcmp(p, label, n) == 0)
			return ax_slice(s->labels.p + from, to - from);
		at = to + 1 + (to + 1 < s->labels.n && s->labels.p[to + 1] == ',');
	}
	return ax_slice(NULL, 0);
}
