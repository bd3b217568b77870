/* rev.h - what people write to mean a commit (DESIGN section 3):
 *
 *     4f1c2a9d03be  main  v1.2  HEAD  @  main~3  main^2  main@{2}  main@{2026-08-01}  main@{2 days ago}
 * serial:2026080101 foo.com.:main     a..b
 *
 * Refs win over ids; branches over tags. */
#ifndef AX_REV_H
#define AX_REV_H

#include "core/graph.h"
#include "core/ref.h"

struct ax_rev_context {
	uint32_t zone;      /* where a revision without zone is looked up */
	const char *head;   /* the branch that HEAD means */
	struct ax_time now; /* what "2 days ago" counts from */
};

struct ax_rev {
	uint32_t zone;
	uint64_t commit;
	char branch[AX_REF_NAME_MAX + 1]; /* the branch it was named by, else "" */
};

/* AX_ENOENT, AX_EAMBIGUOUS, AX_EINVAL with a sentence that quotes the text. A branch that is unborn is AX_ENOENT. */
AX_MUST enum ax_err ax_rev_parse(struct ax_rev *out, struct ax_txn *t, const struct ax_rev_context *c,
				 const char *text);
/* "a..b" or a single revision (then *from is its first parent, or commit 0 for a root commit). An empty side is HEAD.
 */
AX_MUST enum ax_err ax_rev_range(struct ax_rev *from, struct ax_rev *to, struct ax_txn *t,
				 const struct ax_rev_context *c, const char *text);

#endif
