/* fsck.h - verify a whole repository: every hash reachable from refs and log, trees, sidecars, serial map, log
 * chains. */
#ifndef AX_FSCK_H
#define AX_FSCK_H

#include "core/repo.h"

struct ax_fsck {
	uint64_t zones, refs, commits, nodes, log_entries; /* verified */
	uint64_t problems;
};

/* Each problem is told; AX_ECORRUPT if there was one. Shared nodes are verified once. */
AX_MUST enum ax_err ax_fsck(struct ax_fsck *out, struct ax_repo *r, ax_warn_fn *problem, void *ctx);

#endif
