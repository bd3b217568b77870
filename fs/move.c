/* move.c - see save.h: label directories that are renamed, branches that come and go. */
#include "fs/save.h"

#include "fs/commit.h"
#include "fs/draft.h"
#include "fs/fuse.h"
#include "fs/ops.h"

#include <stdlib.h>
#include <string.h>

/* -- a label directory ------------------------------------------------------------------------------------ */

struct subtree {
	struct ax_buf from, to; /* owner prefixes */
};

static int take_prefixes(struct subtree *s, const struct job *j)
{
	uint8_t label[AX_LABEL_MAX];
	struct ax_name owner;
	size_t n;
	if (!node_prefix(&s->from, j->node) || !node_owner(&owner, j->dir))
		return ENOENT;
	if (ax_label_from_file(label, &n, j->name))
		return EINVAL;
	if (ax_name_prepend(&owner, ax_slice(label, n)))
		return ENAMETOOLONG;
	return ax_err_errno(ax_key_owner(&s->to, &owner, &j->dir->view->apex));
}

/* One RRset to its new owner. What waits to be deleted does not come along. */
static enum ax_err move_entry(struct commit *c, const struct subtree *s, const struct ax_entry *entry, bool *any)
{
	struct ax_buf key = AX_BUF_INIT;
	struct ax_name name;
	uint16_t type, covered;
	pthread_mutex_lock(&c->m->lock);
	bool gone = waiting_find(&c->v->waiting, entry->key);
	pthread_mutex_unlock(&c->m->lock);
	if (gone)
		return AX_OK;
	ax_buf_slice(&key, ax_buf_view(&s->to));
	ax_buf_put(&key, entry->key.p + s->from.n, entry->key.n - s->from.n);
	enum ax_err e = ax_buf_check(&key);
	if (!e && ax_key_parse(&name, &type, &covered, NULL, ax_buf_view(&key), &c->v->apex))
		e = ax_fail(AX_EINVAL, "a name below it would be longer than 255 octets");
	if (!e)
		e = ax_batch_delete_key(&c->batch, entry->key);
	if (!e)
		e = ax_batch_put_key(&c->batch, ax_buf_view(&key), entry->value);
	ax_buf_fini(&key);
	*any = true;
	return e;
}

static enum ax_err move_all(struct commit *c, const struct subtree *s, bool *any)
{
	struct ax_cursor cur;
	*any = false;
	enum ax_err e = commit_begin(c);
	if (e || !c->tip.local)
		return e;
	e = ax_cursor_init(&cur, c->t, &c->tip.root);
	if (e)
		return e;
	e = ax_cursor_seek(&cur, ax_buf_view(&s->from));
	while (!e && cur.valid && ax_slice_starts(cur.entry.key, ax_buf_view(&s->from))) {
		e = move_entry(c, s, &cur.entry, any);
		if (!e)
			e = ax_cursor_next(&cur);
	}
	ax_cursor_fini(&cur);
	return e;
}

/* -- texts that are being written below ------------------------------------------------------------------- */

static bool is_below(const struct node *n, const struct node *dir)
{
	while (n && n != dir)
		n = n->parent;
	return n && n == dir;
}

/* The record that one replaces was deleted, and is so where it was. */
static void leave_names(const struct node *dir)
{
	struct waiting *w = &dir->view->waiting;
	for (struct gone *g = waiting_next(w, NULL); g; g = waiting_next(w, g)) {
		if (!g->writer || !is_below(g->writer, dir))
			continue;
		if (g->writer->draft)
			g->writer->draft->base = 0;
		waiting_set_writer(w, g, NULL);
	}
}

static struct draft *draft_below(const struct handle *h, const struct node *dir)
{
	return h->node->kind == NODE_RECORD && h->node->hashed && is_below(h->node, dir) ? h->node->draft : NULL;
}

/* Which of them began with what was moved? */
static void mark_drafts(struct mount *m, struct ax_txn *t, const struct node *dir,
			const struct ax_commit_info *before)
{
	for (struct handle *h = m->handles; h; h = h->next) {
		struct ax_buf key = AX_BUF_INIT;
		struct ax_name owner;
		struct record_info info;
		struct draft *d = draft_below(h, dir);
		if (d)
			d->moves = node_owner(&owner, h->node) &&
				   !record_key(&key, &owner, &dir->view->apex, node_type(h->node)) &&
				   !record_look(&info, NULL, t, before, ax_buf_view(&key)) && info.base == d->base;
		ax_buf_fini(&key);
	}
}

