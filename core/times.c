/* times.c - see times.h. */
#include "core/times.h"

#include "core/hash.h"

#include <string.h>

enum { PREFIX = AX_MAIN_TIMES, REF = 9, KEY = 17, VALUE = 20, NS_MAX = 999999999 };

static void put_u64(uint8_t *p, uint64_t v)
{
	ax_be32_put(p, (uint32_t)(v >> 32));
	ax_be32_put(p + 4, (uint32_t)v);
}

static struct ax_slice make_key(uint8_t k[KEY], uint64_t ref, uint64_t file)
{
	k[0] = PREFIX;
	put_u64(k + 1, ref);
	put_u64(k + REF, file);
	return ax_slice(k, KEY);
}

static enum ax_err damaged(void)
{
	return ax_fail(AX_ECORRUPT, "the table of file times is damaged");
}

uint64_t ax_file_time_ref(uint32_t zone, const char *ref)
{
	static const uint8_t sip_key[16] = "apexfs times ref";
	struct ax_buf b = AX_BUF_INIT;
	ax_buf_u32(&b, zone);
	ax_buf_str(&b, ref);
	uint64_t number = ax_hash_sip(sip_key, ax_buf_view(&b));
	ax_buf_fini(&b);
	return number;
}

enum ax_err ax_file_time_get(struct ax_file_time *f, struct ax_txn *t)
{
	uint8_t k[KEY];
	struct ax_slice value;
	enum ax_err e = ax_txn_get(&value, t, AX_TABLE_MAIN, make_key(k, f->ref, f->file));
	if (e)
		return e;
	struct ax_reader v = ax_reader(value);
	f->version = ax_get_u64(&v);
	f->s = (int64_t)ax_get_u64(&v);
	f->ns = ax_get_u32(&v);
	return v.bad || ax_reader_left(&v) || f->ns > NS_MAX ? damaged() : AX_OK;
}

enum ax_err ax_file_time_put(struct ax_txn *t, const struct ax_file_time *f)
{
	uint8_t k[KEY], value[VALUE];
	put_u64(value, f->version);
	put_u64(value + 8, (uint64_t)f->s);
	ax_be32_put(value + 16, f->ns);
	return ax_txn_put(t, AX_TABLE_MAIN, make_key(k, f->ref, f->file), ax_slice(value, VALUE));
}

enum ax_err ax_file_time_drop(bool *more, struct ax_txn *t, uint64_t ref, size_t max)
{
	uint8_t k[KEY];
	struct ax_slice found, value, prefix = ax_slice(make_key(k, ref, 0).p, REF);
	*more = false;
	for (size_t n = 0;; n++) {
		enum ax_err e = ax_txn_seek(&found, &value, t, AX_TABLE_MAIN, prefix, prefix, false);
		if (e)
			return e == AX_ENOENT ? AX_OK : e;
		if (found.n != KEY)
			return damaged();
		*more = n == max;
		if (*more)
			return AX_OK;
		memcpy(k, found.p, KEY); /* a write ends what a transaction gave out */
		e = ax_txn_del(t, AX_TABLE_MAIN, ax_slice(k, KEY));
		if (e)
			return e;
	}
}

enum ax_err ax_file_time_next_ref(uint64_t *ref, struct ax_txn *t)
{
	static const uint8_t prefix = PREFIX;
	uint8_t k[KEY];
	struct ax_slice found, value;
	enum ax_err e =
		ax_txn_seek(&found, &value, t, AX_TABLE_MAIN, ax_slice(&prefix, 1), make_key(k, *ref, 0), false);
	if (e)
		return e;
	if (found.n != KEY)
		return damaged();
	struct ax_reader r = ax_reader(ax_slice(found.p + 1, found.n - 1));
	*ref = ax_get_u64(&r);
	return AX_OK;
}

enum ax_err ax_file_time_count(uint64_t *out, struct ax_txn *t)
{
	static const uint8_t key = PREFIX;
	struct ax_slice value;
	*out = 0;
	enum ax_err e = ax_txn_get(&value, t, AX_TABLE_MAIN, ax_slice(&key, 1));
	if (e)
		return e == AX_ENOENT ? AX_OK : e;
	struct ax_reader v = ax_reader(value);
	*out = ax_get_u64(&v);
	return v.bad || ax_reader_left(&v) ? damaged() : AX_OK;
}

enum ax_err ax_file_time_written(uint64_t *out, struct ax_txn *t)
{
	static const uint8_t key = PREFIX;
	uint8_t value[8];
	enum ax_err e = ax_file_time_count(out, t);
	if (e)
		return e;
	put_u64(value, ++*out);
	return ax_txn_put(t, AX_TABLE_MAIN, ax_slice(&key, 1), ax_slice(value, sizeof(value)));
}
