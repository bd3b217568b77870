/* store_internal.h - opening a store with a map of a given size: only for tests of a full and of a grown map. */
#ifndef AX_STORE_INTERNAL_H
#define AX_STORE_INTERNAL_H

#include "store.h"

AX_MUST enum ax_err ax_store_open_sized(struct ax_store **out, const char *dir, bool read_only, size_t map_size);
/* How many records of the store's local ids were read by the calling thread: for tests and benchmarks. */
uint64_t ax_store_reads(void);

#endif
