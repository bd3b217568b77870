#include "dnsd/answer.h"

#include <string.h>

#include "dnsd/deny.h"
#include "dnsd/hot.h"

/* One question being answered. A chain of aliases asks for one name after the other. */
struct work {
	struct packet *m;
	const struct image *im;
	uint16_t qtype;
	bool dnssec;
	const struct dname *name;  /* the name asked now */
	struct packet_owner owner; /* the same as it is spelled, and where it stands in the message */
	bool first;                /* it is the question's */
	bool names;                /* what stands at the node found may be compressed against the question as it is */
	bool ready;                /* the last RRset was copied as it stood */
	bool cut_ready;            /* so was the NS RRset of a referral */
	struct dname link;         /* storage for names of later links */
	unsigned links;
	uint64_t asked[AX_LOOKUP_CHAIN_MAX];               /* hashes of the names asked so far */
	const struct image_name *via[AX_LOOKUP_CHAIN_MAX]; /* the DNAMEs that made them */
	uint8_t made[AX_LOOKUP_CHAIN_MAX][AX_NAME_MAX];    /* the names of later links, as they are spelled */
	uint64_t hosts[AX_LOOKUP_HOSTS_MAX];               /* hashes of those whose addresses are said */
	unsigned nhosts, hosts_seen;
	struct deny deny;
	bool cut, matched; /* the chain ends with a referral, with data that may name hosts, or neither */
};

/* -- writing ---------------------------------------------------------------------------------------------- */

/* An owner that is the first k labels of the name asked. */
static struct packet_owner suffix_owner(const struct work *w, unsigned k)
{
	unsigned skip = dname_at(w->name, k);
	if (w->first)
		return packet_question_owner(w->m, skip);
	return packet_owner(w->m, w->owner.wire + skip, (uint8_t)(w->name->n - skip));
}

/* SOA RDATA ends in five integers, the serial first; the image's own takes the place of the stored 0. */
static void put_serial(struct packet *m, uint32_t serial)
{
	uint8_t *p = m->p + m->n - 20;
	p[0] = (uint8_t)(serial >> 24);
	p[1] = (uint8_t)(serial >> 16);
	p[2] = (uint8_t)(serial >> 8);
	p[3] = (uint8_t)serial;
}

/* A whole RRset or nothing, record by record. */
static bool write_set(struct work *w, enum packet_section s, struct packet_owner owner, const struct image_name *node,
		      const struct wireset *set)
{
	struct packet_mark mark = packet_mark(w->m);
	struct wireset_walk walk;
	uint8_t own[AX_NAME_MAX];
	struct ax_rr rr;
	image_walk(&walk, own, w->im, node, set);
	while (wireset_record(&rr, &walk)) {
		if (!packet_rr(w->m, s, &owner, set->type, rr.ttl_s, rr.rdata)) {
			packet_rollback(w->m, &mark);
			return false;
		}
	}
	return true;
}

/* The same, copied if it can be. owner: how the node's name is to be said. */
static bool put_set(struct work *w, enum packet_section s, struct packet_owner owner, const struct image_name *node,
		    const struct wireset *set)
{
	if (w->m->tc)
		return true;
	bool copied = owner.at && wireset_copy(w->m, s, set, owner.at - (unsigned)QUERY_HEADER, w->names);
	if (!copied && !write_set(w, s, owner, node, set))
		return false;
	if (set->type == AX_TYPE_SOA)
		put_serial(w->m, w->im->serial);
	w->ready = copied;
	return true;
}

/* An RRset the answer is nothing without, and its signatures if they are wanted. When it doesn't fit, the rest is
 * only gone through for the rcode. */
static void need_set(struct work *w, enum packet_section s, struct packet_owner owner, const struct image_name *node,
		     struct find_set set)
{
	if (!put_set(w, s, owner, node, set.set) ||
	    (w->dnssec && set.signatures && !put_set(w, s, owner, node, set.signatures)))
		packet_truncate(w->m);
}

static enum ax_rcode negative(struct work *w, enum ax_rcode rcode)
{
	const struct image *im = w->im;
	struct packet_owner apex =
		w->first ? suffix_owner(w, im->apex_labels) : packet_owner(w->m, im->apex, im->apex_n);
	w->names = octets_same(w->owner.wire, w->name->wire, w->name->n);
	need_set(w, PACKET_AUTHORITY, apex, im->top,
		 (struct find_set){ im->negative, im->negative_signed ? wireset_next(im->negative) : NULL });
	return rcode;
}

