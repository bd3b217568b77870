/* tag.h - a tag that is an object: who named a commit, when and why; what a signature can be put to.
 * Sits on commit.h. The ref of a tag points at the commit in any case; the object is found by the tag's name, so
 * whoever follows refs needs to know nothing of it.
 *
 * Canonical bytes are text, headers in this order:
 *
 *     object HEX                        the commit
 *     zone example.
 *     tag v1.2
 *     tagger NAME <MAIL> SECONDS.NNNNNNNNN +HHMM
 *     (blank line)
 *     message, ending in one LF
 *
 * Table main: 'a' zone name -> local id of the object. Ownership: a struct ax_tag owns its memory (fini). */
#ifndef AX_TAG_H
#define AX_TAG_H

#include "core/ref.h"
#include "core/repo.h"
#include "core/sign.h"

struct ax_tag {
	struct ax_id id, object;
	struct ax_name zone;
	const char *name;
	struct ax_person tagger;
	const char *message; /* without its final LF */
	char *memory;
};

/* Canonical bytes (id is ignored). AX_EINVAL with what is wrong. */
AX_MUST enum ax_err ax_tag_encode(struct ax_buf *out, const struct ax_tag *tag);
/* The reverse; every byte is checked. AX_ECORRUPT if it is no tag. */
AX_MUST enum ax_err ax_tag_decode(struct ax_tag *out, struct ax_slice canonical);
void ax_tag_fini(struct ax_tag *tag);

AX_MUST enum ax_err ax_tag_read(struct ax_tag *out, struct ax_txn *t, uint64_t local);
/* The object of a tag. AX_ENOENT (without text) if it has none. */
AX_MUST enum ax_err ax_tag_find(uint64_t *local, struct ax_txn *t, uint32_t zone, const char *name);

/* Write the object and let its name lead to it; the ref is the caller's. */
AX_MUST enum ax_err ax_tag_put(struct ax_id *id, struct ax_txn *t, uint32_t zone, const struct ax_tag *tag);

/* -- doors -------------------------------------------------------------------------------------------------- */

/* Tag a commit with an object that bears this message; the tagger is the author. AX_EEXIST if there is such a tag.
 * *id gets the object's hash. */
AX_MUST enum ax_err ax_repo_tag_object(struct ax_id *id, struct ax_repo *r, uint32_t zone, const char *name,
				       uint64_t commit, const char *message, const struct ax_actor *who);
/* Sign a commit or tag that is there. Logged as a setting, "signed", so that who follows the repository looks again.
 */
AX_MUST enum ax_err ax_repo_sign(struct ax_repo *r, uint32_t zone, enum ax_kind kind, const struct ax_id *id,
				 const struct ax_secret_key *key, const struct ax_actor *who);
/* Delete a tag; *was (may be NULL) gets the commit it named. AX_ENOENT. */
AX_MUST enum ax_err ax_repo_tag_delete(struct ax_id *was, struct ax_repo *r, uint32_t zone, const char *name,
				       const struct ax_actor *who);

#endif
