#include "core/publish.h"

#include "core/blame.h"
#include "core/diff.h"
#include "core/rrsig.h"
#include "core/sign.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum ax_err ax_publish_init(struct ax_publish *p, struct ax_txn *t, const struct ax_change *changes, size_t n,
			    const struct ax_actor *who, const struct ax_listener *listener)
{
	*p = (struct ax_publish){ .txn = t,
				  .author = who->author,
				  .committer = who->committer,
				  .via = who->via,
				  .door = who->via,
				  .listener = listener };
	p->works = calloc(n ? n : 1, sizeof *p->works);
	if (!p->works)
		return ax_fail(AX_ENOMEM, "out of memory");
	p->n = n;
	for (size_t i = 0; i < n; i++) {
		p->works[i].change = &changes[i];
		p->works[i].before = i && changes[i].chained ? &p->works[i - 1] : NULL;
		p->works[i].last = i + 1 == n || !changes[i + 1].chained;
	}
	return AX_OK;
}

void ax_publish_fini(struct ax_publish *p)
{
	for (size_t i = 0; i < p->n; i++) {
		free(p->works[i].edits);
		ax_buf_fini(&p->works[i].gone);
		ax_buf_fini(&p->works[i].message);
		ax_rules_fini(&p->works[i].rules);
	}
	free(p->works);
	ax_buf_fini(&p->refusals);
	*p = (struct ax_publish){ 0 };
}

/* -- what is there now ------------------------------------------------------------------------------------- */

static enum ax_err check_tip(const struct ax_work *w)
{
	const struct ax_id *expect = w->change->expect;
	if (!expect || ax_id_eq(expect, &w->tip.id))
		return AX_OK;
	return ax_fail(AX_ELOST, "%s has moved meanwhile", w->path + strlen("heads/"));
}

/* A zone that was removed comes back under its number, with its history and the counter of its serials. */
static enum ax_err revive(const struct ax_publish *p, struct ax_work *w)
{
	struct ax_zone first;
	struct ax_log_entry entry = { .kind = AX_LOG_ZONE_ADDED, .zone = w->zone.id, .when = p->committer.when };
	snprintf(entry.door, sizeof entry.door, "%s", p->door);
	w->zone.removed = false;
	enum ax_err e = ax_zone_put(p->txn, &w->zone);
	if (e || (e = ax_log_note(p->txn, &entry)))
		return e;
	e = ax_zone_default(&first, p->txn);
	return e == AX_ENOENT ? ax_zone_set_default(p->txn, w->zone.id) : e;
}

static enum ax_err load_zone(const struct ax_publish *p, struct ax_work *w)
{
	const struct ax_change *c = w->change;
	enum ax_err e;
	if ((e = ax_ref_check_name(c->branch)) || (e = ax_zone_get(&w->zone, p->txn, c->zone)))
		return e;
	if (!ax_name_eq(&c->batch->apex, &w->zone.apex))
		return ax_fail(AX_EINVAL, "the changes are of another zone");
	if (w->zone.removed)
		return c->revive ? revive(p, w) : ax_fail(AX_ENOENT, "the zone was removed");
	return AX_OK;
}

static enum ax_err load_tip(struct ax_work *w, struct ax_txn *t)
{
	w->tip_info.root = ax_tree_empty();
	enum ax_err e = ax_ref_get(&w->tip, t, w->zone.id, w->path);
	if (!e)
		e = ax_commit_info(&w->tip_info, t, w->tip.commit);
	if (e && e != AX_ENOENT)
		return e;
	w->base = w->tip.id;
	w->base_info = w->tip_info;
	return check_tip(w);
}

/* Begin where the work before it ended. */
static void follow(struct ax_work *w)
{
	const struct ax_work *b = w->before;
	w->tip = b->tip;
	w->tip_info = b->tip_info;
	w->base = b->next.local ? b->id : b->base;
	w->base_info = b->next.local ? b->next : b->base_info;
	w->unseals = b->unseals;
}

