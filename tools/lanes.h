/* lanes.h - the drawing beside a log: which line of descent each commit stands on, as git's --graph has it.
 *
 *     * 5c2f Merge side        lanes_begin: the commit's mark; its lines before and after
 *     |\
 *     | * 77a1 on the side
 *     |/
 *     * 12cd before both
 *
 * Commits come children first. */
#ifndef LANES_H
#define LANES_H

#include "core/commit.h"

struct lanes {
	uint64_t *wanted; /* for each lane the commit that it leads to */
	size_t n, cap;
	size_t at;      /* the lane of the commit at hand */
	bool root;      /* which has no parent */
	uint64_t drawn; /* commits so far */
};

/* Append to `before` the lines in which lanes that lead to this commit meet, to `mark` what stands before its first
 * line, to `fork` the lines in which further parents get their lanes. */
AX_MUST enum ax_err lanes_commit(struct ax_buf *before, struct ax_buf *mark, struct ax_buf *fork, struct lanes *l,
				 const struct ax_commit_info *c);
/* Append what stands before the commit's other lines. */
void lanes_rest(struct ax_buf *out, const struct lanes *l);
void lanes_fini(struct lanes *l);

#endif
