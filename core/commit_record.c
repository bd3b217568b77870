/* Commits in the store: the text, and beside it what walks need. */
#include "core/commit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { SIDECAR_VERSION = 2, SERIAL_DIGITS = 10 };

static void put_time(struct ax_buf *b, struct ax_time w)
{
	ax_buf_u64(b, (uint64_t)w.s);
	ax_buf_u32(b, w.ns);
	ax_buf_u16(b, (uint16_t)w.tz_min);
}

static struct ax_time get_time(struct ax_reader *r)
{
	struct ax_time w;
	w.s = (int64_t)ax_get_u64(r);
	w.ns = ax_get_u32(r);
	w.tz_min = (int16_t)ax_get_u16(r);
	return w;
}

static size_t leb_size(uint64_t v)
{
	size_t n = 1;
	while (v >>= 7)
		n++;
	return n;
}

/* A serial is 1 to 10 digits long: zeros at the sidecar's end make up for it, so that the record's length is known
 * before the serial is. */
static void put_sidecar(struct ax_buf *b, const struct ax_commit_info *info, size_t canonical_n)
{
	char digits[16];
	size_t longest =
		canonical_n + SERIAL_DIGITS - (size_t)snprintf(digits, sizeof digits, "%" PRIu32, info->serial);
	size_t pad = longest + leb_size(longest) - canonical_n - leb_size(canonical_n);
	ax_buf_u8(b, SIDECAR_VERSION);
	ax_buf_u64(b, info->root.node);
	ax_buf_u64(b, info->root.count);
	ax_buf_u32(b, info->serial);
	put_time(b, info->time);
	ax_buf_u64(b, info->generation);
	ax_buf_u64(b, info->depth);
	ax_buf_u64(b, info->jump);
	ax_buf_u64(b, info->turn);
	put_time(b, info->earliest);
	ax_buf_u64(b, info->removed);
	ax_buf_u8(b, (uint8_t)info->parents);
	for (unsigned i = 0; i < info->parents; i++)
		ax_buf_u64(b, info->parent[i]);
	while (pad--)
		ax_buf_u8(b, 0);
}

static bool get_sidecar(struct ax_commit_info *out, struct ax_slice sidecar)
{
	struct ax_reader r = ax_reader(sidecar);
	if (ax_get_u8(&r) != SIDECAR_VERSION)
		return false;
	out->root.node = ax_get_u64(&r);
	out->root.count = ax_get_u64(&r);
	out->serial = ax_get_u32(&r);
	out->time = get_time(&r);
	out->generation = ax_get_u64(&r);
	out->depth = ax_get_u64(&r);
	out->jump = ax_get_u64(&r);
	out->turn = ax_get_u64(&r);
	out->earliest = get_time(&r);
	out->removed = ax_get_u64(&r);
	out->parents = ax_get_u8(&r);
	if (out->parents > AX_PARENTS_MAX)
		return false;
	for (unsigned i = 0; i < out->parents; i++)
		out->parent[i] = ax_get_u64(&r);
	while (ax_reader_left(&r))
		if (ax_get_u8(&r))
			return false;
	return !r.bad;
}

/* Walks end because each step goes to a lower id: hold a damaged record to that. */
static bool plausible(const struct ax_commit_info *info)
{
	for (unsigned i = 0; i < info->parents; i++)
		if (!info->parent[i] || info->parent[i] >= info->local)
			return false;
	if (info->turn > info->local || (info->parents > 1) != (info->turn == info->local))
		return false;
	return info->parents ? info->jump && info->jump < info->local : !info->jump;
}

/* The first line, and whether a parent's comes next. */
static bool tree_line(struct ax_id *out, bool *has_parents, struct ax_slice canonical)
{
	enum { LINE = 5 + AX_ID_HEX + 1 };
	char hex[AX_ID_HEX + 1];
	*has_parents = canonical.n > LINE + 7 && memcmp(canonical.p + LINE, "parent ", 7) == 0;
	if (canonical.n < 5 + AX_ID_HEX || memcmp(canonical.p, "tree ", 5) != 0)
		return false;
	memcpy(hex, canonical.p + 5, AX_ID_HEX);
	hex[AX_ID_HEX] = 0;
	return ax_id_parse(out, hex) == AX_OK;
}

/* -- stored commits ---------------------------------------------------------------------------------------- */

/* Damage that leaves it a commit gives it another hash, which no index knows. */
static enum ax_err check_indexed(struct ax_commit *c, struct ax_txn *t, uint64_t local)
{
	uint64_t found;
	enum ax_err e = ax_object_find(&found, t, &c->id);
	if (e == AX_ENOENT)
		e = ax_fail(AX_ECORRUPT, "commit %" PRIu64 " is damaged: its bytes are not those it was indexed with",
			    local);
	if (e)
		ax_commit_fini(c);
	return e;
}

