#include "core/proof.h"

#include <string.h>

static uint16_t proof_type(const struct ax_lookup_work *w)
{
	return w->denial.kind == AX_DENIAL_NSEC ? AX_TYPE_NSEC : AX_TYPE_NSEC3;
}

static enum ax_err has_proof(bool *out, const struct ax_lookup_work *w, const struct ax_name *owner)
{
	struct ax_rrset unused;
	enum ax_err e = ax_lookup_find(&unused, w, owner, proof_type(w));
	*out = e == AX_OK;
	return e == AX_ENOENT ? AX_OK : e;
}

enum ax_err ax_proof_begin(struct ax_lookup_work *w)
{
	struct ax_rrset set;
	struct ax_rr rr;
	w->denial = (struct ax_denial){ .kind = AX_DENIAL_NONE };
	w->proofs = 0;
	if (!w->dnssec)
		return AX_OK;
	enum ax_err e = ax_lookup_find(&set, w, w->apex, AX_TYPE_NSEC);
	if (!e)
		w->denial.kind = AX_DENIAL_NSEC;
	if (e == AX_ENOENT && w->apex->n + 1 + AX_NSEC3_LABEL <= AX_NAME_MAX) {
		e = ax_lookup_find(&set, w, w->apex, AX_TYPE_NSEC3PARAM);
		for (size_t pos = 0; !e && ax_rrset_next(&rr, &set, &pos);)
			if (ax_denial_param(&w->denial, rr.rdata))
				break;
	}
	return e == AX_ENOENT ? AX_OK : e;
}

static void note(struct ax_lookup_work *w, const struct ax_name *owner)
{
	for (unsigned i = 0; i < w->proofs; i++)
		if (ax_name_eq(&w->proof[i], owner))
			return;
	if (w->proofs == AX_PROOFS_MAX)
		return;
	w->proof[w->proofs] = *owner;
	ax_name_lower(&w->proof[w->proofs++]); /* as it stands in the zone, not as it was asked for */
}

/* -- the order of names ----------------------------------------------------------------------------------- */

/* The owner before the key that has an RRset of the proofs' type; *found false if there is none. */
static enum ax_err before(bool *found, struct ax_name *owner, struct ax_lookup_work *w, struct ax_slice key)
{
	struct ax_cursor c;
	struct ax_buf at = AX_BUF_INIT;
	size_t owner_len;
	uint16_t type, covered;
	*found = false;
	enum ax_err e = ax_cursor_init(&c, w->txn, &w->commit->root);
	c.keys_only = true;
	ax_buf_slice(&at, key);
	if (!e)
		e = ax_buf_check(&at);
	while (!e && !*found) {
		e = ax_cursor_seek_before(&c, ax_buf_view(&at));
		if (e || !c.valid)
			break;
		e = ax_key_parse(owner, &type, &covered, &owner_len, c.entry.key, w->apex);
		if (!e)
			e = has_proof(found, w, owner);
		ax_buf_clear(&at);
		ax_buf_put(&at, c.entry.key.p, e ? 0 : owner_len);
		if (!e)
			e = ax_buf_check(&at);
	}
	ax_cursor_fini(&c);
	ax_buf_fini(&at);
	return e;
}

/* Note the name's own RRset of the proofs' type, else that of the name before it; before the first hash comes the
 * last (RFC 5155 1.3). */
static enum ax_err note_at_or_before(struct ax_lookup_work *w, const struct ax_name *name)
{
	struct ax_buf key = AX_BUF_INIT;
	struct ax_name owner = *name;
	uint8_t end[AX_LABEL_MAX + 1];
	bool found;
	enum ax_err e = has_proof(&found, w, name);
	if (!e && !found)
		e = ax_key_owner(&key, name, w->apex);
	if (!e)
		e = ax_buf_check(&key);
	if (!e && !found)
		e = before(&found, &owner, w, ax_buf_view(&key));
	if (!e && !found && w->denial.kind == AX_DENIAL_NSEC3) {
		memset(end, 0xff, sizeof end); /* behind all keys */
		e = before(&found, &owner, w, ax_slice(end, sizeof end));
	}
	if (!e && found)
		note(w, &owner);
	ax_buf_fini(&key);
	return e;
}

/* -- NSEC3 ------------------------------------------------------------------------------------------------ */

/* The owner of the NSEC3 RRset that a name has or would have. */
static enum ax_err hashed_owner(struct ax_name *out, const struct ax_lookup_work *w, const struct ax_name *name)
{
	uint8_t hash[AX_NSEC3_HASH], label[AX_NSEC3_LABEL];
	struct ax_name lower = *name;
	ax_name_lower(&lower);
	ax_denial_hash(hash, &w->denial, lower.wire, lower.n);
	ax_denial_label(label, hash);
	*out = *w->apex;
	return ax_name_prepend(out, ax_slice(label, sizeof label));
}

