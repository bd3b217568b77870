#include "core/due.h"

#include "core/history.h"
#include "core/plan.h"
#include "core/refusal.h"
#include "core/render.h"
#include "core/watch.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

enum { VERSION = 1, KEY = 17, FORCED = 1, WAIT_MAX_MS = 60000, RETRY_MS = 1000 };

/* A job as it is stored: what all have, then what its kind needs.
 *     1 u8 | kind u8 | flags u8 | until u64 | zone u32 | branch | author | subject | rest
 *     publish: a plan's value, to the end        take back: tip 32 | before 32 */
struct job {
	struct ax_due due;
	bool forced;
	struct ax_time until; /* of what is published; 0 s: for good */
	struct ax_slice rest; /* borrows from `value` */
	struct ax_buf value;
};

/* -- keys, texts -------------------------------------------------------------------------------------------- */

static void put_u64(uint8_t *p, uint64_t v)
{
	ax_be32_put(p, (uint32_t)(v >> 32));
	ax_be32_put(p + 4, (uint32_t)v);
}

static uint64_t get_u64(const uint8_t *p)
{
	return (uint64_t)ax_be32(p) << 32 | ax_be32(p + 4);
}

static struct ax_slice make_key(uint8_t k[KEY], const struct ax_due *d)
{
	k[0] = AX_MAIN_DUE;
	put_u64(k + 1, (uint64_t)d->at.s);
	put_u64(k + 9, d->number);
	return ax_slice(k, KEY);
}

static void put_text(struct ax_buf *b, const char *s)
{
	ax_buf_leb(b, strlen(s));
	ax_buf_str(b, s);
}

static void get_text(char *out, size_t size, struct ax_reader *r)
{
	uint64_t n = ax_get_leb(r);
	struct ax_slice s = ax_get_bytes(r, n < size ? (size_t)n : 0);
	r->bad = r->bad || n >= size || (s.n && memchr(s.p, 0, s.n));
	if (s.n && !r->bad)
		memcpy(out, s.p, s.n);
	out[r->bad ? 0 : s.n] = 0;
}

static enum ax_err damaged(void)
{
	return ax_fail(AX_ECORRUPT, "a scheduled change is damaged");
}

static enum ax_err decode(struct job *out, struct ax_slice key, struct ax_slice value)
{
	*out = (struct job){ 0 };
	ax_buf_slice(&out->value, value);
	struct ax_reader r = ax_reader(ax_buf_view(&out->value));
	struct ax_due *d = &out->due;
	uint8_t version = ax_get_u8(&r);
	d->kind = (enum ax_due_kind)ax_get_u8(&r);
	out->forced = ax_get_u8(&r) & FORCED;
	out->until.s = (int64_t)ax_get_u64(&r);
	d->zone = ax_get_u32(&r);
	get_text(d->branch, sizeof d->branch, &r);
	get_text(d->author, sizeof d->author, &r);
	get_text(d->subject, sizeof d->subject, &r);
	out->rest = ax_slice(r.p, ax_reader_left(&r));
	if (out->value.failed)
		return ax_buf_check(&out->value);
	if (r.bad || key.n != KEY || version != VERSION || d->kind < AX_DUE_PUBLISH || d->kind > AX_DUE_TAKE_BACK)
		return damaged();
	d->at.s = (int64_t)get_u64(key.p + 1);
	d->number = get_u64(key.p + 9);
	return AX_OK;
}

static enum ax_err next_job(struct job *out, struct ax_txn *t, const struct ax_due *after)
{
	uint8_t k[KEY];
	struct ax_slice key, value;
	*out = (struct job){ 0 };
	make_key(k, after);
	enum ax_err e = ax_txn_seek(&key, &value, t, AX_TABLE_MAIN, ax_slice(k, 1), ax_slice(k, KEY), true);
	return e ? e : decode(out, key, value);
}

enum ax_err ax_due_next(struct ax_due *out, struct ax_txn *t, const struct ax_due *after)
{
	struct job job;
	enum ax_err e = next_job(&job, t, after);
	*out = job.due;
	ax_buf_fini(&job.value);
	return e;
}

