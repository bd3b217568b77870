#include "core/plan.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { PLAN_VERSION = 2, RULES_VERSION = 2, KEEP_S = 24 * 60 * 60, PLAN_KEY = 1 + AX_ID_SIZE, ZONES_MAX = 1 << 20 };

/* -- out --------------------------------------------------------------------------------------------------- */

static void put_bytes(struct ax_buf *b, struct ax_slice s)
{
	ax_buf_leb(b, s.n);
	ax_buf_slice(b, s);
}

static void put_text(struct ax_buf *b, const char *s)
{
	put_bytes(b, ax_slice_str(s));
}

static void put_person(struct ax_buf *b, const struct ax_person *p)
{
	put_text(b, p->name);
	put_text(b, p->mail);
	ax_buf_u64(b, (uint64_t)p->when.s);
	ax_buf_u32(b, p->when.ns);
	ax_buf_u16(b, (uint16_t)p->when.tz_min);
}

/* What is told of a change besides its edits. */
enum { GOES = 1, CHAINED = 2, MERGES = 4, REVIVES = 8, HAS_AUTHOR = 16 };

/* Does it begin with another commit than the tip, or the work before it? */
static bool goes(const struct ax_work *w)
{
	return !w->before ? w->base_info.local != w->tip.commit : w->change->to != 0;
}

/* Works of a chain belong together, also those that change nothing. */
static bool is_part(const struct ax_work *w)
{
	return w->next.local || w->before || !w->last;
}

/* What the hash covers of one change; the value begins each change with the same bytes. An edit's has no commits. */
static void put_outcome(struct ax_buf *b, const struct ax_work *w)
{
	ax_buf_u32(b, w->zone.id);
	put_text(b, w->change->branch);
	ax_buf_put(b, w->tip.id.b, AX_ID_SIZE);
	ax_buf_put(b, ax_work_root(w)->id.b, AX_ID_SIZE);
	ax_buf_u8(b, w->has_serial);
	ax_buf_u32(b, w->has_serial ? w->given : 0);
}

/* The commits by their hashes: local ids may be others by the time the plan is forced. */
static void put_commits(struct ax_buf *b, const struct ax_work *w)
{
	if (goes(w))
		ax_buf_put(b, w->base.b, AX_ID_SIZE);
	for (unsigned i = 0; i < w->joins; i++)
		ax_buf_put(b, w->join_id[i].b, AX_ID_SIZE);
}

static void put_origin(struct ax_buf *b, const struct ax_work *w)
{
	const struct ax_change *c = w->change;
	ax_buf_u8(b, (uint8_t)((goes(w) ? GOES : 0) | (w->before ? CHAINED : 0) | (c->merges ? MERGES : 0) |
			       (c->revive ? REVIVES : 0) | (c->author ? HAS_AUTHOR : 0)));
	ax_buf_u8(b, (uint8_t)w->joins);
	put_commits(b, w);
	if (c->author)
		put_person(b, c->author);
}

/* A commit that was there already has no message of this change: the one it would have had is told. */
static void put_edits(struct ax_buf *b, const struct ax_work *w)
{
	ax_buf_u8(b, (uint8_t)w->change->serial_from);
	if (w->message.n)
		put_bytes(b, ax_buf_view(&w->message));
	else
		put_text(b, w->change->message ? w->change->message : "");
	ax_buf_leb(b, w->n);
	for (size_t i = 0; i < w->n; i++) {
		put_bytes(b, w->edits[i].key);
		put_bytes(b, w->edits[i].value);
	}
}

static void put_value(struct ax_buf *b, const struct ax_publish *p)
{
	uint64_t n = 0;
	for (size_t i = 0; i < p->n; i++)
		n += is_part(&p->works[i]);
	ax_buf_u8(b, PLAN_VERSION);
	ax_buf_u64(b, (uint64_t)p->committer.when.s);
	put_person(b, &p->author);
	put_text(b, p->via);
	ax_buf_leb(b, n);
	for (size_t i = 0; i < p->n; i++)
		if (is_part(&p->works[i])) {
			put_outcome(b, &p->works[i]);
			put_origin(b, &p->works[i]);
			put_edits(b, &p->works[i]);
		}
}

