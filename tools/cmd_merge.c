#include "tools/joining.h"
#include "tools/save.h"
#include "tools/verbs.h"

#include <string.h>

static bool no_ff;

static const struct option options[] = {
	{ "no-ff", 0, NULL, "make a merge commit even where moving the branch would do", NULL, NULL, &no_ff },
	JOINING_OPTIONS,
	SAVE_OPTIONS,
	{ 0 },
};

static enum ax_err message(struct ax_buf *out, const struct cli *c, const char *what)
{
	if (save_message)
		ax_buf_str(out, save_message);
	else
		ax_buf_printf(out, "Merge %s into %s", what, c->branch);
	return ax_buf_check(out);
}

static enum ax_err merge(struct cli *c, const char *what, const struct ax_merge_rules *rules)
{
	struct cli_commit theirs;
	struct ax_buf text = AX_BUF_INIT;
	struct ax_job job;
	enum ax_err e = joining_commit(&theirs, c, what);
	if (!e)
		e = cli_may_begin(c);
	if (!e)
		e = message(&text, c, what);
	if (!e) {
		ax_job_init(&job, &c->zone, c->branch);
		ax_merge_change(&job, theirs.info.local, ax_buf_cstr(&text), no_ff);
		job.rules = rules;
		e = joining_run(c, &job, joining_sides);
		ax_job_fini(&job);
	}
	ax_buf_fini(&text);
	return e;
}

static enum ax_err run(struct cli *c, struct words *w)
{
	struct joining j = { 0 };
	enum ax_err e = cli_begin(c, false);
	if (!e)
		e = save_begin(c);
	if (!e)
		e = joining_begin(&j, c, w);
	if (!e && w->n != 1)
		e = ax_fail(AX_EUSAGE, w->n ? "one branch at a time" : "merge: what?");
	if (!e)
		e = merge(c, w->v[0], &j.rules);
	joining_fini(&j);
	return e;
}

const struct verb verb_merge = {
	.name = "merge",
	.synopsis = "BRANCH [--no-ff] [--ours | --theirs | --take NAME TYPE=SIDE ...] [-m TEXT] [--force HASH]",
	.summary = "bring another branch's changes into yours",
	.details =
		"If yours has nothing of its own it only moves; else each RRset is merged from the commit where the\n"
		"two parted. Sets to which both only added, or from which both only removed records, merge by "
		"record.\n"
		"A conflict changes nothing: it is listed with its kind and its three values (status 5).",
	.example = "apex merge canary --take www A=theirs",
	.options = options,
	.completes = "r",
	.min_words = 1,
	.max_words = -1,
	.changes_zone = true,
	.run = run,
};
