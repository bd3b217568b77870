#include "core/refusal.h"
#include "core/sign.h"
#include "tools/changes.h"
#include "tools/history.h"
#include "tools/json.h"
#include "tools/keys.h"
#include "tools/lanes.h"
#include "tools/verbs.h"

#include <stdlib.h>
#include <string.h>

static const char *count;
static struct history_filter filter;
static bool oneline, porcelain, json, graph, stat, patch, signatures, refused;
static struct option_list key_paths;

static const struct option options[] = {
	{ "max-count", 'n', "N", "at most N commits", &count, NULL, NULL },
	{ "oneline", 0, NULL, "one line a commit: id and subject", NULL, NULL, &oneline },
	{ "graph", 0, NULL, "draw the lines of descent beside", NULL, NULL, &graph },
	{ "stat", 0, NULL, "how many records of each RRset changed", NULL, NULL, &stat },
	{ "patch", 'p', NULL, "what each commit changed", NULL, NULL, &patch },
	{ "show-signature", 0, NULL, "whether it is signed, and by whom", NULL, NULL, &signatures },
	{ "key", 0, "FILE", "public keys that are trusted; may be given again", NULL, &key_paths, NULL },
	{ "author", 0, "REGEX", "only commits of authors (NAME <MAIL>) that match", &filter.author, NULL, NULL },
	{ "since", 0, "TIME", "only commits made then or later (2026-08-01, 2 days ago)", &filter.since, NULL, NULL },
	{ "until", 0, "TIME", "only commits made then or before", &filter.until, NULL, NULL },
	{ "refused", 0, NULL, "instead: what guards refused, and what was due and could not be done", NULL, NULL,
	  &refused },
	{ "porcelain", 0, NULL, "for scripts: ID SERIAL SECONDS AUTHOR SUBJECT, tab between", NULL, NULL,
	  &porcelain },
	{ "json", 0, NULL, "for scripts: a list of commits", NULL, NULL, &json },
	{ 0 },
};

struct log {
	struct cli *c;
	struct history history;
	struct ax_render_refs refs;
	struct lanes lanes;
	struct json_t *list;
	uint64_t max, shown;
	struct ax_buf text; /* of the commit at hand */
	struct ax_buf mark, fork, rest;
	struct ax_keys keys;
};

/* -- one commit ------------------------------------------------------------------------------------------- */

static void put_porcelain(struct ax_buf *out, const struct ax_commit *c)
{
	char hex[AX_ID_HEX + 1];
	ax_id_hex(hex, &c->id);
	ax_buf_printf(out, "%s\t%u\t%lld.%09u\t%s <%s>\t", hex, c->serial, (long long)c->author.when.s,
		      c->author.when.ns, c->author.name, c->author.mail);
	ax_buf_slice(out, ax_render_subject(c->message));
	ax_buf_u8(out, '\n');
}

static struct json_t *json_person(const struct ax_person *p)
{
	struct json_t *who = json_object_new();
	struct ax_buf when = AX_BUF_INIT;
	ax_render_time(&when, p->when);
	json_put_text(who, "name", p->name);
	json_put_text(who, "mail", p->mail);
	json_put_slice(who, "time", ax_buf_view(&when));
	json_put_number(who, "seconds", p->when.s < 0 ? 0 : (uint64_t)p->when.s);
	ax_buf_fini(&when);
	return who;
}

static struct json_t *json_commit(const struct ax_commit *c)
{
	struct json_t *object = json_object_new(), *parents = json_array_new();
	char hex[AX_ID_HEX + 1];
	ax_id_hex(hex, &c->id);
	json_put_text(object, "commit", hex);
	ax_id_hex(hex, &c->tree);
	json_put_text(object, "tree", hex);
	for (unsigned i = 0; i < c->parents; i++) {
		ax_id_hex(hex, &c->parent[i]);
		json_add_slice(parents, ax_slice_str(hex));
	}
	json_put(object, "parents", parents);
	json_put_number(object, "serial", c->serial);
	json_put(object, "author", json_person(&c->author));
	json_put(object, "committer", json_person(&c->committer));
	json_put_text(object, "via", c->via);
	json_put_text(object, "message", c->message);
	return object;
}

