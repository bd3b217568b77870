#include "core/repo.h"
#include "core/due.h"
#include "core/graph.h"
#include "core/plan.h"
#include "core/refusal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct ax_repo {
	struct ax_store *store;
	char *dir;
	bool read_only;
};

/* -- open -------------------------------------------------------------------------------------------------- */

static enum ax_err open_repo(struct ax_repo **out, const char *dir, bool read_only, const struct ax_slot *slot)
{
	struct ax_repo *r = calloc(1, sizeof *r);
	*out = NULL;
	if (!r || !(r->dir = strdup(dir))) {
		free(r);
		return ax_fail(AX_ENOMEM, "out of memory");
	}
	r->read_only = read_only;
	enum ax_err e = ax_hash_init();
	if (!e)
		e = slot ? ax_store_open_lockless(&r->store, dir, slot) : ax_store_open(&r->store, dir, read_only);
	if (e) {
		free(r->dir);
		free(r);
		return e;
	}
	*out = r;
	return AX_OK;
}

enum ax_err ax_repo_open(struct ax_repo **out, const char *dir, bool read_only)
{
	return open_repo(out, dir, read_only, NULL);
}

enum ax_err ax_repo_open_lockless(struct ax_repo **out, const char *dir, const struct ax_slot *slot)
{
	return open_repo(out, dir, true, slot);
}

void ax_repo_close(struct ax_repo *r)
{
	if (!r)
		return;
	ax_store_close(r->store);
	free(r->dir);
	free(r);
}

struct ax_store *ax_repo_store(struct ax_repo *r)
{
	return r->store;
}

const char *ax_repo_dir(const struct ax_repo *r)
{
	return r->dir;
}

bool ax_repo_read_only(const struct ax_repo *r)
{
	return r->read_only;
}

enum ax_err ax_repo_begin(struct ax_txn **t, struct ax_repo *r)
{
	*t = NULL;
	if (r->read_only)
		return ax_fail(AX_EPERM, "%s was opened for reading only", r->dir);
	return ax_txn_write(t, r->store, false);
}

enum ax_err ax_repo_end(struct ax_txn *t, enum ax_err e)
{
	if (!e)
		return ax_txn_commit(t);
	ax_txn_abort(t);
	return e;
}

/* -- commits ----------------------------------------------------------------------------------------------- */

static void tell_all(struct ax_published *out, size_t cap, const struct ax_publish *p)
{
	for (size_t i = 0; i < p->n && i < cap; i++)
		ax_publish_tell(&out[i], &p->works[i]);
}

/* What is told of a refusal: of several branches the first. */
static enum ax_err note_refusal(struct ax_txn *t, const struct ax_publish *p, const struct ax_id *plan,
				const char *why)
{
	struct ax_refusal r = { .when = p->committer.when, .zone = p->works[0].zone.id, .plan = *plan };
	snprintf(r.branch, sizeof r.branch, "%s", p->works[0].change->branch);
	snprintf(r.author, sizeof r.author, "%s <%s>", p->author.name, p->author.mail);
	snprintf(r.via, sizeof r.via, "%s", p->via);
	snprintf(r.why, sizeof r.why, "%s", why);
	return ax_refusal_put(t, &r);
}

static enum ax_err keep(struct ax_repo *r, const struct ax_publish *p, const struct ax_id *hash,
			struct ax_slice value, const char *why)
{
	struct ax_txn *t;
	bool known;
	enum ax_err e = ax_repo_begin(&t, r);
	if (e)
		return e;
	e = ax_plan_put(&known, t, hash, value, p->committer.when);
	if (!e && !known)
		e = note_refusal(t, p, hash, why);
	return ax_repo_end(t, e);
}

/* The refused transaction is gone; what it would have done is kept in another one. */
enum ax_err ax_repo_keep_plan(char plan[AX_ID_SHORT + 1], struct ax_repo *r, struct ax_publish *p)
{
	struct ax_buf value = AX_BUF_INIT;
	struct ax_id hash;
	const char *why = ax_buf_cstr(&p->refusals);
	enum ax_err e = why ? ax_plan_make(&hash, &value, p) : ax_buf_check(&p->refusals);
	if (!e)
		e = keep(r, p, &hash, ax_buf_view(&value), why);
	ax_buf_fini(&value);
	if (e)
		return e;
	ax_id_short(plan, &hash);
	return ax_fail(AX_EGUARD, "%s; to publish it anyway: apex force %s", why, plan);
}

