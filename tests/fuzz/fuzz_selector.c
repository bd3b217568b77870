/* Any text: it is refused, or evaluating what it means ends, twice the same, for queries of both families. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/hash.h"
#include "dnsd/selector.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const client[] = { "192.0.2.1", "2001:db8::/48" };
	static struct asked a;
	struct selector *s;
	assert(ax_hash_init() == AX_OK);
	char *text = malloc(size + 1);
	assert(text);
	memcpy(text, data, size);
	text[size] = 0;
	if (selector_parse(&s, text) == AX_OK) {
		for (unsigned i = 0; i < 2; i++) {
			a.qname = ax_slice("\3www\7Example", 13);
			a.qtype = 28;
			a.qclass = 1;
			a.now_s = 1795615199;
			assert(net_parse(&a.client, client[i], strlen(client[i])) == AX_OK);
			selector_asked(&a);
			bool first = selector_true(s, &a);
			assert(first == selector_true(s, &a));
		}
		selector_free(s);
	}
	free(text);
	return 0;
}
