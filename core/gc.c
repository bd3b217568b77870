#include "core/gc_internal.h"

#include "core/due.h"
#include "core/graph.h"
#include "core/node.h"
#include "core/pin.h"
#include "core/plan.h"
#include "core/setting.h"
#include "core/tag.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RENEW_EVERY = 20000, DAY_S = 86400 };

/* -- sets --------------------------------------------------------------------------------------------------- */

enum ax_err ax_bits_set(struct ax_bits *b, uint64_t id)
{
	if (id / 64 >= b->n) {
		size_t n = (size_t)(id / 64 + 1) * 3 / 2;
		uint64_t *word = realloc(b->word, n * sizeof *word);
		if (!word)
			return ax_fail(AX_ENOMEM, "out of memory");
		memset(word + b->n, 0, (n - b->n) * sizeof *word);
		b->word = word;
		b->n = n;
	}
	b->word[id / 64] |= UINT64_C(1) << id % 64;
	return AX_OK;
}

enum ax_err ax_ids_add(struct ax_ids *l, uint64_t id)
{
	if (l->n == l->cap) {
		size_t cap = l->cap ? 2 * l->cap : 256;
		uint64_t *v = reallocarray(l->v, cap, sizeof *v);
		if (!v)
			return ax_fail(AX_ENOMEM, "out of memory");
		l->v = v;
		l->cap = cap;
	}
	l->v[l->n++] = id;
	return AX_OK;
}

/* -- trees -------------------------------------------------------------------------------------------------- */

/* Nodes never change and nobody else deletes: a reader on the way may move on to the newest state, so that the file
 * need not grow. */
static enum ax_err breathe(struct ax_house *h)
{
	ax_house_tell(h, "marked", ++h->seen, 0);
	return h->touched && h->seen % RENEW_EVERY == 0 ? ax_txn_renew(h->txn) : AX_OK;
}

static enum ax_err mark_node(struct ax_house *h, uint64_t id, unsigned depth)
{
	struct ax_node node;
	struct ax_node_iter *it;
	struct ax_ids below = { 0 };
	if (!id || ax_bits_has(&h->kept, id))
		return AX_OK;
	if (depth > AX_TREE_HEIGHT_MAX)
		return ax_fail(AX_ECORRUPT, "a tree is too high");
	enum ax_err e = ax_bits_set(&h->kept, id);
	if (e || (e = ax_node_read(&node, h->txn, id)))
		return e;
	if (!(it = malloc(sizeof *it)))
		return ax_fail(AX_ENOMEM, "out of memory");
	ax_node_iter_init(it, &node);
	while (!e && !(e = ax_node_next(it)))
		if (it->item.child)
			e = node.level ? ax_ids_add(&below, it->item.child) : ax_bits_set(&h->kept, it->item.child);
	free(it);
	e = e == AX_ENOENT ? AX_OK : e;
	if (!e)
		e = breathe(h);
	for (size_t i = 0; !e && i < below.n; i++)
		e = mark_node(h, below.v[i], depth + 1);
	free(below.v);
	return e;
}

/* -- commits ------------------------------------------------------------------------------------------------ */

static enum ax_err want(struct ax_house *h, uint64_t commit, bool whole)
{
	bool is;
	enum ax_err e = commit ? ax_txn_has_object(&is, h->txn, commit) : AX_OK;
	if (e || !commit || !is)
		return e;
	if (whole && (e = ax_bits_set(&h->whole, commit)))
		return e;
	return ax_ids_add(&h->queue, commit);
}

static enum ax_err want_id(void *house, const struct ax_id *id)
{
	struct ax_house *h = house;
	uint64_t local;
	enum ax_err e = ax_object_find(&local, h->txn, id);
	return e ? (e == AX_ENOENT ? AX_OK : e) : want(h, local, true);
}

static bool is_young(const struct ax_house *h, const struct ax_commit_info *c)
{
	return ax_time_cmp(c->time, h->o->before) >= 0 || ax_bits_has(&h->whole, c->local);
}

/* May this one go, though something leads to it? */
static enum ax_err stays(bool *out, struct ax_house *h, uint64_t commit)
{
	struct ax_commit_info c;
	*out = true;
	if (!h->o->shallow)
		return AX_OK;
	enum ax_err e = ax_commit_info(&c, h->txn, commit);
	*out = !e && is_young(h, &c);
	return e;
}

static enum ax_err push_parents(struct ax_house *h, const struct ax_commit_info *c)
{
	bool all = true;
	enum ax_err e = AX_OK;
	for (unsigned i = 0; !e && all && i < c->parents; i++)
		e = stays(&all, h, c->parent[i]);
	if (!e && !all)
		return ax_bits_set(&h->cut, c->local);
	for (unsigned i = 0; !e && i < c->parents; i++)
		e = ax_ids_add(&h->queue, c->parent[i]);
	return e;
}

