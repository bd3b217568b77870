#include "tools/pick.h"
#include "tools/save.h"
#include "tools/verbs.h"

static const struct option options[] = { SAVE_OPTIONS, { 0 } };

struct deletion {
	struct ax_batch batch;
	struct ax_name owner;
};

static enum ax_err add(void *ctx, uint16_t type, uint16_t covered, const struct ax_entry *entry)
{
	struct deletion *d = ctx;
	(void)entry;
	return ax_batch_delete(&d->batch, &d->owner, type, covered);
}

static enum ax_err fill(struct deletion *d, struct cli *c, const struct words *w)
{
	struct cli_commit tip;
	uint16_t type = AX_TYPE_ANY;
	enum ax_err e = cli_revision(&tip, c, NULL);
	if (!e)
		e = cli_name(&d->owner, c, &c->zone, w->v[0]);
	if (!e && w->n > 1)
		e = cli_type(&type, w->v[1]);
	return e ? e : pick(c, &tip, &d->owner, type, add, d);
}

static enum ax_err run(struct cli *c, struct words *w)
{
	struct deletion d;
	enum ax_err e = cli_begin(c, false);
	if (e)
		return e;
	ax_batch_init(&d.batch, &c->zone.apex);
	e = fill(&d, c, w);
	if (!e) {
		struct save s = { .batch = &d.batch,
				  .serial_from = AX_SERIAL_FROM_EDIT,
				  .message = save_message,
				  .force = save_force };
		e = save_batch(c, &s);
	}
	ax_batch_fini(&d.batch);
	return e;
}

const struct verb verb_delete = {
	.name = "delete",
	.synopsis = "NAME [TYPE] [-m TEXT] [--force HASH]",
	.summary = "delete one RRset, or all of a name, and commit it",
	.details = "Names below NAME stay. What is not there is an error (status 1).",
	.example = "apex delete old.www A",
	.options = options,
	.completes = "n y",
	.min_words = 1,
	.max_words = 2,
	.changes_zone = true,
	.run = run,
};
