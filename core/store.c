#include "core/store.h"
#include "core/store_internal.h"

#include <fcntl.h>
#include <lmdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

enum { READERS_MAX = 1024, KEY_MAX = 511, RESIZE_WAIT_MS = 5000 };

static const size_t map_size_max = (size_t)1 << 40, map_size_min = (size_t)1 << 30;
static const char format_key[] = "format", format_value[] = "apexfs 1";

/* The names of the databases stand as keys in main, which is the unnamed one: a ref moved there costs no page more.
 * The mark keeps them apart from our keys. */
enum { DATABASE_MARK = '~' };

struct ax_store {
	MDB_env *env;
	MDB_dbi main, obj, cid, gone;
	bool read_only;
	/* LMDB may map the file anew only while this process has no transaction (MDB_MAP_RESIZED). Whoever uses the
	 * map counts itself in `active`; `resizing` turns newcomers away to the mutex. */
	atomic_uint active;
	atomic_bool resizing;
	pthread_mutex_t resize_lock;
	/* Whether a commit is flushed is a flag of the whole environment: it is set under this lock. */
	pthread_mutex_t commit_lock;
};

struct ax_txn {
	struct ax_store *store;
	MDB_txn *txn;
	bool write, nosync, live;   /* live: counted in store->active */
	uint64_t first_id, next_id; /* 0: not yet looked up */
	uint64_t put_id;            /* the last id put */
	struct ax_log_place log;
};

static _Thread_local uint64_t reads;

uint64_t ax_store_reads(void)
{
	return reads;
}

static enum ax_err lmdb_error(int rc)
{
	switch (rc) {
	case MDB_MAP_FULL:
	case ENOSPC:
	case EDQUOT:
		return AX_ENOSPC;
	case MDB_READERS_FULL:
		return AX_ELIMIT;
	case MDB_VERSION_MISMATCH:
		return AX_EVERSION;
	case MDB_INVALID:
	case MDB_CORRUPTED:
	case MDB_PAGE_NOTFOUND:
	case MDB_PANIC:
		return AX_ECORRUPT;
	case MDB_BAD_VALSIZE:
	case MDB_BAD_TXN:
	case MDB_BAD_DBI:
	case MDB_KEYEXIST:
	case MDB_TXN_FULL:
		return AX_EINTERNAL;
	case ENOMEM:
		return AX_ENOMEM;
	case EACCES:
	case EPERM:
		return AX_EPERM;
	case EROFS:
		return AX_EROFS;
	default:
		return AX_EIO;
	}
}

static enum ax_err fail(const struct ax_store *s, const char *what, int rc)
{
	return ax_fail(lmdb_error(rc), "%s: %s: %s", ax_store_path(s), what, mdb_strerror(rc));
}

/* -- the environment -------------------------------------------------------------------------------------- */

/* LMDB's first opener initialises the lock file, its last transaction id with 0, and sets that id when it is through.
 * Should it fail or be killed in between, an opener that waits for it meanwhile goes on with the 0, and its next
 * commit overwrites the newest one. So one process at a time is inside mdb_env_open: whoever comes after one that
 * failed or died is the first opener anew. Returns what to close, or -1 with errno. */
static int lock_opening(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	while (fd >= 0 && flock(fd, LOCK_EX)) {
		if (errno == EINTR)
			continue;
		close(fd);
		return -1;
	}
	return fd;
}

/* Address space may be short (ulimit -v, valgrind, TSan): halve the map until it fits. A map smaller than another
 * process's only means that we may have to grow it later. */
static int open_env_locked(MDB_env **out, const char *path, unsigned flags, mode_t mode, size_t size)
{
	for (;; size /= 2) {
		MDB_env *env;
		int rc = mdb_env_create(&env);
		if (rc)
			return rc;
		rc = mdb_env_set_mapsize(env, size);
		if (!rc)
			rc = mdb_env_set_maxreaders(env, READERS_MAX);
		if (!rc)
			rc = mdb_env_set_maxdbs(env, 3);
		if (!rc)
			rc = mdb_env_open(env, path, MDB_NOTLS | flags, mode);
		if (!rc) {
			*out = env;
			return 0;
		}
		mdb_env_close(env);
		if ((rc != EINVAL && rc != ENOMEM) || size / 2 < map_size_min)
			return rc;
	}
}

