#include "core/zone.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

enum { RECORD_VERSION = 1, REMOVED = 1, HAS_SERIAL = 2, HAS_TTL = 4, WAS_GIVEN = 8, ZONE_KEY_MAX = 1 + AX_NAME_MAX };

/* -- keys: apex -> number, number -> record, the default's number, (number, serial) -> commit ---------------- */

static const uint8_t default_key[] = { AX_MAIN_DEFAULT_ZONE }, zone_prefix[] = { AX_MAIN_ZONE };

struct key {
	uint8_t b[ZONE_KEY_MAX];
	size_t n;
};

static struct ax_slice name_key(struct key *k, const struct ax_name *apex)
{
	struct ax_name lower = *apex;
	ax_name_lower(&lower);
	k->b[0] = AX_MAIN_ZONE_NUMBER;
	memcpy(k->b + 1, lower.wire, lower.n);
	return ax_slice(k->b, 1 + (size_t)lower.n);
}

static struct ax_slice zone_key(struct key *k, uint32_t id)
{
	k->b[0] = AX_MAIN_ZONE;
	ax_be32_put(k->b + 1, id);
	return ax_slice(k->b, 5);
}

static struct ax_slice serial_key(struct key *k, uint32_t id, uint32_t serial)
{
	k->b[0] = AX_MAIN_SERIAL;
	ax_be32_put(k->b + 1, id);
	ax_be32_put(k->b + 5, serial);
	return ax_slice(k->b, 9);
}

static enum ax_err get_number(uint32_t *out, struct ax_txn *t, struct ax_slice key)
{
	struct ax_slice v;
	enum ax_err e = ax_txn_get(&v, t, AX_TABLE_MAIN, key);
	*out = 0;
	if (!e && v.n != 4)
		e = ax_fail(AX_ECORRUPT, "a zone's number is damaged");
	if (!e)
		*out = ax_be32(v.p);
	return e;
}

/* -- records ----------------------------------------------------------------------------------------------- */

static bool decode(struct ax_zone *out, struct ax_slice v)
{
	struct ax_reader r = ax_reader(v);
	uint8_t version = ax_get_u8(&r), flags = ax_get_u8(&r);
	size_t used = 0;
	out->removed = flags & REMOVED;
	out->has_serial = flags & HAS_SERIAL;
	out->has_ttl = flags & HAS_TTL;
	out->was_given = flags & WAS_GIVEN;
	out->serial = ax_get_u32(&r);
	out->policy = (enum ax_serial_policy)ax_get_u8(&r);
	out->ttl_s = ax_get_u32(&r);
	if (r.bad || version != RECORD_VERSION || out->policy > AX_SERIAL_DATE)
		return false;
	size_t left = ax_reader_left(&r);
	return ax_name_from_wire(&out->apex, ax_get_bytes(&r, left), &used) == AX_OK && used == left;
}

enum ax_err ax_zone_get(struct ax_zone *out, struct ax_txn *t, uint32_t id)
{
	struct key k;
	struct ax_slice v;
	*out = (struct ax_zone){ 0 };
	enum ax_err e = ax_txn_get(&v, t, AX_TABLE_MAIN, zone_key(&k, id));
	if (e)
		return e == AX_ENOENT ? ax_fail(e, "there is no zone number %" PRIu32, id) : e;
	out->id = id;
	if (!decode(out, v)) {
		*out = (struct ax_zone){ 0 };
		return ax_fail(AX_ECORRUPT, "the record of zone number %" PRIu32 " is damaged", id);
	}
	return AX_OK;
}

static enum ax_err no_zone(const struct ax_name *apex)
{
	struct ax_buf b = AX_BUF_INIT;
	ax_name_text(&b, apex);
	const char *text = ax_buf_cstr(&b);
	ax_fail(AX_ENOENT, "there is no zone %s in this repository", text ? text : "of that name");
	ax_buf_fini(&b);
	return AX_ENOENT;
}

/* Removed zones too. */
static enum ax_err find_any(struct ax_zone *out, struct ax_txn *t, const struct ax_name *apex)
{
	struct key k;
	uint32_t id;
	*out = (struct ax_zone){ 0 };
	enum ax_err e = get_number(&id, t, name_key(&k, apex));
	return e ? e : ax_zone_get(out, t, id);
}

