#include "core/check.h"
#include "core/target.h"

#include <stdio.h>
#include <string.h>

enum { WARNINGS_MAX = 100 };

struct checker {
	struct ax_txn *txn;
	const struct ax_name *apex;
	const struct ax_root *root;
	struct ax_cursor at;       /* only moves forward */
	ax_warn_fn *failed, *warn; /* failed NULL: the first failure ends it */
	void *ctx;
	unsigned failures, warnings;
	struct ax_buf owner; /* owner part of the name that is looked at */
	struct ax_buf clear; /* no proper ancestor of this owner has a DNAME */
	bool has_clear;
};

/* What stands at one name. */
struct here {
	unsigned soa, ns, cname, dname, nsec3; /* records */
	uint16_t beside;                       /* a type that may not stand beside a CNAME; 0: none */
	unsigned types;                        /* RRSIGs not counted */
};

/* -- saying it --------------------------------------------------------------------------------------------- */

static void put_owner(struct ax_buf *b, const struct checker *c)
{
	struct ax_buf key = AX_BUF_INIT;
	struct ax_name name;
	uint16_t type, covered;
	ax_buf_slice(&key, ax_buf_view(&c->owner));
	ax_key_type(&key, AX_TYPE_A, 0);
	if (!key.failed && ax_key_parse(&name, &type, &covered, NULL, ax_buf_view(&key), c->apex) == AX_OK)
		ax_name_text(b, &name);
	ax_buf_fini(&key);
}

static enum ax_err fail(struct checker *c, const char *type, const char *why)
{
	struct ax_buf b = AX_BUF_INIT;
	put_owner(&b, c);
	ax_buf_printf(&b, "%s%s: %s", *type ? " " : "", type, why);
	const char *text = ax_buf_cstr(&b);
	c->failures++;
	if (c->failed)
		c->failed(c->ctx, text ? text : why);
	else
		ax_fail(AX_ECHECK, "%s", text ? text : why);
	ax_buf_fini(&b);
	return c->failed ? AX_OK : AX_ECHECK;
}

static void warn(struct checker *c, const char *type, const char *what, const struct ax_name *host)
{
	struct ax_buf b = AX_BUF_INIT;
	if (!c->warn || c->warnings++ >= WARNINGS_MAX)
		return;
	put_owner(&b, c);
	ax_buf_printf(&b, " %s: ", type);
	if (host) {
		ax_name_text(&b, host);
		ax_buf_str(&b, " ");
	}
	ax_buf_str(&b, what);
	const char *text = ax_buf_cstr(&b);
	if (text)
		c->warn(c->ctx, text);
	ax_buf_fini(&b);
}

static void warn_rest(struct checker *c)
{
	char text[80];
	if (!c->warn || c->warnings <= WARNINGS_MAX)
		return;
	snprintf(text, sizeof text, "and %u more warnings", c->warnings - WARNINGS_MAX);
	c->warn(c->ctx, text);
}

/* -- warnings about targets -------------------------------------------------------------------------------- */

static enum ax_err check_target(struct checker *c, uint16_t type, const struct ax_name *owner,
				const struct ax_name *host)
{
	char text[24];
	enum ax_target target;
	bool is_glue = type == AX_TYPE_NS && !ax_name_eq(owner, c->apex) && ax_name_within(host, owner);
	enum ax_err e = ax_target_look(&target, c->txn, c->apex, c->root, host, is_glue ? owner : NULL);
	ax_type_text(text, type);
	if (!e && target == AX_TARGET_ALIAS)
		warn(c, text, "is an alias (RFC 2181 10.3)", host);
	if (!e && target == AX_TARGET_ABSENT)
		warn(c, text, is_glue ? "has no glue: an A or AAAA record is missing" : "has no address", host);
	return e;
}

