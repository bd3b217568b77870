#include "core/proof.h"

#include <stdlib.h>
#include <string.h>

/* -- what the tree says ----------------------------------------------------------------------------------- */

/* AX_ENOENT if there is no such RRset. */
static enum ax_err find_covered(struct ax_rrset *out, const struct ax_lookup_work *w, const struct ax_name *owner,
				uint16_t type, uint16_t covered)
{
	struct ax_buf key = AX_BUF_INIT;
	struct ax_entry entry;
	enum ax_err e = ax_key_make(&key, owner, w->apex, type, covered);
	if (!e)
		e = ax_tree_find(&entry, w->txn, &w->commit->root, ax_buf_view(&key));
	if (!e)
		e = ax_rrset_view(out, type, covered, entry.value);
	ax_buf_fini(&key);
	return e;
}

enum ax_err ax_lookup_find(struct ax_rrset *out, const struct ax_lookup_work *w, const struct ax_name *owner,
			   uint16_t type)
{
	return find_covered(out, w, owner, type, 0);
}

static enum ax_err has(bool *out, const struct ax_lookup_work *w, const struct ax_name *owner, uint16_t type)
{
	struct ax_rrset unused;
	enum ax_err e = ax_lookup_find(&unused, w, owner, type);
	*out = e == AX_OK;
	return e == AX_ENOENT ? AX_OK : e;
}

static enum ax_err count(uint64_t *out, const struct ax_lookup_work *w, const struct ax_name *name, uint16_t type)
{
	struct ax_buf prefix = AX_BUF_INIT;
	struct ax_tree_range range = { 0 };
	enum ax_err e = ax_key_owner(&prefix, name, w->apex);
	if (type)
		ax_buf_u8(&prefix, 0);
	if (type)
		ax_buf_u16(&prefix, type);
	if (!e)
		e = ax_buf_check(&prefix);
	if (!e)
		e = ax_tree_measure(&range, w->txn, &w->commit->root, ax_buf_view(&prefix));
	ax_buf_fini(&prefix);
	*out = range.count;
	return e;
}

/* Is there anything at the name or below it? An empty non-terminal exists too (RFC 4592 2.2.2); a name with nothing
 * but NSEC3 and its RRSIGs does not (RFC 5155 7.2.8). */
static enum ax_err exists(bool *out, const struct ax_lookup_work *w, const struct ax_name *name)
{
	uint64_t all = 0, nsec3 = 0, signatures = 0;
	enum ax_err e = count(&all, w, name, 0);
	if (!e && all && name->wire[0] == AX_NSEC3_LABEL)
		e = count(&nsec3, w, name, AX_TYPE_NSEC3);
	if (!e && nsec3)
		e = count(&signatures, w, name, AX_TYPE_RRSIG);
	*out = nsec3 ? all > nsec3 + signatures : all > 0;
	return e;
}

struct ax_name ax_lookup_suffix(const struct ax_name *name, unsigned labels)
{
	struct ax_name n = *name;
	for (unsigned i = ax_name_labels(name); i > labels; i--)
		ax_name_parent(&n);
	return n;
}

/* -- gathering -------------------------------------------------------------------------------------------- */

enum ax_err ax_lookup_add(struct ax_lookup_section *s, const struct ax_name *owner, const struct ax_rrset *set,
			  uint32_t ttl_s, bool required)
{
	if (s->n == s->cap) {
		size_t cap = s->cap ? 2 * s->cap : 4;
		struct ax_lookup_rrset *v = realloc(s->v, cap * sizeof *v);
		if (!v)
			return ax_fail(AX_ENOMEM, "no memory for an answer");
		s->v = v;
		s->cap = cap;
	}
	s->v[s->n++] = (struct ax_lookup_rrset){ *owner, *set, ttl_s, required, false };
	return AX_OK;
}

