/* idset.h - a set of local ids with a byte of flags each: what a walk has seen.
 * Open addressing; ids are never 0. Owns its memory. Cost O(1). */
#ifndef AX_IDSET_H
#define AX_IDSET_H

#include "core/err.h"

struct ax_idset {
	struct ax_idset_slot *slots;
	size_t n, cap;
};

void ax_idset_fini(struct ax_idset *s);
/* The flags of id, put in with 0 if new. Valid until the next call. NULL without memory. */
uint8_t *ax_idset_at(struct ax_idset *s, uint64_t id);
/* Is id in the set with any of these flags? */
bool ax_idset_has(const struct ax_idset *s, uint64_t id, uint8_t flags);

#endif
