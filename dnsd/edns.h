/* edns.h - the OPT record: what a query's says and asks for, and what its answer's says (RFC 6891).
 * Sits on cookie.h and identity.h; query.h holds one, packet.h ends a message with it.
 *
 *     query:   NSID, cookie, client subnet, keepalive, padding, expire, zone version: noted in `asks` and in place
 *     answer:  what `reply.says`; the transport, the routing and the zone each add what they know
 *
 * Unknown options and flags count for nothing (RFC 6891 6.1.2, 6.1.4); of an option given twice the first counts.
 * Threads: plain values. No allocation. Cost: nothing where there is no OPT, a loop over its options else. */
#ifndef EDNS_H
#define EDNS_H

#include "core/hash.h"
#include "dnsd/cookie.h"
#include "dnsd/identity.h"

enum {
	OPTION_NSID = 3,         /* RFC 5001 */
	OPTION_SUBNET = 8,       /* RFC 7871 */
	OPTION_EXPIRE = 9,       /* RFC 7314 */
	OPTION_COOKIE = 10,      /* RFC 7873 */
	OPTION_KEEPALIVE = 11,   /* RFC 7828 */
	OPTION_PADDING = 12,     /* RFC 7830 */
	OPTION_EDE = 15,         /* RFC 8914 */
	OPTION_ZONEVERSION = 19, /* RFC 9660 */
};

/* X(bit, its name in metrics) of what can be asked for */
#define EDNS_OPTIONS(X)                \
	X(EDNS_NSID, "nsid")           \
	X(EDNS_SUBNET, "subnet")       \
	X(EDNS_EXPIRE, "expire")       \
	X(EDNS_COOKIE, "cookie")       \
	X(EDNS_KEEPALIVE, "keepalive") \
	X(EDNS_PADDING, "padding")     \
	X(EDNS_ZONEVERSION, "zoneversion")

enum {
#define X(bit, name) bit##_AT,
	EDNS_OPTIONS(X)
#undef X
		EDNS_OPTIONS_MAX,
};
enum {
#define X(bit, name) bit = 1 << bit##_AT,
	EDNS_OPTIONS(X)
#undef X
};

/* Extended errors that we have something true to say by (RFC 8914 4). */
enum ede {
	EDE_STALE = 3,              /* the last good commit, as a newer one can't be served */
	EDE_NOT_READY = 14,         /* no image yet, and too many are waiting */
	EDE_NOT_AUTHORITATIVE = 20, /* no zone or class of ours */
	EDE_NOT_SUPPORTED = 21,     /* an opcode or a transfer */
	EDE_INVALID_DATA = 24,      /* the zone has nothing that can be served, or can't be read */
	EDE_MAX = 25,
};

enum { SUBNET_MAX = 4 + 16, EDNS_OPT = 11, EDNS_UDP = 1232 };
/* Answers over TLS are padded to a multiple of this (RFC 8467 4.1). */
enum { EDNS_PADDING_BLOCK = 468 };
/* The type of a zone version that is a commit's id: one for private use (RFC 9660 6.2). */
enum { ZONEVERSION_SERIAL = 0, ZONEVERSION_COMMIT = 246 };

enum transport { TRANSPORT_UDP, TRANSPORT_TCP, TRANSPORT_TLS };

struct edns_reply {
	uint16_t says; /* EDNS_ bits */
	uint8_t ede;   /* 1 + enum ede; 0: none */
	uint8_t subnet_scope;
	/* Only what `says` says is set. */
	uint16_t keepalive_ds; /* 100 ms each */
	uint8_t zone_labels;
	uint8_t nsid_n;
	uint32_t zone_serial, expire_s;
	uint8_t cookie[COOKIE_CLIENT + COOKIE_SERVER];
	struct ax_id zone_commit;
	uint8_t nsid[IDENTITY_NSID_MAX];
};

struct edns {
	bool there, dnssec_ok; /* an OPT was there; its DO flag */
	bool malformed;        /* an option that must have a certain length has another: FORMERR */
	uint8_t version;
	enum cookie cookie_is;          /* once edns_take judged it: who has a good one is no forged source */
	uint16_t udp_size;              /* that the OPT states */
	uint16_t asks;                  /* EDNS_ bits */
	struct ax_slice subnet, cookie; /* what these options hold */
	struct edns_reply reply;
};

/* Read an OPT's fixed part and options into e, which is cleared. False: its options don't tile its RDATA. */
bool edns_read(struct edns *e, uint16_t class, uint32_t ttl, struct ax_slice rdata);
/* Decide what the answer says whatever it is: NSID, cookie, padding, keepalive. keepalive_ds: how long a connection
 * is kept, in 100 ms; negative: it is not told. */
void edns_take(struct edns *e, const struct identity *id, const struct cookies *cookies, const struct sockaddr *peer,
	       enum transport transport, int keepalive_ds);

static inline void edns_error(struct edns *e, enum ede code)
{
	e->reply.ede = (uint8_t)(1 + code);
}

/* The octets to be kept free for the answer's OPT; an extended error and padding only take what is left. */
size_t edns_room(const struct edns *e);
/* Append the OPT to a message of n octets that may have max; returns its new length. */
size_t edns_put(uint8_t *message, size_t n, size_t max, const struct edns *e, unsigned rcode);

#endif