/* -- additional data -------------------------------------------------------------------------------------- */

/* The addresses at a host's node. required: without them the answer must be cut short; glue has no signatures, and
 * only what fits has its own beside it (RFC 4035 3.1.1). */
static void put_addresses(struct work *w, const struct image_name *node, const uint8_t *target, uint8_t n, bool glue,
			  bool required)
{
	static const uint16_t types[] = { AX_TYPE_A, AX_TYPE_AAAA };
	struct packet_owner owner = packet_owner(w->m, target, n);
	for (unsigned i = 0; i < 2; i++) {
		struct find_set set = find_set(node, types[i]);
		if (set.set && !put_set(w, PACKET_ADDITIONAL, owner, node, set.set)) {
			if (required)
				packet_truncate(w->m);
		} else if (set.signatures && w->dnssec && !glue) {
			(void)put_set(w, PACKET_ADDITIONAL, owner, node, set.signatures);
		}
	}
}

/* Where the host stands in RDATA; -1 if the type names none (RFC 1034 4.3.2 step 6, 2782, 9460 4.1). */
static int host_offset(uint16_t type)
{
	switch (type) {
	case AX_TYPE_NS:
		return 0;
	case AX_TYPE_MX:
	case AX_TYPE_SVCB:
	case AX_TYPE_HTTPS:
		return 2;
	case AX_TYPE_SRV:
		return 6;
	default:
		return -1;
	}
}

static bool seen_host(struct work *w, const struct dname *host)
{
	uint64_t hash = dname_hash(host->wire, host->n);
	for (unsigned i = 0; i < w->nhosts; i++)
		if (w->hosts[i] == hash)
			return true;
	if (w->nhosts < AX_LOOKUP_HOSTS_MAX)
		w->hosts[w->nhosts++] = hash;
	return false;
}

/* The addresses of the hosts that an RRset of the answer names. */
static void additional_of(struct work *w, const struct image_name *at_node, const struct wireset *set)
{
	int at = host_offset(set->type);
	struct wireset_walk walk;
	uint8_t own[AX_NAME_MAX];
	struct ax_rr rr;
	struct dname host;
	if (at < 0)
		return;
	image_walk(&walk, own, w->im, at_node, set);
	while (wireset_record(&rr, &walk)) {
		const uint8_t *target = rr.rdata.p + at;
		size_t n = 1;
		if (*target)
			while (target[n - 1])
				n += target[n - 1] + 1u;
		if (*target == 0 && at == 2 && set->type != AX_TYPE_MX) {
			target = w->owner.wire; /* "." is the owner itself (RFC 9460 2.5) */
			n = w->owner.n;
		}
		dname_take(&host, target, n);
		if (!image_above(w->im, &host))
			continue;
		if (w->hosts_seen == AX_LOOKUP_HOSTS_MAX)
			return;
		w->hosts_seen++;
		const struct image_name *node = find_host(w->im, &host);
		if (node && !seen_host(w, &host))
			put_addresses(w, node, target, (uint8_t)n, false, false);
	}
}

/* Glue (RFC 9471): of hosts below the cut required, of others in the zone as it fits. */
static void glue(struct work *w, const struct find *f)
{
	const struct wireset *stored = w->cut_ready ? image_glue(f->node) : NULL;
	struct wireset_walk walk;
	uint8_t own[AX_NAME_MAX];
	struct ax_rr rr;
	struct dname host;
	if (stored && wireset_copy(w->m, PACKET_ADDITIONAL, stored, dname_at(w->name, f->labels), true))
		return;
	image_walk(&walk, own, w->im, f->node, find_set(f->node, AX_TYPE_NS).set);
	while (wireset_record(&rr, &walk)) {
		dname_take(&host, rr.rdata.p, rr.rdata.n);
		if (!image_above(w->im, &host))
			continue;
		const struct image_name *node = find_host(w->im, &host);
		bool required = find_within(&host, w->name, f->labels);
		if (node)
			put_addresses(w, node, rr.rdata.p, host.n, true, required);
	}
}

/* -- answers ---------------------------------------------------------------------------------------------- */

