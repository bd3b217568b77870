/* keeper.h - the process that writes: a child of the daemon's, so that the one that owns the sockets can't write the
 * store, its lock file included.
 *
 *     daemon: sockets, images        --- take, release, pin, unpin --->       keeper: the store, as any program
 *             the store, lockless    <----------- ok, id ------------
 *
 * It holds a reader's slot for the daemon, which moves only once the daemon reads from nothing older (core's
 * store.h); keeps in the repository what gc shall leave (core's pin.h); clears the slots of readers that died; and
 * carries out what was put off until now (due.h). Messages are of fixed size, over a pair of sockets; when the
 * daemon's end is closed, it ends. If the keeper dies its slot is nobody's, and what the daemon reads may be
 * overwritten: the daemon must end at once. Threads: all but start and stop by any. The daemon has a thread that
 * moves the slot. */
#ifndef KEEPER_H
#define KEEPER_H

#include "core/repo.h"

/* How often the slot follows, at least; and each how many seconds stale slots are cleared. */
enum { KEEPER_MOVE_MS = 200, KEEPER_STALE_S = 60 };

struct keeper;

/* Fork it, before there is any thread, and have it open the repository, as whoever owns that if we are root. log: a
 * line for the operator. Errors are those of ax_repo_open. */
AX_MUST enum ax_err keeper_start(struct keeper **out, const char *repo, void (*log)(const char *text));
/* The slot it holds for us. */
const struct ax_slot *keeper_slot(const struct keeper *k);
/* Let the slot follow from now on, on a thread. lost is called there if the keeper died. */
AX_MUST enum ax_err keeper_follow(struct keeper *k, struct ax_store *store, void (*lost)(void));
/* Have gc leave a commit, while we live or until it is unpinned. */
AX_MUST enum ax_err keeper_pin(struct keeper *k, const struct ax_id *commit);
void keeper_unpin(struct keeper *k, const struct ax_id *commit);
/* End it, when nobody reads the store any more. NULL is fine. */
void keeper_stop(struct keeper *k);

#endif
