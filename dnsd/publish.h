/* publish.h - the one pointer that all answers come from, and when what it pointed at before may be freed.
 * The only part that knows liburcu (its QSBR flavour: reading costs nothing, readers say now and then that they hold
 * nothing).
 *
 *     reader thread: register, then  online, current ... use ..., offline (before it blocks) ..., unregister
 *     the follower:  swap: publish the new view, wait until no reader holds the old one, free it
 *
 * Invariant: a view got from publish_current stays whole until the reader says offline or quiescent. */
#ifndef PUBLISH_H
#define PUBLISH_H

#include "dnsd/view.h"

void publish_register(void);
void publish_unregister(void);
void publish_online(void);
void publish_offline(void);
/* NULL before the first swap. */
const struct view *publish_current(void);
/* Takes over v; NULL ends it. Only one thread swaps, and it is not a registered reader. */
void publish_swap(struct view *v);

#endif
