#include "dnsd/identity.h"

#include <stdlib.h>
#include <string.h>

enum ax_err identity_nsid(struct identity *id, const char *text)
{
	size_t n = strlen(text);
	bool hex = strncmp(text, "0x", 2) == 0;
	if (hex && (n % 2 || n == 2 || strspn(text + 2, "0123456789abcdefABCDEF") != n - 2))
		return ax_fail(AX_EINVAL, "not bytes in hexadecimal: `%s`", text);
	size_t octets = hex ? n / 2 - 1 : n;
	if (octets == 0 || octets > IDENTITY_NSID_MAX)
		return ax_fail(AX_EINVAL, "an NSID has 1 to %d octets, not %zu", IDENTITY_NSID_MAX, octets);
	if (!hex)
		memcpy(id->nsid, text, n);
	for (size_t i = 0; hex && i < octets; i++) {
		char pair[3] = { text[2 + 2 * i], text[3 + 2 * i], 0 };
		id->nsid[i] = (uint8_t)strtoul(pair, NULL, 16);
	}
	id->nsid_n = (uint8_t)octets;
	return AX_OK;
}

enum ax_err identity_text(struct identity_text *out, const char *text)
{
	size_t n = strlen(text);
	if (n == 0 || n > IDENTITY_TEXT_MAX)
		return ax_fail(AX_EINVAL, "a text that is told has 1 to %d octets, not %zu", IDENTITY_TEXT_MAX, n);
	memcpy(out->text, text, n);
	out->n = (uint8_t)n;
	return AX_OK;
}