/* Somebody needs its tree after all, as we heard only now. */
static enum ax_err unstrip(struct ax_house *h, uint64_t commit)
{
	struct ax_commit_info c;
	if (!ax_bits_has(&h->stripped, commit) || !ax_bits_has(&h->whole, commit))
		return AX_OK;
	h->stripped.word[commit / 64] &= ~(UINT64_C(1) << commit % 64);
	enum ax_err e = ax_commit_info(&c, h->txn, commit);
	return e ? e : mark_node(h, c.root.node, 0);
}

static enum ax_err visit(struct ax_house *h, uint64_t commit)
{
	struct ax_commit_info c;
	if (ax_bits_has(&h->kept, commit))
		return unstrip(h, commit);
	enum ax_err e = ax_commit_info(&c, h->txn, commit);
	if (e || (e = ax_bits_set(&h->kept, commit)) || (e = ax_ids_add(&h->commits, commit)) ||
	    (e = push_parents(h, &c)))
		return e;
	if (c.root.node == AX_NODE_PRUNED || !c.root.node)
		return breathe(h);
	if (h->o->treeless && !is_young(h, &c))
		return ax_bits_set(&h->stripped, commit);
	return mark_node(h, c.root.node, 0);
}

static enum ax_err drain(struct ax_house *h)
{
	enum ax_err e = AX_OK;
	while (!e && h->queue.n)
		e = visit(h, h->queue.v[--h->queue.n]);
	return e;
}

/* -- roots -------------------------------------------------------------------------------------------------- */

struct window {
	uint64_t commits;
	int64_t since_s;
};

static enum ax_err read_window(struct window *out, struct ax_house *h, const struct ax_zone *zone)
{
	uint64_t days;
	bool none;
	enum ax_err e = ax_setting_number(&out->commits, &none, h->txn, zone, "gc.commits");
	if (!e)
		e = ax_setting_number(&days, &none, h->txn, zone, "gc.days");
	out->since_s = e ? 0 : h->who->committer.when.s - (int64_t)days * DAY_S;
	return e;
}

/* The newest moves of a ref, by number. */
static enum ax_err want_moves(struct ax_house *h, uint64_t seq, uint64_t n)
{
	struct ax_log_entry entry;
	enum ax_err e = AX_OK;
	for (; !e && seq && n; n--, seq = entry.prev)
		if (!(e = ax_log_get(&entry, h->txn, seq)) && !(e = want(h, entry.new_commit, true)))
			e = want(h, entry.old_commit, true);
	return e == AX_ENOENT ? AX_OK : e;
}

/* The newest commits of a branch stay whole, and what a merge with main would begin at. */
static enum ax_err want_line(struct ax_house *h, uint64_t tip, uint64_t main_tip, uint64_t n)
{
	struct ax_commit_info c;
	struct ax_bases bases;
	enum ax_err e = AX_OK;
	for (uint64_t at = tip; !e && at && n; n--, at = c.parents ? c.parent[0] : 0)
		if (!(e = ax_commit_info(&c, h->txn, at)))
			e = ax_bits_set(&h->whole, at);
	if (e || !main_tip || main_tip == tip)
		return e;
	e = ax_graph_bases(&bases, h->txn, tip, main_tip);
	for (size_t i = 0; !e && i < bases.n; i++)
		e = ax_bits_set(&h->whole, bases.commit[i]);
	return e == AX_ELIMIT ? AX_OK : e;
}

static enum ax_err want_ref(struct ax_house *h, const char *path, const struct ax_ref *ref, uint64_t main_tip,
			    const struct window *w)
{
	struct ax_commit_info c;
	enum ax_err e = want(h, ref->commit, true);
	if (!e && strncmp(path, "tags/", 5) != 0 && h->o->before.s)
		e = want_line(h, ref->commit, main_tip, strncmp(path, "heads/", 6) ? 2 : w->commits);
	/* what a stage began at */
	if (!e && !strncmp(path, "stage/", 6) && !(e = ax_commit_info(&c, h->txn, ref->commit)) && c.parents)
		e = want(h, c.parent[0], true);
	return e ? e : want_moves(h, ref->log, strncmp(path, "heads/", 6) ? 1 : w->commits);
}

/* A tag's object goes with its tag. */
static enum ax_err keep_tag(struct ax_house *h, uint32_t zone, const char *path)
{
	uint64_t local;
	if (strncmp(path, "tags/", 5) != 0)
		return AX_OK;
	enum ax_err e = ax_tag_find(&local, h->txn, zone, path + 5);
	return e == AX_ENOENT ? AX_OK : e ? e : ax_bits_set(&h->kept, local);
}

static enum ax_err want_zone(struct ax_house *h, const struct ax_zone *zone)
{
	char path[AX_REF_PATH_MAX + 1] = "";
	struct ax_ref ref, main_ref;
	struct window w;
	enum ax_err e = read_window(&w, h, zone);
	if (!e && (e = ax_ref_get(&main_ref, h->txn, zone->id, "heads/main")) == AX_ENOENT)
		e = AX_OK;
	while (!e && !(e = ax_ref_next(&ref, path, h->txn, zone->id, "", path)))
		if (!(e = want_ref(h, path, &ref, main_ref.commit, &w)))
			e = keep_tag(h, zone->id, path);
	return e == AX_ENOENT ? AX_OK : e;
}

