/* store_internal.h - what the log needs of the store, and tests of a full or a grown map. */
#ifndef AX_STORE_INTERNAL_H
#define AX_STORE_INTERNAL_H

#include "store.h"

AX_MUST enum ax_err ax_store_open_sized(struct ax_store **out, const char *dir, bool read_only, size_t map_size);
/* How many records of the store's local ids were read by the calling thread: for tests and benchmarks. */
uint64_t ax_store_reads(void);

/* The store's own pairs in main. */
AX_MUST enum ax_err ax_txn_get_own(struct ax_slice *out, struct ax_txn *t, const char *name);
AX_MUST enum ax_err ax_txn_put_own(struct ax_txn *t, const char *name, struct ax_slice value);

/* Own pair "~swept": the number, u64, of the last log entry when commits were dropped. */
extern const char ax_swept_key[];

/* Where the transaction's last look at the log ended; seq 0: nowhere yet. */
struct ax_log_place {
	uint64_t seq, id;
};
struct ax_log_place *ax_txn_log_place(struct ax_txn *t);

#endif