/* Beside a referral: is the child signed (RFC 4035 3.1.4)? */
static void say_ds(struct work *w, const struct find *f)
{
	struct find_set ds = find_set(f->node, AX_TYPE_DS);
	if (ds.signatures) /* nothing to anyone in a zone that is not signed */
		need_set(w, PACKET_AUTHORITY, suffix_owner(w, f->labels), f->node, ds);
	else if (!ds.set)
		deny_type(&w->deny, w->im, w->name, f->labels);
}

static enum ax_rcode referral(struct work *w, const struct find *f)
{
	struct find_set ns = { find_set(f->node, AX_TYPE_NS).set, NULL };
	w->m->aa = w->links > 1; /* AA speaks of the answer's first owner */
	need_set(w, PACKET_AUTHORITY, suffix_owner(w, f->labels), f->node, ns);
	w->cut = true;
	w->cut_ready = w->ready;
	if (w->dnssec)
		say_ds(w, f);
	return AX_RCODE_NOERROR;
}

/* Go on at an alias' target, if it is ours and the chain neither loops nor gets too long. */
static bool follow(struct work *w, const uint8_t *target, size_t n)
{
	struct dname next;
	dname_take(&next, target, n);
	if (!image_above(w->im, &next) || w->links == AX_LOOKUP_CHAIN_MAX)
		return false;
	uint64_t hash = dname_hash(next.wire, next.n);
	for (unsigned i = 0; i < w->links; i++)
		if (w->asked[i] == hash)
			return false;
	w->link = next;
	w->name = &w->link;
	w->owner = packet_owner(w->m, target, (uint8_t)n);
	w->first = false;
	return true;
}

/* Was this DNAME said for an earlier link? Notes it for this one. */
static bool said_dname(struct work *w, const struct image_name *node)
{
	bool said = false;
	for (unsigned i = 0; i + 1 < w->links; i++)
		said |= w->via[i] == node;
	w->via[w->links - 1] = node;
	return said;
}

/* Does renaming below owner by target never end, as it leads below owner again? */
static bool never_ends(const struct work *w, unsigned owner_labels, struct ax_slice target)
{
	struct dname to;
	dname_take(&to, target.p, target.n);
	return find_within(&to, w->name, owner_labels);
}

/* A DNAME above the name: it, and the CNAME made from it (RFC 6672 3.1). True: go on at the new name. */
static bool redirect(struct work *w, const struct find *f, enum ax_rcode *rcode)
{
	struct find_set set = find_set(f->node, AX_TYPE_DNAME);
	struct packet_owner owner = suffix_owner(w, f->labels);
	struct wireset_walk walk;
	uint8_t own[AX_NAME_MAX];
	struct ax_rr rr;
	image_walk(&walk, own, w->im, f->node, set.set);
	if (!wireset_record(&rr, &walk))
		return false;
	if (!said_dname(w, f->node))
		need_set(w, PACKET_ANSWER, owner, f->node, set);
	size_t kept = dname_at(w->name, f->labels), n = kept + rr.rdata.n;
	if (n > AX_NAME_MAX) {
		*rcode = AX_RCODE_YXDOMAIN;
		return false;
	}
	uint8_t *made = w->made[w->links - 1]; /* one a link */
	memcpy(made, w->owner.wire, kept);
	memcpy(made + kept, rr.rdata.p, rr.rdata.n);
	owner = w->owner;
	if (!packet_rr(w->m, PACKET_ANSWER, &owner, AX_TYPE_CNAME, rr.ttl_s, ax_slice(made, n)))
		packet_truncate(w->m);
	return w->qtype != AX_TYPE_CNAME && !never_ends(w, f->labels, rr.rdata) && follow(w, made, n);
}

/* Signatures and proofs are no part of the data that ANY asks for (RFC 3225 3; 8482 lets us choose). */
static bool asked_for(const struct work *w, const struct wireset *set)
{
	if (w->qtype != AX_TYPE_ANY)
		return set->type == w->qtype;
	return set->type != AX_TYPE_RRSIG && set->type != AX_TYPE_NSEC && set->type != AX_TYPE_NSEC3 &&
	       set->type != AX_TYPE_NSEC3PARAM;
}

/* Types that may stand beside a CNAME are asked of the name itself (RFC 4035 2.5, 3007). */
static bool cname_answers(uint16_t qtype)
{
	return qtype != AX_TYPE_RRSIG && qtype != AX_TYPE_NSEC && qtype != AX_TYPE_KEY;
}

