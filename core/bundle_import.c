#include "core/bundle.h"
#include "core/bundle_format.h"

#include "core/blame.h"
#include "core/graph.h"
#include "core/pin.h"
#include "core/publish.h"
#include "core/tag.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { TURN_BYTES = 64 << 20, REFS_MAX = 100000 };

struct import_ref {
	char path[AX_REF_PATH_MAX + 1];
	struct ax_id id;
	uint64_t commit;
};

struct import {
	struct ax_repo *repo;
	const struct ax_bundle_options *o;
	const struct ax_actor *who;
	struct ax_bundle_sum *sum;
	struct ax_txn *txn;
	struct ax_zone zone;
	struct import_ref *refs;
	size_t n, cap;
	size_t bytes;       /* since the transaction began */
	uint64_t done, all; /* of the bundle */
};

static enum ax_err about(enum ax_err e, const struct ax_id *id, const char *what)
{
	char part[AX_ID_SHORT + 1];
	ax_id_short(part, id);
	return ax_fail(e, "commit %s: %s", part, what);
}

/* -- zone, refs --------------------------------------------------------------------------------------------- */

static enum ax_err take_zone(struct import *x, const struct ax_bundle_record *r)
{
	struct ax_zone first;
	struct ax_log_entry entry = { .kind = AX_LOG_ZONE_ADDED, .when = x->who->committer.when };
	x->sum->apex = r->apex;
	enum ax_err e = ax_zone_find(&x->zone, x->txn, &r->apex);
	if (e != AX_ENOENT)
		return e;
	if ((e = ax_zone_find_removed(&x->zone, x->txn, &r->apex)) != AX_ENOENT)
		return e ? e : ax_fail(AX_EINVAL, "the zone was removed here (apex restore --zone-removed)");
	x->zone = (struct ax_zone){ .apex = r->apex };
	if ((e = ax_zone_put(x->txn, &x->zone)))
		return e;
	entry.zone = x->zone.id;
	snprintf(entry.door, sizeof entry.door, "%s", x->who->via);
	if ((e = ax_log_note(x->txn, &entry)))
		return e;
	e = ax_zone_default(&first, x->txn);
	return e == AX_ENOENT ? ax_zone_set_default(x->txn, x->zone.id) : e;
}

static enum ax_err take_ref(struct import *x, const struct ax_bundle_record *r)
{
	const char *slash = strchr(r->path, '/') + 1;
	if (x->n == REFS_MAX)
		return ax_fail(AX_ELIMIT, "more than %d refs", REFS_MAX);
	if (x->n == x->cap) {
		size_t cap = x->cap ? 2 * x->cap : 16;
		struct import_ref *v = reallocarray(x->refs, cap, sizeof *v);
		if (!v)
			return ax_fail(AX_ENOMEM, "out of memory");
		x->refs = v;
		x->cap = cap;
	}
	struct import_ref *ref = &x->refs[x->n];
	*ref = (struct import_ref){ .id = r->id };
	int n = snprintf(ref->path, sizeof ref->path, "%.*s%s%s", (int)(slash - r->path), r->path,
			 x->o->prefix ? x->o->prefix : "", slash);
	if (n < 0 || (size_t)n >= sizeof ref->path)
		return ax_fail(AX_EINVAL, "%s: too long with its prefix", r->path);
	x->n++;
	x->sum->refs++;
	return ax_ref_check_name(strchr(ref->path, '/') + 1);
}

static enum ax_err need(struct import *x, const struct ax_id *id)
{
	uint64_t local;
	enum ax_err e = ax_object_find(&local, x->txn, id);
	return e == AX_ENOENT ? about(e, id, "the bundle builds on it, and it is not here") : e;
}

/* -- commits ------------------------------------------------------------------------------------------------ */

static enum ax_err find_parents(struct ax_commit_info *info, struct import *x, const struct ax_commit *c, bool cut)
{
	enum ax_err e = AX_OK;
	for (unsigned i = 0; !e && !cut && i < c->parents; i++) {
		e = ax_object_find(&info->parent[i], x->txn, &c->parent[i]);
		info->parents++;
	}
	return e == AX_ENOENT ? about(AX_EINVAL, &c->id, "its parent is neither here nor before it in the bundle")
			      : e;
}

