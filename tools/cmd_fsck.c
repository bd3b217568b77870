#include "core/fsck.h"
#include "tools/verbs.h"

static void problem(void *ctx, const char *text)
{
	struct cli *c = ctx;
	ax_buf_printf(&c->warnings, "apex: %s\n", text);
}

static enum ax_err run(struct cli *c, struct words *w)
{
	struct ax_fsck f = { 0 };
	(void)w;
	enum ax_err e = cli_open(c, true);
	if (!e)
		e = ax_fsck(&f, c->repo, problem, c);
	if (e == AX_ECORRUPT && f.problems)
		e = ax_fail(e, "%llu problem%s in %s", (unsigned long long)f.problems, f.problems == 1 ? "" : "s",
			    c->dir);
	if (e)
		return e;
	ax_buf_printf(&c->out, "ok: %llu zones, %llu refs, %llu commits, %llu nodes, %llu log entries\n",
		      (unsigned long long)f.zones, (unsigned long long)f.refs, (unsigned long long)f.commits,
		      (unsigned long long)f.nodes, (unsigned long long)f.log_entries);
	return ax_buf_check(&c->out);
}

const struct verb verb_fsck = {
	.name = "fsck",
	.synopsis = "",
	.summary = "verify everything in the repository: hashes, trees, refs, serials, log",
	.example = "apex --repo /srv/dns fsck",
	.min_words = 0,
	.max_words = 0,
	.run = run,
};
