/* hash.h - object identity and the two keyed hashes. The only core file that includes libsodium.
 *
 * An object's id is BLAKE2b-256 over one byte format version (1), one byte kind, and the payload; equal
 * content has an equal id. The split hazard of the tree is the low 32 bits of SipHash-2-4 under a fixed
 * public key (apex-repository(7)): both are part of the format and frozen by vectors in tests/core. */
#ifndef AX_HASH_H
#define AX_HASH_H

#include "core/bytes.h"

enum { AX_ID_SIZE = 32, AX_ID_HEX = 64, AX_ID_SHORT = 12, AX_FORMAT_VERSION = 1 };

enum ax_kind { AX_KIND_LEAF = 1, AX_KIND_INNER = 2, AX_KIND_BLOB = 3, AX_KIND_COMMIT = 4, AX_KIND_TAG = 5 };

struct ax_id {
	uint8_t b[AX_ID_SIZE];
};

/* Prepare the library; call once before any other function here. Idempotent, thread-safe. */
AX_MUST enum ax_err ax_hash_init(void);

struct ax_id ax_hash_object(enum ax_kind kind, struct ax_slice payload);
/* BLAKE2b-256 of plain bytes (plans, keys of side tables): no version, no kind. */
struct ax_id ax_hash_bytes(struct ax_slice s);
/* BLAKE2b-128 of plain bytes: a key for ax_hash_sip made of a salt that people choose. */
void ax_hash_salt(uint8_t key[16], struct ax_slice salt);
/* SipHash-2-4 with a 16-byte key. */
uint64_t ax_hash_sip(const uint8_t key[16], struct ax_slice s);

bool ax_id_eq(const struct ax_id *a, const struct ax_id *b);
bool ax_id_zero(const struct ax_id *a);
/* 64 lower-case hex digits and a 0 byte. */
void ax_id_hex(char out[AX_ID_HEX + 1], const struct ax_id *id);
/* 12 lower-case hex digits and a 0 byte: how people are shown an id. */
void ax_id_short(char out[AX_ID_SHORT + 1], const struct ax_id *id);
/* Exactly 64 hex digits, either case. AX_EINVAL else. */
AX_MUST enum ax_err ax_id_parse(struct ax_id *out, const char *hex);

#endif
