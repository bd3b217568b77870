/* bundle.h - branches and tags of a zone, with their history, as one text that another repository takes in.
 * Sits on history.h, tag.h and sign.h.
 *
 *     "apexfs bundle 1" LF, then records:  type u8 | length LEB | payload
 *     Z  apex as on the wire                                   first, once
 *     R  id 32 | path                                          a ref, and the commit it names
 *     B  id 32                                                 a commit that the receiver must have
 *     C  flags u8 | length LEB | canonical | n LEB | edits     a commit behind its parents, and what it changed
 *     T  canonical                                             the object of a tag
 *     G  kind u8 | id 32 | key 32 | signature 64
 *     E  BLAKE2b-256 of all before it                          last
 *
 * An edit is key and value, each behind its length, LEB; an empty value deletes. They are held against the first
 * parent's tree, or (flag FULL, and without a parent) the empty one. A tree is what its content is (tree.h): the
 * receiver builds it and compares ids, so nothing that was altered on the way comes in, and sidecars are its own.
 * Flags: 1 FULL; 2 its tree was pruned, there are no edits; 4 its parents were pruned.
 * Limits: as what it is made of. Memory: the whole text, and one commit's edits. */
#ifndef AX_BUNDLE_H
#define AX_BUNDLE_H

#include "core/ref.h"
#include "core/repo.h"
#include "core/sign.h"

/* -- out ---------------------------------------------------------------------------------------------------- */

struct ax_bundle_want {
	const char (*paths)[AX_REF_PATH_MAX + 1]; /* refs: "heads/main", "tags/v1" */
	size_t n;
	uint64_t since; /* leave out what this commit has, which the receiver must have; 0: nothing */
};

/* Append a bundle. AX_ENOENT for a ref that is not there, AX_ENOCHANGE if there is nothing in it. *commits (may be
 * NULL): how many. */
AX_MUST enum ax_err ax_bundle_write(struct ax_buf *out, uint64_t *commits, struct ax_txn *t,
				    const struct ax_zone *zone, const struct ax_bundle_want *want);

/* -- in ----------------------------------------------------------------------------------------------------- */

/* One record, parsed and within its bounds; slices borrow from the bundle. */
struct ax_bundle_record {
	char type;
	uint8_t flags, kind;
	struct ax_id id;
	struct ax_name apex;
	char path[AX_REF_PATH_MAX + 1];
	struct ax_slice canonical, edits; /* edits: behind their number, */
	uint64_t edits_n;
	struct ax_public_key key;
	uint8_t signature[AX_SIGNATURE_SIZE];
};

/* Read all records in order; a return of each other than AX_OK ends it. Its end is verified before the first is told:
 * AX_EINVAL with what is wrong. */
AX_MUST enum ax_err ax_bundle_read(struct ax_slice bundle,
				   enum ax_err (*each)(void *ctx, const struct ax_bundle_record *r), void *ctx);
/* The next edit of a commit's; false at their end. *bad: they are torn. */
bool ax_bundle_edit(struct ax_slice *key, struct ax_slice *value, bool *bad, struct ax_reader *edits);

struct ax_bundle_options {
	const char *prefix; /* put before the names of branches and tags; NULL: none */
	bool verify;        /* do all of it, and write nothing */
	const char *force;  /* a guard's plan that may be passed; NULL: none */
	const struct ax_listener *listener;
	void (*progress)(void *ctx, uint64_t done, uint64_t of); /* bytes; may be NULL */
	void *ctx;
};

struct ax_bundle_sum {
	struct ax_name apex;
	uint64_t refs, commits, had, tags, signatures; /* had: commits that were here already */
	size_t moved;                                  /* branches that were made or moved, */
	struct ax_published *out;                      /* and how; owned by the caller (free) */
};

/* Take a bundle in: objects first, then all its refs at once, as fast-forwards, by the one way in (checks and
 * guards). The zone is made if it is not there. AX_ENOENT names a commit that is lacking; AX_ECONFLICT a branch that
 * has diverged or a tag that names another commit; AX_EGUARD as ax_repo_commit. What came without a ref to it goes
 * with the next gc. sum is filled in any case. */
AX_MUST enum ax_err ax_bundle_import(struct ax_bundle_sum *sum, struct ax_repo *r, struct ax_slice bundle,
				     const struct ax_bundle_options *o, const struct ax_actor *who);

#endif