static int open_env(MDB_env **out, const char *path, unsigned flags, mode_t mode, size_t size)
{
	int lock = lock_opening(path);
	if (lock < 0)
		return errno;
	int rc = open_env_locked(out, path, flags, mode, size);
	close(lock);
	return rc;
}

static int open_databases(struct ax_store *s, MDB_txn *txn, unsigned flags)
{
	int rc = mdb_dbi_open(txn, NULL, 0, &s->main);
	if (!rc)
		rc = mdb_dbi_open(txn, "~obj", flags | MDB_INTEGERKEY, &s->obj);
	if (!rc)
		rc = mdb_dbi_open(txn, "~cid", flags, &s->cid);
	if (!rc)
		rc = mdb_dbi_open(txn, "~gone", flags, &s->gone);
	return rc;
}

static enum ax_err create_databases(MDB_env *env, const char *path)
{
	struct ax_store s = { .env = env };
	MDB_val key = { sizeof format_key - 1, (void *)format_key }, value = { sizeof format_value - 1, NULL }, old;
	MDB_stat st;
	MDB_txn *txn = NULL;
	enum ax_err e = AX_OK;
	int rc = mdb_txn_begin(env, NULL, 0, &txn);
	if (rc)
		goto out;
	rc = mdb_dbi_open(txn, NULL, 0, &s.main);
	if (rc)
		goto out;
	rc = mdb_stat(txn, s.main, &st);
	if (!rc && (st.ms_entries || !mdb_get(txn, s.main, &key, &old))) {
		e = ax_fail(AX_EEXIST, "%s: there is a store already", path);
		goto out;
	}
	if (!rc)
		rc = open_databases(&s, txn, MDB_CREATE);
	value.mv_data = (void *)format_value;
	if (!rc)
		rc = mdb_put(txn, s.main, &key, &value, 0);
	if (!rc) {
		rc = mdb_txn_commit(txn);
		txn = NULL;
	}
out:
	if (txn)
		mdb_txn_abort(txn);
	return rc ? ax_fail(lmdb_error(rc), "%s: cannot make the databases: %s", path, mdb_strerror(rc)) : e;
}

static enum ax_err set_access(const char *path, bool shared, uint32_t gid, mode_t private_mode, mode_t shared_mode)
{
	if (shared && chown(path, (uid_t)-1, (gid_t)gid))
		return ax_fail(AX_EPERM, "%s: cannot give it to group %u: %m", path, gid);
	/* after chown, which drops the set-group-id bit; the umask must not narrow what a group was promised */
	if (chmod(path, shared ? shared_mode : private_mode))
		return ax_fail(AX_EPERM, "%s: cannot set its mode: %m", path);
	return AX_OK;
}

static enum ax_err make_dir(const char *path, bool shared, uint32_t gid, bool *made)
{
	*made = mkdir(path, 0700) == 0;
	if (!*made && errno != EEXIST)
		return ax_fail(errno == ENOSPC || errno == EDQUOT    ? AX_ENOSPC
			       : errno == EACCES                     ? AX_EPERM
			       : errno == EROFS                      ? AX_EROFS
			       : errno == ENOENT || errno == ENOTDIR ? AX_ENOENT
								     : AX_EIO,
			       "%s: cannot make the folder: %m", path);
	return *made ? set_access(path, shared, gid, 0700, 02770) : AX_OK;
}

static enum ax_err set_file_access(const char *path, bool shared, uint32_t gid)
{
	static const char *const name[] = { "data.mdb", "lock.mdb" };
	struct ax_buf file = AX_BUF_INIT;
	enum ax_err e = AX_OK;
	for (size_t i = 0; i < 2 && !e; i++) {
		ax_buf_clear(&file);
		ax_buf_printf(&file, "%s/%s", path, name[i]);
		e = ax_buf_cstr(&file) ? set_access(ax_buf_cstr(&file), shared, gid, 0600, 0660) : AX_ENOMEM;
	}
	ax_buf_fini(&file);
	return e;
}