enum ax_err ax_lookup_add_signatures(struct ax_lookup_work *w, struct ax_lookup_section *s,
				     const struct ax_name *owner, const struct ax_name *source, uint16_t type,
				     uint32_t ttl_max_s)
{
	struct ax_rrset set;
	if (!w->dnssec || type == AX_TYPE_RRSIG)
		return AX_OK;
	enum ax_err e = find_covered(&set, w, source, AX_TYPE_RRSIG, type);
	if (e)
		return e == AX_ENOENT ? AX_OK : e;
	e = ax_lookup_add(s, owner, &set, ttl_max_s, false);
	if (!e)
		s->v[s->n - 1].rides = true;
	return e;
}

/* The apex SOA with the commit's serial in it (DESIGN section 2: the tree holds 0). */
static enum ax_err soa(struct ax_rrset *set, uint32_t *minimum_s, const struct ax_lookup_work *w)
{
	struct ax_rr rr;
	size_t pos = 0;
	enum ax_err e = ax_lookup_find(set, w, w->apex, AX_TYPE_SOA);
	if (e)
		return e == AX_ENOENT ? ax_fail(AX_ECORRUPT, "the zone has no SOA") : e;
	size_t at = ax_rrset_next(&rr, set, &pos) ? ax_soa_serial_at(rr.rdata) : 0;
	if (!at)
		return ax_fail(AX_ECORRUPT, "the SOA is malformed");
	struct ax_buf *b = &w->out->soa;
	ax_buf_clear(b);
	ax_buf_leb(b, rr.rdata.n);
	ax_buf_put(b, rr.rdata.p, at);
	ax_buf_u32(b, w->commit->serial);
	ax_buf_put(b, rr.rdata.p + at + 4, rr.rdata.n - at - 4);
	set->body = ax_buf_view(b);
	*minimum_s = ax_be32(rr.rdata.p + rr.rdata.n - 4);
	return ax_buf_check(b);
}

/* NODATA and NXDOMAIN: the SOA, to be kept for min(its TTL, MINIMUM) (RFC 2308 3). */
static enum ax_err negative(struct ax_lookup_work *w, enum ax_rcode rcode)
{
	struct ax_rrset set;
	uint32_t minimum_s;
	w->out->rcode = rcode;
	enum ax_err e = soa(&set, &minimum_s, w);
	if (!e)
		e = ax_lookup_add(&w->out->authority, w->apex, &set, set.ttl_s < minimum_s ? set.ttl_s : minimum_s,
				  false);
	return e ? e : ax_lookup_add_signatures(w, &w->out->authority, w->apex, w->apex, AX_TYPE_SOA, minimum_s);
}

/* source: where it stands, the owner itself or a wildcard; NULL if it was made here. */
static enum ax_err positive(struct ax_lookup_work *w, const struct ax_name *owner, const struct ax_name *source,
			    const struct ax_rrset *found)
{
	struct ax_rrset set = *found;
	uint32_t minimum_s;
	enum ax_err e = set.type == AX_TYPE_SOA ? soa(&set, &minimum_s, w) : AX_OK;
	if (!e)
		e = ax_lookup_add(&w->out->answer, owner, &set, set.type == AX_TYPE_RRSIG ? UINT32_MAX : set.ttl_s,
				  false);
	return e || !source ? e : ax_lookup_add_signatures(w, &w->out->answer, owner, source, set.type, UINT32_MAX);
}

/* Beside a referral: is the child signed (RFC 4035 3.1.4)? */
static enum ax_err say_ds(struct ax_lookup_work *w, const struct ax_name *cut)
{
	struct ax_rrset ds;
	if (!w->dnssec)
		return AX_OK;
	enum ax_err e = ax_lookup_find(&ds, w, cut, AX_TYPE_DS);
	if (e)
		return e == AX_ENOENT ? ax_proof_no_type(w, cut) : e;
	struct ax_rrset signatures;
	e = find_covered(&signatures, w, cut, AX_TYPE_RRSIG, AX_TYPE_DS);
	if (e)
		return e == AX_ENOENT ? AX_OK : e; /* nothing to anyone in a zone that is not signed */
	e = ax_lookup_add(&w->out->authority, cut, &ds, ds.ttl_s, false);
	return e ? e : ax_lookup_add_signatures(w, &w->out->authority, cut, cut, AX_TYPE_DS, UINT32_MAX);
}

