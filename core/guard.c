/* Guards: what is valid but may not be meant. An operator can force it (DESIGN section 6). */
#include "core/blame.h"
#include "core/diff.h"
#include "core/idset.h"
#include "core/publish.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
	DELETION_PERCENT = 30,
	DELETION_LEAST = 10,       /* RRsets: below it every change is a large part of the zone */
	DELETION_WINDOW_S = 60,    /* one author's deletions through one door within it count together */
	DELETION_LOOK_BACK = 1000, /* commits, so that a busy door's window costs milliseconds at most */
	JUMP_MAX = 1 << 30,        /* half of what RFC 1982 calls newer: one more such jump and serials turn around */
	WHY_MAX = 200,
};

/* -- deletion ---------------------------------------------------------------------------------------------- */

/* Whoever changes something: the author as a commit's text has it, and the door, the first word of via. */
struct hand {
	struct ax_buf author;
	struct ax_slice door;
};

/* What a commit's header says behind `what`, up to `end`. */
static struct ax_slice header(struct ax_slice text, const char *what, char end)
{
	const uint8_t *p = memmem(text.p, text.n, what, strlen(what));
	if (!p)
		return ax_slice(NULL, 0);
	p += strlen(what);
	size_t left = text.n - (size_t)(p - text.p);
	const uint8_t *stop = memchr(p, end, left);
	return ax_slice(p, stop ? (size_t)(stop - p) : left);
}

static bool same_hand(const struct hand *h, struct ax_slice author, struct ax_slice via)
{
	return ax_slice_eq(author, ax_buf_view(&h->author)) && ax_slice_starts(via, h->door) &&
	       (via.n == h->door.n || via.p[h->door.n] == ' ');
}

/* A minute of a branch, up to the tip. */
struct window {
	struct ax_txn *txn;
	const struct ax_work *w;
	struct hand hand;
	uint64_t before;     /* the tip as the window began; 0: there was none yet */
	struct ax_idset own; /* the hand's commits in it */
	uint64_t base;       /* what the first of them to remove something was made on; 0: none did */
	uint64_t removed;    /* RRsets, by the hand */
};

/* Mark the hand's commits. One that was forced was meant: it ends the look back. One that only added is no base: a
 * zone that is filled and emptied within the window is held against what filled it. */
static enum ax_err look_back(struct window *win)
{
	struct ax_commit_info info, before = { 0 };
	enum ax_err e;
	uint64_t at = win->w->tip.commit;
	for (int i = 0; at && at != win->before && i < DELETION_LOOK_BACK;
	     i++, at = info.parents ? info.parent[0] : 0) {
		struct ax_object o;
		if ((e = ax_commit_info(&info, win->txn, at)) ||
		    (e = ax_object_read(&o, win->txn, at, AX_KIND_COMMIT)))
			return e;
		struct ax_slice via = header(o.canonical, "\nvia ", '\n');
		if (via.n && memmem(via.p, via.n, " force=", 7))
			return AX_OK;
		if (!same_hand(&win->hand, header(o.canonical, "\nauthor ", '>'), via))
			continue;
		uint8_t *mark = ax_idset_at(&win->own, at);
		if (!mark)
			return ax_fail(AX_ENOMEM, "out of memory");
		*mark = 1;
		if (info.parents && (e = ax_commit_info(&before, win->txn, info.parent[0])))
			return e;
		if (info.removed > before.removed)
			win->base = before.local;
	}
	return AX_OK;
}

/* Gone since the window began: by this change if the tip still has it, else by whoever removed it. */
static enum ax_err count_removed(void *ctx, struct ax_slice key, const struct ax_entry *a, const struct ax_entry *b)
{
	struct window *win = ctx;
	struct ax_entry found;
	uint64_t by;
	if (b || !a)
		return AX_OK;
	enum ax_err e = ax_tree_find(&found, win->txn, &win->w->tip_info.root, key);
	if (!e)
		win->removed++;
	if (e != AX_ENOENT)
		return e;
	e = ax_blame_gone(&by, win->txn, win->w->zone.id, key, win->w->tip.commit);
	if (!e)
		win->removed += ax_idset_has(&win->own, by, 1);
	return e == AX_ENOENT ? AX_OK : e;
}

static bool is_too_large_a_part(uint64_t removed, uint64_t of)
{
	return of >= DELETION_LEAST && removed * 100 > of * DELETION_PERCENT;
}

static bool is_beyond_rule(uint64_t removed, const struct ax_work *w)
{
	return w->rules.has_deletions && removed > w->rules.deletions;
}

/* Say so if it is too many: a large part of the zone, or more than the operator set. */
static bool judge(char why[WHY_MAX], const struct ax_work *w, uint64_t removed, uint64_t of, const char *when)
{
	if (is_too_large_a_part(removed, of))
		snprintf(why, WHY_MAX,
			 "removes %" PRIu64 " of %" PRIu64 " RRsets%s (%" PRIu64 " %%, more than %d %%)", removed, of,
			 when, removed * 100 / of, DELETION_PERCENT);
	else if (is_beyond_rule(removed, w))
		snprintf(why, WHY_MAX, "removes %" PRIu64 " RRsets%s (more than the %" PRIu64 " of guard.deletions)",
			 removed, when, w->rules.deletions);
	return *why;
}

/* Could it be too many at all, had the hand removed all that went since the window began? In it the zone was never
 * smaller than it is now less all that came. */