static enum ax_err take_number(uint64_t *out, struct ax_txn *t)
{
	uint8_t k[] = { AX_MAIN_DUE }, v[8];
	struct ax_slice value;
	enum ax_err e = ax_txn_get(&value, t, AX_TABLE_MAIN, ax_slice(k, 1));
	if (e && e != AX_ENOENT)
		return e;
	if (!e && value.n != sizeof v)
		return damaged();
	*out = 1 + (e ? 0 : get_u64(value.p));
	put_u64(v, *out);
	return ax_txn_put(t, AX_TABLE_MAIN, ax_slice(k, 1), ax_slice(v, sizeof v));
}

/* Logged as a setting, "due/NUMBER", so that whoever carries it out hears of it. */
static enum ax_err note(struct ax_txn *t, const struct ax_due *d, const char *via, struct ax_time when)
{
	struct ax_log_entry entry = { .kind = AX_LOG_SETTING, .zone = d->zone, .when = when };
	snprintf(entry.ref, sizeof entry.ref, "due/%" PRIu64, d->number);
	snprintf(entry.door, sizeof entry.door, "%s", via);
	return ax_log_note(t, &entry);
}

/* A number is given to it. */
static enum ax_err put_job(struct ax_txn *t, struct job *job, struct ax_slice rest, const char *via,
			   struct ax_time when)
{
	uint8_t k[KEY];
	struct ax_buf b = AX_BUF_INIT;
	struct ax_due *d = &job->due;
	enum ax_err e = take_number(&d->number, t);
	ax_buf_u8(&b, VERSION);
	ax_buf_u8(&b, (uint8_t)d->kind);
	ax_buf_u8(&b, job->forced ? FORCED : 0);
	ax_buf_u64(&b, (uint64_t)job->until.s);
	ax_buf_u32(&b, d->zone);
	put_text(&b, d->branch);
	put_text(&b, d->author);
	put_text(&b, d->subject);
	ax_buf_slice(&b, rest);
	if (!e)
		e = ax_buf_check(&b);
	if (!e)
		e = ax_txn_put(t, AX_TABLE_MAIN, make_key(k, d), ax_buf_view(&b));
	if (!e)
		e = note(t, d, via, when);
	ax_buf_fini(&b);
	return e;
}

static enum ax_err remove_job(struct ax_txn *t, const struct ax_due *d)
{
	uint8_t k[KEY];
	return ax_txn_del(t, AX_TABLE_MAIN, make_key(k, d));
}

static void describe(struct ax_due *d, const struct ax_publish *p, const struct ax_work *w, struct ax_time at)
{
	const char *message = w->message.n         ? (const char *)w->message.p
			      : w->change->message ? w->change->message
						   : "a commit that is there";
	size_t n = w->message.n ? w->message.n : strlen(message);
	struct ax_slice first = { (const uint8_t *)message, 0 };
	while (first.n < n && message[first.n] != '\n')
		first.n++;
	d->at = at;
	d->zone = w->zone.id;
	snprintf(d->branch, sizeof d->branch, "%s", w->change->branch);
	snprintf(d->author, sizeof d->author, "%s <%s>", p->author.name, p->author.mail);
	snprintf(d->subject, sizeof d->subject, "%.*s", (int)(first.n < 190 ? first.n : 190), message);
}

/* -- taking back -------------------------------------------------------------------------------------------- */

static enum ax_err note_work(const struct ax_publish *p, const struct ax_work *w)
{
	struct job job = { .due.kind = AX_DUE_TAKE_BACK };
	struct ax_buf rest = AX_BUF_INIT;
	if (!w->tip.commit)
		return ax_fail(AX_EINVAL, "what begins a branch can't be taken back: there is nothing to go back to");
	if (w->change->until->s <= p->committer.when.s)
		return ax_fail(AX_EINVAL, "the time at which it is to be taken back is past");
	describe(&job.due, p, w, *w->change->until);
	ax_buf_put(&rest, w->id.b, AX_ID_SIZE);
	ax_buf_put(&rest, w->tip.id.b, AX_ID_SIZE);
	enum ax_err e = ax_buf_check(&rest);
	if (!e)
		e = put_job(p->txn, &job, ax_buf_view(&rest), p->door, p->committer.when);
	ax_buf_fini(&rest);
	return e;
}

