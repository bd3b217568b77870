/* Merging one RRset: its value as a whole, or member by member. */
#include "core/merge.h"

#include <string.h>

/* A CNAME, DNAME or SOA has one record; signatures and denials speak of other records. */
static bool has_members(uint16_t type)
{
	static const uint16_t lone[] = { AX_TYPE_CNAME, AX_TYPE_SOA,   AX_TYPE_DNAME,      AX_TYPE_RRSIG,
					 AX_TYPE_NSEC,  AX_TYPE_NSEC3, AX_TYPE_NSEC3PARAM, AX_TYPE_ZONEMD };
	for (size_t i = 0; i < sizeof lone / sizeof *lone; i++)
		if (type == lone[i])
			return false;
	return true;
}

/* The three sets, walked together in canonical order. */
enum { BASE, OURS, THEIRS, SETS };

struct joint {
	uint16_t type;
	struct ax_rrset set[SETS];
	struct ax_rr rr[SETS];
	bool valid[SETS];
	size_t pos[SETS];
	bool added, removed; /* by either side */
};

static enum ax_err open_sets(struct joint *j, const struct ax_slice value[SETS])
{
	for (int i = 0; i < SETS; i++) {
		enum ax_err e = ax_rrset_view(&j->set[i], j->type, 0, value[i]);
		if (e)
			return e;
		j->valid[i] = ax_rrset_next(&j->rr[i], &j->set[i], &j->pos[i]);
	}
	return AX_OK;
}

/* Which of the sets show the least record that comes next; false at the end. */
static bool least(bool in[SETS], const struct joint *j)
{
	int first = -1;
	for (int i = 0; i < SETS; i++) {
		in[i] = false;
		if (!j->valid[i])
			continue;
		int c = first < 0 ? -1 : ax_rdata_cmp(j->type, j->rr[i].rdata, j->rr[first].rdata);
		if (c < 0) {
			memset(in, 0, SETS * sizeof *in);
			first = i;
		}
		in[i] = c <= 0;
	}
	return first >= 0;
}

/* Letter case: whoever changed it has it his way. */
static struct ax_slice spelling(const struct joint *j, const bool in[SETS])
{
	if (in[OURS] && in[THEIRS] && in[BASE] && ax_slice_eq(j->rr[OURS].rdata, j->rr[BASE].rdata))
		return j->rr[THEIRS].rdata;
	return j->rr[in[OURS] ? OURS : THEIRS].rdata;
}

/* All that either added, less all that either removed. */
static enum ax_err join_members(struct ax_rrset_builder *out, struct joint *j, uint32_t ttl_s)
{
	bool in[SETS];
	enum ax_err e = AX_OK;
	while (!e && least(in, j)) {
		bool keep = in[BASE] ? in[OURS] && in[THEIRS] : true;
		j->added = j->added || !in[BASE];
		j->removed = j->removed || !keep;
		if (keep)
			e = ax_rrset_builder_add(out, ttl_s, spelling(j, in));
		for (int i = 0; i < SETS; i++)
			if (in[i])
				j->valid[i] = ax_rrset_next(&j->rr[i], &j->set[i], &j->pos[i]);
	}
	return e;
}

/* The value that one side changed and the other did not; false if both did. */
static bool join_ttl(uint32_t *out, const struct joint *j)
{
	uint32_t base = j->set[BASE].ttl_s, ours = j->set[OURS].ttl_s, theirs = j->set[THEIRS].ttl_s;
	*out = ours == base ? theirs : ours;
	return ours == base || theirs == base || ours == theirs;
}

static bool by_member(struct ax_slice *out, struct ax_buf *b, uint16_t type, const struct ax_slice value[SETS])
{
	struct joint j = { .type = type };
	struct ax_rrset_builder set;
	uint32_t ttl_s;
	size_t from = b->n;
	if (open_sets(&j, value) || !join_ttl(&ttl_s, &j))
		return false;
	ax_rrset_builder_init(&set, type, 0);
	bool clean = !join_members(&set, &j, ttl_s) && !(j.added && j.removed) && set.count &&
		     !ax_rrset_builder_finish(b, &set) && !ax_buf_check(b);
	ax_rrset_builder_fini(&set);
	if (clean)
		*out = ax_slice(b->p + from, b->n - from);
	return clean;
}

bool ax_merge_rrset(struct ax_slice *out, struct ax_buf *b, uint16_t type, struct ax_slice base, struct ax_slice ours,
		    struct ax_slice theirs, bool whole)
{
	const struct ax_slice value[SETS] = { base, ours, theirs };
	*out = ours;
	if (ax_slice_eq(ours, theirs) || ax_slice_eq(base, theirs))
		return true;
	if (ax_slice_eq(base, ours)) {
		*out = theirs;
		return true;
	}
	if (whole || !has_members(type) || !base.n || !ours.n || !theirs.n)
		return false;
	return by_member(out, b, type, value);
}