static enum ax_err check_targets(struct checker *c, struct ax_slice key, struct ax_slice value)
{
	struct ax_name owner, host;
	uint16_t type, covered;
	struct ax_rrset set;
	struct ax_rr rr;
	struct ax_slice name;
	bool compress;
	size_t pos = 0;
	enum ax_err e = ax_key_parse(&owner, &type, &covered, NULL, key, c->apex);
	if (e || (type != AX_TYPE_NS && type != AX_TYPE_MX && type != AX_TYPE_SRV))
		return e;
	e = ax_rrset_view(&set, type, 0, value);
	while (!e && ax_rrset_next(&rr, &set, &pos)) {
		if (!ax_rdata_name(&name, &compress, type, rr.rdata, 0) || name.n < 2)
			continue; /* "." is "no service" (RFC 7505, 2782) */
		if (!(e = ax_name_from_wire(&host, name, NULL)))
			e = check_target(c, type, &owner, &host);
	}
	return e;
}

/* -- DNAME (RFC 6672 2.4) ---------------------------------------------------------------------------------- */

/* The type of a key at the name whose owner part has n octets; 0 if it is of a name below. */
static uint16_t type_at(struct ax_slice key, size_t n)
{
	return key.n >= n + 3 && key.p[n] == 0 ? ax_be16(key.p + n + 1) : 0;
}

/* NSEC3 records and their signatures lie below an apex DNAME of a signed zone; they are names of the chain only. */
static bool is_nsec3(struct ax_slice key)
{
	static const uint8_t nsec3[] = { 0, 0, 0, AX_TYPE_NSEC3 },
			     rrsig[] = { 0, 0, 0, AX_TYPE_RRSIG, 0, AX_TYPE_NSEC3 };
	return (key.n > 4 && memcmp(key.p + key.n - 4, nsec3, 4) == 0) ||
	       (key.n > 6 && memcmp(key.p + key.n - 6, rrsig, 6) == 0);
}

static enum ax_err nothing_below(struct checker *c)
{
	struct ax_cursor below;
	bool bad = false;
	enum ax_err e = ax_cursor_init(&below, c->txn, c->root);
	if (e)
		return e;
	below.keys_only = true;
	for (e = ax_cursor_seek(&below, ax_buf_view(&c->owner)); !e && !bad; e = ax_cursor_next(&below)) {
		if (!below.valid || !ax_slice_starts(below.entry.key, ax_buf_view(&c->owner)))
			break;
		bad = !type_at(below.entry.key, c->owner.n) && !is_nsec3(below.entry.key);
	}
	ax_cursor_fini(&below);
	return !e && bad ? fail(c, "DNAME", "there are records below it (RFC 6672 2.4)") : e;
}

static enum ax_err has_dname(bool *out, struct checker *c, struct ax_slice owner)
{
	struct ax_buf key = AX_BUF_INIT;
	struct ax_entry found;
	ax_buf_slice(&key, owner);
	ax_key_type(&key, AX_TYPE_DNAME, 0);
	enum ax_err e = ax_buf_check(&key);
	if (!e)
		e = ax_tree_find(&found, c->txn, c->root, ax_buf_view(&key));
	*out = !e;
	ax_buf_fini(&key);
	return e == AX_ENOENT ? AX_OK : e;
}

/* Each label of an owner part ends in 00, and holds none. Names come in order: what the name before shares with this
 * one was looked at. */
static enum ax_err not_below_dname(struct checker *c)
{
	struct ax_slice owner = ax_buf_view(&c->owner), clear = ax_buf_view(&c->clear);
	for (size_t n = 0; n < owner.n; n++) {
		bool is;
		if (n && owner.p[n - 1] != 0)
			continue;
		struct ax_slice above = ax_slice(owner.p, n);
		if (c->has_clear && n < clear.n && ax_slice_starts(clear, above))
			continue;
		enum ax_err e = has_dname(&is, c, above);
		if (e)
			return e;
		if (is)
			return fail(c, "", "it lies below a DNAME (RFC 6672 2.4)");
	}
	ax_buf_clear(&c->clear);
	ax_buf_slice(&c->clear, owner);
	c->has_clear = true;
	return ax_buf_check(&c->clear);
}

/* -- one name ---------------------------------------------------------------------------------------------- */

