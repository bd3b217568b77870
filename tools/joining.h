/* joining.h - what merge, cherry-pick, revert and rebase share: who wins a conflict, how conflicts are told.
 *
 *     CONFLICT both-modified api A
 *       base    300 192.0.2.1
 *       ours    300 192.0.2.2
 *       theirs  (none)
 *
 * Ownership: what is owned here is freed by joining_fini. */
#ifndef JOINING_H
#define JOINING_H

#include "core/history.h"
#include "tools/cli.h"

struct joining {
	struct ax_merge_rules rules;
	struct ax_buf *keys; /* of the takes */
};

/* --ours, --theirs and --take NAME TYPE=ours|theirs, whose second word is taken out of w. The zone is c's. */
AX_MUST enum ax_err joining_begin(struct joining *j, struct cli *c, struct words *w);
void joining_fini(struct joining *j);
/* Append the conflicts of a job to the output; hint says how to go on. Hands back e. */
AX_MUST enum ax_err joining_tell(struct cli *c, const struct ax_conflicts *conflicts, enum ax_err e,
				 const char *hint);
/* Run one job and tell of it. */
AX_MUST enum ax_err joining_run(struct cli *c, struct ax_job *job, const char *hint);
/* The hint where JOINING_OPTIONS are. */
extern const char joining_sides[];
/* A revision as a commit of c's zone. */
AX_MUST enum ax_err joining_commit(struct cli_commit *out, struct cli *c, const char *text);
/* Append `SUBJECT` of a commit. */
AX_MUST enum ax_err joining_subject(struct ax_buf *out, struct cli *c, uint64_t commit);

extern bool joining_ours, joining_theirs;
extern struct option_list joining_takes;
#define JOINING_OPTIONS                                                                                      \
	{ "ours", 0, NULL, "in every conflict, keep what the branch has", NULL, NULL, &joining_ours },       \
		{ "theirs", 0, NULL, "in every conflict, take what comes in", NULL, NULL, &joining_theirs }, \
	{                                                                                                    \
		"take", 0, "NAME TYPE=SIDE", "for one RRset: ours or theirs", NULL, &joining_takes, NULL     \
	}

#endif
