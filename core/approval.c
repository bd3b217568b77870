#include "core/approval.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BY_USER = 1, BY_KEY = 2, KEY_MAX = 5 + AX_REF_NAME_MAX + 1 + AX_ID_SIZE + 4 + AX_KEY_SIZE };

static const char approval_domain[] = "apexfs approval 1", proposal_domain[] = "apexfs proposal 1";

/* hash, uid and key may be NULL, each only if what comes behind it is too. */
static struct ax_slice key_of(uint8_t k[KEY_MAX], uint32_t zone, const char *name, const struct ax_id *hash,
			      const uint32_t *uid, const struct ax_public_key *key)
{
	size_t n = strnlen(name, AX_REF_NAME_MAX), at = 5 + n + 1;
	k[0] = AX_MAIN_APPROVAL;
	ax_be32_put(k + 1, zone);
	memcpy(k + 5, name, n);
	k[5 + n] = 0;
	if (hash) {
		memcpy(k + at, hash->b, AX_ID_SIZE);
		at += AX_ID_SIZE;
	}
	if (uid) {
		ax_be32_put(k + at, *uid);
		at += 4;
	}
	if (key) {
		memcpy(k + at, key->b, AX_KEY_SIZE);
		at += AX_KEY_SIZE;
	}
	return ax_slice(k, at);
}

static enum ax_err damaged(void)
{
	return ax_fail(AX_ECORRUPT, "an approval is damaged");
}

/* rest: what of the key stands behind the hash. */
static enum ax_err decode(struct ax_approval *out, uint8_t signature[AX_SIGNATURE_SIZE], struct ax_slice rest,
			  struct ax_slice value)
{
	struct ax_reader r = ax_reader(value);
	uint8_t version = ax_get_u8(&r);
	(void)ax_get_u64(&r);
	*out = (struct ax_approval){ .by_key = version == BY_KEY };
	if (rest.n != (out->by_key ? 4 + AX_KEY_SIZE : 4) || (version != BY_USER && version != BY_KEY))
		return damaged();
	out->uid = ax_be32(rest.p);
	if (out->by_key) {
		struct ax_slice s = ax_get_bytes(&r, AX_SIGNATURE_SIZE);
		if (s.n)
			memcpy(signature, s.p, s.n);
		memcpy(out->key.b, rest.p + 4, AX_KEY_SIZE);
	}
	size_t n = ax_reader_left(&r);
	if (r.bad || n > AX_PERSON_MAX)
		return damaged();
	if (n)
		memcpy(out->name, r.p, n);
	return AX_OK;
}

/* -- reading ------------------------------------------------------------------------------------------------ */

typedef enum ax_err each_fn(void *ctx, const struct ax_approval *a, const uint8_t signature[AX_SIGNATURE_SIZE]);

static enum ax_err each_of(struct ax_txn *t, uint32_t zone, const char *name, const struct ax_id *hash, each_fn *each,
			   void *ctx)
{
	uint8_t p[KEY_MAX], k[KEY_MAX], signature[AX_SIGNATURE_SIZE] = { 0 };
	struct ax_slice prefix = key_of(p, zone, name, hash, NULL, NULL), from = prefix, key, value;
	enum ax_err e = AX_OK;
	while (!e && !(e = ax_txn_seek(&key, &value, t, AX_TABLE_MAIN, prefix, from, from.n > prefix.n))) {
		struct ax_approval a;
		if (key.n > KEY_MAX)
			return damaged();
		e = decode(&a, signature, ax_slice(key.p + prefix.n, key.n - prefix.n), value);
		memcpy(k, key.p, key.n);
		from = ax_slice(k, key.n);
		if (!e)
			e = each(ctx, &a, signature);
	}
	return e == AX_ENOENT ? AX_OK : e;
}

struct counting {
	struct ax_review *r;
	struct ax_keys allowed;
	struct ax_public_key proposer; /* its key, */
	bool has_proposer;             /* if it named one */
};

static const struct ax_public_key *find_key(const struct ax_keys *keys, const uint8_t key[AX_KEY_SIZE])
{
	for (size_t i = 0; i < keys->n; i++)
		if (!memcmp(keys->v[i].b, key, AX_KEY_SIZE))
			return &keys->v[i];
	return NULL;
}

static enum ax_err take_proposer(void *ctx, const struct ax_approval *a, const uint8_t signature[AX_SIGNATURE_SIZE])
{
	struct counting *c = ctx;
	if (!a->by_key || a->uid != c->r->proposer ||
	    !ax_sign_text_check(proposal_domain, &c->r->proposal.id, &a->key, signature))
		return AX_OK;
	c->proposer = a->key;
	c->has_proposer = find_key(&c->allowed, a->key.b) != NULL;
	return AX_OK;
}

static enum ax_err take(void *ctx, const struct ax_approval *a, const uint8_t signature[AX_SIGNATURE_SIZE])
{
	struct counting *c = ctx;
	struct ax_review *r = c->r;
	const struct ax_public_key *known = a->by_key ? find_key(&c->allowed, a->key.b) : NULL;
	if (a->by_key && (!known || !ax_sign_text_check(approval_domain, &r->hash, &a->key, signature)))
		return AX_OK; /* it was made for other rules, or by hand */
	if (r->approvals_n == AX_APPROVALS_MAX)
		return AX_OK;
	struct ax_approval *kept = &r->approvals[r->approvals_n++];
	*kept = *a;
	if (known)
		kept->key = *known;
	return AX_OK;
}

