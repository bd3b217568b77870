#include "core/publish.h"
#include "core/blame.h"

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
	for (size_t i = 0; i < n; i++)
		p->works[i].change = &changes[i];
	return AX_OK;
}

void ax_publish_fini(struct ax_publish *p)
{
	for (size_t i = 0; i < p->n; i++) {
		free(p->works[i].edits);
		ax_buf_fini(&p->works[i].gone);
		ax_buf_fini(&p->works[i].message);
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

static enum ax_err load(struct ax_work *w, struct ax_txn *t)
{
	const struct ax_change *c = w->change;
	enum ax_err e;
	if ((e = ax_ref_check_name(c->branch)) || (e = ax_zone_get(&w->zone, t, c->zone)))
		return e;
	if (w->zone.removed)
		return ax_fail(AX_ENOENT, "the zone was removed");
	if (!ax_name_eq(&c->batch->apex, &w->zone.apex))
		return ax_fail(AX_EINVAL, "the changes are of another zone");
	snprintf(w->path, sizeof w->path, "heads/%s", c->branch);
	w->has_serial = c->batch->has_serial;
	w->given = c->batch->serial;
	w->tip_info.root = ax_tree_empty();
	e = ax_ref_get(&w->tip, t, c->zone, w->path);
	if (!e)
		e = ax_commit_info(&w->tip_info, t, w->tip.commit);
	return e && e != AX_ENOENT ? e : check_tip(w);
}

/* -- the new commit ---------------------------------------------------------------------------------------- */

static void describe(struct ax_commit *c, const struct ax_publish *p, struct ax_work *w)
{
	*c = (struct ax_commit){ .tree = w->next.root.id,
				 .zone = w->zone.apex,
				 .serial = w->serial,
				 .author = p->author,
				 .committer = p->committer,
				 .via = p->via,
				 .message = ax_buf_cstr(&w->message) };
	if (w->tip.commit) {
		c->parents = 1;
		c->parent[0] = w->tip.id;
	}
}

/* Take an id, and put something there that is as long as the commit will be: nodes of its tree come behind it. */
static enum ax_err reserve(struct ax_publish *p, struct ax_work *w)
{
	struct ax_commit c;
	enum ax_err e = ax_summary_make(w, p->txn);
	if (e || (e = ax_txn_next_id(&w->next.local, p->txn)))
		return e;
	w->next.time = p->committer.when;
	if (w->tip.commit) {
		w->next.parents = 1;
		w->next.parent[0] = w->tip.commit;
	}
	w->next.root = w->tip_info.root;
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

static enum ax_err grow(struct ax_publish *p, struct ax_work *w)
{
	enum ax_err e =
		ax_tree_edit(&w->next.root, &w->stats, p->txn, &w->tip_info.root, w->edits, w->n, w->next.local);
	if (e || !w->n)
		return e;
	return ax_check_edits(p->txn, &w->zone.apex, &w->next.root, w->edits, w->n,
			      p->listener ? p->listener->warn : NULL, p->listener ? p->listener->ctx : NULL);
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
	w->next.removed = w->tip_info.removed + w->stats.removed;
	describe(&c, p, w);
	if ((e = ax_commit_put(&w->id, p->txn, &c, &w->next)) || (e = ax_object_index(p->txn, w->next.local, &w->id)))
		return e;
	w->zone.was_given |= w->has_serial && w->serial == w->given;
	if ((e = ax_serial_note(p->txn, &w->zone, w->serial, w->next.local)) || (e = note_gone(p, w)))
		return e;
	return ax_ref_move(p->txn, w->zone.id, w->path, w->tip.commit, w->next.local, p->door, p->committer.when);
}

static enum ax_err run_one(struct ax_publish *p, struct ax_work *w)
{
	enum ax_err e;
	if ((e = load(w, p->txn)) || (e = ax_reduce(w, p->txn)))
		return e;
	if (!w->n && !ax_serial_asks(w))
		return AX_OK;
	if (!w->tip.commit && !has_apex(w))
		return no_apex(w);
	if ((e = reserve(p, w)) || (e = grow(p, w)) || (e = ax_serial_choose(w, p->txn, p->committer.when)))
		return e;
	if (!p->forced && (e = ax_guard_all(p, w)))
		return e;
	return finish(p, w);
}

static enum ax_err check_distinct(const struct ax_publish *p)
{
	for (size_t i = 0; i < p->n; i++)
		for (size_t j = 0; j < i; j++)
			if (p->works[i].change->zone == p->works[j].change->zone &&
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
		if (p->works[i].next.local)
			return true;
	return false;
}

void ax_publish_tell(struct ax_published *out, const struct ax_work *w)
{
	bool changed = w->next.local;
	const struct ax_commit_info *now = changed ? &w->next : &w->tip_info;
	*out = (struct ax_published){ .zone = w->zone.id,
				      .changed = changed,
				      .born = changed && !w->tip.commit,
				      .commit = now->local,
				      .id = changed ? w->id : w->tip.id,
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
