/* plan.h - what a guard refused, kept so that it can be published after all. Internal to core.
 *
 * A plan's hash covers what would be published: for each zone its number, branch, old tip, new tree and outside
 * serial, the commits that it joins or goes to, and the rules: their version, and what the operator set (setting.h);
 * not who asked, nor when. Its value has all that is needed to do it again.
 * Table main: 'p' hash -> value. Plans are kept a day. */
#ifndef AX_PLAN_H
#define AX_PLAN_H

#include "core/publish.h"

/* A plan read back. Owns its memory. */
struct ax_plan {
	struct ax_id hash;
	struct ax_person author;
	const char *via;
	size_t n;
	struct ax_change *changes;  /* their batches, messages and expected tips too are the plan's */
	struct ax_id *tips, *trees; /* what each change begins with and must come to */
	struct ax_batch *batches;
	struct ax_person *authors;
	struct ax_buf memory; /* the stored value: strings borrow from it */
	struct ax_buf strings;
};

/* The hash of what p's works would publish, or published. */
AX_MUST enum ax_err ax_plan_hash(struct ax_id *out, const struct ax_publish *p);
/* The hash and value of what p's works would publish. */
AX_MUST enum ax_err ax_plan_make(struct ax_id *hash, struct ax_buf *value, const struct ax_publish *p);
/* Keep it; plans older than a day are dropped. *known: it was kept already, refused before. */
AX_MUST enum ax_err ax_plan_put(bool *known, struct ax_txn *t, const struct ax_id *hash, struct ax_slice value,
				struct ax_time now);
/* By 4 to 64 hex digits. AX_ENOENT if there is none or it is older than a day, AX_EAMBIGUOUS. */
AX_MUST enum ax_err ax_plan_get(struct ax_plan *out, struct ax_txn *t, const char *hex, struct ax_time now);
/* From a value that is kept elsewhere; hash stays zero. */
AX_MUST enum ax_err ax_plan_decode(struct ax_plan *out, struct ax_txn *t, struct ax_slice value);
void ax_plan_fini(struct ax_plan *p);
/* Every commit that a plan, which is not too old, begins with, stands on or joins. For gc. */
typedef enum ax_err ax_plan_commit_fn(void *ctx, const struct ax_id *id);
AX_MUST enum ax_err ax_plan_each_commit(struct ax_txn *t, struct ax_time now, ax_plan_commit_fn *each, void *ctx);
/* The same of one. */
AX_MUST enum ax_err ax_plan_commits(const struct ax_plan *p, struct ax_txn *t, ax_plan_commit_fn *each, void *ctx);
AX_MUST enum ax_err ax_plan_remove(struct ax_txn *t, const struct ax_id *hash);

#endif