enum ax_err ax_commit_read(struct ax_commit *out, struct ax_txn *t, uint64_t local)
{
	struct ax_object o;
	*out = (struct ax_commit){ 0 };
	enum ax_err e = ax_object_read(&o, t, local, AX_KIND_COMMIT);
	if (!e)
		e = ax_commit_decode(out, o.canonical);
	return e ? e : check_indexed(out, t, local);
}

enum ax_err ax_commit_info(struct ax_commit_info *out, struct ax_txn *t, uint64_t local)
{
	struct ax_object o;
	*out = (struct ax_commit_info){ 0 };
	enum ax_err e = ax_object_read(&o, t, local, AX_KIND_COMMIT);
	if (e)
		return e;
	out->local = local;
	bool has_parents;
	if (!get_sidecar(out, o.sidecar) || !plausible(out) || !tree_line(&out->root.id, &has_parents, o.canonical)) {
		*out = (struct ax_commit_info){ 0 };
		return ax_fail(AX_ECORRUPT, "commit %" PRIu64 " is damaged", local);
	}
	out->cut = has_parents && !out->parents;
	return AX_OK;
}

enum ax_err ax_commit_id(struct ax_id *out, struct ax_txn *t, uint64_t local)
{
	struct ax_object o;
	*out = (struct ax_id){ 0 };
	enum ax_err e = ax_object_read(&o, t, local, AX_KIND_COMMIT);
	if (!e)
		*out = ax_hash_object(AX_KIND_COMMIT, o.canonical);
	return e;
}

static struct ax_time earlier(struct ax_time a, struct ax_time b)
{
	return ax_time_cmp(a, b) <= 0 ? a : b;
}

enum ax_err ax_commit_link(struct ax_commit_info *info, struct ax_txn *t)
{
	struct ax_commit_info p, j;
	enum ax_err e;
	info->generation = info->depth = 1;
	info->jump = info->turn = 0;
	info->earliest = info->time;
	for (unsigned i = info->parents; i-- > 0;) { /* the first parent last: it stays in p */
		if ((e = ax_commit_info(&p, t, info->parent[i])))
			return e;
		if (p.generation >= info->generation)
			info->generation = p.generation + 1;
	}
	if (!info->parents)
		return AX_OK;
	info->depth = p.depth + 1;
	info->turn = info->parents > 1 ? info->local : p.turn;
	info->jump = p.local;
	if (!p.jump)
		return AX_OK;
	if ((e = ax_commit_info(&j, t, p.jump)))
		return e;
	/* Two stretches of equal length become one (a root commit's jump has depth 0). */
	uint64_t beyond = 0;
	if (j.jump) {
		struct ax_commit_info k;
		if ((e = ax_commit_info(&k, t, j.jump)))
			return e;
		beyond = k.depth;
	}
	if (j.jump && p.depth - j.depth == j.depth - beyond) {
		info->jump = j.jump;
		info->earliest = earlier(info->time, earlier(p.earliest, j.earliest));
	}
	return AX_OK;
}

enum ax_err ax_commit_put(struct ax_id *id, struct ax_txn *t, const struct ax_commit *c,
			  const struct ax_commit_info *info)
{
	struct ax_buf text = AX_BUF_INIT, sidecar = AX_BUF_INIT;
	enum ax_err e = ax_commit_encode(&text, c);
	if (e)
		goto out;
	put_sidecar(&sidecar, info, text.n);
	if ((e = ax_buf_check(&sidecar)))
		goto out;
	e = ax_object_write_at(t, info->local, AX_KIND_COMMIT, ax_buf_view(&text), ax_buf_view(&sidecar));
	if (!e && id)
		*id = ax_hash_object(AX_KIND_COMMIT, ax_buf_view(&text));
out:
	ax_buf_fini(&text);
	ax_buf_fini(&sidecar);
	return e;
}

enum ax_err ax_commit_relink(struct ax_txn *t, const struct ax_commit_info *info)
{
	struct ax_object o;
	struct ax_buf sidecar = AX_BUF_INIT;
	enum ax_err e = ax_object_read(&o, t, info->local, AX_KIND_COMMIT);
	if (e)
		return e;
	put_sidecar(&sidecar, info, o.canonical.n);
	if (!(e = ax_buf_check(&sidecar)))
		e = ax_object_set_sidecar(t, info->local, ax_buf_view(&sidecar));
	ax_buf_fini(&sidecar);
	return e;
}
