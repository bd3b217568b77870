/* What goes: first commits with all that leads to them, at once; then the records that nothing names any more. */
#include "core/gc_internal.h"

#include "core/object.h"
#include "core/publish.h"
#include "core/sign.h"
#include "core/store_internal.h"
#include "core/times.h"

#include <stdlib.h>
#include <string.h>

enum { BATCH = 2000, GONE_KEY = 16, SERIAL_KEY = 9, SIGNATURE_KEY = 1 + 2 * AX_ID_SIZE };

/* -- what there is ------------------------------------------------------------------------------------------ */

static enum ax_err sort_out(void *ctx, uint64_t id, struct ax_slice record)
{
	struct ax_house *h = ctx;
	ax_house_tell(h, "looked at", id, h->last_id);
	if (id > h->last_id || ax_bits_has(&h->kept, id) || record.n < 2 || record.p[0])
		return AX_OK; /* the log's entries stay: they are few bytes each, and number what happened */
	h->out->bytes += record.n;
	if (record.p[1] == AX_KIND_COMMIT) {
		h->out->commits++;
		return ax_ids_add(&h->gone, id);
	}
	h->out->nodes++;
	return ax_ids_add(&h->dead, id);
}

enum ax_err ax_house_list_dead(struct ax_house *h)
{
	enum ax_err e = ax_txn_renew(h->txn);
	return e ? e : ax_txn_each_object(h->txn, 0, sort_out, h);
}

/* -- what leads to commits ---------------------------------------------------------------------------------- */

static bool goes(const struct ax_house *h, uint64_t id)
{
	return id && id <= h->last_id && !ax_bits_has(&h->kept, id);
}

/* The pair after k of this prefix; k becomes its key. */
static enum ax_err next_pair(struct ax_slice *value, struct ax_house *h, enum ax_table table, size_t prefix_n,
			     uint8_t *k, size_t *n, size_t whole)
{
	struct ax_slice key;
	enum ax_err e =
		ax_txn_seek(&key, value, h->txn, table, ax_slice(k, prefix_n), ax_slice(k, *n), *n > prefix_n);
	if (!e && key.n != whole)
		e = ax_fail(AX_ECORRUPT, "a key of %zu bytes is damaged (apex fsck)", key.n);
	if (e)
		return e;
	memcpy(k, key.p, key.n);
	*n = key.n;
	return AX_OK;
}

static enum ax_err drop_deletions(struct ax_house *h)
{
	uint8_t k[GONE_KEY];
	struct ax_slice value;
	size_t n = 0;
	enum ax_err e;
	while (!(e = next_pair(&value, h, AX_TABLE_GONE, 0, k, &n, GONE_KEY))) {
		uint64_t commit = ~((uint64_t)ax_be32(k + 8) << 32 | ax_be32(k + 12));
		if (goes(h, commit) && (e = ax_txn_del(h->txn, AX_TABLE_GONE, ax_slice(k, n))))
			return e;
	}
	return e == AX_ENOENT ? AX_OK : e;
}

/* A serial names one content for ever: that stays, as the tree's id. */
static enum ax_err forget_serial(struct ax_house *h, struct ax_slice key, uint64_t commit)
{
	struct ax_commit_info c;
	uint8_t v[8 + AX_ID_SIZE] = { 0 };
	enum ax_err e = ax_commit_info(&c, h->txn, commit);
	memcpy(v + 8, c.root.id.b, AX_ID_SIZE);
	return e ? e : ax_txn_put(h->txn, AX_TABLE_MAIN, key, ax_slice(v, sizeof v));
}

static enum ax_err forget_serials(struct ax_house *h)
{
	uint8_t k[SERIAL_KEY] = { AX_MAIN_SERIAL };
	struct ax_slice value;
	size_t n = 1;
	enum ax_err e;
	while (!(e = next_pair(&value, h, AX_TABLE_MAIN, 1, k, &n, SERIAL_KEY))) {
		struct ax_reader r = ax_reader(value);
		uint64_t commit = ax_get_u64(&r);
		if (goes(h, commit) && (e = forget_serial(h, ax_slice(k, n), commit)))
			return e;
	}
	return e == AX_ENOENT ? AX_OK : e;
}

/* Of what is no longer in the index. */
static enum ax_err drop_signatures(struct ax_house *h)
{
	uint8_t k[SIGNATURE_KEY] = { AX_MAIN_SIGNATURE };
	struct ax_slice value;
	size_t n = 1;
	enum ax_err e;
	while (!(e = next_pair(&value, h, AX_TABLE_MAIN, 1, k, &n, SIGNATURE_KEY))) {
		struct ax_id id;
		uint64_t local;
		memcpy(id.b, k + 1, AX_ID_SIZE);
		if ((e = ax_object_find(&local, h->txn, &id)) == AX_ENOENT)
			e = ax_txn_del(h->txn, AX_TABLE_MAIN, ax_slice(k, n));
		if (e)
			return e;
	}
	return e == AX_ENOENT ? AX_OK : e;
}

/* It may be gone: where a gc was killed right behind its commit, a reader still gets the state before. */
static enum ax_err unindex(bool *was_there, struct ax_house *h, uint64_t id)
{
	struct ax_object o;
	enum ax_err e = ax_txn_has_object(was_there, h->txn, id);
	if (e || !*was_there || (e = ax_object_read(&o, h->txn, id, 0)) ||
	    (o.kind != AX_KIND_COMMIT && o.kind != AX_KIND_TAG))
		return e;
	struct ax_id hash = ax_hash_object(o.kind, o.canonical);
	e = ax_object_unindex(h->txn, id, &hash);
	return e == AX_ENOENT ? AX_OK : e;
}

