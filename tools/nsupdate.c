/* A diff as a script for nsupdate(1): RFC 2136 with prerequisites.
 *
 * A message has, name by name: what must still be so, what goes, what comes. Deletions come first, because an address
 * is not added beside a CNAME that is still there (RFC 2136 3.4.2.2). Of the apex NS no RRset is deleted as a whole,
 * and what comes comes first: the last one is never deleted (3.4.2.3, 3.4.2.4). RRSIG, NSEC and NSEC3 are the
 * server's own to make. A message holds at most 64 KiB; where the script needs several, each begins at a new name. */
#include "tools/changes.h"

#include <inttypes.h>

enum { MESSAGE_MAX = 32 << 10 }; /* text; wire is shorter but for long escapes */

struct script {
	struct ax_buf *out;
	const struct changes *c;
	struct ax_buf needs, less, more; /* of the message under way */
	struct ax_name owner;
	uint16_t type;
	uint32_t serial; /* for the SOA */
	bool ns;         /* the apex NS: records one by one */
	bool apex_now;   /* the first of two walks: apex and name servers; the second has the others */
	uint64_t left_out;
};

static void put_owner(struct ax_buf *out, const char *verb, const struct script *s)
{
	ax_buf_str(out, verb);
	ax_name_text(out, &s->owner);
}

static enum ax_err put_record(struct ax_buf *out, const char *verb, const struct script *s, const struct ax_rr *rr,
			      bool ttl)
{
	char type[24];
	ax_type_text(type, s->type);
	put_owner(out, verb, s);
	if (ttl)
		ax_buf_printf(out, " %" PRIu32, rr->ttl_s);
	ax_buf_printf(out, " IN %s ", type);
	enum ax_err e = ax_render_rdata(out, s->type, rr->rdata, s->serial);
	ax_buf_u8(out, '\n');
	return e;
}

static void put_rrset(struct ax_buf *out, const char *verb, const struct script *s)
{
	char type[24];
	ax_type_text(type, s->type);
	put_owner(out, verb, s);
	ax_buf_printf(out, " IN %s\n", type);
}

static void send(struct script *s)
{
	if (!s->less.n && !s->more.n)
		return;
	ax_buf_slice(s->out, ax_buf_view(&s->needs));
	ax_buf_slice(s->out, ax_buf_view(&s->less));
	ax_buf_slice(s->out, ax_buf_view(&s->more));
	ax_buf_str(s->out, "send\n");
	ax_buf_clear(&s->needs);
	ax_buf_clear(&s->less);
	ax_buf_clear(&s->more);
}

static enum ax_err put_each(struct ax_buf *out, const char *verb, struct script *s, const struct ax_entry *entry,
			    bool ttl)
{
	struct ax_rrset set;
	struct ax_rr rr;
	enum ax_err e = ax_rrset_view(&set, s->type, 0, entry->value);
	for (size_t pos = 0; !e && ax_rrset_next(&rr, &set, &pos);)
		e = put_record(out, verb, s, &rr, ttl);
	return e;
}

static enum ax_err put_ns_record(void *ctx, const struct changes_record *r)
{
	struct script *s = ctx;
	/* `less` goes first: what comes is put there, before what goes. */
	if (r->sign == '+')
		return put_record(&s->less, "update add ", s, &r->rr, true);
	return AX_OK;
}

static enum ax_err put_ns_gone(struct script *s, const struct ax_entry *a, const struct ax_entry *b)
{
	struct ax_rrset was, is;
	struct ax_rr x, y;
	enum ax_err e = ax_rrset_view(&was, s->type, 0, a->value);
	if (!e)
		e = ax_rrset_view(&is, s->type, 0, b->value);
	for (size_t i = 0; !e && ax_rrset_next(&x, &was, &i);) {
		bool stays = false;
		for (size_t j = 0; !stays && ax_rrset_next(&y, &is, &j);)
			stays = ax_rdata_cmp(s->type, x.rdata, y.rdata) == 0;
		if (!stays)
			e = put_record(&s->more, "update delete ", s, &x, false);
	}
	return e;
}

static enum ax_err put_rrsets(struct script *s, const struct ax_entry *a, const struct ax_entry *b)
{
	enum ax_err e = AX_OK;
	if (s->ns && a && b) {
		e = changes_records(s->type, 0, a, b, put_ns_record, s);
		return e ? e : put_ns_gone(s, a, b);
	}
	if (a)
		put_rrset(&s->less, "update delete ", s);
	return b ? put_each(&s->more, "update add ", s, b, true) : e;
}

static enum ax_err is_server_of(bool *out, const struct script *s, const struct ax_commit_info *at)
{
	static const uint8_t key[] = { 0, 0, AX_TYPE_NS };
	struct ax_entry found;
	struct ax_rrset set;
	struct ax_rr rr;
	enum ax_err e = at ? ax_tree_find(&found, s->c->txn, &at->root, ax_slice(key, sizeof key)) : AX_ENOENT;
	if (!e)
		e = ax_rrset_view(&set, AX_TYPE_NS, 0, found.value);
	for (size_t pos = 0; !e && !*out && ax_rrset_next(&rr, &set, &pos);) {
		struct ax_name host;
		e = ax_name_from_wire(&host, rr.rdata, NULL);
		*out = !e && ax_name_eq(&host, &s->owner);
	}
	return e == AX_ENOENT ? AX_OK : e;
}

