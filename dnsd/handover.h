/* handover.h - from one daemon to the next without a query lost: the one that runs waits at a socket in the file
 * system for the one that comes.
 *
 *     next                                  before
 *     connect             ----------->      is it of my user, or root? else the end
 *     take all            <-----------      a socket a message, by SCM_RIGHTS; then "end"
 *     ("release"          ----------->      give AF_XDP's interfaces back: the sockets get all
 *                         <-----------      "end")
 *     answer on them, too
 *     "ready"             ----------->      stop reading, answer what was read, end
 *
 * Both answer from the same sockets for a while, so that nothing is closed that a client may have written to. If the
 * next one does not get ready, the one before goes on as if nothing had been.
 * Threads: one. Limits: HANDOVER_SOCKETS sockets; HANDOVER_WAIT_S seconds for each answer. */
#ifndef HANDOVER_H
#define HANDOVER_H

#include "dnsd/listen.h"

enum { HANDOVER_SOCKETS = 4096, HANDOVER_WAIT_S = 10 };

struct handover;

/* The next one's side: add to g the sockets of the daemon at path. Nobody there: nothing is added, and *before is
 * NULL. AX_EIO with why if it breaks off. */
AX_MUST enum ax_err handover_take(struct handover **before, struct listen_given *g, const char *path);
/* It shall let go of what only one can have. */
AX_MUST enum ax_err handover_release(struct handover *before);
/* We answer: the one before may end. NULL is fine; it is freed. */
void handover_ready(struct handover *before);

/* Make a socket beside path, where nobody looks for it yet; the next one gets copies of fds, which are borrowed. */
AX_MUST enum ax_err handover_bind(struct handover **out, const char *path, const int *fds, size_t n);
/* Wait at path for the next one. Nothing but a rename: the one before stands there until now. */
AX_MUST enum ax_err handover_wait(struct handover *h);
/* What to poll for reading. */
int handover_fd(const struct handover *h);
enum handover_news { HANDOVER_NOTHING, HANDOVER_RELEASE, HANDOVER_READY };
/* It is readable: go on. Asked to release, the caller says when it has. */
enum handover_news handover_go_on(struct handover *h);
void handover_released(struct handover *h);
/* NULL is fine. */
void handover_free(struct handover *h);

#endif
