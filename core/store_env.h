/* store_env.h - the LMDB environment behind a store: made, opened, mapped anew when it grows, copied, and left when
 * it was moved. Internal to the files of the store (store*.c), the only ones that know LMDB.
 *
 * A repack (store_copy.c) puts another environment in an environment's place, with the same records under the same
 * local ids. The old one is marked as moved in its last transaction; whoever begins a transaction on it and finds
 * the mark goes on with the new one. So a store has one environment after the other; each lives as long as a
 * transaction of this process is on it.
 * Threads: an environment is shared; its counts are atomic. */
#ifndef AX_STORE_ENV_H
#define AX_STORE_ENV_H

#include "core/store_internal.h"

#include <lmdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/types.h>

/* The names of the databases stand as keys in main, which is the unnamed one: a ref moved there costs no page more.
 * The mark keeps them, and the store's own pairs, apart from the tables' keys. */
enum { AX_DATABASE_MARK = '~' };

extern const char ax_format_key[], ax_format_value[], ax_moved_key[], ax_epoch_key[];

struct ax_env {
	MDB_env *env;
	MDB_dbi main, obj, cid, gone;
	uint64_t epoch; /* how many environments this store had before */
	dev_t dev;      /* of data.mdb, */
	ino_t ino;      /* which tells it from the one that came in its place */
	/* LMDB may map the file anew only while this process has no transaction (MDB_MAP_RESIZED). Whoever uses the
	 * map counts itself in `active`; `resizing` turns newcomers away to the mutex. */
	atomic_uint active;
	atomic_bool resizing;
	pthread_mutex_t resize_lock;
	atomic_uint maps;    /* how often it was mapped anew */
	atomic_uint handles; /* transactions, those that are reset too */
	atomic_bool retired; /* the store has another: close it when nobody is on it */
	atomic_bool closed;
	_Atomic uint64_t checked; /* the last transaction in which no mark was found */
	struct ax_env *before;
};

/* Make <dir>/store, or <dir>/<name>, with its databases. AX_EEXIST if there is one. */
AX_MUST enum ax_err ax_env_create(const char *path, bool shared, uint32_t gid);
/* path is that of the environment's folder; it outlives the environment. */
/* flags: MDB_RDONLY, and MDB_NOLOCK for one whose readers' slot somebody else holds: then nothing is written. */
AX_MUST enum ax_err ax_env_open(struct ax_env **out, const char *path, unsigned flags, size_t map_size);
/* Release it all, whoever is on it. NULL is fine. */
void ax_env_free(struct ax_env *e);

/* Count in and out a use of the map. False: the environment was retired meanwhile, look for the newer one. */
void ax_env_enter(struct ax_env *e);
void ax_env_leave(struct ax_env *e);
/* No new transaction will come: close it now or with the last one that is on it. */
void ax_env_retire(struct ax_env *e);
void ax_env_put_handle(struct ax_env *e);

/* Map a file that another process made larger. */
AX_MUST enum ax_err ax_env_grow_map(struct ax_env *e);
/* Was it moved, as this transaction sees it? */
AX_MUST enum ax_err ax_env_is_moved(bool *out, struct ax_env *e, MDB_txn *t);
/* Put the environment that was copied from a moved one in its place, unless somebody did; path is the moved one's.
 * ino: of the moved one's data file. */
AX_MUST enum ax_err ax_env_finish_move(const char *path, dev_t dev, ino_t ino);

/* Delete the files of one that nobody needs. */
void ax_env_remove(const char *path);
const char *ax_env_path(const struct ax_env *e);
enum ax_err ax_env_fail(const struct ax_env *e, const char *what, int rc);
enum ax_err ax_env_error(int rc);
/* Hold the folder that an environment's stands in while what a repack left beside it is removed, or begun anew:
 * nobody removes what another has just made. A descriptor to close, or -1 with errno. */
int ax_env_lock_above(const char *path);
/* Hold the folder of an environment against openers; a descriptor to close, or -1 with errno. */
int ax_env_lock_opening(const char *path);

/* What a transaction is on. */
struct ax_env *ax_txn_env(const struct ax_txn *t);
MDB_txn *ax_txn_lmdb(const struct ax_txn *t);

enum { AX_MAP_MIN_SHIFT = 30, AX_MAP_MAX_SHIFT = 40 };

#endif
