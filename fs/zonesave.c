/* zonesave.c - see zonefiles.h: the save of a whole zone. */
#include "core/zonefile.h"
#include "fs/commit.h"
#include "fs/draft.h"
#include "fs/notify.h"
#include "fs/reject.h"
#include "fs/scratch.h"
#include "fs/zonefiles.h"

#include <stdlib.h>
#include <string.h>

enum { RACES_MAX = 20 };

/* What is saved, taken under the lock. */
struct zone_text {
	struct view *v;
	const char *name; /* of the file, for messages */
	struct ax_buf text, warnings;
	struct ax_batch stated;
	bool has_base;
	struct ax_id base;
	uint64_t gen;
	bool changed; /* something was committed */
};

static int take(struct zone_text *s, struct view *v, const char *name, const struct ax_buf *from)
{
	*s = (struct zone_text){ .v = v, .name = name };
	ax_batch_init(&s->stated, &v->apex);
	ax_buf_slice(&s->text, ax_buf_view(from));
	return ax_buf_check(&s->text) ? ENOMEM : 0;
}

static void text_fini(struct zone_text *s)
{
	ax_batch_fini(&s->stated);
	ax_buf_fini(&s->text);
	ax_buf_fini(&s->warnings);
}

static void warn(void *ctx, const char *line)
{
	struct zone_text *s = ctx;
	if (s->warnings.n < 500)
		ax_buf_printf(&s->warnings, "%s%.300s", s->warnings.n ? "; " : "", line);
}

static enum ax_err parse(struct zone_text *s)
{
	const struct ax_edit *edits;
	size_t n;
	s->has_base = ax_zonefile_base(&s->base, ax_buf_view(&s->text));
	enum ax_err e = ax_batch_read_zone(&s->stated, ax_buf_view(&s->text), s->name, NULL, warn, s);
	if (!e)
		e = ax_batch_edits(&edits, &n, &s->stated);
	return !e && !n ? ax_fail(AX_EINVAL, "the text is empty: nothing is done") : e;
}

/* Without a commit to merge from, what the tip has is what the text replaces. */
static enum ax_err join(struct commit *c, struct zone_text *s)
{
	struct ax_three three;
	struct ax_id base = s->base;
	enum ax_err e = AX_OK;
	if (!s->has_base) {
		memset(&base, 0, sizeof(base));
		e = c->tip.local ? ax_commit_id(&base, c->t, c->tip.local) : AX_OK;
	}
	if (e)
		return e;
	ax_three_init(&three, &s->v->apex);
	e = ax_three_join(&three, c->t, &c->zone, view_name(s->v), &base, &s->stated, ax_slice(NULL, 0));
	struct ax_batch empty = c->batch;
	c->batch = three.batch;
	three.batch = empty;
	ax_three_fini(&three);
	return e;
}

static enum ax_err commit_once(struct commit *c, struct zone_text *s)
{
	c->exact = true;
	c->serial_from = s->has_base ? AX_SERIAL_FROM_EDIT : AX_SERIAL_FROM_FILE;
	enum ax_err e = commit_begin(c);
	if (!e)
		e = join(c, s);
	return e ? e : commit_run(c, ax_slice(NULL, 0));
}

/* Called and returns under the lock. */
static enum ax_err commit_zone(struct mount *m, struct ax_txn *t, struct zone_text *s, const struct who *who)
{
	enum ax_err e;
	commit_waiting_before(m, t, s->v);
	pthread_mutex_unlock(&m->lock);
	e = parse(s);
	pthread_mutex_lock(&m->lock);
	enum ax_err done = e ? e : AX_ELOST;
	for (int i = 0; done == AX_ELOST && i < RACES_MAX; i++) {
		struct commit c;
		commit_init(&c, m, t, s->v, who);
		pthread_mutex_unlock(&m->lock);
		done = commit_once(&c, s);
		pthread_mutex_lock(&m->lock);
		s->changed = !done && c.out.changed;
		commit_settle(&c, done);
		commit_fini(&c);
	}
	/* names in heads/ that this mount's kernel did not see come or go */
	if (s->changed && m->epochs)
		notify_new_epoch(m);
	return done;
}

static void tell_warnings(struct mount *m, struct node *dir, struct zone_text *s, const struct who *who)
{
	const char *text = s->warnings.n ? ax_buf_cstr(&s->warnings) : NULL;
	if (text)
		errors_refuse(m, who, dir, s->name, text);
}

static int judged_before(struct mount *m, struct node *n, const struct who *who)
{
	struct draft *d = n->draft;
	int error = draft_refused(d);
	if (error && !d->judged) {
		reject(m, n->parent, n->name, ax_buf_view(&d->text), d->reason, who);
		d->judged = true;
		d->shown = false;
	}
	return error;
}

static int refuse(struct mount *m, struct node *n, struct zone_text *s, const struct who *who, const char *why,
		  int error)
{
	struct draft *d = n->draft;
	if (n->kind != NODE_ZONEFILE || !d || d->gen != s->gen)
		return error;
	draft_refuse(d, error, why);
	reject(m, n->parent, n->name, ax_buf_view(&s->text), d->reason, who);
	d->judged = true;
	d->shown = false;
	return error;
}

int zonefiles_judge(struct mount *m, struct ax_txn *t, struct job *j)
{
	struct node *n = j->node;
	struct zone_text s;
	if (!n->hashed || !n->draft)
		return 0;
	if (draft_refused(n->draft) || !n->draft->dirty)
		return judged_before(m, n, &j->who);
	int error = take(&s, n->view, n->name, &n->draft->text);
	s.gen = n->draft->gen;
	enum ax_err e = error ? AX_ENOMEM : commit_zone(m, t, &s, &j->who);
	if (!e)
		tell_warnings(m, n->parent, &s, &j->who);
	if (e)
		error = refuse(m, n, &s, &j->who, ax_err_text(e), ax_err_errno(e));
	else if (n->kind == NODE_ZONEFILE && n->draft)
		draft_saved(n->draft, s.gen, 0);
	text_fini(&s);
	return error;
}

/* The scratch file is gone then: its name is the zone's file. */
static int save_as(struct mount *m, struct ax_txn *t, struct job *j)
{
	struct zone_text s;
	struct node *n;
	double keep;
	if (node_named(j->node)->kind != NODE_FILE)
		return EINVAL;
	struct node *away = node_find(m, j->dir, j->name);
	if (away && away->overlaid && away->kind == NODE_ZONEFILE)
		node_drop(m, away);
	int error = ax_txn_renew(t) ? EIO : ns_walk(&n, &keep, m, t, j->dir, j->name, j->who.uid);
	if (error || n->kind != NODE_ZONEFILE)
		return error ? error : EPERM;
	node_pin(n);
	error = take(&s, n->view, n->name, &node_named(j->node)->scratch->data);
	enum ax_err e = error ? AX_ENOMEM : commit_zone(m, t, &s, &j->who);
	if (e) {
		error = reject_rename(m, j->node, j->dir, j->name, ax_buf_view(&s.text), e, &j->who);
	} else {
		tell_warnings(m, j->dir, &s, &j->who);
		scratch_unname(m, j->node);
	}
	text_fini(&s);
	node_unpin(m, n);
	return error;
}

void zonefiles_save_as(struct mount *m, struct ax_txn *t, struct job *j)
{
	pthread_mutex_lock(&m->lock);
	int error = save_as(m, t, j);
	job_answer(m, j, error);
	pthread_mutex_unlock(&m->lock);
}
