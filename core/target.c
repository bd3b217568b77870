#include "core/target.h"

struct look {
	struct ax_txn *txn;
	const struct ax_root *root;
	struct ax_buf key; /* an owner part */
	enum ax_err err;
};

static bool has(struct look *l, uint16_t type)
{
	struct ax_entry found;
	size_t n = l->key.n;
	ax_key_type(&l->key, type, 0);
	enum ax_err e = l->err ? l->err : ax_buf_check(&l->key);
	if (!e)
		e = ax_tree_find(&found, l->txn, l->root, ax_buf_view(&l->key));
	l->key.n = n;
	if (e && e != AX_ENOENT)
		l->err = e;
	return !e;
}

static bool exists(struct look *l)
{
	struct ax_tree_range range = { 0 };
	if (!l->err)
		l->err = ax_tree_measure(&range, l->txn, l->root, ax_buf_view(&l->key));
	return range.count > 0;
}

static bool go(struct look *l, const struct ax_name *name, const struct ax_name *apex)
{
	ax_buf_clear(&l->key);
	if (!l->err)
		l->err = ax_key_owner(&l->key, name, apex);
	return !l->err;
}

/* What stands above host: a DNAME makes it an alias, a cut makes it somebody else's (but for the cut in question). */
static bool above(enum ax_target *out, struct look *l, const struct ax_name *apex, const struct ax_name *host,
		  const struct ax_name *cut)
{
	unsigned labels = ax_name_labels(host), top = ax_name_labels(apex);
	for (unsigned depth = top; depth < labels; depth++) {
		struct ax_name n = *host;
		for (unsigned i = labels; i > depth; i--)
			ax_name_parent(&n);
		if (!go(l, &n, apex))
			return true;
		if (has(l, AX_TYPE_DNAME)) {
			*out = AX_TARGET_ALIAS;
			return true;
		}
		if (depth > top && !(cut && ax_name_eq(&n, cut)) && has(l, AX_TYPE_NS))
			return true;
	}
	return false;
}

static enum ax_target here(struct look *l)
{
	if (has(l, AX_TYPE_CNAME))
		return AX_TARGET_ALIAS;
	return has(l, AX_TYPE_A) || has(l, AX_TYPE_AAAA) ? AX_TARGET_FINE : AX_TARGET_ABSENT;
}

/* RFC 4592 3.3.1: the wildcard below the closest encloser answers for a name that does not exist. */
static enum ax_target by_wildcard(struct look *l, const struct ax_name *apex, struct ax_name n)
{
	while (!ax_name_eq(&n, apex) && ax_name_parent(&n)) {
		if (!go(l, &n, apex))
			break;
		if (!exists(l))
			continue;
		if (ax_name_prepend(&n, ax_slice("*", 1)) == AX_OK && go(l, &n, apex) && exists(l))
			return here(l);
		break;
	}
	return AX_TARGET_ABSENT;
}

enum ax_err ax_target_look(enum ax_target *out, struct ax_txn *t, const struct ax_name *apex,
			   const struct ax_root *root, const struct ax_name *host, const struct ax_name *cut)
{
	struct look l = { .txn = t, .root = root };
	*out = AX_TARGET_ELSEWHERE;
	if (!ax_name_within(host, apex) || above(out, &l, apex, host, cut))
		goto out;
	if (go(&l, host, apex))
		*out = exists(&l) || cut ? here(&l) : by_wildcard(&l, apex, *host);
out:
	ax_buf_fini(&l.key);
	return l.err;
}