enum ax_err ax_zone_find(struct ax_zone *out, struct ax_txn *t, const struct ax_name *apex)
{
	enum ax_err e = find_any(out, t, apex);
	return e == AX_ENOENT || (!e && out->removed) ? no_zone(apex) : e;
}

enum ax_err ax_zone_find_removed(struct ax_zone *out, struct ax_txn *t, const struct ax_name *apex)
{
	enum ax_err e = find_any(out, t, apex);
	return !e && !out->removed ? AX_ENOENT : e;
}

enum ax_err ax_zone_named(struct ax_zone *out, struct ax_txn *t, const char *text)
{
	struct ax_name apex;
	*out = (struct ax_zone){ 0 };
	if (!text || !*text)
		return ax_zone_default(out, t);
	text = strcmp(text, "@") == 0 ? "." : text;
	enum ax_err e = ax_name_parse(&apex, text, strlen(text), NULL);
	return e ? e : ax_zone_find(out, t, &apex);
}

enum ax_err ax_zone_default(struct ax_zone *out, struct ax_txn *t)
{
	uint32_t id;
	*out = (struct ax_zone){ 0 };
	enum ax_err e = get_number(&id, t, ax_slice(default_key, 1));
	if (e)
		return e == AX_ENOENT ? ax_fail(e, "this repository has no default zone") : e;
	if (!(e = ax_zone_get(out, t, id)) && out->removed)
		return ax_fail(AX_ENOENT, "the default zone was removed: name one");
	return e;
}

enum ax_err ax_zone_next(struct ax_zone *out, struct ax_txn *t, uint32_t after, bool all)
{
	*out = (struct ax_zone){ 0 };
	for (;;) {
		struct key k;
		struct ax_slice key, value;
		enum ax_err e = ax_txn_seek(&key, &value, t, AX_TABLE_MAIN, ax_slice(zone_prefix, 1),
					    zone_key(&k, after), true);
		if (e)
			return e;
		if (key.n != 5)
			return ax_fail(AX_ECORRUPT, "a zone's key is damaged");
		after = ax_be32(key.p + 1);
		e = ax_zone_get(out, t, after);
		if (e || all || !out->removed)
			return e;
	}
}

enum ax_err ax_zone_above(struct ax_zone *out, struct ax_txn *t, const struct ax_name *name)
{
	struct ax_name n = *name;
	do {
		enum ax_err e = find_any(out, t, &n);
		if (e ? e != AX_ENOENT : !out->removed)
			return e;
	} while (ax_name_parent(&n));
	*out = (struct ax_zone){ 0 };
	return AX_ENOENT;
}

/* -- write side -------------------------------------------------------------------------------------------- */

static enum ax_err taken(bool *out, struct ax_txn *t, uint32_t id)
{
	struct key k;
	struct ax_slice v;
	enum ax_err e = ax_txn_get(&v, t, AX_TABLE_MAIN, zone_key(&k, id));
	*out = !e;
	return e == AX_ENOENT ? AX_OK : e;
}

/* Numbers are dense, since no record is ever deleted: the first free one is found by halving. */
static enum ax_err first_free(uint32_t *out, struct ax_txn *t)
{
	uint32_t low = 0, high = 1;
	bool is;
	enum ax_err e;
	*out = 0;
	while (!(e = taken(&is, t, high)) && is) {
		if (high > UINT32_MAX / 2)
			return ax_fail(AX_ELIMIT, "no zone number is left");
		low = high;
		high *= 2;
	}
	while (!e && high - low > 1) {
		uint32_t middle = low + (high - low) / 2;
		e = taken(&is, t, middle);
		*(is ? &low : &high) = middle;
	}
	*out = e ? 0 : high;
	return e;
}

enum ax_err ax_zone_put(struct ax_txn *t, struct ax_zone *z)
{
	struct ax_buf b = AX_BUF_INIT;
	struct key k;
	uint8_t number[4];
	enum ax_err e = AX_OK;
	ax_name_lower(&z->apex);
	if (!z->id && (e = first_free(&z->id, t)))
		return e;
	ax_be32_put(number, z->id);
	ax_buf_u8(&b, RECORD_VERSION);
	ax_buf_u8(&b, (uint8_t)((z->removed ? REMOVED : 0) | (z->has_serial ? HAS_SERIAL : 0) |
				(z->has_ttl ? HAS_TTL : 0) | (z->was_given ? WAS_GIVEN : 0)));
	ax_buf_u32(&b, z->serial);
	ax_buf_u8(&b, (uint8_t)z->policy);
	ax_buf_u32(&b, z->ttl_s);
	ax_buf_put(&b, z->apex.wire, z->apex.n);
	e = ax_buf_check(&b);
	if (!e)
		e = ax_txn_put(t, AX_TABLE_MAIN, zone_key(&k, z->id), ax_buf_view(&b));
	if (!e)
		e = ax_txn_put(t, AX_TABLE_MAIN, name_key(&k, &z->apex), ax_slice(number, sizeof number));
	ax_buf_fini(&b);
	return e;
}

