/* vouch.h - which commit of a branch may be served when only signed ones may: the tip, or the last good one.
 * Sits on core's sign.h. One a zone, used by the follower alone.
 * Cost: a tip that was good a moment ago is remembered; a new one costs its signature and the nodes that are new. */
#ifndef VOUCH_H
#define VOUCH_H

#include "core/idset.h"
#include "core/ref.h"
#include "core/sign.h"

struct vouch {
	uint64_t good;        /* verified last; 0: none yet */
	uint64_t refused;     /* told of last; 0: none */
	struct ax_idset seen; /* nodes that were verified */
};

void vouch_fini(struct vouch *v);
/* *commit, which `path` is at (NULL: it is pinned), stays if it is signed by one of the keys; else it becomes the
 * last one that is: the one served, or as far as the log of the branch goes back, or 0. *news: it was refused, and
 * that was not told yet; the reason is ax_err_text(AX_ECHECK). */
AX_MUST enum ax_err vouch_for(uint64_t *commit, bool *news, struct vouch *v, struct ax_txn *t, uint32_t zone,
			      const char *path, const struct ax_keys *keys);

#endif
