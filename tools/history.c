#include "tools/history.h"

#include "core/blame.h"
#include "core/diff.h"
#include "core/when.h"

#include <string.h>

/* -- where it begins -------------------------------------------------------------------------------------- */

static enum ax_err aim_range(struct history *h, const char *text, uint64_t *from, uint64_t *to)
{
	struct ax_rev a, b;
	struct ax_rev_context context = cli_rev_context(h->c);
	enum ax_err e = ax_rev_range(&a, &b, h->c->txn, &context, text);
	if (e)
		return e;
	if (a.commit && a.zone != b.zone)
		return ax_fail(AX_EUSAGE, "`%s`: these are two zones", text);
	*from = a.commit;
	*to = b.commit;
	return ax_zone_get(&h->zone, h->c->txn, b.zone);
}

static enum ax_err aim(struct history *h, const char *text, uint64_t *from, uint64_t *to)
{
	struct cli_commit at;
	*from = 0;
	if (text && strstr(text, ".."))
		return aim_range(h, text, from, to);
	enum ax_err e = cli_revision(&at, h->c, text);
	h->zone = at.zone;
	*to = e ? 0 : at.info.local;
	return e;
}

static enum ax_err open_walk(struct history *h, uint64_t from, uint64_t to)
{
	enum ax_err e = ax_walk_open(&h->walk, h->c->txn);
	if (!e && from)
		e = ax_walk_hide(h->walk, from);
	return e ? e : ax_walk_push(h->walk, to);
}

static enum ax_err set_filter(struct history *h, const struct history_filter *f)
{
	struct ax_time now = h->c->actor.committer.when;
	enum ax_err e = AX_OK;
	h->has_since = f->since;
	h->has_until = f->until;
	if (f->since)
		e = ax_when_parse(&h->since, f->since, strlen(f->since), now);
	if (!e && f->until)
		e = ax_when_parse(&h->until, f->until, strlen(f->until), now);
	if (e || !f->author)
		return e;
	char why[100];
	int bad = regcomp(&h->author, f->author, REG_EXTENDED | REG_NOSUB);
	h->by_author = !bad;
	if (!bad)
		return AX_OK;
	regerror(bad, &h->author, why, sizeof why);
	return ax_fail(AX_EINVAL, "--author: `%s`: %s", f->author, why);
}

enum ax_err history_open(struct history *h, struct cli *c, const struct words *w, const struct history_filter *f)
{
	uint64_t from, to;
	*h = (struct history){ .c = c };
	if (w->before > 1)
		return ax_fail(AX_EUSAGE, "one word too many: `%s` (a name goes after --)", w->v[1]);
	enum ax_err e = set_filter(h, f);
	if (!e)
		e = aim(h, w->before ? w->v[0] : NULL, &from, &to);
	if (e)
		return e;
	if (w->n == w->before)
		return open_walk(h, from, to);
	h->at = to;
	h->hidden = from;
	return place_parse(&h->place, c, &h->zone, w->v + w->before, w->n - w->before);
}

void history_close(struct history *h)
{
	if (h->walk)
		ax_walk_close(h->walk);
	if (h->by_author)
		regfree(&h->author);
	place_fini(&h->place);
}

/* -- by place --------------------------------------------------------------------------------------------- */

static enum ax_err note_below(void *ctx, struct ax_slice key, const struct ax_entry *a, const struct ax_entry *b)
{
	struct ax_slice *prefix = ctx;
	(void)a, (void)b;
	return ax_slice_starts(key, *prefix) ? AX_ECONFLICT : AX_OK;
}

