/* stage.c - see stage.h. */
#include "fs/stage.h"

#include "core/render.h"
#include "core/stage.h"
#include "fs/commit.h"
#include "fs/fuse.h"
#include "fs/notify.h"
#include "fs/ops.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { RACES_MAX = 20 };

/* -- names ------------------------------------------------------------------------------------------------ */

int stage_walk(struct node **out, struct mount *m, struct ax_txn *t, struct node *dir, const char *name)
{
	struct ax_zone zone;
	struct ax_stage s;
	*out = NULL;
	enum ax_err e = ax_zone_get(&zone, t, dir->zone ? dir->zone : m->default_zone);
	if (!e)
		e = ax_stage_find(&s, t, zone.id, name);
	if (e)
		return ax_err_errno(e);
	struct view *v = view_get(m, VIEW_STAGE, &zone.apex, zone.id, s.path, 0);
	if (v)
		v->uid = s.uid;
	return ns_view_root(out, m, dir, name, v);
}

int stage_list(struct mount *m, struct ax_txn *t, struct node *dir, ns_list_fn *each, void *ctx)
{
	uint32_t zone = dir->zone ? dir->zone : m->default_zone;
	char after[AX_REF_PATH_MAX + 1] = "";
	struct ax_stage s;
	enum ax_err e = AX_OK;
	int stop = 0;
	while (!stop && !(e = ax_stage_next(&s, t, zone, after))) {
		stop = each(ctx, s.name, S_IFDIR);
		memcpy(after, s.path, sizeof(after));
	}
	return stop ? stop : e == AX_ENOENT ? 0 : ax_err_errno(e);
}

int stage_control(struct node **out, struct mount *m, struct node *top, const char *name)
{
	bool status = strcmp(name, ".status") == 0;
	*out = NULL;
	if (!status && strcmp(name, ".commit") != 0)
		return ENOENT;
	*out = node_get(m, top, name, status ? NODE_STATUS : NODE_COMMIT);
	return *out ? 0 : ENOMEM;
}

/* -- status ----------------------------------------------------------------------------------------------- */

static enum ax_err tell_tip(struct ax_buf *text, struct ax_commit_info *tip, struct ax_txn *t, const struct view *v,
			    const struct ax_stage *s)
{
	char path[AX_REF_PATH_MAX + 1], name[AX_ID_SHORT + 1];
	struct ax_ref ref;
	struct ax_id base;
	snprintf(path, sizeof(path), "heads/%s", s->branch);
	enum ax_err e = ax_ref_get(&ref, t, v->zone, path);
	if (!e)
		e = ax_commit_info(tip, t, ref.commit);
	if (!e)
		e = ax_commit_id(&base, t, s->base.local);
	if (e)
		return e;
	ax_id_short(name, &base);
	ax_buf_printf(text, "; begun at %s, for %s\n", name, s->branch);
	if (tip->local != s->base.local)
		ax_buf_printf(text, "; %s has moved since: .commit merges\n", s->branch);
	return AX_OK;
}

static enum ax_err tell_changes(struct ax_buf *text, struct ax_txn *t, const struct view *v, const struct ax_stage *s,
				const struct ax_commit_info *tip)
{
	struct ax_batch merged;
	ax_batch_init(&merged, &v->apex);
	enum ax_err e = ax_stage_merge(&merged, t, s, &tip->root);
	bool nothing = !e && !merged.n;
	ax_batch_fini(&merged);
	if (e == AX_ECONFLICT)
		ax_buf_printf(text, "; conflict: %s\n", ax_err_text(e));
	else if (e)
		return e;
	if (nothing)
		ax_buf_str(text, "; nothing would change\n");
	return ax_render_diff(text, NULL, t, &v->apex, &s->base, &s->info);
}

int stage_status(struct ax_buf *text, struct ax_txn *t, const struct view *v)
{
	struct ax_commit_info tip;
	struct ax_stage s;
	enum ax_err e = ax_stage_get(&s, t, v->zone, v->ref);
	if (!e)
		e = tell_tip(text, &tip, t, v, &s);
	if (!e)
		e = tell_changes(text, t, v, &s, &tip);
	return ax_err_errno(e);
}

void stage_open(struct mount *m, struct ax_txn *t, struct job *j)
{
	struct fuse_file_info fi = { .flags = O_RDONLY };
	pthread_mutex_lock(&m->lock);
	struct view *v = j->node->view;
	int error = v->waiting.n ? commit_waiting(m, t, v) : 0;
	if (!error)
		error = edit_open(m, j->req, j->node, &fi);
	if (!error && fuse_reply_open(j->req, &fi))
		edit_close(m, op_handle(&fi));
	if (!error)
		j->req = NULL;
	job_answer(m, j, error);
	pthread_mutex_unlock(&m->lock);
}

/* -- coming and going ------------------------------------------------------------------------------------- */

/* What waits to be deleted on the branch is no part of it any more. */
static void commit_branch(struct mount *m, struct ax_txn *t, uint32_t zone, const char *name)
{
	char path[AX_REF_PATH_MAX + 1];
	const char *at = strchr(name, '@');
	snprintf(path, sizeof(path), "heads/%.200s", at ? at + 1 : "main");
	struct view *v = view_known(m, zone, path);
	if (v)
		commit_waiting_before(m, t, v);
}

