#include "core/repo.h"
#include "core/graph.h"
#include "core/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct ax_repo {
	struct ax_store *store;
	char *dir;
	bool read_only;
};

/* -- open ------------------------------------------------------------------------------------------------------- */

enum ax_err ax_repo_open(struct ax_repo **out, const char *dir, bool read_only)
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
		e = ax_store_open(&r->store, dir, read_only);
	if (e) {
		free(r->dir);
		free(r);
		return e;
	}
	*out = r;
	return AX_OK;
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

static enum ax_err begin(struct ax_txn **t, struct ax_repo *r)
{
	*t = NULL;
	if (r->read_only)
		return ax_fail(AX_EPERM, "%s was opened for reading only", r->dir);
	return ax_txn_write(t, r->store, false);
}

/* Commit if all went well, drop it all else. */
static enum ax_err end(struct ax_txn *t, enum ax_err e)
{
	if (!e)
		return ax_txn_commit(t);
	ax_txn_abort(t);
	return e;
}

/* -- commits ---------------------------------------------------------------------------------------------------- */

static void tell_all(struct ax_published *out, size_t cap, const struct ax_publish *p)
{
	for (size_t i = 0; i < p->n && i < cap; i++)
		ax_publish_tell(&out[i], &p->works[i]);
}

/* The refused transaction is gone; what it would have done is kept in another one. */
static enum ax_err keep_plan(char plan[AX_ID_SHORT + 1], struct ax_repo *r, const struct ax_publish *p)
{
	struct ax_buf value = AX_BUF_INIT, refusals = AX_BUF_INIT;
	struct ax_id hash;
	struct ax_txn *t;
	enum ax_err e = ax_plan_make(&hash, &value, p);
	if (!e && !(e = begin(&t, r)))
		e = end(t, ax_plan_put(t, &hash, ax_buf_view(&value), p->committer.when));
	ax_buf_fini(&value);
	if (e)
		return e;
	ax_id_short(plan, &hash);
	ax_buf_slice(&refusals, ax_buf_view(&p->refusals));
	const char *text = ax_buf_cstr(&refusals);
	ax_fail(AX_EGUARD, "%s; to publish it anyway: apex force %s", text ? text : "refused by a guard", plan);
	ax_buf_fini(&refusals);
	return AX_EGUARD;
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
	enum ax_err e = begin(&t, r);
	if (e)
		return e;
	if (!(e = ax_publish_init(&p, t, changes, n, who, listener)))
		e = ax_publish_run(&p);
	if (e || !ax_publish_changes(&p))
		ax_txn_abort(t);
	else
		e = ax_txn_commit(t);
	p.txn = NULL;
	if (!e)
		tell_all(out, n, &p);
	if (e == AX_EGUARD)
		e = keep_plan(plan, r, &p);
	ax_publish_fini(&p);
	return e;
}

