/* batch.h - a set of RRset changes to one zone, in the making: names and RRsets in, sorted edits out.
 * For one RRset the last word wins. Owns its memory. */
#ifndef AX_BATCH_H
#define AX_BATCH_H

#include "core/edit.h"
#include "core/rrset.h"

/* One put, deletion or expectation: where key and value lie in the batch's bytes. */
struct ax_batch_item {
	size_t key, value;
	uint32_t key_n, value_n; /* value_n 0: delete, or expected not to exist */
};

struct ax_batch {
	struct ax_name apex;
	struct ax_buf bytes;         /* keys and values */
	struct ax_batch_item *items; /* in the order they were put */
	size_t n, cap;
	struct ax_batch_item *expects;
	size_t expects_n, expects_cap;
	struct ax_edit *edits; /* owned; made by ax_batch_edits */
	bool has_serial;       /* an apex SOA was put: its serial was taken out of the RDATA (DESIGN section 2) */
	uint32_t serial;
	/* Told now and then while zone text is read: the line it is at. May be NULL. */
	void (*progress)(void *ctx, unsigned line);
	void *progress_ctx;
};

void ax_batch_init(struct ax_batch *b, const struct ax_name *apex);
void ax_batch_fini(struct ax_batch *b);
/* Put an RRset's value (rrset.h; copied). For the apex SOA the serial is taken out and remembered. AX_EINVAL if owner
 * is outside the zone, the type is not storable, or the value malformed. */
AX_MUST enum ax_err ax_batch_put(struct ax_batch *b, const struct ax_name *owner, uint16_t type, uint16_t covered,
				 struct ax_slice value);
AX_MUST enum ax_err ax_batch_delete(struct ax_batch *b, const struct ax_name *owner, uint16_t type, uint16_t covered);
/* The same by key. A value is taken only in canonical form. */
AX_MUST enum ax_err ax_batch_put_key(struct ax_batch *b, struct ax_slice key, struct ax_slice value);
AX_MUST enum ax_err ax_batch_delete_key(struct ax_batch *b, struct ax_slice key);
/* The same without a look at key and value: for what rrset.h's builder just made. */
AX_MUST enum ax_err ax_batch_put_canonical(struct ax_batch *b, struct ax_slice key, struct ax_slice value);
/* Demand that the RRset, when committed, still has this value (n == 0: does not exist); AX_ECONFLICT else. */
AX_MUST enum ax_err ax_batch_expect_key(struct ax_batch *b, struct ax_slice key, struct ax_slice value);
/* Delete every RRset at and below owner that is in root. */
AX_MUST enum ax_err ax_batch_delete_subtree(struct ax_batch *b, struct ax_txn *t, const struct ax_root *root,
					    const struct ax_name *owner);

/* Zone text into the batch, as zonetext.h reads it. Records may come in any order; an RRset is complete when all is
 * read. Differing TTLs take the lowest, with a warning; two different SOAs are AX_EINVAL, an equal one is a warning.
 */
AX_MUST enum ax_err ax_batch_read_zone(struct ax_batch *b, struct ax_slice text, const char *file,
				       const char *include_root, void (*warn)(void *ctx, const char *file_line_text),
				       void *ctx);

/* The edits, sorted, keys unique; they borrow from b and die with the next put. */
AX_MUST enum ax_err ax_batch_edits(const struct ax_edit **edits, size_t *n, struct ax_batch *b);
/* The i-th expectation, as an edit that borrows from b; false beyond the last. */
bool ax_batch_expectation(struct ax_edit *out, const struct ax_batch *b, size_t i);

#endif
