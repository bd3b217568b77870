/* Tags: what is read as one is written as the same bytes. */
#include "core/tag.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ax_tag tag;
	struct ax_buf text = AX_BUF_INIT;
	if (ax_hash_init())
		abort();
	if (!ax_tag_decode(&tag, ax_slice(data, size))) {
		if (ax_tag_encode(&text, &tag) || !ax_slice_eq(ax_buf_view(&text), ax_slice(data, size)))
			abort();
		ax_tag_fini(&tag);
	}
	ax_buf_fini(&text);
	return 0;
}