static void put_asked(struct work *w, const struct find *f, struct find_set set)
{
	if (set.set->type == AX_TYPE_DNAME && f->found == FOUND_NAME && said_dname(w, f->node))
		return; /* it led here; a wildcard's is another name's now */
	need_set(w, PACKET_ANSWER, w->owner, f->node, set);
}

/* What is asked for at the node. False: there is nothing. */
static bool put_matching(struct work *w, const struct find *f)
{
	if (w->qtype != AX_TYPE_ANY && w->qtype != AX_TYPE_RRSIG) {
		struct find_set set = find_set(f->node, w->qtype);
		if (set.set)
			put_asked(w, f, set);
		return set.set;
	}
	const struct wireset *set = image_first(f->node);
	bool any = false;
	for (unsigned i = 0; i < f->node->rrsets; i++, set = wireset_next(set)) {
		if (!asked_for(w, set))
			continue;
		any = true;
		put_asked(w, f, find_signed(f->node, set, i));
	}
	return any;
}

/* Once the other sections are complete: what helps to go on from where the chain ends. */
static void additional(struct work *w, const struct find *f)
{
	const struct wireset *set = image_first(f->node);
	if (w->m->tc)
		return;
	if (w->cut)
		glue(w, f);
	if (!w->matched)
		return;
	if (w->qtype == AX_TYPE_ANY)
		seen_host(w, w->name); /* its addresses are in the answer */
	for (unsigned i = 0; i < f->node->rrsets; i++, set = wireset_next(set))
		if (asked_for(w, set))
			additional_of(w, f->node, set);
}

/* What proves that the name has not the type, or that a wildcard's data is its. */
static void prove(struct work *w, const struct find *f, bool positive)
{
	bool wildcard = f->found == FOUND_WILDCARD;
	if (positive && wildcard)
		deny_self(&w->deny, w->im, w->name, f->labels);
	if (!positive && wildcard)
		deny_wildcard_type(&w->deny, w->im, w->name, f->labels);
	if (!positive && !wildcard)
		deny_type(&w->deny, w->im, w->name, f->labels);
}

static void put_proofs(struct work *w)
{
	for (unsigned i = 0; i < w->deny.n && !w->m->tc; i++) {
		const struct image_name *node = w->deny.at[i];
		bool nsec = w->im->denial->kind == AX_DENIAL_NSEC;
		uint8_t wire[AX_NAME_MAX];
		size_t n = image_owner(wire, w->im, node);
		struct packet_owner owner = packet_owner(w->m, wire, (uint8_t)n);
		need_set(w, PACKET_AUTHORITY, owner, node, find_set(node, nsec ? AX_TYPE_NSEC : AX_TYPE_NSEC3));
	}
}

/* The data for the name is at f->node. True: go on at its alias' target. */
static bool at_node(struct work *w, const struct find *f, enum ax_rcode *rcode)
{
	*rcode = AX_RCODE_NOERROR;
	if (f->found == FOUND_WILDCARD)
		w->names = false;
	w->matched = put_matching(w, f);
	struct find_set cname = { NULL, NULL };
	if (!w->matched && f->node->flags & IMAGE_CNAME && cname_answers(w->qtype))
		cname = find_set(f->node, AX_TYPE_CNAME);
	if (w->dnssec)
		prove(w, f, w->matched || cname.set);
	if (w->matched) {
		w->matched = w->qtype == AX_TYPE_ANY || host_offset(w->qtype) >= 0;
		return false;
	}
	if (!cname.set) {
		negative(w, AX_RCODE_NOERROR);
		return false;
	}
	struct wireset_walk walk;
	uint8_t own[AX_NAME_MAX];
	struct ax_rr rr;
	need_set(w, PACKET_ANSWER, w->owner, f->node, cname);
	image_walk(&walk, own, w->im, f->node, cname.set);
	if (!wireset_record(&rr, &walk))
		return false;
	memcpy(w->made[w->links - 1], rr.rdata.p, rr.rdata.n);
	return follow(w, w->made[w->links - 1], rr.rdata.n);
}

static enum ax_rcode nothing(struct work *w, const struct find *f)
{
	if (w->dnssec)
		deny_name(&w->deny, w->im, w->name, f->labels);
	return negative(w, AX_RCODE_NXDOMAIN);
}

