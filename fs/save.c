/* save.c - see save.h: the committer thread, and the save of a record's text. */
#include "fs/save.h"

#include "fs/attr.h"
#include "fs/commit.h"
#include "fs/draft.h"
#include "fs/notify.h"
#include "fs/ns.h"
#include "fs/ops.h"
#include "fs/reject.h"
#include "fs/scratch.h"
#include "fs/zonefiles.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* -- jobs ------------------------------------------------------------------------------------------------- */

struct job *job_new(job_fn *run, struct fuse_req *req, const struct who *who, struct node *node, struct node *dir,
		    const char *name)
{
	struct job *j = calloc(1, sizeof(*j));
	if (!j)
		return NULL;
	j->run = run;
	j->req = req;
	j->who = *who;
	j->node = node;
	j->dir = dir;
	node_pin(node);
	if (dir)
		node_pin(dir);
	if (name)
		snprintf(j->name, sizeof(j->name), "%s", name);
	return j;
}

void job_add(struct mount *m, struct job *j)
{
	*m->last_job = j;
	m->last_job = &j->next;
	pthread_cond_signal(&m->work);
}

void job_answer(struct mount *m, struct job *j, int error)
{
	if (j->req)
		fuse_reply_err(j->req, error);
	if (j->dir)
		node_unpin(m, j->dir);
	node_unpin(m, j->node);
	ax_buf_fini(&j->text);
	free(j);
}

void job_answer_entry(struct mount *m, struct ax_txn *t, struct job *j)
{
	struct node *n;
	double keep;
	int error = ax_txn_renew(t) ? EIO : ns_walk(&n, &keep, m, t, j->node, j->name, j->who.uid);
	if (error) {
		job_answer(m, j, error);
		return;
	}
	node_pin(n);
	op_reply_entry(j->req, m, t, n, keep);
	node_unpin(m, n);
	j->req = NULL;
	job_answer(m, j, 0);
}

/* -- drafts ----------------------------------------------------------------------------------------------- */

enum ax_err save_look(struct record_info *info, struct ax_buf *key, struct ax_buf *text, struct ax_txn *t,
		      struct node *n)
{
	struct ax_commit_info tip;
	struct ax_name owner;
	*info = (struct record_info){ 0 };
	if (!node_owner(&owner, n))
		return AX_ENOENT;
	enum ax_err e = record_key(key, &owner, &n->view->apex, node_type(n));
	if (!e)
		e = view_tip(&tip, n->view, t);
	return e ? e : record_look(info, text, t, &tip, ax_buf_view(key));
}

int save_need_draft(struct mount *m, struct ax_txn *t, struct node *n)
{
	struct record_info info;
	struct ax_buf key = AX_BUF_INIT;
	if (n->draft)
		return 0;
	if (n->kind == NODE_ZONEFILE) {
		n->draft = draft_new(0, &m->draft_bytes);
		if (n->draft)
			n->draft->max = ZONEFILE_MAX;
		return n->draft ? 0 : ENOMEM;
	}
	enum ax_err e = save_look(&info, &key, NULL, t, n);
	ax_buf_fini(&key);
	if (e)
		return ax_err_errno(e);
	n->draft = draft_new(info.base, &m->draft_bytes);
	return n->draft ? 0 : ENOMEM;
}

int save_load_draft(struct mount *m, struct ax_txn *t, struct node *n)
{
	struct record_info info;
	struct ax_buf key = AX_BUF_INIT;
	uint64_t version;
	(void)m;
	if (n->draft->loaded)
		return 0;
	ax_buf_clear(&n->draft->text);
	if (n->kind == NODE_ZONEFILE) {
		int error = zonefiles_text(&n->draft->text, &version, t, n);
		return error ? error : draft_loaded(n->draft);
	}
	enum ax_err e = save_look(&info, &key, &n->draft->text, t, n);
	/* what was deleted here, and waits, is not what a new file of that name begins with */
	if (!e && waiting_find(&n->view->waiting, ax_buf_view(&key)))
		ax_buf_clear(&n->draft->text);
	ax_buf_fini(&key);
	if (e)
		return ax_err_errno(e);
	return draft_loaded(n->draft);
}

void save_end_draft(struct mount *m, struct node *n)
{
	struct ax_buf prefix = AX_BUF_INIT;
	struct gone *g = NULL;
	struct ax_name owner;
	if (!node_drafts(n) || !n->draft)
		return;
	if (n->hashed && node_owner(&owner, n) && !record_key(&prefix, &owner, &n->view->apex, node_type(n)))
		g = waiting_find(&n->view->waiting, ax_buf_view(&prefix));
	ax_buf_fini(&prefix);
	draft_free(n->draft);
	n->draft = NULL;
	if (g && g->writer == n)
		waiting_set_writer(&n->view->waiting, g, NULL);
	if (n->overlaid) /* never saved: there is no such record */
		node_unhash(m, n);
	pthread_cond_signal(&m->work);
}

