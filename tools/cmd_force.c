#include "tools/save.h"
#include "tools/verbs.h"

#include <stdlib.h>

static enum ax_err run(struct cli *c, struct words *w)
{
	enum { PLAN_MAX = 64 };
	struct ax_published *published = calloc(PLAN_MAX, sizeof *published);
	struct ax_listener listener = { cli_warn, c };
	size_t n = 0;
	enum ax_err e = published ? cli_open(c, false) : ax_fail(AX_ENOMEM, "out of memory");
	if (!e)
		e = ax_repo_force(published, PLAN_MAX, &n, c->repo, w->v[0], &c->actor, &listener);
	if (!e)
		e = ax_txn_read(&c->txn, ax_repo_store(c->repo));
	for (size_t i = 0; i < n && i < PLAN_MAX && !e; i++)
		e = save_tell_any(c, &published[i]);
	free(published);
	return e;
}

const struct verb verb_force = {
	.name = "force",
	.synopsis = "HASH",
	.summary = "publish a plan that a guard refused",
	.details = "HASH is the one the refusal named (4 or more hex digits). Exactly that plan is published, if the "
		   "branch\n"
		   "has not moved meanwhile (else status 5) and the plan is not older than a day.",
	.example = "apex force 8c1d2e3f4a5b",
	.min_words = 1,
	.max_words = 1,
	.run = run,
};
