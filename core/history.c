#include "core/history.h"
#include "core/diff.h"
#include "core/publish.h"

#include <stdlib.h>
#include <string.h>

void ax_job_init(struct ax_job *job, const struct ax_zone *zone, const char *branch)
{
	*job = (struct ax_job){ .change = { .zone = zone->id, .branch = branch } };
	ax_batch_init(&job->batch, &zone->apex);
	job->change.batch = &job->batch;
	job->change.compose_ctx = job;
}

void ax_job_fini(struct ax_job *job)
{
	ax_batch_fini(&job->batch);
	ax_conflicts_fini(&job->conflicts);
	ax_buf_fini(&job->text);
	ax_commit_fini(&job->read);
}

static enum ax_err root_of(struct ax_root *out, struct ax_txn *t, uint64_t commit)
{
	struct ax_commit_info info;
	*out = ax_tree_empty();
	enum ax_err e = commit ? ax_commit_info(&info, t, commit) : AX_OK;
	if (!e && commit)
		*out = info.root;
	return e;
}

/* A job may be run again: begin afresh. */
static void begin(struct ax_job *job)
{
	struct ax_name apex = job->batch.apex;
	ax_conflicts_fini(&job->conflicts);
	ax_batch_fini(&job->batch);
	ax_batch_init(&job->batch, &apex);
}

static enum ax_err join(struct ax_job *job, const struct ax_work *w, struct ax_txn *t,
			const struct ax_ancestry *bases, uint64_t theirs, bool whole)
{
	struct ax_merge_rules rules = job->rules ? *job->rules : (struct ax_merge_rules){ 0 };
	struct ax_root root;
	enum ax_err e = root_of(&root, t, theirs);
	rules.whole = whole;
	return e ? e : ax_merge(&job->conflicts, &job->batch, t, bases, &w->base_info.root, &root, &rules);
}

/* One tree is the base: that of a commit, or the empty one. */
static enum ax_err join_from(struct ax_job *job, const struct ax_work *w, struct ax_txn *t, uint64_t base,
			     uint64_t theirs, bool whole)
{
	struct ax_ancestry bases = { .levels = 1, .level[0].n = 1 };
	enum ax_err e = root_of(&bases.level[0].root[0], t, base);
	return e ? e : join(job, w, t, &bases, theirs, whole);
}

/* -- merge -------------------------------------------------------------------------------------------------- */

static enum ax_err merge_with(struct ax_job *job, struct ax_work *w, struct ax_txn *t, const struct ax_bases *bases)
{
	struct ax_ancestry above;
	enum ax_err e = ax_merge_ancestry(&above, t, bases);
	w->join[w->joins++] = job->commit;
	return e ? e : join(job, w, t, &above, job->commit, false);
}

static enum ax_err compose_merge(void *ctx, struct ax_work *w, struct ax_txn *t)
{
	struct ax_job *job = ctx;
	struct ax_bases bases;
	begin(job);
	if (!w->tip.commit)
		return ax_work_stand_on(w, t, job->commit);
	enum ax_err e = ax_graph_bases(&bases, t, w->tip.commit, job->commit);
	if (e)
		return e;
	if (!bases.n)
		return ax_fail(AX_EINVAL, "the two histories have no commit in common");
	if (bases.commit[0] == job->commit)
		return AX_OK;
	if (bases.commit[0] == w->tip.commit && !job->no_ff)
		return ax_work_stand_on(w, t, job->commit);
	return merge_with(job, w, t, &bases);
}

void ax_merge_change(struct ax_job *job, uint64_t theirs, const char *message, bool no_ff)
{
	job->commit = theirs;
	job->no_ff = no_ff;
	job->change.message = message;
	job->change.merges = true;
	job->change.compose = compose_merge;
}

/* -- cherry-pick, rebase ------------------------------------------------------------------------------------ */

static enum ax_err compose_pick(void *ctx, struct ax_work *w, struct ax_txn *t)
{
	struct ax_job *job = ctx;
	struct ax_commit_info info;
	begin(job);
	enum ax_err e = ax_commit_info(&info, t, job->commit);
	return e ? e : join_from(job, w, t, info.parents ? info.parent[0] : 0, job->commit, false);
}

AX_MUST static enum ax_err pick(struct ax_job *job, struct ax_txn *t, uint64_t commit, bool chained)
{
	ax_commit_fini(&job->read);
	enum ax_err e = ax_commit_read(&job->read, t, commit);
	if (e)
		return e;
	job->commit = commit;
	job->change.author = &job->read.author;
	job->change.message = job->read.message;
	job->change.chained = chained;
	job->change.merges = true;
	job->change.compose = compose_pick;
	return AX_OK;
}

enum ax_err ax_pick_change(struct ax_job *job, struct ax_txn *t, uint64_t commit, bool chained)
{
	char hex[AX_ID_HEX + 1];
	enum ax_err e = pick(job, t, commit, chained);
	if (e)
		return e;
	ax_id_hex(hex, &job->read.id);
	ax_buf_clear(&job->text);
	ax_buf_printf(&job->text, "%s\n\n(cherry picked from commit %s)", job->read.message, hex);
	job->change.message = ax_buf_cstr(&job->text);
	return ax_buf_check(&job->text);
}

enum ax_err ax_rebase_change(struct ax_job *job, struct ax_txn *t, uint64_t commit, uint64_t onto, bool chained)
{
	enum ax_err e = pick(job, t, commit, chained);
	job->change.to = onto;
	return e;
}