enum ax_err ax_store_create(const char *dir, bool shared, uint32_t gid)
{
	struct ax_buf path = AX_BUF_INIT;
	MDB_env *env = NULL;
	bool made;
	enum ax_err e = make_dir(dir, shared, gid, &made);
	if (e)
		goto out;
	ax_buf_printf(&path, "%s/store", dir);
	const char *store = ax_buf_cstr(&path);
	e = store ? make_dir(store, shared, gid, &made) : AX_ENOMEM;
	if (e)
		goto out;
	int rc = open_env(&env, store, 0, shared ? 0660 : 0600, map_size_max);
	if (rc) {
		e = ax_fail(lmdb_error(rc), "%s: cannot make the store: %s", store, mdb_strerror(rc));
		goto out;
	}
	/* A creator that died midway left no format record: whoever comes next completes its work. */
	e = create_databases(env, store);
	if (!e)
		e = set_file_access(store, shared, gid);
out:
	if (env)
		mdb_env_close(env);
	ax_buf_fini(&path);
	return e;
}

static enum ax_err check_format(struct ax_store *s)
{
	MDB_val key = { sizeof format_key - 1, (void *)format_key }, value;
	MDB_txn *txn = NULL;
	enum ax_err e = AX_OK;
	int rc = mdb_txn_begin(s->env, NULL, MDB_RDONLY, &txn);
	if (rc)
		return fail(s, "cannot read", rc);
	rc = mdb_dbi_open(txn, NULL, 0, &s->main);
	if (!rc)
		rc = mdb_get(txn, s->main, &key, &value);
	if (rc == MDB_NOTFOUND)
		e = ax_fail(AX_ENOREPO, "%s: not an apexfs repository", ax_store_path(s));
	else if (!rc && !ax_slice_eq(ax_slice(value.mv_data, value.mv_size), ax_slice_str(format_value)))
		e = ax_fail(AX_EVERSION, "%s: its format is \"%.*s\", this program knows \"%s\"", ax_store_path(s),
			    (int)(value.mv_size > 64 ? 64 : value.mv_size), (const char *)value.mv_data,
			    format_value);
	else if (!rc && !(rc = open_databases(s, txn, 0))) {
		rc = mdb_txn_commit(txn); /* keeps the handles */
		txn = NULL;
	}
	if (txn)
		mdb_txn_abort(txn);
	return e                    ? e
	       : rc == MDB_NOTFOUND ? ax_fail(AX_ECORRUPT, "%s: a database is missing", ax_store_path(s))
	       : rc                 ? fail(s, "cannot open its databases", rc)
				    : AX_OK;
}

/* LMDB would make what is missing; opening must not. */
static enum ax_err find_store(struct ax_buf *path, struct stat *st, const char *dir)
{
	ax_buf_printf(path, "%s/store/data.mdb", dir);
	const char *file = ax_buf_cstr(path);
	if (!file)
		return ax_fail(AX_ENOMEM, "out of memory");
	if (stat(file, st))
		return errno == EACCES ? ax_fail(AX_EPERM, "%s: %m", file)
				       : ax_fail(AX_ENOREPO, "%s: not an apexfs repository", dir);
	path->n -= strlen("/data.mdb");
	return AX_OK;
}

