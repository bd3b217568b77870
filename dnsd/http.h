/* http.h - /metrics, /healthz and /readyz over HTTP, on loopback. The only part that knows libmicrohttpd, which
 * answers on a thread of its own. Limits: HTTP_CONNECTIONS at a time, each ended after HTTP_IDLE_S seconds of
 * silence; without descriptors, a try every HTTP_RETRY_MS. */
#ifndef HTTP_H
#define HTTP_H

#include "core/bytes.h"

enum { HTTP_CONNECTIONS = 16, HTTP_IDLE_S = 10, HTTP_RETRY_MS = 100 };

struct http;

/* Write the page of a path into b, on the thread of http.c; returns the status, 404 for what is no page. */
typedef unsigned http_page_fn(void *ctx, const char *path, struct ax_buf *b);

/* On a socket that listens, which is taken over in any case. */
AX_MUST enum ax_err http_start(struct http **out, int fd, http_page_fn *page, void *ctx);
/* NULL is fine. */
void http_stop(struct http *h);

#endif
