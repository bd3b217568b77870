#include "core/store_env.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { READERS_MAX = 1024, RESIZE_WAIT_MS = 5000 };

static const size_t map_size_max = (size_t)1 << AX_MAP_MAX_SHIFT, map_size_min = (size_t)1 << AX_MAP_MIN_SHIFT;
const char ax_format_key[] = "format", ax_format_value[] = "apexfs 2";
const char ax_moved_key[] = "~moved", ax_epoch_key[] = "~epoch";

enum ax_err ax_env_error(int rc)
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

enum ax_err ax_env_fail(const struct ax_env *e, const char *what, int rc)
{
	return ax_fail(ax_env_error(rc), "%s: %s: %s", ax_env_path(e), what, mdb_strerror(rc));
}

const char *ax_env_path(const struct ax_env *e)
{
	const char *path = "store";
	mdb_env_get_path(e->env, &path);
	return path;
}

/* -- opening ----------------------------------------------------------------------------------------------- */

/* Is it still the folder that stands at the path? A repack may have put another there while we waited. */
static bool stands_there(int fd, const char *path)
{
	struct stat held, there;
	return !fstat(fd, &held) && !stat(path, &there) && held.st_dev == there.st_dev && held.st_ino == there.st_ino;
}

/* A descriptor that holds a folder, or -1 with errno. */
static int lock_folder(const char *path)
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

/* LMDB's first opener initialises the lock file, its last transaction id with 0, and sets that id when it is through.
 * Should it fail or be killed in between, an opener that waits for it meanwhile goes on with the 0, and its next
 * commit overwrites the newest one. So one process at a time is inside mdb_env_open: whoever comes after one that
 * failed or died is the first opener anew. */
int ax_env_lock_opening(const char *path)
{
	for (;;) {
		int fd = lock_folder(path);
		if (fd < 0 || stands_there(fd, path))
			return fd;
		close(fd);
	}
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
	if (flags & MDB_NOLOCK) /* there is no lock file to be initialised */
		return open_env_locked(out, path, flags, mode, size);
	int lock = ax_env_lock_opening(path);
	if (lock < 0)
		return errno;
	int rc = open_env_locked(out, path, flags, mode, size);
	close(lock);
	return rc;
}

static int open_databases(struct ax_env *e, MDB_txn *txn, unsigned flags)
{
	int rc = mdb_dbi_open(txn, NULL, 0, &e->main);
	if (!rc)
		rc = mdb_dbi_open(txn, "~obj", flags | MDB_INTEGERKEY, &e->obj);
	if (!rc)
		rc = mdb_dbi_open(txn, "~cid", flags, &e->cid);
	if (!rc)
		rc = mdb_dbi_open(txn, "~gone", flags, &e->gone);
	return rc;
}

