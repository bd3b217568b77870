#include "core/sign.h"
#include "core/graph.h"
#include "core/idset.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NOTE_VERSION = 1, NOTE_KEY = 1 + AX_ID_SIZE + AX_KEY_SIZE, NOTE_SIZE = 1 + AX_SIGNATURE_SIZE };

/* -- keys --------------------------------------------------------------------------------------------------- */

void ax_secret_make(struct ax_secret_key *out)
{
	randombytes_buf(out->seed, sizeof out->seed);
}

void ax_secret_wipe(struct ax_secret_key *key)
{
	sodium_memzero(key, sizeof *key);
}

void ax_secret_public(struct ax_public_key *out, const struct ax_secret_key *key)
{
	uint8_t whole[crypto_sign_SECRETKEYBYTES];
	*out = (struct ax_public_key){ 0 };
	crypto_sign_seed_keypair(out->b, whole, key->seed);
	sodium_memzero(whole, sizeof whole);
}

static void put_key(struct ax_buf *out, const char *word, const uint8_t bytes[AX_KEY_SIZE])
{
	char hex[2 * AX_KEY_SIZE + 1];
	sodium_bin2hex(hex, sizeof hex, bytes, AX_KEY_SIZE);
	ax_buf_printf(out, "%s %s", word, hex);
	sodium_memzero(hex, sizeof hex);
}

void ax_secret_text(struct ax_buf *out, const struct ax_secret_key *key)
{
	put_key(out, "ed25519-secret", key->seed);
	ax_buf_str(out, "\n");
}

void ax_public_text(struct ax_buf *out, const struct ax_public_key *key)
{
	put_key(out, "ed25519", key->b);
	ax_buf_printf(out, "%s%s\n", key->name[0] ? " " : "", key->name);
}

/* The next line less blanks around it and comments; false at the end. */
static bool next_line(struct ax_slice *out, struct ax_slice *text)
{
	if (!text->n)
		return false;
	const uint8_t *lf = memchr(text->p, '\n', text->n);
	size_t n = lf ? (size_t)(lf - text->p) : text->n;
	*out = ax_slice(text->p, n);
	*text = ax_slice(text->p + n + (lf != NULL), text->n - n - (lf != NULL));
	const uint8_t *hash = out->n ? memchr(out->p, '#', out->n) : NULL;
	out->n = hash ? (size_t)(hash - out->p) : out->n;
	while (out->n && strchr(" \t\r", out->p[out->n - 1]) && out->p[out->n - 1])
		out->n--;
	for (; out->n && (out->p[0] == ' ' || out->p[0] == '\t'); out->n--)
		out->p++;
	return true;
}

/* `WORD HEX`; what follows is left in *line. */
static bool take_key(uint8_t out[AX_KEY_SIZE], struct ax_slice *line, const char *word)
{
	size_t n = strlen(word), got;
	if (line->n < n + 1 + 2 * AX_KEY_SIZE || memcmp(line->p, word, n) != 0 || line->p[n] != ' ')
		return false;
	if (sodium_hex2bin(out, AX_KEY_SIZE, (const char *)line->p + n + 1, 2 * AX_KEY_SIZE, NULL, &got, NULL) ||
	    got != AX_KEY_SIZE)
		return false;
	n += 1 + 2 * AX_KEY_SIZE;
	*line = ax_slice(line->p + n, line->n - n);
	return !line->n || line->p[0] == ' ' || line->p[0] == '\t';
}

enum ax_err ax_secret_parse(struct ax_secret_key *out, struct ax_slice text)
{
	struct ax_slice line;
	bool found = false;
	while (next_line(&line, &text)) {
		if (!line.n)
			continue;
		if (found || !take_key(out->seed, &line, "ed25519-secret") || line.n) {
			ax_secret_wipe(out);
			return ax_fail(AX_EINVAL, "not a secret key: `ed25519-secret` and 64 hex digits are wanted");
		}
		found = true;
	}
	return found ? AX_OK : ax_fail(AX_EINVAL, "there is no secret key in it");
}

