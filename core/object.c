#include "core/object.h"

#include <string.h>

enum { FORMAT_FULL = 0, INDEX_KEY = 8, PREFIX_MIN = 4 };

static enum ax_err damaged(uint64_t id, const char *what)
{
	return ax_fail(AX_ECORRUPT, "record %llu: %s", (unsigned long long)id, what);
}

enum ax_err ax_object_read(struct ax_object *out, struct ax_txn *t, uint64_t id, unsigned kind)
{
	struct ax_slice record;
	*out = (struct ax_object){ 0 };
	enum ax_err e = ax_txn_get_object(&record, t, id);
	if (e)
		return e;
	struct ax_reader r = ax_reader(record);
	uint8_t format = ax_get_u8(&r);
	uint8_t stored = ax_get_u8(&r);
	struct ax_slice canonical = ax_get_bytes(&r, ax_get_leb(&r));
	if (r.bad || format != FORMAT_FULL)
		return damaged(id, "malformed");
	if (stored < AX_KIND_LEAF || stored > AX_KIND_TAG || (kind && stored != kind))
		return damaged(id, "not of the kind that was expected");
	*out = (struct ax_object){ stored, canonical, ax_slice(r.p, ax_reader_left(&r)) };
	return AX_OK;
}

/* A node's record fits the stack; only blobs need the heap. */
static enum ax_err put_record(struct ax_txn *t, uint64_t id, enum ax_kind kind, struct ax_slice canonical,
			      struct ax_slice sidecar,
			      enum ax_err (*put)(struct ax_txn *t, uint64_t id, struct ax_slice record))
{
	uint8_t small[4096];
	struct ax_buf b = { small, 0, sizeof small, false };
	bool heap = canonical.n + sidecar.n + 16 > sizeof small;
	if (heap)
		b = AX_BUF_INIT;
	ax_buf_reserve(&b, canonical.n + sidecar.n + 16);
	ax_buf_u8(&b, FORMAT_FULL);
	ax_buf_u8(&b, (uint8_t)kind);
	ax_buf_leb(&b, canonical.n);
	ax_buf_slice(&b, canonical);
	ax_buf_slice(&b, sidecar);
	enum ax_err e = ax_buf_check(&b);
	if (!e)
		e = put(t, id, ax_buf_view(&b));
	if (heap)
		ax_buf_fini(&b);
	return e;
}

enum ax_err ax_object_write_at(struct ax_txn *t, uint64_t id, enum ax_kind kind, struct ax_slice canonical,
			       struct ax_slice sidecar)
{
	return put_record(t, id, kind, canonical, sidecar, ax_txn_put_object);
}

enum ax_err ax_object_set_sidecar(struct ax_txn *t, uint64_t id, struct ax_slice sidecar)
{
	struct ax_object o;
	struct ax_buf canonical = AX_BUF_INIT; /* what is read dies with the write */
	enum ax_err e = ax_object_read(&o, t, id, 0);
	ax_buf_slice(&canonical, o.canonical);
	if (!e)
		e = ax_buf_check(&canonical);
	if (!e)
		e = put_record(t, id, o.kind, ax_buf_view(&canonical), sidecar, ax_txn_replace_object);
	ax_buf_fini(&canonical);
	return e;
}

enum ax_err ax_object_write(uint64_t *id, struct ax_txn *t, enum ax_kind kind, struct ax_slice canonical,
			    struct ax_slice sidecar)
{
	enum ax_err e = ax_txn_next_id(id, t);
	return e ? e : ax_object_write_at(t, *id, kind, canonical, sidecar);
}

enum ax_err ax_object_verify(struct ax_txn *t, uint64_t id, enum ax_kind kind, const struct ax_id *want)
{
	struct ax_object o;
	enum ax_err e = ax_object_read(&o, t, id, kind);
	if (e)
		return e;
	struct ax_id got = ax_hash_object(kind, o.canonical);
	return ax_id_eq(&got, want) ? AX_OK : damaged(id, "does not hash to its id");
}

