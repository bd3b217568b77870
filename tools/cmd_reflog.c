#include "core/render.h"
#include "tools/verbs.h"

#include <stdio.h>
#include <string.h>

static enum ax_err put_entry(struct cli *c, const char *branch, unsigned n, const struct ax_log_entry *entry)
{
	struct ax_commit commit;
	char part[AX_ID_SHORT + 1];
	bool is = false;
	enum ax_err e = entry->new_commit ? ax_commit_is_there(&is, c->txn, entry->new_commit) : AX_OK;
	if (!e && is)
		e = ax_commit_read(&commit, c->txn, entry->new_commit);
	if (e)
		return e;
	if (is)
		ax_id_short(part, &commit.id);
	ax_buf_printf(&c->out, "%s %s@{%u} (", is ? part : "000000000000", branch, n);
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

static enum ax_err run(struct cli *c, struct words *w)
{
	struct ax_log_entry entry;
	uint64_t seq = 0;
	if (w->n && strcmp(w->v[0], "HEAD") != 0)
		c->branch_text = w->v[0];
	c->style = PRINT_IDS;
	enum ax_err e = cli_begin(c, true);
	if (!e)
		e = last(&seq, c);
	for (unsigned n = 0; seq && !e; n++, seq = entry.prev) {
		e = ax_log_get(&entry, c->txn, seq);
		if (!e)
			e = put_entry(c, c->branch, n, &entry);
	}
	return e;
}

const struct verb verb_reflog = {
	.name = "reflog",
	.synopsis = "[BRANCH]",
	.summary = "print where a branch has been, newest first",
	.details = "Each line: the commit, the revision that names it by its place in this list, when and through "
		   "which door\n"
		   "the branch came there, the commit's subject. A branch that was deleted keeps its log.",
	.example = "apex reflog main",
	.completes = "b",
	.min_words = 0,
	.max_words = 1,
	.paged = true,
	.run = run,
};