/* -- saving a text ---------------------------------------------------------------------------------------- */

/* What is saved, taken from the draft under the lock. */
struct text {
	struct ax_buf text, key;
	struct ax_name owner;
	uint16_t type;
	uint64_t gen, base;
	struct record_info before;
};

static void text_fini(struct text *s)
{
	ax_buf_fini(&s->text);
	ax_buf_fini(&s->key);
}

static int take_text(struct text *s, const struct node *n, const struct ax_buf *from)
{
	if (!node_owner(&s->owner, n))
		return ENOENT;
	s->type = node_type(n);
	ax_buf_slice(&s->text, ax_buf_view(from));
	return ax_buf_check(&s->text) ? ENOMEM : 0;
}

static enum ax_err parse(struct commit *c, struct text *s)
{
	enum ax_err e = commit_look(&s->before, c, &s->key, &s->owner, s->type);
	if (!e)
		e = commit_put_text(c, &s->owner, s->type, ax_buf_view(&s->text), &s->before);
	return e;
}

static enum ax_err try_save(struct commit *c, struct text *s)
{
	enum ax_err e = commit_begin(c);
	if (!e)
		e = parse(c, s);
	if (!e && s->before.base != s->base)
		e = ax_fail(AX_ECONFLICT, "somebody else changed it since you opened it; read it again");
	return e ? e : commit_run(c, ax_buf_view(&s->key));
}

/* The name is written: what waited to be deleted there is no longer. */
static void call_off(struct view *v, struct ax_slice key)
{
	struct gone *g = waiting_find(&v->waiting, key);
	if (g)
		waiting_call_off(&v->waiting, g);
}

static void saved(struct mount *m, struct ax_txn *t, struct node *n, struct text *s, const struct commit *c)
{
	struct record_info now;
	struct draft *d = n->draft;
	call_off(c->v, ax_buf_view(&s->key));
	if (n->kind != NODE_RECORD) /* renamed to a scratch name meanwhile */
		return;
	n->version = 0;
	if (n->overlaid)
		node_underlay(m, n);
	if (!d || record_look(&now, NULL, t, &c->tip, ax_buf_view(&s->key)))
		return;
	draft_saved(d, s->gen, now.base);
	if (d->dated && !d->shown)
		attr_set_time(m, n, now.version, d->mtime);
	d->dated = d->dated && d->shown;
}

/* The refused text is kept, and told of once; whoever looks now sees what is committed. */
static void keep_refused(struct mount *m, struct node *n, const struct who *who)
{
	struct draft *d = n->draft;
	if (n->parent->hashed)
		reject(m, n->parent, n->name, ax_buf_view(&d->text), d->reason, who);
	else
		errors_refuse(m, who, n->parent, n->name, d->reason);
	d->judged = true;
	d->shown = false;
}

static int refuse(struct mount *m, struct node *n, struct text *s, const struct who *who, enum ax_err e)
{
	struct draft *d = n->kind == NODE_RECORD ? n->draft : NULL;
	int error = ax_err_errno(e);
	call_off(n->view, ax_buf_view(&s->key));
	if (!d || d->gen != s->gen)
		return error;
	draft_refuse(d, error, ax_err_text(e));
	keep_refused(m, n, who);
	return error;
}

/* Another file has the name by now: renamed onto it, or made after somebody else had deleted the record. */
static int refuse_nameless(struct mount *m, struct node *n, const struct who *who)
{
	if (!draft_refused(n->draft) && !n->draft->dirty)
		return 0;
	if (!draft_refused(n->draft))
		draft_refuse(n->draft, ESTALE,
			     "another file was put in the place of the one you opened; open it again");
	if (!n->draft->judged)
		keep_refused(m, n, who);
	return draft_refused(n->draft);
}

/* Nothing new to judge: the answer given before, told once in `errors`. */
static int judged_before(struct mount *m, struct node *n, const struct who *who)
{
	struct draft *d = n->draft;
	int error = d ? draft_refused(d) : 0;
	if (error && !d->judged) {
		struct ax_buf key = AX_BUF_INIT;
		struct ax_name owner;
		if (node_owner(&owner, n) && !record_key(&key, &owner, &n->view->apex, node_type(n)))
			call_off(n->view, ax_buf_view(&key));
		ax_buf_fini(&key);
		keep_refused(m, n, who);
	}
	return error;
}

