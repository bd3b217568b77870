/* What a transaction reads and writes: records under local ids, the store's own pairs, the small tables. */
#include "core/store_txn.h"

#include <stdatomic.h>
#include <string.h>

enum { KEY_MAX = 511 };

const char ax_swept_key[] = "~swept";
static _Thread_local uint64_t reads;

uint64_t ax_store_reads(void)
{
	return reads;
}

static enum ax_err fail(const struct ax_txn *t, const char *what, int rc)
{
	return ax_env_fail(t->env, what, rc);
}

/* -- records under local ids ------------------------------------------------------------------------------ */

enum ax_err ax_txn_last_id(uint64_t *out, struct ax_txn *t)
{
	MDB_cursor *c;
	MDB_val key, value;
	*out = 0;
	int rc = mdb_cursor_open(t->txn, t->env->obj, &c);
	if (rc)
		return fail(t, "cannot read", rc);
	rc = mdb_cursor_get(c, &key, &value, MDB_LAST);
	if (!rc && key.mv_size == sizeof *out)
		memcpy(out, key.mv_data, sizeof *out);
	mdb_cursor_close(c);
	return rc && rc != MDB_NOTFOUND ? fail(t, "cannot read", rc) : AX_OK;
}

static int get_record(struct ax_slice *out, struct ax_txn *t, uint64_t id)
{
	MDB_val key = { sizeof id, &id }, value;
	int rc = mdb_get(t->txn, t->env->obj, &key, &value);
	*out = rc ? ax_slice(NULL, 0) : ax_slice(value.mv_data, value.mv_size);
	return rc;
}

static void keep_to_state(struct ax_kept *k, const struct ax_txn *t)
{
	uint64_t state = ax_txn_id(t);
	unsigned map = atomic_load_explicit(&t->env->maps, memory_order_relaxed);
	if (k->state == state && k->map == map)
		return;
	memset(k, 0, sizeof *k);
	k->state = state;
	k->map = map;
}

/* The same, from what was found before if it can be. */
static int find_record(struct ax_slice *out, struct ax_txn *t, uint64_t id)
{
	struct ax_kept *k = &t->kept;
	reads++;
	if (t->write || !id)
		return get_record(out, t, id);
	keep_to_state(k, t);
	if (k->at[id % AX_KEPT].id == id) {
		*out = k->at[id % AX_KEPT].record;
		return 0;
	}
	int rc = get_record(out, t, id);
	if (!rc) {
		k->at[id % AX_KEPT].id = id;
		k->at[id % AX_KEPT].record = *out;
	}
	return rc;
}

enum ax_err ax_txn_next_id(uint64_t *out, struct ax_txn *t)
{
	*out = 0;
	if (!t->next_id) {
		uint64_t last;
		enum ax_err e = ax_txn_last_id(&last, t);
		if (e)
			return e;
		t->first_id = t->next_id = last + 1;
	}
	*out = t->next_id++;
	return AX_OK;
}

static enum ax_err check_overwrite(struct ax_txn *t, uint64_t id, size_t size)
{
	struct ax_slice old;
	if (id < t->first_id || id >= t->next_id || get_record(&old, t, id) || old.n != size)
		return ax_fail(AX_EINTERNAL, "record %llu cannot be put here", (unsigned long long)id);
	return AX_OK;
}

enum ax_err ax_txn_put_object(struct ax_txn *t, uint64_t id, struct ax_slice record)
{
	MDB_val key = { sizeof id, &id }, value = { record.n, (void *)record.p };
	bool append = id > t->put_id && id >= t->first_id && id < t->next_id;
	enum ax_err e = append ? AX_OK : check_overwrite(t, id, record.n);
	if (e)
		return e;
	int rc = mdb_put(t->txn, t->env->obj, &key, &value, append ? MDB_APPEND : 0);
	if (rc)
		return fail(t, "cannot write a record", rc);
	if (append)
		t->put_id = id;
	return AX_OK;
}

enum ax_err ax_txn_get_object(struct ax_slice *out, struct ax_txn *t, uint64_t id)
{
	int rc = find_record(out, t, id);
	if (rc == MDB_NOTFOUND)
		return ax_fail(AX_ECORRUPT, "%s: record %llu is missing", ax_store_path(t->store),
			       (unsigned long long)id);
	return rc ? fail(t, "cannot read a record", rc) : AX_OK;
}

enum ax_err ax_txn_each_object(struct ax_txn *t, uint64_t after,
			       enum ax_err (*each)(void *ctx, uint64_t id, struct ax_slice record), void *ctx)
{
	MDB_cursor *c;
	uint64_t id = after + 1;
	MDB_val key = { sizeof id, &id }, value;
	enum ax_err e = AX_OK;
	int rc = mdb_cursor_open(t->txn, t->env->obj, &c);
	if (rc)
		return fail(t, "cannot read", rc);
	for (rc = mdb_cursor_get(c, &key, &value, MDB_SET_RANGE); !rc && !e;
	     rc = e ? 0 : mdb_cursor_get(c, &key, &value, MDB_NEXT)) {
		memcpy(&id, key.mv_data, sizeof id);
		e = each(ctx, id, ax_slice(value.mv_data, value.mv_size));
	}
	mdb_cursor_close(c);
	return e || !rc || rc == MDB_NOTFOUND ? e : fail(t, "cannot read", rc);
}

enum ax_err ax_txn_delete_object(struct ax_txn *t, uint64_t id)
{
	MDB_val key = { sizeof id, &id };
	int rc = mdb_del(t->txn, t->env->obj, &key, NULL);
	return rc && rc != MDB_NOTFOUND ? fail(t, "cannot delete a record", rc) : AX_OK;
}

