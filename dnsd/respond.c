#include "dnsd/respond.h"

#include "dnsd/answer.h"
#include "dnsd/chaos.h"
#include "dnsd/find.h"
#include "dnsd/hot.h"
#include "dnsd/publish.h"
#include "dnsd/tap.h"

/* RFC 6891 6.2.3-5; over UDP never more than avoids fragments. */
size_t respond_limit(const struct query *q, enum transport transport)
{
	if (transport != TRANSPORT_UDP)
		return PACKET_MAX;
	if (!q->edns.there || q->edns.udp_size < PACKET_UDP_MIN)
		return PACKET_UDP_MIN;
	return q->edns.udp_size < PACKET_UDP ? q->edns.udp_size : PACKET_UDP;
}

static SELDOM void count_rcode(struct stats *s, unsigned rcode)
{
	switch (rcode) {
	case AX_RCODE_FORMERR:
		stats_add(&s->formerr, 1);
		break;
	case AX_RCODE_SERVFAIL:
		stats_add(&s->servfail, 1);
		break;
	case AX_RCODE_NOTIMP:
		stats_add(&s->notimp, 1);
		break;
	case AX_RCODE_REFUSED:
		stats_add(&s->refused, 1);
		break;
	case AX_RCODE_YXDOMAIN:
		stats_add(&s->yxdomain, 1);
		break;
	case AX_RCODE_BADVERS:
		stats_add(&s->badvers, 1);
		break;
	case AX_RCODE_BADCOOKIE:
		stats_add(&s->badcookie, 1);
		break;
	default:
		stats_add(&s->other, 1);
	}
}

void respond_count(struct stats *s, const struct packet *m, unsigned rcode)
{
	if (rcode == AX_RCODE_NOERROR)
		stats_add(&s->noerror, 1);
	else if (rcode == AX_RCODE_NXDOMAIN)
		stats_add(&s->nxdomain, 1);
	else
		count_rcode(s, rcode);
	if (m->tc)
		stats_add(&s->truncated, 1);
	if (m->query->edns.reply.ede)
		stats_add(&s->ede[m->query->edns.reply.ede - 1], 1);
}

void respond_error(struct packet *m, const struct query *q, unsigned rcode, enum transport transport, struct stats *s)
{
	packet_begin(m, q, respond_limit(q, transport));
	packet_end(m, rcode);
	respond_count(s, m, rcode);
}

/* Transfers are not served yet; of what is no zone of ours (RFC 5936 2.2.1) and over UDP (4.2) AXFR could not be. */
static unsigned refuse_transfer(struct query *q, const struct image *im, enum transport transport)
{
	edns_error(&q->edns, EDE_NOT_SUPPORTED);
	if (q->qtype == AX_TYPE_AXFR && transport == TRANSPORT_UDP)
		return AX_RCODE_NOTIMP;
	return im && im->apex_n == q->name.n ? AX_RCODE_REFUSED : AX_RCODE_NOTAUTH;
}

/* QUERY_DROP, QUERY_COOKIE, or what the query itself is to be refused with. */
static int read_query(struct query *q, struct ax_slice wire, struct stats *s)
{
	int verdict = query_read(q, wire);
	if (verdict == QUERY_DROP)
		stats_add(&s->dropped, 1);
	if (!verdict)
		stats_type(s, q->qtype);
	if (!verdict && q->qclass != CLASS_IN && q->qclass != CLASS_ANY && q->qclass != CLASS_CH) {
		edns_error(&q->edns, EDE_NOT_AUTHORITATIVE);
		verdict = AX_RCODE_REFUSED;
	}
	if (verdict == AX_RCODE_NOTIMP)
		edns_error(&q->edns, EDE_NOT_SUPPORTED);
	return verdict;
}

static enum respond refuse(struct packet *m, struct query *q, int verdict, enum transport transport, struct stats *s)
{
	if (verdict == QUERY_DROP)
		return RESPOND_DROP;
	respond_error(m, q, verdict == QUERY_COOKIE ? AX_RCODE_NOERROR : (unsigned)verdict, transport, s);
	return RESPOND_SEND;
}

void respond_fail(struct packet *m, struct query *q, enum ede why, enum transport transport, struct stats *s)
{
	q->edns.reply.says &= (uint16_t)~EDNS_ZONEVERSION;
	edns_error(&q->edns, why);
	respond_error(m, q, AX_RCODE_SERVFAIL, transport, s);
}

