#include "core/due.h"
#include "core/render.h"
#include "tools/json.h"
#include "tools/verbs.h"

#include <stdlib.h>

static const char *cancel;
static bool json;

static const struct option options[] = {
	{ "cancel", 0, "N", "call it off", &cancel, NULL, NULL },
	{ "json", 0, NULL, "list for scripts", NULL, NULL, &json },
	{ 0 },
};

static const char *kind_text(const struct ax_due *d)
{
	return d->kind == AX_DUE_PUBLISH ? "publish" : "take back";
}

static enum ax_err zone_text(struct ax_buf *out, struct cli *c, const struct ax_due *d)
{
	struct ax_zone zone;
	enum ax_err e = ax_zone_get(&zone, c->txn, d->zone);
	if (!e)
		ax_name_text(out, &zone.apex);
	return e ? e : ax_buf_check(out);
}

static enum ax_err put(struct cli *c, const struct ax_due *d)
{
	ax_buf_printf(&c->out, "%llu ", (unsigned long long)d->number);
	ax_render_time(&c->out, d->at);
	ax_buf_printf(&c->out, " %s ", kind_text(d));
	enum ax_err e = zone_text(&c->out, c, d);
	ax_buf_printf(&c->out, ":%s %s: %s\n", d->branch, d->author, d->subject);
	return e;
}

static enum ax_err put_json(struct json_t *list, struct cli *c, const struct ax_due *d)
{
	struct json_t *object = json_object_new();
	struct ax_buf text = AX_BUF_INIT;
	json_put_number(object, "number", d->number);
	ax_render_time(&text, d->at);
	json_put_slice(object, "time", ax_buf_view(&text));
	json_put_text(object, "what", kind_text(d));
	ax_buf_clear(&text);
	enum ax_err e = zone_text(&text, c, d);
	json_put_slice(object, "zone", ax_buf_view(&text));
	json_put_text(object, "branch", d->branch);
	json_put_text(object, "author", d->author);
	json_put_text(object, "subject", d->subject);
	json_add(list, object);
	ax_buf_fini(&text);
	return e;
}

static enum ax_err list(struct cli *c)
{
	struct json_t *all = json ? json_array_new() : NULL;
	struct ax_due d = { 0 };
	enum ax_err e = cli_open(c, true);
	if (!e)
		e = ax_txn_read(&c->txn, ax_repo_store(c->repo));
	while (!e && !(e = ax_due_next(&d, c->txn, &d)))
		e = json ? put_json(all, c, &d) : put(c, &d);
	enum ax_err printed = json ? json_print(&c->out, all) : ax_buf_check(&c->out);
	return e && e != AX_ENOENT ? e : printed;
}

/* `apex at TIME VERB` is main.c's: it is VERB that runs. */
static enum ax_err run(struct cli *c, struct words *w)
{
	char *end = NULL;
	(void)w;
	if (!cancel)
		return list(c);
	unsigned long long number = strtoull(cancel, &end, 10);
	if (cancel[0] < '0' || cancel[0] > '9' || *end)
		return ax_fail(AX_EUSAGE, "at: --cancel: `%s` is no number", cancel);
	enum ax_err e = cli_open(c, false);
	return e ? e : ax_repo_unschedule(c->repo, number, &c->actor);
}

const struct verb verb_at = {
	.name = "at",
	.synopsis = "TIME VERB ... | --cancel N | [--json] (list)",
	.summary = "make a change later: publish it at a time, if the branch has not moved by then",
	.details =
		"TIME is 2026-08-01 10:30, 22:30 (the next one), tomorrow 6:30, or in 2 hours, in UTC, quoted. VERB "
		"is one\n"
		"that changes a zone, with its own options; it is checked now. The daemon and the mount publish it "
		"when it is\n"
		"due, or apex run-due does. If the branch moved meanwhile nothing is published, and `apex log "
		"--refused`\n"
		"says so. With --until TIME any change is taken back at a time, in the same way.",
	.example = "apex at '22:30' set www A 300 192.0.2.7 --until 'tomorrow 6:00'",
	.options = options,
	.completes = "- v",
	.min_words = 0,
	.max_words = 0,
	.leads = true,
	.run = run,
};