static enum ax_err may_be_too_many(bool *out, const struct window *win)
{
	struct ax_commit_info then;
	const struct ax_work *w = win->w;
	uint64_t since = win->before;
	*out = false;
	/* A zone younger than the window: nothing before its first commit is compared with. */
	enum ax_err e = since ? AX_OK : ax_graph_ancestor(&since, win->txn, w->tip.commit, w->tip_info.depth - 1);
	if (e || (e = ax_commit_info(&then, win->txn, since)))
		return e;
	uint64_t removed = w->tip_info.removed + w->stats.removed - then.removed;
	uint64_t added = w->next.root.count + removed - then.root.count;
	uint64_t least = w->next.root.count > added ? w->next.root.count - added : 0;
	*out = removed * 100 > least * DELETION_PERCENT || is_beyond_rule(removed, w);
	return AX_OK;
}

/* Compare with the tree as it was before the hand first removed something in the window. */
static enum ax_err count_in_window(char why[WHY_MAX], struct window *win)
{
	struct ax_commit_info base;
	enum ax_err e = look_back(win);
	if (e || !win->base || (e = ax_commit_info(&base, win->txn, win->base)))
		return e;
	e = ax_tree_diff(win->txn, &base.root, &win->w->next.root, count_removed, win);
	if (!e)
		judge(why, win->w, win->removed, base.root.count, " within a minute");
	return e;
}

static enum ax_err within_window(char why[WHY_MAX], const struct ax_publish *p, const struct ax_work *w)
{
	struct window win = { .txn = p->txn, .w = w };
	struct ax_time since = { p->committer.when.s - DELETION_WINDOW_S, p->committer.when.ns, 0 };
	bool may_be;
	enum ax_err e = ax_graph_at_time(&win.before, p->txn, w->tip.commit, since);
	if (e && e != AX_ENOENT)
		return e;
	if ((e = may_be_too_many(&may_be, &win)) || !may_be)
		return e;
	win.hand.door = ax_slice(p->via, strcspn(p->via, " "));
	ax_buf_printf(&win.hand.author, "%s <%s", p->author.name, p->author.mail);
	if (!(e = ax_buf_check(&win.hand.author)))
		e = count_in_window(why, &win);
	ax_buf_fini(&win.hand.author);
	ax_idset_fini(&win.own);
	return e;
}

static enum ax_err deletion(char why[WHY_MAX], const struct ax_publish *p, const struct ax_work *w)
{
	/* A zone that we are secondary of is its primary's to empty. */
	if (!w->stats.removed || w->change->serial_from == AX_SERIAL_FROM_TRANSFER)
		return AX_OK;
	if (judge(why, w, w->stats.removed, w->tip_info.root.count, ""))
		return AX_OK;
	/* A whole file states the whole zone: it is no stream of deletions. */
	return w->change->replace ? AX_OK : within_window(why, p, w);
}

/* -- sealed, serial ---------------------------------------------------------------------------------------- */

static enum ax_err sealed(char why[WHY_MAX], const struct ax_publish *p, const struct ax_work *w)
{
	(void)p;
	if (w->unseals)
		snprintf(
			why, WHY_MAX,
			"the zone is signed elsewhere (RRSIG of the SOA, or ZONEMD, at its apex) and would no longer "
			"validate");
	return AX_OK;
}

static enum ax_err jump(char why[WHY_MAX], const struct ax_publish *p, const struct ax_work *w)
{
	uint32_t last = w->tip.commit ? w->tip_info.serial : w->zone.serial;
	(void)p;
	if (!w->has_serial || w->serial != w->given || !w->zone.was_given)
		return AX_OK;
	if (w->serial - last > JUMP_MAX)
		snprintf(why, WHY_MAX, "the serial goes from %" PRIu32 " to %" PRIu32 ", by more than 2^30", last,
			 w->serial);
	return AX_OK;
}

/* -- all --------------------------------------------------------------------------------------------------- */

static const struct {
	const char *name;
	enum ax_err (*check)(char why[WHY_MAX], const struct ax_publish *p, const struct ax_work *w);
} guards[] = {
	{ "deletion", deletion },
	{ "sealed", sealed },
	{ "serial", jump },
};

/* One guard's words, behind those that came before. */
static void append(struct ax_publish *p, const struct ax_work *w, const char *name, const char *why)
{
	if (p->refusals.n)
		ax_buf_str(&p->refusals, "; ");
	if (p->n > 1) {
		ax_name_text(&p->refusals, &w->zone.apex);
		ax_buf_str(&p->refusals, " ");
	}
	ax_buf_printf(&p->refusals, "%s%s%s", name, *name ? ": " : "", why);
}

enum ax_err ax_guard_all(struct ax_publish *p, const struct ax_work *w)
{
	struct ax_buf rules = AX_BUF_INIT;
	for (size_t i = 0; i < sizeof guards / sizeof *guards; i++) {
		char why[WHY_MAX] = "";
		enum ax_err e = guards[i].check(why, p, w);
		if (e)
			return e;
		if (*why)
			append(p, w, guards[i].name, why);
	}
	enum ax_err e = ax_guard_rules(&rules, p, w);
	if (!e && rules.n)
		append(p, w, "", ax_buf_cstr(&rules));
	ax_buf_fini(&rules);
	return e ? e : ax_buf_check(&p->refusals);
}