enum ax_err ax_repo_commit(struct ax_published *out, struct ax_repo *r, const struct ax_change *changes, size_t n,
			   const struct ax_actor *who, const struct ax_listener *listener, char plan[AX_ID_SHORT + 1])
{
	char unwanted[AX_ID_SHORT + 1];
	struct ax_publish p = { 0 };
	struct ax_txn *t;
	memset(out, 0, n * sizeof *out);
	plan = plan ? plan : unwanted;
	plan[0] = 0;
	enum ax_err e = ax_repo_begin(&t, r);
	if (e)
		return e;
	if (!(e = ax_publish_init(&p, t, changes, n, who, listener)))
		e = ax_publish_run(&p);
	if (!e)
		e = ax_due_note(&p);
	if (e || !ax_publish_changes(&p))
		ax_txn_abort(t);
	else
		e = ax_txn_commit(t);
	p.txn = NULL;
	if (!e)
		tell_all(out, n, &p);
	if (e == AX_EGUARD)
		e = ax_repo_keep_plan(plan, r, &p);
	ax_publish_fini(&p);
	return e;
}

enum ax_err ax_repo_try(struct ax_published *out, struct ax_repo *r, const struct ax_change *changes, size_t n,
			const struct ax_actor *who, const struct ax_listener *listener)
{
	struct ax_publish p = { 0 };
	struct ax_txn *t;
	memset(out, 0, n * sizeof *out);
	enum ax_err e = ax_repo_begin(&t, r);
	if (e)
		return e;
	if (!(e = ax_publish_init(&p, t, changes, n, who, listener)))
		e = ax_publish_run(&p);
	ax_txn_abort(t);
	if (!e)
		tell_all(out, n, &p);
	if (e == AX_EGUARD) {
		const char *text = ax_buf_cstr(&p.refusals);
		ax_fail(e, "%s", text ? text : "refused by a guard");
	}
	ax_publish_fini(&p);
	return e;
}

/* Exactly what was refused, or nothing. */
static enum ax_err check_outcome(const struct ax_publish *p, const struct ax_plan *plan)
{
	for (size_t i = 0; i < p->n; i++)
		if (!ax_id_eq(&ax_work_root(&p->works[i])->id, &plan->trees[i]))
			return ax_fail(AX_ECORRUPT, "the plan does not lead to the tree it was made for");
	struct ax_id hash;
	enum ax_err e = ax_plan_hash(&hash, p);
	return e || ax_id_eq(&hash, &plan->hash) ? e : ax_fail(AX_ELOST, "the guards' rules are others by now");
}

static enum ax_err force(struct ax_publish *p, struct ax_txn *t, const struct ax_plan *plan,
			 const struct ax_actor *who, const struct ax_listener *listener, struct ax_buf *via)
{
	char name[AX_ID_SHORT + 1];
	enum ax_err e = ax_publish_init(p, t, plan->changes, plan->n, who, listener);
	if (e)
		return e;
	/* The author is who made it, the committer who forced it; guard.c looks for " force=" in via. */
	ax_id_short(name, &plan->hash);
	ax_buf_printf(via, "%.*s force=%s", AX_VIA_MAX - AX_ID_SHORT - 8, plan->via, name);
	p->author = plan->author;
	p->via = ax_buf_cstr(via);
	p->forced = true;
	if ((e = ax_buf_check(via)) || (e = ax_publish_run(p)) || (e = check_outcome(p, plan)))
		return e;
	return ax_plan_remove(t, &plan->hash);
}

enum ax_err ax_repo_force(struct ax_published *out, size_t cap, size_t *n, struct ax_repo *r, const char *plan,
			  const struct ax_actor *who, const struct ax_listener *listener)
{
	struct ax_publish p = { 0 };
	struct ax_plan found = { 0 };
	struct ax_buf via = AX_BUF_INIT;
	struct ax_txn *t;
	memset(out, 0, cap * sizeof *out);
	*n = 0;
	enum ax_err e = ax_repo_begin(&t, r);
	if (e)
		return e;
	if (!(e = ax_plan_get(&found, t, plan, who->committer.when)))
		e = force(&p, t, &found, who, listener, &via);
	e = ax_repo_end(t, e);
	if (!e) {
		*n = p.n;
		tell_all(out, cap, &p);
	}
	ax_publish_fini(&p);
	ax_plan_fini(&found);
	ax_buf_fini(&via);
	return e;
}

