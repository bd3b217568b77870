#include "core/protect.h"
#include "core/sign.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VERSION = 1, WITH_KEYS = 2, SIGNED_ONLY = 1, BRANCH_MAX = 200, KEY_MAX = 5 + BRANCH_MAX };

static struct ax_slice make_key(uint8_t k[KEY_MAX], uint32_t zone, const char *branch)
{
	size_t n = strnlen(branch, BRANCH_MAX);
	k[0] = AX_MAIN_PROTECTION;
	ax_be32_put(k + 1, zone);
	memcpy(k + 5, branch, n);
	return ax_slice(k, 5 + n);
}

static enum ax_err damaged(void)
{
	return ax_fail(AX_ECORRUPT, "the protection of a branch is damaged");
}

static enum ax_err get_key(struct ax_keys *out, struct ax_reader *r)
{
	struct ax_public_key *key = &out->v[out->n++];
	struct ax_slice b = ax_get_bytes(r, AX_KEY_SIZE), name = ax_get_bytes(r, ax_get_leb(r));
	if (r->bad || name.n > AX_KEY_LABEL_MAX)
		return damaged();
	memcpy(key->b, b.p, AX_KEY_SIZE);
	if (name.n)
		memcpy(key->name, name.p, name.n);
	return AX_OK;
}

/* keys may be NULL: they are not wanted. */
static enum ax_err decode(struct ax_protect *out, struct ax_keys *keys, struct ax_slice value)
{
	struct ax_reader r = ax_reader(value);
	uint8_t version = ax_get_u8(&r), flags = ax_get_u8(&r), reviews = ax_get_u8(&r);
	uint8_t n = version == WITH_KEYS ? ax_get_u8(&r) : 0;
	enum ax_err e = AX_OK;
	if (r.bad || (version != VERSION && version != WITH_KEYS) || (flags & ~SIGNED_ONLY) ||
	    n > AX_PROTECT_KEYS_MAX)
		return damaged();
	*out = (struct ax_protect){ .on = true, .signed_only = flags & SIGNED_ONLY, .reviews = reviews };
	if (!n || !keys)
		return AX_OK;
	keys->v = calloc(n, sizeof *keys->v);
	keys->cap = n;
	if (!keys->v)
		return ax_fail(AX_ENOMEM, "out of memory");
	while (!e && keys->n < n)
		e = get_key(keys, &r);
	return e;
}

static enum ax_err get(struct ax_protect *out, struct ax_keys *keys, struct ax_txn *t, uint32_t zone,
		       const char *branch)
{
	uint8_t k[KEY_MAX];
	struct ax_slice value;
	*out = (struct ax_protect){ 0 };
	enum ax_err e = ax_txn_get(&value, t, AX_TABLE_MAIN, make_key(k, zone, branch));
	return e ? (e == AX_ENOENT ? AX_OK : e) : decode(out, keys, value);
}

enum ax_err ax_protect_get(struct ax_protect *out, struct ax_txn *t, uint32_t zone, const char *branch)
{
	return get(out, NULL, t, zone, branch);
}

enum ax_err ax_protect_keys(struct ax_keys *out, struct ax_txn *t, uint32_t zone, const char *branch)
{
	struct ax_protect p;
	*out = (struct ax_keys){ 0 };
	enum ax_err e = get(&p, out, t, zone, branch);
	if (e)
		ax_keys_fini(out);
	return e;
}

enum ax_err ax_protect_check(struct ax_txn *t, uint32_t zone, const char *branch)
{
	struct ax_protect p;
	enum ax_err e = ax_protect_get(&p, t, zone, branch);
	if (!e && p.on)
		e = ax_fail(AX_EPROTECTED, "%s is protected: it moves by apex propose and apex approve alone",
			    branch);
	return e;
}

enum ax_err ax_protect_check_zone(struct ax_txn *t, uint32_t zone)
{
	uint8_t k[KEY_MAX];
	char branch[BRANCH_MAX + 1];
	struct ax_slice key, value, prefix = make_key(k, zone, "");
	enum ax_err e = ax_txn_seek(&key, &value, t, AX_TABLE_MAIN, prefix, prefix, false);
	if (e)
		return e == AX_ENOENT ? AX_OK : e;
	snprintf(branch, sizeof branch, "%.*s", (int)(key.n - 5), (const char *)key.p + 5);
	return ax_protect_check(t, zone, branch);
}

static void put_keys(struct ax_buf *v, const struct ax_keys *keys)
{
	ax_buf_u8(v, (uint8_t)keys->n);
	for (size_t i = 0; i < keys->n; i++) {
		ax_buf_put(v, keys->v[i].b, AX_KEY_SIZE);
		ax_buf_leb(v, strlen(keys->v[i].name));
		ax_buf_str(v, keys->v[i].name);
	}
}

static enum ax_err put_on(struct ax_txn *t, struct ax_slice key, const struct ax_protect *p)
{
	bool has_keys = p->keys && p->keys->n;
	struct ax_buf v = AX_BUF_INIT;
	ax_buf_u8(&v, has_keys ? WITH_KEYS : VERSION);
	ax_buf_u8(&v, p->signed_only ? SIGNED_ONLY : 0);
	ax_buf_u8(&v, (uint8_t)p->reviews);
	if (has_keys)
		put_keys(&v, p->keys);
	enum ax_err e = ax_buf_check(&v);
	if (!e)
		e = ax_txn_put(t, AX_TABLE_MAIN, key, ax_buf_view(&v));
	ax_buf_fini(&v);
	return e;
}

enum ax_err ax_protect_put(struct ax_txn *t, uint32_t zone, const char *branch, const struct ax_protect *p)
{
	uint8_t k[KEY_MAX];
	struct ax_slice key = make_key(k, zone, branch);
	if (p->reviews > AX_PROTECT_REVIEWS_MAX)
		return ax_fail(AX_EINVAL, "at most %d approvals can be asked for", AX_PROTECT_REVIEWS_MAX);
	if (p->keys && p->keys->n > AX_PROTECT_KEYS_MAX)
		return ax_fail(AX_EINVAL, "at most %d keys may approve", AX_PROTECT_KEYS_MAX);
	if (p->on)
		return put_on(t, key, p);
	enum ax_err e = ax_txn_del(t, AX_TABLE_MAIN, key);
	return e == AX_ENOENT ? AX_OK : e;
}
