#include "dnsd/tls.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { TICKET_KEYS = 80 }; /* octets of OpenSSL's ticket keys: name, HMAC, AES */

/* What tells that a file is another than before. */
struct mark {
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec changed;
};

struct tls_pair {
	SSL_CTX *ctx;
	char *path[2]; /* certificate, key */
	struct mark seen[2];
};

struct tls {
	pthread_mutex_t lock;
	struct tls_pair *pair; /* lock, for others than the one who changes it */
	struct mark tried[2];  /* the rest is of the one who changes it */
	uint8_t tickets[TICKET_KEYS];
	time_t tickets_s;
};

struct tls_session; /* is an SSL */

static SSL *ssl_of(const struct tls_session *s)
{
	return (SSL *)s;
}

static time_t now_s(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

static enum ax_err fail(const char *what)
{
	unsigned long code = ERR_peek_error();
	const char *why = code ? ERR_reason_error_string(code) : NULL;
	if (code && ERR_SYSTEM_ERROR(code))
		why = strerror(ERR_GET_REASON(code));
	enum ax_err e = ax_fail(AX_EINVAL, "TLS: %s: %s", what, why ? why : "unknown reason");
	ERR_clear_error();
	return e;
}

/* -- certificates ----------------------------------------------------------------------------------------- */

static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_n, const unsigned char *in,
			   unsigned in_n, void *ctx)
{
	static const unsigned char dot[] = { 3, 'd', 'o', 't' };
	unsigned char *chosen;
	(void)ssl, (void)ctx;
	if (SSL_select_next_proto(&chosen, out_n, dot, sizeof dot, in, in_n) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*out = chosen;
	return SSL_TLSEXT_ERR_OK;
}

static bool set_up(SSL_CTX *ctx)
{
	static const unsigned char id[] = "apexd";
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
					 SSL_OP_IGNORE_UNEXPECTED_EOF);
	SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
				      SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF); /* tickets only: nothing is kept here */
	SSL_CTX_set_alpn_select_cb(ctx, choose_protocol, NULL);
	return SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1 &&
	       SSL_CTX_set_cipher_list(ctx, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1 &&
	       SSL_CTX_set_num_tickets(ctx, 1) == 1 && SSL_CTX_set_session_id_context(ctx, id, sizeof id - 1) == 1;
}

/* A certificate whose key asks for a passphrase is no daemon's. */
static int no_passphrase(char *buffer, int size, int writing, void *ctx)
{
	(void)buffer, (void)size, (void)writing, (void)ctx;
	return -1;
}

static enum ax_err load(SSL_CTX *ctx, char *const path[2])
{
	ERR_clear_error();
	SSL_CTX_set_default_passwd_cb(ctx, no_passphrase);
	if (!set_up(ctx))
		return fail("it can't be set up");
	if (SSL_CTX_use_certificate_chain_file(ctx, path[0]) != 1)
		return fail(path[0]);
	if (SSL_CTX_use_PrivateKey_file(ctx, path[1], SSL_FILETYPE_PEM) != 1 || SSL_CTX_check_private_key(ctx) != 1)
		return fail(path[1]);
	return AX_OK;
}

static void look(struct mark m[2], char *const path[2])
{
	for (unsigned i = 0; i < 2; i++) {
		struct stat st;
		m[i] = (struct mark){ 0 };
		if (stat(path[i], &st) == 0)
			m[i] = (struct mark){ st.st_dev, st.st_ino, st.st_size, st.st_ctim };
	}
}

static bool same(const struct mark *a, const struct mark *b)
{
	return a->device == b->device && a->inode == b->inode && a->size == b->size &&
	       a->changed.tv_sec == b->changed.tv_sec && a->changed.tv_nsec == b->changed.tv_nsec;
}

enum ax_err tls_pair_load(struct tls_pair **out, const char *certificate, const char *key)
{
	*out = NULL;
	struct tls_pair *p = calloc(1, sizeof *p);
	if (p) {
		p->ctx = SSL_CTX_new(TLS_server_method());
		p->path[0] = strdup(certificate);
		p->path[1] = strdup(key);
	}
	if (!p || !p->ctx || !p->path[0] || !p->path[1]) {
		tls_pair_free(p);
		return ax_fail(AX_ENOMEM, "no memory for TLS");
	}
	look(p->seen, p->path); /* before they are read: a change meanwhile is one to come */
	enum ax_err e = load(p->ctx, p->path);
	if (e)
		tls_pair_free(p);
	else
		*out = p;
	return e;
}

void tls_pair_free(struct tls_pair *p)
{
	if (!p)
		return;
	SSL_CTX_free(p->ctx); /* sessions hold references of their own */
	free(p->path[0]);
	free(p->path[1]);
	free(p);
}

