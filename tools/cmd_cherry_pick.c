#include "tools/picking.h"
#include "tools/save.h"
#include "tools/verbs.h"

#include <stdlib.h>
#include <string.h>

static const char *force;

static const struct option options[] = {
	JOINING_OPTIONS,
	{ "force", 0, "HASH", "pass the guard that refused just this plan", &force, NULL, NULL },
	{ 0 },
};

struct list {
	uint64_t *v;
	size_t n;
};

static enum ax_err add(struct list *l, const uint64_t *more, size_t n)
{
	uint64_t *p = reallocarray(l->v, l->n + n + 1, sizeof *p);
	if (!p)
		return ax_fail(AX_ENOMEM, "out of memory");
	l->v = p;
	if (n)
		memcpy(p + l->n, more, n * sizeof *p);
	l->n += n;
	return AX_OK;
}

static enum ax_err add_word(struct list *l, struct cli *c, const char *text)
{
	struct ax_rev_context context = cli_rev_context(c);
	struct ax_rev from, to;
	uint64_t *range;
	size_t n;
	bool linear;
	enum ax_err e = ax_rev_range(&from, &to, c->txn, &context, text);
	if (!e && to.zone != c->zone.id)
		e = ax_fail(AX_EUSAGE, "`%s` is a commit of another zone", text);
	if (e || !strstr(text, ".."))
		return e ? e : add(l, &to.commit, 1);
	if ((e = ax_rebase_list(&range, &n, &linear, c->txn, to.commit, from.commit)))
		return e;
	e = add(l, range, n);
	free(range);
	return e;
}

static enum ax_err run(struct cli *c, struct words *w)
{
	struct joining j = { 0 };
	struct list list = { 0 };
	enum ax_err e = cli_begin(c, false);
	if (!e)
		e = cli_need_tip(c);
	if (!e)
		e = joining_begin(&j, c, w);
	for (int i = 0; !e && i < w->n; i++)
		e = add_word(&list, c, w->v[i]);
	if (!e && !list.n)
		e = ax_fail(AX_EINVAL, "there is no commit in the range");
	save_force = force;
	struct picking p = { .commits = list.v, .n = list.n, .rules = &j.rules };
	if (!e)
		e = picking_run(c, &p);
	free(list.v);
	joining_fini(&j);
	return e;
}

const struct verb verb_cherry_pick = {
	.name = "cherry-pick",
	.synopsis = "REV... | A..B [--ours | --theirs | --take NAME TYPE=SIDE ...] [--force HASH]",
	.summary = "do again on your branch what other commits did",
	.details =
		"Each becomes a commit with its author and message, and the line where it is from. All of them are\n"
		"published at once, or none: a conflict changes nothing (status 5). Of a merge it is what it changed "
		"on its\n"
		"branch; ranges leave merges out.",
	.example = "apex cherry-pick canary~1",
	.options = options,
	.completes = "r+",
	.min_words = 1,
	.max_words = -1,
	.changes_zone = true,
	.run = run,
};
