#include "tools/begin.h"
#include "tools/json.h"
#include "tools/verbs.h"

#include <string.h>

static struct option_list hosts;
static bool porcelain, json;

static const struct option options[] = {
	{ "ns", 0, "HOST", "add: make a first commit with an SOA and this name server", NULL, &hosts, NULL },
	{ "porcelain", 0, NULL, "list: one `ZONE default|-` a line, for scripts", NULL, NULL, &porcelain },
	{ "json", 0, NULL, "list: for scripts", NULL, NULL, &json },
	{ 0 },
};

static void put_zone(struct cli *c, struct json_t *list, const struct ax_zone *z, bool is_default)
{
	struct ax_buf name = AX_BUF_INIT;
	ax_name_text(&name, &z->apex);
	if (json) {
		struct json_t *zone = json_object_new();
		json_put_slice(zone, "zone", ax_buf_view(&name));
		json_put_bool(zone, "default", is_default);
		json_add(list, zone);
	} else {
		if (!porcelain)
			ax_buf_str(&c->out, is_default ? "* " : "  ");
		ax_buf_slice(&c->out, ax_buf_view(&name));
		ax_buf_str(&c->out, !porcelain ? "\n" : is_default ? " default\n" : " -\n");
	}
	ax_buf_fini(&name);
}

static enum ax_err list(struct cli *c)
{
	struct ax_zone first, z = { 0 };
	enum ax_err e = cli_open(c, true);
	if (!e)
		e = ax_txn_read(&c->txn, ax_repo_store(c->repo));
	if (!e)
		e = ax_zone_default(&first, c->txn);
	struct json_t *zones = json ? json_array_new() : NULL;
	while (!e && !(e = ax_zone_next(&z, c->txn, z.id, false)))
		put_zone(c, zones, &z, z.id == first.id);
	if (e == AX_ENOENT)
		e = AX_OK;
	if (!json)
		return e ? e : ax_buf_check(&c->out);
	enum ax_err printed = json_print(&c->out, zones);
	return e ? e : printed;
}

static enum ax_err add(struct cli *c, const char *text, const struct words *w)
{
	struct ax_name apex;
	struct ax_batch first;
	uint32_t id;
	enum ax_err e = begin_apex(&apex, text);
	if (e)
		return e;
	ax_batch_init(&first, &apex);
	c->branch_text = NULL; /* a zone begins with main */
	e = begin_batch(&first, &hosts, w);
	if (!e)
		e = cli_open(c, false);
	if (!e)
		e = ax_repo_zone_add(&id, c->repo, &apex, &c->actor);
	if (!e && hosts.n)
		e = ax_txn_read(&c->txn, ax_repo_store(c->repo));
	if (!e && hosts.n)
		e = cli_choose(c, text);
	if (!e && hosts.n)
		e = begin_commit(c, &first);
	ax_batch_fini(&first);
	return e;
}

static enum ax_err drop(struct cli *c, const char *text)
{
	struct ax_name apex;
	enum ax_err e = begin_apex(&apex, text);
	if (!e)
		e = cli_open(c, false);
	return e ? e : ax_repo_zone_remove(c->repo, &apex, &c->actor);
}

static enum ax_err run(struct cli *c, struct words *w)
{
	const char *what = w->n ? w->v[0] : "list";
	struct words rest = { .v = w->v + 1, .n = w->n - 1 };
	if (!strcmp(what, "list") && w->n <= 1)
		return list(c);
	if (!strcmp(what, "add") && w->n >= 2)
		return add(c, w->v[1], &rest);
	if (!strcmp(what, "remove") && w->n == 2)
		return drop(c, w->v[1]);
	return ax_fail(AX_EUSAGE, "zone: add ZONE, list, or remove ZONE");
}

const struct verb verb_zone = {
	.name = "zone",
	.synopsis = "add ZONE [--ns HOST...] | list [--porcelain | --json] | remove ZONE",
	.summary = "add, list or remove zones of the repository",
	.details = "A removed zone is no longer listed or served. Its history and its serial counter stay, so that a "
		   "zone\n"
		   "that comes back never shows an old serial with new content.",
	.example = "apex zone add example.net --ns ns1.example.com.",
	.options = options,
	.completes = ":add|list|remove z",
	.min_words = 0,
	.max_words = -1,
	.run = run,
};