static enum ax_err add_key(struct ax_keys *keys, const struct ax_public_key *key)
{
	if (keys->n == AX_KEYS_MAX)
		return ax_fail(AX_ELIMIT, "more than %d keys", AX_KEYS_MAX);
	if (keys->n == keys->cap) {
		size_t cap = keys->cap ? keys->cap * 2 : 8;
		struct ax_public_key *p = realloc(keys->v, cap * sizeof *p);
		if (!p)
			return ax_fail(AX_ENOMEM, "out of memory");
		keys->v = p;
		keys->cap = cap;
	}
	keys->v[keys->n++] = *key;
	return AX_OK;
}

static bool take_name(char name[AX_KEY_LABEL_MAX + 1], struct ax_slice line)
{
	for (; line.n && (line.p[0] == ' ' || line.p[0] == '\t'); line.n--)
		line.p++;
	if (line.n > AX_KEY_LABEL_MAX)
		return false;
	for (size_t i = 0; i < line.n; i++)
		if (line.p[i] < ' ' || line.p[i] == 0x7f)
			return false;
	if (line.n)
		memcpy(name, line.p, line.n);
	name[line.n] = 0;
	return true;
}

enum ax_err ax_keys_parse(struct ax_keys *out, struct ax_slice text)
{
	struct ax_slice line;
	size_t before = out->n;
	enum ax_err e = AX_OK;
	for (unsigned n = 1; !e && next_line(&line, &text); n++) {
		struct ax_public_key key = { 0 };
		if (!line.n)
			continue;
		if (!take_key(key.b, &line, "ed25519") || !take_name(key.name, line))
			return ax_fail(AX_EINVAL, "line %u: not a public key: `ed25519 HEX NAME` is wanted", n);
		e = add_key(out, &key);
	}
	return !e && out->n == before ? ax_fail(AX_EINVAL, "there is no public key in it") : e;
}

void ax_keys_fini(struct ax_keys *keys)
{
	free(keys->v);
	*keys = (struct ax_keys){ 0 };
}

static const struct ax_public_key *find_key(const struct ax_keys *keys, const uint8_t b[AX_KEY_SIZE])
{
	for (size_t i = 0; i < keys->n; i++)
		if (memcmp(keys->v[i].b, b, AX_KEY_SIZE) == 0)
			return &keys->v[i];
	return NULL;
}

/* -- signatures --------------------------------------------------------------------------------------------- */

enum { SIGNED_SIZE = 19 + 1 + AX_ID_SIZE };

static void signed_bytes(uint8_t out[SIGNED_SIZE], enum ax_kind kind, const struct ax_id *id)
{
	static const char domain[19] = "apexfs signature 1";
	memcpy(out, domain, sizeof domain);
	out[sizeof domain] = (uint8_t)kind;
	memcpy(out + sizeof domain + 1, id->b, AX_ID_SIZE);
}

static void note_key(uint8_t k[NOTE_KEY], const struct ax_id *id, const uint8_t key[AX_KEY_SIZE])
{
	k[0] = AX_MAIN_SIGNATURE;
	memcpy(k + 1, id->b, AX_ID_SIZE);
	memcpy(k + 1 + AX_ID_SIZE, key, AX_KEY_SIZE);
}

enum ax_err ax_sign(struct ax_txn *t, enum ax_kind kind, const struct ax_id *id, const struct ax_secret_key *key)
{
	uint8_t public[AX_KEY_SIZE], whole[crypto_sign_SECRETKEYBYTES], text[SIGNED_SIZE], k[NOTE_KEY],
		note[NOTE_SIZE] = { NOTE_VERSION };
	crypto_sign_seed_keypair(public, whole, key->seed);
	signed_bytes(text, kind, id);
	crypto_sign_detached(note + 1, NULL, text, sizeof text, whole);
	sodium_memzero(whole, sizeof whole);
	note_key(k, id, public);
	return ax_txn_put(t, AX_TABLE_MAIN, ax_slice(k, sizeof k), ax_slice(note, sizeof note));
}