enum ax_err ax_due_note(const struct ax_publish *p)
{
	enum ax_err e = AX_OK;
	for (size_t i = 0; !e && i < p->n; i++) {
		const struct ax_work *w = &p->works[i];
		if (w->change->until && w->last && w->next.local)
			e = note_work(p, w);
	}
	return e;
}

/* -- scheduling --------------------------------------------------------------------------------------------- */

/* The works borrow from a transaction that is to be dropped: the plan is made of them first. */
static enum ax_err plan_job(struct job *job, struct ax_buf *value, const struct ax_publish *p, struct ax_time at)
{
	struct ax_id hash;
	const struct ax_work *w = &p->works[0];
	for (size_t i = 0; i < p->n && !w->next.local; i++)
		w = &p->works[i];
	describe(&job->due, p, w, at);
	job->forced = w->change->meant;
	if (w->change->until)
		job->until = *w->change->until;
	if (job->until.s && job->until.s <= at.s)
		return ax_fail(AX_EINVAL, "it would be taken back before it is published");
	return ax_plan_make(&hash, value, p);
}

static enum ax_err put_plan_job(struct ax_repo *r, struct job *job, struct ax_slice value, const struct ax_actor *who)
{
	struct ax_txn *t;
	enum ax_err e = ax_repo_begin(&t, r);
	return e ? e : ax_repo_end(t, put_job(t, job, value, who->via, who->committer.when));
}

enum ax_err ax_repo_schedule(uint64_t *number, struct ax_published *out, struct ax_repo *r,
			     const struct ax_change *changes, size_t n, const struct ax_actor *who,
			     const struct ax_listener *listener, char plan[AX_ID_SHORT + 1], struct ax_time at)
{
	struct job job = { .due.kind = AX_DUE_PUBLISH };
	struct ax_publish p = { 0 };
	struct ax_buf value = AX_BUF_INIT;
	struct ax_txn *t;
	*number = 0;
	memset(out, 0, n * sizeof *out);
	if (at.s <= who->committer.when.s)
		return ax_fail(AX_EINVAL, "the time is past");
	enum ax_err e = ax_repo_begin(&t, r);
	if (e)
		return e;
	if (!(e = ax_publish_init(&p, t, changes, n, who, listener)))
		e = ax_publish_run(&p);
	bool changes_any = !e && ax_publish_changes(&p);
	if (changes_any)
		e = plan_job(&job, &value, &p, at);
	ax_txn_abort(t);
	p.txn = NULL;
	for (size_t i = 0; !e && i < n; i++)
		ax_publish_tell(&out[i], &p.works[i]);
	if (e == AX_EGUARD)
		e = ax_repo_keep_plan(plan, r, &p);
	if (changes_any && !e)
		e = put_plan_job(r, &job, ax_buf_view(&value), who);
	*number = e ? 0 : job.due.number;
	ax_publish_fini(&p);
	ax_buf_fini(&value);
	return e;
}

static enum ax_err remove_number(struct ax_txn *t, uint64_t number, const struct ax_actor *who)
{
	struct ax_due d = { 0 };
	enum ax_err e;
	while (!(e = ax_due_next(&d, t, &d)))
		if (d.number == number)
			break;
	if (e)
		return e == AX_ENOENT ? ax_fail(e, "nothing is scheduled under %" PRIu64, number) : e;
	e = remove_job(t, &d);
	return e ? e : note(t, &d, who->via, who->committer.when);
}

enum ax_err ax_repo_unschedule(struct ax_repo *r, uint64_t number, const struct ax_actor *who)
{
	struct ax_txn *t;
	enum ax_err e = ax_repo_begin(&t, r);
	return e ? e : ax_repo_end(t, remove_number(t, number, who));
}

