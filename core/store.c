#include "core/store.h"
#include "core/store_txn.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <time.h>

enum { CONFIRM_WAITS = 20000 /* of half a millisecond: a slow disk's */ };

struct ax_store {
	struct ax_env *_Atomic env; /* the one that stands at path; those before it hang behind it until the end */
	char *path;
	size_t map_size;
	bool read_only;
	pthread_mutex_t move_lock; /* whoever opens the next environment */
	/* Of a store without slots: who holds one for us, on which states, and who reads. */
	struct ax_slot slot; /* take NULL: we have our own */
	pthread_mutex_t slot_lock;
	uint64_t held;          /* slot_lock: the oldest, */
	_Atomic uint64_t taken; /* slot_lock to write it: and the newest. All up to it is durable. */
	pthread_mutex_t readers_lock;
	struct ax_txn *readers; /* readers_lock */
	/* Whether a commit is flushed is a flag of the whole environment: it is set under this lock. */
	pthread_mutex_t commit_lock;
};

static enum ax_err fail(const struct ax_store *s, const char *what, int rc)
{
	return ax_env_fail(atomic_load(&s->env), what, rc);
}

/* -- the environment ---------------------------------------------------------------------------------------- */

static unsigned flags_of(const struct ax_store *s)
{
	return (s->read_only ? MDB_RDONLY : 0) | (s->slot.take ? MDB_NOLOCK : 0);
}

/* Under slot_lock. */
static enum ax_err take_locked(struct ax_store *s, uint64_t seen)
{
	uint64_t id;
	enum ax_err e = s->slot.take(s->slot.ctx, &id, seen);
	if (e)
		return e;
	atomic_store(&s->taken, id);
	s->held = s->held ? s->held : id;
	return AX_OK;
}

/* Hold what we are to read. */
static enum ax_err take_slot(struct ax_store *s, uint64_t seen)
{
	pthread_mutex_lock(&s->slot_lock);
	enum ax_err e = take_locked(s, seen);
	pthread_mutex_unlock(&s->slot_lock);
	return e;
}

/* The environment that stands there. If a repack comes between the slot and us we would read without one. */
static enum ax_err open_present(struct ax_env **out, struct ax_store *s)
{
	for (;;) {
		enum ax_err e = s->slot.take ? take_slot(s, 0) : AX_OK;
		if (!e)
			e = ax_env_open(out, s->path, flags_of(s), s->map_size);
		if (e || !s->slot.take || (*out)->epoch == atomic_load(&s->taken) >> AX_EPOCH_SHIFT)
			return e;
		ax_env_free(*out);
	}
}

static enum ax_err open_store(struct ax_store **out, const char *dir, bool read_only, size_t map_size,
			      const struct ax_slot *slot)
{
	struct ax_buf path = AX_BUF_INIT;
	struct ax_env *env;
	*out = NULL;
	enum ax_err e = ax_hash_init();
	struct ax_store *s = e ? NULL : calloc(1, sizeof *s);
	if (!s)
		return e ? e : ax_fail(AX_ENOMEM, "out of memory");
	s->read_only = read_only;
	s->map_size = map_size;
	if (slot)
		s->slot = *slot;
	pthread_mutex_init(&s->move_lock, NULL);
	pthread_mutex_init(&s->commit_lock, NULL);
	pthread_mutex_init(&s->slot_lock, NULL);
	pthread_mutex_init(&s->readers_lock, NULL);
	char *real = realpath(dir, NULL); /* it is opened again after a repack, wherever the program is by then */
	ax_buf_printf(&path, "%s/store", real ? real : dir);
	free(real);
	s->path = ax_buf_cstr(&path) ? strdup(ax_buf_cstr(&path)) : NULL;
	ax_buf_fini(&path);
	e = s->path ? open_present(&env, s) : ax_fail(AX_ENOMEM, "out of memory");
	if (e == AX_ENOREPO)
		e = ax_fail(e, "%s: not an apexfs repository", dir);
	atomic_store(&s->env, e ? NULL : env);
	if (e)
		ax_store_close(s);
	else
		*out = s;
	return e;
}