/* Values are taken in canonical form only; what is no RRset is refused. */
static enum ax_err fill(struct ax_batch *b, const struct ax_bundle_record *r)
{
	struct ax_reader edits = ax_reader(r->edits);
	struct ax_slice key, value;
	bool bad = false;
	enum ax_err e = AX_OK;
	while (!e && ax_bundle_edit(&key, &value, &bad, &edits))
		e = value.n ? ax_batch_put_key(b, key, value) : ax_batch_delete_key(b, key);
	return e;
}

/* As publish.c does: take an id, let the tree name it, then write the truth there. */
static enum ax_err build(struct import *x, struct ax_commit_info *info, const struct ax_commit *c,
			 const struct ax_edit *edits, size_t n, const struct ax_root *base)
{
	struct ax_edit_stats stats = { 0 };
	struct ax_slice before = { NULL, 0 };
	enum ax_err e = ax_tree_edit(&info->root, &stats, x->txn, base, edits, n, info->local);
	if (!e && !ax_id_eq(&info->root.id, &c->tree))
		e = about(AX_EINVAL, &c->id, "what it changed does not come to its tree");
	if (!e)
		e = ax_check_edits(x->txn, &x->zone.apex, &info->root, edits, n, NULL, NULL);
	info->removed += stats.removed;
	for (size_t i = 0; !e && i < n; i++)
		if (!edits[i].value.n) {
			e = ax_blame_note_gone(x->txn, x->zone.id, edits[i].key, before, info->local);
			before = edits[i].key;
		}
	return e;
}

/* A serial that names other content here keeps that; both count as shown. */
static enum ax_err note_serial(struct import *x, const struct ax_commit_info *info)
{
	struct ax_id tree;
	enum ax_err e = ax_serial_tree(&tree, x->txn, x->zone.id, info->serial);
	return e == AX_ENOENT ? ax_serial_note(x->txn, &x->zone, info->serial, info->local) : e;
}

static enum ax_err put_commit(struct import *x, const struct ax_commit *c, const struct ax_bundle_record *r)
{
	struct ax_commit_info info = { .serial = c->serial, .time = c->committer.when }, parent = { 0 };
	struct ax_root base = ax_tree_empty();
	struct ax_batch batch;
	const struct ax_edit *edits;
	struct ax_id id;
	size_t n;
	ax_batch_init(&batch, &x->zone.apex);
	enum ax_err e = find_parents(&info, x, c, r->flags & AX_BUNDLE_CUT);
	if (!e && info.parents && !(e = ax_commit_info(&parent, x->txn, info.parent[0])) &&
	    !(r->flags & AX_BUNDLE_FULL))
		base = parent.root;
	info.root = base;
	info.removed = parent.removed;
	if (e || (e = fill(&batch, r)) || (e = ax_batch_edits(&edits, &n, &batch)) ||
	    (e = ax_txn_next_id(&info.local, x->txn)) || (e = ax_commit_link(&info, x->txn)) ||
	    (e = ax_commit_put(NULL, x->txn, c, &info)))
		goto out;
	if (r->flags & AX_BUNDLE_TREELESS)
		info.root.node = AX_NODE_PRUNED;
	else
		e = build(x, &info, c, edits, n, &base);
	if (!e && !(e = ax_commit_put(&id, x->txn, c, &info)) && !(e = ax_object_index(x->txn, info.local, &id)))
		e = note_serial(x, &info);
out:
	ax_batch_fini(&batch);
	return e;
}

static enum ax_err take_commit(struct import *x, const struct ax_bundle_record *r)
{
	struct ax_commit c = { 0 };
	uint64_t local;
	enum ax_err e = ax_object_find(&local, x->txn, &r->id);
	x->sum->had += !e;
	if (e != AX_ENOENT)
		return e;
	if ((e = ax_commit_decode(&c, r->canonical)))
		return about(AX_EINVAL, &r->id, "its text is malformed");
	if (!ax_name_eq(&c.zone, &x->zone.apex))
		e = about(AX_EINVAL, &r->id, "it is another zone's");
	if (!e && (e = put_commit(x, &c, r)) == AX_ECHECK)
		e = about(e, &r->id, ax_err_text(e));
	x->sum->commits += !e;
	ax_commit_fini(&c);
	return e;
}

static enum ax_err take_signature(struct import *x, const struct ax_bundle_record *r)
{
	bool good;
	enum ax_err e = ax_sign_put(&good, x->txn, (enum ax_kind)r->kind, &r->id, &r->key, r->signature);
	x->sum->signatures += !e && good;
	return e;
}

