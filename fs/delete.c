/* delete.c - see save.h: records that go, and what the guards say to it. */
#include "fs/save.h"

#include "fs/attr.h"
#include "fs/commit.h"
#include "fs/draft.h"
#include "fs/fuse.h"
#include "fs/scratch.h"

#include <stdlib.h>

enum {
	ASK_PERCENT = 30, /* core's guard, which decides: below it there is no need to ask */
	ASK_LEAST = 10,
};
static const uint64_t blocked_for = UINT64_C(60000000000);

bool save_delete_is_small(struct mount *m, struct ax_txn *t, struct node *n, const struct who *who,
			  const struct record_info *info)
{
	struct ax_commit_info tip;
	bool sealed;
	(void)m;
	if (n->view->kind == VIEW_STAGE) /* they look at its commit */
		return true;
	if (view_tip(&tip, n->view, t) || ax_check_sealed(&sealed, t, &tip.root) || sealed)
		return false;
	uint64_t now = who_clock();
	struct tally *tally = waiting_tally(&n->view->waiting, who->uid, tip.root.count, now);
	if (now < tally->blocked)
		return false;
	return tally->of < ASK_LEAST || (tally->deleted + info->entries) * 100 <= tally->of * ASK_PERCENT;
}

/* An open file outlives its name: from now on it is nameless scratch. */
static int orphan(struct mount *m, struct node *n, struct ax_slice text)
{
	node_drop(m, n);
	int error = scratch_attach(m, n, 0644, m->uid, m->gid);
	if (error)
		return error;
	draft_free(n->draft);
	n->draft = NULL;
	n->kind = NODE_FILE;
	return scratch_set(m, n, text);
}

int save_set_aside(struct mount *m, struct node *n, struct node *dir, const char *name, struct ax_slice text,
		   const struct who *who)
{
	if (!scratch_room(m, text.n))
		return ENOSPC;
	struct node *there = node_find(m, dir, name);
	if (there && there != n)
		node_drop(m, there);
	if (!node_move(m, n, dir, name))
		return ENOMEM;
	draft_free(n->draft);
	n->draft = NULL;
	n->kind = NODE_FILE;
	n->view = dir->view;
	int error = scratch_attach(m, n, 0644, who->uid == m->uid ? m->uid : who->uid, m->gid);
	return error ? error : scratch_set(m, n, text);
}

static int add_gone(struct mount *m, struct ax_txn *t, struct node *n, struct ax_slice key,
		    const struct record_info *info, const struct who *who)
{
	struct waiting *w = &n->view->waiting;
	struct ax_commit_info tip;
	struct gone *g = waiting_find(w, key);
	uint64_t now = who_clock();
	if (g) { /* it was deleted before, and written but never saved: the deletion stands again */
		waiting_set_writer(w, g, NULL);
		w->last = now;
		return 0;
	}
	if (!info->version)
		return 0;
	if (view_tip(&tip, n->view, t))
		return EIO;
	if (!waiting_add(w, key, info->base, info->entries, who, now))
		return ENOMEM;
	view_waits(m, n->view);
	waiting_tally(w, who->uid, tip.root.count, now)->deleted += info->entries;
	return 0;
}

int save_shelve(struct mount *m, struct ax_txn *t, struct node *n, struct node *dir, const char *name,
		const struct who *who)
{
	struct record_info info;
	struct node *from = n->parent;
	struct ax_buf key = AX_BUF_INIT, text = AX_BUF_INIT;
	enum ax_err e = save_look(&info, &key, &text, t, n);
	int error = e ? ax_err_errno(e) : add_gone(m, t, n, ax_buf_view(&key), &info, who);
	if (error)
		goto out;
	if (n->draft && n->draft->shown) { /* the draft goes with the record */
		ax_buf_clear(&text);
		ax_buf_slice(&text, ax_buf_view(&n->draft->text));
	}
	struct ax_slice shown = ax_buf_view(&text);
	node_pin(from);
	if (dir)
		error = save_set_aside(m, n, dir, name, shown, who);
	else if (n->opens)
		error = orphan(m, n, shown) == ENOMEM ? ENOMEM : 0;
	else
		node_drop(m, n);
	commit_keep_if_bare(t, from);
	node_unpin(m, from);
	pthread_cond_signal(&m->work);
out:
	ax_buf_fini(&key);
	ax_buf_fini(&text);
	return error;
}

/* -- asking the guards ------------------------------------------------------------------------------------ */

/* Refused: all that this branch waits to delete comes back, and the author is told for a minute. */
static void forbid(struct mount *m, struct node *n, const struct who *who, const char *reason)
{
	struct waiting *w = &n->view->waiting;
	uint64_t now = who_clock();
	for (struct gone *g = waiting_next(w, NULL), *next; g; g = next) {
		next = waiting_next(w, g);
		if (!g->writer)
			waiting_call_off(w, g);
	}
	waiting_tally(w, who->uid, 0, now)->blocked = now + blocked_for;
	errors_refuse(m, who, n->parent, n->name, reason);
}

static bool blocked(const struct node *n, const struct who *who)
{
	uint64_t now = who_clock();
	const struct waiting *w = &n->view->waiting;
	for (const struct tally *t = w->tally; t < w->tally + TALLIES; t++)
		if (t->since && t->uid == who->uid && now < t->blocked)
			return true;
	return false;
}

static enum ax_err ask(struct commit *c, struct ax_slice key)
{
	enum ax_err e = commit_begin(c);
	if (!e && key.n > 3)
		e = commit_delete(c, key);
	return e ? e : commit_ask(c);
}

static int ask_then_delete(struct mount *m, struct ax_txn *t, struct job *j)
{
	struct commit c;
	struct record_info info;
	struct ax_buf key = AX_BUF_INIT;
	struct node *n = j->node;
	if (!n->hashed || n->kind != NODE_RECORD)
		return ENOENT;
	if (blocked(n, &j->who))
		return EPERM;
	enum ax_err e = ax_txn_renew(t);
	if (!e)
		e = save_look(&info, &key, NULL, t, n);
	if (e) {
		ax_buf_fini(&key);
		return ax_err_errno(e);
	}
	commit_init(&c, m, t, n->view, &j->who);
	pthread_mutex_unlock(&m->lock);
	e = ask(&c, ax_buf_view(&key));
	pthread_mutex_lock(&m->lock);
	if (e == AX_EGUARD || e == AX_ECHECK)
		forbid(m, n, &j->who, ax_err_text(e));
	commit_settle(&c, c.made ? AX_OK : AX_ELOST);
	ax_buf_fini(&key);
	commit_fini(&c);
	if (e)
		return e == AX_ECHECK ? EPERM : ax_err_errno(e);
	return ax_txn_renew(t) ? EIO : save_shelve(m, t, n, j->dir, j->name, &j->who);
}

void save_delete(struct mount *m, struct ax_txn *t, struct job *j)
{
	pthread_mutex_lock(&m->lock);
	int error = ask_then_delete(m, t, j);
	job_answer(m, j, error);
	pthread_mutex_unlock(&m->lock);
}

void save_deletions(struct mount *m, struct ax_txn *t, struct job *j)
{
	pthread_mutex_lock(&m->lock);
	struct view *v = j->node->view;
	int error = v && v->waiting.n ? commit_waiting(m, t, v) : 0;
	job_answer(m, j, error);
	pthread_mutex_unlock(&m->lock);
}
