/* reviewing.h - a review as people and programs read it: what an approval would publish. */
#ifndef REVIEWING_H
#define REVIEWING_H

#include "core/review.h"
#include "tools/cli.h"

/* --into, of review and approve: "main" unless told. */
extern const char *reviewing_into;
#define REVIEWING_OPTION                                                                                        \
	{                                                                                                       \
		"into", 0, "BRANCH", "the branch it would go to; main unless told", &reviewing_into, NULL, NULL \
	}
const char *reviewing_branch(void);
/* How to go on where the proposal does not merge. */
extern const char reviewing_hint[];

AX_MUST enum ax_err reviewing_put(struct cli *c, const struct ax_review *r, const char *name);
AX_MUST enum ax_err reviewing_json(struct cli *c, const struct ax_review *r, const char *name);
/* "approved by 1 of 2: bob (uid 1001)" */
void reviewing_put_approvals(struct ax_buf *out, const struct ax_review *r);

#endif