static bool same_key_before(const struct ax_review *r, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (r->approvals[k].by_key && !memcmp(r->approvals[k].key.b, r->approvals[i].key.b, AX_KEY_SIZE))
			return true;
	return false;
}

static bool has_counting_key(const struct ax_review *r, uint32_t uid)
{
	for (size_t k = 0; k < r->approvals_n; k++)
		if (r->approvals[k].by_key && r->approvals[k].uid == uid && r->approvals[k].counts)
			return true;
	return false;
}

static bool key_counts(const struct counting *c, size_t i)
{
	const struct ax_approval *a = &c->r->approvals[i];
	if (same_key_before(c->r, i))
		return false;
	return c->has_proposer ? memcmp(a->key.b, c->proposer.b, AX_KEY_SIZE) != 0 : a->uid != c->r->proposer;
}

static void count(struct counting *c)
{
	struct ax_review *r = c->r;
	for (size_t i = 0; i < r->approvals_n; i++)
		if (r->approvals[i].by_key)
			r->approvals[i].counts = key_counts(c, i);
	for (size_t i = 0; i < r->approvals_n; i++)
		if (!r->approvals[i].by_key)
			r->approvals[i].counts =
				r->approvals[i].uid != r->proposer && !has_counting_key(r, r->approvals[i].uid);
	for (size_t i = 0; i < r->approvals_n; i++)
		r->counted += r->approvals[i].counts;
}

enum ax_err ax_approvals_read(struct ax_review *r, struct ax_txn *t, const char *name, const char *branch)
{
	struct counting c = { .r = r };
	struct ax_id none = { 0 };
	r->approvals = calloc(AX_APPROVALS_MAX, sizeof *r->approvals);
	if (!r->approvals)
		return ax_fail(AX_ENOMEM, "out of memory");
	enum ax_err e = ax_protect_keys(&c.allowed, t, r->zone, branch);
	if (!e)
		e = each_of(t, r->zone, name, &none, take_proposer, &c);
	if (!e)
		e = each_of(t, r->zone, name, &r->hash, take, &c);
	if (!e)
		count(&c);
	ax_keys_fini(&c.allowed);
	return e;
}

/* -- writing ------------------------------------------------------------------------------------------------ */

static enum ax_err put(struct ax_txn *t, struct ax_slice key, const uint8_t *signature, const char *name,
		       const struct ax_actor *who)
{
	struct ax_buf value = AX_BUF_INIT;
	ax_buf_u8(&value, signature ? BY_KEY : BY_USER);
	ax_buf_u64(&value, (uint64_t)who->committer.when.s);
	if (signature)
		ax_buf_put(&value, signature, AX_SIGNATURE_SIZE);
	ax_buf_put(&value, name, strnlen(name, AX_PERSON_MAX));
	enum ax_err e = ax_buf_check(&value);
	if (!e)
		e = ax_txn_put(t, AX_TABLE_MAIN, key, ax_buf_view(&value));
	ax_buf_fini(&value);
	return e;
}

enum ax_err ax_approval_put(struct ax_txn *t, const struct ax_review *r, const struct ax_approve *a,
			    const struct ax_actor *who)
{
	uint8_t k[KEY_MAX], signature[AX_SIGNATURE_SIZE];
	struct ax_public_key public;
	struct ax_keys allowed = { 0 };
	enum ax_err e = a->sign ? ax_protect_keys(&allowed, t, r->zone, a->branch) : AX_OK;
	if (e)
		return e;
	if (!allowed.n) {
		ax_keys_fini(&allowed);
		return put(t, key_of(k, r->zone, a->name, &r->hash, &who->uid, NULL), NULL, a->approver, who);
	}
	ax_secret_public(&public, a->sign);
	const struct ax_public_key *known = find_key(&allowed, public.b);
	ax_sign_text(signature, approval_domain, &r->hash, a->sign);
	if (!known)
		e = ax_fail(AX_EPERM, "this key is none of those that may approve for %s (apex protect lists them)",
			    a->branch);
	else
		e = put(t, key_of(k, r->zone, a->name, &r->hash, &who->uid, &public), signature,
			known->name[0] ? known->name : a->approver, who);
	ax_keys_fini(&allowed);
	return e;
}

enum ax_err ax_proposer_put(struct ax_txn *t, uint32_t zone, const char *name, const struct ax_id *proposal,
			    const struct ax_secret_key *key, const struct ax_actor *who)
{
	uint8_t k[KEY_MAX], signature[AX_SIGNATURE_SIZE];
	struct ax_public_key public;
	struct ax_id none = { 0 };
	ax_secret_public(&public, key);
	ax_sign_text(signature, proposal_domain, proposal, key);
	return put(t, key_of(k, zone, name, &none, &who->uid, &public), signature, "", who);
}

enum ax_err ax_approvals_drop(struct ax_txn *t, uint32_t zone, const char *name)
{
	uint8_t p[KEY_MAX], k[KEY_MAX];
	struct ax_slice prefix = key_of(p, zone, name, NULL, NULL, NULL), key, value;
	enum ax_err e;
	while (!(e = ax_txn_seek(&key, &value, t, AX_TABLE_MAIN, prefix, prefix, false))) {
		if (key.n > KEY_MAX)
			return damaged();
		memcpy(k, key.p, key.n);
		if ((e = ax_txn_del(t, AX_TABLE_MAIN, ax_slice(k, key.n))))
			return e;
	}
	return e == AX_ENOENT ? AX_OK : e;
}