static enum ax_err put_changes(struct log *l, const struct ax_commit_info *info)
{
	struct ax_commit_info parent;
	enum ax_err e = info->parents ? ax_commit_info(&parent, l->c->txn, info->parent[0]) : AX_OK;
	struct changes changes = { l->c->txn, l->history.zone.apex, info->parents ? &parent : NULL, info,
				   ax_buf_view(&l->history.place.key) };
	if (!oneline)
		ax_buf_u8(&l->text, '\n');
	if (!e && stat)
		e = changes_put(&l->text, NULL, &changes, CHANGES_STAT);
	if (!e && stat && patch)
		ax_buf_u8(&l->text, '\n');
	return !e && patch ? changes_put(&l->text, NULL, &changes, CHANGES_LINES) : e;
}

/* As git does, before the commit's own lines. */
static enum ax_err put_signature(struct log *l, const struct ax_commit *commit)
{
	static const char *const said[] = { [AX_SIGNED_NOT] = "none",
					    [AX_SIGNED_FOREIGN] = "by a key that is not trusted",
					    [AX_SIGNED_BAD] = "BAD",
					    [AX_SIGNED_GOOD] = "good" };
	struct ax_public_key by = { 0 };
	enum ax_signed state;
	enum ax_err e = ax_sign_check(&state, &by, l->c->txn, AX_KIND_COMMIT, &commit->id, &l->keys);
	if (e)
		return e;
	ax_buf_printf(&l->text, "Signature: %s", said[state]);
	if (state == AX_SIGNED_GOOD)
		ax_buf_printf(&l->text, ", by %s", by.name[0] ? by.name : "a trusted key without a name");
	ax_buf_u8(&l->text, '\n');
	return AX_OK;
}

/* Of a commit whose tree, or whose parent's, was pruned nothing can be said. */
static enum ax_err put_known_changes(struct log *l, const struct ax_commit_info *info)
{
	size_t before = l->text.n;
	enum ax_err e = put_changes(l, info);
	if (e != AX_EPRUNED)
		return e;
	l->text.n = before;
	ax_buf_str(&l->text, oneline ? "(pruned)\n" : "\n(what it changed was pruned)\n");
	return AX_OK;
}

static enum ax_err put_text(struct log *l, const struct ax_commit *commit, const struct ax_commit_info *info)
{
	const char *names = ax_render_refs_find(&l->refs, info->local);
	enum ax_err e = signatures ? put_signature(l, commit) : AX_OK;
	if (oneline)
		ax_render_oneline(&l->text, commit, names);
	else if (!e)
		e = ax_render_log(&l->text, commit, names);
	/* A merge changes much that its parents changed before: as git, its own changes are not shown. */
	return !e && (stat || patch) && info->parents < 2 ? put_known_changes(l, info) : e;
}

/* -- the drawing ------------------------------------------------------------------------------------------ */

static void put_line(struct ax_buf *out, const struct ax_buf *before, struct ax_slice line)
{
	size_t from = out->n;
	ax_buf_slice(out, ax_buf_view(before));
	ax_buf_slice(out, line);
	while (!out->failed && out->n > from && out->p[out->n - 1] == ' ')
		out->n--;
	ax_buf_u8(out, '\n');
}

/* l->text with the drawing before each line. */
static void put_drawn(struct log *l)
{
	struct ax_slice text = ax_buf_view(&l->text);
	ax_buf_clear(&l->rest);
	lanes_rest(&l->rest, &l->lanes);
	for (bool first = true; text.n; first = false) {
		const uint8_t *lf = memchr(text.p, '\n', text.n);
		size_t n = lf ? (size_t)(lf - text.p) : text.n;
		put_line(&l->c->out, first ? &l->mark : &l->rest, ax_slice(text.p, n));
		if (first)
			ax_buf_slice(&l->c->out, ax_buf_view(&l->fork));
		text = ax_slice(text.p + n + (lf != NULL), text.n - n - (lf != NULL));
	}
	if (!oneline)
		put_line(&l->c->out, &l->rest, ax_slice(NULL, 0));
}