/* -- zones ------------------------------------------------------------------------------------------------- */

static enum ax_err note_zone(struct ax_txn *t, enum ax_log_kind kind, uint32_t zone, const struct ax_actor *who)
{
	struct ax_log_entry entry = { .kind = kind, .zone = zone, .when = who->committer.when };
	snprintf(entry.door, sizeof entry.door, "%s", who->via);
	return ax_log_note(t, &entry);
}

static enum ax_err exists(const struct ax_name *apex)
{
	struct ax_buf b = AX_BUF_INIT;
	ax_name_text(&b, apex);
	const char *text = ax_buf_cstr(&b);
	ax_fail(AX_EEXIST, "the zone %s is already there", text ? text : "");
	ax_buf_fini(&b);
	return AX_EEXIST;
}

/* A zone that was removed comes back under its number, with its history and the counter of its serials. */
static enum ax_err add_zone(struct ax_zone *z, struct ax_txn *t, const struct ax_name *apex,
			    const struct ax_actor *who)
{
	struct ax_zone first;
	enum ax_err e = ax_zone_find(z, t, apex);
	if (!e)
		return exists(apex);
	if (e == AX_ENOENT)
		e = ax_zone_find_removed(z, t, apex);
	if (e && e != AX_ENOENT)
		return e;
	z->removed = false;
	z->apex = *apex;
	if ((e = ax_zone_put(t, z)) || (e = note_zone(t, AX_LOG_ZONE_ADDED, z->id, who)))
		return e;
	e = ax_zone_default(&first, t);
	return e == AX_ENOENT ? ax_zone_set_default(t, z->id) : e;
}

enum ax_err ax_repo_zone_add(uint32_t *id, struct ax_repo *r, const struct ax_name *apex, const struct ax_actor *who)
{
	struct ax_zone z;
	struct ax_txn *t;
	*id = 0;
	enum ax_err e = ax_repo_begin(&t, r);
	if (e)
		return e;
	if (!(e = ax_repo_end(t, add_zone(&z, t, apex, who))))
		*id = z.id;
	return e;
}

static enum ax_err check_removable(struct ax_txn *t, const struct ax_zone *z)
{
	struct ax_zone first, other;
	enum ax_err e = ax_zone_default(&first, t);
	if (e || first.id != z->id)
		return e == AX_ENOENT ? AX_OK : e;
	e = ax_zone_next(&other, t, 0, false);
	if (!e && other.id == z->id)
		e = ax_zone_next(&other, t, z->id, false);
	return e == AX_ENOENT ? AX_OK : e ? e : ax_fail(AX_EINVAL, "it is the default zone, and others are there");
}

enum ax_err ax_repo_zone_remove(struct ax_repo *r, const struct ax_name *apex, const struct ax_actor *who)
{
	struct ax_zone z;
	struct ax_txn *t;
	enum ax_err e = ax_repo_begin(&t, r);
	if (e)
		return e;
	if ((e = ax_zone_find(&z, t, apex)) || (e = check_removable(t, &z)))
		goto out;
	if ((e = ax_protect_check_zone(t, z.id)))
		goto out;
	z.removed = true;
	if (!(e = ax_zone_put(t, &z)))
		e = note_zone(t, AX_LOG_ZONE_REMOVED, z.id, who);
out:
	return ax_repo_end(t, e);
}

enum ax_err ax_repo_init(const char *dir, bool shared, uint32_t gid, const struct ax_name *apex,
			 const struct ax_actor *who)
{
	struct ax_repo *r = NULL;
	uint32_t id;
	enum ax_err e = ax_hash_init();
	if (e || (e = ax_store_create(dir, shared, gid)) || (e = ax_repo_open(&r, dir, false)))
		return e;
	e = ax_repo_zone_add(&id, r, apex, who);
	ax_repo_close(r);
	return e;
}
