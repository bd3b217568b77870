#include "core/render.h"
#include "tools/json.h"
#include "tools/verbs.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *count;
static bool json;

static const struct option options[] = {
	{ "max-count", 'n', "N", "at most N moves", &count, NULL, NULL },
	{ "json", 0, NULL, "for scripts: a list of moves", NULL, NULL, &json },
	{ 0 },
};

/* Where the branch came: *is tells whether the commit is still there. */
static enum ax_err read_new(struct ax_commit *out, bool *is, struct cli *c, const struct ax_log_entry *entry)
{
	*is = false;
	enum ax_err e = entry->new_commit ? ax_commit_is_there(is, c->txn, entry->new_commit) : AX_OK;
	return !e && *is ? ax_commit_read(out, c->txn, entry->new_commit) : e;
}

static enum ax_err put_json(struct json_t *list, struct cli *c, uint64_t n, const struct ax_log_entry *entry)
{
	struct json_t *move = json_object_new();
	struct ax_buf text = AX_BUF_INIT;
	struct ax_commit commit;
	bool is;
	ax_buf_printf(&text, "%s@{%" PRIu64 "}", c->branch, n);
	json_put_slice(move, "revision", ax_buf_view(&text));
	enum ax_err e = cli_put_id(move, "old", c->txn, entry->old_commit);
	if (!e)
		e = cli_put_id(move, "new", c->txn, entry->new_commit);
	json_put_bool(move, "deleted", !entry->new_commit);
	json_put_number(move, "serial", entry->serial);
	ax_buf_clear(&text);
	ax_render_time(&text, entry->when);
	json_put_slice(move, "time", ax_buf_view(&text));
	json_put_text(move, "via", entry->door);
	json_put(move, "message", NULL);
	if (!e && !(e = read_new(&commit, &is, c, entry)) && is) {
		json_put_text(move, "message", commit.message);
		ax_commit_fini(&commit);
	}
	json_add(list, move);
	ax_buf_fini(&text);
	return e;
}

static enum ax_err put_entry(struct cli *c, uint64_t n, const struct ax_log_entry *entry)
{
	struct ax_commit commit;
	char part[AX_ID_SHORT + 1];
	bool is;
	enum ax_err e = read_new(&commit, &is, c, entry);
	if (e)
		return e;
	if (is)
		ax_id_short(part, &commit.id);
	ax_buf_printf(&c->out, "%s %s@{%" PRIu64 "} (", is ? part : "000000000000", c->branch, n);
	ax_render_time(&c->out, entry->when);
	ax_buf_printf(&c->out, ", %s) ", entry->door);
	if (is)
		ax_buf_slice(&c->out, ax_render_subject(commit.message));
	else
		ax_buf_str(&c->out, entry->new_commit ? "a commit that gc dropped" : "deleted");
	ax_buf_u8(&c->out, '\n');
	if (is)
		ax_commit_fini(&commit);
	return ax_buf_check(&c->out);
}

/* A branch that was deleted has its log still. */
static enum ax_err last(uint64_t *seq, struct cli *c)
{
	char path[AX_REF_PATH_MAX + 1];
	snprintf(path, sizeof path, "heads/%s", c->branch);
	enum ax_err e = ax_ref_last_log(seq, c->txn, c->zone.id, path);
	return e == AX_ENOENT ? cli_need_tip(c) : e;
}

static enum ax_err put_all(struct cli *c, uint64_t seq, uint64_t max)
{
	struct json_t *list = json ? json_array_new() : NULL;
	struct ax_log_entry entry;
	enum ax_err e = AX_OK;
	for (uint64_t n = 0; seq && n < max && !e; n++, seq = entry.prev) {
		e = ax_log_get(&entry, c->txn, seq);
		if (!e)
			e = json ? put_json(list, c, n, &entry) : put_entry(c, n, &entry);
	}
	enum ax_err printed = json ? json_print(&c->out, list) : AX_OK;
	return e ? e : printed;
}

static enum ax_err run(struct cli *c, struct words *w)
{
	uint64_t seq = 0, max;
	if (w->n && strcmp(w->v[0], "HEAD") != 0 && strcmp(w->v[0], "@") != 0)
		c->branch_text = w->v[0];
	c->style = json ? PRINT_PLAIN : PRINT_IDS;
	enum ax_err e = options_number(&max, "max-count", count, UINT64_MAX);
	if (!e)
		e = cli_begin(c, true);
	if (!e)
		e = last(&seq, c);
	return e ? e : put_all(c, seq, max);
}

const struct verb verb_reflog = {
	.name = "reflog",
	.synopsis = "[-n N] [--json] [BRANCH]",
	.summary = "print where a branch has been, newest first",
	.details = "Each line: the commit, the revision that names it by its place in this list, when and through "
		   "which door\n"
		   "the branch came there, the commit's subject. A branch that was deleted keeps its log.",
	.example = "apex reflog main",
	.options = options,
	.completes = "b",
	.min_words = 0,
	.max_words = 1,
	.paged = true,
	.run = run,
};
