/* history.h - the commits a reader asks for, one after the other, newest first.
 *
 *     REV, A..B, nothing        all that led there (less what led to A)
 *     -- NAME TYPE              those that changed this RRset: by the trees' sidecars, so that the cost follows these
 *                               changes and not the length of history
 *     -- NAME                   those that changed anything at or below the name, in the same way
 *     --author, --since, --until  and of these only some
 *
 * On a merge that took an RRset as another parent has it, the walk goes on there, as git's does.
 * Ownership: the history owns its walk; commits are plain values. */
#ifndef HISTORY_H
#define HISTORY_H

#include "tools/place.h"

#include <regex.h>

struct history {
	struct cli *c;
	struct ax_zone zone;
	struct ax_walk *walk; /* NULL: by place */
	struct place place;
	uint64_t at, hidden; /* by place: the commit to go on from, 0: none; what led to A of A..B */
	bool by_author, has_since, has_until;
	regex_t author;
	struct ax_time since, until;
};

struct history_filter {
	const char *author, *since, *until; /* as told; NULL: any */
};

/* Call close in any case. */
AX_MUST enum ax_err history_open(struct history *h, struct cli *c, const struct words *w,
				 const struct history_filter *f);
/* AX_ENOENT at the end. *wanted is false for one that only the filters leave out: a graph still needs it. */
AX_MUST enum ax_err history_next(struct ax_commit_info *out, bool *wanted, struct history *h);
void history_close(struct history *h);

#endif