static enum ax_err referral(struct ax_lookup_work *w, const struct ax_name *cut)
{
	struct ax_rrset ns;
	enum ax_err e = ax_lookup_find(&ns, w, cut, AX_TYPE_NS);
	if (!e)
		e = ax_lookup_add(&w->out->authority, cut, &ns, ns.ttl_s, false);
	if (!e)
		e = say_ds(w, cut);
	/* AA speaks of the answer's first owner: after a CNAME of ours it stays (RFC 2181 4.1.1's AA). */
	w->out->authoritative = w->out->answer.n > 0;
	return e;
}

/* -- chains ----------------------------------------------------------------------------------------------- */

static enum ax_err resolve(struct ax_lookup_work *w, const struct ax_name *qname);

/* Go on at the target of an alias, if it is ours and the chain neither loops nor gets too long. */
static enum ax_err follow(struct ax_lookup_work *w, struct ax_slice target_wire)
{
	struct ax_name target;
	enum ax_err e = ax_name_from_wire(&target, target_wire, NULL);
	if (e)
		return e;
	if (!ax_name_within(&target, w->apex) || w->out->links == AX_LOOKUP_CHAIN_MAX)
		return AX_OK;
	for (unsigned i = 0; i < w->out->links; i++)
		if (ax_name_eq(&w->out->asked[i], &target))
			return AX_OK;
	return resolve(w, &target);
}

static enum ax_err first_rdata(struct ax_slice *out, const struct ax_rrset *set)
{
	struct ax_rr rr;
	size_t pos = 0;
	*out = ax_slice(NULL, 0);
	if (!ax_rrset_next(&rr, set, &pos))
		return ax_fail(AX_ECORRUPT, "an RRset has no record");
	*out = rr.rdata;
	return AX_OK;
}

/* qname, which lies below owner, with owner replaced by target; false if that is too long for a name. */
static bool rename_below(struct ax_name *out, const struct ax_name *qname, const struct ax_name *owner,
			 struct ax_slice target)
{
	size_t kept = (size_t)(qname->n - owner->n);
	if (kept + target.n > AX_NAME_MAX)
		return false;
	memcpy(out->wire, qname->wire, kept);
	memcpy(out->wire + kept, target.p, target.n);
	out->n = (uint8_t)(kept + target.n);
	return true;
}

static bool is_there(const struct ax_lookup_section *s, const struct ax_name *owner, uint16_t type)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->v[i].set.type == type && ax_name_eq(&s->v[i].owner, owner))
			return true;
	return false;
}

/* A DNAME above qname: it, and the CNAME made from it with the same TTL (RFC 6672 3.1). A chain may meet it again:
 * then it is said already. */
static enum ax_err redirect(struct ax_lookup_work *w, const struct ax_name *qname, const struct ax_name *owner)
{
	struct ax_rrset dname;
	struct ax_slice target = { NULL, 0 };
	struct ax_name renamed;
	enum ax_err e = ax_lookup_find(&dname, w, owner, AX_TYPE_DNAME);
	if (!e)
		e = first_rdata(&target, &dname);
	if (!e && !is_there(&w->out->answer, owner, AX_TYPE_DNAME))
		e = positive(w, owner, owner, &dname);
	if (e)
		return e;
	if (!rename_below(&renamed, qname, owner, target)) {
		w->out->rcode = AX_RCODE_YXDOMAIN;
		return AX_OK;
	}
	struct ax_buf body = AX_BUF_INIT;
	ax_buf_leb(&body, renamed.n);
	ax_buf_put(&body, renamed.wire, renamed.n);
	e = ax_buf_check(&body);
	if (!e) {
		uint8_t *made = w->out->made[w->out->links - 1]; /* one a link */
		memcpy(made, body.p, body.n);
		struct ax_rrset cname = { AX_TYPE_CNAME, 0, 1, dname.ttl_s, ax_slice(made, body.n) };
		e = positive(w, qname, NULL, &cname);
	}
	ax_buf_fini(&body);
	struct ax_name to;
	if (!e)
		e = ax_name_from_wire(&to, target, NULL);
	if (!e && w->qtype != AX_TYPE_CNAME && !ax_name_within(&to, owner))
		e = follow(w, ax_slice(renamed.wire, renamed.n));
	return e;
}

