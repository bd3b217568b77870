/* image_internal.h - what building and updating an image share: names' blocks, and reading a tree owner by owner. */
#ifndef IMAGE_INTERNAL_H
#define IMAGE_INTERNAL_H

#include "dnsd/find.h"

extern const struct hamt_kind image_names_kind;
void image_name_unref(void *item);

/* The RRsets of one owner being gathered. */
struct image_draft {
	struct ax_buf bytes;
	uint32_t rrsets;
	bool data; /* more than NSEC3 and RRSIGs */
	uint8_t flags;
};

void image_draft_clear(struct image_draft *d);

/* The block of the name that the last k labels of name make; d NULL makes an empty non-terminal. NULL without memory.
 */
struct image_name *image_name_new(const struct image *im, uint32_t edit, const struct dname *name, unsigned k,
				  const struct image_draft *d);
/* The octets of a block. */
size_t image_name_size(const struct image_name *x);
/* The hash of the name and that of its wildcard, AX_NSEC3_HASH octets each; NULL if the block has none. */
const uint8_t *image_hashes(const struct image_name *x);
/* Put the name, whose owner part of keys is `owner`, in the orders it has come into and take it out of others. */
void image_reorder(struct image *im, struct order_edit *e, uint64_t hash, struct ax_slice owner, unsigned old_flags,
		   unsigned flags);
/* How does a zone with these RRsets at its apex deny? */
struct ax_denial image_denial(const struct image *im, const struct image_rrset *first, unsigned rrsets);
/* The octets that the last k labels of name have before the apex's part. */
size_t image_relative(const uint8_t **out, const struct image *im, const struct dname *name, unsigned k);
/* Is the leftmost of the last k labels "*"? */
bool image_is_star(const struct dname *name, unsigned k);

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
};

/* Does the key belong to the owner s->owner? */
bool image_same_owner(const struct image_scan *s, struct ax_slice key);
/* Gather the RRsets of the owner at the cursor, which ends up behind them. */
AX_MUST enum ax_err image_scan_owner(struct image_scan *s);
void image_scan_fini(struct image_scan *s);

#endif
