#include "tools/verbs.h"

static enum ax_err run(struct cli *c, struct words *w)
{
	enum ax_err e = cli_open(c, true);
	if (!e)
		e = ax_store_backup(ax_repo_store(c->repo), w->v[0]);
	if (!e)
		ax_buf_printf(&c->out, "%s is a repository with all of %s\n", w->v[0], c->dir);
	return e;
}

const struct verb verb_backup = {
	.name = "backup",
	.synopsis = "DIR",
	.summary = "copy the whole repository while it is used, to a folder that is not there yet",
	.details = "DIR becomes a repository by itself, as of the moment the copy began, flushed to its disk, or is "
		   "not there.",
	.example = "apex backup /backup/dns-$(date +%F)",
	.completes = "f",
	.min_words = 1,
	.max_words = 1,
	.run = run,
};
