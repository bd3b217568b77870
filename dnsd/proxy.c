#include "dnsd/proxy.h"

#include <netinet/in.h>
#include <string.h>

enum { VERSION = 2, LOCAL = 0, PROXY = 1, FAMILY_4 = 1, FAMILY_6 = 2, ADDRESSES_4 = 12, ADDRESSES_6 = 36 };

static const uint8_t signature[12] = { 0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a };

/* The source address and port; false: there is not enough of it. */
static bool take_source(struct sockaddr_storage *client, unsigned family, struct ax_slice said)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	if (family == FAMILY_4) {
		if (said.n < ADDRESSES_4)
			return false;
		memcpy(&in.sin_addr, said.p, 4);
		memcpy(&in.sin_port, said.p + 8, 2);
		memcpy(client, &in, sizeof in);
	} else if (family == FAMILY_6) {
		if (said.n < ADDRESSES_6)
			return false;
		memcpy(&in6.sin6_addr, said.p, 16);
		memcpy(&in6.sin6_port, said.p + 32, 2);
		memcpy(client, &in6, sizeof in6);
	}
	return true;
}

enum proxy proxy_read(struct sockaddr_storage *client, size_t *n, struct ax_slice bytes)
{
	size_t known = bytes.n < sizeof signature ? bytes.n : sizeof signature;
	*n = PROXY_FIXED;
	if (known && memcmp(bytes.p, signature, known) != 0)
		return PROXY_BAD;
	if (bytes.n < PROXY_FIXED)
		return PROXY_MORE;
	unsigned command = bytes.p[12] & 15;
	*n = PROXY_FIXED + (size_t)ax_be16(bytes.p + 14);
	if (bytes.p[12] >> 4 != VERSION || command > PROXY || *n > PROXY_MAX)
		return PROXY_BAD;
	if (bytes.n < *n)
		return PROXY_MORE;
	if (command == LOCAL)
		return PROXY_DONE;
	struct ax_slice said = ax_slice(bytes.p + PROXY_FIXED, *n - PROXY_FIXED);
	return take_source(client, bytes.p[13] >> 4, said) ? PROXY_DONE : PROXY_BAD;
}
