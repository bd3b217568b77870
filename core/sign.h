/* sign.h - Ed25519 signatures of commits and tags, kept beside them: any commit can be signed, at any time, by
 * several keys, and no id changes. With hash.h the only core file that includes libsodium.
 *
 *     signed bytes = "apexfs signature 1" 00 | kind u8 | id 32         a commit's id covers its tree and all before
 * it table main: 'g' id public key -> 1 u8 | signature 64
 *
 * Keys are lines of text; a file of trusted keys has one a line, and comments that begin with #:
 *
 *     ed25519 HEX NAME                  public: who is trusted, and what to call him
 *     ed25519-secret HEX                secret: the seed; the file is its owner's alone
 *
 * Whom to trust is told by whoever verifies; nothing in a repository says it. */
#ifndef AX_SIGN_H
#define AX_SIGN_H

#include "core/commit.h"

enum { AX_KEY_SIZE = 32, AX_SIGNATURE_SIZE = 64, AX_KEY_LABEL_MAX = 100, AX_KEYS_MAX = 10000 };

struct ax_public_key {
	uint8_t b[AX_KEY_SIZE];
	char name[AX_KEY_LABEL_MAX + 1];
};

/* Wipe it with ax_secret_wipe when done. */
struct ax_secret_key {
	uint8_t seed[AX_KEY_SIZE];
};

struct ax_keys {
	struct ax_public_key *v;
	size_t n, cap;
};

/* A new key from the system's random numbers. */
void ax_secret_make(struct ax_secret_key *out);
void ax_secret_wipe(struct ax_secret_key *key);
/* The public half; its name is left empty. */
void ax_secret_public(struct ax_public_key *out, const struct ax_secret_key *key);
/* The lines above, with LF. The caller wipes what holds a secret. */
void ax_secret_text(struct ax_buf *out, const struct ax_secret_key *key);
void ax_public_text(struct ax_buf *out, const struct ax_public_key *key);
/* A secret key's file: one such line, comments allowed. AX_EINVAL. */
AX_MUST enum ax_err ax_secret_parse(struct ax_secret_key *out, struct ax_slice text);
/* A file of trusted keys; added to those that are there. AX_EINVAL with the line, also if there is none. */
AX_MUST enum ax_err ax_keys_parse(struct ax_keys *out, struct ax_slice text);
void ax_keys_fini(struct ax_keys *keys);

/* Sign a commit or tag: the note is written in t. Signing again does nothing new. */
AX_MUST enum ax_err ax_sign(struct ax_txn *t, enum ax_kind kind, const struct ax_id *id,
			    const struct ax_secret_key *key);
/* The next signature of an object, by order of keys; key zeroed to begin with. AX_ENOENT at the end. */
AX_MUST enum ax_err ax_sign_next(struct ax_public_key *key, uint8_t signature[AX_SIGNATURE_SIZE], struct ax_txn *t,
				 const struct ax_id *id, bool first);

/* Keep a signature that was made elsewhere, if it is one (*good) of an object that is here. */
AX_MUST enum ax_err ax_sign_put(bool *good, struct ax_txn *t, enum ax_kind kind, const struct ax_id *id,
				const struct ax_public_key *key, const uint8_t signature[AX_SIGNATURE_SIZE]);

/* Sign, and check, an id for another purpose than that of a commit's signature: "<domain>" 00 | id. */
void ax_sign_text(uint8_t signature[AX_SIGNATURE_SIZE], const char *domain, const struct ax_id *id,
		  const struct ax_secret_key *key);
bool ax_sign_text_check(const char *domain, const struct ax_id *id, const struct ax_public_key *key,
			const uint8_t signature[AX_SIGNATURE_SIZE]);

enum ax_signed { AX_SIGNED_NOT, AX_SIGNED_FOREIGN, AX_SIGNED_BAD, AX_SIGNED_GOOD };

/* What the signatures of an object are worth to who trusts these keys: the best of them. *by (may be NULL): the key
 * it is by; for a foreign one its name is empty. */
AX_MUST enum ax_err ax_sign_check(enum ax_signed *out, struct ax_public_key *by, struct ax_txn *t, enum ax_kind kind,
				  const struct ax_id *id, const struct ax_keys *trusted);

struct ax_idset;
/* Is the commit stored under `local` the one of this id, its tree whole, and signed by one of the keys? AX_ECHECK
 * with the sentence that names it: unsigned, altered, or signed by foreign keys only. seen: nodes that were verified.
 */
AX_MUST enum ax_err ax_sign_verify(struct ax_public_key *by, struct ax_txn *t, uint64_t local, const struct ax_id *id,
				   const struct ax_keys *trusted, struct ax_idset *seen);
/* The same for all that lead to a commit, newest first, down to those that `since` (0: none) has. *n: how many. */
AX_MUST enum ax_err ax_sign_verify_chain(uint64_t *n, struct ax_txn *t, uint64_t local, const struct ax_id *id,
					 uint64_t since, const struct ax_keys *trusted);

#endif