enum ax_err ax_sign_put(bool *good, struct ax_txn *t, enum ax_kind kind, const struct ax_id *id,
			const struct ax_public_key *key, const uint8_t signature[AX_SIGNATURE_SIZE])
{
	uint8_t text[SIGNED_SIZE], k[NOTE_KEY], note[NOTE_SIZE] = { NOTE_VERSION };
	uint64_t local;
	*good = false;
	enum ax_err e = ax_object_find(&local, t, id);
	signed_bytes(text, kind, id);
	if (e || crypto_sign_verify_detached(signature, text, sizeof text, key->b))
		return e == AX_ENOENT ? AX_OK : e;
	*good = true;
	note_key(k, id, key->b);
	memcpy(note + 1, signature, AX_SIGNATURE_SIZE);
	return ax_txn_put(t, AX_TABLE_MAIN, ax_slice(k, sizeof k), ax_slice(note, sizeof note));
}

enum { DOMAIN_MAX = 40 };

static size_t domain_bytes(uint8_t out[DOMAIN_MAX + 1 + AX_ID_SIZE], const char *domain, const struct ax_id *id)
{
	size_t n = strnlen(domain, DOMAIN_MAX);
	memcpy(out, domain, n);
	out[n] = 0;
	memcpy(out + n + 1, id->b, AX_ID_SIZE);
	return n + 1 + AX_ID_SIZE;
}

void ax_sign_text(uint8_t signature[AX_SIGNATURE_SIZE], const char *domain, const struct ax_id *id,
		  const struct ax_secret_key *key)
{
	uint8_t public[AX_KEY_SIZE], whole[crypto_sign_SECRETKEYBYTES], text[DOMAIN_MAX + 1 + AX_ID_SIZE];
	size_t n = domain_bytes(text, domain, id);
	crypto_sign_seed_keypair(public, whole, key->seed);
	crypto_sign_detached(signature, NULL, text, n, whole);
	sodium_memzero(whole, sizeof whole);
}

bool ax_sign_text_check(const char *domain, const struct ax_id *id, const struct ax_public_key *key,
			const uint8_t signature[AX_SIGNATURE_SIZE])
{
	uint8_t text[DOMAIN_MAX + 1 + AX_ID_SIZE];
	size_t n = domain_bytes(text, domain, id);
	return !crypto_sign_verify_detached(signature, text, n, key->b);
}

enum ax_err ax_sign_next(struct ax_public_key *key, uint8_t signature[AX_SIGNATURE_SIZE], struct ax_txn *t,
			 const struct ax_id *id, bool first)
{
	uint8_t k[NOTE_KEY];
	struct ax_slice found, note;
	note_key(k, id, key->b);
	*key = (struct ax_public_key){ 0 };
	enum ax_err e = ax_txn_seek(&found, &note, t, AX_TABLE_MAIN, ax_slice(k, 1 + AX_ID_SIZE),
				    ax_slice(k, sizeof k), !first);
	if (e)
		return e;
	if (found.n != NOTE_KEY || note.n != NOTE_SIZE || note.p[0] != NOTE_VERSION)
		return ax_fail(AX_ECORRUPT, "a signature is damaged");
	memcpy(key->b, found.p + 1 + AX_ID_SIZE, AX_KEY_SIZE);
	memcpy(signature, note.p + 1, AX_SIGNATURE_SIZE);
	return AX_OK;
}

enum ax_err ax_sign_check(enum ax_signed *out, struct ax_public_key *by, struct ax_txn *t, enum ax_kind kind,
			  const struct ax_id *id, const struct ax_keys *trusted)
{
	struct ax_public_key key = { 0 };
	uint8_t text[SIGNED_SIZE], signature[AX_SIGNATURE_SIZE];
	enum ax_err e = AX_OK;
	*out = AX_SIGNED_NOT;
	signed_bytes(text, kind, id);
	for (bool first = true; *out != AX_SIGNED_GOOD && !(e = ax_sign_next(&key, signature, t, id, first));
	     first = false) {
		const struct ax_public_key *known = find_key(trusted, key.b);
		bool good = known && !crypto_sign_verify_detached(signature, text, sizeof text, key.b);
		enum ax_signed state = good ? AX_SIGNED_GOOD : known ? AX_SIGNED_BAD : AX_SIGNED_FOREIGN;
		if (state > *out && by)
			*by = known ? *known : key;
		*out = state > *out ? state : *out;
	}
	return e == AX_ENOENT ? AX_OK : e;
}

