#include "tools/joining.h"
#include "tools/json.h"
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
	char path[AX_REF_PATH_MAX + 1] = "", hex[AX_ID_HEX + 1], part[AX_ID_SHORT + 1];
	struct json_t *list = json ? json_array_new() : NULL;
	struct ax_ref ref;
	enum ax_err e;
	while (!(e = ax_ref_next(&ref, path, c->txn, c->zone.id, "proposals/", path))) {
		const char *name = path + strlen("proposals/");
		ax_id_short(part, &ref.id);
		if (json) {
			struct json_t *proposal = json_object_new();
			ax_id_hex(hex, &ref.id);
			json_put_text(proposal, "proposal", name);
			json_put_text(proposal, "commit", hex);
			json_add(list, proposal);
		} else {
			ax_buf_printf(&c->out, "%s %s\n", name, part);
		}
	}
	enum ax_err printed = json ? json_print(&c->out, list) : ax_buf_check(&c->out);
	return e == AX_ENOENT ? printed : e;
}

static enum ax_err run(struct cli *c, struct words *w)
{
	struct ax_review r;
	enum ax_err e = cli_begin(c, true);
	c->style = json ? PRINT_PLAIN : PRINT_LOG;
	if (e || !w->n)
		return e ? e : list(c);
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
	.synopsis = "NAME [--into BRANCH] [--json] | [--json] (list the proposals)",
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