/* Removed zones too: they may come back. */
static enum ax_err want_zones(struct ax_house *h)
{
	struct ax_zone zone = { 0 };
	enum ax_err e;
	while (!(e = ax_zone_next(&zone, h->txn, zone.id, true)))
		if ((e = want_zone(h, &zone)))
			return e;
	return e == AX_ENOENT ? AX_OK : e;
}

/* Entries of the log, of whatever ref, from `from` on that are young. */
static enum ax_err want_log(struct ax_house *h, uint64_t from)
{
	struct ax_log_entry entry;
	struct ax_zone zone = { 0 };
	struct window w = { 0 };
	uint64_t last;
	enum ax_err e = ax_log_last(&last, h->txn);
	for (uint64_t seq = last; !e && seq >= from && seq; seq--) {
		if ((e = ax_log_get(&entry, h->txn, seq)) || entry.kind != AX_LOG_REF)
			continue;
		if (entry.zone != zone.id && !(e = ax_zone_get(&zone, h->txn, entry.zone)))
			e = read_window(&w, h, &zone);
		if (!e && entry.when.s > w.since_s && !(e = want(h, entry.new_commit, true)))
			e = want(h, entry.old_commit, true);
	}
	return e;
}

static enum ax_err want_plans(struct ax_house *h)
{
	enum ax_err e = ax_plan_each_commit(h->txn, h->who->committer.when, want_id, h);
	if (!e)
		e = ax_due_each_commit(h->txn, want_id, h);
	return e;
}

enum ax_err ax_house_mark_all(struct ax_house *h)
{
	struct ax_store *store = ax_repo_store(h->repo);
	int gate;
	enum ax_err e = ax_txn_read(&h->txn, store);
	h->touched = true;
	if (!e)
		e = ax_txn_last_id(&h->last_id, h->txn);
	if (!e)
		e = ax_log_last(&h->last_seq, h->txn);
	if (!e)
		e = want_zones(h);
	if (!e)
		e = want_log(h, 1);
	if (!e)
		e = want_plans(h);
	if (!e && !(e = ax_pins_read(&gate, ax_repo_dir(h->repo), want_id, h)))
		close(gate); /* they are asked again when it comes to dropping */
	return e ? e : drain(h);
}

enum ax_err ax_house_mark_news(int *gate, struct ax_house *h)
{
	h->touched = false;
	enum ax_err e = ax_pins_read(gate, ax_repo_dir(h->repo), want_id, h);
	if (!e)
		e = want_zones(h);
	if (!e)
		e = want_log(h, h->last_seq + 1);
	if (!e)
		e = want_plans(h);
	return e ? e : drain(h);
}

/* -- all ---------------------------------------------------------------------------------------------------- */

static enum ax_err change(struct ax_house *h)
{
	int gate = -1;
	enum ax_err e = ax_repo_begin(&h->txn, h->repo);
	if (e)
		return e;
	if (!(e = ax_house_mark_news(&gate, h)) && !(e = ax_house_drop_commits(h)) && !(e = ax_house_strip(h)))
		e = ax_house_cut(h);
	if (!e)
		e = ax_txn_commit(h->txn);
	else
		ax_txn_abort(h->txn);
	h->txn = NULL;
	if (gate >= 0)
		close(gate);
	if (!e)
		e = ax_house_drop_nodes(h);
	return e ? e : ax_house_drop_times(h);
}

static void house_fini(struct ax_house *h)
{
	ax_txn_abort(h->txn);
	free(h->kept.word);
	free(h->whole.word);
	free(h->stripped.word);
	free(h->cut.word);
	free(h->queue.v);
	free(h->commits.v);
	free(h->gone.v);
	free(h->dead.v);
}

static uint64_t count_bits(const struct ax_house *h, const struct ax_bits *b)
{
	uint64_t n = 0;
	for (size_t i = 0; i < h->commits.n; i++)
		n += ax_bits_has(b, h->commits.v[i]);
	return n;
}

enum ax_err ax_repo_gc(struct ax_gc *out, struct ax_repo *r, const struct ax_gc_options *o,
		       const struct ax_actor *who)
{
	struct ax_house h = { .repo = r, .o = o, .who = who, .out = out };
	int lock, gate = -1;
	*out = (struct ax_gc){ 0 };
	enum ax_err e = ax_house_lock(&lock, ax_repo_dir(r), false);
	if (e)
		return e;
	e = ax_house_mark_all(&h);
	if (!e && o->dry && !(e = ax_house_mark_news(&gate, &h)))
		close(gate);
	if (!e)
		e = ax_house_list_dead(&h);
	ax_txn_abort(h.txn);
	h.txn = NULL;
	if (!e && !o->dry)
		e = change(&h);
	out->kept = h.commits.n;
	out->stripped = count_bits(&h, &h.stripped);
	out->cut = count_bits(&h, &h.cut);
	house_fini(&h);
	close(lock);
	return e;
}
