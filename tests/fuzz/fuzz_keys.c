/* Key files: whatever the bytes, what is taken is written back and read as the same. */
#include "core/sign.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ax_keys keys = { 0 }, again = { 0 };
	struct ax_secret_key secret;
	struct ax_buf text = AX_BUF_INIT;
	if (ax_hash_init())
		abort();
	if (!ax_secret_parse(&secret, ax_slice(data, size)))
		ax_secret_wipe(&secret);
	if (!ax_keys_parse(&keys, ax_slice(data, size))) {
		for (size_t i = 0; i < keys.n; i++)
			ax_public_text(&text, &keys.v[i]);
		if (ax_keys_parse(&again, ax_buf_view(&text)) || again.n != keys.n)
			abort();
		for (size_t i = 0; i < keys.n; i++)
			if (memcmp(keys.v[i].b, again.v[i].b, AX_KEY_SIZE) != 0 ||
			    strcmp(keys.v[i].name, again.v[i].name) != 0)
				abort();
	}
	ax_buf_fini(&text);
	ax_keys_fini(&keys);
	ax_keys_fini(&again);
	return 0;
}