enum ax_err ax_store_open_sized(struct ax_store **out, const char *dir, bool read_only, size_t map_size)
{
	return open_store(out, dir, read_only, map_size, NULL);
}

enum ax_err ax_store_open(struct ax_store **out, const char *dir, bool read_only)
{
	return ax_store_open_sized(out, dir, read_only, (size_t)1 << AX_MAP_MAX_SHIFT);
}

enum ax_err ax_store_open_lockless(struct ax_store **out, const char *dir, const struct ax_slot *slot)
{
	return open_store(out, dir, true, (size_t)1 << AX_MAP_MAX_SHIFT, slot);
}

void ax_store_close(struct ax_store *s)
{
	if (!s)
		return;
	for (struct ax_env *e = atomic_load(&s->env), *before; e; e = before) {
		before = e->before;
		ax_env_free(e);
	}
	pthread_mutex_destroy(&s->move_lock);
	pthread_mutex_destroy(&s->commit_lock);
	pthread_mutex_destroy(&s->slot_lock);
	pthread_mutex_destroy(&s->readers_lock);
	free(s->path);
	free(s);
}

const char *ax_store_path(const struct ax_store *s)
{
	return s->path;
}

uint64_t ax_store_epoch(const struct ax_store *s)
{
	return atomic_load(&s->env)->epoch;
}

/* The present environment, counted in: its memory stays until the end, so a glance at one that was just retired does
 * no harm. */
static struct ax_env *enter(struct ax_store *s)
{
	for (;;) {
		struct ax_env *e = atomic_load(&s->env);
		ax_env_enter(e);
		if (atomic_load(&s->env) == e)
			return e;
		ax_env_leave(e);
	}
}

/* What we are on was moved: be on what came in its place. */
static enum ax_err follow(struct ax_store *s, struct ax_env *moved)
{
	struct ax_env *next;
	enum ax_err e = AX_OK;
	pthread_mutex_lock(&s->move_lock);
	/* A store without slots leaves it to who holds its slot, and goes there itself, to see the move through. */
	if (atomic_load(&s->env) == moved && !s->slot.take)
		e = ax_env_finish_move(s->path, moved->dev, moved->ino);
	if (atomic_load(&s->env) == moved && !e && !(e = open_present(&next, s))) {
		next->before = moved;
		atomic_store(&s->env, next);
		ax_env_retire(moved);
	}
	pthread_mutex_unlock(&s->move_lock);
	return e;
}

uint64_t ax_store_last_txn(struct ax_store *s)
{
	MDB_envinfo info;
	struct ax_env *e = enter(s);
	mdb_env_info(e->env, &info);
	uint64_t id = e->epoch << AX_EPOCH_SHIFT | info.me_last_txnid;
	ax_env_leave(e);
	return id;
}

void ax_store_usage(struct ax_store *s, uint64_t *used, uint64_t *size)
{
	MDB_envinfo info;
	MDB_stat st;
	struct ax_env *e = enter(s);
	mdb_env_info(e->env, &info);
	mdb_env_stat(e->env, &st);
	ax_env_leave(e);
	*used = (uint64_t)(info.me_last_pgno + 1) * st.ms_psize;
	*size = info.me_mapsize;
}

enum ax_err ax_store_clear_stale(struct ax_store *s)
{
	int dead;
	struct ax_env *e = enter(s);
	int rc = mdb_reader_check(e->env, &dead);
	ax_env_leave(e);
	return rc ? fail(s, "cannot clear stale readers", rc) : AX_OK;
}

enum ax_err ax_store_sync(struct ax_store *s)
{
	struct ax_env *e = enter(s);
	int rc = mdb_env_sync(e->env, 1);
	ax_env_leave(e);
	return rc ? fail(s, "cannot sync", rc) : AX_OK;
}

/* -- transactions ----------------------------------------------------------------------------------------- */

