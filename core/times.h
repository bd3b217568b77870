/* times.h - modification times that somebody gave to files of a mount (utimens): so that what `rsync -a` copied into
 * it is still known as copied after the next mount.
 *
 * A side table of the store, outside everything hashed; it is not a ref, makes no log entry and is not copied to
 * other repositories. A file is named by a number for its ref and one for its place in it, for ever; a time holds for
 * one version of it, and the reader of the table says which that is now.
 * Main table: 'u' -> how often the table was written, u64; 'u' ref u64 file u64 -> version u64, seconds u64,
 * nanoseconds u32.
 * Sits on store.h. Threads: as the transaction. Cost: a lookup in the store each. */
#ifndef AX_TIMES_H
#define AX_TIMES_H

#include "core/store.h"

struct ax_file_time {
	uint64_t ref, file, version;
	int64_t s;
	uint32_t ns;
};

/* The number of a zone's ref, "heads/main". */
uint64_t ax_file_time_ref(uint32_t zone, const char *ref);

/* Look up and fill what ref and file name. AX_ENOENT. */
AX_MUST enum ax_err ax_file_time_get(struct ax_file_time *f, struct ax_txn *t);
AX_MUST enum ax_err ax_file_time_put(struct ax_txn *t, const struct ax_file_time *f);
/* Forget at most max times of a ref; *more: there are others. */
AX_MUST enum ax_err ax_file_time_drop(bool *more, struct ax_txn *t, uint64_t ref, size_t max);
/* The first ref that has times and whose number is >= *ref. AX_ENOENT: no more. */
AX_MUST enum ax_err ax_file_time_next_ref(uint64_t *ref, struct ax_txn *t);

/* How often the table was written: another number, and other times may be in it. 0: it is empty. */
AX_MUST enum ax_err ax_file_time_count(uint64_t *out, struct ax_txn *t);
/* Count one more; *out is the count then. */
AX_MUST enum ax_err ax_file_time_written(uint64_t *out, struct ax_txn *t);

#endif
