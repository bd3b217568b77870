#include "dnsd/canary.h"

#include <string.h>

#include "core/hash.h"

enum ax_err canary_parts(uint32_t *parts, const char *text)
{
	uint32_t v = 0, digits = 0, after = 0;
	bool point = false;
	const char *p = text;
	*parts = 0;
	for (; *p && v <= CANARY_PARTS; p++) {
		if (*p == '.' && !point && digits) {
			point = true;
			continue;
		}
		if (*p < '0' || *p > '9' || after == 2)
			break;
		v = 10 * v + (uint32_t)(*p - '0');
		digits++;
		after += point;
	}
	for (uint32_t i = after; i < 2 && v <= CANARY_PARTS; i++)
		v *= 10;
	if (*p || !digits || (point && !after) || v > CANARY_PARTS)
		return ax_fail(AX_EINVAL, "not a percentage from 0 to 100 with at most two decimals: `%s`", text);
	*parts = v;
	return AX_OK;
}

void canary_init(struct canary *c, const char *salt, uint32_t parts)
{
	ax_hash_salt(c->key, ax_slice_str(salt));
	c->below = parts;
}

uint64_t canary_hash(const uint8_t key[16], const struct net *client)
{
	struct net n = net_cut(client, client->family == 4 ? CANARY_BITS_4 : CANARY_BITS_6);
	uint8_t bytes[1 + 6] = { n.family };
	size_t size = n.family == 4 ? CANARY_BITS_4 / 8 : CANARY_BITS_6 / 8;
	memcpy(bytes + 1, n.b, size);
	return ax_hash_sip(key, ax_slice(bytes, 1 + size));
}

bool canary_takes(const struct canary *c, const struct net *client)
{
	return c->below && client->family && canary_hash(c->key, client) % CANARY_PARTS < c->below;
}