/* -- a name that was found -------------------------------------------------------------------------------- */

/* Signatures and proofs are no part of the data that ANY asks for (RFC 3225 3; 8482 lets us choose). */
static bool left_out_of_any(uint16_t type)
{
	return type == AX_TYPE_RRSIG || type == AX_TYPE_NSEC || type == AX_TYPE_NSEC3 || type == AX_TYPE_NSEC3PARAM;
}

/* Every RRset at node whose type is asked for: one, all for ANY, each type covered for RRSIG. */
static enum ax_err matching(bool *any, struct ax_lookup_work *w, const struct ax_name *qname,
			    const struct ax_name *node)
{
	struct ax_buf prefix = AX_BUF_INIT;
	struct ax_cursor c;
	*any = false;
	enum ax_err e = ax_key_owner(&prefix, node, w->apex);
	size_t owner_len = prefix.n;
	ax_buf_u8(&prefix, 0);
	if (w->qtype != AX_TYPE_ANY)
		ax_buf_u16(&prefix, w->qtype);
	if (!e)
		e = ax_buf_check(&prefix);
	if (e) {
		ax_buf_fini(&prefix);
		return e;
	}
	e = ax_cursor_init(&c, w->txn, &w->commit->root);
	c.keys_only = true; /* what stands behind the name is not asked for */
	if (!e)
		e = ax_cursor_seek(&c, ax_buf_view(&prefix));
	while (!e && c.valid && ax_slice_starts(c.entry.key, ax_buf_view(&prefix))) {
		struct ax_rrset set;
		struct ax_slice value;
		const uint8_t *type = c.entry.key.p + owner_len + 1;
		uint16_t covered = c.entry.key.n >= owner_len + 5 ? ax_be16(type + 2) : 0;
		if (w->qtype != AX_TYPE_ANY || !left_out_of_any(ax_be16(type))) {
			e = ax_cursor_value(&value, &c);
			if (!e)
				e = ax_rrset_view(&set, ax_be16(type), covered, value);
			/* A DNAME asked for may have led here. */
			if (!e && !(set.type == AX_TYPE_DNAME && is_there(&w->out->answer, qname, set.type)))
				e = positive(w, qname, node, &set);
			*any = true;
		}
		if (!e)
			e = ax_cursor_next(&c);
	}
	ax_cursor_fini(&c);
	ax_buf_fini(&prefix);
	return e;
}

/* Types that may stand beside a CNAME are asked of the name itself (RFC 4035 2.5, 3007). */
static bool cname_answers(uint16_t qtype)
{
	return qtype != AX_TYPE_CNAME && qtype != AX_TYPE_ANY && qtype != AX_TYPE_RRSIG && qtype != AX_TYPE_NSEC &&
	       qtype != AX_TYPE_KEY;
}

/* What proves that the name has not the type, or that the answer's owner is not there itself; encloser is NULL if it
 * is.
 */
static enum ax_err prove(struct ax_lookup_work *w, bool positive, const struct ax_name *qname,
			 const struct ax_name *encloser)
{
	if (positive)
		return encloser ? ax_proof_wildcard(w, qname, encloser) : AX_OK;
	return encloser ? ax_proof_wildcard_no_type(w, qname, encloser) : ax_proof_no_type(w, qname);
}

