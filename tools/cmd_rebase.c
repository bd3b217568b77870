#include "tools/picking.h"
#include "tools/save.h"
#include "tools/verbs.h"

#include <stdlib.h>
#include <string.h>

static const char *force;

static const struct option options[] = {
	JOINING_OPTIONS,
	{ "force", 0, "HASH", "pass the guard that refused just this plan", &force, NULL, NULL },
	{ 0 },
};

/* Nothing of its own: the branch only moves on. */
static enum ax_err move_on(struct cli *c, uint64_t upstream)
{
	struct ax_job job;
	ax_job_init(&job, &c->zone, c->branch);
	ax_reset_change(&job, upstream, "Move on with a newer serial");
	enum ax_err e = save_changes(c, &job.change, 1, force, false);
	ax_job_fini(&job);
	return e;
}

static enum ax_err rebase(struct cli *c, uint64_t upstream, const struct ax_merge_rules *rules)
{
	uint64_t *list;
	size_t n;
	bool linear, behind;
	struct ax_id tip = c->tip.id;
	enum ax_err e = ax_graph_is_ancestor(&behind, c->txn, c->tip.commit, upstream);
	if (e || behind)
		return e ? e : move_on(c, upstream);
	if ((e = ax_rebase_list(&list, &n, &linear, c->txn, c->tip.commit, upstream)))
		return e;
	struct picking p = { .commits = list, .n = n, .onto = upstream, .expect = &tip, .rules = rules };
	save_force = force;
	if (linear)
		ax_buf_str(&c->out, "(no changes)\n");
	else if (!n)
		e = move_on(c, upstream);
	else
		e = picking_run(c, &p);
	free(list);
	return e;
}

static enum ax_err run(struct cli *c, struct words *w)
{
	struct joining j = { 0 };
	struct cli_commit upstream;
	enum ax_err e = cli_begin(c, false);
	if (!e)
		e = cli_need_tip(c);
	if (!e && !strcmp(c->branch, "main"))
		e = ax_fail(AX_EPERM, "main is everybody's: rebase is for a branch of your own");
	if (!e)
		e = joining_begin(&j, c, w);
	if (!e && w->n != 1)
		e = ax_fail(AX_EUSAGE, "rebase: one branch to rebase onto");
	if (!e)
		e = joining_commit(&upstream, c, w->v[0]);
	if (!e)
		e = rebase(c, upstream.info.local, &j.rules);
	joining_fini(&j);
	return e;
}

const struct verb verb_rebase = {
	.name = "rebase",
	.synopsis = "UPSTREAM [--ours | --theirs | --take NAME TYPE=SIDE ...] [--force HASH]",
	.summary = "do your branch's commits again on another one's tip",
	.details =
		"For a branch of your own; main is refused. Each commit keeps its author and message, those that "
		"change\n"
		"nothing any more and merges are left out. The branch moves once, or not at all: a conflict changes\n"
		"nothing (status 5). In a conflict `ours` is UPSTREAM's value, `theirs` your commit's.",
	.example = "apex rebase main --branch canary",
	.options = options,
	.completes = "r",
	.min_words = 1,
	.max_words = -1,
	.changes_zone = true,
	.run = run,
};
