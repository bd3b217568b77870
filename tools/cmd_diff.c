#include "tools/changes.h"
#include "tools/place.h"
#include "tools/verbs.h"

#include <string.h>

static bool exit_code, stat, names, json, markdown, nsupdate, zonefile;

static const struct option options[] = {
	{ "stat", 0, NULL, "how many records of each RRset", NULL, NULL, &stat },
	{ "name-only", 0, NULL, "only the names and types", NULL, NULL, &names },
	{ "zonefile", 0, NULL, "one record a line, as in a zone file", NULL, NULL, &zonefile },
	{ "markdown", 0, NULL, "a table, to paste into a review", NULL, NULL, &markdown },
	{ "nsupdate", 0, NULL, "a script that nsupdate(1) plays", NULL, NULL, &nsupdate },
	{ "json", 0, NULL, "for scripts; apex apply reads it again", NULL, NULL, &json },
	{ "exit-code", 0, NULL, "exit with status 1 if there is a difference", NULL, NULL, &exit_code },
	{ 0 },
};

static enum ax_err choose_form(enum changes_form *out)
{
	const struct {
		bool wanted;
		enum changes_form form;
	} forms[] = {
		{ stat, CHANGES_STAT },         { names, CHANGES_NAMES },       { zonefile, CHANGES_ZONEFILE },
		{ markdown, CHANGES_MARKDOWN }, { nsupdate, CHANGES_NSUPDATE }, { json, CHANGES_JSON },
	};
	unsigned n = 0;
	*out = CHANGES_LINES;
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
		if (forms[i].wanted) {
			*out = forms[i].form;
			n++;
		}
	return n > 1 ? ax_fail(AX_EUSAGE, "diff: one form at a time") : AX_OK;
}

static enum ax_err sides(struct cli_commit *a, struct cli_commit *b, bool *has_a, struct cli *c,
			 const struct words *w)
{
	struct ax_rev from, to;
	struct ax_rev_context context = cli_rev_context(c);
	enum ax_err e;
	*has_a = true;
	if (w->before == 1 && strstr(w->v[0], "..")) {
		if ((e = ax_rev_range(&from, &to, c->txn, &context, w->v[0])))
			return e;
		*has_a = from.commit != 0;
		if (*has_a && (e = cli_commit(a, c, from.zone, from.commit)))
			return e;
		return cli_commit(b, c, to.zone, to.commit);
	}
	e = cli_revision(a, c, w->v[0]);
	return e ? e : cli_revision(b, c, w->before > 1 ? w->v[1] : NULL);
}

static enum ax_err run(struct cli *c, struct words *w)
{
	struct cli_commit a, b;
	enum changes_form form;
	struct place place = { 0 };
	uint64_t n;
	bool has_a;
	enum ax_err e = choose_form(&form);
	if (!e && (w->before < 1 || w->before > 2))
		e = ax_fail(AX_EUSAGE, "diff: which revisions?");
	if (!e)
		e = cli_begin(c, true);
	if (!e)
		e = sides(&a, &b, &has_a, c, w);
	if (!e && has_a && a.zone.id != b.zone.id)
		e = ax_fail(AX_EUSAGE, "these are two zones; a diff is of one");
	if (!e)
		e = place_parse(&place, c, &b.zone, w->v + w->before, w->n - w->before);
	if (e)
		return e;
	c->style = form == CHANGES_LINES || form == CHANGES_ZONEFILE ? PRINT_LOG : PRINT_PLAIN;
	struct changes changes = { c->txn, b.zone.apex, has_a ? &a.info : NULL, &b.info, ax_buf_view(&place.key) };
	e = changes_put(&c->out, &n, &changes, form);
	place_fini(&place);
	c->difference = exit_code && n;
	return e;
}

const struct verb verb_diff = {
	.name = "diff",
	.synopsis = "A B | A..B | A [FORM] [--exit-code] [-- NAME [TYPE]]",
	.summary = "print what differs between two revisions, one line an RRset",
	.details = "A alone is compared with the branch's tip. Lines begin with ~ (changed), + (added), - (removed) "
		   "or T\n"
		   "(only the TTL moved):\n"
		   "    ~ api A 300 1.2.3.4 -> 9.9.9.9\n"
		   "NAME limits it to a name and all below it, NAME TYPE to one RRset.",
	.example = "apex diff main~1 main",
	.options = options,
	.completes = "r r",
	.min_words = 1,
	.max_words = 4,
	.paged = true,
	.run = run,
};
