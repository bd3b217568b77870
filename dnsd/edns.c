#include "dnsd/edns.h"

#include <string.h>
#include <time.h>

#include "dnsd/hot.h"

/* -- the query's ------------------------------------------------------------------------------------------ */

static void take_option(struct edns *e, uint16_t code, struct ax_slice value)
{
	switch (code) {
	case OPTION_NSID: /* what it may hold counts for nothing (RFC 5001 2.1) */
		e->asks |= EDNS_NSID;
		break;
	case OPTION_SUBNET:
		if (!(e->asks & EDNS_SUBNET))
			e->subnet = value;
		e->asks |= EDNS_SUBNET;
		break;
	case OPTION_EXPIRE:
		e->asks |= EDNS_EXPIRE;
		break;
	case OPTION_COOKIE:
		if (!(e->asks & EDNS_COOKIE))
			e->cookie = value;
		e->asks |= EDNS_COOKIE;
		e->malformed |= !cookie_well_formed(value.n);
		break;
	case OPTION_KEEPALIVE:
		e->asks |= EDNS_KEEPALIVE;
		break;
	case OPTION_PADDING:
		e->asks |= EDNS_PADDING;
		break;
	case OPTION_ZONEVERSION:
		e->asks |= EDNS_ZONEVERSION;
		e->malformed |= value.n != 0;
		break;
	default:
		break;
	}
}

bool edns_read(struct edns *e, uint16_t class, uint32_t ttl, struct ax_slice rdata)
{
	struct ax_reader r = ax_reader(rdata);
	e->there = true;
	e->udp_size = class;
	e->version = (uint8_t)(ttl >> 16);
	e->dnssec_ok = ttl & 0x8000;
	while (ax_reader_left(&r)) {
		uint16_t code = ax_get_u16(&r);
		struct ax_slice value = ax_get_bytes(&r, ax_get_u16(&r));
		if (r.bad)
			return false;
		take_option(e, code, value);
	}
	return true;
}

void edns_take(struct edns *e, const struct identity *id, const struct cookies *cookies, const struct sockaddr *peer,
	       enum transport transport, int keepalive_ds)
{
	struct edns_reply *r = &e->reply;
	struct net client;
	if (e->asks & EDNS_NSID && id->nsid_n) {
		memcpy(r->nsid, id->nsid, id->nsid_n);
		r->nsid_n = id->nsid_n;
		r->says |= EDNS_NSID;
	}
	if (e->asks & EDNS_COOKIE && cookies->n) {
		net_of_peer(&client, peer);
		e->cookie_is = cookie_check(r->cookie, cookies, e->cookie, &client, (uint32_t)time(NULL));
		r->says |= EDNS_COOKIE;
	}
	if (e->asks & EDNS_KEEPALIVE && transport != TRANSPORT_UDP && keepalive_ds >= 0) { /* RFC 7828 3.2.1 */
		r->keepalive_ds = (uint16_t)(keepalive_ds < UINT16_MAX ? keepalive_ds : UINT16_MAX);
		r->says |= EDNS_KEEPALIVE;
	}
	if (e->asks & EDNS_PADDING && transport == TRANSPORT_TLS) /* in the clear it hides nothing (RFC 7830 6) */
		r->says |= EDNS_PADDING;
}

/* -- the answer's ----------------------------------------------------------------------------------------- */

static uint8_t *put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
	return p + 2;
}

static uint8_t *put_head(uint8_t *p, unsigned code, size_t n)
{
	return put16(put16(p, code), (unsigned)n);
}

static uint8_t *put_option(uint8_t *p, unsigned code, const void *value, size_t n)
{
	p = put_head(p, code, n);
	memcpy(p, value, n);
	return p + n;
}

enum { HEAD = 4, VERSION_HEAD = 2 };