/* The data for qname is at node: itself, or the wildcard of encloser that it matches. */
static enum ax_err answer_from(struct ax_lookup_work *w, const struct ax_name *qname, const struct ax_name *node,
			       const struct ax_name *encloser)
{
	struct ax_rrset cname;
	struct ax_slice target = { NULL, 0 };
	bool any, alias = false;
	enum ax_err e = matching(&any, w, qname, node);
	if (!e && !any && cname_answers(w->qtype))
		e = has(&alias, w, node, AX_TYPE_CNAME);
	if (!e)
		e = prove(w, any || alias, qname, encloser);
	if (e || any)
		return e;
	if (!alias)
		return negative(w, AX_RCODE_NOERROR);
	e = ax_lookup_find(&cname, w, node, AX_TYPE_CNAME);
	if (!e)
		e = positive(w, qname, node, &cname);
	if (!e)
		e = first_rdata(&target, &cname);
	return e ? e : follow(w, target);
}

/* Nothing at qname: the wildcard of its closest encloser (RFC 4592 3.3.1), or NXDOMAIN. */
static enum ax_err missing(struct ax_lookup_work *w, const struct ax_name *qname, const struct ax_name *encloser)
{
	struct ax_name source = *encloser;
	bool there = false;
	/* An encloser of 254 octets has no room for a wildcard: then it has none. */
	if (encloser->n + 2 <= AX_NAME_MAX) {
		enum ax_err e = ax_name_prepend(&source, ax_slice("*", 1));
		if (!e)
			e = exists(&there, w, &source);
		if (e)
			return e;
	}
	if (there)
		return answer_from(w, qname, &source, encloser);
	enum ax_err e = ax_proof_no_name(w, qname, encloser);
	return e ? e : negative(w, AX_RCODE_NXDOMAIN);
}

/* From the apex down to qname. */
static enum ax_err resolve(struct ax_lookup_work *w, const struct ax_name *qname)
{
	unsigned labels = ax_name_labels(qname);
	w->out->asked[w->out->links++] = *qname;
	for (unsigned i = ax_name_labels(w->apex);; i++) {
		struct ax_name node = ax_lookup_suffix(qname, i);
		bool at_apex = node.n == w->apex->n, at_qname = i == labels, yes;
		enum ax_err e = has(&yes, w, &node, AX_TYPE_NS);
		/* The DS RRset stands above the cut (RFC 4035 3.1.4.1). */
		if (!e && yes && !at_apex && !(at_qname && w->qtype == AX_TYPE_DS))
			return referral(w, &node);
		if (!e && at_qname)
			return answer_from(w, qname, &node, NULL);
		if (!e)
			e = has(&yes, w, &node, AX_TYPE_DNAME);
		if (!e && yes)
			return redirect(w, qname, &node);
		struct ax_name child = ax_lookup_suffix(qname, i + 1);
		if (!e)
			e = exists(&yes, w, &child);
		if (!e && !yes)
			return missing(w, qname, &node);
		if (e)
			return e;
	}
}

/* -- additional data -------------------------------------------------------------------------------------- */

/* Where a host's addresses stand: at its name, else at the wildcard of its closest encloser, whatever cut lies above.
 */
static enum ax_err source_of(struct ax_name *source, const struct ax_lookup_work *w, const struct ax_name *host)
{
	struct ax_name encloser = *host;
	bool there;
	enum ax_err e = exists(&there, w, host);
	*source = *host;
	if (e || there)
		return e;
	while (!e && !there && ax_name_parent(&encloser))
		e = exists(&there, w, &encloser);
	*source = encloser;
	return e ? e : ax_name_prepend(source, ax_slice("*", 1)); /* it fits: the host was at least as long */
}

static enum ax_err add_addresses(struct ax_lookup_work *w, const struct ax_name *target, const struct ax_name *cut)
{
	static const uint16_t types[] = { AX_TYPE_A, AX_TYPE_AAAA };
	bool required = cut && ax_name_within(target, cut);
	struct ax_name source;
	enum ax_err e = source_of(&source, w, target);
	for (unsigned i = 0; !e && i < 2; i++) {
		struct ax_rrset set;
		e = ax_lookup_find(&set, w, &source, types[i]);
		if (!e && !is_there(&w->out->additional, target, types[i]) &&
		    !is_there(&w->out->answer, target, types[i])) {
			e = ax_lookup_add(&w->out->additional, target, &set, set.ttl_s, required);
			if (!e && !cut)
				e = ax_lookup_add_signatures(w, &w->out->additional, target, &source, types[i],
							     UINT32_MAX);
		}
		if (e == AX_ENOENT)
			e = AX_OK;
	}
	return e;
}