/* -- when it is due ----------------------------------------------------------------------------------------- */

/* A job under way. */
struct running {
	struct ax_repo *repo;
	const struct ax_actor *who;
	struct job job;
	struct ax_plan plan;
	struct ax_job back;
	struct ax_commit tip; /* whose author takes it back */
	struct ax_id tip_id;
	struct ax_buf via, message;
	struct ax_publish publish;
	struct ax_published out;
};

static void running_fini(struct running *x)
{
	ax_publish_fini(&x->publish);
	ax_plan_fini(&x->plan);
	ax_job_fini(&x->back);
	ax_commit_fini(&x->tip);
	ax_buf_fini(&x->job.value);
	ax_buf_fini(&x->via);
	ax_buf_fini(&x->message);
}

static enum ax_err put_via(struct running *x, const char *via)
{
	ax_buf_printf(&x->via, "%.300s due=%" PRIu64 " by=%.*s", via, x->job.due.number,
		      (int)strcspn(x->who->via, " "), x->who->via);
	return ax_buf_check(&x->via);
}

static enum ax_err begin_plan(struct running *x, struct ax_txn *t)
{
	struct ax_actor who = *x->who;
	enum ax_err e = ax_plan_decode(&x->plan, t, x->job.rest);
	for (size_t i = 0; !e && x->job.until.s && i < x->plan.n; i++)
		x->plan.changes[i].until = &x->job.until;
	if (!e)
		e = put_via(x, x->plan.via);
	if (!e)
		e = ax_publish_init(&x->publish, t, x->plan.changes, x->plan.n, &who, NULL);
	x->publish.author = x->plan.author;
	x->publish.forced = x->job.forced;
	return e;
}

static enum ax_err begin_back(struct running *x, struct ax_txn *t)
{
	struct ax_reader r = ax_reader(x->job.rest);
	struct ax_slice tip = ax_get_bytes(&r, AX_ID_SIZE), before = ax_get_bytes(&r, AX_ID_SIZE);
	struct ax_zone zone;
	struct ax_id id;
	uint64_t local, back;
	if (r.bad || ax_reader_left(&r))
		return damaged();
	memcpy(x->tip_id.b, tip.p, AX_ID_SIZE);
	memcpy(id.b, before.p, AX_ID_SIZE);
	enum ax_err e = ax_zone_get(&zone, t, x->job.due.zone);
	if (e || (e = ax_object_find(&local, t, &x->tip_id)) || (e = ax_object_find(&back, t, &id)) ||
	    (e = ax_commit_read(&x->tip, t, local)))
		return e == AX_ENOENT ? ax_fail(e, "a commit that it needs is gone") : e;
	ax_buf_printf(&x->message, "Take back: %s\n\nIt was to hold until ", x->job.due.subject);
	ax_render_time(&x->message, x->job.due.at);
	if ((e = put_via(x, x->tip.via)) || (e = ax_buf_check(&x->message)))
		return e;
	ax_job_init(&x->back, &zone, x->job.due.branch);
	ax_restore_change(&x->back, back, ax_slice(NULL, 0), ax_buf_cstr(&x->message));
	x->back.change.expect = &x->tip_id;
	x->back.change.meant = true; /* it was announced when it was published */
	e = ax_publish_init(&x->publish, t, &x->back.change, 1, x->who, NULL);
	x->publish.author = x->tip.author;
	x->publish.author.when = x->who->author.when;
	return e;
}

static enum ax_err run_job(struct running *x, struct ax_txn *t)
{
	enum ax_err e = x->job.due.kind == AX_DUE_PUBLISH ? begin_plan(x, t) : begin_back(x, t);
	if (e)
		return e;
	x->publish.via = ax_buf_cstr(&x->via);
	x->publish.door = x->who->via;
	if ((e = ax_publish_run(&x->publish)) || (e = ax_due_note(&x->publish)))
		return e;
	for (size_t i = x->publish.n; i-- > 0;)
		if (!i || x->publish.works[i].next.local)
			ax_publish_tell(&x->out, &x->publish.works[i]);
	return AX_OK;
}

