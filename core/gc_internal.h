/* gc_internal.h - what the parts of gc share: gc.c marks, gc_sweep.c drops, gc_cut.c mends what is cut. */
#ifndef AX_GC_INTERNAL_H
#define AX_GC_INTERNAL_H

#include "core/gc.h"

/* A bit for each local id. */
struct ax_bits {
	uint64_t *word;
	size_t n; /* words */
};

AX_MUST enum ax_err ax_bits_set(struct ax_bits *b, uint64_t id);
static inline bool ax_bits_has(const struct ax_bits *b, uint64_t id)
{
	return id / 64 < b->n && b->word[id / 64] >> id % 64 & 1;
}

struct ax_ids {
	uint64_t *v;
	size_t n, cap;
};

AX_MUST enum ax_err ax_ids_add(struct ax_ids *l, uint64_t id);

struct ax_house {
	struct ax_repo *repo;
	const struct ax_gc_options *o;
	const struct ax_actor *who;
	struct ax_gc *out;
	struct ax_txn *txn;   /* that marks; the one that drops, later */
	struct ax_bits kept;  /* records that stay */
	struct ax_bits whole; /* commits whose tree stays, however old */
	struct ax_bits stripped, cut;
	struct ax_ids queue;        /* commits to be visited */
	struct ax_ids commits;      /* kept ones, in the order they were visited */
	struct ax_ids gone, dead;   /* commits that go; nodes, blobs and tags that do */
	uint64_t last_id, last_seq; /* what there was when marking began */
	uint64_t seen;
	bool touched; /* renew the reader now and then */
};

/* gc.c: mark what these roots lead to. */
AX_MUST enum ax_err ax_house_mark_all(struct ax_house *h);
/* In the transaction that is to drop: what came meanwhile, and the pins; *gate is to be closed at its end. */
AX_MUST enum ax_err ax_house_mark_news(int *gate, struct ax_house *h);

/* gc_sweep.c */
AX_MUST enum ax_err ax_house_list_dead(struct ax_house *h);
AX_MUST enum ax_err ax_house_drop_commits(struct ax_house *h);
AX_MUST enum ax_err ax_house_drop_nodes(struct ax_house *h);
/* The times that files of a mount were given (times.h) in refs that are gone. */
AX_MUST enum ax_err ax_house_drop_times(struct ax_house *h);

/* gc_cut.c: give the commits that stay their ancestry anew, and blame on what was cut to where it was cut. */
AX_MUST enum ax_err ax_house_strip(struct ax_house *h);
AX_MUST enum ax_err ax_house_cut(struct ax_house *h);

static inline void ax_house_tell(struct ax_house *h, const char *what, uint64_t done, uint64_t of)
{
	if (h->o->progress && (done & 1023) == 0)
		h->o->progress(h->o->ctx, what, done, of);
}

#endif