enum ax_err ax_plan_hash(struct ax_id *out, const struct ax_publish *p)
{
	struct ax_buf b = AX_BUF_INIT;
	ax_buf_u8(&b, RULES_VERSION);
	for (size_t i = 0; i < p->n; i++)
		if (is_part(&p->works[i])) {
			put_outcome(&b, &p->works[i]);
			put_commits(&b, &p->works[i]);
			put_bytes(&b, ax_buf_view(&p->works[i].rules.text));
		}
	enum ax_err e = ax_buf_check(&b);
	*out = ax_hash_bytes(ax_buf_view(&b));
	ax_buf_fini(&b);
	return e;
}

enum ax_err ax_plan_make(struct ax_id *hash, struct ax_buf *value, const struct ax_publish *p)
{
	enum ax_err e = ax_plan_hash(hash, p);
	put_value(value, p);
	return e ? e : ax_buf_check(value);
}

/* -- in ---------------------------------------------------------------------------------------------------- */

static struct ax_slice get_bytes(struct ax_reader *r)
{
	uint64_t n = ax_get_leb(r);
	if (n > ax_reader_left(r)) {
		r->bad = true;
		return ax_slice(NULL, 0);
	}
	return ax_get_bytes(r, (size_t)n);
}

/* Strings are kept with a 0 byte each; room for all was reserved, so that they stay where they are. */
static const char *get_text(struct ax_plan *p, struct ax_reader *r)
{
	struct ax_slice s = get_bytes(r);
	if (r->bad || (s.n && memchr(s.p, 0, s.n))) {
		r->bad = true;
		return "";
	}
	const char *text = (const char *)p->strings.p + p->strings.n;
	ax_buf_slice(&p->strings, s);
	ax_buf_u8(&p->strings, 0);
	return text;
}

static void get_id(struct ax_id *out, struct ax_reader *r)
{
	struct ax_slice s = ax_get_bytes(r, AX_ID_SIZE);
	if (s.n == AX_ID_SIZE)
		memcpy(out->b, s.p, AX_ID_SIZE);
}

static enum ax_err get_edits(struct ax_batch *b, struct ax_reader *r)
{
	enum ax_err e = AX_OK;
	for (uint64_t n = ax_get_leb(r); !e && !r->bad && n; n--) {
		struct ax_slice key = get_bytes(r), value = get_bytes(r);
		if (!r->bad)
			e = value.n ? ax_batch_put_key(b, key, value) : ax_batch_delete_key(b, key);
	}
	return e;
}

static void get_person(struct ax_person *out, struct ax_plan *p, struct ax_reader *r)
{
	out->name = get_text(p, r);
	out->mail = get_text(p, r);
	out->when.s = (int64_t)ax_get_u64(r);
	out->when.ns = ax_get_u32(r);
	out->when.tz_min = (int16_t)ax_get_u16(r);
}

static enum ax_err get_commit(uint64_t *out, struct ax_txn *t, struct ax_reader *r)
{
	struct ax_id id = { 0 };
	*out = 0;
	get_id(&id, r);
	if (r->bad)
		return AX_OK; /* told at the end */
	enum ax_err e = ax_object_find(out, t, &id);
	return e == AX_ENOENT ? ax_fail(e, "a commit that the plan needs is gone") : e;
}

static enum ax_err get_origin(struct ax_plan *p, size_t i, struct ax_txn *t, struct ax_reader *r)
{
	struct ax_change *c = &p->changes[i];
	uint8_t flags = ax_get_u8(r);
	enum ax_err e = AX_OK;
	c->joins = ax_get_u8(r);
	if (c->joins > AX_PARENTS_MAX - 1 || (i == 0 && flags & CHAINED))
		r->bad = true;
	c->chained = flags & CHAINED;
	c->merges = flags & MERGES;
	c->revive = flags & REVIVES;
	if (flags & GOES)
		e = get_commit(&c->to, t, r);
	for (unsigned k = 0; !e && !r->bad && k < c->joins; k++)
		e = get_commit(&c->join[k], t, r);
	if (flags & HAS_AUTHOR) {
		get_person(&p->authors[i], p, r);
		c->author = &p->authors[i];
	}
	return e;
}

static enum ax_err get_change(struct ax_plan *p, size_t i, struct ax_txn *t, struct ax_reader *r)
{
	struct ax_change *c = &p->changes[i];
	struct ax_zone zone;
	c->zone = ax_get_u32(r);
	c->branch = get_text(p, r);
	get_id(&p->tips[i], r);
	get_id(&p->trees[i], r);
	bool has_serial = ax_get_u8(r);
	uint32_t serial = ax_get_u32(r);
	enum ax_err e = get_origin(p, i, t, r);
	uint8_t from = ax_get_u8(r);
	c->message = get_text(p, r);
	c->expect = &p->tips[i];
	c->batch = &p->batches[i];
	c->serial_from = (enum ax_serial_source)from;
	if (!e && (r->bad || from > AX_SERIAL_FROM_TRANSFER))
		return ax_fail(AX_ECORRUPT, "a plan is damaged");
	if (e || (e = ax_zone_get(&zone, t, c->zone)))
		return e;
	ax_batch_init(c->batch, &zone.apex);
	e = get_edits(c->batch, r);
	c->batch->has_serial = has_serial;
	c->batch->serial = serial;
	return e;
}

