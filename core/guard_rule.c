/* The guards that an operator set (setting.h), held against all that a branch moves by. */
#include "core/diff.h"
#include "core/publish.h"
#include "core/render.h"

#include <inttypes.h>
#include <string.h>

enum { TYPE_DS = 43 };

/* What one guard says: the first RRset that it minds, and how many there are. */
struct objection {
	const char *guard, *what;
	struct ax_buf first;
	uint64_t n;
};

enum { LONG_TTL, DELEGATION, NAMED, OBJECTIONS };

struct judge {
	const struct ax_work *w;
	struct objection by[OBJECTIONS];
};

static enum ax_err object(struct judge *j, int guard, struct ax_slice key)
{
	struct objection *o = &j->by[guard];
	return o->n++ ? AX_OK : ax_render_key(&o->first, &j->w->zone.apex, key);
}

/* The longest TTL of a value: RRSIGs have one each. */
static enum ax_err longest_ttl(uint32_t *out, uint16_t type, uint16_t covered, const struct ax_entry *side)
{
	struct ax_rrset set;
	struct ax_rr rr;
	*out = 0;
	enum ax_err e = side ? ax_rrset_view(&set, type, covered, side->value) : AX_OK;
	for (size_t pos = 0; side && !e && ax_rrset_next(&rr, &set, &pos);)
		*out = rr.ttl_s > *out ? rr.ttl_s : *out;
	return e;
}

static enum ax_err judge_ttl(struct judge *j, struct ax_slice key, uint16_t type, uint16_t covered,
			     const struct ax_entry *a, const struct ax_entry *b)
{
	uint32_t was, is;
	enum ax_err e = longest_ttl(&was, type, covered, a);
	if (!e)
		e = longest_ttl(&is, type, covered, b);
	/* One that was so long before is no news. */
	return !e && is > j->w->rules.ttl_s && is > was ? object(j, LONG_TTL, key) : e;
}

static enum ax_err judge_each(void *ctx, struct ax_slice key, const struct ax_entry *a, const struct ax_entry *b)
{
	struct judge *j = ctx;
	const struct ax_rules *r = &j->w->rules;
	struct ax_name owner;
	uint16_t type, covered;
	size_t owner_len;
	enum ax_err e = ax_key_parse(&owner, &type, &covered, &owner_len, key, &j->w->zone.apex);
	if (!e && r->has_ttl)
		e = judge_ttl(j, key, type, covered, a, b);
	/* A zone that begins touches nothing. */
	if (e || !j->w->tip.commit)
		return e;
	if (r->delegation && (type == TYPE_DS || (type == AX_TYPE_NS && !owner_len)))
		e = object(j, DELEGATION, key);
	return !e && ax_rules_covers(r, key) ? object(j, NAMED, key) : e;
}

static void say(struct ax_buf *out, const struct objection *o)
{
	ax_buf_printf(out, "%s%s: %s ", out->n ? "; " : "", o->guard, o->what);
	ax_buf_slice(out, ax_buf_view(&o->first));
	if (o->n > 1)
		ax_buf_printf(out, " and %" PRIu64 " more", o->n - 1);
}

enum ax_err ax_guard_rules(struct ax_buf *out, const struct ax_publish *p, const struct ax_work *w)
{
	struct judge j = { .w = w,
			   .by = { [LONG_TTL] = { .guard = "ttl", .what = "longer than guard.ttl allows:" },
				   [DELEGATION] = { .guard = "delegation", .what = "touches" },
				   [NAMED] = { .guard = "names", .what = "touches" } } };
	if (!w->rules.has_ttl && !w->rules.delegation && !w->rules.names.n)
		return AX_OK;
	enum ax_err e = ax_tree_diff(p->txn, &w->tip_info.root, ax_work_root(w), judge_each, &j);
	for (int i = 0; i < OBJECTIONS; i++) {
		if (!e && j.by[i].n)
			say(out, &j.by[i]);
		ax_buf_fini(&j.by[i].first);
	}
	return e ? e : ax_buf_check(out);
}
