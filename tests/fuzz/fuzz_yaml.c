/* A configuration of any bytes is taken or refused with a reason; no file but the databases it names is opened. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/hash.h"
#include "dnsd/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct conf *c = calloc(1, sizeof *c);
	assert(c && ax_hash_init() == AX_OK);
	c->routing = routing_new();
	assert(c->routing);
	enum ax_err e = yaml_take(c, "fuzz", ax_slice(data, size));
	if (e == AX_OK)
		assert(c->listeners > 0 && c->routing->arms > 0);
	else
		assert(strncmp(ax_err_text(e), "fuzz", 4) == 0);
	conf_fini(c);
	free(c);
	return 0;
}
