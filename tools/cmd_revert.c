#include "tools/joining.h"
#include "tools/save.h"
#include "tools/verbs.h"

static const struct option options[] = { SAVE_OPTIONS, { 0 } };

static enum ax_err message(struct ax_buf *out, struct cli *c, const struct ax_rev *from, const struct ax_rev *to,
			   bool range)
{
	struct ax_id a, b;
	char hex[AX_ID_HEX + 1], short_a[AX_ID_SHORT + 1], short_b[AX_ID_SHORT + 1];
	enum ax_err e = ax_commit_id(&b, c->txn, to->commit);
	if (!e && range)
		e = ax_commit_id(&a, c->txn, from->commit);
	if (e)
		return e;
	if (save_message) {
		ax_buf_str(out, save_message);
	} else if (range) {
		ax_id_short(short_a, &a);
		ax_id_short(short_b, &b);
		ax_buf_printf(out, "Revert %s..%s", short_a, short_b);
	} else {
		ax_id_hex(hex, &b);
		ax_buf_str(out, "Revert \"");
		e = joining_subject(out, c, to->commit);
		ax_buf_printf(out, "\"\n\nThis reverts commit %s.", hex);
	}
	return e ? e : ax_buf_check(out);
}

/* A range is undone as one: from what B is back to what A was. */
static enum ax_err check_range(struct cli *c, const struct ax_rev *from, const struct ax_rev *to)
{
	bool is;
	if (from->zone != c->zone.id || to->zone != c->zone.id)
		return ax_fail(AX_EUSAGE, "commits of another zone can't be reverted here");
	if (!from->commit)
		return ax_fail(AX_EINVAL, "the first commit can't be undone: there is nothing to go back to "
					  "(apex zone remove takes a zone away)");
	enum ax_err e = ax_graph_is_ancestor(&is, c->txn, from->commit, to->commit);
	return e || is ? e : ax_fail(AX_EINVAL, "the range does not begin with an ancestor of its end");
}

static enum ax_err run(struct cli *c, struct words *w)
{
	struct ax_rev from, to;
	struct ax_buf text = AX_BUF_INIT;
	struct ax_job job;
	enum ax_err e = cli_begin(c, false);
	if (e || (e = save_begin(c)) || (e = cli_need_tip(c)))
		return e;
	struct ax_rev_context context = cli_rev_context(c);
	struct ax_commit_info info;
	if ((e = ax_rev_range(&from, &to, c->txn, &context, w->v[0])) || (e = check_range(c, &from, &to)))
		return e;
	e = ax_commit_info(&info, c->txn, to.commit);
	bool range = !e && !(info.parents && info.parent[0] == from.commit);
	if (!e)
		e = message(&text, c, &from, &to, range);
	if (!e) {
		ax_job_init(&job, &c->zone, c->branch);
		ax_revert_change(&job, from.commit, to.commit, ax_buf_cstr(&text));
		e = joining_run(c, &job, "later commits changed them; apex restore brings back what an RRset was");
		ax_job_fini(&job);
	}
	ax_buf_fini(&text);
	return e;
}

const struct verb verb_revert = {
	.name = "revert",
	.synopsis = "REV | A..B [-m TEXT] [--force HASH]",
	.summary = "undo what a commit did, in a new commit",
	.details = "Only that change is undone; a range is undone in one commit, back to A. Of a merge it is what it "
		   "changed on\n"
		   "its branch. If a later commit changed one of its RRsets nothing is changed, and the three values "
		   "are listed\n"
		   "(status 5).",
	.example = "apex revert main~2",
	.options = options,
	.completes = "r",
	.min_words = 1,
	.max_words = 1,
	.changes_zone = true,
	.run = run,
};
