#include "tools/apply.h"
#include "tools/save.h"
#include "tools/verbs.h"

#include <stdlib.h>
#include <string.h>

static const struct option options[] = { SAVE_OPTIONS, { 0 } };

enum { RACES_MAX = 20 };

/* What is published: the parts as changes of one transaction. */
struct publication {
	struct ax_change *changes;
	struct ax_published *out;
};

static enum ax_err prepare(struct publication *p, struct apply *a)
{
	enum ax_err e = AX_OK;
	p->changes = calloc(a->n + 1, sizeof *p->changes);
	p->out = calloc(a->n + 1, sizeof *p->out);
	if (!p->changes || !p->out)
		return ax_fail(AX_ENOMEM, "out of memory");
	for (size_t i = 0; !e && i < a->n; i++) {
		struct apply_part *part = a->parts[i];
		e = ax_update_finish(&part->update, &part->batch);
		p->changes[i] = (struct ax_change){ .zone = part->zone.id,
						    .branch = part->branch,
						    .expect = &part->tip.id,
						    .batch = &part->batch,
						    .message = save_message };
	}
	return e;
}

static enum ax_err tell(struct publication *p, struct apply *a)
{
	struct cli *c = a->c;
	enum ax_err e = ax_txn_read(&c->txn, ax_repo_store(c->repo));
	bool changed = false;
	for (size_t i = 0; !e && i < a->n; i++) {
		struct ax_buf name = AX_BUF_INIT;
		const char *zone_text;
		changed |= p->out[i].changed;
		e = save_zone_text(&zone_text, &name, c, &a->parts[i]->zone);
		if (!e && p->out[i].changed && !c->at)
			save_tell(&c->out, zone_text, a->parts[i]->branch, &p->out[i], false);
		ax_buf_fini(&name);
	}
	if (!changed)
		ax_buf_str(&c->out, "(no changes)\n");
	return e;
}

static enum ax_err publish(struct apply *a)
{
	struct publication p = { NULL, NULL };
	enum ax_err e = prepare(&p, a);
	cli_end_read(a->c);
	if (!e && a->n)
		e = save_publish(p.out, a->c, p.changes, a->n, save_force);
	if (!e)
		e = tell(&p, a);
	free(p.changes);
	free(p.out);
	return e;
}

static enum ax_err apply_once(struct cli *c, const char *zone_text, struct ax_slice text, const char *file)
{
	struct apply a = { .c = c, .zone_text = zone_text };
	enum ax_err e = ax_txn_read(&c->txn, ax_repo_store(c->repo));
	if (!e)
		e = apply_read(&a, text, file);
	if (!e)
		e = publish(&a);
	cli_end_read(c);
	apply_fini(&a);
	return e;
}

static enum ax_err run(struct cli *c, struct words *w)
{
	struct ax_buf text = AX_BUF_INIT;
	const char *zone_text = c->zone_text;
	enum ax_err e = save_begin(c);
	if (!e)
		e = cli_open(c, false);
	if (!e)
		e = cli_read_file(&text, w->v[0]);
	for (int i = 0; !e && i < RACES_MAX; i++) {
		e = apply_once(c, zone_text, ax_buf_view(&text), strcmp(w->v[0], "-") ? w->v[0] : "standard input");
		if (e != AX_ELOST)
			break;
		ax_buf_clear(&c->warnings);
		c->warned = 0;
		e = i + 1 < RACES_MAX ? AX_OK : e;
	}
	ax_buf_fini(&text);
	return e;
}

const struct verb verb_apply = {
	.name = "apply",
	.synopsis = "FILE|- [-m TEXT] [--author 'NAME <MAIL>'] [--force HASH]",
	.summary = "publish a batch of changes to one or several zones, all or nothing",
	.details =
		"FILE has commands of nsupdate, or JSON as `apex diff --json` prints it:\n"
		"    {\"zone\": \"example.com.\", \"changes\": [\n"
		"      {\"name\": \"www\", \"type\": \"A\", \"new\": {\"ttl\": 300, \"rdata\": [\"192.0.2.7\"]}},\n"
		"      {\"name\": \"old\", \"type\": \"A\", \"new\": null}]}\n"
		"or a list of such objects. An \"old\" that is given, like a prerequisite of nsupdate, must hold "
		"(else status 5). Each change says what one RRset becomes, so a batch may name an RRset only once; "
		"the RRSIGs of a name are one for each type they cover (\"covers\").",
	.example = "apex apply changes.json -m 'renumber the web servers'",
	.options = options,
	.completes = "f",
	.min_words = 1,
	.max_words = 1,
	.changes_zone = true,
	.run = run,
};
