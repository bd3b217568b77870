#include "core/render.h"
#include "tools/verbs.h"

#include <string.h>

static bool exit_code;

static const struct option options[] = {
	{ "exit-code", 0, NULL, "exit with status 1 if there is a difference", NULL, NULL, &exit_code },
	{ 0 },
};

static enum ax_err sides(struct cli_commit *a, struct cli_commit *b, struct cli *c, const struct words *w)
{
	struct ax_rev from, to;
	struct ax_rev_context context = cli_rev_context(c);
	enum ax_err e;
	if (w->n == 1 && strstr(w->v[0], "..")) {
		if ((e = ax_rev_range(&from, &to, c->txn, &context, w->v[0])))
			return e;
		e = cli_commit(a, c, from.zone, from.commit);
		return e ? e : cli_commit(b, c, to.zone, to.commit);
	}
	e = cli_revision(a, c, w->v[0]);
	return e ? e : cli_revision(b, c, w->n > 1 ? w->v[1] : NULL);
}

static enum ax_err run(struct cli *c, struct words *w)
{
	struct cli_commit a, b;
	uint64_t lines;
	c->style = PRINT_LOG;
	enum ax_err e = cli_begin(c, true);
	if (!e)
		e = sides(&a, &b, c, w);
	if (!e && a.zone.id != b.zone.id)
		e = ax_fail(AX_EUSAGE, "these are two zones; a diff is of one");
	if (!e)
		e = ax_render_diff(&c->out, &lines, c->txn, &b.zone.apex, &a.info, &b.info);
	if (e)
		return e;
	if (!lines)
		ax_buf_str(&c->out, "(no changes)\n");
	c->difference = exit_code && lines;
	return ax_buf_check(&c->out);
}

const struct verb verb_diff = {
	.name = "diff",
	.synopsis = "A B | A..B | A [--exit-code]",
	.summary = "print what differs between two revisions, one line an RRset",
	.details = "A alone is compared with the branch's tip. Lines begin with ~ (changed), + (added), - (removed) "
		   "or T\n"
		   "(only the TTL moved):\n"
		   "    ~ api A 300 1.2.3.4 -> 9.9.9.9",
	.example = "apex diff main~1 main",
	.options = options,
	.min_words = 1,
	.max_words = 2,
	.paged = true,
	.run = run,
};
