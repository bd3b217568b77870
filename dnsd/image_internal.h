/* image_internal.h - what building and updating an image share: names' blocks, and reading a tree owner by owner. */
#ifndef IMAGE_INTERNAL_H
#define IMAGE_INTERNAL_H

#include "dnsd/find.h"

extern const struct index_kind image_names_kind;

/* The RRsets of one owner being gathered. */
struct image_draft {
	struct ax_buf bytes; /* wiresets, as the block of the name has them */
	struct ax_buf signatures;
	uint32_t rrsets;
	bool data; /* more than NSEC3 and RRSIGs */
	uint16_t flags;
};

void image_draft_clear(struct image_draft *d);

/* The block of the name that the last k labels of name make, of one reference; d NULL makes an empty non-terminal.
 * NULL without memory. */
struct image_name *image_name_new(const struct image *im, const struct dname *name, unsigned k,
				  const struct image_draft *d);
/* A copy, with other glue if it is a cut; glue NULL: none. */
struct image_name *image_name_copy(const struct image_name *x, const struct wireset *glue);
/* The octets of a block. */
size_t image_name_size(const struct image_name *x);
/* The hash of the name and that of its wildcard, AX_NSEC3_HASH octets each; NULL if the block has none. */
const uint8_t *image_hashes(const struct image_name *x);
/* Note that a name of so many labels below the apex is there, and what its flags mean to those below. */
void image_note(struct image *im, unsigned depth, unsigned flags);
/* Put a name's new block into the orders it belongs to in place of the old; NULL: there is none. Adds to *copied.
 * False without memory. */
bool image_reorder(struct image *im, const struct image_name *old, const struct image_name *new, uint64_t *copied);
/* The owner part of a name's keys (core/name.h), in a buffer of AX_KEY_MAX octets. */
struct ax_slice image_key(uint8_t *buffer, const struct image_name *name);
/* How does a zone with these RRsets at its apex deny? */
struct ax_denial image_denial(const struct image *im, const struct wireset *first, unsigned rrsets);
AX_MUST enum ax_err image_set_denial(struct image *im, const struct ax_denial *d);
/* Is the leftmost of the last k labels "*"? */
bool image_is_star(const struct dname *name, unsigned k);

/* Make the glue of the cut at the last k labels of name what the names below it say. A no-op if that is no cut. */
AX_MUST enum ax_err image_refresh_cut(struct image *im, struct index_edit *e, const struct dname *name, unsigned k);

struct ax_name image_apex(const struct image *im);
/* Find the apex again after a change and say that the image is ready; a zone is nothing without its SOA. */
AX_MUST enum ax_err image_settle(struct image *im);

/* A walk of a tree owner by owner. */
struct image_scan {
	struct ax_cursor cursor;
	struct ax_name apex;
	struct ax_buf owner; /* the owner part of the keys of `name` */
	struct ax_name name;
	struct image_draft draft;
	struct wireset_maker maker;
};

/* Begin it, in front of the first owner. One that failed is still to be ended. */
AX_MUST enum ax_err image_scan_init(struct image_scan *s, const struct image *im, struct ax_txn *t,
				    const struct ax_root *root);
/* Does the key belong to the owner s->owner? */
bool image_same_owner(const struct image_scan *s, struct ax_slice key);
/* Gather the RRsets of the owner at the cursor, which ends up behind them. */
AX_MUST enum ax_err image_scan_owner(struct image_scan *s);
void image_scan_fini(struct image_scan *s);

#endif
