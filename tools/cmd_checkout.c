#include "tools/verbs.h"

#include <stdio.h>
#include <string.h>

static bool make;

static const struct option options[] = {
	{ "create", 'b', NULL, "make the branch first, at START or the tip", NULL, NULL, &make },
	{ 0 },
};

static enum ax_err make_branch(struct cli *c, const char *name, const char *start)
{
	struct cli_commit at;
	enum ax_err e = cli_revision(&at, c, start);
	if (!e && at.zone.id != c->zone.id)
		e = ax_fail(AX_EUSAGE, "`%s` is a commit of another zone", start);
	cli_end_read(c);
	return e ? e : ax_repo_branch_create(c->repo, c->zone.id, name, at.info.local, &c->actor);
}

/* main may be unborn: a user may go back to it all the same. */
static enum ax_err need_branch(struct cli *c, const char *name)
{
	struct ax_ref ref;
	char path[AX_REF_PATH_MAX + 1];
	snprintf(path, sizeof path, "heads/%s", name);
	enum ax_err e = strcmp(name, "main") ? ax_ref_get(&ref, c->txn, c->zone.id, path) : AX_OK;
	return e == AX_ENOENT ? ax_fail(e, "no such branch: `%s` (make it with: apex checkout -b %s)", name, name)
			      : e;
}

static enum ax_err run(struct cli *c, struct words *w)
{
	const char *name = w->v[0];
	enum ax_err e = cli_begin(c, false);
	if (!e)
		e = ax_ref_check_name(name);
	if (!e && !make && w->n > 1)
		e = ax_fail(AX_EUSAGE, "one word too many: `%s`", w->v[1]);
	if (!e)
		e = make ? make_branch(c, name, w->n > 1 ? w->v[1] : NULL) : need_branch(c, name);
	cli_end_read(c);
	if (!e)
		e = ax_repo_checkout(c->repo, c->zone.id, name, &c->actor);
	if (!e)
		ax_buf_printf(&c->out, "Switched to branch %s\n", name);
	return e;
}

const struct verb verb_checkout = {
	.name = "checkout",
	.synopsis = "BRANCH | -b BRANCH [START]",
	.summary = "choose the branch that your next commands mean",
	.details = "It is your own choice, by user and zone: nobody else's HEAD moves, and nothing is published.",
	.example = "apex checkout -b canary",
	.options = options,
	.completes = "b r",
	.min_words = 1,
	.max_words = 2,
	.run = run,
};
