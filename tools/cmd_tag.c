#include "tools/verbs.h"

#include <string.h>

static bool list_them;

static const struct option options[] = {
	{ "list", 'l', NULL, "list the tags", NULL, NULL, &list_them },
	{ 0 },
};

static enum ax_err list(struct cli *c)
{
	char path[AX_REF_PATH_MAX + 1], after[AX_REF_PATH_MAX + 1] = "";
	struct ax_ref ref;
	enum ax_err e;
	while (!(e = ax_ref_next(&ref, path, c->txn, c->zone.id, "tags/", after))) {
		ax_buf_printf(&c->out, "%s\n", path + strlen("tags/"));
		memcpy(after, path, sizeof after);
	}
	return e == AX_ENOENT ? ax_buf_check(&c->out) : e;
}

static enum ax_err run(struct cli *c, struct words *w)
{
	struct cli_commit at;
	enum ax_err e = cli_begin(c, list_them || !w->n);
	if (e)
		return e;
	if (list_them && w->n)
		return ax_fail(AX_EUSAGE, "one word too many: `%s`", w->v[0]);
	if (!w->n)
		return list(c);
	e = ax_ref_check_name(w->v[0]);
	if (!e)
		e = cli_revision(&at, c, w->n > 1 ? w->v[1] : NULL);
	if (!e && at.zone.id != c->zone.id)
		e = ax_fail(AX_EUSAGE, "`%s` is a commit of another zone", w->v[1]);
	cli_end_read(c);
	return e ? e : ax_repo_tag(c->repo, c->zone.id, w->v[0], at.info.local, &c->actor);
}

const struct verb verb_tag = {
	.name = "tag",
	.synopsis = "NAME [REV] | [-l]",
	.summary = "give a commit a name that stays, or list those names",
	.example = "apex tag before-migration",
	.options = options,
	.min_words = 0,
	.max_words = 2,
	.run = run,
};
