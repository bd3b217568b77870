/* store.h - the LMDB environment of a repository: transactions, object records, small tables. It hides LMDB.
 *
 *   <repo>/store/data.mdb, lock.mdb      databases:
 *     obj    local id u64 -> record        append only; objects of all kinds (object.h) and the entries of the log,
 *                                          which costs a commit no page more (a log of its own: two or three)
 *     cid    first 8 bytes of a hash -> list of local ids   commits and tags only
 *     gone   8-byte key hash, ~commit id -> nothing          deletions (blame.h)
 *     main   prefix byte + key -> value     refs, zones, settings, serials, plans; ~ is ours
 *
 * Caveats (STORE.md section 3): bytes got from a transaction die at its end and, in a write transaction, at the next
 * write. A read transaction that is kept open makes the file grow: hold none across a wait for a client or a user,
 * reset or renew at least every second. One write transaction at a time over all processes. Do not open a
 * repository twice in one process, nor across fork.
 * Threads: a store may be shared; a transaction belongs to one thread at a time.
 * Durability: a commit is two flushes (full sync); NOSYNC only for a first import, then one sync. */
#ifndef AX_STORE_H
#define AX_STORE_H

#include "core/hash.h"

struct ax_store;
struct ax_txn;

/* The id of a state is that of its transaction below the number of environments before: see ax_store_epoch. */
enum { AX_EPOCH_SHIFT = 40 };

enum ax_table { AX_TABLE_MAIN, AX_TABLE_GONE, AX_TABLE_CID };

/* The first byte of every key in main, so that no two kinds ever meet. Part of the format: apex-repository(7) has
 * what follows each. */
enum ax_main_key {
	AX_MAIN_APPROVAL = 'a',
	AX_MAIN_PROTECTION = 'b',
	AX_MAIN_SETTING = 'c',
	AX_MAIN_DEFAULT_ZONE = 'd',
	AX_MAIN_SIGNATURE = 'g',
	AX_MAIN_HEAD = 'h',
	AX_MAIN_DUE = 'j',
	AX_MAIN_ZONE_NUMBER = 'n',
	AX_MAIN_TAG_OBJECT = 'o',
	AX_MAIN_PLAN = 'p',
	AX_MAIN_REFUSAL = 'r',
	AX_MAIN_SERIAL = 's',
	AX_MAIN_REF = 't', /* behind the serials, as all that a commit moves: often one page for all of it */
	AX_MAIN_TIMES = 'u',
	AX_MAIN_DELETED_REF = 'x',
	AX_MAIN_ZONE = 'z',
};

/* Create <dir>/store and the databases. gid (or (gid_t)-1) and modes as DESIGN section 3: 0700/0600, shared with
 * a group 2770/0660. AX_EEXIST if there is a store. */
AX_MUST enum ax_err ax_store_create(const char *dir, bool shared, uint32_t gid);
/* Open an existing one; stale readers are cleared. AX_ENOREPO if there is none, AX_EVERSION if it is newer than
 * this program. read_only: no write transaction will be begun (the lock file is still written). */
AX_MUST enum ax_err ax_store_open(struct ax_store **out, const char *dir, bool read_only);
/* Who holds a reader's slot for a store that has none of its own, so that what it reads is not overwritten: another
 * process, asked by these (dnsd/keeper.h). Called one at a time. */
struct ax_slot {
	/* Hold one more, on the newest state; *id is as ax_store_last_txn's. A commit can be read without locks
	 * before it is durable, and before who asks for it with locks is given it: `seen` is what was read so, or 0.
	 * Should it never become so, as its writer died, it is to be looked after. */
	enum ax_err (*take)(void *ctx, uint64_t *id, uint64_t seen);
	/* Let go of all but the last: nothing older is read any more. */
	enum ax_err (*release)(void *ctx);
	void *ctx;
};
/* Open it for reading, under somebody else's slot, which outlives it: no file is written or locked, and none is open
 * for writing. Each transaction is as ever; ax_store_keep_up must be called now and then. */
AX_MUST enum ax_err ax_store_open_lockless(struct ax_store **out, const char *dir, const struct ax_slot *slot);
/* Let the slot follow: hold the newest state too, and let go of older ones once nobody here reads them. Cheap if
 * nothing is to be done; it never waits for a reader. Any other store is left alone. */
AX_MUST enum ax_err ax_store_keep_up(struct ax_store *s);
/* Of such a store: how many transactions read now, and how many states the slot is behind the newest. */
void ax_store_slot_use(struct ax_store *s, uint64_t *readers, uint64_t *behind);
void ax_store_close(struct ax_store *s);
/* The id of the last committed transaction: a few loads, no system call. Moves with every commit of any process, and
 * grows when a repack puts another environment in this one's place. */
uint64_t ax_store_last_txn(struct ax_store *s);
/* How many environments came and went before this one: a repack (house.h) puts another one in its place. */
uint64_t ax_store_epoch(const struct ax_store *s);
/* Free the slots of readers that died. Daemons call it each minute. */
AX_MUST enum ax_err ax_store_clear_stale(struct ax_store *s);
/* The folder of the environment, "<repo>/store". Borrowed from s. */
const char *ax_store_path(const struct ax_store *s);
/* Bytes of the map in use and its size: for status and ENOSPC messages. */
void ax_store_usage(struct ax_store *s, uint64_t *used, uint64_t *size);