/* RFC 1034 4.3.2 step 6; 2782; 9460 4.1. */
static bool leads_to_hosts(uint16_t type)
{
	return type == AX_TYPE_NS || type == AX_TYPE_MX || type == AX_TYPE_SRV || type == AX_TYPE_SVCB ||
	       type == AX_TYPE_HTTPS;
}

/* The addresses of the hosts an RRset names, as far as the zone has them. */
static enum ax_err additional_of(struct ax_lookup_work *w, const struct ax_lookup_rrset *of, bool at_cut)
{
	struct ax_lookup_rrset r = *of;
	struct ax_rr rr;
	for (size_t pos = 0; ax_rrset_next(&rr, &r.set, &pos);) {
		struct ax_slice wire;
		struct ax_name target;
		bool compress;
		if (!ax_rdata_name(&wire, &compress, r.set.type, rr.rdata, 0))
			continue;
		enum ax_err e = ax_name_from_wire(&target, wire, NULL);
		bool service = r.set.type == AX_TYPE_SVCB || r.set.type == AX_TYPE_HTTPS;
		if (!e && service && target.n == 1)
			target = r.owner; /* "." is the owner itself (RFC 9460 2.5) */
		if (e)
			return e;
		if (!ax_name_within(&target, w->apex))
			continue;
		if (!at_cut && w->out->hosts == AX_LOOKUP_HOSTS_MAX)
			break;
		w->out->hosts += !at_cut;
		e = add_addresses(w, &target, at_cut ? &r.owner : NULL);
		if (e)
			return e;
	}
	return AX_OK;
}

static enum ax_err additional(struct ax_lookup_work *w)
{
	enum ax_err e = AX_OK;
	for (size_t i = 0; !e && i < w->out->answer.n; i++)
		if (leads_to_hosts(w->out->answer.v[i].set.type))
			e = additional_of(w, &w->out->answer.v[i], false);
	for (size_t i = 0; !e && i < w->out->authority.n; i++)
		if (w->out->authority.v[i].set.type == AX_TYPE_NS)
			e = additional_of(w, &w->out->authority.v[i], true);
	return e;
}

/* --------------------------------------------------------------------------------------------------------- */

enum ax_err ax_lookup(struct ax_lookup *out, struct ax_txn *t, const struct ax_name *apex,
		      const struct ax_commit_info *c, const struct ax_name *qname, uint16_t qtype, bool dnssec)
{
	struct ax_lookup_work w;
	out->rcode = AX_RCODE_NOERROR;
	out->authoritative = true;
	out->answer = out->authority = out->additional = (struct ax_lookup_section){ 0 };
	out->soa = AX_BUF_INIT;
	out->links = out->hosts = 0;
	if (!ax_name_within(qname, apex))
		return ax_fail(AX_EINVAL, "the name asked is outside the zone");
	/* Not all of it is cleared: it is big, and only what was written is read. */
	w.out = out;
	w.txn = t;
	w.apex = apex;
	w.commit = c;
	w.qtype = qtype;
	w.dnssec = dnssec;
	enum ax_err e = ax_proof_begin(&w);
	if (!e)
		e = resolve(&w, qname);
	if (!e)
		e = ax_proof_add(&w);
	return e ? e : additional(&w);
}

void ax_lookup_fini(struct ax_lookup *l)
{
	free(l->answer.v);
	free(l->authority.v);
	free(l->additional.v);
	ax_buf_fini(&l->soa);
	l->answer = l->authority = l->additional = (struct ax_lookup_section){ 0 };
}
