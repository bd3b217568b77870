#include "tools/joining.h"
#include "tools/save.h"
#include "tools/verbs.h"

static bool hard;
static const char *force;

static const struct option options[] = {
	{ "hard", 0, NULL, "needed: what the branch has beyond REV is no longer served", NULL, NULL, &hard },
	{ "force", 0, "HASH", "pass the guard that refused just this plan", &force, NULL, NULL },
	{ 0 },
};

static enum ax_err reset(struct cli *c, const struct cli_commit *at)
{
	char part[AX_ID_SHORT + 1];
	struct ax_buf text = AX_BUF_INIT;
	struct ax_id id;
	struct ax_job job;
	enum ax_err e = ax_commit_id(&id, c->txn, at->info.local);
	if (e)
		return e;
	ax_id_short(part, &id);
	ax_buf_printf(&text, "Reset to %s with a newer serial", part);
	ax_job_init(&job, &c->zone, c->branch);
	ax_reset_change(&job, at->info.local, ax_buf_cstr(&text));
	if (!(e = ax_buf_check(&text)))
		e = save_changes(c, &job.change, 1, force, false);
	ax_job_fini(&job);
	ax_buf_fini(&text);
	return e;
}

static enum ax_err run(struct cli *c, struct words *w)
{
	struct cli_commit at;
	if (!hard)
		return ax_fail(AX_EUSAGE, "there is no index and no working tree: only --hard means anything");
	enum ax_err e = cli_begin(c, false);
	if (!e)
		e = cli_need_tip(c);
	if (!e)
		e = joining_commit(&at, c, w->v[0]);
	return e ? e : reset(c, &at);
}

const struct verb verb_reset = {
	.name = "reset",
	.synopsis = "--hard REV [--force HASH]",
	.summary = "move the branch to another commit",
	.details = "Its serial still goes forward: if that of REV is not newer than the branch's, a commit on REV "
		   "raises it.\n"
		   "What the branch was at stays in its reflog: apex reset --hard 'main@{1}' takes this back.",
	.example = "apex reset --hard main~1",
	.options = options,
	.completes = "r",
	.min_words = 1,
	.max_words = 1,
	.changes_zone = true,
	.run = run,
};
