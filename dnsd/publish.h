/* publish.h - the pointers that all answers come from, and when what they pointed at before may be freed: the
 * routing, and in a slot for each of its arms the view that is served. The only part that knows liburcu (its QSBR
 * flavour: reading costs nothing, readers say now and then that they hold nothing).
 *
 *     reader thread: register, then  online, current ... use ..., offline (before it blocks) ..., unregister
 *     the follower:  swap: publish the new view, wait until no reader holds the old one, free it
 *
 * Invariant: a view got from publish_current stays whole until the reader says offline or quiescent. */
#ifndef PUBLISH_H
#define PUBLISH_H

#include "dnsd/route.h"
#include "dnsd/view.h"

void publish_register(void);
void publish_unregister(void);
void publish_online(void);
void publish_offline(void);
enum { PUBLISH_SLOTS = 64 };
/* NULL before the first swap. */
const struct view *publish_current(uint32_t slot);
/* Takes over v; NULL ends it. Only one thread swaps a slot, and it is not a registered reader. */
void publish_swap(uint32_t slot, struct view *v);
/* The routing, whose arms' slots have a view. NULL before the first. */
const struct routing *publish_routing(void);
/* Publish another; when it returns no reader holds the old one, which is the caller's again. */
struct routing *publish_route(struct routing *r);

#endif
