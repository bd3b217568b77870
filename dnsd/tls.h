/* tls.h - TLS under DNS (RFC 7858): certificate and key, and sessions on connected sockets. The only part that knows
 * OpenSSL.
 *
 *     tls_new, tls_adopt, tls_refresh     the certificate; a new one is for new sessions, those there are go on
 *     tls_begin, tls_read, tls_write, tls_end
 *
 * TLS 1.2 with ECDHE and AEAD, and 1.3 (RFC 9325). ALPN: "dot", or none; a client that only speaks other protocols
 * is refused (RFC 7301 3.2). Sessions are resumed by tickets, whose key lives for a day and outlives a change of
 * certificate. No 0-RTT (RFC 9103 9.4 has why), no renegotiation, no compression.
 * Threads: struct tls by all, a session by one at a time. tls_begin takes a lock for the time of an allocation.
 * Cost: a full handshake is most of a millisecond's work; memory about 10 KiB a session that is idle. */
#ifndef TLS_H
#define TLS_H

#include <sys/types.h>

#include "core/err.h"

enum { TLS_TICKET_KEY_S = 24 * 3600 };

struct tls_pair;
struct tls;
struct tls_session;

/* From PEM files: the certificate with those that vouch for it, and its key. The paths are copied. AX_EINVAL with
 * why. */
AX_MUST enum ax_err tls_pair_load(struct tls_pair **out, const char *certificate, const char *key);
/* NULL is fine. */
void tls_pair_free(struct tls_pair *p);

/* Takes over the pair in any case. */
AX_MUST enum ax_err tls_new(struct tls **out, struct tls_pair *pair);
/* NULL is fine. Sessions that were begun may still be used. */
void tls_free(struct tls *t);
/* Another pair from now on; it is taken over. */
void tls_adopt(struct tls *t, struct tls_pair *pair);
/* Load the files again if they changed, and the tickets' key if it is old; *changed: the files did. Two `stat` calls
 * if nothing did. On failure all stays as it was; a change that can't be loaded is told once. */
AX_MUST enum ax_err tls_refresh(struct tls *t, bool *changed);

/* The server's end on a connected, non-blocking socket, which is borrowed. NULL without memory. */
struct tls_session *tls_begin(struct tls *t, int fd);
/* Says goodbye if the socket takes it. NULL is fine. */
void tls_end(struct tls_session *s);
/* As read(2) and write(2): 0 is the client's end; -1 with EAGAIN: not now; EPROTO: broken or not TLS. The handshake
 * happens in them. */
ssize_t tls_read(struct tls_session *s, void *p, size_t n);
ssize_t tls_write(struct tls_session *s, const void *p, size_t n);
/* After EAGAIN: is it the socket's writability that is waited for? */
bool tls_wants_write(const struct tls_session *s);
/* Has it read more from the socket than it gave out? */
bool tls_has_more(const struct tls_session *s);
/* Was the session resumed? */
bool tls_resumed(const struct tls_session *s);

#endif
