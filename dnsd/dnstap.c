#include "dnsd/dnstap.h"

#include <errno.h>
#include <fstrm.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct dnstap {
	const struct tap_options *options;
	struct fstrm_iothr *thread;
	struct fstrm_iothr_queue *queue;
};

/* -- the message (dnstap.proto) ----------------------------------------------------------------------------- */

enum { WIRE_VARINT, WIRE_FIXED64, WIRE_BYTES, WIRE_FIXED32 = 5 };

enum { DNSTAP_IDENTITY = 1, DNSTAP_VERSION = 2, DNSTAP_EXTRA = 3, DNSTAP_MESSAGE = 14, DNSTAP_TYPE = 15 };
enum {
	MESSAGE_TYPE = 1,
	MESSAGE_FAMILY = 2,
	MESSAGE_PROTOCOL = 3,
	MESSAGE_QUERY_ADDRESS = 4,
	MESSAGE_RESPONSE_ADDRESS = 5,
	MESSAGE_QUERY_PORT = 6,
	MESSAGE_RESPONSE_PORT = 7,
	MESSAGE_QUERY_S = 8,
	MESSAGE_QUERY_NS = 9,
	MESSAGE_QUERY = 10,
	MESSAGE_RESPONSE_S = 12,
	MESSAGE_RESPONSE_NS = 13,
	MESSAGE_RESPONSE = 14,
};
enum { TYPE_MESSAGE = 1, AUTH_RESPONSE = 2, FAMILY_4 = 1, FAMILY_6 = 2 };

/* protobuf's varints are LEB128. */
static void put_number(struct ax_buf *b, unsigned field, uint64_t v)
{
	ax_buf_leb(b, field << 3 | WIRE_VARINT);
	ax_buf_leb(b, v);
}

static void put_fixed32(struct ax_buf *b, unsigned field, uint32_t v)
{
	ax_buf_leb(b, field << 3 | WIRE_FIXED32);
	for (unsigned i = 0; i < 4; i++)
		ax_buf_u8(b, (uint8_t)(v >> 8 * i));
}

static void put_bytes(struct ax_buf *b, unsigned field, const void *p, size_t n)
{
	ax_buf_leb(b, field << 3 | WIRE_BYTES);
	ax_buf_leb(b, n);
	ax_buf_put(b, p, n);
}

static void put_listener(struct ax_buf *b, const struct tap_options *o, const struct tap_entry *e)
{
	struct net own;
	if (e->listener >= o->listeners)
		return;
	const struct address *a = &o->listener[e->listener].address;
	net_of_peer(&own, &a->sa);
	if (own.family == e->peer.family && !address_is_any(a))
		put_bytes(b, MESSAGE_RESPONSE_ADDRESS, own.b, own.family == 4 ? 4 : 16);
	put_number(b, MESSAGE_RESPONSE_PORT, address_port(a));
}

/* An answer with its query: when both were is one moment to us. */
static void put_message(struct ax_buf *b, const struct tap_options *o, const struct tap_entry *e)
{
	static const uint8_t protocol[] = { [TRANSPORT_UDP] = 1, [TRANSPORT_TCP] = 2, [TRANSPORT_TLS] = 3 };
	put_number(b, MESSAGE_TYPE, AUTH_RESPONSE);
	put_number(b, MESSAGE_FAMILY, e->peer.family == 6 ? FAMILY_6 : FAMILY_4);
	put_number(b, MESSAGE_PROTOCOL, protocol[e->transport]);
	put_bytes(b, MESSAGE_QUERY_ADDRESS, e->peer.b, e->peer.family == 6 ? 16 : 4);
	put_number(b, MESSAGE_QUERY_PORT, e->port);
	put_listener(b, o, e);
	put_number(b, MESSAGE_QUERY_S, (uint64_t)e->s);
	put_fixed32(b, MESSAGE_QUERY_NS, e->ns);
	put_bytes(b, MESSAGE_QUERY, e->bytes, e->query_n);
	put_number(b, MESSAGE_RESPONSE_S, (uint64_t)e->s);
	put_fixed32(b, MESSAGE_RESPONSE_NS, e->ns);
	if (e->answer_n)
		put_bytes(b, MESSAGE_RESPONSE, e->bytes + e->query_n, e->answer_n);
}

static void put_extra(struct ax_buf *b, const struct tap_entry *e)
{
	char hex[AX_ID_HEX + 1];
	if (e->branch[0])
		ax_buf_printf(b, "branch=%s", e->branch);
	if (e->has_commit) {
		ax_id_hex(hex, &e->commit);
		ax_buf_printf(b, " commit=%s serial=%u", hex, e->serial);
	}
}