/* Note what denies the name, or matches it. */
static enum ax_err cover(struct ax_lookup_work *w, const struct ax_name *name)
{
	struct ax_name owner = *name;
	enum ax_err e = w->denial.kind == AX_DENIAL_NSEC3 ? hashed_owner(&owner, w, name) : AX_OK;
	return e ? e : note_at_or_before(w, &owner);
}

/* Note the NSEC3 RRset that the name has. */
static enum ax_err match(bool *found, struct ax_lookup_work *w, const struct ax_name *name)
{
	struct ax_name owner;
	*found = false;
	enum ax_err e = hashed_owner(&owner, w, name);
	if (!e)
		e = has_proof(found, w, &owner);
	if (!e && *found)
		note(w, &owner);
	return e;
}

/* The closest provable encloser, from *encloser upward, and that the name below it towards `name` does not exist:
 * with opt-out, names that exist may have no NSEC3 (RFC 5155 7.2.1, 6). */
static enum ax_err closest(struct ax_name *encloser, struct ax_lookup_work *w, const struct ax_name *name)
{
	bool found;
	enum ax_err e;
	while (!(e = match(&found, w, encloser)) && !found && encloser->n > w->apex->n)
		ax_name_parent(encloser);
	if (e || !found)
		return e;
	struct ax_name next = ax_lookup_suffix(name, ax_name_labels(encloser) + 1);
	return cover(w, &next);
}

/* -- what is proven --------------------------------------------------------------------------------------- */

/* An encloser without room for a wildcard needs no proof of it. */
static enum ax_err cover_wildcard(struct ax_lookup_work *w, const struct ax_name *encloser)
{
	struct ax_name wildcard = *encloser;
	if (encloser->n + 2 > AX_NAME_MAX)
		return AX_OK;
	enum ax_err e = ax_name_prepend(&wildcard, ax_slice("*", 1));
	return e ? e : cover(w, &wildcard);
}

enum ax_err ax_proof_no_type(struct ax_lookup_work *w, const struct ax_name *name)
{
	bool found;
	if (w->denial.kind == AX_DENIAL_NONE)
		return AX_OK;
	if (w->denial.kind == AX_DENIAL_NSEC)
		return cover(w, name);
	enum ax_err e = match(&found, w, name);
	if (e || found || name->n == w->apex->n)
		return e;
	struct ax_name encloser = *name;
	ax_name_parent(&encloser);
	return closest(&encloser, w, name);
}

enum ax_err ax_proof_no_name(struct ax_lookup_work *w, const struct ax_name *name, const struct ax_name *encloser)
{
	struct ax_name proven = *encloser;
	if (w->denial.kind == AX_DENIAL_NONE)
		return AX_OK;
	enum ax_err e = w->denial.kind == AX_DENIAL_NSEC ? cover(w, name) : closest(&proven, w, name);
	return e ? e : cover_wildcard(w, &proven);
}

enum ax_err ax_proof_wildcard(struct ax_lookup_work *w, const struct ax_name *name, const struct ax_name *encloser)
{
	if (w->denial.kind == AX_DENIAL_NONE)
		return AX_OK;
	struct ax_name next = ax_lookup_suffix(name, ax_name_labels(encloser) + 1);
	return cover(w, w->denial.kind == AX_DENIAL_NSEC ? name : &next);
}

enum ax_err ax_proof_wildcard_no_type(struct ax_lookup_work *w, const struct ax_name *name,
				      const struct ax_name *encloser)
{
	struct ax_name proven = *encloser;
	if (w->denial.kind == AX_DENIAL_NONE)
		return AX_OK;
	enum ax_err e = w->denial.kind == AX_DENIAL_NSEC ? cover(w, name) : closest(&proven, w, name);
	return e ? e : cover_wildcard(w, encloser);
}

enum ax_err ax_proof_add(struct ax_lookup_work *w)
{
	for (unsigned i = 0; i < w->proofs; i++) {
		struct ax_rrset set;
		const struct ax_name *owner = &w->proof[i];
		enum ax_err e = ax_lookup_find(&set, w, owner, proof_type(w));
		if (!e)
			e = ax_lookup_add(&w->out->authority, owner, &set, set.ttl_s, false);
		if (!e)
			e = ax_lookup_add_signatures(w, &w->out->authority, owner, owner, set.type, UINT32_MAX);
		if (e)
			return e;
	}
	return AX_OK;
}
