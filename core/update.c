#include "core/update.h"

#include <stdlib.h>
#include <string.h>

struct record {
	uint32_t ttl_s;
	uint8_t *rdata;
	size_t n;
};

struct ax_update_set {
	struct ax_buf key;
	struct ax_name owner;
	uint16_t type, covered;
	bool told; /* something was added or taken away */
	struct record *records;
	size_t n, cap;
};

void ax_update_init(struct ax_update *u, struct ax_txn *t, const struct ax_name *apex, const struct ax_root *root)
{
	*u = (struct ax_update){ .txn = t, .root = *root, .apex = *apex };
}

static void clear(struct ax_update_set *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->records[i].rdata);
	s->n = 0;
}

static void free_set(struct ax_update_set *s)
{
	clear(s);
	free(s->records);
	ax_buf_fini(&s->key);
	free(s);
}

void ax_update_fini(struct ax_update *u)
{
	for (size_t i = 0; i < u->n; i++)
		free_set(u->sets[i]);
	free(u->sets);
	*u = (struct ax_update){ 0 };
}

/* -- sets ------------------------------------------------------------------------------------------------- */

static enum ax_err append(struct ax_update_set *s, uint32_t ttl_s, struct ax_slice rdata)
{
	if (s->n == s->cap) {
		size_t cap = s->cap ? 2 * s->cap : 4;
		struct record *p = reallocarray(s->records, cap, sizeof *p);
		if (!p)
			return ax_fail(AX_ENOMEM, "out of memory");
		s->records = p;
		s->cap = cap;
	}
	uint8_t *copy = malloc(rdata.n + 1);
	if (!copy)
		return ax_fail(AX_ENOMEM, "out of memory");
	if (rdata.n)
		memcpy(copy, rdata.p, rdata.n);
	s->records[s->n++] = (struct record){ ttl_s, copy, rdata.n };
	return AX_OK;
}

static enum ax_err load(struct ax_update_set *s, struct ax_update *u)
{
	struct ax_entry found;
	struct ax_rrset set;
	struct ax_rr rr;
	enum ax_err e = ax_tree_find(&found, u->txn, &u->root, ax_buf_view(&s->key));
	if (e)
		return e == AX_ENOENT ? AX_OK : e;
	e = ax_rrset_view(&set, s->type, s->covered, found.value);
	for (size_t pos = 0; !e && ax_rrset_next(&rr, &set, &pos);)
		e = append(s, rr.ttl_s, rr.rdata);
	return e;
}