static enum ax_err allot(struct ax_plan *p, uint64_t n)
{
	if (n > ZONES_MAX)
		return ax_fail(AX_ECORRUPT, "a plan is damaged");
	p->n = (size_t)n;
	p->changes = calloc(p->n + 1, sizeof *p->changes);
	p->tips = calloc(p->n + 1, sizeof *p->tips);
	p->trees = calloc(p->n + 1, sizeof *p->trees);
	p->batches = calloc(p->n + 1, sizeof *p->batches);
	p->authors = calloc(p->n + 1, sizeof *p->authors);
	return p->changes && p->tips && p->trees && p->batches && p->authors ? AX_OK
									     : ax_fail(AX_ENOMEM, "out of memory");
}

static enum ax_err decode(struct ax_plan *p, struct ax_txn *t)
{
	struct ax_reader r = ax_reader(ax_buf_view(&p->memory));
	if (ax_get_u8(&r) != PLAN_VERSION)
		return ax_fail(AX_EVERSION, "the plan was made by another version of this program");
	(void)ax_get_u64(&r);
	get_person(&p->author, p, &r);
	p->via = get_text(p, &r);
	enum ax_err e = allot(p, ax_get_leb(&r));
	for (size_t i = 0; !e && i < p->n; i++)
		e = get_change(p, i, t, &r);
	return !e && (r.bad || ax_reader_left(&r)) ? ax_fail(AX_ECORRUPT, "a plan is damaged") : e;
}

void ax_plan_fini(struct ax_plan *p)
{
	for (size_t i = 0; p->batches && i < p->n; i++)
		ax_batch_fini(&p->batches[i]);
	free(p->changes);
	free(p->tips);
	free(p->trees);
	free(p->batches);
	free(p->authors);
	ax_buf_fini(&p->memory);
	ax_buf_fini(&p->strings);
	*p = (struct ax_plan){ 0 };
}

/* -- the table --------------------------------------------------------------------------------------------- */

static int64_t made_at(struct ax_slice value)
{
	struct ax_reader r = ax_reader(value);
	(void)ax_get_u8(&r);
	return (int64_t)ax_get_u64(&r);
}

static bool is_old(struct ax_slice value, struct ax_time now)
{
	return now.s - made_at(value) > KEEP_S;
}

/* The plan after k, whose hash goes on from there; k is moved to it. */
static enum ax_err next_plan(struct ax_slice *value, struct ax_txn *t, uint8_t k[PLAN_KEY], size_t *n)
{
	struct ax_slice key;
	enum ax_err e = ax_txn_seek(&key, value, t, AX_TABLE_MAIN, ax_slice(k, 1), ax_slice(k, *n), true);
	if (!e && key.n != PLAN_KEY)
		e = ax_fail(AX_ECORRUPT, "the key of a plan is damaged");
	if (e)
		return e;
	memcpy(k, key.p, PLAN_KEY);
	*n = PLAN_KEY;
	return AX_OK;
}

static enum ax_err drop_old(struct ax_txn *t, struct ax_time now)
{
	uint8_t k[PLAN_KEY] = { AX_MAIN_PLAN };
	struct ax_slice value;
	size_t n = 1;
	enum ax_err e;
	while (!(e = next_plan(&value, t, k, &n)))
		if (is_old(value, now) && (e = ax_txn_del(t, AX_TABLE_MAIN, ax_slice(k, n))))
			return e;
	return e == AX_ENOENT ? AX_OK : e;
}

static struct ax_slice plan_key(uint8_t k[PLAN_KEY], const struct ax_id *hash)
{
	k[0] = AX_MAIN_PLAN;
	memcpy(k + 1, hash->b, AX_ID_SIZE);
	return ax_slice(k, PLAN_KEY);
}

