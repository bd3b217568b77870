#include "core/fsck.h"
#include "tools/verbs.h"

static bool repair_index;

static const struct option options[] = {
	{ "repair-index", 0, NULL, "first make the index of commits by hash anew", NULL, NULL, &repair_index },
	{ 0 },
};

struct told {
	struct cli *c;
	struct print_progress p;
};

static void problem(void *ctx, const char *text)
{
	struct told *t = ctx;
	ax_buf_printf(&t->c->warnings, "apex: %s\n", text);
}

static void progress(void *ctx, uint64_t done, uint64_t of)
{
	struct told *t = ctx;
	t->p.total = of;
	print_progress_set(&t->p, done);
}

static enum ax_err repair(struct cli *c)
{
	uint64_t n;
	enum ax_err e = ax_fsck_repair_index(&n, c->repo);
	if (!e)
		ax_buf_printf(&c->out, "repaired %llu entr%s\n", (unsigned long long)n, n == 1 ? "y" : "ies");
	return e;
}

static enum ax_err check(struct cli *c, struct ax_fsck *f)
{
	struct told t = { .c = c };
	struct ax_fsck_listener listener = { problem, progress, &t };
	print_progress_begin(&t.p, "commits verified", 0);
	enum ax_err e = ax_fsck(f, c->repo, &listener);
	print_progress_end(&t.p);
	return e;
}

static enum ax_err run(struct cli *c, struct words *w)
{
	struct ax_fsck f = { 0 };
	(void)w;
	enum ax_err e = cli_open(c, !repair_index);
	if (!e && repair_index)
		e = repair(c);
	if (!e)
		e = check(c, &f);
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
	.synopsis = "[--repair-index]",
	.summary = "verify everything in the repository: hashes, trees, refs, serials, log",
	.options = options,
	.example = "apex --repo /srv/dns fsck",
	.min_words = 0,
	.max_words = 0,
	.run = run,
};
