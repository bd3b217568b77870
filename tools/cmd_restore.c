#include "core/blame.h"
#include "tools/joining.h"
#include "tools/save.h"
#include "tools/verbs.h"

#include <string.h>

static bool zone_removed;

static const struct option options[] = {
	{ "zone-removed", 0, NULL, "the zone was removed: list and serve it again", NULL, NULL, &zone_removed },
	SAVE_OPTIONS,
	{ 0 },
};

/* What the keys begin with: those of one type of a name, or of a name and all below it. */
static enum ax_err scope(struct ax_buf *out, struct cli *c, const struct words *w)
{
	struct ax_name owner;
	uint16_t type;
	enum ax_err e = cli_name(&owner, c, &c->zone, w->v[1]);
	if (!e)
		e = ax_key_owner(out, &owner, &c->zone.apex);
	if (e || w->n < 3)
		return e;
	if ((e = cli_type(&type, w->v[2])))
		return e;
	ax_buf_u8(out, 0);
	ax_buf_u16(out, type);
	return ax_buf_check(out);
}

static enum ax_err need_some(struct cli *c, const struct cli_commit *at, struct ax_slice keys, const struct words *w)
{
	struct ax_tree_range range;
	enum ax_err e = ax_tree_measure(&range, c->txn, &at->info.root, keys);
	if (e || range.count)
		return e;
	return ax_fail(AX_ENOENT, "%s%s%s: not there at %s", w->v[1], w->n > 2 ? " " : "", w->n > 2 ? w->v[2] : "",
		       w->v[0]);
}

static enum ax_err message(struct ax_buf *out, struct cli *c, const struct cli_commit *at, const struct words *w)
{
	char part[AX_ID_SHORT + 1];
	struct ax_id id;
	enum ax_err e = ax_commit_id(&id, c->txn, at->info.local);
	if (e)
		return e;
	ax_id_short(part, &id);
	if (save_message)
		ax_buf_str(out, save_message);
	else if (w->n > 1)
		ax_buf_printf(out, "Restore %s%s%s from %s", w->v[1], w->n > 2 ? " " : "", w->n > 2 ? w->v[2] : "",
			      part);
	else
		ax_buf_printf(out, "Restore the zone from %s", part);
	return ax_buf_check(out);
}

/* What it was before the last change to it, a deletion perhaps. */
static enum ax_err before_last_change(struct cli_commit *at, struct cli *c, struct ax_slice keys, bool is_rrset,
				      const char *name)
{
	struct ax_commit_info tip, last;
	struct ax_tree_range range = { 0 };
	struct ax_entry became;
	uint64_t commit = 0;
	bool absent;
	enum ax_err e = ax_commit_info(&tip, c->txn, c->tip.commit);
	if (!e && is_rrset)
		e = ax_blame_step(&commit, &became, &absent, c->txn, c->zone.id, &tip, keys);
	else if (!e && !(e = ax_blame_subtree(&range, c->txn, c->zone.id, &tip, keys)))
		commit = range.changed;
	if (e == AX_ENOENT || (!e && !commit))
		return ax_fail(AX_ENOENT, "%s: never was there", name);
	if (!e)
		e = ax_commit_info(&last, c->txn, commit);
	if (!e && !last.parents)
		return ax_fail(AX_ENOENT, "%s: has not changed since the zone began", name);
	return e ? e : cli_commit(at, c, c->zone.id, last.parent[0]);
}

/* Words: REV [NAME [TYPE]], or, behind -- or where the first is no revision, NAME [TYPE]. */
static enum ax_err find(struct cli_commit *at, struct ax_buf *keys, struct cli *c, struct words *w)
{
	enum ax_err e = w->before ? joining_commit(at, c, w->v[0]) : AX_ENOENT;
	if (e != AX_ENOENT || w->n > 2 || zone_removed) {
		if (!e && w->n > 1 && !(e = scope(keys, c, w)))
			e = need_some(c, at, ax_buf_view(keys), w);
		return e;
	}
	struct ax_buf no_rev = AX_BUF_INIT;
	ax_buf_str(&no_rev, w->before ? ax_err_text(e) : "");
	memmove(w->v + 1, w->v, (size_t)w->n * sizeof *w->v); /* main.c left room for one more */
	w->n++;
	e = scope(keys, c, w);
	if (!e)
		e = before_last_change(at, c, ax_buf_view(keys), w->n > 2, w->v[1]);
	if (e == AX_ENOENT && no_rev.n && ax_buf_cstr(&no_rev))
		e = ax_fail(e, "%s, and as a name %s", ax_buf_cstr(&no_rev), ax_err_text(e));
	ax_buf_fini(&no_rev);
	return e;
}