enum ax_err ax_plan_put(bool *known, struct ax_txn *t, const struct ax_id *hash, struct ax_slice value,
			struct ax_time now)
{
	uint8_t k[PLAN_KEY];
	struct ax_slice old;
	*known = false;
	enum ax_err e = drop_old(t, now);
	if (!e && (e = ax_txn_get(&old, t, AX_TABLE_MAIN, plan_key(k, hash))) != AX_ENOENT)
		*known = !e;
	return e && e != AX_ENOENT ? e : ax_txn_put(t, AX_TABLE_MAIN, plan_key(k, hash), value);
}

enum ax_err ax_plan_remove(struct ax_txn *t, const struct ax_id *hash)
{
	uint8_t k[PLAN_KEY];
	return ax_txn_del(t, AX_TABLE_MAIN, plan_key(k, hash));
}

static enum ax_err find(struct ax_plan *out, struct ax_txn *t, const char *hex, struct ax_time now)
{
	uint8_t k[PLAN_KEY] = { AX_MAIN_PLAN };
	struct ax_slice value;
	size_t n = 1, found = 0;
	enum ax_err e;
	while (!(e = next_plan(&value, t, k, &n))) {
		char text[AX_ID_HEX + 1];
		struct ax_id id;
		memcpy(id.b, k + 1, AX_ID_SIZE);
		ax_id_hex(text, &id);
		if (is_old(value, now) || strncasecmp(text, hex, strlen(hex)) != 0)
			continue;
		if (found++)
			return ax_fail(AX_EAMBIGUOUS, "more than one plan begins with %s", hex);
		out->hash = id;
		ax_buf_slice(&out->memory, value);
	}
	if (e == AX_ENOENT && found)
		e = ax_buf_check(&out->memory);
	else if (e == AX_ENOENT)
		e = ax_fail(e, "there is no plan %s (plans are kept for a day)", hex);
	return e;
}

static enum ax_err read_back(struct ax_plan *out, struct ax_txn *t)
{
	enum ax_err e = ax_buf_reserve(&out->strings, out->memory.n + 1) ? decode(out, t)
									 : ax_fail(AX_ENOMEM, "out of memory");
	if (e)
		ax_plan_fini(out);
	return e;
}

enum ax_err ax_plan_get(struct ax_plan *out, struct ax_txn *t, const char *hex, struct ax_time now)
{
	size_t n = strlen(hex);
	*out = (struct ax_plan){ 0 };
	if (n < 4 || n > AX_ID_HEX || strspn(hex, "0123456789abcdefABCDEF") != n)
		return ax_fail(AX_EINVAL, "%.80s: not the hash of a plan (4 to 64 hex digits)", hex);
	enum ax_err e = find(out, t, hex, now);
	return e ? e : read_back(out, t);
}

enum ax_err ax_plan_decode(struct ax_plan *out, struct ax_txn *t, struct ax_slice value)
{
	*out = (struct ax_plan){ 0 };
	ax_buf_slice(&out->memory, value);
	enum ax_err e = ax_buf_check(&out->memory);
	return e ? e : read_back(out, t);
}

/* -- what plans need ---------------------------------------------------------------------------------------- */

static enum ax_err tell_commit(struct ax_txn *t, uint64_t local, ax_plan_commit_fn *each, void *ctx)
{
	struct ax_id id;
	enum ax_err e = ax_commit_id(&id, t, local);
	return e ? e : each(ctx, &id);
}

enum ax_err ax_plan_commits(const struct ax_plan *p, struct ax_txn *t, ax_plan_commit_fn *each, void *ctx)
{
	enum ax_err e = AX_OK;
	for (size_t i = 0; !e && i < p->n; i++) {
		const struct ax_change *c = &p->changes[i];
		e = each(ctx, &p->tips[i]);
		if (!e && c->to)
			e = tell_commit(t, c->to, each, ctx);
		for (unsigned k = 0; !e && k < c->joins; k++)
			e = tell_commit(t, c->join[k], each, ctx);
	}
	return e;
}

enum ax_err ax_plan_each_commit(struct ax_txn *t, struct ax_time now, ax_plan_commit_fn *each, void *ctx)
{
	uint8_t k[PLAN_KEY] = { AX_MAIN_PLAN };
	struct ax_slice value;
	size_t n = 1;
	enum ax_err e;
	while (!(e = next_plan(&value, t, k, &n))) {
		struct ax_plan plan;
		if (is_old(value, now))
			continue;
		/* One that can't be read can't be forced: it keeps nothing. */
		if (ax_plan_decode(&plan, t, value))
			continue;
		e = ax_plan_commits(&plan, t, each, ctx);
		ax_plan_fini(&plan);
		if (e)
			return e;
	}
	return e == AX_ENOENT ? AX_OK : e;
}
