/* blame.h - who last changed what, without walking history: the leaf's sidecar for what is there, the table `gone`
 * for what was deleted. */
#ifndef AX_BLAME_H
#define AX_BLAME_H

#include "core/graph.h"
#include "core/zone.h"

/* Note a deletion by `commit`: for the key itself and for every owner prefix above it, the apex included. Used by
 * publish.c. zone is in the hash. before: the key noted last for this commit (n 0: none): what both share is not
 * written again. */
AX_MUST enum ax_err ax_blame_note_gone(struct ax_txn *t, uint32_t zone, struct ax_slice key, struct ax_slice before,
				       uint64_t commit);
/* The newest commit on tip's first-parent line that deleted the key, or something below this owner prefix. AX_ENOENT
 * if none did. */
AX_MUST enum ax_err ax_blame_gone(uint64_t *commit, struct ax_txn *t, uint32_t zone, struct ax_slice key_or_prefix,
				  uint64_t tip);
/* What ax_tree_measure tells of an owner prefix ("" is the zone), `changed` with deletions included: the commit that
 * last changed anything below it, 0 if nothing ever did: the time of a directory. */
AX_MUST enum ax_err ax_blame_subtree(struct ax_tree_range *out, struct ax_txn *t, uint32_t zone,
				     const struct ax_commit_info *tip, struct ax_slice prefix);
/* The history of one RRset, newest first: *commit is the one that made it what it is at `from` (a value, or its
 * absence); value/absent tell what it became. AX_ENOENT when nothing older changed it. Where a merge took it from
 * another parent it is that parent's line that is followed. To go on, call with the first parent of *commit. */
AX_MUST enum ax_err ax_blame_step(uint64_t *commit, struct ax_entry *became, bool *absent, struct ax_txn *t,
				  uint32_t zone, const struct ax_commit_info *from, struct ax_slice key);

#endif