enum ax_err ax_store_open_sized(struct ax_store **out, const char *dir, bool read_only, size_t map_size)
{
	struct ax_buf path = AX_BUF_INIT;
	struct ax_store *s = NULL;
	struct stat st;
	int dead;
	*out = NULL;
	enum ax_err e = ax_hash_init();
	if (!e)
		e = find_store(&path, &st, dir);
	if (e)
		goto out;
	s = calloc(1, sizeof *s);
	if (!s) {
		e = ax_fail(AX_ENOMEM, "out of memory");
		goto out;
	}
	s->read_only = read_only;
	pthread_mutex_init(&s->resize_lock, NULL);
	pthread_mutex_init(&s->commit_lock, NULL);
	int rc = open_env(&s->env, ax_buf_cstr(&path), read_only ? MDB_RDONLY : 0, st.st_mode & 0666, map_size);
	if (rc) {
		e = ax_fail(lmdb_error(rc), "%s: cannot open the store: %s", ax_buf_cstr(&path), mdb_strerror(rc));
		goto out;
	}
	e = check_format(s);
	if (!e)
		mdb_reader_check(s->env, &dead);
out:
	ax_buf_fini(&path);
	if (e)
		ax_store_close(s);
	else
		*out = s;
	return e;
}

enum ax_err ax_store_open(struct ax_store **out, const char *dir, bool read_only)
{
	return ax_store_open_sized(out, dir, read_only, map_size_max);
}

void ax_store_close(struct ax_store *s)
{
	if (!s)
		return;
	if (s->env)
		mdb_env_close(s->env);
	pthread_mutex_destroy(&s->resize_lock);
	pthread_mutex_destroy(&s->commit_lock);
	free(s);
}

const char *ax_store_path(const struct ax_store *s)
{
	const char *path = "store";
	mdb_env_get_path(s->env, &path);
	return path;
}

/* -- who uses the map ------------------------------------------------------------------------------------- */

static void enter(struct ax_store *s)
{
	for (;;) {
		atomic_fetch_add(&s->active, 1);
		if (!atomic_load(&s->resizing))
			return;
		atomic_fetch_sub(&s->active, 1);
		pthread_mutex_lock(&s->resize_lock);
		pthread_mutex_unlock(&s->resize_lock);
	}
}

static void leave(struct ax_store *s)
{
	atomic_fetch_sub(&s->active, 1);
}

/* A mapping that fails inside mdb_env_set_mapsize leaves the environment without one: try the room first. */
static bool has_room(size_t size)
{
	void *p = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p == MAP_FAILED)
		return false;
	munmap(p, size);
	return true;
}

static enum ax_err map_anew(struct ax_store *s)
{
	MDB_envinfo info;
	MDB_stat st;
	mdb_env_info(s->env, &info);
	mdb_env_stat(s->env, &st);
	size_t used = (info.me_last_pgno + 1) * st.ms_psize, size = info.me_mapsize;
	while (size < 2 * used)
		size *= 2;
	if (!has_room(size))
		return ax_fail(AX_ENOMEM, "%s: no address space for a map of %zu bytes", ax_store_path(s), size);
	int rc = mdb_env_set_mapsize(s->env, size);
	return rc ? fail(s, "cannot map the grown store", rc) : AX_OK;
}

/* Another process made the store larger than our map. */
static enum ax_err grow_map(struct ax_store *s)
{
	const struct timespec ms = { 0, 1000000 };
	enum ax_err e;
	pthread_mutex_lock(&s->resize_lock);
	atomic_store(&s->resizing, true);
	for (int i = 0; i < RESIZE_WAIT_MS && atomic_load(&s->active); i++)
		nanosleep(&ms, NULL);
	if (atomic_load(&s->active))
		e = ax_fail(AX_EIO, "%s: the store has outgrown the map of this process, whose reads do not end",
			    ax_store_path(s));
	else
		e = map_anew(s);
	atomic_store(&s->resizing, false);
	pthread_mutex_unlock(&s->resize_lock);
	return e;
}

uint64_t ax_store_last_txn(struct ax_store *s)
{
	MDB_envinfo info;
	enter(s);
	mdb_env_info(s->env, &info);
	leave(s);
	return info.me_last_txnid;
}

void ax_store_usage(struct ax_store *s, uint64_t *used, uint64_t *size)
{
	MDB_envinfo info;
	MDB_stat st;
	enter(s);
	mdb_env_info(s->env, &info);
	mdb_env_stat(s->env, &st);
	leave(s);
	*used = (uint64_t)(info.me_last_pgno + 1) * st.ms_psize;
	*size = info.me_mapsize;
}