void respond_expire(struct query *q, struct ax_slice soa)
{
	q->edns.reply.expire_s = ax_be32(soa.p + soa.n - 8);
	q->edns.reply.says |= EDNS_EXPIRE;
}

/* The version of the zone, and how long a secondary may go on serving it: we are its primary (RFC 7314 3.1). */
static void tell_zone(struct query *q, const struct image *im)
{
	struct edns_reply *r = &q->edns.reply;
	if (q->edns.asks & EDNS_ZONEVERSION) {
		r->zone_labels = im->apex_labels;
		r->zone_serial = im->serial;
		r->zone_commit = im->id;
		r->says |= EDNS_ZONEVERSION;
	}
	if (q->edns.asks & EDNS_EXPIRE && q->qtype == AX_TYPE_SOA && q->name.n == im->apex_n &&
	    im->state == IMAGE_READY) {
		const struct wireset *soa = find_set(im->top, AX_TYPE_SOA).set;
		respond_expire(q, ax_slice(soa->data, soa->size));
	}
}

static enum respond answer_chaos(struct packet *m, struct query *q, const struct identity *id,
				 enum transport transport, struct stats *s)
{
	packet_begin(m, q, respond_limit(q, transport));
	unsigned rcode = chaos_answer(m, id);
	if (rcode)
		edns_error(&q->edns, EDE_NOT_AUTHORITATIVE);
	packet_end(m, rcode);
	stats_add(&s->chaos, 1);
	respond_count(s, m, rcode);
	return RESPOND_SEND;
}

/* What a query is refused with that no image answers; 0: one does, or will when it is made. */
static unsigned judge(struct query *q, const struct image *im, enum transport transport)
{
	if (q->qtype == AX_TYPE_AXFR || q->qtype == AX_TYPE_IXFR)
		return refuse_transfer(q, im, transport);
	if (!im) {
		edns_error(&q->edns, EDE_NOT_AUTHORITATIVE);
		return AX_RCODE_REFUSED;
	}
	if (im->state == IMAGE_UNBORN) {
		edns_error(&q->edns, EDE_INVALID_DATA);
		return AX_RCODE_SERVFAIL;
	}
	return AX_RCODE_NOERROR;
}

/* What the zone has to say in an OPT. */
static SELDOM void add_edns(struct query *q, const struct image *im)
{
	if (atomic_load_explicit(&im->stale, memory_order_relaxed))
		edns_error(&q->edns, EDE_STALE);
	if (q->edns.asks)
		tell_zone(q, im);
}

/* Does an image answer it? */
static inline bool has_image(const struct query *q, const struct image *im)
{
	return im && im->state == IMAGE_READY && q->qtype != AX_TYPE_AXFR && q->qtype != AX_TYPE_IXFR;
}

static inline enum respond answer(struct packet *m, struct query *q, const struct image *im,
				  const struct find_ahead *a, enum transport transport, struct stats *s)
{
	if (q->edns.there)
		add_edns(q, im);
	packet_begin(m, q, respond_limit(q, transport));
	unsigned rcode = answer_from_image(m, im, a);
	packet_end(m, rcode);
	stats_add(&s->from_image, 1);
	respond_count(s, m, rcode);
	return RESPOND_SEND;
}

/* What is read has no image to be answered from. im NULL: it is for no zone of ours. */
static SELDOM enum respond finish(struct packet *m, struct query *q, const struct image *im, int verdict,
				  const struct identity *id, enum transport transport, struct stats *s)
{
	if (verdict)
		return refuse(m, q, verdict, transport, s);
	if (q->qclass == CLASS_CH)
		return answer_chaos(m, q, id, transport, s);
	unsigned rcode = judge(q, im, transport);
	if (rcode) {
		respond_error(m, q, rcode, transport, s);
		return RESPOND_SEND;
	}
	if (q->edns.there)
		add_edns(q, im);
	q->apex_at = (uint8_t)dname_at(&q->name, im->apex_labels);
	q->commit = im->commit;
	image_want(im);
	return RESPOND_PLAIN;
}

enum respond respond(struct packet *m, struct query *q, struct ax_slice wire, const struct view *v,
		     enum transport transport, struct stats *s)
{
	const struct image *im = NULL;
	struct find_ahead a;
	stats_add(&s->queries[transport], 1);
	int verdict = read_query(q, wire, s);
	if (!verdict && q->qclass != CLASS_CH)
		im = view_zone_any(v, &q->name, q->qtype);
	if (verdict || !has_image(q, im))
		return finish(m, q, im, verdict, NULL, transport, s);
	for (bool more = find_begin(&a, im, &q->name); more;)
		more = find_ahead(&a);
	return answer(m, q, im, &a, transport, s);
}

