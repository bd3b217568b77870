/* Making the index of commits anew. */
#include "core/fsck.h"
#include "core/publish.h"

#include <string.h>

struct repair {
	struct ax_txn *txn;
	struct ax_buf ids;   /* of commits and tags: u64 each */
	struct ax_buf stale; /* keys of the index, 8 bytes each */
	uint64_t n;
};

static enum ax_err list(void *ctx, uint64_t id, struct ax_slice record)
{
	struct repair *x = ctx;
	if (record.n > 1 && !record.p[0] && (record.p[1] == AX_KIND_COMMIT || record.p[1] == AX_KIND_TAG))
		ax_buf_u64(&x->ids, id);
	return ax_buf_check(&x->ids);
}

/* Does the entry name only what hashes to it? */
static enum ax_err judge(bool *good, struct repair *x, struct ax_slice key, struct ax_slice value)
{
	*good = key.n == 8 && value.n && value.n % 8 == 0;
	for (struct ax_reader r = ax_reader(value); *good && ax_reader_left(&r);) {
		struct ax_object o;
		bool is;
		uint64_t id = ax_get_u64(&r);
		enum ax_err e = ax_txn_has_object(&is, x->txn, id);
		if (e)
			return e;
		*good = is && !ax_object_read(&o, x->txn, id, 0) &&
			(o.kind == AX_KIND_COMMIT || o.kind == AX_KIND_TAG);
		if (*good) {
			struct ax_id hash = ax_hash_object(o.kind, o.canonical);
			*good = memcmp(hash.b, key.p, 8) == 0;
		}
	}
	return AX_OK;
}

static enum ax_err list_stale(struct repair *x)
{
	struct ax_slice key, value, from = { NULL, 0 };
	struct ax_buf at = AX_BUF_INIT;
	enum ax_err e;
	while (!(e = ax_txn_seek(&key, &value, x->txn, AX_TABLE_CID, ax_slice(NULL, 0), from, from.n))) {
		bool good;
		if ((e = judge(&good, x, key, value)))
			break;
		if (!good) {
			ax_buf_leb(&x->stale, key.n);
			ax_buf_slice(&x->stale, key);
		}
		ax_buf_clear(&at);
		ax_buf_slice(&at, key);
		if ((e = ax_buf_check(&at)) || (e = ax_buf_check(&x->stale)))
			break;
		from = ax_buf_view(&at);
	}
	ax_buf_fini(&at);
	return e == AX_ENOENT ? AX_OK : e;
}

static enum ax_err drop_stale(struct repair *x)
{
	enum ax_err e = list_stale(x);
	for (struct ax_reader r = ax_reader(ax_buf_view(&x->stale)); !e && ax_reader_left(&r); x->n++)
		e = ax_txn_del(x->txn, AX_TABLE_CID, ax_get_bytes(&r, ax_get_leb(&r)));
	return e;
}

/* Of a commit the serial too. */
static enum ax_err note_serial(struct repair *x, uint64_t local)
{
	struct ax_commit c;
	struct ax_zone zone;
	uint64_t shown;
	struct ax_id tree;
	enum ax_err e = ax_commit_read(&c, x->txn, local);
	if (e)
		return e == AX_ECORRUPT ? AX_OK : e; /* ax_fsck tells */
	e = ax_zone_find(&zone, x->txn, &c.zone);
	if (e == AX_ENOENT)
		e = ax_zone_find_removed(&zone, x->txn, &c.zone);
	if (!e && (e = ax_serial_find(&shown, x->txn, zone.id, c.serial)) == AX_ENOENT &&
	    (e = ax_serial_tree(&tree, x->txn, zone.id, c.serial)) == AX_ENOENT) {
		x->n++;
		e = ax_serial_note(x->txn, &zone, c.serial, local);
	}
	ax_commit_fini(&c);
	return e;
}

static enum ax_err index_one(struct repair *x, uint64_t local)
{
	struct ax_object o;
	uint64_t found;
	if (ax_object_read(&o, x->txn, local, 0))
		return AX_OK;
	enum ax_kind kind = o.kind;
	struct ax_id id = ax_hash_object(kind, o.canonical);
	enum ax_err e = ax_object_find(&found, x->txn, &id);
	if (e == AX_ENOENT) {
		x->n++;
		e = ax_object_index(x->txn, local, &id);
	}
	return e || kind != AX_KIND_COMMIT ? e : note_serial(x, local);
}

static enum ax_err repair(struct repair *x)
{
	enum ax_err e = ax_txn_each_object(x->txn, 0, list, x);
	if (!e)
		e = drop_stale(x);
	for (struct ax_reader r = ax_reader(ax_buf_view(&x->ids)); !e && ax_reader_left(&r);)
		e = index_one(x, ax_get_u64(&r));
	return e;
}

enum ax_err ax_fsck_repair_index(uint64_t *n, struct ax_repo *r)
{
	struct repair x = { 0 };
	*n = 0;
	enum ax_err e = ax_repo_begin(&x.txn, r);
	if (e)
		return e;
	e = ax_repo_end(x.txn, repair(&x));
	*n = x.n;
	ax_buf_fini(&x.ids);
	ax_buf_fini(&x.stale);
	return e;
}