enum ax_err ax_store_clear_stale(struct ax_store *s)
{
	int dead;
	int rc = mdb_reader_check(s->env, &dead);
	return rc ? fail(s, "cannot clear stale readers", rc) : AX_OK;
}

enum ax_err ax_store_sync(struct ax_store *s)
{
	int rc = mdb_env_sync(s->env, 1);
	return rc ? fail(s, "cannot sync", rc) : AX_OK;
}

/* -- transactions ----------------------------------------------------------------------------------------- */

/* Begin t->txn, or renew it when it is there already. */
static enum ax_err begin(struct ax_txn *t, unsigned flags)
{
	struct ax_store *s = t->store;
	bool cleared = false;
	for (int grown = 0;;) {
		enum ax_err e;
		int dead;
		enter(s);
		int rc = t->txn ? mdb_txn_renew(t->txn) : mdb_txn_begin(s->env, NULL, flags, &t->txn);
		if (!rc) {
			t->live = true;
			return AX_OK;
		}
		leave(s);
		if (rc == MDB_MAP_RESIZED && grown++ < 8) {
			if ((e = grow_map(s)))
				return e;
		} else if (rc == MDB_READERS_FULL && !cleared) {
			cleared = true;
			mdb_reader_check(s->env, &dead);
		} else if (rc == MDB_READERS_FULL)
			return ax_fail(AX_ELIMIT, "%s: all %d readers' places are taken", ax_store_path(s),
				       READERS_MAX);
		else
			return fail(s, "cannot begin a transaction", rc);
	}
}

static enum ax_err txn_new(struct ax_txn **out, struct ax_store *s, bool write, unsigned flags)
{
	*out = NULL;
	struct ax_txn *t = calloc(1, sizeof *t);
	if (!t)
		return ax_fail(AX_ENOMEM, "out of memory");
	t->store = s;
	t->write = write;
	enum ax_err e = begin(t, flags);
	if (e)
		free(t);
	else
		*out = t;
	return e;
}

enum ax_err ax_txn_read(struct ax_txn **out, struct ax_store *s)
{
	return txn_new(out, s, false, MDB_RDONLY);
}

/* A write comes right after the newest state, or it would overwrite it: see lock_opening(). Another program that
 * opens the store without our lock could still bring that about. */
static enum ax_err check_in_step(struct ax_txn *t)
{
	MDB_envinfo info;
	mdb_env_info(t->store->env, &info);
	if (mdb_txn_id(t->txn) == info.me_last_txnid + 1)
		return AX_OK;
	return ax_fail(AX_ECORRUPT,
		       "%s: its lock file is out of step with its data: end every program that has it open",
		       ax_store_path(t->store));
}

enum ax_err ax_txn_write(struct ax_txn **out, struct ax_store *s, bool nosync)
{
	*out = NULL;
	if (s->read_only)
		return ax_fail(AX_EPERM, "%s: opened for reading only", ax_store_path(s));
	enum ax_err e = txn_new(out, s, true, 0);
	if (e)
		return e;
	(*out)->nosync = nosync;
	e = check_in_step(*out);
	if (e) {
		ax_txn_abort(*out);
		*out = NULL;
	}
	return e;
}

void ax_txn_reset(struct ax_txn *t)
{
	if (t->write || !t->live)
		return;
	mdb_txn_reset(t->txn);
	t->live = false;
	leave(t->store);
}

enum ax_err ax_txn_renew(struct ax_txn *t)
{
	if (t->write)
		return ax_fail(AX_EINTERNAL, "a write transaction cannot be renewed");
	ax_txn_reset(t);
	return begin(t, MDB_RDONLY);
}

uint64_t ax_txn_id(const struct ax_txn *t)
{
	return mdb_txn_id(t->txn);
}

struct ax_store *ax_txn_store(const struct ax_txn *t)
{
	return t->store;
}

