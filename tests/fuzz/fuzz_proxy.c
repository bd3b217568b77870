/* A PROXY header of any bytes, as one piece and as it grows: the verdict is the same, an octet more is only asked for
 * when it is needed, and what is told of is an address. */
#include <assert.h>
#include <netinet/in.h>
#include <string.h>

#include "dnsd/proxy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sockaddr_storage client = { .ss_family = AF_INET }, grown = { .ss_family = AF_INET };
	size_t n, asked = PROXY_FIXED;
	enum proxy whole = proxy_read(&client, &n, ax_slice(data, size)), part = PROXY_MORE;
	assert(client.ss_family == AF_INET || client.ss_family == AF_INET6);
	assert(whole != PROXY_DONE || (n >= PROXY_FIXED && n <= PROXY_MAX && n <= size));
	assert(whole != PROXY_MORE || (n > size && n <= PROXY_MAX));
	for (size_t i = 0; part == PROXY_MORE && i <= size; i++) {
		part = proxy_read(&grown, &n, ax_slice(data, i));
		assert(part == PROXY_BAD || n >= asked);
		asked = n;
	}
	assert(part == whole && memcmp(&client, &grown, sizeof client) == 0);
	return 0;
}
