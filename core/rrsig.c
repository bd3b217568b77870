#include "core/rrsig.h"

#include <ldns/ldns.h>

#include "core/rdata.h"

struct looker {
	struct ax_txn *txn;
	const struct ax_name *apex;
	const struct ax_root *root;
	const struct ax_edit *edits;
	size_t n;
	ax_warn_fn *warn;
	void *ctx;
	ldns_rr_list *keys; /* the zone's */
	unsigned looked;
};

/* -- to ldns ------------------------------------------------------------------------------------------------ */

static enum ax_err no_memory(void)
{
	return ax_fail(AX_ENOMEM, "no memory to verify a signature");
}

/* The records of an RRset as ldns has them. What it can't read, which we have read, counts as not verified: *out is
 * then empty. */
static enum ax_err take_rrset(ldns_rr_list **out, const struct ax_name *owner, const struct ax_rrset *set)
{
	struct ax_buf wire = AX_BUF_INIT;
	struct ax_rr rr;
	bool good = true;
	*out = ldns_rr_list_new();
	for (size_t pos = 0; *out && good && ax_rrset_next(&rr, set, &pos);) {
		ldns_rr *one = NULL;
		size_t at = 0;
		ax_buf_clear(&wire);
		ax_buf_put(&wire, owner->wire, owner->n);
		ax_buf_u16(&wire, set->type);
		ax_buf_u16(&wire, 1);
		ax_buf_u32(&wire, set->type == AX_TYPE_RRSIG ? rr.ttl_s : set->ttl_s);
		ax_buf_u16(&wire, (uint16_t)rr.rdata.n);
		ax_buf_slice(&wire, rr.rdata);
		good = !wire.failed && ldns_wire2rr(&one, wire.p, wire.n, &at, LDNS_SECTION_ANSWER) == LDNS_STATUS_OK;
		if (good && !ldns_rr_list_push_rr(*out, one)) {
			ldns_rr_free(one);
			good = false;
		}
	}
	enum ax_err e = *out ? ax_buf_check(&wire) : no_memory();
	ax_buf_fini(&wire);
	if (!good || e) {
		ldns_rr_list_deep_free(*out);
		*out = e ? NULL : ldns_rr_list_new();
	}
	return e || *out ? e : no_memory();
}

static enum ax_err find(struct ax_rrset *out, const struct looker *l, struct ax_slice owner_key, uint16_t type,
			uint16_t covered)
{
	struct ax_buf key = AX_BUF_INIT;
	struct ax_entry entry;
	ax_buf_slice(&key, owner_key);
	ax_key_type(&key, type, covered);
	enum ax_err e = ax_buf_check(&key);
	if (!e)
		e = ax_tree_find(&entry, l->txn, l->root, ax_buf_view(&key));
	if (!e)
		e = ax_rrset_view(out, type, covered, entry.value);
	ax_buf_fini(&key);
	return e;
}

/* -- looking ------------------------------------------------------------------------------------------------ */

static enum ax_err verify(bool *fits, const struct looker *l, const struct ax_name *owner, const struct ax_rrset *set,
			  const struct ax_rrset *signatures)
{
	ldns_rr_list *rrs = NULL, *sigs = NULL;
	enum ax_err e = take_rrset(&rrs, owner, set);
	*fits = false;
	if (!e)
		e = take_rrset(&sigs, owner, signatures);
	for (size_t i = 0; !e && !*fits && ldns_rr_list_rr_count(rrs) && i < ldns_rr_list_rr_count(sigs); i++)
		*fits = ldns_verify_rrsig_keylist_notime(rrs, ldns_rr_list_rr(sigs, i), l->keys, NULL) ==
			LDNS_STATUS_OK;
	ldns_rr_list_deep_free(rrs);
	ldns_rr_list_deep_free(sigs);
	return e;
}

static void tell(const struct looker *l, const struct ax_name *owner, uint16_t type, const char *what)
{
	struct ax_buf b = AX_BUF_INIT;
	char name[24];
	ax_type_text(name, type);
	ax_name_text(&b, owner);
	ax_buf_printf(&b, " %s: %s", name, what);
	const char *text = ax_buf_cstr(&b);
	if (text)
		l->warn(l->ctx, text);
	ax_buf_fini(&b);
}

/* Is this RRset among the edits itself? Then it is looked at there. */
static bool is_edited(const struct looker *l, struct ax_slice owner_key, uint16_t type)
{
	struct ax_buf key = AX_BUF_INIT;
	size_t low = 0, high = l->n;
	int order = 1;
	ax_buf_slice(&key, owner_key);
	ax_key_type(&key, type, 0);
	while (!key.failed && low < high && order) {
		size_t mid = low + (high - low) / 2;
		order = ax_slice_cmp(ax_buf_view(&key), l->edits[mid].key);
		if (order < 0)
			high = mid;
		else
			low = mid + 1;
	}
	ax_buf_fini(&key);
	return !order;
}

static enum ax_err look_at(struct looker *l, struct ax_slice edited)
{
	struct ax_name owner;
	struct ax_rrset set, signatures;
	uint16_t type, covered;
	size_t owner_n;
	bool fits;
	enum ax_err e = ax_key_parse(&owner, &type, &covered, &owner_n, edited, l->apex);
	struct ax_slice owner_key = ax_slice(edited.p, owner_n);
	if (e || (type == AX_TYPE_RRSIG && is_edited(l, owner_key, covered)))
		return e;
	if (type == AX_TYPE_RRSIG)
		type = covered;
	if ((e = find(&signatures, l, owner_key, AX_TYPE_RRSIG, type)))
		return e == AX_ENOENT ? AX_OK : e;
	l->looked++;
	if ((e = find(&set, l, owner_key, type, 0)) == AX_ENOENT) {
		tell(l, &owner, type, "there is a signature of it, but it is not there");
		return AX_OK;
	}
	if (!e && !(e = verify(&fits, l, &owner, &set, &signatures)) && !fits)
		tell(l, &owner, type, "its signature does not fit: to validators it is bogus (RFC 4035 5.3)");
	return e;
}

enum ax_err ax_rrsig_check_edits(struct ax_txn *t, const struct ax_name *apex, const struct ax_root *root,
				 const struct ax_edit *edits, size_t n, ax_warn_fn *warn, void *ctx)
{
	struct looker l = { t, apex, root, edits, n, warn, ctx, NULL, 0 };
	struct ax_rrset keys;
	bool sealed;
	if (!warn)
		return AX_OK;
	enum ax_err e = ax_check_sealed(&sealed, t, root);
	if (!e && !sealed)
		e = find(&keys, &l, ax_slice("", 0), AX_TYPE_DNSKEY, 0);
	if (e || sealed)
		return e == AX_ENOENT ? AX_OK : e;
	e = take_rrset(&l.keys, apex, &keys);
	for (size_t i = 0; !e && i < n && l.looked < AX_RRSIG_MAX; i++)
		e = look_at(&l, edits[i].key);
	ldns_rr_list_deep_free(l.keys);
	return e;
}
