#include "core/due.h"
#include "tools/save.h"
#include "tools/verbs.h"

static void told(void *ctx, const struct ax_due *job, const struct ax_published *out, const char *why)
{
	struct cli *c = ctx;
	enum ax_err e = ax_txn_read(&c->txn, ax_repo_store(c->repo));
	ax_buf_printf(&c->out, "%llu ", (unsigned long long)job->number);
	if (!e && out)
		e = save_tell_any(c, out);
	else if (!e)
		ax_buf_printf(&c->out, "[%s] refused: %s: %s\n", job->branch, job->subject, why);
	if (e)
		cli_warn(c, ax_err_text(e));
	cli_end_read(c);
	c->difference = c->difference || !out;
}

static enum ax_err run(struct cli *c, struct words *w)
{
	(void)w;
	enum ax_err e = cli_open(c, false);
	return e ? e : ax_repo_run_due(c->repo, &c->actor, told, c);
}

const struct verb verb_run_due = {
	.name = "run-due",
	.synopsis = "",
	.summary = "publish, or take back, what `apex at` and --until put off until now",
	.details = "A daemon or a mount of the repository does so by itself. Status 1 if one of them could not be.",
	.example = "apex run-due",
	.min_words = 0,
	.max_words = 0,
	.run = run,
};
