#include "tools/housekeeping.h"

#include "tools/print.h"

#include <string.h>

struct shown {
	struct print_progress p;
	const char *what;
};

static void progress(void *ctx, const char *what, uint64_t done, uint64_t of)
{
	struct shown *s = ctx;
	if (!s->what || strcmp(s->what, what) != 0) {
		print_progress_end(&s->p);
		print_progress_begin(&s->p, what, of);
		s->what = what;
	}
	print_progress_set(&s->p, done);
}

void housekeeping_put_size(struct ax_buf *out, uint64_t bytes)
{
	static const char *const units[] = { "bytes", "KiB", "MiB", "GiB", "TiB" };
	double n = (double)bytes;
	size_t i = 0;
	for (; n >= 1024 && i + 1 < sizeof units / sizeof *units; i++)
		n /= 1024;
	ax_buf_printf(out, i ? "%.1f %s" : "%.0f %s", n, units[i]);
}

static void count(struct ax_buf *out, uint64_t n, const char *one, const char *after)
{
	ax_buf_printf(out, "%llu %s%s%s", (unsigned long long)n, one, n == 1 ? "" : "s", after);
}

enum ax_err housekeeping_gc(struct cli *c, struct ax_gc_options *o)
{
	struct ax_gc g;
	struct shown s = { .what = NULL };
	o->progress = progress;
	o->ctx = &s;
	enum ax_err e = cli_open(c, false);
	if (e)
		return e;
	e = ax_repo_gc(&g, c->repo, o, &c->actor);
	print_progress_end(&s.p);
	if (e)
		return e;
	ax_buf_str(&c->out, o->dry ? "would drop " : "dropped ");
	count(&c->out, g.commits, "commit", ", ");
	count(&c->out, g.nodes, "node", ", ");
	housekeeping_put_size(&c->out, g.bytes);
	if (g.stripped) {
		ax_buf_str(&c->out, "; ");
		count(&c->out, g.stripped, "commit", o->dry ? " would stay without a tree" : " left without a tree");
	}
	if (g.cut) {
		ax_buf_str(&c->out, "; history begins at ");
		count(&c->out, g.cut, "commit", "");
	}
	ax_buf_str(&c->out, "; ");
	count(&c->out, g.kept, "commit", " kept\n");
	return ax_buf_check(&c->out);
}