/* Is it the change that can't be, and not the store that can't do it now? */
static bool is_refusal(enum ax_err e)
{
	return e == AX_ELOST || e == AX_ECONFLICT || e == AX_ECHECK || e == AX_EGUARD || e == AX_EPROTECTED ||
	       e == AX_EPERM || e == AX_ENOENT || e == AX_EINVAL || e == AX_EVERSION || e == AX_ELIMIT;
}

static enum ax_err put_refusal(struct running *x, struct ax_txn *t, const char *why, const struct ax_id *plan)
{
	const struct ax_due *d = &x->job.due;
	struct ax_refusal r = { .when = x->who->committer.when, .zone = d->zone, .plan = *plan };
	snprintf(r.branch, sizeof r.branch, "%s", d->branch);
	snprintf(r.author, sizeof r.author, "%s", d->author);
	snprintf(r.via, sizeof r.via, "%.300s due=%" PRIu64, x->who->via, d->number);
	snprintf(r.why, sizeof r.why, "%s was due (%s): %.600s",
		 d->kind == AX_DUE_PUBLISH ? "a change" : "taking a change back", d->subject, why);
	return ax_refusal_put(t, &r);
}

/* The job is over, and somebody must hear of it. What a guard refused can be forced still. */
static enum ax_err refuse(struct running *x, enum ax_err why_not)
{
	char why[AX_REFUSAL_TEXT_MAX];
	struct ax_id plan = { 0 };
	struct ax_buf value = AX_BUF_INIT;
	struct ax_txn *t;
	bool known;
	const char *guards = why_not == AX_EGUARD ? ax_buf_cstr(&x->publish.refusals) : NULL;
	snprintf(why, sizeof why, "%s", guards ? guards : ax_err_text(why_not));
	enum ax_err e = why_not == AX_EGUARD ? ax_plan_make(&plan, &value, &x->publish) : AX_OK;
	if (!e && !(e = ax_repo_begin(&t, x->repo))) {
		if (value.n)
			e = ax_plan_put(&known, t, &plan, ax_buf_view(&value), x->who->committer.when);
		if (!e && (e = remove_job(t, &x->job.due)) == AX_OK)
			e = put_refusal(x, t, why, &plan);
		e = ax_repo_end(t, e);
	}
	ax_buf_fini(&value);
	if (e)
		return e == AX_ENOENT ? AX_OK : e; /* somebody else came first */
	return ax_fail(why_not, "%s", why);
}

static enum ax_err run_first(struct running *x)
{
	struct ax_due none = { 0 };
	struct ax_txn *t;
	enum ax_err e = ax_repo_begin(&t, x->repo);
	if (e)
		return e;
	e = next_job(&x->job, t, &none);
	if (e || x->job.due.at.s > x->who->committer.when.s) {
		ax_txn_abort(t);
		return e ? e : AX_ENOENT;
	}
	if (!(e = run_job(x, t)))
		e = remove_job(t, &x->job.due);
	e = ax_repo_end(t, e);
	x->publish.txn = NULL;
	return e;
}

/* AX_ENOENT: nothing is due. */
static enum ax_err run_one(struct ax_repo *r, const struct ax_actor *who, ax_due_fn *told, void *ctx)
{
	struct running x = { .repo = r, .who = who };
	enum ax_err e = run_first(&x);
	bool is_due = x.job.due.number && x.job.due.at.s <= who->committer.when.s;
	if (is_due && is_refusal(e)) {
		enum ax_err refused = refuse(&x, e);
		if (refused == e && told)
			told(ctx, &x.job.due, NULL, ax_err_text(e));
		e = refused == e ? AX_OK : refused;
	} else if (!e && told) {
		told(ctx, &x.job.due, &x.out, NULL);
	}
	running_fini(&x);
	return e;
}

enum ax_err ax_repo_run_due(struct ax_repo *r, const struct ax_actor *who, ax_due_fn *told, void *ctx)
{
	enum ax_err e;
	while (!(e = run_one(r, who, told, ctx)))
		;
	return e == AX_ENOENT ? AX_OK : e;
}

