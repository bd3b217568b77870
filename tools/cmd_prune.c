#include "core/gc.h"
#include "core/when.h"
#include "tools/housekeeping.h"
#include "tools/verbs.h"

#include <string.h>

static bool treeless, shallow, dry;
static const char *before;

static const struct option options[] = {
	{ "treeless", 0, NULL, "drop what the zone held then; commits, log and signatures stay", NULL, NULL,
	  &treeless },
	{ "shallow", 0, NULL, "drop the commits too: history begins later", NULL, NULL, &shallow },
	{ "before", 0, "TIME", "touch only what is older; else 30 days ago", &before, NULL, NULL },
	{ "dry-run", 'n', NULL, "say what would go, drop nothing", NULL, NULL, &dry },
	{ 0 },
};

static enum ax_err run(struct cli *c, struct words *w)
{
	struct ax_gc_options o = { .treeless = treeless, .shallow = shallow, .dry = dry };
	const char *text = before ? before : "30 days ago";
	(void)w;
	if (treeless == shallow)
		return ax_fail(AX_EUSAGE, "prune: --treeless or --shallow?");
	enum ax_err e = ax_when_parse(&o.before, text, strlen(text), c->actor.committer.when);
	return e ? e : housekeeping_gc(c, &o);
}

const struct verb verb_prune = {
	.name = "prune",
	.synopsis = "--treeless | --shallow [--before TIME] [-n]",
	.summary = "drop old history for good: what zones held, or the commits too",
	.details = "Never what a ref, a tag, the log of the last gc.days days, one of a branch's gc.commits newest "
		   "commits, a\n"
		   "plan, a scheduled change or a running mount or daemon needs (apex config). There is no way back: "
		   "make a\n"
		   "bundle or a backup first.",
	.example = "apex prune --treeless --before '1 year ago'",
	.options = options,
	.min_words = 0,
	.max_words = 0,
	.run = run,
};