static enum ax_err create_databases(MDB_env *env, const char *path)
{
	struct ax_env made = { .env = env };
	MDB_val key = { sizeof ax_format_key - 1, (void *)ax_format_key },
		value = { sizeof ax_format_value - 1, NULL }, old;
	MDB_stat st;
	MDB_txn *txn = NULL;
	enum ax_err e = AX_OK;
	int rc = mdb_txn_begin(env, NULL, 0, &txn);
	if (rc)
		goto out;
	rc = mdb_dbi_open(txn, NULL, 0, &made.main);
	if (rc)
		goto out;
	rc = mdb_stat(txn, made.main, &st);
	if (!rc && (st.ms_entries || !mdb_get(txn, made.main, &key, &old))) {
		e = ax_fail(AX_EEXIST, "%s: there is a store already", path);
		goto out;
	}
	if (!rc)
		rc = open_databases(&made, txn, MDB_CREATE);
	value.mv_data = (void *)ax_format_value;
	if (!rc)
		rc = mdb_put(txn, made.main, &key, &value, 0);
	if (!rc) {
		rc = mdb_txn_commit(txn);
		txn = NULL;
	}
out:
	if (txn)
		mdb_txn_abort(txn);
	return rc ? ax_fail(ax_env_error(rc), "%s: cannot make the databases: %s", path, mdb_strerror(rc)) : e;
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

enum ax_err ax_env_create(const char *path, bool shared, uint32_t gid)
{
	MDB_env *env = NULL;
	bool made;
	enum ax_err e = make_dir(path, shared, gid, &made);
	if (e)
		return e;
	int rc = open_env(&env, path, 0, shared ? 0660 : 0600, map_size_max);
	if (rc)
		return ax_fail(ax_env_error(rc), "%s: cannot make the store: %s", path, mdb_strerror(rc));
	/* A creator that died midway left no format record: whoever comes next completes its work. */
	e = create_databases(env, path);
	if (!e)
		e = set_file_access(path, shared, gid);
	mdb_env_close(env);
	return e;
}

enum ax_err ax_store_create(const char *dir, bool shared, uint32_t gid)
{
	struct ax_buf path = AX_BUF_INIT;
	bool made;
	enum ax_err e = make_dir(dir, shared, gid, &made);
	ax_buf_printf(&path, "%s/store", dir);
	if (!e)
		e = ax_buf_cstr(&path) ? ax_env_create(ax_buf_cstr(&path), shared, gid) : ax_buf_check(&path);
	ax_buf_fini(&path);
	return e;
}

static enum ax_err check_format(struct ax_env *e, MDB_val value)
{
	if (ax_slice_eq(ax_slice(value.mv_data, value.mv_size), ax_slice_str(ax_format_value)))
		return AX_OK;
	return ax_fail(AX_EVERSION, "%s: its format is \"%.*s\", this program knows \"%s\"", ax_env_path(e),
		       (int)(value.mv_size > 64 ? 64 : value.mv_size), (const char *)value.mv_data, ax_format_value);
}

static void read_epoch(struct ax_env *e, MDB_txn *txn)
{
	MDB_val key = { strlen(ax_epoch_key), (void *)ax_epoch_key }, value;
	if (mdb_get(txn, e->main, &key, &value))
		return;
	struct ax_reader r = ax_reader(ax_slice(value.mv_data, value.mv_size));
	e->epoch = ax_get_u64(&r);
}

static enum ax_err load(struct ax_env *e)
{
	MDB_val key = { strlen(ax_format_key), (void *)ax_format_key }, value;
	MDB_txn *txn = NULL;
	enum ax_err err = AX_OK;
	int rc = mdb_txn_begin(e->env, NULL, MDB_RDONLY, &txn);
	if (rc)
		return ax_env_fail(e, "cannot read", rc);
	rc = mdb_dbi_open(txn, NULL, 0, &e->main);
	if (!rc)
		rc = mdb_get(txn, e->main, &key, &value);
	if (rc == MDB_NOTFOUND)
		err = ax_fail(AX_ENOREPO, "%s: not an apexfs repository", ax_env_path(e));
	else if (!rc && !(err = check_format(e, value)) && !(rc = open_databases(e, txn, 0))) {
		read_epoch(e, txn);
		rc = mdb_txn_commit(txn); /* keeps the handles */
		txn = NULL;
	}
	if (txn)
		mdb_txn_abort(txn);
	return err                  ? err
	       : rc == MDB_NOTFOUND ? ax_fail(AX_ECORRUPT, "%s: a database is missing", ax_env_path(e))
	       : rc                 ? ax_env_fail(e, "cannot open its databases", rc)
				    : AX_OK;
}

/* Which file it is, by the descriptor that LMDB has. */
static enum ax_err identify(struct ax_env *e)
{
	struct stat st;
	int fd;
	if (mdb_env_get_fd(e->env, &fd) || fstat(fd, &st))
		return ax_fail(AX_EIO, "%s: %m", ax_env_path(e));
	e->dev = st.st_dev;
	e->ino = st.st_ino;
	return AX_OK;
}

/* LMDB would make what is missing; opening must not. */
static enum ax_err find_data(struct stat *st, const char *path)
{
	char file[4096 + 16];
	snprintf(file, sizeof file, "%.4095s/data.mdb", path);
	if (!stat(file, st))
		return AX_OK;
	return errno == EACCES ? ax_fail(AX_EPERM, "%s: %m", file)
			       : ax_fail(AX_ENOREPO, "%s: not an apexfs repository", path);
}

enum ax_err ax_env_open(struct ax_env **out, const char *path, unsigned flags, size_t map_size)
{
	struct stat st;
	int dead;
	*out = NULL;
	enum ax_err err = find_data(&st, path);
	struct ax_env *e = err ? NULL : calloc(1, sizeof *e);
	if (!e)
		return err ? err : ax_fail(AX_ENOMEM, "out of memory");
	pthread_mutex_init(&e->resize_lock, NULL);
	int rc = open_env(&e->env, path, flags, st.st_mode & 0666, map_size);
	if (rc)
		err = ax_fail(ax_env_error(rc), "%s: cannot open the store: %s", path, mdb_strerror(rc));
	if (!err)
		err = load(e);
	if (!err)
		err = identify(e);
	if (!err)
		mdb_reader_check(e->env, &dead);
	if (err)
		ax_env_free(e);
	else
		*out = e;
	return err;
}

void ax_env_free(struct ax_env *e)
{
	if (!e)
		return;
	if (e->env && !atomic_load(&e->closed))
		mdb_env_close(e->env);
	pthread_mutex_destroy(&e->resize_lock);
	free(e);
}

/* -- who uses it -------------------------------------------------------------------------------------------- */

static void close_if_left(struct ax_env *e)
{
	bool open = false;
	if (atomic_load(&e->retired) && !atomic_load(&e->active) && !atomic_load(&e->handles) &&
	    atomic_compare_exchange_strong(&e->closed, &open, true))
		mdb_env_close(e->env);
}

void ax_env_enter(struct ax_env *e)
{
	for (;;) {
		atomic_fetch_add(&e->active, 1);
		if (!atomic_load(&e->resizing))
			return;
		atomic_fetch_sub(&e->active, 1);
		pthread_mutex_lock(&e->resize_lock);
		pthread_mutex_unlock(&e->resize_lock);
	}
}

void ax_env_leave(struct ax_env *e)
{
	atomic_fetch_sub(&e->active, 1);
	close_if_left(e);
}

void ax_env_put_handle(struct ax_env *e)
{
	atomic_fetch_sub(&e->handles, 1);
	close_if_left(e);
}

void ax_env_retire(struct ax_env *e)
{
	atomic_store(&e->retired, true);
	close_if_left(e);
}

/* -- growing ------------------------------------------------------------------------------------------------ */

/* A mapping that fails inside mdb_env_set_mapsize leaves the environment without one: try the room first. */
static bool has_room(size_t size)
{
	void *p = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p == MAP_FAILED)
		return false;
	munmap(p, size);
	return true;
}

