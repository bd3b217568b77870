/* times.h - modification times that utimens gave to records, so that `rsync -a` into the mount is idempotent:
 * (branch, name, version) -> time. A time goes when the record changes. They are kept in the store (core/times.h),
 * and until they are there, a second late and many at once, here: who copies a thousand files waits for no flush, and
 * what a crash takes is copied again. Threads: belongs to mount.lock. Limits: TIMES_MAX that are not in the store
 * yet; one more is not kept. */
#ifndef FS_TIMES_H
#define FS_TIMES_H

#include "core/times.h"

#include <time.h>

enum { TIMES_MAX = 1 << 17 };

/* Times by file, in open addressing. */
struct times_map {
	struct ax_file_time *entry; /* owned */
	size_t n, cap;
};

struct times {
	struct times_map fresh, writing; /* not in the store yet; on their way there */
	uint64_t due;                    /* who_clock() when the fresh ones are to be saved, if there are any */
	uint64_t txn;                    /* the state of the store in which `stored` was read */
	uint64_t stored;                 /* ax_file_time_count there */
	uint64_t told;                   /* that count when the kernel last knew of all but our own */
};

void times_fini(struct times *t);
void times_set(struct times *t, const struct ax_file_time *f);
/* The time of the file that f names, if it has one for f's version. */
bool times_get(struct timespec *mtime, struct times *t, struct ax_txn *txn, const struct ax_file_time *f);

/* To save them: begin under the lock, write without it, done under it again. One at a time. */
void times_begin(struct times *t);
AX_MUST enum ax_err times_write(uint64_t *count, const struct times *t, struct ax_store *store);
void times_done(struct times *t, uint64_t count);

#endif