/* From where the name leads, step by step. */
static SELDOM enum ax_rcode answer_at_length(struct packet *m, const struct image *im, const struct dname *name,
					     struct find *f)
{
	struct work w;
	enum ax_rcode rcode;
	bool again;
	/* Not all of it is cleared: the arrays are big, and only what was written of them is read. */
	w.m = m;
	w.im = im;
	w.qtype = m->query->qtype;
	w.dnssec = m->query->edns.dnssec_ok;
	w.name = name;
	w.owner = packet_question_owner(m, 0);
	w.first = true;
	w.links = w.nhosts = w.hosts_seen = w.deny.n = 0;
	w.cut = w.matched = false;
	w.names = packet_is_lower(m);
	m->aa = true;
	for (;;) {
		rcode = AX_RCODE_NOERROR;
		w.via[w.links] = NULL;
		w.asked[w.links++] = dname_hash(w.name->wire, w.name->n);
		if (f->found == FOUND_WILDCARD && w.links == 1)
			m->wild_at = dname_at(name, f->labels);
		again = false;
		if (f->found == FOUND_CUT)
			rcode = referral(&w, f);
		else if (f->found == FOUND_NOTHING)
			rcode = nothing(&w, f);
		else if (f->found == FOUND_DNAME)
			again = redirect(&w, f, &rcode);
		else
			again = at_node(&w, f, &rcode);
		if (!again)
			break;
		find_name(f, im, w.name, w.qtype, NULL);
	}
	if (w.deny.n)
		put_proofs(&w);
	if (w.cut || w.matched)
		additional(&w, f);
	return rcode;
}

/* -- what stands ready ------------------------------------------------------------------------------------- */

/* Types whose RRset is the whole answer, but for signatures: no hosts' addresses, no serial, no other types. */
static inline bool stands_alone(uint16_t qtype)
{
	const uint64_t no = 1ull << AX_TYPE_NS | 1ull << AX_TYPE_SOA | 1ull << AX_TYPE_MX | 1ull << AX_TYPE_SRV |
			    1ull << AX_TYPE_RRSIG;
	if (qtype < 64)
		return !(no >> qtype & 1);
	return qtype != AX_TYPE_ANY && qtype != AX_TYPE_SVCB && qtype != AX_TYPE_HTTPS;
}

static bool copy_data(struct packet *m, const struct find *f, const struct query *q)
{
	struct find_set set = find_set(f->node, q->qtype);
	if (!set.set)
		return false;
	bool names = set.set->flags & WIRESET_NAMES && packet_is_lower(m);
	return wireset_copy(m, PACKET_ANSWER, set.set, 0, names) &&
	       (!q->edns.dnssec_ok || !set.signatures || wireset_copy(m, PACKET_ANSWER, set.signatures, 0, false));
}

static bool copy_referral(struct packet *m, const struct find *f, const struct dname *name)
{
	const struct wireset *ns = find_set(f->node, AX_TYPE_NS).set, *glue = image_glue(f->node);
	unsigned skip = dname_at(name, f->labels);
	m->aa = false;
	return glue && wireset_copy(m, PACKET_AUTHORITY, ns, skip, packet_is_lower(m)) &&
	       wireset_copy(m, PACKET_ADDITIONAL, glue, skip, true);
}

/* Most questions are answered by one or two copies. False: this one is not, and nothing is written. */
static inline bool copy_ready(struct packet *m, const struct image *im, const struct find *f, const struct query *q,
			      enum ax_rcode *rcode)
{
	bool done = false;
	*rcode = AX_RCODE_NOERROR;
	if (f->found == FOUND_NAME && stands_alone(q->qtype)) {
		done = copy_data(m, f, q);
	} else if (q->edns.dnssec_ok) {
		return false; /* there is something to be proven */
	} else if (f->found == FOUND_CUT) {
		done = copy_referral(m, f, &q->name);
	} else if (f->found == FOUND_NOTHING) {
		*rcode = AX_RCODE_NXDOMAIN;
		done = im->apex_n > 1 && wireset_copy(m, PACKET_AUTHORITY, im->negative,
						      dname_at(&q->name, im->apex_labels), packet_is_lower(m));
	}
	if (!done)
		packet_restart(m);
	return done;
}

enum ax_rcode answer_from_image(struct packet *m, const struct image *im, const struct find_ahead *a)
{
	const struct query *q = m->query;
	struct find f;
	enum ax_rcode rcode;
	find_name(&f, im, &q->name, q->qtype, a);
	m->aa = true;
	return copy_ready(m, im, &f, q, &rcode) ? rcode : answer_at_length(m, im, &q->name, &f);
}
