/* view.h - all zones at one moment: what one pointer swap publishes (publish.h), and what a query is answered from.
 *
 * Invariant: what one transaction of the repository moved stands in one view together.
 * Ownership: view_new, view_free; a view holds a reference to each image. A new view shares all but the changed path
 * with the one it was made from.
 * Threads: changed by one, before it is published; read by any.
 * Cost: finding the zone of a name probes once for each depth where there is a zone, or compares it with the zone
 * found before; a change copies a path. */
#ifndef VIEW_H
#define VIEW_H

#include "dnsd/image.h"

struct view {
	uint32_t zones;                       /* an index by hash of the apex: struct image */
	uint32_t at_depth[AX_LABELS_MAX + 1]; /* how many zones have an apex of so many labels */
	uint8_t deepest;                      /* the most labels that an apex has, or had */
	uint64_t copied;                      /* index nodes copied in making it from the one before */
};

/* The zones of old (NULL: none). NULL without memory. */
struct view *view_new(const struct view *old);
void view_free(struct view *v);
/* Put an image in place of its zone's, or beside the others; takes over the reference on success. */
AX_MUST enum ax_err view_put(struct view *v, struct image *im);
AX_MUST enum ax_err view_remove(struct view *v, const struct ax_name *apex);
/* The image of exactly this apex, or NULL. */
struct image *view_get(const struct view *v, const struct ax_name *apex);
/* The zone to answer from: the deepest at or above name; for DS at an apex the one above it if it is there (RFC 4035
 * 3.1.4.1). NULL if no zone of ours is. */
const struct image *view_zone_any(const struct view *v, const struct dname *name, uint16_t qtype);

/* The zone found last, which the next query is often for too; NULLs: none. Good as long as the view is. */
struct view_hint {
	const struct view *view;
	const struct image *zone; /* one of the deepest apex, so that no other stands below it */
};
static inline const struct image *view_zone(const struct view *v, const struct dname *name, uint16_t qtype,
					    struct view_hint *hint)
{
	const struct image *im = hint->zone;
	if (hint->view == v && qtype != AX_TYPE_DS && image_above(im, name))
		return im;
	im = view_zone_any(v, name, qtype);
	if (im && im->apex_labels == v->deepest)
		*hint = (struct view_hint){ v, im };
	return im;
}

#endif
