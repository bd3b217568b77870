/* A store as a whole: measured, copied elsewhere while it is used, and packed anew. */
#include "core/store_env.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { COPY_BATCH = 20000, COPY_BYTES = 64 << 20 };

/* -- measure ------------------------------------------------------------------------------------------------ */

struct readers {
	uint64_t n, oldest;
};

/* LMDB tells its readers as text: a heading, then "pid thread txnid" a line; "-" for one between transactions. */
static int count_reader(const char *line, void *ctx)
{
	struct readers *r = ctx;
	char txn[32];
	unsigned long long id;
	if (sscanf(line, "%*d %*s %31s", txn) != 1)
		return 0;
	r->n++;
	if (sscanf(txn, "%llu", &id) == 1 && (!r->oldest || id < r->oldest))
		r->oldest = id;
	return 0;
}

/* The list of free pages: each value is a count and so many page numbers. */
static int count_free(uint64_t *out, MDB_txn *t)
{
	MDB_cursor *c;
	MDB_val key, value;
	*out = 0;
	int rc = mdb_cursor_open(t, 0, &c);
	if (rc)
		return rc;
	while (!(rc = mdb_cursor_get(c, &key, &value, MDB_NEXT)))
		*out += *(size_t *)value.mv_data;
	mdb_cursor_close(c);
	return rc == MDB_NOTFOUND ? 0 : rc;
}

enum ax_err ax_store_measure(struct ax_store_size *out, struct ax_txn *t)
{
	struct ax_env *e = ax_txn_env(t);
	struct readers readers = { 0 };
	MDB_envinfo info;
	MDB_stat st, obj;
	uint64_t free_pages;
	*out = (struct ax_store_size){ 0 };
	mdb_env_info(e->env, &info);
	mdb_env_stat(e->env, &st);
	int rc = mdb_stat(ax_txn_lmdb(t), e->obj, &obj);
	if (!rc)
		rc = count_free(&free_pages, ax_txn_lmdb(t));
	if (!rc && mdb_reader_list(e->env, count_reader, &readers) < 0)
		rc = EIO;
	if (rc)
		return ax_env_fail(e, "cannot measure it", rc);
	out->file_bytes = (uint64_t)(info.me_last_pgno + 1) * st.ms_psize;
	out->free_bytes = free_pages * st.ms_psize;
	out->map_bytes = info.me_mapsize;
	out->records = obj.ms_entries;
	out->readers = readers.n;
	out->transactions = info.me_last_txnid;
	out->behind = readers.oldest ? info.me_last_txnid - readers.oldest : 0;
	out->epoch = e->epoch;
	return AX_OK;
}

/* -- copies of tables --------------------------------------------------------------------------------------- */

struct copy {
	struct ax_env *from, *to;
	MDB_txn *read, *write;
	uint64_t in_batch, bytes, done;
	void (*progress)(void *ctx, uint64_t records);
	void *ctx;
};

/* A transaction's dirty pages stay in memory: it ends now and then. */
static int turn(struct copy *c)
{
	c->done += c->in_batch;
	c->in_batch = c->bytes = 0;
	if (c->progress)
		c->progress(c->ctx, c->done);
	int rc = mdb_txn_commit(c->write);
	c->write = NULL;
	return rc ? rc : mdb_txn_begin(c->to->env, NULL, 0, &c->write);
}

/* The keys of main that are LMDB's own. */
static bool is_database(const struct copy *c, MDB_dbi from, const MDB_val *key)
{
	static const char *const names[] = { "~obj", "~cid", "~gone" };
	for (size_t i = 0; from == c->from->main && i < sizeof names / sizeof *names; i++)
		if (key->mv_size == strlen(names[i]) && !memcmp(key->mv_data, names[i], key->mv_size))
			return true;
	return false;
}

/* In the order of the keys, so that pages come out full. main has keys already, which stand in the way of that. */
static int copy_table(struct copy *c, MDB_dbi from, MDB_dbi to, bool append)
{
	MDB_cursor *cursor;
	MDB_val key, value;
	int rc = mdb_cursor_open(c->read, from, &cursor);
	if (rc)
		return rc;
	while (!rc && !(rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT))) {
		if (is_database(c, from, &key))
			continue;
		rc = mdb_put(c->write, to, &key, &value, append ? MDB_APPEND : 0);
		c->bytes += value.mv_size;
		if (!rc && (++c->in_batch == COPY_BATCH || c->bytes > COPY_BYTES))
			rc = turn(c);
	}
	mdb_cursor_close(cursor);
	return rc == MDB_NOTFOUND ? 0 : rc;
}

static int copy_tables(struct copy *c)
{
	struct ax_env *a = c->from, *b = c->to;
	int rc = mdb_txn_begin(b->env, NULL, 0, &c->write);
	if (!rc)
		rc = copy_table(c, a->obj, b->obj, true);
	if (!rc)
		rc = copy_table(c, a->cid, b->cid, true);
	if (!rc)
		rc = copy_table(c, a->gone, b->gone, true);
	return rc ? rc : copy_table(c, a->main, b->main, false);
}