/* The first set whose key is >= key. */
static size_t lower_bound(const struct ax_update *u, struct ax_slice key)
{
	size_t low = 0, high = u->n;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (ax_slice_cmp(ax_buf_view(&u->sets[mid]->key), key) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static enum ax_err insert(struct ax_update *u, size_t at, struct ax_update_set *s)
{
	if (u->n == u->cap) {
		size_t cap = u->cap ? 2 * u->cap : 16;
		struct ax_update_set **p = reallocarray(u->sets, cap, sizeof *p);
		if (!p)
			return ax_fail(AX_ENOMEM, "out of memory");
		u->sets = p;
		u->cap = cap;
	}
	memmove(u->sets + at + 1, u->sets + at, (u->n++ - at) * sizeof *u->sets);
	u->sets[at] = s;
	return AX_OK;
}

/* The RRset as it is now; brought in from the tree when it is first spoken of. */
static enum ax_err touch(struct ax_update_set **out, struct ax_update *u, const struct ax_name *owner, uint16_t type,
			 uint16_t covered)
{
	struct ax_update_set *s = calloc(1, sizeof *s);
	*out = NULL;
	if (!s)
		return ax_fail(AX_ENOMEM, "out of memory");
	*s = (struct ax_update_set){ .owner = *owner, .type = type, .covered = covered };
	enum ax_err e = ax_key_make(&s->key, owner, &u->apex, type, covered);
	size_t at = e ? 0 : lower_bound(u, ax_buf_view(&s->key));
	if (!e && at < u->n && ax_slice_eq(ax_buf_view(&u->sets[at]->key), ax_buf_view(&s->key))) {
		*out = u->sets[at];
		free_set(s);
		return AX_OK;
	}
	if (!e)
		e = load(s, u);
	if (!e)
		e = insert(u, at, s);
	if (e)
		free_set(s);
	else
		*out = s;
	return e;
}

/* Bring in all RRsets of a name (type AX_TYPE_ANY) or of one type (RRSIGs: of all types covered); they are
 * u->sets[*first .. *end - 1] then. */
static enum ax_err touch_all(size_t *first, size_t *end, struct ax_update *u, const struct ax_name *owner,
			     uint16_t type)
{
	struct ax_buf prefix = AX_BUF_INIT;
	struct ax_cursor c;
	struct ax_update_set *s;
	*first = *end = 0;
	enum ax_err e = ax_key_owner(&prefix, owner, &u->apex);
	ax_buf_u8(&prefix, 0);
	if (type != AX_TYPE_ANY)
		ax_buf_u16(&prefix, type);
	if (!e)
		e = ax_buf_check(&prefix);
	if (!e && !(e = ax_cursor_init(&c, u->txn, &u->root))) {
		c.keys_only = true;
		e = ax_cursor_seek(&c, ax_buf_view(&prefix));
		while (!e && c.valid && ax_slice_starts(c.entry.key, ax_buf_view(&prefix))) {
			struct ax_name name;
			uint16_t t, covered;
			e = ax_key_parse(&name, &t, &covered, NULL, c.entry.key, &u->apex);
			if (!e)
				e = touch(&s, u, owner, t, covered);
			if (!e)
				e = ax_cursor_next(&c);
		}
		ax_cursor_fini(&c);
	}
	if (!e) {
		*first = *end = lower_bound(u, ax_buf_view(&prefix));
		while (*end < u->n && ax_slice_starts(ax_buf_view(&u->sets[*end]->key), ax_buf_view(&prefix)))
			++*end;
	}
	ax_buf_fini(&prefix);
	return e;
}

/* -- told ------------------------------------------------------------------------------------------------- */

static bool stands_alone(uint16_t type)
{
	return type == AX_TYPE_SOA || type == AX_TYPE_CNAME || type == AX_TYPE_DNAME;
}

enum ax_err ax_update_add(struct ax_update *u, const struct ax_name *owner, uint16_t type, uint32_t ttl_s,
			  struct ax_slice rdata)
{
	struct ax_update_set *s;
	enum ax_err e = ax_rdata_check(type, rdata);
	if (e)
		return e;
	e = touch(&s, u, owner, type, type == AX_TYPE_RRSIG ? ax_rrsig_covered(rdata) : 0);
	if (e)
		return e;
	if (stands_alone(type))
		clear(s);
	s->told = true;
	for (size_t i = 0; type != AX_TYPE_RRSIG && i < s->n; i++)
		s->records[i].ttl_s = ttl_s;
	return append(s, ttl_s, rdata);
}

enum ax_err ax_update_delete_record(struct ax_update *u, const struct ax_name *owner, uint16_t type,
				    struct ax_slice rdata)
{
	struct ax_update_set *s;
	enum ax_err e = ax_rdata_check(type, rdata);
	if (e)
		return e;
	e = touch(&s, u, owner, type, type == AX_TYPE_RRSIG ? ax_rrsig_covered(rdata) : 0);
	if (e)
		return e;
	size_t kept = 0;
	for (size_t i = 0; i < s->n; i++) {
		if (ax_rdata_cmp(type, ax_slice(s->records[i].rdata, s->records[i].n), rdata) != 0)
			s->records[kept++] = s->records[i];
		else
			free(s->records[i].rdata);
	}
	s->told |= kept != s->n;
	s->n = kept;
	return AX_OK;
}

static void delete_sets(struct ax_update *u, size_t first, size_t end, bool keep_apex)
{
	for (size_t i = first; i < end; i++) {
		struct ax_update_set *s = u->sets[i];
		if (keep_apex && (s->type == AX_TYPE_SOA || s->type == AX_TYPE_NS))
			continue;
		s->told |= s->n > 0;
		clear(s);
	}
}

enum ax_err ax_update_delete_rrset(struct ax_update *u, const struct ax_name *owner, uint16_t type)
{
	size_t first, end;
	enum ax_err e = touch_all(&first, &end, u, owner, type);
	if (!e)
		delete_sets(u, first, end, false);
	return e;
}

enum ax_err ax_update_delete_name(struct ax_update *u, const struct ax_name *owner)
{
	size_t first, end;
	enum ax_err e = touch_all(&first, &end, u, owner, AX_TYPE_ANY);
	if (!e)
		delete_sets(u, first, end, ax_name_eq(owner, &u->apex));
	return e;
}

/* -- asked ------------------------------------------------------------------------------------------------ */

enum ax_err ax_update_has(bool *out, struct ax_update *u, const struct ax_name *owner, uint16_t type)
{
	size_t first, end;
	*out = false;
	enum ax_err e = touch_all(&first, &end, u, owner, type);
	for (size_t i = first; !e && i < end; i++)
		*out |= u->sets[i]->n > 0;
	return e;
}

static enum ax_err build(struct ax_buf *value, const struct ax_update_set *s)
{
	struct ax_rrset_builder b;
	enum ax_err e = AX_OK;
	ax_rrset_builder_init(&b, s->type, s->covered);
	for (size_t i = 0; !e && i < s->n; i++)
		e = ax_rrset_builder_add(&b, s->records[i].ttl_s, ax_slice(s->records[i].rdata, s->records[i].n));
	if (!e)
		e = ax_rrset_builder_finish(value, &b);
	ax_rrset_builder_fini(&b);
	return e;
}

static enum ax_err same_records(bool *out, uint16_t type, uint16_t covered, struct ax_slice a, struct ax_slice b)
{
	struct ax_rrset x, y;
	struct ax_rr p, q;
	size_t i = 0, j = 0;
	enum ax_err e = ax_rrset_view(&x, type, covered, a);
	if (!e)
		e = ax_rrset_view(&y, type, covered, b);
	*out = !e && x.count == y.count;
	while (*out && ax_rrset_next(&p, &x, &i) && ax_rrset_next(&q, &y, &j))
		*out = ax_rdata_cmp(type, p.rdata, q.rdata) == 0;
	return e;
}

enum ax_err ax_update_equals(bool *out, struct ax_update *u, const struct ax_name *owner,
			     struct ax_rrset_builder *wanted)
{
	struct ax_update_set *s;
	struct ax_buf value = AX_BUF_INIT, other = AX_BUF_INIT;
	*out = false;
	enum ax_err e = touch(&s, u, owner, wanted->type, wanted->covered);
	if (e || !s->n)
		return e;
	if (!(e = build(&value, s)) && !(e = ax_rrset_builder_finish(&other, wanted)))
		e = same_records(out, s->type, s->covered, ax_buf_view(&value), ax_buf_view(&other));
	ax_buf_fini(&value);
	ax_buf_fini(&other);
	return e;
}

enum ax_err ax_update_finish(struct ax_update *u, struct ax_batch *b)
{
	struct ax_buf value = AX_BUF_INIT;
	enum ax_err e = AX_OK;
	for (size_t i = 0; !e && i < u->n; i++) {
		struct ax_update_set *s = u->sets[i];
		ax_buf_clear(&value);
		if (!s->told)
			continue;
		if (!s->n)
			e = ax_batch_delete(b, &s->owner, s->type, s->covered);
		else if (!(e = build(&value, s)))
			e = ax_batch_put(b, &s->owner, s->type, s->covered, ax_buf_view(&value));
	}
	ax_buf_fini(&value);
	return e;
}
