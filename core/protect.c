#include "core/protect.h"

#include <stdio.h>
#include <string.h>

enum { VERSION = 1, SIGNED_ONLY = 1, BRANCH_MAX = 200, KEY_MAX = 5 + BRANCH_MAX };

static struct ax_slice make_key(uint8_t k[KEY_MAX], uint32_t zone, const char *branch)
{
	size_t n = strnlen(branch, BRANCH_MAX);
	k[0] = AX_MAIN_PROTECTION;
	ax_be32_put(k + 1, zone);
	memcpy(k + 5, branch, n);
	return ax_slice(k, 5 + n);
}

static enum ax_err decode(struct ax_protect *out, struct ax_slice value)
{
	struct ax_reader r = ax_reader(value);
	uint8_t version = ax_get_u8(&r), flags = ax_get_u8(&r), reviews = ax_get_u8(&r);
	if (r.bad || version != VERSION || (flags & ~SIGNED_ONLY))
		return ax_fail(AX_ECORRUPT, "the protection of a branch is damaged");
	*out = (struct ax_protect){ .on = true, .signed_only = flags & SIGNED_ONLY, .reviews = reviews };
	return AX_OK;
}

enum ax_err ax_protect_get(struct ax_protect *out, struct ax_txn *t, uint32_t zone, const char *branch)
{
	uint8_t k[KEY_MAX];
	struct ax_slice value;
	*out = (struct ax_protect){ 0 };
	enum ax_err e = ax_txn_get(&value, t, AX_TABLE_MAIN, make_key(k, zone, branch));
	return e ? (e == AX_ENOENT ? AX_OK : e) : decode(out, value);
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

enum ax_err ax_protect_put(struct ax_txn *t, uint32_t zone, const char *branch, const struct ax_protect *p)
{
	uint8_t k[KEY_MAX];
	struct ax_slice key = make_key(k, zone, branch);
	if (p->reviews > AX_PROTECT_REVIEWS_MAX)
		return ax_fail(AX_EINVAL, "at most %d approvals can be asked for", AX_PROTECT_REVIEWS_MAX);
	if (p->on) {
		uint8_t v[] = { VERSION, p->signed_only ? SIGNED_ONLY : 0, (uint8_t)p->reviews };
		return ax_txn_put(t, AX_TABLE_MAIN, key, ax_slice(v, sizeof v));
	}
	enum ax_err e = ax_txn_del(t, AX_TABLE_MAIN, key);
	return e == AX_ENOENT ? AX_OK : e;
}