static void count_options(struct stats *s, const struct query *q)
{
	for (unsigned i = 0; i < EDNS_OPTIONS_MAX; i++)
		stats_add(&s->option[i], q->edns.asks >> i & 1);
	stats_add(&s->cookie[q->edns.cookie_is], 1);
}

/* The options that don't depend on the zone. Returns the verdict, which may have become one. */
static SELDOM int take_options(struct query *q, const struct routing *r, int verdict, const struct respond_asker *a,
			       struct stats *s)
{
	if (q->edns.malformed)
		return verdict;
	edns_take(&q->edns, &r->identity, &r->cookies, a->peer, a->transport, a->keepalive_ds);
	count_options(s, q);
	if (verdict == QUERY_COOKIE && !r->cookies.n)
		return AX_RCODE_FORMERR;
	/* A forged source never saw a cookie of ours; over TCP it could not ask (RFC 7873 5.2.3, 5.2.4). */
	if (verdict <= 0 && r->cookies.require && a->transport == TRANSPORT_UDP && q->edns.asks & EDNS_COOKIE &&
	    q->edns.cookie_is != COOKIE_GOOD)
		return AX_RCODE_BADCOOKIE;
	return verdict;
}

void respond_listen(struct respond_asker *a, uint32_t listener)
{
	a->listener = listener;
	a->arm = route_only(publish_routing(), listener);
	a->view = a->arm ? publish_current(a->arm->slot) : NULL;
}

/* Find the zone in the view of the arm that the routing says for this query. Returns the rcode to refuse it with. */
static APART unsigned route(struct respond_task *t, struct respond_asker *a)
{
	const struct routing *r = publish_routing();
	struct query *q = &t->query;
	unsigned rcode;
	t->arm = &r->arm[route_choose(r, a->listener, a->peer, q, &rcode)];
	if (rcode)
		return rcode;
	t->image = view_zone(publish_current(t->arm->slot), &q->name, q->qtype, &a->hint);
	if (t->image && t->image->state == IMAGE_UNBORN) { /* a zone without the branch is served live */
		t->arm = &r->arm[t->arm->live];
		t->image = view_zone(publish_current(t->arm->slot), &q->name, q->qtype, &a->hint);
	}
	return AX_RCODE_NOERROR;
}

/* Read a query and find its zone; of class CHAOS there is none. Returns what read_query does. */
static int read_routed(struct respond_task *t, struct ax_slice wire, struct respond_asker *a, struct stats *s)
{
	struct query *q = &t->query;
	int verdict = read_query(q, wire, s);
	t->image = NULL;
	t->arm = NULL;
	if (q->edns.asks && q->edns.there && verdict != QUERY_DROP)
		verdict = take_options(q, publish_routing(), verdict, a, s);
	if (verdict || q->qclass == CLASS_CH)
		return verdict;
	if (!a->arm)
		return (int)route(t, a);
	t->arm = a->arm;
	t->image = view_zone(a->view, &q->name, q->qtype, &a->hint);
	return AX_RCODE_NOERROR;
}

HOT bool respond_read(struct respond_task *t, struct ax_slice wire, struct respond_asker *a, struct stats *s)
{
	t->peer = a->peer;
	t->listener = a->listener;
	t->transport = a->transport;
	t->verdict = read_routed(t, wire, a, s);
	t->ready = !t->verdict && has_image(&t->query, t->image);
	return t->ready && find_begin(&t->ahead, t->image, &t->query.name);
}

/* The tap is looked for anew: what it is told would be read before that, and for nobody if there is none. */
static APART void tell(const struct packet *m, const struct respond_task *t)
{
	tap_see(m, t->listener, t->peer, t->transport, t->arm, t->image);
}

HOT enum respond respond_write(struct packet *m, struct respond_task *t, struct stats *s)
{
	enum respond done =
		t->ready ? answer(m, &t->query, t->image, &t->ahead, t->transport, s)
			 : finish(m, &t->query, t->image, t->verdict, &publish_routing()->identity, t->transport, s);
	if (done == RESPOND_SEND && tap_runs())
		tell(m, t);
	return done;
}
