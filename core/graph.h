/* graph.h - ancestry. First-parent ancestors by skip pointers in O(log n), all others by generation, a stretch
 * without merges at a time. */
#ifndef AX_GRAPH_H
#define AX_GRAPH_H

#include "core/commit.h"

/* The n-th first-parent ancestor (0: itself). AX_ENOENT beyond the root commit. */
AX_MUST enum ax_err ax_graph_ancestor(uint64_t *out, struct ax_txn *t, uint64_t commit, uint64_t n);
/* Is a an ancestor of b (or b itself)? */
AX_MUST enum ax_err ax_graph_is_ancestor(bool *out, struct ax_txn *t, uint64_t a, uint64_t b);
/* Is a on b's first-parent line? O(log n). */
AX_MUST enum ax_err ax_graph_is_first_parent(bool *out, struct ax_txn *t, uint64_t a, uint64_t b);
/* The newest first-parent ancestor (itself included) whose time is not after `when`. AX_ENOENT if all are. */
AX_MUST enum ax_err ax_graph_at_time(uint64_t *out, struct ax_txn *t, uint64_t commit, struct ax_time when);

/* The best common ancestors of a and b: those that no other common ancestor descends from. Several after criss-cross
 * merges, none if their histories have nothing in common. Commits newest first; AX_ELIMIT beyond AX_BASES_MAX.
 * Cost: stretches without merges are passed by skip pointers, so O(merges since the bases x log n) reads of commits,
 * however long ago the two parted. */
enum { AX_BASES_MAX = 16 };
struct ax_bases {
	size_t n;
	uint64_t commit[AX_BASES_MAX];
};
AX_MUST enum ax_err ax_graph_bases(struct ax_bases *out, struct ax_txn *t, uint64_t a, uint64_t b);

/* A walk of all commits reachable from some starts, newest first (by time, then local id), each once. */
struct ax_walk;
AX_MUST enum ax_err ax_walk_open(struct ax_walk **out, struct ax_txn *t);
AX_MUST enum ax_err ax_walk_push(struct ax_walk *w, uint64_t commit);
/* Never show this commit and its ancestors (for a..b). Push hides before the first next. */
AX_MUST enum ax_err ax_walk_hide(struct ax_walk *w, uint64_t commit);
AX_MUST enum ax_err ax_walk_next(struct ax_commit_info *out, struct ax_walk *w); /* AX_ENOENT at the end */
void ax_walk_close(struct ax_walk *w);

#endif