static int judge(struct mount *m, struct ax_txn *t, struct job *j)
{
	struct node *n = j->node;
	struct text s = { .text = AX_BUF_INIT };
	struct commit c;
	if (n->kind != NODE_RECORD || !n->draft)
		return 0;
	if (!n->hashed)
		return refuse_nameless(m, n, &j->who);
	if (draft_refused(n->draft) || !n->draft->dirty)
		return judged_before(m, n, &j->who);
	int error = take_text(&s, n, &n->draft->text);
	s.gen = n->draft->gen;
	s.base = n->draft->base;
	if (error)
		return error;
	commit_init(&c, m, t, n->view, &j->who);
	pthread_mutex_unlock(&m->lock);
	enum ax_err e = try_save(&c, &s);
	pthread_mutex_lock(&m->lock);
	commit_settle(&c, e);
	if (e)
		error = refuse(m, n, &s, &j->who, e);
	else
		saved(m, t, n, &s, &c);
	commit_fini(&c);
	text_fini(&s);
	return error;
}

void save_draft(struct mount *m, struct ax_txn *t, struct job *j)
{
	pthread_mutex_lock(&m->lock);
	int error = j->node->kind == NODE_ZONEFILE ? zonefiles_judge(m, t, j) : judge(m, t, j);
	if (!j->node->writers)
		save_end_draft(m, j->node);
	job_answer(m, j, error);
	pthread_mutex_unlock(&m->lock);
}

/* -- scratch and records that become a record ------------------------------------------------------------- */

/* The record that n leaves is deleted: what waited for that waits no longer. */
static void leave_name(struct node *n)
{
	struct ax_buf key = AX_BUF_INIT;
	struct ax_name owner;
	struct gone *g = NULL;
	if (node_owner(&owner, n) && !record_key(&key, &owner, &n->view->apex, node_type(n)))
		g = waiting_find(&n->view->waiting, ax_buf_view(&key));
	if (g && g->writer == n)
		waiting_drop(&n->view->waiting, g);
	ax_buf_fini(&key);
}

/* What was renamed is the record now: its number follows it. A scratch file that has another name stays behind that.
 * NULL without memory. */
static struct node *renamed(struct mount *m, struct job *j)
{
	struct node *n = j->node;
	if (n->kind == NODE_RECORD)
		leave_name(n);
	if (n->scratch && (n->kind == NODE_NAME || n->scratch->names)) {
		scratch_unname(m, n);
		notify_new_epoch(m); /* the kernel moves the file's name there, and may keep it */
		return node_get(m, j->dir, j->name, NODE_RECORD);
	}
	if (!node_move(m, n, j->dir, j->name))
		return NULL;
	if (n->kind == NODE_FILE) {
		scratch_free(m, n->scratch);
		n->scratch = NULL;
		n->draft = NULL;
		n->kind = NODE_RECORD;
	}
	n->view = j->dir->view;
	n->zone = j->dir->zone;
	return n;
}

static void become_record(struct mount *m, struct ax_txn *t, struct job *j, struct text *s, const struct commit *c)
{
	const struct scratch *from = node_named(j->node)->scratch;
	struct record_info now;
	bool dated = from && from->dated;
	struct timespec mtime = from ? from->mtime : (struct timespec){ 0 };
	call_off(j->dir->view, ax_buf_view(&s->key));
	struct node *n = renamed(m, j);
	if (!n)
		return; /* committed all the same: the next look finds it */
	n->version = 0;
	if (record_look(&now, NULL, t, &c->tip, ax_buf_view(&s->key)))
		return;
	if (n->draft)
		draft_saved(n->draft, n->draft->gen, now.base);
	if (dated)
		attr_set_time(m, n, now.version, mtime);
}

static int take_as(struct text *s, struct job *j, const struct ax_buf *from)
{
	if (!node_owner(&s->owner, j->dir))
		return ENOENT;
	if (ax_type_parse(&s->type, j->name, strlen(j->name)))
		return EINVAL;
	ax_buf_slice(&s->text, ax_buf_view(from));
	return ax_buf_check(&s->text) ? ENOMEM : 0;
}

static int refuse_as(struct mount *m, struct job *j, struct text *s, enum ax_err e)
{
	call_off(j->dir->view, ax_buf_view(&s->key));
	return reject_rename(m, j->node, j->dir, j->name, ax_buf_view(&s->text), e, &j->who);
}

static enum ax_err try_save_as(struct commit *c, struct text *s, const struct ax_buf *from_key)
{
	enum ax_err e = commit_begin(c);
	if (!e && from_key->n)
		e = commit_delete(c, ax_buf_view(from_key));
	if (!e)
		e = parse(c, s);
	return e ? e : commit_run(c, ax_buf_view(&s->key));
}