/* -- what is needed ----------------------------------------------------------------------------------------- */

static enum ax_err commits_of(const struct job *job, struct ax_txn *t, ax_plan_commit_fn *each, void *ctx)
{
	struct ax_plan plan;
	struct ax_id id;
	enum ax_err e = AX_OK;
	if (job->due.kind == AX_DUE_PUBLISH) {
		if (ax_plan_decode(&plan, t, job->rest))
			return AX_OK; /* it will be refused */
		e = ax_plan_commits(&plan, t, each, ctx);
		ax_plan_fini(&plan);
		return e;
	}
	for (size_t at = 0; !e && at + AX_ID_SIZE <= job->rest.n; at += AX_ID_SIZE) {
		memcpy(id.b, job->rest.p + at, AX_ID_SIZE);
		e = each(ctx, &id);
	}
	return e;
}

enum ax_err ax_due_each_commit(struct ax_txn *t, enum ax_err (*each)(void *ctx, const struct ax_id *id), void *ctx)
{
	struct ax_due at = { 0 };
	struct job job;
	enum ax_err e;
	while (!(e = next_job(&job, t, &at))) {
		at = job.due;
		e = commits_of(&job, t, each, ctx);
		ax_buf_fini(&job.value);
		if (e)
			return e;
	}
	return e == AX_ENOENT ? AX_OK : e;
}

/* -- serving ------------------------------------------------------------------------------------------------ */

/* Milliseconds until the first job is due, as far as this state knows; *seen is the state. */
static enum ax_err look(int *wait_ms, uint64_t *seen, struct ax_txn *t, struct ax_time now)
{
	struct ax_due none = { 0 }, first;
	*wait_ms = WAIT_MAX_MS; /* clocks are set, and machines sleep */
	enum ax_err e = ax_txn_renew(t);
	if (e)
		return e;
	*seen = ax_txn_id(t);
	e = ax_due_next(&first, t, &none);
	ax_txn_reset(t);
	if (e)
		return e == AX_ENOENT ? AX_OK : e;
	int64_t left_s = first.at.s - now.s;
	if (left_s <= 0)
		*wait_ms = 0;
	else if (left_s < WAIT_MAX_MS / 1000)
		*wait_ms = (int)(left_s * 1000 - now.ns / 1000000) + 1;
	return AX_OK;
}

static void complain(const struct ax_due_server *s, enum ax_err e, enum ax_err *before)
{
	if (e && e != *before)
		s->told(s->ctx, NULL, NULL, ax_err_text(e));
	*before = e;
}

static bool told_to_stop(struct ax_watch *w, const struct ax_due_server *s, uint64_t seen, int wait_ms)
{
	struct pollfd p = { s->stop_fd, POLLIN, 0 };
	ax_watch_wait(w, ax_repo_store(s->repo), seen, wait_ms, s->stop_fd);
	return poll(&p, 1, 0) > 0;
}

void ax_due_serve(const struct ax_due_server *s)
{
	struct ax_watch watch;
	struct ax_txn *t = NULL;
	enum ax_err before = AX_OK, e = ax_watch_open(&watch, ax_repo_store(s->repo));
	if (!e && !(e = ax_txn_read(&t, ax_repo_store(s->repo))))
		ax_txn_reset(t);
	complain(s, e, &before);
	for (bool stop = e != AX_OK; !stop;) {
		struct ax_actor who = s->who;
		uint64_t seen = 0;
		int wait_ms = 0;
		e = look(&wait_ms, &seen, t, s->now());
		if (!e && !wait_ms) {
			who.committer.when = who.author.when = s->now();
			e = ax_repo_run_due(s->repo, &who, s->told, s->ctx);
		} else if (!e) {
			stop = told_to_stop(&watch, s, seen, wait_ms);
		}
		complain(s, e, &before);
		if (e)
			stop = told_to_stop(&watch, s, ax_store_last_txn(ax_repo_store(s->repo)), RETRY_MS);
	}
	ax_txn_abort(t);
	ax_watch_close(&watch);
}
