/* commit.c - see commit.h. */
#include "fs/commit.h"

#include "core/stage.h"
#include "fs/draft.h"
#include "fs/notify.h"
#include "fs/ns.h"

#include <stdio.h>
#include <string.h>

/* A TTL for a zone that has neither a setting nor an SOA yet. */
enum { TTL_OF_LAST_RESORT = 3600 };

void commit_init(struct commit *c, struct mount *m, struct ax_txn *t, struct view *v, const struct who *who)
{
	memset(c, 0, sizeof(*c));
	c->m = m;
	c->t = t;
	c->v = v;
	c->who = *who;
	c->serial_from = AX_SERIAL_FROM_EDIT;
	ax_batch_init(&c->batch, &v->apex);
}

void commit_fini(struct commit *c)
{
	ax_batch_fini(&c->batch);
}

enum ax_err commit_begin(struct commit *c)
{
	enum ax_err e = ax_txn_renew(c->t);
	if (!e)
		e = ax_zone_get(&c->zone, c->t, c->v->zone);
	return e ? e : view_read_tip(&c->tip, c->v, c->t);
}

enum ax_err commit_look(struct record_info *info, struct commit *c, struct ax_buf *key, const struct ax_name *owner,
			uint16_t type)
{
	enum ax_err e = record_key(key, owner, &c->v->apex, type);
	*info = (struct record_info){ 0 };
	return e ? e : record_look(info, NULL, c->t, &c->tip, ax_buf_view(key));
}

static enum ax_err zone_ttl(uint32_t *out, struct commit *c)
{
	static const uint8_t soa[] = { 0, 0, AX_TYPE_SOA };
	struct record_info info;
	*out = c->zone.has_ttl ? c->zone.ttl_s : TTL_OF_LAST_RESORT;
	if (c->zone.has_ttl)
		return AX_OK;
	enum ax_err e = record_look(&info, NULL, c->t, &c->tip, ax_slice(soa, sizeof(soa)));
	if (!e && info.version)
		*out = info.ttl_s;
	return e;
}

struct put {
	struct commit *c;
	const struct ax_name *owner;
	uint16_t type;
};

static enum ax_err put(void *ctx, uint16_t covered, struct ax_slice value)
{
	struct put *p = ctx;
	return ax_batch_put(&p->c->batch, p->owner, p->type, covered, value);
}

/* A type covered that the new text does not name goes; for one key the last word wins, so this comes first. */
static enum ax_err delete_rrsigs(struct commit *c, struct ax_slice prefix)
{
	struct ax_cursor cur;
	enum ax_err e = c->tip.local ? ax_cursor_init(&cur, c->t, &c->tip.root) : AX_ENOENT;
	if (e)
		return e == AX_ENOENT ? AX_OK : e;
	cur.keys_only = true;
	e = ax_cursor_seek(&cur, prefix);
	while (!e && cur.valid && ax_slice_starts(cur.entry.key, prefix)) {
		e = ax_batch_delete_key(&c->batch, cur.entry.key);
		if (!e)
			e = ax_cursor_next(&cur);
	}
	ax_cursor_fini(&cur);
	return e;
}

enum ax_err commit_delete(struct commit *c, struct ax_slice key)
{
	if (ax_be16(key.p + key.n - 2) == AX_TYPE_RRSIG)
		return delete_rrsigs(c, key);
	return ax_batch_delete_key(&c->batch, key);
}

enum ax_err commit_put_text(struct commit *c, const struct ax_name *owner, uint16_t type, struct ax_slice text,
			    const struct record_info *before)
{
	struct ax_record_defaults d = { before->version != 0, before->ttl_s, 0 };
	struct put p = { c, owner, type };
	struct ax_buf key = AX_BUF_INIT;
	enum ax_err e = zone_ttl(&d.zone_ttl_s, c);
	if (!e)
		e = record_key(&key, owner, &c->v->apex, type);
	if (!e && type == AX_TYPE_RRSIG)
		e = delete_rrsigs(c, ax_buf_view(&key));
	else if (!e)
		e = ax_batch_expect_key(&c->batch, ax_buf_view(&key), before->entry.value);
	if (!e)
		e = ax_record_read(text, owner, &c->v->apex, type, &d, put, &p);
	if (e == AX_ENOENT)
		e = ax_fail(AX_EINVAL, "there is no record in it: rm deletes an RRset");
	ax_buf_fini(&key);
	return e;
}

/* -- the waiting deletions -------------------------------------------------------------------------------- */

static bool at_apex(const struct gone *g)
{
	return g->key_len == 3;
}