/* -- commits and tags by hash: first 8 bytes -> local ids u64, in the order they came ----------------------- */

enum ax_err ax_object_index(struct ax_txn *t, uint64_t id, const struct ax_id *hash)
{
	struct ax_slice key = ax_slice(hash->b, INDEX_KEY), old;
	struct ax_buf list = AX_BUF_INIT;
	enum ax_err e = ax_txn_get(&old, t, AX_TABLE_CID, key);
	if (e && e != AX_ENOENT)
		return e;
	ax_buf_slice(&list, old);
	ax_buf_u64(&list, id);
	e = ax_buf_check(&list);
	if (!e)
		e = ax_txn_put(t, AX_TABLE_CID, key, ax_buf_view(&list));
	ax_buf_fini(&list);
	return e;
}

enum ax_err ax_object_unindex(struct ax_txn *t, uint64_t id, const struct ax_id *hash)
{
	struct ax_slice key = ax_slice(hash->b, INDEX_KEY), old;
	struct ax_buf list = AX_BUF_INIT;
	enum ax_err e = ax_txn_get(&old, t, AX_TABLE_CID, key);
	if (e)
		return e;
	for (struct ax_reader r = ax_reader(old); ax_reader_left(&r) >= 8;) {
		uint64_t one = ax_get_u64(&r);
		if (one != id)
			ax_buf_u64(&list, one);
	}
	if (!(e = ax_buf_check(&list)) && list.n == old.n)
		e = AX_ENOENT;
	if (!e)
		e = list.n ? ax_txn_put(t, AX_TABLE_CID, key, ax_buf_view(&list)) : ax_txn_del(t, AX_TABLE_CID, key);
	ax_buf_fini(&list);
	return e;
}

/* The hash of an indexed object, from its bytes. */
static enum ax_err hash_of(struct ax_id *out, struct ax_txn *t, uint64_t id)
{
	struct ax_object o;
	*out = (struct ax_id){ 0 };
	enum ax_err e = ax_object_read(&o, t, id, 0);
	if (e)
		return e;
	if (o.kind != AX_KIND_COMMIT && o.kind != AX_KIND_TAG)
		return damaged(id, "indexed, but neither commit nor tag");
	*out = ax_hash_object(o.kind, o.canonical);
	return AX_OK;
}

enum ax_err ax_object_find(uint64_t *id, struct ax_txn *t, const struct ax_id *hash)
{
	struct ax_slice list;
	*id = 0;
	enum ax_err e = ax_txn_get(&list, t, AX_TABLE_CID, ax_slice(hash->b, INDEX_KEY));
	if (e)
		return e;
	struct ax_reader r = ax_reader(list);
	while (ax_reader_left(&r)) {
		struct ax_id got;
		uint64_t one = ax_get_u64(&r);
		e = r.bad ? damaged(one, "a torn index entry") : hash_of(&got, t, one);
		if (e)
			return e;
		if (ax_id_eq(&got, hash)) {
			*id = one;
			return AX_OK;
		}
	}
	return AX_ENOENT;
}

struct prefix {
	uint8_t b[AX_ID_SIZE];
	size_t digits;
};

static int hex_digit(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
				      : -1;
}

static enum ax_err parse_prefix(struct prefix *p, const char *hex)
{
	*p = (struct prefix){ .digits = strlen(hex) };
	if (p->digits < PREFIX_MIN || p->digits > AX_ID_HEX)
		return ax_fail(AX_EINVAL, "%.80s: an id has %d to %d hex digits", hex, PREFIX_MIN, AX_ID_HEX);
	for (size_t i = 0; i < p->digits; i++) {
		int d = hex_digit(hex[i]);
		if (d < 0)
			return ax_fail(AX_EINVAL, "%.80s: not a hex id", hex);
		p->b[i / 2] |= (uint8_t)(i % 2 ? d : d << 4);
	}
	return AX_OK;
}