static enum ax_err drop_one(struct ax_house *h, uint64_t id)
{
	bool is;
	enum ax_err e = unindex(&is, h, id);
	return e || !is ? e : ax_txn_delete_object(h->txn, id);
}

/* What came meanwhile may have led to some of them after all. */
static void count_again(struct ax_house *h)
{
	size_t n = 0;
	for (size_t i = 0; i < h->gone.n; i++)
		if (goes(h, h->gone.v[i]))
			h->gone.v[n++] = h->gone.v[i];
	h->out->commits = h->gone.n = n;
}

/* Tags are found by their hash too. */
static enum ax_err unindex_tags(struct ax_house *h)
{
	enum ax_err e = AX_OK;
	bool is;
	for (size_t i = 0; !e && i < h->dead.n; i++)
		if (goes(h, h->dead.v[i]))
			e = unindex(&is, h, h->dead.v[i]);
	return e;
}

/* Entries of the log up to this one may name commits that are gone (fsck.c). */
static enum ax_err note_swept(struct ax_house *h)
{
	uint8_t v[8];
	ax_be32_put(v, (uint32_t)(h->last_seq >> 32));
	ax_be32_put(v + 4, (uint32_t)h->last_seq);
	return ax_txn_put_own(h->txn, ax_swept_key, ax_slice(v, sizeof v));
}

enum ax_err ax_house_drop_commits(struct ax_house *h)
{
	count_again(h);
	if (!h->gone.n && !h->dead.n)
		return AX_OK;
	enum ax_err e = unindex_tags(h);
	if (!e && h->gone.n)
		e = drop_deletions(h);
	if (!e && h->gone.n)
		e = forget_serials(h);
	for (size_t i = h->gone.n; !e && i-- > 0;)
		e = drop_one(h, h->gone.v[i]);
	if (!e)
		e = drop_signatures(h);
	return e ? e : note_swept(h);
}

/* -- nodes -------------------------------------------------------------------------------------------------- */

enum ax_err ax_house_drop_nodes(struct ax_house *h)
{
	enum ax_err e = AX_OK;
	uint64_t dropped = 0;
	for (size_t i = 0; !e && i < h->dead.n;) {
		size_t end = h->dead.n - i < BATCH ? h->dead.n : i + BATCH;
		if ((e = ax_repo_begin(&h->txn, h->repo)))
			return e;
		for (; !e && i < end; i++)
			if (goes(h, h->dead.v[i]) && !(e = ax_txn_delete_object(h->txn, h->dead.v[i])))
				dropped++;
		if (!e)
			e = ax_txn_commit(h->txn);
		else
			ax_txn_abort(h->txn);
		h->txn = NULL;
		if (h->o->progress)
			h->o->progress(h->o->ctx, "dropped", i, h->dead.n);
	}
	h->out->nodes = dropped;
	return e;
}

/* -- times of files ----------------------------------------------------------------------------------------- */

static int by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

/* The refs of all zones, removed ones too, as the table of times names them. */
static enum ax_err list_refs(struct ax_ids *refs, struct ax_txn *t)
{
	struct ax_zone zone = { 0 };
	struct ax_ref ref;
	enum ax_err e;
	while (!(e = ax_zone_next(&zone, t, zone.id, true))) {
		char path[AX_REF_PATH_MAX + 1] = "";
		while (!(e = ax_ref_next(&ref, path, t, zone.id, "", path)))
			if ((e = ax_ids_add(refs, ax_file_time_ref(zone.id, path))))
				return e;
		if (e != AX_ENOENT)
			return e;
	}
	if (refs->n)
		qsort(refs->v, refs->n, sizeof *refs->v, by_number);
	return e == AX_ENOENT ? AX_OK : e;
}

/* A batch of times of refs that are gone; *more: there are others. */
static enum ax_err drop_times(bool *more, struct ax_txn *t)
{
	struct ax_ids refs = { 0 };
	uint64_t ref = 0;
	bool rest;
	*more = false;
	enum ax_err e = ax_file_time_next_ref(&ref, t);
	if (!e)
		e = list_refs(&refs, t); /* not where nobody gave a time */
	while (!e && refs.n && bsearch(&ref, refs.v, refs.n, sizeof ref, by_number))
		e = ref++ == UINT64_MAX ? AX_ENOENT : ax_file_time_next_ref(&ref, t);
	if (!e) {
		*more = true; /* of this ref, or of the next that is gone */
		e = ax_file_time_drop(&rest, t, ref, BATCH);
	}
	free(refs.v);
	return e == AX_ENOENT ? AX_OK : e;
}

enum ax_err ax_house_drop_times(struct ax_house *h)
{
	enum ax_err e = AX_OK;
	for (bool more = true; !e && more;) {
		if ((e = ax_repo_begin(&h->txn, h->repo)))
			return e;
		e = drop_times(&more, h->txn);
		if (!e && more)
			e = ax_txn_commit(h->txn);
		else
			ax_txn_abort(h->txn);
		h->txn = NULL;
	}
	return e;
}