static enum ax_err draw(struct log *l, const struct ax_commit_info *info)
{
	ax_buf_clear(&l->mark);
	ax_buf_clear(&l->fork);
	enum ax_err e = lanes_commit(&l->c->out, &l->mark, &l->fork, &l->lanes, info);
	return e ? e : ax_buf_check(&l->mark);
}

/* -- all -------------------------------------------------------------------------------------------------- */

static enum ax_err put_commit(struct log *l, const struct ax_commit_info *info)
{
	struct ax_commit commit;
	enum ax_err e = ax_commit_read(&commit, l->c->txn, info->local);
	if (e)
		return e;
	ax_buf_clear(&l->text);
	if (json)
		json_add(l->list, json_commit(&commit));
	else if (porcelain)
		put_porcelain(&l->text, &commit);
	else
		e = put_text(l, &commit, info);
	ax_commit_fini(&commit);
	if (!graph && !json && !porcelain && !oneline && l->shown)
		ax_buf_u8(&l->c->out, '\n');
	l->shown++;
	if (!graph)
		ax_buf_slice(&l->c->out, ax_buf_view(&l->text));
	if (!e)
		e = ax_buf_check(&l->text);
	return e ? e : ax_buf_check(&l->c->out);
}

static enum ax_err put_all(struct log *l)
{
	struct ax_commit_info info;
	bool wanted;
	enum ax_err e = AX_OK;
	while (!e && l->shown < l->max) {
		e = history_next(&info, &wanted, &l->history);
		if (!e && wanted)
			e = put_commit(l, &info);
	}
	return e == AX_ENOENT ? AX_OK : e;
}

struct pick_one {
	uint64_t local;
	bool wanted;
};

/* Ids grow from parent to child. */
static int children_first(const void *a, const void *b)
{
	const struct pick_one *x = a, *y = b;
	return (x->local < y->local) - (x->local > y->local);
}

static enum ax_err gather(struct pick_one **out, size_t *n, struct history *h)
{
	struct ax_commit_info info;
	size_t cap = 0;
	bool wanted;
	enum ax_err e;
	while (!(e = history_next(&info, &wanted, h))) {
		if (*n == cap) {
			cap = cap ? 2 * cap : 256;
			struct pick_one *p = reallocarray(*out, cap, sizeof *p);
			if (!p)
				return ax_fail(AX_ENOMEM, "out of memory");
			*out = p;
		}
		(*out)[(*n)++] = (struct pick_one){ info.local, wanted };
	}
	return e == AX_ENOENT ? AX_OK : e;
}

static enum ax_err put_graph(struct log *l)
{
	struct pick_one *all = NULL;
	struct ax_commit_info info;
	size_t n = 0;
	enum ax_err e = gather(&all, &n, &l->history);
	if (n)
		qsort(all, n, sizeof *all, children_first);
	for (size_t i = 0; !e && i < n && l->shown < l->max; i++) {
		e = ax_commit_info(&info, l->c->txn, all[i].local);
		if (!e)
			e = draw(l, &info);
		if (!e && all[i].wanted && !(e = put_commit(l, &info)))
			put_drawn(l);
		else if (!e)
			ax_buf_slice(&l->c->out, ax_buf_view(&l->fork));
	}
	free(all);
	return e;
}

static enum ax_err put_json(struct log *l)
{
	l->list = json_array_new();
	enum ax_err e = put_all(l), printed = json_print(&l->c->out, l->list);
	return e ? e : printed;
}

static enum ax_err show(struct log *l)
{
	enum ax_err e = ax_render_refs_init(&l->refs, l->c->txn, l->history.zone.id, l->c->branch);
	if (!e)
		e = json ? put_json(l) : graph ? put_graph(l) : put_all(l);
	ax_render_refs_fini(&l->refs);
	lanes_fini(&l->lanes);
	ax_buf_fini(&l->text);
	ax_keys_fini(&l->keys);
	ax_buf_fini(&l->mark);
	ax_buf_fini(&l->fork);
	ax_buf_fini(&l->rest);
	return e;
}