enum ax_err ax_txn_replace_object(struct ax_txn *t, uint64_t id, struct ax_slice record)
{
	MDB_val key = { sizeof id, &id }, value = { record.n, (void *)record.p };
	int rc = mdb_put(t->txn, t->env->obj, &key, &value, 0);
	return rc ? fail(t, "cannot write a record", rc) : AX_OK;
}

enum ax_err ax_txn_has_object(bool *out, struct ax_txn *t, uint64_t id)
{
	struct ax_slice record;
	int rc = get_record(&record, t, id);
	*out = !rc;
	return rc && rc != MDB_NOTFOUND ? fail(t, "cannot read a record", rc) : AX_OK;
}

/* The store's own pairs in main, which the tables' keys cannot reach. */
enum ax_err ax_txn_get_own(struct ax_slice *out, struct ax_txn *t, const char *name)
{
	MDB_val k = { strlen(name), (void *)name }, value;
	int rc = mdb_get(t->txn, t->env->main, &k, &value);
	*out = rc ? ax_slice(NULL, 0) : ax_slice(value.mv_data, value.mv_size);
	return rc == MDB_NOTFOUND ? AX_ENOENT : rc ? fail(t, "cannot read", rc) : AX_OK;
}

enum ax_err ax_txn_put_own(struct ax_txn *t, const char *name, struct ax_slice value)
{
	MDB_val k = { strlen(name), (void *)name }, v = { value.n, (void *)value.p };
	int rc = mdb_put(t->txn, t->env->main, &k, &v, 0);
	return rc ? fail(t, "cannot write", rc) : AX_OK;
}

/* -- small tables ----------------------------------------------------------------------------------------- */

static MDB_dbi database(const struct ax_env *e, enum ax_table table)
{
	return table == AX_TABLE_GONE ? e->gone : table == AX_TABLE_CID ? e->cid : e->main;
}

static bool is_key(enum ax_table table, struct ax_slice key)
{
	return key.n > 0 && key.n <= KEY_MAX && !(table == AX_TABLE_MAIN && key.p[0] == AX_DATABASE_MARK);
}

enum ax_err ax_txn_get(struct ax_slice *out, struct ax_txn *t, enum ax_table table, struct ax_slice key)
{
	MDB_val k = { key.n, (void *)key.p }, value;
	*out = ax_slice(NULL, 0);
	if (!is_key(table, key))
		return AX_ENOENT;
	int rc = mdb_get(t->txn, database(t->env, table), &k, &value);
	if (rc)
		return rc == MDB_NOTFOUND ? AX_ENOENT : fail(t, "cannot read", rc);
	*out = ax_slice(value.mv_data, value.mv_size);
	return AX_OK;
}

enum ax_err ax_txn_put(struct ax_txn *t, enum ax_table table, struct ax_slice key, struct ax_slice value)
{
	MDB_dbi dbi = database(t->env, table);
	MDB_val k = { key.n, (void *)key.p }, v = { value.n, (void *)value.p }, old;
	if (!is_key(table, key))
		return ax_fail(AX_EINTERNAL, "a table's key has 1 to %d bytes, not %zu", KEY_MAX, key.n);
	/* LMDB would copy the page for an equal value too */
	int rc = mdb_get(t->txn, dbi, &k, &old);
	if (!rc && ax_slice_eq(value, ax_slice(old.mv_data, old.mv_size)))
		return AX_OK;
	if (!rc || rc == MDB_NOTFOUND)
		rc = mdb_put(t->txn, dbi, &k, &v, 0);
	return rc ? fail(t, "cannot write", rc) : AX_OK;
}

enum ax_err ax_txn_del(struct ax_txn *t, enum ax_table table, struct ax_slice key)
{
	MDB_val k = { key.n, (void *)key.p };
	if (!is_key(table, key))
		return AX_ENOENT;
	int rc = mdb_del(t->txn, database(t->env, table), &k, NULL);
	return rc == MDB_NOTFOUND ? AX_ENOENT : rc ? fail(t, "cannot delete", rc) : AX_OK;
}

enum ax_err ax_txn_seek(struct ax_slice *found_key, struct ax_slice *found_value, struct ax_txn *t,
			enum ax_table table, struct ax_slice prefix, struct ax_slice key, bool after)
{
	struct ax_slice from = ax_slice_cmp(key, prefix) < 0 ? prefix : key;
	MDB_val k = { from.n, (void *)from.p }, v = { 0, NULL };
	MDB_cursor *c;
	*found_key = *found_value = ax_slice(NULL, 0);
	int rc = mdb_cursor_open(t->txn, database(t->env, table), &c);
	if (rc)
		return fail(t, "cannot read", rc);
	rc = mdb_cursor_get(c, &k, &v, from.n ? MDB_SET_RANGE : MDB_FIRST);
	if (!rc && after && ax_slice_eq(ax_slice(k.mv_data, k.mv_size), key))
		rc = mdb_cursor_get(c, &k, &v, MDB_NEXT);
	while (!rc && !is_key(table, ax_slice(k.mv_data, k.mv_size)))
		rc = mdb_cursor_get(c, &k, &v, MDB_NEXT);
	mdb_cursor_close(c);
	if (rc && rc != MDB_NOTFOUND)
		return fail(t, "cannot read", rc);
	if (rc || !ax_slice_starts(ax_slice(k.mv_data, k.mv_size), prefix))
		return AX_ENOENT;
	*found_key = ax_slice(k.mv_data, k.mv_size);
	*found_value = ax_slice(v.mv_data, v.mv_size);
	return AX_OK;
}
