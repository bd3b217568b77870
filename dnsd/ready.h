/* ready.h - the service manager: what it is told, and what it keeps for us (sd_notify(3), sd_listen_fds(3)). The only
 * file that knows libsystemd. Without a manager nothing happens. */
#ifndef READY_H
#define READY_H

#include "dnsd/listen.h"

/* Answers are given from now on. */
void ready_say(void);
/* The end has begun; it may take so long. */
void ready_stopping(unsigned seconds);
/* A reload begins; ready_say ends it. */
void ready_reloading(void);
/* All is well, for those who watch. */
void ready_alive(void);
/* The sockets that were passed to us, those that were kept among them. */
AX_MUST enum ax_err ready_sockets(struct listen_given *g);
/* Keep these, instead of what was kept before, for the next start. */
void ready_keep(const int *fds, size_t n);

#endif