enum ax_err ax_zone_set_default(struct ax_txn *t, uint32_t id)
{
	uint8_t number[4];
	ax_be32_put(number, id);
	return ax_txn_put(t, AX_TABLE_MAIN, ax_slice(default_key, 1), ax_slice(number, sizeof number));
}

/* -- serials ----------------------------------------------------------------------------------------------- */

static uint32_t clock_serial(enum ax_serial_policy policy, struct ax_time now)
{
	struct tm tm;
	time_t s = (time_t)now.s;
	if (policy == AX_SERIAL_UNIXTIME)
		return (uint32_t)now.s;
	if (!gmtime_r(&s, &tm))
		return 0;
	return ((uint32_t)(tm.tm_year + 1900) * 10000 + (uint32_t)(tm.tm_mon + 1) * 100 + (uint32_t)tm.tm_mday) * 100;
}

uint32_t ax_serial_next(const struct ax_zone *z, struct ax_time now)
{
	uint32_t next = z->has_serial ? z->serial + 1 : 1;
	if (z->policy != AX_SERIAL_INCREMENT) {
		uint32_t clock = clock_serial(z->policy, now);
		if (!z->has_serial || ax_serial_newer(clock, z->serial))
			next = clock;
	}
	/* 0 is kept out: too many programs take it for "no serial". */
	return next ? next : 1;
}

/* Of a commit that gc dropped there are 0 and its tree's id. */
static enum ax_err get_serial(uint64_t *commit, struct ax_id *tree, struct ax_txn *t, uint32_t zone, uint32_t serial)
{
	struct key k;
	struct ax_slice v;
	*commit = 0;
	enum ax_err e = ax_txn_get(&v, t, AX_TABLE_MAIN, serial_key(&k, zone, serial));
	if (e)
		return e;
	struct ax_reader r = ax_reader(v);
	*commit = ax_get_u64(&r);
	struct ax_slice id = ax_get_bytes(&r, *commit ? 0 : AX_ID_SIZE);
	if (id.n)
		memcpy(tree->b, id.p, AX_ID_SIZE);
	return r.bad || ax_reader_left(&r) ? ax_fail(AX_ECORRUPT, "the serial map is damaged at %" PRIu32, serial)
					   : AX_OK;
}

enum ax_err ax_serial_find(uint64_t *commit, struct ax_txn *t, uint32_t zone, uint32_t serial)
{
	struct ax_id tree;
	enum ax_err e = get_serial(commit, &tree, t, zone, serial);
	return !e && !*commit ? AX_ENOENT : e;
}

enum ax_err ax_serial_tree(struct ax_id *tree, struct ax_txn *t, uint32_t zone, uint32_t serial)
{
	struct ax_commit_info c;
	uint64_t commit;
	*tree = (struct ax_id){ 0 };
	enum ax_err e = get_serial(&commit, tree, t, zone, serial);
	if (e || !commit)
		return e;
	if (!(e = ax_commit_info(&c, t, commit)))
		*tree = c.root.id;
	return e;
}

enum ax_err ax_serial_note(struct ax_txn *t, struct ax_zone *z, uint32_t serial, uint64_t commit)
{
	struct key k;
	uint8_t v[8];
	ax_be32_put(v, (uint32_t)(commit >> 32));
	ax_be32_put(v + 4, (uint32_t)commit);
	enum ax_err e = ax_txn_put(t, AX_TABLE_MAIN, serial_key(&k, z->id, serial), ax_slice(v, sizeof v));
	if (e || (z->has_serial && !ax_serial_newer(serial, z->serial)))
		return e;
	z->has_serial = true;
	z->serial = serial;
	return ax_zone_put(t, z);
}
