/* times.h - modification times that utimens gave to records, so that `rsync -a` into the mount is idempotent:
 * (branch, name, version) -> time. A time goes when the record changes. The table is kept in the store as well
 * (core/times.h), a second late and many at once: who copies a thousand files waits for no flush, and what a crash
 * takes is copied again.
 * Threads: belongs to mount.lock. Limits: TIMES_MAX, the table is emptied when it is full. */
#ifndef FS_TIMES_H
#define FS_TIMES_H

#include "core/times.h"

#include <time.h>

enum { TIMES_MAX = 1 << 17 };

struct times {
	struct times_entry *entry; /* open addressing; owned */
	size_t n, cap;
	size_t unsaved; /* entries the store does not have */
	bool emptied;   /* what the store has is to be forgotten first */
	uint64_t due;   /* who_clock() when they are to be saved, if there are any */
};

void times_fini(struct times *t);
/* ino is the record's st_ino: (branch, name) in one number. */
void times_set(struct times *t, uint64_t ino, uint64_t version, struct timespec mtime);
bool times_get(struct timespec *mtime, const struct times *t, uint64_t ino, uint64_t version);

/* Begin with what the store has. */
AX_MUST enum ax_err times_load(struct times *t, struct ax_txn *txn);

/* What the store shall get, taken under the lock; written without it. */
struct times_saving {
	struct ax_file_time *v; /* owned */
	size_t n;
	bool clear;
};

/* Without memory nothing is taken, and it is due again a second later. */
void times_take(struct times_saving *out, struct times *t);
AX_MUST enum ax_err times_write(struct times_saving *s, struct ax_store *store);

#endif