static enum ax_err take_tag(struct import *x, const struct ax_bundle_record *r)
{
	struct ax_tag tag;
	struct ax_id id;
	uint64_t local;
	char name[AX_REF_PATH_MAX + 1];
	enum ax_err e = ax_tag_decode(&tag, r->canonical);
	if (e)
		return ax_fail(AX_EINVAL, "the object of a tag is malformed");
	snprintf(name, sizeof name, "%s%s", x->o->prefix ? x->o->prefix : "", tag.name);
	e = ax_object_find(&local, x->txn, &r->id);
	/* Under another name it would not be the tag that was signed: its ref comes without the object. */
	if (e == AX_ENOENT && !x->o->prefix && ax_name_eq(&tag.zone, &x->zone.apex)) {
		e = ax_tag_put(&id, x->txn, x->zone.id, &tag);
		x->sum->tags += !e;
	}
	ax_tag_fini(&tag);
	return e == AX_ENOENT ? AX_OK : e;
}

static enum ax_err turn(struct import *x)
{
	x->bytes = 0;
	if (x->o->verify)
		return AX_OK;
	enum ax_err e = ax_txn_commit(x->txn);
	x->txn = NULL;
	return e ? e : ax_repo_begin(&x->txn, x->repo);
}

static enum ax_err take(void *ctx, const struct ax_bundle_record *r)
{
	struct import *x = ctx;
	enum ax_err e = AX_OK;
	x->bytes += r->canonical.n + r->edits.n;
	x->done += r->canonical.n + r->edits.n;
	if (x->o->progress)
		x->o->progress(x->o->ctx, x->done, x->all);
	switch (r->type) {
	case 'Z':
		return take_zone(x, r);
	case 'R':
		return take_ref(x, r);
	case 'B':
		return need(x, &r->id);
	case 'C':
		e = take_commit(x, r);
		break;
	case 'T':
		return take_tag(x, r);
	default:
		return take_signature(x, r);
	}
	return !e && x->bytes > TURN_BYTES ? turn(x) : e;
}

/* -- refs --------------------------------------------------------------------------------------------------- */

/* Where a branch goes: nowhere if it has all of it, forward, or it is a conflict. */
static enum ax_err aim(bool *moves, struct ax_ref *now, struct import *x, const struct import_ref *ref)
{
	bool has = false, forward = false;
	*moves = false;
	enum ax_err e = ax_ref_get(now, x->txn, x->zone.id, ref->path);
	*moves = e == AX_ENOENT;
	if (e || now->commit == ref->commit)
		return e == AX_ENOENT ? AX_OK : e;
	if (!strncmp(ref->path, "tags/", 5))
		return ax_fail(AX_ECONFLICT, "%s names another commit here (--prefix gives it another name)",
			       ref->path);
	if ((e = ax_graph_is_ancestor(&has, x->txn, ref->commit, now->commit)) || has)
		return e;
	if (!(e = ax_graph_is_ancestor(&forward, x->txn, now->commit, ref->commit)) && !forward)
		e = ax_fail(AX_ECONFLICT,
			    "%s has diverged from the bundle's: import it under another name (--prefix), "
			    "then merge",
			    ref->path);
	*moves = forward;
	return e;
}

/* What it names is this zone's, and all of it, not only what the last commit touched, is a zone. */
static enum ax_err check_tip(struct import *x, const struct import_ref *ref)
{
	struct ax_commit_info info;
	struct ax_commit c;
	enum ax_err e = ax_commit_read(&c, x->txn, ref->commit);
	if (e)
		return e;
	bool same = ax_name_eq(&c.zone, &x->zone.apex);
	ax_commit_fini(&c);
	if (!same)
		return about(AX_EINVAL, &ref->id, "it is another zone's");
	if ((e = ax_commit_info(&info, x->txn, ref->commit)) || !strncmp(ref->path, "tags/", 5))
		return e;
	e = ax_check_zone(x->txn, &x->zone.apex, &info.root, NULL, NULL, NULL);
	return e == AX_ECHECK ? about(e, &ref->id, "the zone would fail a check (apex check)") : e;
}

struct moves {
	struct ax_change *changes;
	struct ax_batch *batches;
	struct ax_ref *tips;
	size_t n;
};