/* One of them into the batch; one that is of another RRset than was deleted is called off. */
static enum ax_err take_gone(struct commit *c, struct gone *g)
{
	struct record_info now;
	struct ax_slice key = ax_slice(g->key, g->key_len);
	enum ax_err e = record_look(&now, NULL, c->t, &c->tip, key);
	if (e)
		return e;
	if (now.base != g->base) {
		struct ax_buf path = AX_BUF_INIT;
		view_path(&path, c->m, c->v);
		if (now.version)
			errors_note(c->m, c->who.name, ax_buf_cstr(&path),
				    "an RRset was changed while its deletion waited: it stays");
		ax_buf_fini(&path);
		waiting_call_off(&c->v->waiting, g);
		return AX_OK;
	}
	e = commit_delete(c, key);
	if (!e) {
		g->taken = true;
		c->taken++;
	}
	return e;
}

/* Those at the apex or those below it: SOA and NS are most likely to be refused, and come last. */
static enum ax_err take_waiting(struct commit *c, struct ax_slice own, bool apex)
{
	struct waiting *w = &c->v->waiting;
	enum ax_err e = AX_OK;
	for (struct gone *g = waiting_next(w, NULL), *next; g && !e; g = next) {
		next = waiting_next(w, g);
		if (g->writer || at_apex(g) != apex || (own.n && ax_slice_eq(ax_slice(g->key, g->key_len), own)))
			continue;
		e = take_gone(c, g);
	}
	return e;
}

static void settle_waiting(struct commit *c, bool committed)
{
	struct waiting *w = &c->v->waiting;
	for (struct gone *g = c->taken ? waiting_next(w, NULL) : NULL, *next; g; g = next) {
		next = waiting_next(w, g);
		if (!g->taken)
			continue;
		g->taken = false;
		if (committed && g->writer && g->writer->draft)
			g->writer->draft->base = 0; /* what is being written begins where nothing is */
		if (committed)
			waiting_drop(w, g);
		else if (c->alone)
			waiting_call_off(w, g);
	}
	c->taken = 0;
}

/* -- running ---------------------------------------------------------------------------------------------- */

static void set_committing(struct mount *m, bool on, uint64_t commit)
{
	pthread_mutex_lock(&m->lock);
	m->committing = on;
	if (commit)
		m->own[m->next_own++ % OWN_COMMITS] = commit;
	pthread_cond_broadcast(&m->committed);
	pthread_mutex_unlock(&m->lock);
}

static enum ax_err put_in_stage(struct commit *c)
{
	struct ax_actor who = who_actor(&c->who);
	struct ax_id expect;
	uint64_t commit;
	enum ax_err e = c->exact ? ax_commit_id(&expect, c->t, c->tip.local) : AX_OK;
	if (e)
		return e;
	set_committing(c->m, true, 0);
	e = ax_stage_edit(&commit, c->m->repo, c->v->zone, c->v->ref, c->exact ? &expect : NULL, &c->batch, &who);
	set_committing(c->m, false, commit);
	c->made = !e;
	c->out.changed = commit;
	return e;
}

static enum ax_err once(struct commit *c)
{
	if (c->v->kind == VIEW_STAGE)
		return put_in_stage(c);
	struct ax_actor who = who_actor(&c->who);
	struct ax_id expect = { 0 };
	struct ax_change change = { .zone = c->v->zone, .branch = view_name(c->v), .batch = &c->batch };
	change.serial_from = c->serial_from;
	change.message = c->message;
	if (c->exact) {
		enum ax_err e = c->tip.local ? ax_commit_id(&expect, c->t, c->tip.local) : AX_OK;
		if (e)
			return e;
		change.expect = &expect;
	}
	set_committing(c->m, true, 0);
	enum ax_err e = ax_repo_commit(&c->out, c->m->repo, &change, 1, &who, NULL, c->plan);
	set_committing(c->m, false, !e && c->out.changed ? c->out.commit : 0);
	c->made = !e;
	return e;
}

/* The notifier leaves that to us. */
static void tell_kernel(struct commit *c, enum ax_err e, struct ax_slice own)
{
	if (!e && c->out.changed)
		notify_before_answer(c->m, c->v, &c->batch, own);
}

struct mark {
	size_t n, expects;
};

static struct mark mark(const struct commit *c)
{
	return (struct mark){ c->batch.n, c->batch.expects_n };
}

static void rewind_to(struct commit *c, struct mark at)
{
	c->batch.n = at.n;
	c->batch.expects_n = at.expects;
}

