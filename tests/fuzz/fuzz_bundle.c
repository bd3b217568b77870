/* Bundles: any bytes behind a true end are read within their bounds, and every edit that is told is whole. */
#include "core/bundle.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum ax_err look(void *ctx, const struct ax_bundle_record *r)
{
	struct ax_reader edits = ax_reader(r->edits);
	struct ax_slice key, value;
	bool bad = false;
	uint64_t n = 0;
	(void)ctx;
	while (ax_bundle_edit(&key, &value, &bad, &edits)) {
		n++;
		if (key.p < r->edits.p || value.p + value.n > r->edits.p + r->edits.n)
			abort();
	}
	if (bad || n != r->edits_n || strlen(r->path) > AX_REF_PATH_MAX)
		abort();
	return AX_OK;
}

/* The fuzzer need not find the hash at the end. */
static enum ax_err with_end(const uint8_t *data, size_t size)
{
	struct ax_buf b = AX_BUF_INIT;
	ax_buf_str(&b, "apexfs bundle 1\n");
	ax_buf_put(&b, data, size);
	struct ax_id end = ax_hash_bytes(ax_buf_view(&b));
	ax_buf_u8(&b, 'E');
	ax_buf_u8(&b, AX_ID_SIZE);
	ax_buf_put(&b, end.b, AX_ID_SIZE);
	enum ax_err e = ax_buf_check(&b);
	if (!e)
		e = ax_bundle_read(ax_buf_view(&b), look, NULL);
	ax_buf_fini(&b);
	return e;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (ax_hash_init())
		abort();
	(void)!ax_bundle_read(ax_slice(data, size), look, NULL);
	(void)!with_end(data, size);
	return 0;
}