void dnstap_encode(struct ax_buf *b, const struct tap_options *o, const struct tap_entry *e)
{
	static const char version[] = "apexd " APEX_VERSION;
	struct ax_buf part = AX_BUF_INIT;
	if (o->identity)
		put_bytes(b, DNSTAP_IDENTITY, o->identity, strlen(o->identity));
	put_bytes(b, DNSTAP_VERSION, version, sizeof version - 1);
	put_extra(&part, e);
	if (part.n)
		put_bytes(b, DNSTAP_EXTRA, part.p, part.n);
	b->failed |= part.failed;
	ax_buf_clear(&part);
	put_message(&part, o, e);
	put_bytes(b, DNSTAP_MESSAGE, part.p, part.n);
	put_number(b, DNSTAP_TYPE, TYPE_MESSAGE);
	b->failed |= part.failed;
	ax_buf_fini(&part);
}

/* -- the stream --------------------------------------------------------------------------------------------- */

static fstrm_res nothing_to_do(void *file)
{
	(void)file;
	return fstrm_res_success;
}

static fstrm_res write_file(void *file, const struct iovec *iov, int n)
{
	const int fd = *(const int *)file;
	for (int i = 0; i < n; i++)
		for (size_t at = 0; at < iov[i].iov_len;) {
			ssize_t put = write(fd, (const char *)iov[i].iov_base + at, iov[i].iov_len - at);
			if (put < 0 && errno != EINTR)
				return fstrm_res_failure;
			at += put > 0 ? (size_t)put : 0;
		}
	return fstrm_res_success;
}

/* libfstrm would open a file by its name, on its thread: when that may no longer be done. */
static struct fstrm_writer *open_file_writer(const int *file, const struct fstrm_writer_options *w)
{
	struct fstrm_rdwr *io = fstrm_rdwr_init((void *)(uintptr_t)file);
	fstrm_rdwr_set_open(io, nothing_to_do);
	fstrm_rdwr_set_close(io, nothing_to_do);
	fstrm_rdwr_set_write(io, write_file);
	return fstrm_writer_init(w, &io);
}

static struct fstrm_writer *open_writer(const struct tap_options *o)
{
	static const char content[] = "protobuf:dnstap.Dnstap";
	struct fstrm_writer_options *w = fstrm_writer_options_init();
	struct fstrm_writer *out = NULL;
	fstrm_writer_options_add_content_type(w, content, sizeof content - 1);
	if (o->socket) {
		struct fstrm_unix_writer_options *u = fstrm_unix_writer_options_init();
		fstrm_unix_writer_options_set_socket_path(u, o->socket);
		out = fstrm_unix_writer_init(u, w);
		fstrm_unix_writer_options_destroy(&u);
	} else {
		out = open_file_writer(&o->file, w);
	}
	fstrm_writer_options_destroy(&w);
	return out;
}

enum ax_err dnstap_open(struct dnstap **out, const struct tap_options *o)
{
	*out = NULL;
	struct dnstap *d = calloc(1, sizeof *d);
	struct fstrm_writer *writer = d ? open_writer(o) : NULL;
	struct fstrm_iothr_options *options = writer ? fstrm_iothr_options_init() : NULL;
	*out = d;
	if (options) {
		d->options = o;
		fstrm_iothr_options_set_num_input_queues(options, 1);
		d->thread = fstrm_iothr_init(options, &writer);
		fstrm_iothr_options_destroy(&options);
	}
	if (writer)
		fstrm_writer_destroy(&writer);
	d = *out;
	if (d && d->thread)
		d->queue = fstrm_iothr_get_input_queue(d->thread);
	if (d && d->queue)
		return AX_OK;
	dnstap_close(d);
	*out = NULL;
	return ax_fail(AX_ENOMEM, "no memory for dnstap");
}

void dnstap_close(struct dnstap *d)
{
	if (!d)
		return;
	if (d->thread)
		fstrm_iothr_destroy(&d->thread);
	free(d);
}

bool dnstap_tell(struct dnstap *d, const struct tap_entry *e)
{
	struct ax_buf b = AX_BUF_INIT;
	dnstap_encode(&b, d->options, e);
	if (!b.failed &&
	    fstrm_iothr_submit(d->thread, d->queue, b.p, b.n, fstrm_free_wrapper, NULL) == fstrm_res_success)
		return true;
	ax_buf_fini(&b);
	return false;
}
