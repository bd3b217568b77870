#include "dnsd/respond.h"

#include "dnsd/answer.h"
#include "dnsd/publish.h"

/* RFC 6891 6.2.3-5; over UDP never more than avoids fragments. */
size_t respond_limit(const struct query *q, enum transport transport)
{
	if (transport != TRANSPORT_UDP)
		return PACKET_MAX;
	if (!q->edns || q->udp_size < PACKET_UDP_MIN)
		return PACKET_UDP_MIN;
	return q->udp_size < PACKET_UDP ? q->udp_size : PACKET_UDP;
}

void respond_count(struct stats *s, const struct packet *m, unsigned rcode)
{
	switch (rcode) {
	case AX_RCODE_NOERROR:
		stats_add(&s->noerror, 1);
		break;
	case AX_RCODE_FORMERR:
		stats_add(&s->formerr, 1);
		break;
	case AX_RCODE_SERVFAIL:
		stats_add(&s->servfail, 1);
		break;
	case AX_RCODE_NXDOMAIN:
		stats_add(&s->nxdomain, 1);
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
	default:
		stats_add(&s->other, 1);
	}
	stats_add(&s->truncated, m->tc);
}

void respond_error(struct packet *m, const struct query *q, unsigned rcode, enum transport transport, struct stats *s)
{
	packet_begin(m, q, respond_limit(q, transport));
	packet_end(m, rcode);
	respond_count(s, m, rcode);
}

/* Transfers are not served yet; of what is no zone of ours they could not be (RFC 5936 2.2.1). */
static unsigned refuse_transfer(const struct image *im, const struct dname *name)
{
	return im && im->apex_n == name->n ? AX_RCODE_REFUSED : AX_RCODE_NOTAUTH;
}

/* QUERY_DROP, or what the query itself is to be refused with. */
static int read_query(struct query *q, struct ax_slice wire, struct stats *s)
{
	stats_add(&s->queries, 1);
	int verdict = query_read(q, wire);
	if (verdict == QUERY_DROP)
		stats_add(&s->dropped, 1);
	if (!verdict)
		stats_type(s, q->qtype);
	if (!verdict && q->qclass != CLASS_IN && q->qclass != CLASS_ANY)
		verdict = AX_RCODE_REFUSED;
	return verdict;
}

/* Answer a good query from the zone im; NULL: it is for no zone of ours. */
static enum respond answer(struct packet *m, struct query *q, const struct dname *name, const struct image *im,
			   enum transport transport, struct stats *s)
{
	unsigned rcode = im ? AX_RCODE_NOERROR : AX_RCODE_REFUSED;
	if (q->qtype == AX_TYPE_AXFR || q->qtype == AX_TYPE_IXFR)
		rcode = refuse_transfer(im, name);
	if (!rcode && im->state == IMAGE_UNBORN)
		rcode = AX_RCODE_SERVFAIL;
	if (rcode) {
		respond_error(m, q, rcode, transport, s);
		return RESPOND_SEND;
	}
	if (im->state == IMAGE_LOADING) {
		q->apex_at = name->at[im->apex_labels];
		q->commit = im->commit;
		return RESPOND_PLAIN;
	}
	packet_begin(m, q, respond_limit(q, transport));
	rcode = answer_from_image(m, im, name);
	packet_end(m, rcode);
	stats_add(&s->from_image, 1);
	respond_count(s, m, rcode);
	return RESPOND_SEND;
}

/* Answer what was read: with this rcode, or from the zone if it is none. */
static enum respond finish(struct packet *m, struct query *q, const struct dname *name, const struct image *im,
			   int verdict, enum transport transport, struct stats *s)
{
	if (verdict == QUERY_DROP)
		return RESPOND_DROP;
	if (!verdict)
		return answer(m, q, name, im, transport, s);
	respond_error(m, q, (unsigned)verdict, transport, s);
	return RESPOND_SEND;
}

enum respond respond(struct packet *m, struct query *q, struct ax_slice wire, const struct view *v,
		     enum transport transport, struct stats *s)
{
	struct dname name;
	const struct image *im = NULL;
	int verdict = read_query(q, wire, s);
	if (!verdict) {
		dname_take(&name, query_name(q), q->qname_n);
		im = view_zone(v, &name, q->qtype);
	}
	return finish(m, q, &name, im, verdict, transport, s);
}

/* Read a query and find its zone in the view that the routing says. Returns QUERY_DROP, or what it is refused with.
 */
static int read_routed(struct query *q, struct dname *name, const struct image **im, struct ax_slice wire,
		       uint32_t listener, const struct sockaddr *peer, struct stats *s)
{
	const struct routing *r = publish_routing();
	unsigned rcode;
	int verdict = read_query(q, wire, s);
	*im = NULL;
	if (verdict)
		return verdict;
	const struct route_arm *arm = &r->arm[route_choose(r, listener, peer, q, &rcode)];
	if (rcode)
		return (int)rcode;
	dname_take(name, query_name(q), q->qname_n);
	*im = view_zone(publish_current(arm->slot), name, q->qtype);
	if (*im && (*im)->state == IMAGE_UNBORN) /* a zone without the branch is served live */
		*im = view_zone(publish_current(r->arm[arm->live].slot), name, q->qtype);
	return AX_RCODE_NOERROR;
}

enum respond respond_routed(struct packet *m, struct query *q, struct ax_slice wire, uint32_t listener,
			    const struct sockaddr *peer, enum transport transport, struct stats *s)
{
	struct dname name;
	const struct image *im;
	int verdict = read_routed(q, &name, &im, wire, listener, peer, s);
	return finish(m, q, &name, im, verdict, transport, s);
}

/* An answer goes through the functions of eight files: as one each of its two halves takes a quarter less. */
#define HOT __attribute__((flatten, noinline))

HOT void respond_read(struct respond_task *t, struct ax_slice wire, uint32_t listener, const struct sockaddr *peer,
		      struct stats *s)
{
	t->verdict = read_routed(&t->query, &t->name, &t->image, wire, listener, peer, s);
	t->ahead.link = 0;
	if (!t->verdict && t->image && t->image->state == IMAGE_READY)
		find_begin(&t->ahead, t->image, &t->name);
}

HOT enum respond respond_write(struct packet *m, struct respond_task *t, enum transport transport, struct stats *s)
{
	return finish(m, &t->query, &t->name, t->image, t->verdict, transport, s);
}