enum ax_err ax_work_stand_on(struct ax_work *w, struct ax_txn *t, uint64_t commit)
{
	enum ax_err e = ax_commit_info(&w->base_info, t, commit);
	return e ? e : ax_commit_id(&w->base, t, commit);
}

const struct ax_root *ax_work_root(const struct ax_work *w)
{
	return w->next.local ? &w->next.root : &w->base_info.root;
}

static enum ax_err load(const struct ax_publish *p, struct ax_work *w)
{
	const struct ax_change *c = w->change;
	enum ax_err e = load_zone(p, w);
	if (e || (e = ax_rules_get(&w->rules, p->txn, &w->zone)))
		return e;
	snprintf(w->path, sizeof w->path, "heads/%s", c->branch);
	w->joins = c->joins;
	memcpy(w->join, c->join, sizeof w->join);
	if (w->before)
		follow(w);
	else if ((e = load_tip(w, p->txn)))
		return e;
	if (c->to && (e = ax_work_stand_on(w, p->txn, c->to)))
		return e;
	if (c->compose && (e = c->compose(c->compose_ctx, w, p->txn)))
		return e;
	for (unsigned i = 0; !e && i < w->joins; i++)
		e = ax_commit_id(&w->join_id[i], p->txn, w->join[i]);
	w->has_serial = c->batch->has_serial;
	w->given = c->batch->serial;
	return e;
}

/* -- the new commit ---------------------------------------------------------------------------------------- */

/* The first parent is what it was made on, then come those that it joins. */
static void put_parents(struct ax_commit *c, const struct ax_work *w)
{
	if (w->base_info.local)
		c->parent[c->parents++] = w->base;
	for (unsigned i = 0; i < w->joins; i++)
		c->parent[c->parents++] = w->join_id[i];
}

static void describe(struct ax_commit *c, const struct ax_publish *p, struct ax_work *w)
{
	*c = (struct ax_commit){ .tree = w->next.root.id,
				 .zone = w->zone.apex,
				 .serial = w->serial,
				 .author = w->change->author ? *w->change->author : p->author,
				 .committer = p->committer,
				 .via = p->via,
				 .message = ax_buf_cstr(&w->message) };
	put_parents(c, w);
}

/* Take an id, and put something there that is as long as the commit will be: nodes of its tree come behind it. */
static enum ax_err reserve(struct ax_publish *p, struct ax_work *w)
{
	struct ax_commit c;
	enum ax_err e = ax_summary_make(w, p->txn);
	if (e || (e = ax_txn_next_id(&w->next.local, p->txn)))
		return e;
	w->made = true;
	w->next.time = p->committer.when;
	if (w->base_info.local)
		w->next.parent[w->next.parents++] = w->base_info.local;
	for (unsigned i = 0; i < w->joins; i++)
		w->next.parent[w->next.parents++] = w->join[i];
	w->next.root = w->base_info.root;
	if ((e = ax_commit_link(&w->next, p->txn)))
		return e;
	describe(&c, p, w);
	return ax_commit_put(NULL, p->txn, &c, &w->next);
}

static enum ax_err no_apex(const struct ax_work *w)
{
	struct ax_buf b = AX_BUF_INIT;
	ax_name_text(&b, &w->zone.apex);
	const char *apex = ax_buf_cstr(&b);
	ax_fail(AX_ECHECK, "%s has no SOA and NS yet: run apex init ZONE --ns HOST, or apex import FILE",
		apex ? apex : "it");
	ax_buf_fini(&b);
	return AX_ECHECK;
}

static bool has_apex(struct ax_work *w)
{
	static const uint8_t soa[] = { 0, 0, AX_TYPE_SOA }, ns[] = { 0, 0, AX_TYPE_NS };
	bool has_soa = false, has_ns = false;
	for (size_t i = 0; i < w->n && w->edits[i].key.n && !w->edits[i].key.p[0]; i++) {
		has_soa = has_soa || ax_slice_eq(w->edits[i].key, ax_slice(soa, sizeof soa));
		has_ns = has_ns || ax_slice_eq(w->edits[i].key, ax_slice(ns, sizeof ns));
	}
	return has_soa && has_ns;
}

