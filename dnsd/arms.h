/* arms.h - a follower for each arm of the routing, and changing the routing while queries are answered.
 * Sits on follow.h and route.h.
 *
 *     arms_start    follow each arm, then publish the routing
 *     arms_change   follow what is new, publish the new routing, end what nobody asks any more: all or nothing
 *
 * Threads: arms_stats by any thread that holds no view; the others by one, none of the answering ones. */
#ifndef ARMS_H
#define ARMS_H

#include "dnsd/follow.h"
#include "dnsd/route.h"

struct arms;

/* o: what is the same for all arms; branch, at, slot and builder are filled in. threads: that build images. Takes
 * over r in any case. */
AX_MUST enum ax_err arms_start(struct arms **out, struct ax_repo *repo, const struct follow_options *o,
			       unsigned threads, struct routing *r);
/* Serve by another routing, which is taken over; on failure all stays as it was. now: what new revisions count from;
 * queries: how many came so far (route.h). */
AX_MUST enum ax_err arms_change(struct arms *a, struct routing *r, struct ax_time now, uint64_t queries);
/* When nobody answers any more. NULL is fine. */
void arms_stop(struct arms *a);
void arms_stats(struct arms *a, struct stats *sum);

#endif