static int put_epoch(struct copy *c)
{
	uint8_t v[8];
	uint64_t epoch = c->from->epoch + 1;
	ax_be32_put(v, (uint32_t)(epoch >> 32));
	ax_be32_put(v + 4, (uint32_t)epoch);
	MDB_val key = { strlen(ax_epoch_key), (void *)ax_epoch_key }, value = { sizeof v, v };
	return mdb_put(c->write, c->to->main, &key, &value, 0);
}

/* -- repack ------------------------------------------------------------------------------------------------- */

/* As the store's folder is: private, or a group's. */
static enum ax_err make_beside(struct ax_env **out, const char *path, const char *fresh)
{
	struct stat st;
	*out = NULL;
	if (stat(path, &st))
		return ax_fail(AX_EIO, "%s: %m", path);
	int above = ax_env_lock_above(path);
	if (above < 0)
		return ax_fail(AX_EIO, "%s: %m", path);
	ax_env_remove(fresh); /* of a repack that was killed */
	enum ax_err e = ax_env_create(fresh, st.st_mode & S_IWGRP, st.st_gid);
	close(above);
	return e ? e : ax_env_open(out, fresh, false, (size_t)1 << AX_MAP_MAX_SHIFT);
}

static enum ax_err copy_all(struct ax_env *to, struct ax_txn *t, void (*progress)(void *, uint64_t), void *ctx)
{
	struct copy c = { .from = ax_txn_env(t), .to = to, .read = ax_txn_lmdb(t), .progress = progress, .ctx = ctx };
	mdb_env_set_flags(to->env, MDB_NOSYNC, 1);
	int rc = copy_tables(&c);
	if (!rc)
		rc = put_epoch(&c);
	if (!rc) {
		rc = mdb_txn_commit(c.write);
		c.write = NULL;
	}
	if (c.write)
		mdb_txn_abort(c.write);
	if (!rc)
		rc = mdb_env_sync(to->env, 1);
	return rc ? ax_env_fail(to, "cannot write the copy", rc) : AX_OK;
}

/* From here on nobody commits to the old one; who comes upon the mark finishes the move, should we be killed. */
static enum ax_err mark_moved(struct ax_txn *t)
{
	enum ax_err e = ax_txn_put_own(t, ax_moved_key, ax_slice_str("1"));
	if (!e)
		return ax_txn_commit(t);
	ax_txn_abort(t);
	return e;
}

enum ax_err ax_store_repack(struct ax_store *s, void (*progress)(void *ctx, uint64_t records), void *ctx)
{
	char fresh[4096];
	struct ax_env *to = NULL;
	struct ax_txn *t;
	snprintf(fresh, sizeof fresh, "%.4000s.new", ax_store_path(s));
	enum ax_err e = ax_txn_write(&t, s, false); /* held until the copy stands: no commit is left behind */
	if (e)
		return e;
	dev_t dev = ax_txn_env(t)->dev;
	ino_t ino = ax_txn_env(t)->ino;
	if (!(e = make_beside(&to, ax_store_path(s), fresh)))
		e = copy_all(to, t, progress, ctx);
	ax_env_free(to);
	if (e) {
		ax_txn_abort(t);
		ax_env_remove(fresh);
		return e;
	}
	e = mark_moved(t);
	return e ? e : ax_env_finish_move(ax_store_path(s), dev, ino);
}

/* -- backup ------------------------------------------------------------------------------------------------- */

static enum ax_err flush(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool good = fd >= 0 && !fsync(fd);
	if (fd >= 0)
		close(fd);
	return good ? AX_OK : ax_fail(AX_EIO, "%s: %m", path);
}

static enum ax_err make_folder(const char *path)
{
	if (!mkdir(path, 0700))
		return AX_OK;
	return ax_fail(errno == EEXIST   ? AX_EEXIST
		       : errno == ENOSPC ? AX_ENOSPC
					 : AX_EINVAL,
		       "%s: %s", path, strerror(errno));
}

enum ax_err ax_store_backup(struct ax_store *s, const char *dir)
{
	char store[4096], data[4200];
	struct ax_txn *t;
	snprintf(store, sizeof store, "%.4000s/store", dir);
	snprintf(data, sizeof data, "%s/data.mdb", store);
	enum ax_err e = ax_txn_read(&t, s); /* the newest environment */
	if (e)
		return e;
	struct ax_env *env = ax_txn_env(t);
	if ((e = make_folder(dir))) {
		ax_txn_abort(t);
		return e;
	}
	if (!(e = make_folder(store))) {
		int rc = mdb_env_copy2(env->env, store, MDB_CP_COMPACT);
		e = rc ? ax_env_fail(env, "cannot be copied", rc) : AX_OK;
	}
	ax_txn_abort(t);
	if (!e && chmod(data, 0600))
		e = ax_fail(AX_EIO, "%s: %m", data);
	if (!e && !(e = flush(data)) && !(e = flush(store)))
		e = flush(dir);
	if (e) {
		ax_env_remove(store);
		(void)rmdir(dir);
	}
	return e;
}
