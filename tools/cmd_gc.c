#include "core/gc.h"
#include "tools/housekeeping.h"
#include "tools/verbs.h"

static bool dry;

static const struct option options[] = {
	{ "dry-run", 'n', NULL, "say what would go, drop nothing", NULL, NULL, &dry },
	{ 0 },
};

static enum ax_err run(struct cli *c, struct words *w)
{
	struct ax_gc_options o = { .dry = dry };
	(void)w;
	return housekeeping_gc(c, &o);
}

const struct verb verb_gc = {
	.name = "gc",
	.synopsis = "[-n]",
	.summary = "drop what no ref, tag, young log entry or running program leads to any more",
	.details = "What a ref pointed at stays for gc.days days and gc.commits moves (apex config). Others go on "
		   "reading and\n"
		   "writing meanwhile. The room is used again by commits to come; apex repack gives it back.",
	.example = "apex gc --dry-run",
	.options = options,
	.min_words = 0,
	.max_words = 0,
	.run = run,
};
