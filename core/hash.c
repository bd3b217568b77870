#include "core/hash.h"

#include <sodium.h>
#include <string.h>

enum ax_err ax_hash_init(void)
{
	return sodium_init() < 0 ? ax_fail(AX_EINTERNAL, "libsodium cannot start") : AX_OK;
}

struct ax_id ax_hash_object(enum ax_kind kind, struct ax_slice payload)
{
	crypto_generichash_state st;
	struct ax_id id;
	const uint8_t prefix[2] = { AX_FORMAT_VERSION, (uint8_t)kind };
	crypto_generichash_init(&st, NULL, 0, sizeof id.b);
	crypto_generichash_update(&st, prefix, sizeof prefix);
	crypto_generichash_update(&st, payload.p, payload.n);
	crypto_generichash_final(&st, id.b, sizeof id.b);
	return id;
}

struct ax_id ax_hash_bytes(struct ax_slice s)
{
	struct ax_id id;
	crypto_generichash(id.b, sizeof id.b, s.p, s.n, NULL, 0);
	return id;
}

void ax_hash_salt(uint8_t key[16], struct ax_slice salt)
{
	crypto_generichash(key, 16, salt.p, salt.n, NULL, 0);
}

uint64_t ax_hash_sip(const uint8_t key[16], struct ax_slice s)
{
	_Static_assert(crypto_shorthash_BYTES == 8 && crypto_shorthash_KEYBYTES == 16, "SipHash-2-4, 64 bits");
	uint8_t out[8];
	crypto_shorthash(out, s.p, s.n, key);
	uint64_t v = 0;
	for (int i = 7; i >= 0; i--)
		v = v << 8 | out[i];
	return v;
}

bool ax_id_eq(const struct ax_id *a, const struct ax_id *b)
{
	return memcmp(a->b, b->b, sizeof a->b) == 0;
}

bool ax_id_zero(const struct ax_id *a)
{
	return sodium_is_zero(a->b, sizeof a->b);
}

static void hex(char *out, const uint8_t *p, size_t n)
{
	static const char digit[] = "0123456789abcdef";
	for (size_t i = 0; i < n; i++) {
		out[2 * i] = digit[p[i] >> 4];
		out[2 * i + 1] = digit[p[i] & 15];
	}
	out[2 * n] = 0;
}

void ax_id_hex(char out[AX_ID_HEX + 1], const struct ax_id *id)
{
	hex(out, id->b, AX_ID_SIZE);
}

void ax_id_short(char out[AX_ID_SHORT + 1], const struct ax_id *id)
{
	hex(out, id->b, AX_ID_SHORT / 2);
}

enum ax_err ax_id_parse(struct ax_id *out, const char *text)
{
	size_t n = 0;
	*out = (struct ax_id){ 0 };
	if (strlen(text) != AX_ID_HEX || sodium_hex2bin(out->b, sizeof out->b, text, AX_ID_HEX, NULL, &n, NULL) ||
	    n != AX_ID_SIZE)
		return ax_fail(AX_EINVAL, "%.80s: not a full object id", text);
	return AX_OK;
}