enum ax_err tls_new(struct tls **out, struct tls_pair *pair)
{
	struct tls *t = *out = calloc(1, sizeof *t);
	if (!t) {
		tls_pair_free(pair);
		return ax_fail(AX_ENOMEM, "no memory for TLS");
	}
	pthread_mutex_init(&t->lock, NULL);
	tls_adopt(t, pair);
	return AX_OK;
}

void tls_free(struct tls *t)
{
	if (!t)
		return;
	tls_pair_free(t->pair);
	pthread_mutex_destroy(&t->lock);
	OPENSSL_cleanse(t->tickets, TICKET_KEYS);
	free(t);
}

/* The tickets' key goes on from pair to pair; when it is old, the one that OpenSSL made for the new pair takes over.
 * Should that fail, tickets are of no use for once. */
static void share_tickets(struct tls *t, SSL_CTX *ctx)
{
	if (t->tickets_s && now_s() - t->tickets_s <= TLS_TICKET_KEY_S) {
		(void)SSL_CTX_set_tlsext_ticket_keys(ctx, t->tickets, TICKET_KEYS);
	} else if (SSL_CTX_get_tlsext_ticket_keys(ctx, t->tickets, TICKET_KEYS) == 1) {
		t->tickets_s = now_s();
	}
	ERR_clear_error();
}

void tls_adopt(struct tls *t, struct tls_pair *pair)
{
	share_tickets(t, pair->ctx);
	memcpy(t->tried, pair->seen, sizeof t->tried);
	pthread_mutex_lock(&t->lock);
	struct tls_pair *old = t->pair;
	t->pair = pair;
	pthread_mutex_unlock(&t->lock);
	tls_pair_free(old);
}

enum ax_err tls_refresh(struct tls *t, bool *changed)
{
	struct mark seen[2];
	struct tls_pair *pair;
	look(seen, t->pair->path);
	*changed = !same(&seen[0], &t->tried[0]) || !same(&seen[1], &t->tried[1]);
	if (!*changed && now_s() - t->tickets_s <= TLS_TICKET_KEY_S)
		return AX_OK;
	memcpy(t->tried, seen, sizeof seen);
	enum ax_err e = tls_pair_load(&pair, t->pair->path[0], t->pair->path[1]);
	if (!e)
		tls_adopt(t, pair);
	else if (!*changed)
		t->tickets_s = now_s(); /* the old key goes on, rather than this every second */
	return e;
}

/* -- sessions --------------------------------------------------------------------------------------------- */

struct tls_session *tls_begin(struct tls *t, int fd)
{
	pthread_mutex_lock(&t->lock);
	SSL *ssl = SSL_new(t->pair->ctx);
	pthread_mutex_unlock(&t->lock);
	if (ssl && SSL_set_fd(ssl, fd) != 1) {
		SSL_free(ssl);
		ssl = NULL;
	}
	if (ssl)
		SSL_set_accept_state(ssl);
	ERR_clear_error();
	return (struct tls_session *)ssl;
}

void tls_end(struct tls_session *s)
{
	if (!s)
		return;
	if (SSL_is_init_finished(ssl_of(s)))
		(void)SSL_shutdown(ssl_of(s));
	SSL_free(ssl_of(s));
	ERR_clear_error();
}

/* What a call that did nothing means, as read(2) says it. */
static ssize_t verdict(const struct tls_session *s, int rc)
{
	int error = SSL_get_error(ssl_of(s), rc);
	ERR_clear_error();
	if (error == SSL_ERROR_ZERO_RETURN)
		return 0;
	errno = error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? EAGAIN : EPROTO;
	return -1;
}

ssize_t tls_read(struct tls_session *s, void *p, size_t n)
{
	size_t got;
	int rc = SSL_read_ex(ssl_of(s), p, n, &got);
	return rc == 1 ? (ssize_t)got : verdict(s, rc);
}

ssize_t tls_write(struct tls_session *s, const void *p, size_t n)
{
	size_t sent;
	int rc = SSL_write_ex(ssl_of(s), p, n, &sent);
	return rc == 1 ? (ssize_t)sent : verdict(s, rc) < 0 ? -1 : (errno = EPROTO, -1);
}

bool tls_wants_write(const struct tls_session *s)
{
	return SSL_want_write(ssl_of(s));
}

bool tls_has_more(const struct tls_session *s)
{
	return SSL_pending(ssl_of(s)) > 0;
}

bool tls_resumed(const struct tls_session *s)
{
	return SSL_session_reused(ssl_of(s));
}