static bool for_its_content(enum ax_err e)
{
	return e == AX_ECHECK || e == AX_EGUARD || e == AX_EINVAL;
}

static void blame_waiting(struct commit *c, const char *why)
{
	snprintf(c->why_alone, sizeof(c->why_alone), "a deletion that waited is not made: %.500s", why);
	c->alone = true;
}

enum ax_err commit_run(struct commit *c, struct ax_slice own)
{
	struct mark edits = mark(c), below;
	/* what waits may be the first half of somebody else's save, who renamed the file away to write it anew */
	enum ax_err e = own.n ? once(c) : AX_ECHECK;
	if (!for_its_content(e))
		goto out;
	pthread_mutex_lock(&c->m->lock);
	e = take_waiting(c, own, false);
	below = mark(c);
	size_t taken_below = c->taken;
	if (!e)
		e = take_waiting(c, own, true);
	size_t taken = c->taken;
	pthread_mutex_unlock(&c->m->lock);
	if (e)
		return e;
	e = once(c);
	if (!for_its_content(e) || !taken)
		goto out;
	char why[600];
	snprintf(why, sizeof(why), "%s", ax_err_text(e));
	rewind_to(c, taken_below < taken && taken_below ? below : edits);
	if (!c->batch.n)
		return ax_fail(e, "%s", why);
	enum ax_err without = once(c);
	if (without && taken_below && taken_below < taken && edits.n) {
		rewind_to(c, edits);
		without = once(c);
	}
	if (without)
		return ax_fail(e, "%s", why);
	blame_waiting(c, why);
	e = AX_OK;
out:
	tell_kernel(c, e, own);
	return e;
}

enum ax_err commit_ask(struct commit *c)
{
	struct ax_published would_be;
	struct ax_actor who = who_actor(&c->who);
	struct ax_change change = { .zone = c->v->zone, .branch = view_name(c->v), .batch = &c->batch };
	change.serial_from = AX_SERIAL_FROM_EDIT;
	pthread_mutex_lock(&c->m->lock);
	/* without SOA and NS: that they are missing is found before any guard is asked */
	enum ax_err e = take_waiting(c, ax_slice(NULL, 0), false);
	pthread_mutex_unlock(&c->m->lock);
	if (!e && c->batch.n)
		e = ax_repo_try(&would_be, c->m->repo, &change, 1, &who, NULL);
	if (e != AX_EGUARD)
		return e;
	e = once(c);
	tell_kernel(c, e, ax_slice(NULL, 0));
	return e;
}

void commit_settle(struct commit *c, enum ax_err e)
{
	if (c->alone) {
		struct ax_buf path = AX_BUF_INIT;
		view_path(&path, c->m, c->v);
		errors_note(c->m, c->who.name, ax_buf_cstr(&path), c->why_alone);
		ax_buf_fini(&path);
	}
	settle_waiting(c, !e && !c->alone);
	if (!e && !ax_txn_renew(c->t) && view_tip(&c->tip, c->v, c->t))
		c->tip.local = 0;
}

static void call_off_all(struct mount *m, struct view *v, const struct who *who, enum ax_err e)
{
	struct ax_buf path = AX_BUF_INIT;
	view_path(&path, m, v);
	errors_note(m, who->name, ax_buf_cstr(&path), ax_err_text(e));
	ax_buf_fini(&path);
	for (struct gone *g = waiting_next(&v->waiting, NULL), *next; g; g = next) {
		next = waiting_next(&v->waiting, g);
		if (!g->writer)
			waiting_call_off(&v->waiting, g);
	}
}

int commit_waiting(struct mount *m, struct ax_txn *t, struct view *v)
{
	struct commit c;
	commit_init(&c, m, t, v, v->waiting.who);
	pthread_mutex_unlock(&m->lock);
	enum ax_err e = commit_begin(&c);
	if (!e)
		e = commit_run(&c, ax_slice(NULL, 0));
	pthread_mutex_lock(&m->lock);
	commit_settle(&c, e);
	if (e)
		call_off_all(m, v, &c.who, e);
	commit_fini(&c);
	return ax_err_errno(e);
}

void commit_waiting_before(struct mount *m, struct ax_txn *t, struct view *v)
{
	if (v->waiting.n && commit_waiting(m, t, v))
		ax_err_clear();
}

void commit_keep_if_bare(struct ax_txn *t, struct node *dir)
{
	bool bare;
	if (dir->kind != NODE_TREE || !dir->hashed || node_kept(dir))
		return;
	if (ns_bare(&bare, t, dir) || !bare)
		return;
	if (!node_keep(dir))
		return; /* without memory it just goes */
}