/* Let go of the environment a transaction was on. */
static void drop(struct ax_txn *t)
{
	if (t->txn)
		mdb_txn_abort(t->txn);
	t->txn = NULL;
	if (t->env)
		ax_env_put_handle(t->env);
	t->env = NULL;
}

static uint64_t newest(struct ax_env *e)
{
	MDB_envinfo info;
	mdb_env_info(e->env, &info);
	return info.me_last_txnid;
}

/* LMDB's part of beginning. Without a slot of our own, the meta page that we read the state from may have been
 * written over meanwhile; it was not if its state is still the newest. We are among the readers before anybody can
 * ask who is. */
static int begin_lmdb(struct ax_txn *t, unsigned flags)
{
	struct ax_store *s = t->store;
	if (!s->slot.take)
		return t->txn ? mdb_txn_renew(t->txn) : mdb_txn_begin(t->env->env, NULL, flags, &t->txn);
	pthread_mutex_lock(&s->readers_lock);
	int rc;
	while (!(rc = t->txn ? mdb_txn_renew(t->txn) : mdb_txn_begin(t->env->env, NULL, flags, &t->txn)) &&
	       newest(t->env) != mdb_txn_id(t->txn))
		mdb_txn_reset(t->txn);
	if (!rc) {
		t->seen = t->env->epoch << AX_EPOCH_SHIFT | mdb_txn_id(t->txn);
		t->next = s->readers;
		t->link = &s->readers;
		if (t->next)
			t->next->link = &t->next;
		s->readers = t;
	}
	pthread_mutex_unlock(&s->readers_lock);
	return rc;
}

/* It reads no longer. */
static void leave_readers(struct ax_txn *t)
{
	if (!t->store->slot.take)
		return;
	pthread_mutex_lock(&t->store->readers_lock);
	if (t->link) { /* others set it, too: they come before us */
		*t->link = t->next;
		if (t->next)
			t->next->link = t->link;
		t->link = NULL;
	}
	pthread_mutex_unlock(&t->store->readers_lock);
}

/* Is what we read durable? It was seen by nobody else before; then wait a moment until it is. *again: begin anew. */
static enum ax_err confirm(struct ax_txn *t, bool *again, unsigned *waits)
{
	const struct timespec moment = { .tv_nsec = 500000 };
	struct ax_store *s = t->store;
	enum ax_err e = AX_OK;
	*again = false;
	if (!s->slot.take || t->seen <= atomic_load(&s->taken))
		return AX_OK;
	e = take_slot(s, t->seen);
	if (e || t->seen <= atomic_load(&s->taken))
		return e;
	if ((*waits)++ == CONFIRM_WAITS)
		return ax_fail(AX_EIO, "%s: a commit was begun to be written and does not come to its end", s->path);
	*again = true;
	nanosleep(&moment, NULL);
	return AX_OK;
}

static bool is_read_before(struct ax_store *s, uint64_t id)
{
	bool any = false;
	pthread_mutex_lock(&s->readers_lock);
	for (const struct ax_txn *t = s->readers; t; t = t->next)
		any |= t->seen < id;
	pthread_mutex_unlock(&s->readers_lock);
	return any;
}

void ax_store_slot_use(struct ax_store *s, uint64_t *readers, uint64_t *behind)
{
	uint64_t newest_id = ax_store_last_txn(s), held;
	*readers = 0;
	pthread_mutex_lock(&s->readers_lock);
	for (const struct ax_txn *t = s->readers; t; t = t->next)
		++*readers;
	pthread_mutex_unlock(&s->readers_lock);
	pthread_mutex_lock(&s->slot_lock);
	held = s->held;
	pthread_mutex_unlock(&s->slot_lock);
	/* an environment further on there is no counting */
	bool same = newest_id >> AX_EPOCH_SHIFT == held >> AX_EPOCH_SHIFT;
	*behind = newest_id <= held || !s->slot.take ? 0 : same ? newest_id - held : 1;
}