/* -- verifying ---------------------------------------------------------------------------------------------- */

static enum ax_err refuse(const struct ax_id *id, const char *why)
{
	char hex[AX_ID_HEX + 1];
	ax_id_hex(hex, id);
	return ax_fail(AX_ECHECK, "commit %s: %s", hex, why);
}

static enum ax_err altered(enum ax_err e, const struct ax_id *id)
{
	char why[300];
	if (e != AX_ECORRUPT)
		return e;
	snprintf(why, sizeof why, "altered: %.280s", ax_err_text(e));
	return refuse(id, why);
}

static enum ax_err check_tree(struct ax_txn *t, uint64_t local, struct ax_idset *seen)
{
	struct ax_commit_info info;
	enum ax_err e = ax_commit_info(&info, t, local);
	/* What was pruned can't be altered; the commit vouches for its id still. */
	return e || info.root.node == AX_NODE_PRUNED ? e : ax_tree_verify_shared(t, &info.root, seen);
}

enum ax_err ax_sign_verify(struct ax_public_key *by, struct ax_txn *t, uint64_t local, const struct ax_id *id,
			   const struct ax_keys *trusted, struct ax_idset *seen)
{
	enum ax_signed state;
	struct ax_id now;
	*by = (struct ax_public_key){ 0 };
	enum ax_err e = ax_commit_id(&now, t, local);
	if (!e && !ax_id_eq(&now, id))
		return refuse(id, "altered: it does not hash to its id");
	if (e || (e = ax_sign_check(&state, by, t, AX_KIND_COMMIT, id, trusted)))
		return altered(e, id);
	switch (state) {
	case AX_SIGNED_GOOD:
		return altered(check_tree(t, local, seen), id);
	case AX_SIGNED_BAD:
		return refuse(id, "its signature is not valid");
	case AX_SIGNED_FOREIGN:
		return refuse(id, "signed, but by no key that is trusted");
	default:
		return refuse(id, "unsigned");
	}
}

/* What the commit's text says of its parents is what their ids must be. */
static enum ax_err check_parents(struct ax_txn *t, const struct ax_commit_info *info)
{
	struct ax_commit c;
	struct ax_id id;
	enum ax_err e = ax_commit_read(&c, t, info->local);
	if (e)
		return e;
	if (c.parents != info->parents && !info->cut)
		e = refuse(&c.id, "altered: its record has other parents than its text");
	for (unsigned i = 0; !e && i < info->parents; i++)
		if (!(e = ax_commit_id(&id, t, info->parent[i])) && !ax_id_eq(&id, &c.parent[i]))
			e = refuse(&c.parent[i], "altered: it does not hash to its id");
	ax_commit_fini(&c);
	return e;
}

/* Each commit's id is vouched for by the one that names it as a parent, the first by whoever asks. */
static enum ax_err verify_all(uint64_t *n, struct ax_txn *t, struct ax_walk *w, const struct ax_keys *trusted,
			      struct ax_idset *seen)
{
	struct ax_commit_info info;
	struct ax_public_key by;
	struct ax_id id;
	enum ax_err e;
	while (!(e = ax_walk_next(&info, w))) {
		if ((e = ax_commit_id(&id, t, info.local)) ||
		    (e = ax_sign_verify(&by, t, info.local, &id, trusted, seen)) || (e = check_parents(t, &info)))
			return e;
		++*n;
	}
	return e == AX_ENOENT ? AX_OK : e;
}

enum ax_err ax_sign_verify_chain(uint64_t *n, struct ax_txn *t, uint64_t local, const struct ax_id *id,
				 uint64_t since, const struct ax_keys *trusted)
{
	struct ax_idset seen = { 0 };
	struct ax_public_key by;
	struct ax_walk *w;
	*n = 0;
	enum ax_err e = ax_sign_verify(&by, t, local, id, trusted, &seen);
	if (!e)
		e = ax_walk_open(&w, t);
	if (!e) {
		if (!(e = ax_walk_push(w, local)) && (!since || !(e = ax_walk_hide(w, since))))
			e = verify_all(n, t, w, trusted, &seen);
		ax_walk_close(w);
	}
	ax_idset_fini(&seen);
	return e;
}