static bool has_prefix(const uint8_t *b, const struct prefix *p, size_t digits)
{
	if (digits > p->digits)
		digits = p->digits;
	return memcmp(b, p->b, digits / 2) == 0 && (digits % 2 == 0 || b[digits / 2] >> 4 == p->b[digits / 2] >> 4);
}

/* Look at the objects of one index entry; *id is the one found so far, 0 if none. */
static enum ax_err match_list(uint64_t *id, struct ax_id *full, struct ax_txn *t, struct ax_slice list,
			      const struct prefix *p)
{
	struct ax_reader r = ax_reader(list);
	while (ax_reader_left(&r)) {
		struct ax_id got;
		uint64_t one = ax_get_u64(&r);
		enum ax_err e = r.bad ? damaged(one, "a torn index entry") : hash_of(&got, t, one);
		if (e)
			return e;
		if (!has_prefix(got.b, p, p->digits))
			continue;
		if (*id && !ax_id_eq(&got, full))
			return AX_EAMBIGUOUS;
		*id = one;
		*full = got;
	}
	return AX_OK;
}

enum ax_err ax_object_find_prefix(uint64_t *id, struct ax_id *full, struct ax_txn *t, const char *hex)
{
	struct prefix p;
	struct ax_id found = { 0 };
	struct ax_slice key, list;
	uint8_t from[INDEX_KEY];
	bool after = false;
	uint64_t got = 0;
	*id = 0;
	if (full)
		*full = found;
	enum ax_err e = parse_prefix(&p, hex);
	memcpy(from, p.b, sizeof from);
	while (!e) {
		size_t whole = p.digits / 2 < INDEX_KEY ? p.digits / 2 : INDEX_KEY;
		e = ax_txn_seek(&key, &list, t, AX_TABLE_CID, ax_slice(p.b, whole), ax_slice(from, sizeof from),
				after);
		if (e)
			break;
		if (key.n != INDEX_KEY)
			return ax_fail(AX_ECORRUPT, "the index of commits has a key of %zu bytes", key.n);
		if (!has_prefix(key.p, &p, 2 * INDEX_KEY)) {
			e = AX_ENOENT;
			break;
		}
		memcpy(from, key.p, sizeof from);
		after = true;
		e = match_list(&got, &found, t, list, &p);
	}
	if (e != AX_ENOENT)
		return e;
	if (!got)
		return AX_ENOENT;
	*id = got;
	if (full)
		*full = found;
	return AX_OK;
}

/* pos = the 8 bytes of the current index entry | how many of its ids were given, u64. */
enum ax_err ax_object_index_next(uint64_t *id, struct ax_txn *t, struct ax_buf *pos)
{
	struct ax_slice key = ax_slice(NULL, 0), list, none = ax_slice(NULL, 0);
	uint64_t given = 0;
	*id = 0;
	if (pos->n == INDEX_KEY + 8) {
		struct ax_reader r = ax_reader(ax_buf_view(pos));
		key = ax_get_bytes(&r, INDEX_KEY);
		given = ax_get_u64(&r);
	}
	enum ax_err e = AX_ENOENT;
	if (key.n)
		e = ax_txn_get(&list, t, AX_TABLE_CID, key);
	if (e == AX_ENOENT || (!e && list.n / 8 <= given)) {
		given = 0;
		e = ax_txn_seek(&key, &list, t, AX_TABLE_CID, none, key, key.n > 0);
	}
	if (e)
		return e;
	if (key.n != INDEX_KEY || list.n == 0 || list.n % 8)
		return ax_fail(AX_ECORRUPT, "the index of commits is damaged");
	struct ax_reader r = ax_reader(ax_slice(list.p + 8 * given, 8));
	*id = ax_get_u64(&r);
	uint8_t copy[INDEX_KEY];
	memcpy(copy, key.p, sizeof copy);
	ax_buf_clear(pos);
	ax_buf_put(pos, copy, sizeof copy);
	ax_buf_u64(pos, given + 1);
	return ax_buf_check(pos);
}