static enum ax_err note(struct here *h, uint16_t type, struct ax_slice value)
{
	struct ax_rrset set;
	enum ax_err e;
	if (type == AX_TYPE_RRSIG)
		return AX_OK;
	h->types++;
	/* RFC 4035 2.5: RRSIG, NSEC and, for secure update, KEY. */
	if (type != AX_TYPE_CNAME && type != AX_TYPE_NSEC && type != AX_TYPE_KEY)
		h->beside = type;
	unsigned *records = type == AX_TYPE_SOA     ? &h->soa
			    : type == AX_TYPE_NS    ? &h->ns
			    : type == AX_TYPE_CNAME ? &h->cname
			    : type == AX_TYPE_DNAME ? &h->dname
			    : type == AX_TYPE_NSEC3 ? &h->nsec3
						    : NULL;
	if (!records)
		return AX_OK;
	if (!(e = ax_rrset_view(&set, type, 0, value)))
		*records = set.count;
	return e;
}

static enum ax_err move_to(struct ax_cursor *c, struct ax_slice key)
{
	enum ax_err e = AX_OK;
	/* Neighbours are near: a few steps are cheaper than a descent. */
	for (int i = 0; !e && i < 8 && c->valid; i++) {
		if (ax_slice_cmp(c->entry.key, key) >= 0)
			return AX_OK;
		e = ax_cursor_next(c);
	}
	return e ? e : ax_cursor_seek(c, key);
}

/* Look at all types of c->owner; all: warn of their targets too. */
static enum ax_err gather(struct here *h, struct checker *c, bool all)
{
	*h = (struct here){ 0 };
	enum ax_err e = move_to(&c->at, ax_buf_view(&c->owner));
	while (!e && c->at.valid && ax_slice_starts(c->at.entry.key, ax_buf_view(&c->owner))) {
		uint16_t type = type_at(c->at.entry.key, c->owner.n);
		if (!type)
			break;
		struct ax_slice value;
		if (!(e = ax_cursor_value(&value, &c->at)) && !(e = note(h, type, value)) && all && c->warn)
			e = check_targets(c, c->at.entry.key, value);
		if (!e)
			e = ax_cursor_next(&c->at);
	}
	return e;
}

static enum ax_err check_cname(struct checker *c, const struct here *h)
{
	char why[120], text[24];
	if (h->cname > 1)
		return fail(c, "CNAME", "a name has at most one CNAME record (RFC 2181 10.1)");
	if (!h->beside)
		return AX_OK;
	ax_type_text(text, h->beside);
	snprintf(why, sizeof why, "it can't stand beside %s, only beside RRSIG, NSEC and KEY (RFC 4035 2.5)", text);
	return fail(c, "CNAME", why);
}

static enum ax_err check_dname(struct checker *c, const struct here *h)
{
	if (h->dname > 1)
		return fail(c, "DNAME", "a name has at most one DNAME record (RFC 6672 2.4)");
	if (h->ns && c->owner.n) /* as BIND and Knot: loaded, never answered */
		warn(c, "DNAME", "the zone cut at its name hides it (RFC 6672 2.3)", NULL);
	return nothing_below(c);
}

static enum ax_err check_name(struct checker *c, bool all)
{
	struct here h;
	bool wildcard = c->owner.n >= 2 && c->owner.p[c->owner.n - 2] == '*' &&
			(c->owner.n == 2 || c->owner.p[c->owner.n - 3] == 0);
	enum ax_err e = gather(&h, c, all);
	if (!e && h.soa && c->owner.n)
		e = fail(c, "SOA", "only the apex has one");
	if (!e && h.cname)
		e = check_cname(c, &h);
	if (!e && h.dname)
		e = check_dname(c, &h);
	if (!e && h.types && !(h.nsec3 && h.types == 1))
		e = not_below_dname(c);
	if (!e && wildcard && (h.dname || h.ns))
		warn(c, h.dname ? "DNAME" : "NS",
		     "at a wildcard answers in ways that differ between servers (RFC 4592 4)", NULL);
	return e;
}