enum ax_err ax_store_keep_up(struct ax_store *s)
{
	enum ax_err e = AX_OK;
	if (!s->slot.take)
		return AX_OK;
	pthread_mutex_lock(&s->slot_lock);
	if (s->taken == s->held && ax_store_last_txn(s) != s->held)
		e = take_locked(s, 0);
	if (!e && s->taken != s->held && !is_read_before(s, s->taken)) {
		e = s->slot.release(s->slot.ctx);
		s->held = e ? s->held : s->taken;
	}
	pthread_mutex_unlock(&s->slot_lock);
	return e;
}

/* Be on the present environment, counted in. */
static void board(struct ax_txn *t)
{
	struct ax_env *e = enter(t->store);
	if (t->env == e)
		return;
	drop(t);
	t->env = e;
	atomic_fetch_add(&e->handles, 1);
}

/* What LMDB would not begin with: mend it, or say why it can't be. */
static enum ax_err mend(struct ax_txn *t, int rc, unsigned *tries)
{
	int dead;
	if (rc == MDB_MAP_RESIZED && (*tries)++ < 8)
		return ax_env_grow_map(t->env);
	if (rc == MDB_READERS_FULL && (*tries)++ < 1) {
		mdb_reader_check(t->env->env, &dead);
		return AX_OK;
	}
	if (rc == MDB_READERS_FULL)
		return ax_fail(AX_ELIMIT, "%s: all readers' places are taken", ax_store_path(t->store));
	return ax_env_fail(t->env, "cannot begin a transaction", rc);
}

/* Let go of what was begun. */
static void unbegin(struct ax_txn *t)
{
	leave_readers(t);
	mdb_txn_abort(t->txn);
	t->txn = NULL;
}

/* Begin t->txn, or renew it when it is there already. */
static enum ax_err begin(struct ax_txn *t, unsigned flags)
{
	enum ax_err e = AX_OK;
	for (unsigned tries = 0, waits = 0; !e;) {
		bool moved = false, again = false;
		board(t);
		int rc = begin_lmdb(t, flags);
		if (!rc && !(e = confirm(t, &again, &waits)) && !again &&
		    !(e = ax_env_is_moved(&moved, t->env, t->txn)) && !moved) {
			t->live = true;
			return AX_OK;
		}
		struct ax_env *left = t->env;
		if (!rc)
			unbegin(t);
		ax_env_leave(left);
		if (!e && !again)
			e = moved ? follow(t->store, left) : mend(t, rc, &tries);
	}
	return e;
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
	if (e) {
		drop(t);
		free(t);
	} else {
		*out = t;
	}
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
	mdb_env_info(t->env->env, &info);
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
	leave_readers(t);
	mdb_txn_reset(t->txn);
	t->live = false;
	ax_env_leave(t->env);
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
	return t->env->epoch << AX_EPOCH_SHIFT | mdb_txn_id(t->txn);
}

struct ax_store *ax_txn_store(const struct ax_txn *t)
{
	return t->store;
}

struct ax_env *ax_txn_env(const struct ax_txn *t)
{
	return t->env;
}

MDB_txn *ax_txn_lmdb(const struct ax_txn *t)
{
	return t->txn;
}

struct ax_log_place *ax_txn_log_place(struct ax_txn *t)
{
	return &t->log;
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
		mdb_env_set_flags(t->env->env, MDB_NOSYNC, 1);
	int rc = mdb_txn_commit(t->txn);
	if (t->nosync)
		mdb_env_set_flags(t->env->env, MDB_NOSYNC, 0);
	pthread_mutex_unlock(&s->commit_lock);
	t->txn = NULL;
	if (t->live)
		ax_env_leave(t->env);
	drop(t);
	free(t);
	return rc ? fail(s, "cannot commit", why_not_written(s, rc)) : AX_OK;
}

void ax_txn_abort(struct ax_txn *t)
{
	if (!t)
		return;
	leave_readers(t);
	mdb_txn_abort(t->txn);
	t->txn = NULL;
	if (t->live)
		ax_env_leave(t->env);
	drop(t);
	free(t);
}