static enum ax_err restore(struct cli *c, struct words *w)
{
	struct cli_commit at;
	struct ax_buf keys = AX_BUF_INIT, text = AX_BUF_INIT;
	struct ax_job job;
	enum ax_err e = find(&at, &keys, c, w);
	if (!e)
		e = message(&text, c, &at, w);
	if (!e) {
		ax_job_init(&job, &c->zone, c->branch);
		ax_restore_change(&job, at.info.local, ax_buf_view(&keys), ax_buf_cstr(&text));
		job.change.revive = zone_removed;
		e = save_changes(c, &job.change, 1, save_force, true);
		ax_job_fini(&job);
	}
	if (!e && zone_removed && !c->at) {
		ax_name_text(&c->out, &c->zone.apex);
		ax_buf_str(&c->out, " is listed and served again\n");
	}
	ax_buf_fini(&keys);
	ax_buf_fini(&text);
	return e;
}

/* The zone is told by --zone, or stands before the colon of REV; alone it means its main branch. */
static enum ax_err choose_removed(struct cli *c, struct words *w)
{
	static char main_branch[] = "main";
	struct ax_name apex;
	char *colon = strchr(w->v[0], ':');
	const char *text = colon || !c->zone_text ? w->v[0] : c->zone_text;
	size_t n = colon ? (size_t)(colon - w->v[0]) : strlen(text);
	enum ax_err e = ax_name_parse(&apex, text, n, NULL);
	if (e)
		return e;
	ax_name_lower(&apex);
	e = ax_zone_find_removed(&c->zone, c->txn, &apex);
	if (e == AX_ENOENT)
		return ax_fail(e, "%.*s: no zone of this name was removed", (int)n, text);
	if (colon)
		w->v[0] = colon + 1;
	else if (text == w->v[0])
		w->v[0] = main_branch;
	strcpy(c->branch, c->branch_text ? c->branch_text : "main");
	return e;
}

static enum ax_err begin_removed(struct cli *c, struct words *w)
{
	enum ax_err e = c->branch_text ? ax_ref_check_name(c->branch_text) : AX_OK;
	if (!e)
		e = cli_open(c, false);
	if (!e)
		e = ax_txn_read(&c->txn, ax_repo_store(c->repo));
	return e ? e : choose_removed(c, w);
}

static enum ax_err run(struct cli *c, struct words *w)
{
	if (zone_removed && !w->before)
		return ax_fail(AX_EUSAGE, "restore: --zone-removed needs a revision, or the zone");
	enum ax_err e = zone_removed ? begin_removed(c, w) : cli_begin(c, false);
	if (!e)
		e = save_begin(c);
	if (!e && !zone_removed)
		e = cli_need_tip(c);
	return e ? e : restore(c, w);
}

const struct verb verb_restore = {
	.name = "restore",
	.synopsis = "[--zone-removed] REV [NAME [TYPE]] | [--] NAME [TYPE] [-m TEXT] [--force HASH]",
	.summary = "bring back a record, a name and all below it, or a zone, as it was",
	.details = "It is a new commit on the branch; nothing between is lost. NAME alone, without a revision, is "
		   "brought back\n"
		   "as it was before the last change to it: what was deleted is there again. With --zone-removed REV "
		   "is a revision "
		   "of the\n"
		   "removed zone (foo.example.:main, or main with --zone), or the zone's name alone.",
	.example = "apex restore main~3 www A",
	.options = options,
	.completes = "rn ny y",
	.min_words = 1,
	.max_words = 3,
	.changes_zone = true,
	.run = run,
};