/* -- the whole of it ------------------------------------------------------------------------------------------ */

struct ax_store_size {
	uint64_t file_bytes, free_bytes, map_bytes; /* free: inside the file, for commits to come */
	uint64_t records, transactions, epoch;
	uint64_t readers, behind; /* transactions that came after what the oldest of them still reads */
};
AX_MUST enum ax_err ax_store_measure(struct ax_store_size *out, struct ax_txn *t);
/* A copy of the newest state, which is a repository by itself, while others read and write. dir must not be there:
 * AX_EEXIST. Whole and flushed, or not at all. It is a long reader meanwhile. */
AX_MUST enum ax_err ax_store_backup(struct ax_store *s, const char *dir);
/* Write all records anew, in order and without gaps, under the same local ids, and put that in the store's place.
 * Writers wait, readers go on; whoever has the store open goes on with the new one by itself. Killed at any moment
 * the store is the old one or the new one. progress may be NULL. */
AX_MUST enum ax_err ax_store_repack(struct ax_store *s, void (*progress)(void *ctx, uint64_t records), void *ctx);

/* -- transactions ----------------------------------------------------------------------------------------- */

AX_MUST enum ax_err ax_txn_read(struct ax_txn **out, struct ax_store *s);
/* Blocks while another writes. nosync: this commit is not flushed; call ax_store_sync after (first import only). */
AX_MUST enum ax_err ax_txn_write(struct ax_txn **out, struct ax_store *s, bool nosync);
AX_MUST enum ax_err ax_store_sync(struct ax_store *s);
/* Renew a read transaction onto the newest state; what it gave out before is dead. */
AX_MUST enum ax_err ax_txn_renew(struct ax_txn *t);
/* Give up the snapshot but keep the reader's slot (then renew). */
void ax_txn_reset(struct ax_txn *t);
/* The id of the state this transaction reads. */
uint64_t ax_txn_id(const struct ax_txn *t);
struct ax_store *ax_txn_store(const struct ax_txn *t);
/* Make durable what was written; t is gone in any case. */
AX_MUST enum ax_err ax_txn_commit(struct ax_txn *t);
/* Drop a write or end a read. NULL is fine. */
void ax_txn_abort(struct ax_txn *t);

/* -- records under local ids ------------------------------------------------------------------------------ */

/* The greatest local id; 0 if there is none. */
AX_MUST enum ax_err ax_txn_last_id(uint64_t *out, struct ax_txn *t);
/* Reserve the next local id. Ids are given in growing order and records must be put in that order. */
AX_MUST enum ax_err ax_txn_next_id(uint64_t *out, struct ax_txn *t);
/* Write a record under an id just reserved (appended), or overwrite one put in this transaction with one of the same
 * length. */
AX_MUST enum ax_err ax_txn_put_object(struct ax_txn *t, uint64_t id, struct ax_slice record);
/* AX_ECORRUPT if there is none: a local id always comes from another record. */
AX_MUST enum ax_err ax_txn_get_object(struct ax_slice *out, struct ax_txn *t, uint64_t id);

/* Walk the records with ids above `after`, in order; what `each` returns other than AX_OK ends it and is handed back.
 */
AX_MUST enum ax_err ax_txn_each_object(struct ax_txn *t, uint64_t after,
				       enum ax_err (*each)(void *ctx, uint64_t id, struct ax_slice record),
				       void *ctx);
/* For housekeeping: what nothing leads to any more; what is kept beside an object. */
AX_MUST enum ax_err ax_txn_delete_object(struct ax_txn *t, uint64_t id);
AX_MUST enum ax_err ax_txn_replace_object(struct ax_txn *t, uint64_t id, struct ax_slice record);
/* Is there such a record? */
AX_MUST enum ax_err ax_txn_has_object(bool *out, struct ax_txn *t, uint64_t id);

/* -- small tables ----------------------------------------------------------------------------------------- */

AX_MUST enum ax_err ax_txn_get(struct ax_slice *out, struct ax_txn *t, enum ax_table table, struct ax_slice key);
/* What is there already is not written again. */
AX_MUST enum ax_err ax_txn_put(struct ax_txn *t, enum ax_table table, struct ax_slice key, struct ax_slice value);
/* AX_ENOENT if it was not there. */
AX_MUST enum ax_err ax_txn_del(struct ax_txn *t, enum ax_table table, struct ax_slice key);
/* The first pair whose key is >= key (with after: > key) and begins with prefix. AX_ENOENT if none. */
AX_MUST enum ax_err ax_txn_seek(struct ax_slice *found_key, struct ax_slice *found_value, struct ax_txn *t,
				enum ax_table table, struct ax_slice prefix, struct ax_slice key, bool after);

/* -- the log ---------------------------------------------------------------------------------------------- */

/* Append an entry; *seq gets its number (from 1). It takes a local id. */
AX_MUST enum ax_err ax_txn_log_append(uint64_t *seq, struct ax_txn *t, struct ax_slice entry);
/* The entry seq, AX_ENOENT beyond the end. Cost: O(log n) reads; one when the transaction's last was seq + 1. */
AX_MUST enum ax_err ax_txn_log_get(struct ax_slice *out, struct ax_txn *t, uint64_t seq);
/* The number of the last entry; 0 if there is none. */
AX_MUST enum ax_err ax_txn_log_last(uint64_t *out, struct ax_txn *t);

#endif
