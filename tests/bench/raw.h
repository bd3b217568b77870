/* raw.h - LMDB alone, holding the same pairs: what the store and the tree are measured against. */
#ifndef AX_TESTS_RAW_H
#define AX_TESTS_RAW_H

#include "tests/bench/bench.h"

#include <lmdb.h>

struct raw {
	MDB_env *env;
	MDB_dbi dbi;
};

static inline void lm(int rc, const char *what)
{
	if (rc)
		errx(1, "%s: %s", what, mdb_strerror(rc));
}

static inline MDB_val val(struct ax_slice s)
{
	return (MDB_val){ s.n, (void *)s.p };
}

/* One table among others, as in any program that keeps more than one: a named database. */
static inline void raw_open(struct raw *r, const char *name)
{
	char path[128];
	MDB_txn *t;
	snprintf(path, sizeof path, "%s/%s", bench_dir, name);
	if (mkdir(path, 0700))
		err(1, "%s", path);
	lm(mdb_env_create(&r->env), "create");
	lm(mdb_env_set_mapsize(r->env, (size_t)1 << 36), "mapsize");
	lm(mdb_env_set_maxdbs(r->env, 1), "maxdbs");
	lm(mdb_env_open(r->env, path, MDB_NOTLS, 0600), "open");
	lm(mdb_txn_begin(r->env, NULL, 0, &t), "begin");
	lm(mdb_dbi_open(t, "records", MDB_CREATE, &r->dbi), "dbi");
	lm(mdb_txn_commit(t), "commit");
}

static inline void raw_fill(struct raw *r, const struct data *d)
{
	MDB_txn *t;
	lm(mdb_env_set_flags(r->env, MDB_NOSYNC, 1), "nosync"); /* as ours */
	lm(mdb_txn_begin(r->env, NULL, 0, &t), "begin");
	for (size_t i = 0; i < d->n; i++) {
		MDB_val k = val(d->at[i].key), v = val(d->at[i].value);
		lm(mdb_put(t, r->dbi, &k, &v, MDB_APPEND), "put");
	}
	lm(mdb_txn_commit(t), "commit");
	lm(mdb_env_set_flags(r->env, MDB_NOSYNC, 0), "sync");
}

static inline void raw_update(struct raw *r, const struct ax_edit *e)
{
	MDB_txn *t;
	MDB_val k = val(e->key), v = val(e->value);
	lm(mdb_txn_begin(r->env, NULL, 0, &t), "begin");
	lm(e->value.n ? mdb_put(t, r->dbi, &k, &v, 0) : mdb_del(t, r->dbi, &k, NULL), "put");
	lm(mdb_txn_commit(t), "commit");
}

#endif
