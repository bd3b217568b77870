/* times.h - modification times that somebody gave to files of a mount (utimens): so that what `rsync -a` copied into
 * it is still known as copied after the next mount.
 *
 * A side table of the store, outside everything hashed; it is not a ref, makes no log entry and is not copied to
 * other repositories. A key is a number that names a file for ever; a time holds for one version of it, and the
 * reader of the table says which that is now.
 * Main table: 'u' key u64 -> version u64, seconds u64, nanoseconds u32.
 * Sits on store.h. Threads: as the transaction. Limits: the writer's (the mount keeps at most TIMES_MAX). */
#ifndef AX_TIMES_H
#define AX_TIMES_H

#include "core/store.h"

struct ax_file_time {
	uint64_t key, version;
	int64_t s;
	uint32_t ns;
};

AX_MUST enum ax_err ax_file_time_put(struct ax_txn *t, const struct ax_file_time *f);
/* The first whose key is >= *key, which then becomes the next key to ask for. AX_ENOENT: no more. */
AX_MUST enum ax_err ax_file_time_next(struct ax_file_time *out, uint64_t *key, struct ax_txn *t);
/* Forget all. */
AX_MUST enum ax_err ax_file_time_clear(struct ax_txn *t);

#endif