static enum ax_err check(struct ax_publish *p, struct ax_work *w)
{
	ax_warn_fn *warn = p->listener ? p->listener->warn : NULL;
	void *ctx = p->listener ? p->listener->ctx : NULL;
	enum ax_err e = ax_check_edits(p->txn, &w->zone.apex, &w->next.root, w->edits, w->n, warn, ctx);
	if (!e)
		e = ax_rrsig_check_edits(p->txn, &w->zone.apex, &w->next.root, w->edits, w->n, warn, ctx);
	if (e == AX_ECHECK && w->change->merges)
		return ax_fail(AX_ECONFLICT, "the result fails a check: %s", ax_err_text(e));
	return e;
}

static enum ax_err grow(struct ax_publish *p, struct ax_work *w)
{
	enum ax_err e =
		ax_tree_edit(&w->next.root, &w->stats, p->txn, &w->base_info.root, w->edits, w->n, w->next.local);
	return e || !w->n ? e : check(p, w);
}

static enum ax_err note_gone(struct ax_publish *p, const struct ax_work *w)
{
	struct ax_slice before = { NULL, 0 };
	enum ax_err e = AX_OK;
	for (size_t i = 0; !e && i < w->n; i++)
		if (!w->edits[i].value.n) {
			e = ax_blame_note_gone(p->txn, w->zone.id, w->edits[i].key, before, w->next.local);
			before = w->edits[i].key;
		}
	return e;
}

static enum ax_err finish(struct ax_publish *p, struct ax_work *w)
{
	struct ax_commit c;
	enum ax_err e;
	w->next.serial = w->serial;
	w->next.removed = w->base_info.removed + w->stats.removed;
	describe(&c, p, w);
	if ((e = ax_commit_put(&w->id, p->txn, &c, &w->next)) || (e = ax_object_index(p->txn, w->next.local, &w->id)))
		return e;
	struct ax_zone zone = w->zone; /* the guards look at what was before */
	zone.was_given |= w->has_serial && w->serial == w->given;
	e = ax_serial_note(p->txn, &zone, w->serial, w->next.local);
	return e ? e : note_gone(p, w);
}

static enum ax_err make(struct ax_publish *p, struct ax_work *w)
{
	enum ax_err e;
	if (!w->base_info.local && !has_apex(w))
		return no_apex(w);
	if ((e = reserve(p, w)) || (e = grow(p, w)) || (e = ax_serial_choose(w, p->txn, p->committer.when)))
		return e;
	return finish(p, w);
}

/* -- the branch --------------------------------------------------------------------------------------------- */

/* Serials only go forward: a branch that goes to a commit whose serial is not newer gets one that raises it. */
static bool needs_raise(const struct ax_work *w)
{
	return w->last && w->tip.commit && w->base_info.local != w->tip.commit &&
	       !ax_serial_newer(w->base_info.serial, w->tip_info.serial);
}

static enum ax_err count_difference(void *ctx, struct ax_slice key, const struct ax_entry *a,
				    const struct ax_entry *b)
{
	struct ax_edit_stats *stats = ctx;
	(void)key;
	stats->added += !a;
	stats->removed += !b;
	stats->changed += a && b;
	return AX_OK;
}

/* Guards look at all that the branch moves by. */
static enum ax_err count_all(struct ax_work *w, struct ax_txn *t)
{
	if (w->base_info.local == w->tip.commit)
		return AX_OK;
	w->stats.added = w->stats.removed = w->stats.changed = 0;
	return ax_tree_diff(t, &w->tip_info.root, &w->next.root, count_difference, &w->stats);
}

