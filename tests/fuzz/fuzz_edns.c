/* The options of an OPT, any bytes, and what is said back: it fits where there is room for it and is well-formed, in
 * UDP, TCP and TLS, with an identity and cookies or without. The first octet chooses; the next is how little room
 * there is beyond what must fit. Its top bit set, the rest is a file of cookie secrets instead. */
#include <assert.h>
#include <netinet/in.h>
#include <string.h>

#include "dnsd/edns.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

static struct identity identity;
static struct cookies cookies;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	enum ax_err e = ax_hash_init();
	if (!e)
		e = identity_nsid(&identity, "fuzz");
	if (!e)
		e = cookie_secrets(
			&cookies, ax_slice_str("00112233445566778899aabbccddeeff\nffeeddccbbaa99887766554433221100"));
	assert(e == AX_OK);
	return 0;
}

static void check_options(const uint8_t *p, size_t n)
{
	while (n) {
		assert(n >= 4);
		size_t value = ax_be16(p + 2);
		assert(n - 4 >= value);
		p += 4 + value;
		n -= 4 + value;
	}
}

static void answer(struct edns *e, unsigned choice, unsigned spare)
{
	static uint8_t message[EDNS_UDP + 4 * EDNS_PADDING_BLOCK];
	enum { QUESTION = 40 };
	static const struct identity nobody;
	static const struct cookies none;
	struct sockaddr_in6 six = { .sin6_family = AF_INET6 };
	struct sockaddr_in four = { .sin_family = AF_INET };
	enum transport transport = (choice >> 1 & 3) % 3;
	edns_take(e, choice & 8 ? &identity : &nobody, choice & 16 ? &cookies : &none,
		  choice & 1 ? (struct sockaddr *)&four : (struct sockaddr *)&six, transport, choice & 32 ? 100 : -1);
	if (e->asks & EDNS_SUBNET && e->subnet.n >= 4 && e->subnet.n <= SUBNET_MAX)
		e->reply.says |= EDNS_SUBNET;
	if (e->asks & EDNS_ZONEVERSION)
		e->reply.says |= EDNS_ZONEVERSION;
	if (choice & 64)
		edns_error(e, EDE_NOT_READY);
	size_t room = edns_room(e), max = QUESTION + room + spare;
	size_t n = edns_put(message, QUESTION, max, e, 0xfff);
	assert(n <= max && n >= QUESTION + EDNS_OPT);
	assert(ax_be16(message + QUESTION + EDNS_OPT - 2) == n - QUESTION - EDNS_OPT);
	check_options(message + QUESTION + EDNS_OPT, n - QUESTION - EDNS_OPT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct edns e;
	struct cookies c;
	if (size < 2)
		return 0;
	if (data[0] & 128) {
		enum ax_err read = cookie_secrets(&c, ax_slice(data + 1, size - 1));
		assert(read == AX_EINVAL || (read == AX_OK && c.n > 0 && c.n <= COOKIE_SECRETS_MAX));
		return 0;
	}
	memset(&e, 0, sizeof e);
	if (!edns_read(&e, 1232, 0x8000, ax_slice(data + 2, size - 2)) || e.malformed)
		return 0;
	answer(&e, data[0], data[1]);
	return 0;
}