static int by_id(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

static enum ax_err list_commit(uint64_t **list, size_t *n, size_t *cap, uint64_t commit)
{
	if (*n == *cap) {
		size_t more = *cap ? *cap * 2 : 16;
		uint64_t *p = realloc(*list, more * sizeof *p);
		if (!p)
			return ax_fail(AX_ENOMEM, "out of memory");
		*list = p;
		*cap = more;
	}
	(*list)[(*n)++] = commit;
	return AX_OK;
}

/* Each is the first parent of the next, upstream that of the first: parents have lower ids than their children. */
static enum ax_err walk_list(uint64_t **list, size_t *n, bool *linear, struct ax_walk *w, uint64_t upstream)
{
	struct ax_commit_info info;
	size_t cap = 0;
	uint64_t below = 0;
	enum ax_err e;
	*linear = true;
	while (!(e = ax_walk_next(&info, w))) {
		*linear = *linear && info.parents == 1 && (!below || below == info.local);
		below = info.parents ? info.parent[0] : 0;
		if (info.parents <= 1 && (e = list_commit(list, n, &cap, info.local)))
			return e;
	}
	*linear = *linear && (!below || below == upstream);
	return e == AX_ENOENT ? AX_OK : e;
}

enum ax_err ax_rebase_list(uint64_t **out, size_t *n, bool *linear, struct ax_txn *t, uint64_t tip, uint64_t upstream)
{
	struct ax_walk *w;
	*out = NULL;
	*n = 0;
	enum ax_err e = ax_walk_open(&w, t);
	if (e)
		return e;
	if (!(e = ax_walk_push(w, tip)) && !(e = ax_walk_hide(w, upstream)))
		e = walk_list(out, n, linear, w, upstream);
	ax_walk_close(w);
	if (*out)
		qsort(*out, *n, sizeof **out, by_id);
	if (e) {
		free(*out);
		*out = NULL;
		*n = 0;
	}
	return e;
}

/* -- revert ------------------------------------------------------------------------------------------------- */

static enum ax_err compose_revert(void *ctx, struct ax_work *w, struct ax_txn *t)
{
	struct ax_job *job = ctx;
	begin(job);
	return join_from(job, w, t, job->commit, job->since, true);
}

void ax_revert_change(struct ax_job *job, uint64_t since, uint64_t commit, const char *message)
{
	job->commit = commit;
	job->since = since;
	job->change.message = message;
	job->change.merges = true;
	job->change.compose = compose_revert;
}

/* -- restore ------------------------------------------------------------------------------------------------ */

static enum ax_err restore_each(void *ctx, struct ax_slice key, const struct ax_entry *now,
				const struct ax_entry *then)
{
	struct ax_batch *b = ctx;
	(void)now;
	return then ? ax_batch_put_canonical(b, key, then->value) : ax_batch_delete_key(b, key);
}

/* Call for all that begins with scope. */
static enum ax_err each_in(struct ax_txn *t, const struct ax_root *root, struct ax_slice scope, ax_diff_fn *each,
			   void *ctx, bool then)
{
	struct ax_cursor c;
	enum ax_err e = ax_cursor_init(&c, t, root);
	if (e)
		return e;
	e = ax_cursor_seek(&c, scope);
	while (!e && c.valid && ax_slice_starts(c.entry.key, scope))
		if (!(e = each(ctx, c.entry.key, then ? NULL : &c.entry, then ? &c.entry : NULL)))
			e = ax_cursor_next(&c);
	ax_cursor_fini(&c);
	return e;
}

/* Of one RRset the last word in a batch wins: first all goes, then comes what was there. */
static enum ax_err compose_restore(void *ctx, struct ax_work *w, struct ax_txn *t)
{
	struct ax_job *job = ctx;
	struct ax_root then;
	begin(job);
	enum ax_err e = root_of(&then, t, job->commit);
	if (!e && !job->scope.n)
		e = ax_tree_diff(t, &w->base_info.root, &then, restore_each, &job->batch);
	if (!e && job->scope.n)
		e = each_in(t, &w->base_info.root, job->scope, restore_each, &job->batch, false);
	if (!e && job->scope.n)
		e = each_in(t, &then, job->scope, restore_each, &job->batch, true);
	job->batch.has_serial = false;
	return e;
}

void ax_restore_change(struct ax_job *job, uint64_t commit, struct ax_slice scope, const char *message)
{
	job->commit = commit;
	job->scope = scope;
	job->change.message = message;
	job->change.compose = compose_restore;
}

/* -- reset -------------------------------------------------------------------------------------------------- */

/* "Nothing if the tip is already X or such a raise of X." */
static bool is_raise_of(const struct ax_commit_info *tip, const struct ax_commit_info *x)
{
	return tip->parents == 1 && tip->parent[0] == x->local && ax_id_eq(&tip->root.id, &x->root.id);
}

static enum ax_err compose_reset(void *ctx, struct ax_work *w, struct ax_txn *t)
{
	struct ax_job *job = ctx;
	struct ax_commit_info x;
	begin(job);
	enum ax_err e = ax_commit_info(&x, t, job->commit);
	if (e || x.local == w->tip.commit || is_raise_of(&w->tip_info, &x))
		return e;
	return ax_work_stand_on(w, t, job->commit);
}

void ax_reset_change(struct ax_job *job, uint64_t commit, const char *message)
{
	job->commit = commit;
	job->change.message = message;
	job->change.compose = compose_reset;
}
