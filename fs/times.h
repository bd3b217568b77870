/* times.h - modification times that utimens gave to records, so that `rsync -a` into the mount is idempotent:
 * (branch, name, version) -> time. A time goes when the record changes. Threads: belongs to mount.lock. Limits:
 * TIMES_MAX, the table is emptied when it is full. It lives as long as the mount. */
#ifndef FS_TIMES_H
#define FS_TIMES_H

#include "core/bytes.h"

#include <time.h>

enum { TIMES_MAX = 1 << 17 };

struct times {
	struct times_entry *entry; /* open addressing; owned */
	size_t n, cap;
};

void times_fini(struct times *t);
/* ino is the record's st_ino: (branch, name) in one number. */
void times_set(struct times *t, uint64_t ino, uint64_t version, struct timespec mtime);
bool times_get(struct timespec *mtime, const struct times *t, uint64_t ino, uint64_t version);

#endif
