/* object.h - one stored record of any kind: canonical bytes, which are hashed, and a sidecar, which is not.
 *
 *     record = fmt u8 (0: full; 1 is reserved for deltas) | kind u8 | canonical length LEB128 | canonical | sidecar
 *
 * Blobs are the values of RRsets too big for a leaf; their sidecar is empty. Ownership: what is read borrows from
 * the transaction. */
#ifndef AX_OBJECT_H
#define AX_OBJECT_H

#include "core/store.h"

struct ax_object {
	enum ax_kind kind;
	struct ax_slice canonical, sidecar;
};

/* AX_ECORRUPT if it is missing, malformed or of another kind (kind 0: any). The hash is not verified. */
AX_MUST enum ax_err ax_object_read(struct ax_object *out, struct ax_txn *t, uint64_t id, unsigned kind);
/* Write under the next id. */
AX_MUST enum ax_err ax_object_write(uint64_t *id, struct ax_txn *t, enum ax_kind kind, struct ax_slice canonical,
				    struct ax_slice sidecar);
/* Write under an id reserved before (or put again with the same lengths in the same transaction). */
AX_MUST enum ax_err ax_object_write_at(struct ax_txn *t, uint64_t id, enum ax_kind kind, struct ax_slice canonical,
				       struct ax_slice sidecar);
/* Write another sidecar beside the canonical bytes that are there. For housekeeping. */
AX_MUST enum ax_err ax_object_set_sidecar(struct ax_txn *t, uint64_t id, struct ax_slice sidecar);
/* Does the object hash to this id? AX_ECORRUPT if not. */
AX_MUST enum ax_err ax_object_verify(struct ax_txn *t, uint64_t id, enum ax_kind kind, const struct ax_id *want);

/* Commits and tags by hash. */
AX_MUST enum ax_err ax_object_index(struct ax_txn *t, uint64_t id, const struct ax_id *hash);
/* No longer: AX_ENOENT if it was not indexed. */
AX_MUST enum ax_err ax_object_unindex(struct ax_txn *t, uint64_t id, const struct ax_id *hash);
/* AX_ENOENT if no commit or tag has this hash. */
AX_MUST enum ax_err ax_object_find(uint64_t *id, struct ax_txn *t, const struct ax_id *hash);
/* By a prefix of 4 to 64 hex digits: AX_EAMBIGUOUS, AX_ENOENT, AX_EINVAL if not hex. full (may be NULL) gets the
 * hash. */
AX_MUST enum ax_err ax_object_find_prefix(uint64_t *id, struct ax_id *full, struct ax_txn *t, const char *hex);
/* Walk all indexed commits and tags: start with *pos zeroed; AX_ENOENT at the end. For fsck. */
AX_MUST enum ax_err ax_object_index_next(uint64_t *id, struct ax_txn *t, struct ax_buf *pos);

#endif