/* -- refusals --------------------------------------------------------------------------------------------- */

static void put_refusal(struct ax_buf *out, const struct ax_refusal *r)
{
	char plan[AX_ID_SHORT + 1] = "-";
	if (!ax_id_zero(&r->plan))
		ax_id_short(plan, &r->plan);
	ax_render_time(out, r->when);
	ax_buf_printf(out, " %s %s %s (%s): %s\n", r->branch, plan, r->author, r->via, r->why);
}

static struct json_t *json_refusal(const struct ax_refusal *r)
{
	struct json_t *object = json_object_new();
	struct ax_buf when = AX_BUF_INIT;
	char hex[AX_ID_HEX + 1];
	ax_id_hex(hex, &r->plan);
	ax_render_time(&when, r->when);
	json_put_slice(object, "time", ax_buf_view(&when));
	json_put_text(object, "branch", r->branch);
	json_put(object, "plan", NULL);
	if (!ax_id_zero(&r->plan))
		json_put_text(object, "plan", hex);
	json_put_text(object, "author", r->author);
	json_put_text(object, "via", r->via);
	json_put_text(object, "why", r->why);
	ax_buf_fini(&when);
	return object;
}

static enum ax_err put_refusals(struct cli *c, uint64_t max)
{
	struct json_t *list = json ? json_array_new() : NULL;
	struct ax_refusal r = { 0 };
	enum ax_err e = AX_OK;
	for (uint64_t n = 0; n < max && !(e = ax_refusal_next(&r, c->txn, r.number));) {
		if (r.zone != c->zone.id)
			continue;
		n++;
		if (json)
			json_add(list, json_refusal(&r));
		else
			put_refusal(&c->out, &r);
	}
	enum ax_err printed = json ? json_print(&c->out, list) : ax_buf_check(&c->out);
	return e && e != AX_ENOENT ? e : printed;
}

static enum ax_err run(struct cli *c, struct words *w)
{
	struct log l = { .c = c };
	c->style = porcelain || json || graph ? PRINT_PLAIN : oneline ? PRINT_IDS : PRINT_LOG;
	enum ax_err e = options_number(&l.max, "max-count", count, UINT64_MAX);
	if (!e && oneline + porcelain + json > 1)
		e = ax_fail(AX_EUSAGE, "log: one form at a time");
	if (!e && (porcelain || json) && (stat || patch || graph))
		e = ax_fail(AX_EUSAGE, "log: --stat, --patch and --graph are for people");
	if (!e && graph && w->n > w->before)
		e = ax_fail(AX_EUSAGE, "log: --graph draws whole histories, not that of a name");
	if (!e && signatures && key_paths.n)
		e = keys_trusted(&l.keys, &key_paths);
	if (!e)
		e = cli_begin(c, true);
	if (!e && refused && (w->n || oneline || porcelain || graph || stat || patch || signatures))
		e = ax_fail(AX_EUSAGE, "log: --refused goes with -n and --json alone");
	if (e || refused)
		return e ? e : put_refusals(c, l.max);
	e = history_open(&l.history, c, w, &filter);
	if (!e)
		e = show(&l);
	history_close(&l.history);
	return e;
}

const struct verb verb_log = {
	.name = "log",
	.synopsis =
		"[-n N] [--oneline | --porcelain | --json] [--graph] [--stat] [-p] [--author REGEX] [--since TIME] "
		"[--until TIME] [--show-signature [--key FILE]] [REV | A..B] [-- NAME [TYPE]] | --refused [-n N] "
		"[--json]",
	.summary = "print the commits that led to a revision, newest first",
	.details =
		"As git prints them, with the serial that each commit shows and the door it came through. NAME "
		"TYPE\n"
		"limits it to the commits that changed this RRset, NAME alone to those that changed something at or\n"
		"below the name; finding them costs no walk of history. -3 is -n 3.",
	.example = "apex log -p -- www A",
	.options = options,
	.completes = "r",
	.min_words = 0,
	.max_words = 3,
	.paged = true,
	.run = run,
};