size_t edns_room(const struct edns *e)
{
	const struct edns_reply *r = &e->reply;
	size_t n = EDNS_OPT;
	if (!r->says)
		return n;
	if (r->says & EDNS_NSID)
		n += HEAD + r->nsid_n;
	if (r->says & EDNS_SUBNET)
		n += HEAD + e->subnet.n;
	if (r->says & EDNS_EXPIRE)
		n += HEAD + sizeof r->expire_s;
	if (r->says & EDNS_COOKIE)
		n += HEAD + sizeof r->cookie;
	if (r->says & EDNS_KEEPALIVE)
		n += HEAD + sizeof r->keepalive_ds;
	if (r->says & EDNS_ZONEVERSION)
		n += HEAD + VERSION_HEAD + sizeof r->zone_serial + HEAD + VERSION_HEAD + sizeof r->zone_commit;
	return n;
}

/* The serial, and what names the version for good (RFC 9660 3.2: one option a type). */
static uint8_t *put_versions(uint8_t *p, const struct edns_reply *r)
{
	p = put_head(p, OPTION_ZONEVERSION, VERSION_HEAD + sizeof r->zone_serial);
	*p++ = r->zone_labels;
	*p++ = ZONEVERSION_SERIAL;
	ax_be32_put(p, r->zone_serial);
	p = put_head(p + 4, OPTION_ZONEVERSION, VERSION_HEAD + sizeof r->zone_commit);
	*p++ = r->zone_labels;
	*p++ = ZONEVERSION_COMMIT;
	memcpy(p, &r->zone_commit, sizeof r->zone_commit);
	return p + sizeof r->zone_commit;
}

static uint8_t *put_said(uint8_t *p, const struct edns *e)
{
	const struct edns_reply *r = &e->reply;
	if (r->says & EDNS_NSID)
		p = put_option(p, OPTION_NSID, r->nsid, r->nsid_n);
	if (r->says & EDNS_SUBNET) { /* as it came, with the scope of the answer (RFC 7871 7.2.1) */
		p = put_option(p, OPTION_SUBNET, e->subnet.p, e->subnet.n);
		p[3 - (ptrdiff_t)e->subnet.n] = r->subnet_scope;
	}
	if (r->says & EDNS_EXPIRE) {
		p = put_head(p, OPTION_EXPIRE, 4);
		ax_be32_put(p, r->expire_s);
		p += 4;
	}
	if (r->says & EDNS_COOKIE)
		p = put_option(p, OPTION_COOKIE, r->cookie, sizeof r->cookie);
	if (r->says & EDNS_KEEPALIVE)
		p = put16(put_head(p, OPTION_KEEPALIVE, 2), r->keepalive_ds);
	if (r->says & EDNS_ZONEVERSION)
		p = put_versions(p, r);
	return p;
}

/* To a whole number of blocks, or as far as the message may go (RFC 8467 4.1); the last option (RFC 7830 4). */
static uint8_t *put_padding(uint8_t *p, const uint8_t *message, size_t max)
{
	size_t n = (size_t)(p - message) + HEAD, left = max - (size_t)(p - message);
	size_t padded = (n + EDNS_PADDING_BLOCK - 1) / EDNS_PADDING_BLOCK * EDNS_PADDING_BLOCK;
	if (left < HEAD)
		return p;
	size_t zeros = (padded < max ? padded : max) - n;
	p = put_head(p, OPTION_PADDING, zeros);
	memset(p, 0, zeros);
	return p + zeros;
}

/* RFC 6891 6.1.3; DO is copied (RFC 3225 3). */
APART size_t edns_put(uint8_t *message, size_t n, size_t max, const struct edns *e, unsigned rcode)
{
	uint8_t *p = message + n, *length = p + EDNS_OPT - 2;
	p[0] = 0;
	put16(p + 1, 41);
	put16(p + 3, EDNS_UDP);
	p[5] = (uint8_t)(rcode >> 4);
	p[6] = 0;
	put16(p + 7, e->dnssec_ok ? 0x8000 : 0);
	p += EDNS_OPT;
	if (e->reply.says)
		p = put_said(p, e);
	/* What tells of an error is no reason to cut an answer short (RFC 8914 3). */
	if (e->reply.ede && max - (size_t)(p - message) >= HEAD + 2)
		p = put16(put_head(p, OPTION_EDE, 2), e->reply.ede - 1u);
	if (e->reply.says & EDNS_PADDING)
		p = put_padding(p, message, max);
	put16(length, (unsigned)(p - length - 2));
	return (size_t)(p - message);
}
