/* record.c - see record.h. */
#include "fs/record.h"

enum ax_err record_key(struct ax_buf *key, const struct ax_name *owner, const struct ax_name *apex, uint16_t type)
{
	ax_buf_clear(key);
	enum ax_err e = ax_key_owner(key, owner, apex);
	if (e)
		return e;
	ax_buf_u8(key, 0);
	ax_buf_u16(key, type);
	return ax_buf_check(key);
}

static enum ax_err put_text(struct ax_buf *text, const struct ax_entry *entry, uint16_t type, uint32_t serial)
{
	struct ax_rrset rrset;
	uint16_t covered = type == AX_TYPE_RRSIG ? ax_be16(entry->key.p + entry->key.n - 2) : 0;
	enum ax_err e = ax_rrset_view(&rrset, type, covered, entry->value);
	return e ? e : ax_record_text(text, &rrset, serial);
}

/* All RRSIGs of a name are one file; its version is made of its text, since a type covered that is gone leaves no
 * mark on the others. */
static enum ax_err look_rrsig(struct record_info *out, struct ax_buf *text, struct ax_txn *t,
			      const struct ax_commit_info *tip, struct ax_slice key)
{
	static const uint8_t sip_key[16] = "apexfs RRSIG";
	struct ax_buf own = AX_BUF_INIT;
	struct ax_cursor c;
	enum ax_err e = ax_cursor_init(&c, t, &tip->root);
	if (e)
		return e;
	c.verify = c.keys_only = true;
	for (e = ax_cursor_seek(&c, key); !e && c.valid && ax_slice_starts(c.entry.key, key);
	     e = ax_cursor_next(&c)) {
		if (c.entry.key.n != key.n + 2)
			continue;
		e = ax_cursor_value(&c.entry.value, &c);
		if (!e)
			e = put_text(&own, &c.entry, AX_TYPE_RRSIG, 0);
		if (e)
			break;
		if (c.entry.changed > out->changed)
			out->changed = c.entry.changed;
		out->entries++;
	}
	ax_cursor_fini(&c);
	if (!e)
		e = ax_buf_check(&own);
	if (!e && out->entries) {
		out->version = out->base = ax_hash_sip(sip_key, ax_buf_view(&own)) | 1;
		out->size = own.n;
		if (text)
			ax_buf_slice(text, ax_buf_view(&own));
	}
	ax_buf_fini(&own);
	return e;
}

/* What is shown is what was committed, or an error. */
static enum ax_err find(struct record_info *out, bool to_show, struct ax_txn *t, const struct ax_commit_info *tip,
			struct ax_slice key)
{
	static _Thread_local struct ax_checked checked; /* one store a process */
	return to_show ? ax_tree_find_checked(&out->entry, t, &tip->root, key, &checked)
		       : ax_tree_find(&out->entry, t, &tip->root, key);
}

enum ax_err record_look(struct record_info *out, struct ax_buf *text, struct ax_txn *t,
			const struct ax_commit_info *tip, struct ax_slice key)
{
	uint16_t type = ax_be16(key.p + key.n - 2);
	bool soa = type == AX_TYPE_SOA && key.n == 3;
	*out = (struct record_info){ 0 };
	if (!tip->local)
		return AX_OK;
	if (type == AX_TYPE_RRSIG)
		return look_rrsig(out, text, t, tip, key);
	enum ax_err e = find(out, text, t, tip, key);
	if (e)
		return e == AX_ENOENT ? AX_OK : e;
	if (out->entry.value.n < 4)
		return ax_fail(AX_ECORRUPT, "an RRset without a TTL");
	out->ttl_s = ax_be32(out->entry.value.p);
	out->base = out->entry.changed;
	out->changed = out->version = soa ? tip->local : out->entry.changed;
	out->entries = 1;
	if (!text)
		return AX_OK;
	size_t before = text->n;
	e = put_text(text, &out->entry, type, tip->serial);
	out->size = text->n - before;
	return e ? e : ax_buf_check(text);
}

enum ax_err record_measure(struct record_info *out, struct ax_txn *t, const struct ax_commit_info *tip,
			   struct ax_slice key, uint64_t known)
{
	struct ax_buf text = AX_BUF_INIT;
	enum ax_err e = known ? record_look(out, NULL, t, tip, key) : AX_OK;
	if (e || (known && (!out->version || out->version == known)))
		return e;
	e = record_look(out, &text, t, tip, key);
	ax_buf_fini(&text);
	return e;
}

enum ax_err record_time(struct ax_time *out, struct ax_txn *t, uint64_t commit)
{
	struct ax_commit_info info;
	*out = (struct ax_time){ 0 };
	if (!commit)
		return AX_OK;
	enum ax_err e = ax_commit_info(&info, t, commit);
	if (!e)
		*out = info.time;
	return e;
}