static enum ax_err check_apex(struct checker *c)
{
	struct here h;
	ax_buf_clear(&c->owner);
	enum ax_err e = gather(&h, c, false);
	if (!e && !h.soa)
		e = fail(c, "SOA", "a zone has one: it can be changed, not removed");
	if (!e && h.soa > 1)
		e = fail(c, "SOA", "a zone has exactly one");
	if (!e && !h.ns)
		e = fail(c, "NS", "a zone has at least one at its apex: put the new one before the old one goes");
	return e;
}

/* -- the whole --------------------------------------------------------------------------------------------- */

static enum ax_err begin(struct checker *c)
{
	enum ax_err e = ax_cursor_init(&c->at, c->txn, c->root);
	c->at.keys_only = true; /* what stands beyond the owner is no business of ours */
	if (!e)
		e = ax_cursor_seek(&c->at, ax_slice(NULL, 0));
	return e ? e : check_apex(c);
}

static void end(struct checker *c)
{
	ax_cursor_fini(&c->at);
	ax_buf_fini(&c->owner);
	ax_buf_fini(&c->clear);
	warn_rest(c);
}

static size_t owner_size(struct ax_slice key)
{
	/* 00 00 is the end of the last label and what closes the owner part; the apex has no label. */
	if (key.n && key.p[0] == 0)
		return 0;
	for (size_t n = 1; n < key.n; n++)
		if (key.p[n - 1] == 0 && key.p[n] == 0)
			return n;
	return key.n;
}

static enum ax_err set_owner(struct checker *c, struct ax_slice key)
{
	ax_buf_clear(&c->owner);
	ax_buf_put(&c->owner, key.p, owner_size(key));
	return ax_buf_check(&c->owner);
}

enum ax_err ax_check_edits(struct ax_txn *t, const struct ax_name *apex, const struct ax_root *root,
			   const struct ax_edit *edits, size_t n, ax_warn_fn *warn_cb, void *ctx)
{
	struct checker c = { .txn = t, .apex = apex, .root = root, .warn = warn_cb, .ctx = ctx };
	enum ax_err e = begin(&c);
	if (!e)
		e = ax_cursor_seek(&c.at, ax_slice(NULL, 0));
	for (size_t i = 0; !e && i < n; i++) {
		struct ax_slice owner = ax_slice(edits[i].key.p, owner_size(edits[i].key));
		bool same = i && ax_slice_eq(owner, ax_buf_view(&c.owner));
		if (!same && !(e = set_owner(&c, edits[i].key)))
			e = check_name(&c, false);
		if (!e && warn_cb && edits[i].value.n)
			e = check_targets(&c, edits[i].key, edits[i].value);
	}
	end(&c);
	return e;
}

enum ax_err ax_check_zone(struct ax_txn *t, const struct ax_name *apex, const struct ax_root *root,
			  ax_warn_fn *failed, ax_warn_fn *warn_cb, void *ctx)
{
	struct checker c = { .txn = t, .apex = apex, .root = root, .failed = failed, .warn = warn_cb, .ctx = ctx };
	enum ax_err e = begin(&c);
	if (!e)
		e = ax_cursor_seek(&c.at, ax_slice(NULL, 0));
	while (!e && c.at.valid)
		if (!(e = set_owner(&c, c.at.entry.key)))
			e = check_name(&c, true);
	end(&c);
	if (!e && c.failures)
		e = ax_fail(AX_ECHECK, "%u checks failed", c.failures);
	return e;
}

enum ax_err ax_check_sealed(bool *out, struct ax_txn *t, const struct ax_root *root)
{
	struct ax_buf key = AX_BUF_INIT;
	struct ax_entry found;
	*out = false;
	ax_key_type(&key, AX_TYPE_RRSIG, AX_TYPE_SOA);
	enum ax_err e = ax_buf_check(&key);
	if (!e)
		e = ax_tree_find(&found, t, root, ax_buf_view(&key));
	if (e == AX_ENOENT) {
		ax_buf_clear(&key);
		ax_key_type(&key, AX_TYPE_ZONEMD, 0);
		if (!(e = ax_buf_check(&key)))
			e = ax_tree_find(&found, t, root, ax_buf_view(&key));
	}
	*out = !e;
	ax_buf_fini(&key);
	return e == AX_ENOENT ? AX_OK : e;
}
