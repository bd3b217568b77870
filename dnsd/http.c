#include "dnsd/http.h"

#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct http {
	struct MHD_Daemon *daemon;
	http_page_fn *page;
	void *ctx;
};

static enum MHD_Result send_page(struct MHD_Connection *c, unsigned status, struct ax_buf *b)
{
	/* The library copies: the buffer is ours. */
	struct MHD_Response *r = MHD_create_response_from_buffer(b->n, b->p, MHD_RESPMEM_MUST_COPY);
	if (!r)
		return MHD_NO;
	MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8");
	enum MHD_Result sent = MHD_queue_response(c, status, r);
	MHD_destroy_response(r);
	return sent;
}

static enum MHD_Result answer(void *cls, struct MHD_Connection *c, const char *url, const char *method,
			      const char *version, const char *body, size_t *body_n, void **state)
{
	const struct http *h = cls;
	struct ax_buf b = AX_BUF_INIT;
	unsigned status = MHD_HTTP_METHOD_NOT_ALLOWED;
	(void)version, (void)body, (void)state;
	if (*body_n) {
		*body_n = 0; /* nothing is taken; the answer comes at the end */
		return MHD_YES;
	}
	if (strcmp(method, MHD_HTTP_METHOD_GET) == 0 || strcmp(method, MHD_HTTP_METHOD_HEAD) == 0)
		status = h->page(h->ctx, url, &b);
	if (ax_buf_check(&b) != AX_OK) {
		ax_buf_fini(&b);
		status = MHD_HTTP_INTERNAL_SERVER_ERROR;
	}
	enum MHD_Result sent = send_page(c, status, &b);
	ax_buf_fini(&b);
	return sent;
}

/* Without a descriptor for its first connection the library tries again at once, for as long as it takes, and can
 * only be heard complaining. */
static void hear(void *ctx, const char *complaint, va_list args)
{
	(void)ctx, (void)args;
	if (strstr(complaint, "resource limit"))
		usleep(HTTP_RETRY_MS * 1000);
}

enum ax_err http_start(struct http **out, int fd, http_page_fn *page, void *ctx)
{
	*out = NULL;
	struct http *h = calloc(1, sizeof *h);
	if (!h) {
		close(fd);
		return ax_fail(AX_ENOMEM, "no memory for metrics");
	}
	h->page = page;
	h->ctx = ctx;
	h->daemon = MHD_start_daemon(MHD_USE_AUTO_INTERNAL_THREAD | MHD_USE_ERROR_LOG, 0, NULL, NULL, answer, h,
				     MHD_OPTION_EXTERNAL_LOGGER, hear, NULL, MHD_OPTION_LISTEN_SOCKET, fd,
				     MHD_OPTION_CONNECTION_LIMIT, (unsigned)HTTP_CONNECTIONS,
				     MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)HTTP_IDLE_S, MHD_OPTION_END);
	if (!h->daemon) {
		close(fd);
		free(h);
		return ax_fail(AX_EIO, "metrics can't be served there");
	}
	*out = h;
	return AX_OK;
}

void http_stop(struct http *h)
{
	if (!h)
		return;
	MHD_stop_daemon(h->daemon);
	free(h);
}
