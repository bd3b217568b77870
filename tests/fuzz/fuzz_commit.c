/* Any bytes as a commit: what is taken must come out again byte for byte. */
#include "core/commit.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ax_commit c;
	struct ax_buf again = AX_BUF_INIT;
	if (ax_hash_init() || ax_commit_decode(&c, ax_slice(data, size)))
		return 0;
	if (ax_commit_encode(&again, &c) || !ax_slice_eq(ax_buf_view(&again), ax_slice(data, size)))
		abort();
	ax_buf_fini(&again);
	ax_commit_fini(&c);
	return 0;
}
