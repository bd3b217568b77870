/* merge.h - three trees into one: what two sides made of a common base, RRset by RRset.
 * Sits on diff.h and graph.h; history.h makes commits of it.
 *
 *      base ---- ours                 for each RRset that theirs changed:
 *          \         \                  ours == theirs, or base == theirs   ours
 *           theirs -- result            base == ours                        theirs
 *                                       else by member, or a conflict
 *
 * Members: where both sides only add records to a set, or both only remove some, the result has all that; a TTL goes
 *   its own way. Never of types that stand alone or cover others (CNAME, DNAME, SOA, RRSIG, NSEC, NSEC3), never of a
 *   set that the base does not have, and never down to nothing.
 * Several bases (criss-cross): an RRset is clean if all bases come to the same; or, of two bases, if they can be
 *   merged themselves, from the bases that they have, to one that it is clean with. Bases that disagree are a
 * conflict. The serial is no part of a tree and never conflicts. Cost: O((theirs' changes) x log n) for each base;
 * ours is only looked up. Ownership: conflicts own their memory; the batch copies. Threads: as the transaction. */
#ifndef AX_MERGE_H
#define AX_MERGE_H

#include "core/batch.h"
#include "core/graph.h"

enum ax_conflict_kind { AX_BOTH_MODIFIED, AX_DELETED_MODIFIED, AX_ADD_ADD };

/* One RRset that two sides changed in ways that don't fit; an empty value: it is not there. Slices borrow from the
 * list. */
struct ax_conflict {
	enum ax_conflict_kind kind;
	struct ax_slice key, ours, theirs;
	unsigned bases; /* 1, or as many as disagree */
	struct ax_slice base[AX_BASES_MAX];
};

struct ax_conflicts {
	struct ax_conflict *v;
	size_t n, cap;
};

void ax_conflicts_fini(struct ax_conflicts *c);
/* "both-modified", "deleted-modified", "add-add". */
const char *ax_conflict_name(enum ax_conflict_kind kind);

enum ax_side { AX_SIDE_NONE, AX_SIDE_OURS, AX_SIDE_THEIRS };

/* Whose value one RRset gets if it is in conflict. */
struct ax_take {
	struct ax_slice key; /* borrowed */
	enum ax_side side;
	bool used; /* set by the merge */
};

struct ax_merge_rules {
	enum ax_side side; /* for every conflict that no take is for */
	struct ax_take *takes;
	size_t takes_n;
	bool whole; /* no merging by member: an RRset is one thing */
};

/* The merge bases of two commits; of those, if they are two, the bases; and so on. */
enum { AX_ANCESTRY_MAX = 8 };
struct ax_ancestry {
	unsigned levels;
	struct {
		unsigned n;
		struct ax_root root[AX_BASES_MAX];
	} level[AX_ANCESTRY_MAX];
};
AX_MUST enum ax_err ax_merge_ancestry(struct ax_ancestry *out, struct ax_txn *t, const struct ax_bases *bases);

/* Put into batch what makes ours the merge. AX_ECONFLICT when there are conflicts without a rule: all are listed
 * then, in canonical order for one base. The first level of bases has one at least. rules may be NULL. */
AX_MUST enum ax_err ax_merge(struct ax_conflicts *conflicts, struct ax_batch *batch, struct ax_txn *t,
			     const struct ax_ancestry *bases, const struct ax_root *ours,
			     const struct ax_root *theirs, const struct ax_merge_rules *rules);

/* One RRset: base, ours, theirs (empty: absent) to *out, which borrows from them or from b. False: a conflict. */
bool ax_merge_rrset(struct ax_slice *out, struct ax_buf *b, uint16_t type, struct ax_slice base, struct ax_slice ours,
		    struct ax_slice theirs, bool whole);

#endif
