#include "core/refusal.h"

#include <stdio.h>
#include <string.h>

enum { VERSION = 1, KEY = 9 };

static struct ax_slice make_key(uint8_t k[KEY], uint64_t number)
{
	k[0] = AX_MAIN_REFUSAL;
	ax_be32_put(k + 1, (uint32_t)(~number >> 32));
	ax_be32_put(k + 5, (uint32_t)~number);
	return ax_slice(k, KEY);
}

static void put_text(struct ax_buf *b, const char *s)
{
	ax_buf_leb(b, strlen(s));
	ax_buf_str(b, s);
}

static void get_text(char *out, size_t max, struct ax_reader *r)
{
	uint64_t n = ax_get_leb(r);
	struct ax_slice s = ax_get_bytes(r, n <= max ? (size_t)n : 0);
	r->bad = r->bad || n > max || (s.n && memchr(s.p, 0, s.n));
	if (s.n && !r->bad)
		memcpy(out, s.p, s.n);
	out[r->bad ? 0 : s.n] = 0;
}

static enum ax_err decode(struct ax_refusal *out, struct ax_slice key, struct ax_slice value)
{
	struct ax_reader r = ax_reader(value);
	*out = (struct ax_refusal){ 0 };
	if (key.n != KEY || ax_get_u8(&r) != VERSION)
		return ax_fail(AX_ECORRUPT, "a refusal is damaged");
	out->number = ~((uint64_t)ax_be32(key.p + 1) << 32 | ax_be32(key.p + 5));
	out->when.s = (int64_t)ax_get_u64(&r);
	out->when.ns = ax_get_u32(&r);
	out->when.tz_min = (int16_t)ax_get_u16(&r);
	out->zone = ax_get_u32(&r);
	struct ax_slice plan = ax_get_bytes(&r, AX_ID_SIZE);
	if (plan.n)
		memcpy(out->plan.b, plan.p, plan.n);
	get_text(out->branch, AX_REF_NAME_MAX, &r);
	get_text(out->author, sizeof out->author - 1, &r);
	get_text(out->via, AX_VIA_MAX, &r);
	get_text(out->why, AX_REFUSAL_TEXT_MAX, &r);
	return r.bad || ax_reader_left(&r) ? ax_fail(AX_ECORRUPT, "a refusal is damaged") : AX_OK;
}

enum ax_err ax_refusal_next(struct ax_refusal *out, struct ax_txn *t, uint64_t before)
{
	uint8_t k[KEY];
	struct ax_slice key, value;
	*out = (struct ax_refusal){ 0 };
	make_key(k, before);
	enum ax_err e = ax_txn_seek(&key, &value, t, AX_TABLE_MAIN, ax_slice(k, 1), ax_slice(k, before ? KEY : 1),
				    before != 0);
	return e ? e : decode(out, key, value);
}

static enum ax_err note(struct ax_txn *t, const struct ax_refusal *r)
{
	struct ax_log_entry entry = { .kind = AX_LOG_REFUSED, .zone = r->zone, .when = r->when };
	snprintf(entry.ref, sizeof entry.ref, "heads/%s", r->branch);
	snprintf(entry.door, sizeof entry.door, "%s", r->via);
	return ax_log_note(t, &entry);
}

static enum ax_err drop_oldest(struct ax_txn *t, uint64_t newest)
{
	uint8_t k[KEY];
	if (newest <= AX_REFUSALS_MAX)
		return AX_OK;
	enum ax_err e = ax_txn_del(t, AX_TABLE_MAIN, make_key(k, newest - AX_REFUSALS_MAX));
	return e == AX_ENOENT ? AX_OK : e;
}

enum ax_err ax_refusal_put(struct ax_txn *t, const struct ax_refusal *r)
{
	struct ax_refusal newest;
	struct ax_buf b = AX_BUF_INIT;
	uint8_t k[KEY];
	enum ax_err e = ax_refusal_next(&newest, t, 0);
	if (e && e != AX_ENOENT)
		return e;
	ax_buf_u8(&b, VERSION);
	ax_buf_u64(&b, (uint64_t)r->when.s);
	ax_buf_u32(&b, r->when.ns);
	ax_buf_u16(&b, (uint16_t)r->when.tz_min);
	ax_buf_u32(&b, r->zone);
	ax_buf_put(&b, r->plan.b, AX_ID_SIZE);
	put_text(&b, r->branch);
	put_text(&b, r->author);
	put_text(&b, r->via);
	put_text(&b, r->why);
	e = ax_buf_check(&b);
	if (!e)
		e = ax_txn_put(t, AX_TABLE_MAIN, make_key(k, newest.number + 1), ax_buf_view(&b));
	ax_buf_fini(&b);
	if (!e)
		e = drop_oldest(t, newest.number + 1);
	return e ? e : note(t, r);
}
