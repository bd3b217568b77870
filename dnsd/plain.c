#include "dnsd/plain.h"

#include <stdlib.h>

/* A whole RRset or nothing. */
static bool put_rrset(struct packet *m, enum packet_section s, const struct ax_lookup_rrset *r)
{
	struct packet_mark mark = packet_mark(m);
	struct packet_owner owner = packet_owner(m, r->owner.wire, r->owner.n);
	struct ax_rr rr;
	for (size_t pos = 0; ax_rrset_next(&rr, &r->set, &pos);) {
		uint32_t ttl_s = r->ttl_s;
		if (r->set.type == AX_TYPE_RRSIG && rr.ttl_s < ttl_s)
			ttl_s = rr.ttl_s;
		if (!packet_rr(m, s, &owner, r->set.type, ttl_s, rr.rdata)) {
			packet_rollback(m, &mark);
			return false;
		}
	}
	return true;
}

static void put_section(struct packet *m, enum packet_section s, const struct ax_lookup_section *from)
{
	bool fits = true;
	for (size_t i = 0; i < from->n && !m->tc; i++) {
		if (from->v[i].rides && !fits)
			continue;
		fits = put_rrset(m, s, &from->v[i]);
		if (!fits && (s != PACKET_ADDITIONAL || from->v[i].required))
			packet_truncate(m);
	}
}

/* What of the OPT comes out of the store (respond.c says the rest). */
static enum ax_err tell_zone(struct query *q, const struct ax_lookup *l, struct ax_txn *t)
{
	struct ax_rr rr;
	size_t pos = 0;
	if (q->edns.asks & EDNS_EXPIRE && q->qtype == AX_TYPE_SOA && l->answer.n &&
	    l->answer.v[0].set.type == AX_TYPE_SOA && ax_rrset_next(&rr, &l->answer.v[0].set, &pos))
		respond_expire(q, rr.rdata);
	return q->edns.reply.says & EDNS_ZONEVERSION ? ax_commit_id(&q->edns.reply.zone_commit, t, q->commit) : AX_OK;
}

static enum ax_err look_up(struct ax_lookup *l, const struct query *q, struct ax_txn *t)
{
	struct ax_commit_info c;
	struct ax_name qname, apex;
	struct ax_slice wire = ax_slice(query_name(q), q->qname_n);
	enum ax_err e = ax_name_from_wire(&qname, wire, NULL);
	if (!e)
		e = ax_name_from_wire(&apex, ax_slice(wire.p + q->apex_at, wire.n - q->apex_at), NULL);
	if (!e)
		e = ax_commit_info(&c, t, q->commit);
	if (e)
		return e;
	ax_name_lower(&apex);
	return ax_lookup(l, t, &apex, &c, &qname, q->qtype, q->edns.dnssec_ok);
}

void plain_answer(struct packet *m, struct query *q, struct ax_txn *t, enum transport transport, struct stats *s)
{
	struct ax_lookup *l = calloc(1, sizeof *l);
	enum ax_err e = l ? look_up(l, q, t) : AX_ENOMEM;
	if (!e)
		e = tell_zone(q, l, t);
	if (e) {
		respond_fail(m, q, EDE_INVALID_DATA, transport, s);
	} else {
		packet_begin(m, q, respond_limit(q, transport));
		m->aa = l->authoritative;
		put_section(m, PACKET_ANSWER, &l->answer);
		put_section(m, PACKET_AUTHORITY, &l->authority);
		put_section(m, PACKET_ADDITIONAL, &l->additional);
		packet_end(m, l->rcode);
		stats_add(&s->from_store, 1);
		respond_count(s, m, l->rcode);
	}
	if (l)
		ax_lookup_fini(l);
	free(l);
}
