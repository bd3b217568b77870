/* pin.h - what running programs need of the past, told to whoever keeps house.
 * Sits on store.h. Beside the store stands the folder `pins`, one file for each program: the ids of commits, in hex,
 * a line each. The program holds a lock (flock) on its file as long as it runs, so that a file nobody holds is one
 * that a killed program left. gc and prune keep what a held file names.
 *
 *     <repo>/pins/<random>      held by its program
 *     <repo>/pins/.gate         shared while a file is written, exclusive while they are read and obeyed
 *     <repo>/pins/.house        exclusive while the house is kept (gc, prune), shared by what puts objects before
 * refs
 *
 * Where the folder can't be written to (a repository of somebody else) nothing is pinned, and open says so.
 * Threads: a struct ax_pins may be shared. Limits: AX_PINS_MAX commits a program. */
#ifndef AX_PIN_H
#define AX_PIN_H

#include "core/hash.h"

enum { AX_PINS_MAX = 100000 };

struct ax_pins;

/* repo is the repository's folder. AX_EPERM if nothing can be written there. */
AX_MUST enum ax_err ax_pins_open(struct ax_pins **out, const char *repo);
/* The file goes. NULL is fine. */
void ax_pins_close(struct ax_pins *p);
/* Each add needs a drop. What is added when gc had just dropped it is gone all the same: look it up after that. */
AX_MUST enum ax_err ax_pins_add(struct ax_pins *p, const struct ax_id *commit);
void ax_pins_drop(struct ax_pins *p, const struct ax_id *commit);

/* Close the gate, and call each for every commit that somebody pins. The descriptor in *gate is to be closed when
 * what they name was obeyed. */
AX_MUST enum ax_err ax_pins_read(int *gate, const char *repo, enum ax_err (*each)(void *ctx, const struct ax_id *id),
				 void *ctx);
/* How many programs pin something now. */
AX_MUST enum ax_err ax_pins_count(uint64_t *out, const char *repo);

/* Keep others from keeping house, or (shared) from beginning to. Waits. A descriptor to close in *lock. */
AX_MUST enum ax_err ax_house_lock(int *lock, const char *repo, bool shared);

#endif