static enum ax_err map_anew(struct ax_env *e)
{
	MDB_envinfo info;
	MDB_stat st;
	mdb_env_info(e->env, &info);
	mdb_env_stat(e->env, &st);
	size_t used = (info.me_last_pgno + 1) * st.ms_psize, size = info.me_mapsize;
	while (size < 2 * used)
		size *= 2;
	if (!has_room(size))
		return ax_fail(AX_ENOMEM, "%s: no address space for a map of %zu bytes", ax_env_path(e), size);
	int rc = mdb_env_set_mapsize(e->env, size);
	return rc ? ax_env_fail(e, "cannot map the grown store", rc) : AX_OK;
}

enum ax_err ax_env_grow_map(struct ax_env *e)
{
	const struct timespec ms = { 0, 1000000 };
	enum ax_err err;
	pthread_mutex_lock(&e->resize_lock);
	atomic_store(&e->resizing, true);
	for (int i = 0; i < RESIZE_WAIT_MS && atomic_load(&e->active); i++)
		nanosleep(&ms, NULL);
	if (atomic_load(&e->active))
		err = ax_fail(AX_EIO, "%s: the store has outgrown the map of this process, whose reads do not end",
			      ax_env_path(e));
	else
		err = map_anew(e);
	atomic_fetch_add(&e->maps, 1);
	atomic_store(&e->resizing, false);
	pthread_mutex_unlock(&e->resize_lock);
	return err;
}

/* -- being moved -------------------------------------------------------------------------------------------- */

enum ax_err ax_env_is_moved(bool *out, struct ax_env *e, MDB_txn *t)
{
	MDB_val key = { strlen(ax_moved_key), (void *)ax_moved_key }, value;
	uint64_t id = mdb_txn_id(t);
	*out = false;
	if (atomic_load(&e->checked) == id)
		return AX_OK;
	int rc = mdb_get(t, e->main, &key, &value);
	if (rc && rc != MDB_NOTFOUND)
		return ax_env_fail(e, "cannot read", rc);
	*out = !rc;
	if (rc)
		atomic_store(&e->checked, id);
	return AX_OK;
}

static bool is_at(const char *path, dev_t dev, ino_t ino)
{
	struct stat st;
	return !find_data(&st, path) && st.st_dev == dev && st.st_ino == ino;
}

static enum ax_err exchange(const char *path, const char *fresh)
{
	if (renameat2(AT_FDCWD, fresh, AT_FDCWD, path, RENAME_EXCHANGE))
		return ax_fail(errno == EACCES || errno == EPERM || errno == EROFS ? AX_EPERM : AX_EIO,
			       "%s: the repacked store can't be put in its place: %m", path);
	return AX_OK;
}

void ax_env_remove(const char *path)
{
	static const char *const name[] = { "data.mdb", "lock.mdb" };
	char file[4096 + 16];
	for (size_t i = 0; i < 2; i++) {
		snprintf(file, sizeof file, "%.4095s/%s", path, name[i]);
		(void)unlink(file);
	}
	(void)rmdir(path);
}

int ax_env_lock_above(const char *path)
{
	char above[4096];
	snprintf(above, sizeof above, "%.4000s/..", path);
	return lock_folder(above);
}

/* The folder above is flushed, so that the exchange outlives a power cut. */
static enum ax_err put_in_place(const char *path, const char *fresh, int above)
{
	enum ax_err e = exchange(path, fresh);
	if (e)
		return e;
	(void)fsync(above);
	ax_env_remove(fresh);
	return AX_OK;
}

enum ax_err ax_env_finish_move(const char *path, dev_t dev, ino_t ino)
{
	char fresh[4096];
	enum ax_err e = AX_OK;
	snprintf(fresh, sizeof fresh, "%.4000s.new", path);
	int above = ax_env_lock_above(path);
	int lock = above < 0 ? -1 : ax_env_lock_opening(path);
	if (lock < 0)
		e = ax_fail(AX_EIO, "%s: %m", path);
	else if (is_at(path, dev, ino))
		e = put_in_place(path, fresh, above);
	if (lock >= 0)
		close(lock);
	if (above >= 0)
		close(above);
	return e;
}