static enum ax_err plan_moves(struct moves *m, struct import *x)
{
	enum ax_err e = AX_OK;
	m->changes = calloc(x->n + 1, sizeof *m->changes);
	m->batches = calloc(x->n + 1, sizeof *m->batches);
	m->tips = calloc(x->n + 1, sizeof *m->tips);
	if (!m->changes || !m->batches || !m->tips)
		return ax_fail(AX_ENOMEM, "out of memory");
	for (size_t i = 0; !e && i < x->n; i++) {
		struct import_ref *ref = &x->refs[i];
		bool moves;
		if ((e = ax_object_find(&ref->commit, x->txn, &ref->id)))
			return e == AX_ENOENT ? about(AX_EINVAL, &ref->id, "a ref names it, and it is not there") : e;
		if ((e = aim(&moves, &m->tips[m->n], x, ref)) || !moves || (e = check_tip(x, ref)) ||
		    !strncmp(ref->path, "tags/", 5))
			continue;
		ax_batch_init(&m->batches[m->n], &x->zone.apex);
		m->changes[m->n] = (struct ax_change){ .zone = x->zone.id,
						       .branch = ref->path + strlen("heads/"),
						       .expect = &m->tips[m->n].id,
						       .batch = &m->batches[m->n],
						       .message = "Move on with a newer serial",
						       .to = ref->commit };
		m->n++;
	}
	return e;
}

/* Tags name what is there now. */
static enum ax_err move_tags(struct import *x)
{
	struct ax_ref now;
	struct ax_txn *t;
	enum ax_err e = ax_repo_begin(&t, x->repo);
	if (e)
		return e;
	for (size_t i = 0; !e && i < x->n; i++)
		if (!strncmp(x->refs[i].path, "tags/", 5) &&
		    (e = ax_ref_get(&now, t, x->zone.id, x->refs[i].path)) == AX_ENOENT)
			e = ax_ref_move(t, x->zone.id, x->refs[i].path, 0, x->refs[i].commit, x->who->via,
					x->who->committer.when);
	return ax_repo_end(t, e);
}

static bool is_the_plan(const char *plan, const char *wanted)
{
	size_t n = wanted ? strlen(wanted) : 0, short_n = strlen(plan);
	return n >= 4 && strncasecmp(plan, wanted, n < short_n ? n : short_n) == 0;
}

static enum ax_err move_branches(struct import *x, struct moves *m)
{
	char plan[AX_ID_SHORT + 1];
	size_t made;
	if (!m->n)
		return AX_OK;
	x->sum->out = calloc(m->n, sizeof *x->sum->out);
	if (!x->sum->out)
		return ax_fail(AX_ENOMEM, "out of memory");
	enum ax_err e = ax_repo_commit(x->sum->out, x->repo, m->changes, m->n, x->who, x->o->listener, plan);
	if (e == AX_EGUARD && is_the_plan(plan, x->o->force))
		e = ax_repo_force(x->sum->out, m->n, &made, x->repo, x->o->force, x->who, x->o->listener);
	x->sum->moved = e ? 0 : m->n;
	return e;
}

static enum ax_err finish(struct import *x)
{
	struct moves m = { 0 };
	enum ax_err e = plan_moves(&m, x);
	if (!e && !x->o->verify) {
		e = ax_txn_commit(x->txn);
		x->txn = NULL;
		if (!e)
			e = move_branches(x, &m);
		if (!e)
			e = move_tags(x);
	}
	for (size_t i = 0; i < m.n; i++)
		ax_batch_fini(&m.batches[i]);
	free(m.changes);
	free(m.batches);
	free(m.tips);
	return e;
}

enum ax_err ax_bundle_import(struct ax_bundle_sum *sum, struct ax_repo *r, struct ax_slice bundle,
			     const struct ax_bundle_options *o, const struct ax_actor *who)
{
	struct import x = { .repo = r, .o = o, .who = who, .sum = sum, .all = bundle.n };
	int lock;
	*sum = (struct ax_bundle_sum){ 0 };
	enum ax_err e = ax_house_lock(&lock, ax_repo_dir(r), true); /* what has no ref yet must not be swept */
	if (e)
		return e;
	if (!(e = ax_repo_begin(&x.txn, r)) && !(e = ax_bundle_read(bundle, take, &x)))
		e = finish(&x);
	ax_txn_abort(x.txn);
	free(x.refs);
	close(lock);
	return e;
}