void stage_make(struct mount *m, struct ax_txn *t, struct job *j)
{
	struct ax_actor actor = who_actor(&j->who);
	pthread_mutex_lock(&m->lock);
	commit_branch(m, t, j->node->zone, j->name);
	pthread_mutex_unlock(&m->lock);
	enum ax_err e = ax_stage_make(m->repo, j->node->zone, j->name, &actor);
	pthread_mutex_lock(&m->lock);
	if (e)
		errors_refuse(m, &j->who, j->node, j->name, ax_err_text(e));
	if (e)
		job_answer(m, j, e == AX_EINVAL ? EINVAL : ax_err_errno(e));
	else
		job_answer_entry(m, t, j);
	pthread_mutex_unlock(&m->lock);
}

void stage_drop(struct mount *m, struct ax_txn *t, struct job *j)
{
	struct ax_actor actor = who_actor(&j->who);
	struct view *v = j->node->view;
	enum ax_err e = ax_stage_drop(m->repo, v->zone, v->ref, &actor);
	pthread_mutex_lock(&m->lock);
	if (e) {
		errors_refuse(m, &j->who, j->node, NULL, ax_err_text(e));
	} else {
		view_dropped(m, v, t);
	}
	job_answer(m, j, ax_err_errno(e));
	pthread_mutex_unlock(&m->lock);
}

/* -- commit ----------------------------------------------------------------------------------------------- */

static enum ax_err merge_once(struct commit *c, const struct view *stage)
{
	struct ax_stage s;
	c->exact = true;
	enum ax_err e = commit_begin(c);
	if (!e)
		e = ax_stage_get(&s, c->t, stage->zone, stage->ref);
	if (!e)
		e = ax_stage_merge(&c->batch, c->t, &s, &c->tip.root);
	return e || !c->batch.n ? e : commit_run(c, ax_slice(NULL, 0));
}

static struct view *branch_of(struct mount *m, struct ax_txn *t, const struct view *stage)
{
	char path[AX_REF_PATH_MAX + 1];
	struct ax_stage s;
	if (ax_txn_renew(t) || ax_stage_get(&s, t, stage->zone, stage->ref))
		return NULL;
	snprintf(path, sizeof(path), "heads/%s", s.branch);
	return view_get(m, VIEW_BRANCH, &stage->apex, stage->zone, path, 0);
}

/* Called and returns under the lock. */
static enum ax_err merge(struct mount *m, struct ax_txn *t, struct view *stage, const char *message,
			 const struct who *who)
{
	struct ax_actor actor = who_actor(who);
	struct view *v = branch_of(m, t, stage);
	enum ax_err e = v ? AX_ELOST : ax_fail(AX_ENOENT, "the stage is gone");
	if (v) /* what waits to be deleted there was deleted before */
		commit_waiting_before(m, t, v);
	for (int i = 0; e == AX_ELOST && i < RACES_MAX; i++) {
		struct commit c;
		commit_init(&c, m, t, v, who);
		c.message = message;
		pthread_mutex_unlock(&m->lock);
		e = merge_once(&c, stage);
		pthread_mutex_lock(&m->lock);
		commit_settle(&c, e);
		commit_fini(&c);
	}
	if (e)
		return e;
	pthread_mutex_unlock(&m->lock);
	e = ax_stage_restart(m->repo, stage->zone, stage->ref, &actor);
	pthread_mutex_lock(&m->lock);
	if (m->epochs) /* names that this mount's kernel did not see come or go */
		notify_new_epoch(m);
	return e;
}

static int take_message(struct ax_buf *message, struct mount *m, const struct job *j)
{
	const struct ax_buf *text = &j->text;
	size_t n = text->n;
	if (n && memchr(text->p, 0, n)) {
		errors_refuse(m, &j->who, j->node, NULL, "a NUL byte in the message");
		return EBADMSG;
	}
	while (n && (text->p[n - 1] == '\n' || text->p[n - 1] == ' '))
		n--;
	ax_buf_put(message, text->p, n);
	return ax_buf_check(message) ? ENOMEM : 0;
}

/* "one commit inside write(2)": whoever writes the message hears what became of it. */
void stage_commit(struct mount *m, struct ax_txn *t, struct job *j)
{
	struct ax_buf message = AX_BUF_INIT;
	pthread_mutex_lock(&m->lock);
	struct view *v = j->node->view;
	int error = take_message(&message, m, j);
	if (!error && v->waiting.n)
		error = commit_waiting(m, t, v);
	if (!error) {
		enum ax_err e = merge(m, t, v, message.n ? ax_buf_cstr(&message) : NULL, &j->who);
		if (e)
			errors_refuse(m, &j->who, j->node, NULL, ax_err_text(e));
		error = ax_err_errno(e);
	}
	if (!error) {
		fuse_reply_write(j->req, j->text.n);
		j->req = NULL;
	}
	ax_buf_fini(&message);
	job_answer(m, j, error);
	pthread_mutex_unlock(&m->lock);
}