/* They go on with it where it is now. */
static void rebase_drafts(struct mount *m, struct ax_txn *t, const struct node *dir)
{
	for (struct handle *h = m->handles; h; h = h->next) {
		struct ax_buf key = AX_BUF_INIT;
		struct record_info info;
		struct draft *d = draft_below(h, dir);
		if (d && d->moves && !save_look(&info, &key, NULL, t, h->node))
			d->base = info.base;
		if (d)
			d->moves = false;
		ax_buf_fini(&key);
	}
}

/* -- moving it -------------------------------------------------------------------------------------------- */

/* The nodes below follow by themselves. */
static int settle_move(struct mount *m, struct ax_txn *t, struct job *j, const struct ax_commit_info *before)
{
	struct node *from = j->node->parent;
	bool overlaid = j->node->overlaid;
	node_pin(from);
	mark_drafts(m, t, j->node, before);
	bool moved = node_move(m, j->node, j->dir, j->name);
	if (moved && overlaid && !node_overlay(j->node))
		moved = false;
	rebase_drafts(m, t, j->node);
	commit_keep_if_bare(t, from);
	commit_keep_if_bare(t, j->node);
	node_unpin(m, from);
	return moved ? 0 : ENOMEM;
}

static int move_label(struct mount *m, struct ax_txn *t, struct job *j)
{
	struct subtree s = { AX_BUF_INIT, AX_BUF_INIT };
	struct commit c;
	bool any = false;
	int error = take_prefixes(&s, j);
	if (error)
		goto out;
	leave_names(j->node);
	commit_waiting_before(m, t, j->dir->view);
	commit_init(&c, m, t, j->dir->view, &j->who);
	c.exact = true;
	pthread_mutex_unlock(&m->lock);
	enum ax_err e = move_all(&c, &s, &any);
	struct ax_commit_info before = c.tip;
	if (!e && any)
		e = commit_run(&c, ax_slice(NULL, 0));
	pthread_mutex_lock(&m->lock);
	commit_settle(&c, e);
	commit_fini(&c);
	error = ax_err_errno(e);
	if (e)
		errors_refuse(m, &j->who, j->dir, j->name, ax_err_text(e));
	else
		error = settle_move(m, t, j, &before);
out:
	ax_buf_fini(&s.from);
	ax_buf_fini(&s.to);
	return error;
}

void save_label_as(struct mount *m, struct ax_txn *t, struct job *j)
{
	pthread_mutex_lock(&m->lock);
	int error = move_label(m, t, j);
	job_answer(m, j, error);
	pthread_mutex_unlock(&m->lock);
}

/* -- branches --------------------------------------------------------------------------------------------- */

/* It begins as main is seen: without what waits to be deleted there. */
static void commit_main(struct mount *m, struct ax_txn *t, uint32_t zone)
{
	struct view *v = view_known(m, zone, "heads/main");
	if (v)
		commit_waiting_before(m, t, v);
}

static enum ax_err new_branch(struct mount *m, struct ax_txn *t, uint32_t zone, const char *name,
			      const struct who *who)
{
	struct ax_actor actor = who_actor(who);
	struct ax_ref ref;
	enum ax_err e = ax_txn_renew(t);
	if (!e)
		e = ax_ref_get(&ref, t, zone, "heads/main");
	if (e == AX_ENOENT)
		return ax_fail(e, "main has no commit yet: there is nothing to branch from");
	return e ? e : ax_repo_branch_create(m->repo, zone, name, ref.commit, &actor);
}

void save_new_branch(struct mount *m, struct ax_txn *t, struct job *j)
{
	pthread_mutex_lock(&m->lock);
	commit_main(m, t, j->node->zone);
	pthread_mutex_unlock(&m->lock);
	enum ax_err e = new_branch(m, t, j->node->zone, j->name, &j->who);
	pthread_mutex_lock(&m->lock);
	if (e)
		errors_refuse(m, &j->who, j->node, j->name, ax_err_text(e));
	if (e)
		job_answer(m, j, ax_err_errno(e));
	else
		job_answer_entry(m, t, j);
	pthread_mutex_unlock(&m->lock);
}

void save_drop_branch(struct mount *m, struct ax_txn *t, struct job *j)
{
	struct ax_actor actor = who_actor(&j->who);
	pthread_mutex_lock(&m->lock);
	struct view *v = j->node->view;
	int error = v->waiting.n ? commit_waiting(m, t, v) : 0;
	pthread_mutex_unlock(&m->lock);
	enum ax_err e = error ? AX_EPERM : ax_repo_branch_delete(m->repo, v->zone, view_name(v), false, &actor);
	pthread_mutex_lock(&m->lock);
	if (e)
		errors_refuse(m, &j->who, j->node, NULL, ax_err_text(e));
	else
		view_dropped(m, v, t);
	job_answer(m, j, error ? error : ax_err_errno(e));
	pthread_mutex_unlock(&m->lock);
}