/* A signature that is one; whose it is to be, whoever verifies says. */
static enum ax_err check_signed(struct ax_publish *p, struct ax_work *w)
{
	struct ax_protect protect;
	struct ax_public_key key = { 0 };
	uint8_t signature[AX_SIGNATURE_SIZE];
	struct ax_keys keys = { &key, 1, 1 };
	enum ax_signed state = AX_SIGNED_NOT;
	enum ax_err e = ax_protect_get(&protect, p->txn, w->zone.id, w->change->branch);
	if (e || !protect.signed_only)
		return e;
	e = ax_sign_next(&key, signature, p->txn, &w->id, true);
	if (!e)
		e = ax_sign_check(&state, NULL, p->txn, AX_KIND_COMMIT, &w->id, &keys);
	if (e && e != AX_ENOENT)
		return e;
	return state == AX_SIGNED_GOOD ? AX_OK
				       : ax_fail(AX_EPROTECTED, "%s takes only signed commits: approve with --key",
						 w->change->branch);
}

static enum ax_err move(struct ax_publish *p, struct ax_work *w)
{
	enum ax_err e = count_all(w, p->txn);
	if (!e && !p->forced && !w->change->meant)
		e = ax_guard_all(p, w);
	if (!e && w->change->sign)
		e = ax_sign(p->txn, AX_KIND_COMMIT, &w->id, w->change->sign);
	if (!e && w->change->approved)
		e = check_signed(p, w);
	if (e)
		return e;
	return (w->change->approved ? ax_ref_move_approved : ax_ref_move)(p->txn, w->zone.id, w->path, w->tip.commit,
									  w->next.local, p->door, p->committer.when);
}

static enum ax_err run_one(struct ax_publish *p, struct ax_work *w)
{
	enum ax_err e;
	if ((e = load(p, w)) || (e = ax_reduce(w, p->txn)))
		return e;
	if (w->n || ax_serial_asks(w) || w->joins || needs_raise(w)) {
		e = make(p, w);
	} else if (w->last && w->base_info.local != w->tip.commit) {
		w->next = w->base_info;
		w->id = w->base;
	}
	return !e && w->last && w->next.local ? move(p, w) : e;
}

static enum ax_err check_distinct(const struct ax_publish *p)
{
	for (size_t i = 0; i < p->n; i++)
		for (size_t j = 0; j < i; j++)
			if (!p->works[i].before && p->works[i].change->zone == p->works[j].change->zone &&
			    strcmp(p->works[i].change->branch, p->works[j].change->branch) == 0)
				return ax_fail(AX_EINVAL, "one transaction changes %s twice",
					       p->works[i].change->branch);
	return AX_OK;
}

enum ax_err ax_publish_run(struct ax_publish *p)
{
	enum ax_err e = check_distinct(p);
	for (size_t i = 0; !e && i < p->n; i++)
		e = run_one(p, &p->works[i]);
	if (!e && p->refusals.n)
		e = AX_EGUARD;
	return e;
}

bool ax_publish_changes(const struct ax_publish *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->works[i].next.local || p->works[i].change->revive)
			return true;
	return false;
}

void ax_publish_tell(struct ax_published *out, const struct ax_work *w)
{
	bool changed = w->next.local;
	const struct ax_commit_info *now = changed ? &w->next : &w->base_info;
	*out = (struct ax_published){ .zone = w->zone.id,
				      .changed = changed,
				      .born = changed && !w->tip.commit,
				      .adopted = changed && !w->made,
				      .commit = now->local,
				      .id = changed ? w->id : w->base,
				      .serial = now->serial,
				      .stats = w->stats,
				      .count = now->root.count };
	snprintf(out->branch, sizeof out->branch, "%s", w->path + strlen("heads/"));
	size_t n = 0;
	while (n < w->message.n && n < sizeof out->subject - 1 && w->message.p[n] != '\n')
		n++;
	if (n)
		memcpy(out->subject, w->message.p, n);
}