/* from_key: what is deleted in the same commit; empty for scratch. */
static int save_as(struct mount *m, struct ax_txn *t, struct job *j, struct text *s, const struct ax_buf *from_key)
{
	struct commit c;
	int error = 0;
	commit_init(&c, m, t, j->dir->view, &j->who);
	pthread_mutex_unlock(&m->lock);
	enum ax_err e = try_save_as(&c, s, from_key);
	pthread_mutex_lock(&m->lock);
	commit_settle(&c, e);
	if (e)
		error = refuse_as(m, j, s, e);
	else
		become_record(m, t, j, s, &c);
	commit_fini(&c);
	return error;
}

void save_file_as(struct mount *m, struct ax_txn *t, struct job *j)
{
	struct text s = { .text = AX_BUF_INIT };
	struct ax_buf none = AX_BUF_INIT;
	pthread_mutex_lock(&m->lock);
	const struct node *file = node_named(j->node);
	int error = file->kind == NODE_FILE ? take_as(&s, j, &file->scratch->data) : EINVAL;
	if (!error)
		error = save_as(m, t, j, &s, &none);
	job_answer(m, j, error);
	pthread_mutex_unlock(&m->lock);
	text_fini(&s);
}

static int take_record(struct text *s, struct ax_buf *key, struct ax_txn *t, struct job *j)
{
	struct record_info info;
	struct ax_buf text = AX_BUF_INIT;
	struct draft *d = j->node->draft;
	if (ax_txn_renew(t))
		return EIO;
	enum ax_err e = save_look(&info, key, &text, t, j->node);
	int error = e ? ax_err_errno(e) : take_as(s, j, d && d->shown ? &d->text : &text);
	if (!info.version)
		ax_buf_clear(key);
	ax_buf_fini(&text);
	return error;
}

void save_record_as(struct mount *m, struct ax_txn *t, struct job *j)
{
	struct text s = { .text = AX_BUF_INIT };
	struct ax_buf key = AX_BUF_INIT;
	struct node *from = j->node->parent;
	pthread_mutex_lock(&m->lock);
	node_pin(from);
	int error = take_record(&s, &key, t, j);
	if (!error)
		error = save_as(m, t, j, &s, &key);
	if (!error)
		commit_keep_if_bare(t, from);
	node_unpin(m, from);
	job_answer(m, j, error);
	pthread_mutex_unlock(&m->lock);
	ax_buf_fini(&key);
	text_fini(&s);
}

/* -- the thread ------------------------------------------------------------------------------------------- */

/* A time that is not kept is no harm: the file is copied once more. */
static void save_times(struct mount *m)
{
	uint64_t count;
	times_begin(&m->times);
	m->committing = true;
	pthread_mutex_unlock(&m->lock);
	if (times_write(&count, &m->times, m->store))
		ax_err_clear();
	pthread_mutex_lock(&m->lock);
	times_done(&m->times, count);
	m->committing = false;
	pthread_cond_broadcast(&m->committed);
}

static void sleep_until(struct mount *m, uint64_t when)
{
	uint64_t most = who_clock() + UINT64_C(60000000000);
	if (when > most)
		when = most;
	struct timespec ts = { (time_t)(when / 1000000000u), (long)(when % 1000000000u) };
	pthread_cond_timedwait(&m->work, &m->lock, &ts);
}

static struct job *take_job(struct mount *m)
{
	struct job *j = m->first_job;
	if (!j)
		return NULL;
	m->first_job = j->next;
	if (!j->next)
		m->last_job = &m->first_job;
	return j;
}

void *save_thread(void *mount)
{
	struct mount *m = mount;
	struct ax_txn *t;
	if (ax_txn_read(&t, m->store))
		abort(); /* the loop's own was just made: 1,022 slots are free */
	ax_txn_reset(t);
	pthread_mutex_lock(&m->lock);
	for (;;) {
		uint64_t when;
		struct job *j = take_job(m);
		struct view *due = view_due(m, &when);
		if (j) {
			pthread_mutex_unlock(&m->lock);
			j->run(m, t, j);
			pthread_mutex_lock(&m->lock);
		} else if (due && (m->stopping || when <= who_clock())) {
			commit_waiting(m, t, due);
		} else if (m->times.fresh.n && (m->stopping || m->times.due <= who_clock())) {
			save_times(m);
		} else if (m->stopping) {
			break;
		} else {
			if (scratch_sweep(m))
				notify_new_epoch(m);
			if (ax_store_clear_stale(m->store)) /* readers that died hold old pages */
				ax_err_clear();
			sleep_until(m, m->times.fresh.n && m->times.due < when ? m->times.due : when);
		}
		ax_txn_reset(t);
	}
	pthread_mutex_unlock(&m->lock);
	ax_txn_abort(t);
	return NULL;
}
