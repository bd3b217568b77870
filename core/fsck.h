/* fsck.h - verify a whole repository: every hash reachable from refs and log, trees, sidecars, serial map, log
 * chains. */
#ifndef AX_FSCK_H
#define AX_FSCK_H

#include "core/repo.h"

struct ax_fsck {
	uint64_t zones, refs, commits, nodes, log_entries; /* verified */
	uint64_t problems;
};

struct ax_fsck_listener {
	ax_warn_fn *problem;                                     /* may be NULL, as the other */
	void (*progress)(void *ctx, uint64_t done, uint64_t of); /* commits and tags */
	void *ctx;
};

/* Each problem is told; AX_ECORRUPT if there was one. Shared nodes are verified once. */
AX_MUST enum ax_err ax_fsck(struct ax_fsck *out, struct ax_repo *r, const struct ax_fsck_listener *listener);

/* Make the index of commits and tags by hash anew, from the records, and put serials into the map that are missing
 * there; *n is how many entries were wrong or lacking. What is damaged otherwise stays as it is: run ax_fsck. */
AX_MUST enum ax_err ax_fsck_repair_index(uint64_t *n, struct ax_repo *r);

#endif
