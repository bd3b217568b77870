#include "core/blame.h"
#include "core/render.h"
#include "tools/pick.h"
#include "tools/verbs.h"

static enum ax_err put_blame(struct cli *c, uint64_t local)
{
	struct ax_commit commit;
	enum ax_err e = ax_commit_read(&commit, c->txn, local);
	if (e)
		return e;
	ax_render_blame(&c->out, &commit);
	ax_commit_fini(&commit);
	return ax_buf_check(&c->out);
}

static enum ax_err put_changed(void *ctx, uint16_t type, uint16_t covered, const struct ax_entry *entry)
{
	(void)type, (void)covered;
	return put_blame(ctx, entry->changed);
}

/* Not there: whoever deleted it is worth a word beside the refusal. */
static enum ax_err deleted(struct cli *c, const struct cli_commit *at, const struct ax_name *owner, uint16_t type)
{
	struct ax_buf key = AX_BUF_INIT;
	struct ax_buf why = AX_BUF_INIT;
	uint64_t local;
	struct ax_commit commit;
	ax_buf_printf(&why, "%s", ax_err_text(AX_ENOENT));
	enum ax_err e = ax_key_make(&key, owner, &at->zone.apex, type, 0);
	if (!e)
		e = ax_blame_gone(&local, c->txn, at->zone.id, ax_buf_view(&key), at->info.local);
	if (!e)
		e = ax_commit_read(&commit, c->txn, local);
	if (!e) {
		char part[AX_ID_SHORT + 1];
		ax_id_short(part, &commit.id);
		ax_buf_printf(&why, "; deleted by %s (%s ", part, commit.author.name);
		ax_render_time(&why, commit.author.when);
		ax_buf_str(&why, ")");
		ax_commit_fini(&commit);
	}
	if (!e || e == AX_ENOENT)
		e = ax_fail(AX_ENOENT, "%s", why.failed ? "not found" : ax_buf_cstr(&why));
	ax_buf_fini(&key);
	ax_buf_fini(&why);
	return e;
}

static enum ax_err run(struct cli *c, struct words *w)
{
	struct cli_commit at;
	struct ax_name owner;
	uint16_t type;
	c->style = PRINT_IDS;
	enum ax_err e = cli_begin(c, true);
	if (!e)
		e = cli_revision(&at, c, w->n > 2 ? w->v[2] : NULL);
	if (!e)
		e = cli_name(&owner, c, &at.zone, w->v[0]);
	if (!e)
		e = cli_type(&type, w->v[1]);
	if (e)
		return e;
	e = pick(c, &at, &owner, type, put_changed, c);
	return e == AX_ENOENT ? deleted(c, &at, &owner, type) : e;
}

const struct verb verb_blame = {
	.name = "blame",
	.synopsis = "NAME TYPE [REV]",
	.summary = "print which commit made an RRset what it is",
	.details = "Commit, author, time and subject on one line. The SOA's is the commit that last changed it apart "
		   "from\n"
		   "its serial; RRSIGs have a line for each type they cover.",
	.example = "apex blame www A",
	.min_words = 2,
	.max_words = 3,
	.run = run,
};