enum ax_err ax_repo_try(struct ax_published *out, struct ax_repo *r, const struct ax_change *changes, size_t n,
			const struct ax_actor *who, const struct ax_listener *listener)
{
	struct ax_publish p = { 0 };
	struct ax_txn *t;
	memset(out, 0, n * sizeof *out);
	enum ax_err e = begin(&t, r);
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
static enum ax_err check_trees(const struct ax_publish *p, const struct ax_plan *plan)
{
	for (size_t i = 0; i < p->n; i++)
		if (!p->works[i].next.local || !ax_id_eq(&p->works[i].next.root.id, &plan->trees[i]))
			return ax_fail(AX_ECORRUPT, "the plan does not lead to the tree it was made for");
	return AX_OK;
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
	if ((e = ax_buf_check(via)) || (e = ax_publish_run(p)) || (e = check_trees(p, plan)))
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
	enum ax_err e = begin(&t, r);
	if (e)
		return e;
	if (!(e = ax_plan_get(&found, t, plan, who->committer.when)))
		e = force(&p, t, &found, who, listener, &via);
	e = end(t, e);
	if (!e) {
		*n = p.n;
		tell_all(out, cap, &p);
	}
	ax_publish_fini(&p);
	ax_plan_fini(&found);
	ax_buf_fini(&via);
	return e;
}

/* -- branches and tags --------------------------------------------------------------------------------------------
 */

static enum ax_err live_zone(struct ax_zone *z, struct ax_txn *t, uint32_t zone)
{
	enum ax_err e = ax_zone_get(z, t, zone);
	return !e && z->removed ? ax_fail(AX_ENOENT, "the zone was removed") : e;
}

static enum ax_err same_zone(struct ax_txn *t, const struct ax_zone *z, uint64_t commit)
{
	struct ax_commit c;
	enum ax_err e = ax_commit_read(&c, t, commit);
	if (e)
		return e;
	bool same = ax_name_eq(&c.zone, &z->apex);
	ax_commit_fini(&c);
	return same ? AX_OK : ax_fail(AX_EINVAL, "the commit is another zone's");
}

static enum ax_err create_ref(struct ax_repo *r, uint32_t zone, const char *folder, const char *name, uint64_t commit,
			      const struct ax_actor *who)
{
	char path[AX_REF_PATH_MAX + 1];
	struct ax_zone z;
	struct ax_ref ref;
	struct ax_txn *t;
	enum ax_err e = ax_ref_check_name(name);
	if (e || (e = begin(&t, r)))
		return e;
	snprintf(path, sizeof path, "%s/%s", folder, name);
	if ((e = live_zone(&z, t, zone)) || (e = same_zone(t, &z, commit)))
		goto out;
	e = ax_ref_get(&ref, t, zone, path);
	if (!e)
		e = ax_fail(AX_EEXIST, "%s is already there", path);
	else if (e == AX_ENOENT)
		e = ax_ref_move(t, zone, path, 0, commit, who->via, who->committer.when);
out:
	return end(t, e);
}

enum ax_err ax_repo_branch_create(struct ax_repo *r, uint32_t zone, const char *branch, uint64_t commit,
				  const struct ax_actor *who)
{
	return create_ref(r, zone, "heads", branch, commit, who);
}

enum ax_err ax_repo_tag(struct ax_repo *r, uint32_t zone, const char *tag, uint64_t commit,
			const struct ax_actor *who)
{
	return create_ref(r, zone, "tags", tag, commit, who);
}

static enum ax_err check_merged(struct ax_txn *t, uint32_t zone, const char *branch, uint64_t tip)
{
	struct ax_ref main_ref;
	bool merged = false;
	enum ax_err e = ax_ref_get(&main_ref, t, zone, "heads/main");
	if (!e)
		e = ax_graph_is_ancestor(&merged, t, tip, main_ref.commit);
	if (e && e != AX_ENOENT)
		return e;
	return merged ? AX_OK : ax_fail(AX_EPERM, "branch %s is not merged into main", branch);
}

enum ax_err ax_repo_branch_delete(struct ax_repo *r, uint32_t zone, const char *branch, bool force_it,
				  const struct ax_actor *who)
{
	char path[AX_REF_PATH_MAX + 1];
	struct ax_zone z;
	struct ax_ref ref;
	struct ax_txn *t;
	enum ax_err e = ax_ref_check_name(branch);
	if (!e && strcmp(branch, "main") == 0)
		e = ax_fail(AX_EPERM, "main is the zone's own branch: it can't be deleted");
	if (e || (e = begin(&t, r)))
		return e;
	snprintf(path, sizeof path, "heads/%s", branch);
	if ((e = live_zone(&z, t, zone)))
		goto out;
	if ((e = ax_ref_get(&ref, t, zone, path)) == AX_ENOENT)
		ax_fail(e, "there is no branch %s", branch);
	if (!e && !force_it)
		e = check_merged(t, zone, branch, ref.commit);
	if (!e)
		e = ax_ref_move(t, zone, path, ref.commit, 0, who->via, who->committer.when);
out:
	return end(t, e);
}

enum ax_err ax_repo_checkout(struct ax_repo *r, uint32_t zone, const char *branch, const struct ax_actor *who)
{
	char path[AX_REF_PATH_MAX + 1];
	struct ax_zone z;
	struct ax_ref ref;
	struct ax_txn *t;
	enum ax_err e = ax_ref_check_name(branch);
	if (e || (e = begin(&t, r)))
		return e;
	snprintf(path, sizeof path, "heads/%s", branch);
	if ((e = live_zone(&z, t, zone)))
		goto out;
	e = ax_ref_get(&ref, t, zone, path);
	/* main may be unborn */
	if (e == AX_ENOENT && strcmp(branch, "main") == 0)
		e = AX_OK;
	else if (e == AX_ENOENT)
		ax_fail(e, "there is no branch %s", branch);
	if (!e)
		e = ax_head_set(t, zone, who->uid, branch);
out:
	return end(t, e);
}

/* -- zones --------------------------------------------------------------------------------------------------------
 */

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
	enum ax_err e = begin(&t, r);
	if (e)
		return e;
	if (!(e = end(t, add_zone(&z, t, apex, who))))
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
	enum ax_err e = begin(&t, r);
	if (e)
		return e;
	if ((e = ax_zone_find(&z, t, apex)) || (e = check_removable(t, &z)))
		goto out;
	z.removed = true;
	if (!(e = ax_zone_put(t, &z)))
		e = note_zone(t, AX_LOG_ZONE_REMOVED, z.id, who);
out:
	return end(t, e);
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

/* -- a zone's first records -----------------------------------------------------------------------------------------
 */

enum { REFRESH_S = 3600, RETRY_S = 900, EXPIRE_S = 1209600, MINIMUM_S = 300 }; /* RIPE-203, negative answers short */

static enum ax_err put_begin(struct ax_batch *b, struct ax_rrset_builder *set)
{
	struct ax_buf value = AX_BUF_INIT;
	enum ax_err e = ax_rrset_builder_finish(&value, set);
	if (!e)
		e = ax_batch_put(b, &b->apex, set->type, 0, ax_buf_view(&value));
	ax_buf_fini(&value);
	return e;
}

static enum ax_err begin_soa(struct ax_batch *b, const struct ax_name *host, uint32_t ttl_s)
{
	struct ax_rrset_builder set;
	struct ax_buf rdata = AX_BUF_INIT;
	struct ax_name mail = b->apex;
	enum ax_err e = ax_name_prepend(&mail, ax_slice_str("hostmaster"));
	ax_rrset_builder_init(&set, AX_TYPE_SOA, 0);
	ax_buf_put(&rdata, host->wire, host->n);
	ax_buf_put(&rdata, mail.wire, mail.n);
	const uint32_t numbers[] = { 0, REFRESH_S, RETRY_S, EXPIRE_S, MINIMUM_S };
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		ax_buf_u32(&rdata, numbers[i]);
	if (!e)
		e = ax_buf_check(&rdata);
	if (!e)
		e = ax_rrset_builder_add(&set, ttl_s, ax_buf_view(&rdata));
	if (!e)
		e = put_begin(b, &set);
	ax_rrset_builder_fini(&set);
	ax_buf_fini(&rdata);
	b->has_serial = false; /* nobody asked for a certain one */
	return e;
}

enum ax_err ax_repo_begin_zone(struct ax_batch *b, const struct ax_name *hosts, size_t n, uint32_t ttl_s)
{
	struct ax_rrset_builder set;
	if (!n)
		return ax_fail(AX_EINVAL, "a zone needs at least one name server");
	enum ax_err e = begin_soa(b, &hosts[0], ttl_s);
	ax_rrset_builder_init(&set, AX_TYPE_NS, 0);
	for (size_t i = 0; !e && i < n; i++)
		e = ax_rrset_builder_add(&set, ttl_s, ax_slice(hosts[i].wire, hosts[i].n));
	if (!e)
		e = put_begin(b, &set);
	ax_rrset_builder_fini(&set);
	return e;
}