static enum ax_err is_alias(bool *out, const struct script *s, const struct ax_commit_info *at)
{
	struct ax_buf key = AX_BUF_INIT;
	struct ax_entry found;
	enum ax_err e = ax_key_make(&key, &s->owner, &s->c->apex, AX_TYPE_CNAME, 0);
	if (!e)
		e = at ? ax_tree_find(&found, s->c->txn, &at->root, ax_buf_view(&key)) : AX_ENOENT;
	*out = !e;
	ax_buf_fini(&key);
	return e == AX_ENOENT ? AX_OK : e;
}

/* Does the owner at hand go with the apex? */
static enum ax_err goes_first(bool *out, const struct script *s)
{
	const struct ax_commit_info *sides[] = { s->c->a, s->c->b };
	enum ax_err e = AX_OK;
	*out = ax_name_eq(&s->owner, &s->c->apex);
	for (size_t i = 0; !e && !*out && i < 2; i++)
		if (!(e = is_server_of(out, s, sides[i])) && !*out)
			e = is_alias(out, s, sides[i]);
	return e;
}

static bool is_servers_own(uint16_t type)
{
	return type == AX_TYPE_RRSIG || type == AX_TYPE_NSEC || type == AX_TYPE_NSEC3;
}

static enum ax_err put_change(void *ctx, struct ax_slice key, const struct ax_entry *a, const struct ax_entry *b)
{
	struct script *s = ctx;
	struct ax_name before = s->owner;
	uint16_t covered;
	enum ax_err e = ax_key_parse(&s->owner, &s->type, &covered, NULL, key, &s->c->apex);
	bool first = false;
	if (!e)
		e = goes_first(&first, s);
	if (e || first != s->apex_now)
		return e;
	if (is_servers_own(s->type)) {
		s->left_out++;
		return AX_OK;
	}
	if (s->type == AX_TYPE_SOA && ax_name_eq(&s->owner, &s->c->apex))
		return AX_OK; /* put_soa */
	s->ns = s->type == AX_TYPE_NS && ax_name_eq(&s->owner, &s->c->apex);
	if (!first && s->needs.n + s->less.n + s->more.n > MESSAGE_MAX && !ax_name_eq(&before, &s->owner))
		send(s);
	if (a)
		e = put_each(&s->needs, "prereq yxrrset ", s, a, false);
	else
		put_rrset(&s->needs, "prereq nxrrset ", s);
	return e ? e : put_rrsets(s, a, b);
}

/* The new SOA with its serial ends the script: an older one is ignored by the server (RFC 2136 3.4.2.2). */
static enum ax_err put_soa(struct script *s)
{
	struct ax_buf key = AX_BUF_INIT;
	struct ax_entry soa;
	s->owner = s->c->apex;
	s->type = AX_TYPE_SOA;
	enum ax_err e = ax_key_make(&key, &s->owner, &s->owner, AX_TYPE_SOA, 0);
	if (!e)
		e = ax_tree_find(&soa, s->c->txn, &s->c->b->root, ax_buf_view(&key));
	if (!e)
		e = put_each(&s->more, "update add ", s, &soa, true);
	ax_buf_fini(&key);
	return e == AX_ENOENT ? AX_OK : e;
}

enum ax_err changes_nsupdate(struct ax_buf *out, const struct changes *c)
{
	struct script s = { .out = out, .c = c, .serial = c->b ? c->b->serial : 0 };
	size_t begin = out->n;
	if (c->a && c->b && ax_id_eq(&c->a->root.id, &c->b->root.id))
		return AX_OK;
	ax_buf_str(out, "zone ");
	ax_name_text(out, &c->apex);
	ax_buf_u8(out, '\n');
	size_t head = out->n;
	s.apex_now = true;
	enum ax_err e = changes_each(c, put_change, &s);
	s.apex_now = false;
	if (!e)
		e = changes_each(c, put_change, &s);
	if (!e && c->b && (s.less.n || s.more.n || !c->prefix.n))
		e = put_soa(&s);
	send(&s);
	if (s.left_out)
		ax_buf_printf(out,
			      "; %" PRIu64
			      " RRsets of type RRSIG, NSEC or NSEC3 are left out: the server makes its own\n",
			      s.left_out);
	if (out->n == head)
		out->n = begin;
	if (!e)
		e = ax_buf_check(&s.needs);
	if (!e)
		e = ax_buf_check(&s.less);
	if (!e)
		e = ax_buf_check(&s.more);
	ax_buf_fini(&s.needs);
	ax_buf_fini(&s.less);
	ax_buf_fini(&s.more);
	return e;
}