/* LMDB says EIO of a write that fell short, which is what a disk gives when it becomes full. */
static int why_not_written(const struct ax_store *s, int rc)
{
	struct statvfs disk;
	return rc == EIO && !statvfs(ax_store_path(s), &disk) && !disk.f_bavail ? ENOSPC : rc;
}

enum ax_err ax_txn_commit(struct ax_txn *t)
{
	struct ax_store *s = t->store;
	pthread_mutex_lock(&s->commit_lock);
	if (t->nosync)
		mdb_env_set_flags(s->env, MDB_NOSYNC, 1);
	int rc = mdb_txn_commit(t->txn);
	if (t->nosync)
		mdb_env_set_flags(s->env, MDB_NOSYNC, 0);
	pthread_mutex_unlock(&s->commit_lock);
	if (t->live)
		leave(s);
	free(t);
	return rc ? fail(s, "cannot commit", why_not_written(s, rc)) : AX_OK;
}

void ax_txn_abort(struct ax_txn *t)
{
	if (!t)
		return;
	mdb_txn_abort(t->txn);
	if (t->live)
		leave(t->store);
	free(t);
}

/* -- records under local ids ------------------------------------------------------------------------------ */

/* The greatest local id, 0 if there is none. */
static enum ax_err last_id(uint64_t *out, struct ax_txn *t)
{
	MDB_cursor *c;
	MDB_val key, value;
	*out = 0;
	int rc = mdb_cursor_open(t->txn, t->store->obj, &c);
	if (rc)
		return fail(t->store, "cannot read", rc);
	rc = mdb_cursor_get(c, &key, &value, MDB_LAST);
	if (!rc && key.mv_size == sizeof *out)
		memcpy(out, key.mv_data, sizeof *out);
	mdb_cursor_close(c);
	return rc && rc != MDB_NOTFOUND ? fail(t->store, "cannot read", rc) : AX_OK;
}

static int get_record(struct ax_slice *out, struct ax_txn *t, uint64_t id)
{
	MDB_val key = { sizeof id, &id }, value;
	int rc = mdb_get(t->txn, t->store->obj, &key, &value);
	*out = rc ? ax_slice(NULL, 0) : ax_slice(value.mv_data, value.mv_size);
	reads++;
	return rc;
}

