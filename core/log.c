#include "core/store.h"
#include "core/store_internal.h"

/* Entries are records among the others, so that an entry costs no page of its own. Each names the one before it and,
 * for long ways, an earlier one (a skew-binary list: any is log n steps away). The last is named in main:
 *
 *     record = 2 | seq LEB128 | id before LEB128 | jump's seq LEB128 | jump's id LEB128 | entry
 *     main "~log" -> seq u64 | id u64 */

enum { FORMAT_LOG = 2 };
static const char log_key[] = "~log";

struct log_entry {
	uint64_t seq, prev_id, jump_seq, jump_id;
	struct ax_slice bytes;
};

static enum ax_err log_damaged(uint64_t id)
{
	return ax_fail(AX_ECORRUPT, "log record %llu is damaged", (unsigned long long)id);
}

static enum ax_err log_read(struct log_entry *out, struct ax_txn *t, uint64_t id)
{
	struct ax_slice record;
	*out = (struct log_entry){ 0 };
	if (id == 0)
		return AX_OK; /* before the first: seq 0 */
	enum ax_err e = ax_txn_get_object(&record, t, id);
	if (e)
		return e;
	struct ax_reader r = ax_reader(record);
	uint8_t format = ax_get_u8(&r);
	out->seq = ax_get_leb(&r);
	out->prev_id = ax_get_leb(&r);
	out->jump_seq = ax_get_leb(&r);
	out->jump_id = ax_get_leb(&r);
	out->bytes = ax_slice(r.p, ax_reader_left(&r));
	return r.bad || format != FORMAT_LOG || out->jump_seq >= out->seq ? log_damaged(id) : AX_OK;
}

static enum ax_err log_head(uint64_t *seq, uint64_t *id, struct ax_txn *t)
{
	struct ax_slice value;
	*seq = *id = 0;
	enum ax_err e = ax_txn_get_own(&value, t, log_key);
	if (e)
		return e == AX_ENOENT ? AX_OK : e;
	struct ax_reader r = ax_reader(value);
	*seq = ax_get_u64(&r);
	*id = ax_get_u64(&r);
	return r.bad ? log_damaged(0) : AX_OK;
}

enum ax_err ax_txn_log_last(uint64_t *out, struct ax_txn *t)
{
	uint64_t id;
	return log_head(out, &id, t);
}

static enum ax_err log_put(struct ax_txn *t, uint64_t id, const struct log_entry *entry)
{
	struct ax_buf b = AX_BUF_INIT, head = AX_BUF_INIT;
	ax_buf_u8(&b, FORMAT_LOG);
	ax_buf_leb(&b, entry->seq);
	ax_buf_leb(&b, entry->prev_id);
	ax_buf_leb(&b, entry->jump_seq);
	ax_buf_leb(&b, entry->jump_id);
	ax_buf_slice(&b, entry->bytes);
	ax_buf_u64(&head, entry->seq);
	ax_buf_u64(&head, id);
	enum ax_err e = ax_buf_check(&b);
	if (!e)
		e = ax_buf_check(&head);
	if (!e)
		e = ax_txn_put_object(t, id, ax_buf_view(&b));
	if (!e)
		e = ax_txn_put_own(t, log_key, ax_buf_view(&head));
	ax_buf_fini(&b);
	ax_buf_fini(&head);
	return e;
}

enum ax_err ax_txn_log_append(uint64_t *seq, struct ax_txn *t, struct ax_slice entry)
{
	struct log_entry prev, jump;
	uint64_t id, prev_id, last;
	*seq = 0;
	enum ax_err e = log_head(&last, &prev_id, t);
	if (!e)
		e = log_read(&prev, t, prev_id);
	if (!e)
		e = log_read(&jump, t, prev.jump_id);
	if (!e)
		e = ax_txn_next_id(&id, t);
	if (e)
		return e;
	bool far = prev.seq - jump.seq == jump.seq - jump.jump_seq;
	struct log_entry one = { .seq = last + 1,
				 .prev_id = prev_id,
				 .jump_seq = far ? jump.jump_seq : prev.seq,
				 .jump_id = far ? jump.jump_id : prev_id,
				 .bytes = entry };
	e = log_put(t, id, &one);
	*seq = e ? 0 : one.seq;
	return e;
}

enum ax_err ax_txn_log_get(struct ax_slice *out, struct ax_txn *t, uint64_t seq)
{
	struct log_entry at;
	struct ax_log_place *place = ax_txn_log_place(t);
	uint64_t last, id, wanted;
	*out = ax_slice(NULL, 0);
	enum ax_err e = log_head(&last, &id, t);
	if (e)
		return e;
	if (seq == 0 || seq > last)
		return AX_ENOENT;
	wanted = last;
	if (place->seq >= seq && place->seq < last) {
		wanted = place->seq;
		id = place->id;
	}
	for (;;) {
		e = log_read(&at, t, id);
		if (e)
			return e;
		if (at.seq != wanted)
			return log_damaged(id);
		if (at.seq == seq)
			break;
		bool far = at.jump_seq >= seq;
		wanted = far ? at.jump_seq : at.seq - 1;
		id = far ? at.jump_id : at.prev_id;
	}
	*place = (struct ax_log_place){ seq, id };
	*out = at.bytes;
	return AX_OK;
}
