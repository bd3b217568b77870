/* Guards: what is valid but may not be meant. An operator can force it (DESIGN section 6). */
#include "core/blame.h"
#include "core/diff.h"
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

/* -- deletion --------------------------------------------------------------------------------------------------- */

struct hand {
	const char *name, *mail, *via;
};

/* The door is the first word of via. A commit that was forced was meant: it ends the look back. */
static bool same_hand(const struct hand *h, const struct ax_commit *c)
{
	size_t n = strcspn(h->via, " ");
	return strcmp(h->name, c->author.name) == 0 && strcmp(h->mail, c->author.mail) == 0 &&
	       strcspn(c->via, " ") == n && strncmp(h->via, c->via, n) == 0;
}

/* The oldest commit of this hand within the window, forced ones and what lies behind them left out; 0 if none. */
static enum ax_err oldest_in_window(uint64_t *out, struct ax_txn *t, const struct hand *h, uint64_t tip,
				    struct ax_time now)
{
	struct ax_time since = { now.s - DELETION_WINDOW_S, now.ns, 0 };
	struct ax_commit_info info;
	enum ax_err e = AX_OK;
	*out = 0;
	for (int i = 0; !e && tip && i < DELETION_LOOK_BACK; i++, tip = info.parents ? info.parent[0] : 0) {
		struct ax_commit c;
		if ((e = ax_commit_info(&info, t, tip)) || ax_time_cmp(info.time, since) < 0)
			return e;
		if ((e = ax_commit_read(&c, t, tip)))
			return e;
		bool forced = strstr(c.via, " force=");
		if (!forced && same_hand(h, &c))
			*out = tip;
		ax_commit_fini(&c);
		if (forced)
			return AX_OK;
	}
	return e;
}

struct count {
	struct ax_txn *txn;
	const struct ax_work *w;
	const struct hand *hand;
	uint64_t since; /* the window's first commit */
	uint64_t removed;
};

/* Gone since the window began: by this change if the tip still has it, else by whoever removed it. */
static enum ax_err count_removed(void *ctx, struct ax_slice key, const struct ax_entry *a, const struct ax_entry *b)
{
	struct count *count = ctx;
	struct ax_entry found;
	struct ax_commit c;
	uint64_t by;
	if (b || !a)
		return AX_OK;
	enum ax_err e = ax_tree_find(&found, count->txn, &count->w->tip_info.root, key);
	if (!e)
		count->removed++;
	if (e != AX_ENOENT)
		return e;
	e = ax_blame_gone(&by, count->txn, count->w->zone.id, key, count->w->tip.commit);
	if (e || by < count->since)
		return e == AX_ENOENT ? AX_OK : e;
	if ((e = ax_commit_read(&c, count->txn, by)))
		return e;
	count->removed += same_hand(count->hand, &c);
	ax_commit_fini(&c);
	return AX_OK;
}

static bool too_many(char why[WHY_MAX], uint64_t removed, uint64_t of)
{
	if (of < DELETION_LEAST || removed * 100 <= of * DELETION_PERCENT)
		return false;
	snprintf(why, WHY_MAX, "removes %" PRIu64 " of %" PRIu64 " RRsets (%" PRIu64 " %%, more than %d %%)", removed,
		 of, removed * 100 / of, DELETION_PERCENT);
	return true;
}

static enum ax_err deletion(char why[WHY_MAX], const struct ax_publish *p, const struct ax_work *w)
{
	struct hand hand = { p->author.name, p->author.mail, p->via };
	struct ax_commit_info first, base = { .root = ax_tree_empty() };
	struct count count = { .txn = p->txn, .w = w, .hand = &hand };
	/* A zone that we are secondary of is its primary's to empty. */
	if (!w->stats.removed || w->change->serial_from == AX_SERIAL_FROM_TRANSFER)
		return AX_OK;
	if (too_many(why, w->stats.removed, w->tip_info.root.count))
		return AX_OK;
	/* A whole file states the whole zone: it is no stream of deletions. */
	if (w->change->replace)
		return AX_OK;
	enum ax_err e = oldest_in_window(&count.since, p->txn, &hand, w->tip.commit, p->committer.when);
	if (e || !count.since || (e = ax_commit_info(&first, p->txn, count.since)) || !first.parents)
		return e;
	if ((e = ax_commit_info(&base, p->txn, first.parent[0])))
		return e;
	if (!(e = ax_tree_diff(p->txn, &base.root, &w->next.root, count_removed, &count)) &&
	    too_many(why, count.removed, base.root.count))
		snprintf(why + strlen(why), WHY_MAX - strlen(why), " within a minute");
	return e;
}

/* -- sealed, serial --------------------------------------------------------------------------------------------- */

static enum ax_err sealed(char why[WHY_MAX], const struct ax_publish *p, const struct ax_work *w)
{
	(void)p;
	if (w->sealed && !(w->has_serial && w->change->serial_from != AX_SERIAL_FROM_EDIT))
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

/* -- all -------------------------------------------------------------------------------------------------------- */

static const struct {
	const char *name;
	enum ax_err (*check)(char why[WHY_MAX], const struct ax_publish *p, const struct ax_work *w);
} guards[] = {
	{ "deletion", deletion },
	{ "sealed", sealed },
	{ "serial", jump },
};

enum ax_err ax_guard_all(struct ax_publish *p, const struct ax_work *w)
{
	for (size_t i = 0; i < sizeof guards / sizeof *guards; i++) {
		char why[WHY_MAX] = "";
		enum ax_err e = guards[i].check(why, p, w);
		if (e)
			return e;
		if (!*why)
			continue;
		if (p->refusals.n)
			ax_buf_str(&p->refusals, "; ");
		if (p->n > 1) {
			ax_name_text(&p->refusals, &w->zone.apex);
			ax_buf_str(&p->refusals, " ");
		}
		ax_buf_printf(&p->refusals, "%s: %s", guards[i].name, why);
	}
	return ax_buf_check(&p->refusals);
}
