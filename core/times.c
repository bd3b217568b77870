/* times.c - see times.h. */
#include "core/times.h"

#include <string.h>

enum { PREFIX = AX_MAIN_TIMES, KEY = 9, VALUE = 20, NS_MAX = 999999999 };

static struct ax_slice make_key(uint8_t k[KEY], uint64_t key)
{
	k[0] = PREFIX;
	ax_be32_put(k + 1, (uint32_t)(key >> 32));
	ax_be32_put(k + 5, (uint32_t)key);
	return ax_slice(k, KEY);
}

enum ax_err ax_file_time_put(struct ax_txn *t, const struct ax_file_time *f)
{
	uint8_t k[KEY];
	struct ax_buf value = AX_BUF_INIT;
	ax_buf_u64(&value, f->version);
	ax_buf_u64(&value, (uint64_t)f->s);
	ax_buf_u32(&value, f->ns);
	enum ax_err e = ax_buf_check(&value);
	if (!e)
		e = ax_txn_put(t, AX_TABLE_MAIN, make_key(k, f->key), ax_buf_view(&value));
	ax_buf_fini(&value);
	return e;
}

static enum ax_err decode(struct ax_file_time *out, struct ax_slice key, struct ax_slice value)
{
	struct ax_reader k = ax_reader(key), v = ax_reader(value);
	ax_get_u8(&k);
	out->key = ax_get_u64(&k);
	out->version = ax_get_u64(&v);
	out->s = (int64_t)ax_get_u64(&v);
	out->ns = ax_get_u32(&v);
	if (k.bad || v.bad || ax_reader_left(&k) || ax_reader_left(&v) || out->ns > NS_MAX)
		return ax_fail(AX_ECORRUPT, "the table of file times is damaged");
	return AX_OK;
}

enum ax_err ax_file_time_next(struct ax_file_time *out, uint64_t *key, struct ax_txn *t)
{
	static const uint8_t prefix = PREFIX;
	uint8_t k[KEY];
	struct ax_slice found, value;
	*out = (struct ax_file_time){ 0 };
	enum ax_err e = ax_txn_seek(&found, &value, t, AX_TABLE_MAIN, ax_slice(&prefix, 1), make_key(k, *key), false);
	if (!e)
		e = decode(out, found, value);
	*key = out->key + 1;
	return e;
}

enum ax_err ax_file_time_clear(struct ax_txn *t)
{
	static const uint8_t prefix = PREFIX;
	struct ax_slice p = ax_slice(&prefix, 1), found, value;
	uint8_t k[KEY];
	for (;;) {
		enum ax_err e = ax_txn_seek(&found, &value, t, AX_TABLE_MAIN, p, p, false);
		if (e)
			return e == AX_ENOENT ? AX_OK : e;
		if (found.n != KEY)
			return ax_fail(AX_ECORRUPT, "the table of file times is damaged");
		memcpy(k, found.p, KEY); /* a write ends what a transaction gave out */
		e = ax_txn_del(t, AX_TABLE_MAIN, ax_slice(k, KEY));
		if (e)
			return e;
	}
}
