#include "tools/save.h"
#include "tools/verbs.h"

#include <stdlib.h>
#include <string.h>

/* A plan may be of several zones and branches; what each became is read off its commit. */
static enum ax_err tell(struct cli *c, const struct ax_published *p)
{
	struct ax_commit commit;
	struct ax_zone zone;
	struct ax_buf name = AX_BUF_INIT;
	const char *zone_text;
	enum ax_err e = ax_commit_read(&commit, c->txn, p->commit);
	if (e)
		return e;
	e = ax_zone_find(&zone, c->txn, &commit.zone);
	if (!e)
		e = save_zone_text(&zone_text, &name, c, &zone);
	if (!e) {
		/* the branch is the one whose tip it is now */
		char path[AX_REF_PATH_MAX + 1], after[AX_REF_PATH_MAX + 1] = "";
		struct ax_ref ref;
		const char *branch = "?";
		while (!ax_ref_next(&ref, path, c->txn, zone.id, "heads/", after)) {
			memcpy(after, path, sizeof after);
			if (ref.commit == p->commit) {
				branch = path + strlen("heads/");
				break;
			}
		}
		save_tell(&c->out, zone_text, branch, p, false);
	}
	ax_buf_fini(&name);
	ax_commit_fini(&commit);
	return e;
}

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
		e = tell(c, &published[i]);
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
