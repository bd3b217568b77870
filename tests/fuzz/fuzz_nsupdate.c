/* Any text as a script of nsupdate: commands whose parts are well-formed, or a refusal with a sentence. */
#include "core/nsupdate.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum ax_err look(void *ctx, const struct ax_nsupdate_command *c)
{
	(void)ctx;
	if (c->has_rdata && ax_rdata_check(c->type, c->rdata))
		abort();
	if (c->verb == AX_NSUPDATE_ADD && (!c->has_rdata || c->ttl_s > 0x7fffffff || !ax_type_storable(c->type)))
		abort();
	return AX_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (ax_nsupdate_read(ax_slice(data, size), "fuzz", look, NULL) && !*ax_err_text(AX_EINVAL))
		abort();
	return 0;
}