enum ax_err ax_txn_next_id(uint64_t *out, struct ax_txn *t)
{
	*out = 0;
	if (!t->next_id) {
		uint64_t last;
		enum ax_err e = last_id(&last, t);
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
	int rc = mdb_put(t->txn, t->store->obj, &key, &value, append ? MDB_APPEND : 0);
	if (rc)
		return fail(t->store, "cannot write a record", rc);
	if (append)
		t->put_id = id;
	return AX_OK;
}

enum ax_err ax_txn_get_object(struct ax_slice *out, struct ax_txn *t, uint64_t id)
{
	int rc = get_record(out, t, id);
	if (rc == MDB_NOTFOUND)
		return ax_fail(AX_ECORRUPT, "%s: record %llu is missing", ax_store_path(t->store),
			       (unsigned long long)id);
	return rc ? fail(t->store, "cannot read a record", rc) : AX_OK;
}

/* The store's own pairs in main, which the tables' keys cannot reach. */
enum ax_err ax_txn_get_own(struct ax_slice *out, struct ax_txn *t, const char *name)
{
	MDB_val k = { strlen(name), (void *)name }, value;
	int rc = mdb_get(t->txn, t->store->main, &k, &value);
	*out = rc ? ax_slice(NULL, 0) : ax_slice(value.mv_data, value.mv_size);
	return rc == MDB_NOTFOUND ? AX_ENOENT : rc ? fail(t->store, "cannot read", rc) : AX_OK;
}

enum ax_err ax_txn_put_own(struct ax_txn *t, const char *name, struct ax_slice value)
{
	MDB_val k = { strlen(name), (void *)name }, v = { value.n, (void *)value.p };
	int rc = mdb_put(t->txn, t->store->main, &k, &v, 0);
	return rc ? fail(t->store, "cannot write", rc) : AX_OK;
}

struct ax_log_place *ax_txn_log_place(struct ax_txn *t)
{
	return &t->log;
}

/* -- small tables ----------------------------------------------------------------------------------------- */

static MDB_dbi database(const struct ax_store *s, enum ax_table table)
{
	return table == AX_TABLE_GONE ? s->gone : table == AX_TABLE_CID ? s->cid : s->main;
}

static bool is_key(enum ax_table table, struct ax_slice key)
{
	return key.n > 0 && key.n <= KEY_MAX && !(table == AX_TABLE_MAIN && key.p[0] == DATABASE_MARK);
}

enum ax_err ax_txn_get(struct ax_slice *out, struct ax_txn *t, enum ax_table table, struct ax_slice key)
{
	MDB_val k = { key.n, (void *)key.p }, value;
	*out = ax_slice(NULL, 0);
	if (!is_key(table, key))
		return AX_ENOENT;
	int rc = mdb_get(t->txn, database(t->store, table), &k, &value);
	if (rc)
		return rc == MDB_NOTFOUND ? AX_ENOENT : fail(t->store, "cannot read", rc);
	*out = ax_slice(value.mv_data, value.mv_size);
	return AX_OK;
}

enum ax_err ax_txn_put(struct ax_txn *t, enum ax_table table, struct ax_slice key, struct ax_slice value)
{
	MDB_dbi dbi = database(t->store, table);
	MDB_val k = { key.n, (void *)key.p }, v = { value.n, (void *)value.p }, old;
	if (!is_key(table, key))
		return ax_fail(AX_EINTERNAL, "a table's key has 1 to %d bytes, not %zu", KEY_MAX, key.n);
	/* LMDB would copy the page for an equal value too */
	int rc = mdb_get(t->txn, dbi, &k, &old);
	if (!rc && ax_slice_eq(value, ax_slice(old.mv_data, old.mv_size)))
		return AX_OK;
	if (!rc || rc == MDB_NOTFOUND)
		rc = mdb_put(t->txn, dbi, &k, &v, 0);
	return rc ? fail(t->store, "cannot write", rc) : AX_OK;
}

enum ax_err ax_txn_del(struct ax_txn *t, enum ax_table table, struct ax_slice key)
{
	MDB_val k = { key.n, (void *)key.p };
	if (!is_key(table, key))
		return AX_ENOENT;
	int rc = mdb_del(t->txn, database(t->store, table), &k, NULL);
	return rc == MDB_NOTFOUND ? AX_ENOENT : rc ? fail(t->store, "cannot delete", rc) : AX_OK;
}

enum ax_err ax_txn_seek(struct ax_slice *found_key, struct ax_slice *found_value, struct ax_txn *t,
			enum ax_table table, struct ax_slice prefix, struct ax_slice key, bool after)
{
	struct ax_slice from = ax_slice_cmp(key, prefix) < 0 ? prefix : key;
	MDB_val k = { from.n, (void *)from.p }, v = { 0, NULL };
	MDB_cursor *c;
	*found_key = *found_value = ax_slice(NULL, 0);
	int rc = mdb_cursor_open(t->txn, database(t->store, table), &c);
	if (rc)
		return fail(t->store, "cannot read", rc);
	rc = mdb_cursor_get(c, &k, &v, from.n ? MDB_SET_RANGE : MDB_FIRST);
	if (!rc && after && ax_slice_eq(ax_slice(k.mv_data, k.mv_size), key))
		rc = mdb_cursor_get(c, &k, &v, MDB_NEXT);
	while (!rc && !is_key(table, ax_slice(k.mv_data, k.mv_size)))
		rc = mdb_cursor_get(c, &k, &v, MDB_NEXT);
	mdb_cursor_close(c);
	if (rc && rc != MDB_NOTFOUND)
		return fail(t->store, "cannot read", rc);
	if (rc || !ax_slice_starts(ax_slice(k.mv_data, k.mv_size), prefix))
		return AX_ENOENT;
	*found_key = ax_slice(k.mv_data, k.mv_size);
	*found_value = ax_slice(v.mv_data, v.mv_size);
	return AX_OK;
}