/* Is what the place holds the same in both trees? */
static enum ax_err same_place(bool *out, struct history *h, const struct ax_root *a, const struct ax_root *b)
{
	struct ax_slice key = ax_buf_view(&h->place.key);
	*out = false;
	if (!h->place.is_rrset) {
		enum ax_err e = ax_tree_diff(h->c->txn, a, b, note_below, &key);
		*out = !e;
		return e == AX_ECONFLICT ? AX_OK : e;
	}
	struct ax_entry x = { 0 }, y = { 0 };
	enum ax_err e = ax_tree_find(&x, h->c->txn, a, key), e2 = ax_tree_find(&y, h->c->txn, b, key);
	if ((e && e != AX_ENOENT) || (e2 && e2 != AX_ENOENT))
		return e && e != AX_ENOENT ? e : e2;
	*out = e == e2 && ax_slice_eq(x.value, y.value);
	return AX_OK;
}

/* The merged branch that brought it, as the walk's next place; the merge itself changed nothing then. */
static enum ax_err follow_merge(bool *followed, struct history *h, const struct ax_commit_info *m)
{
	*followed = false;
	for (unsigned i = 1; i < m->parents && !*followed; i++) {
		struct ax_commit_info parent;
		enum ax_err e = ax_commit_info(&parent, h->c->txn, m->parent[i]);
		if (!e)
			e = same_place(followed, h, &parent.root, &m->root);
		if (e)
			return e;
		if (*followed)
			h->at = m->parent[i];
	}
	return AX_OK;
}

static enum ax_err last_change(uint64_t *commit, struct history *h, const struct ax_commit_info *from)
{
	struct ax_slice key = ax_buf_view(&h->place.key);
	struct ax_tree_range range;
	struct ax_entry became;
	bool absent;
	if (h->place.is_rrset)
		return ax_blame_step(commit, &became, &absent, h->c->txn, h->zone.id, from, key);
	enum ax_err e = ax_blame_subtree(&range, h->c->txn, h->zone.id, from, key);
	*commit = range.changed;
	return !e && !*commit ? AX_ENOENT : e;
}

static enum ax_err no_further(struct history *h)
{
	cli_warn(h->c, "what the zone held before was pruned: older changes can't be found");
	return AX_ENOENT;
}

static enum ax_err next_of_place(struct ax_commit_info *out, struct history *h)
{
	struct ax_commit_info from;
	uint64_t commit;
	bool hidden = false, followed = true;
	enum ax_err e = AX_OK;
	while (!e && followed) {
		if (!h->at)
			return AX_ENOENT;
		if (!(e = ax_commit_info(&from, h->c->txn, h->at)))
			e = last_change(&commit, h, &from);
		if (e == AX_EPRUNED)
			return no_further(h);
		if (e)
			return e;
		if (h->hidden)
			e = ax_graph_is_ancestor(&hidden, h->c->txn, commit, h->hidden);
		if (!e && hidden)
			return AX_ENOENT;
		if (!e && !(e = ax_commit_info(out, h->c->txn, commit)))
			e = follow_merge(&followed, h, out);
		if (e == AX_EPRUNED) { /* the merge itself is known */
			e = AX_OK;
			followed = false;
		}
	}
	h->at = out->parents ? out->parent[0] : 0;
	return e;
}

/* -- next ------------------------------------------------------------------------------------------------- */

static enum ax_err has_author(bool *out, struct history *h, uint64_t local)
{
	struct ax_commit commit;
	struct ax_buf who = AX_BUF_INIT;
	enum ax_err e = ax_commit_read(&commit, h->c->txn, local);
	if (e)
		return e;
	ax_buf_printf(&who, "%s <%s>", commit.author.name, commit.author.mail);
	e = ax_buf_check(&who);
	*out = !e && regexec(&h->author, ax_buf_cstr(&who), 0, NULL, 0) == 0;
	ax_buf_fini(&who);
	ax_commit_fini(&commit);
	return e;
}

enum ax_err history_next(struct ax_commit_info *out, bool *wanted, struct history *h)
{
	*wanted = true;
	enum ax_err e = h->walk ? ax_walk_next(out, h->walk) : next_of_place(out, h);
	if (e)
		return e;
	if ((h->has_since && out->time.s < h->since.s) || (h->has_until && ax_time_cmp(out->time, h->until) > 0))
		*wanted = false;
	return *wanted && h->by_author ? has_author(wanted, h, out->local) : AX_OK;
}
