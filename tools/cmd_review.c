#include "tools/joining.h"
#include "tools/reviewing.h"
#include "tools/verbs.h"

#include <string.h>

static bool json;

static const struct option options[] = {
	REVIEWING_OPTION,
	{ "json", 0, NULL, "for scripts", NULL, NULL, &json },
	{ 0 },
};

static enum ax_err list(struct cli *c)
{
	char path[AX_REF_PATH_MAX + 1] = "", part[AX_ID_SHORT + 1];
	struct ax_ref ref;
	enum ax_err e;
	while (!(e = ax_ref_next(&ref, path, c->txn, c->zone.id, "proposals/", path))) {
		ax_id_short(part, &ref.id);
		ax_buf_printf(&c->out, "%s %s\n", path + strlen("proposals/"), part);
	}
	return e == AX_ENOENT ? ax_buf_check(&c->out) : e;
}

static enum ax_err run(struct cli *c, struct words *w)
{
	struct ax_review r;
	enum ax_err e = cli_begin(c, true);
	if (e || !w->n)
		return e ? e : list(c);
	c->style = json ? PRINT_PLAIN : PRINT_LOG;
	e = ax_review_make(&r, c->txn, &c->zone, w->v[0], reviewing_branch());
	if (e == AX_ECONFLICT)
		e = joining_tell(c, &r.conflicts, e, reviewing_hint);
	else if (!e)
		e = json ? reviewing_json(c, &r, w->v[0]) : reviewing_put(c, &r, w->v[0]);
	ax_review_fini(&r);
	return e;
}

const struct verb verb_review = {
	.name = "review",
	.synopsis = "NAME [--into BRANCH] [--json] | (nothing: list the proposals)",
	.summary = "print what approving a proposal would change, and the hash of just that",
	.details =
		"The merge of the proposal into the branch is compared with the branch's tip: what others changed "
		"there\n"
		"meanwhile is not shown as taken back. Where they don't merge, the conflicts are named (status 5).",
	.example = "apex review new-mail --into main",
	.options = options,
	.completes = "p",
	.min_words = 0,
	.max_words = 1,
	.paged = true,
	.run = run,
};
