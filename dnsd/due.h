/* due.h - the thread that carries out what was put off until now (core/due.h). */
#ifndef DUE_H
#define DUE_H

#include "core/due.h"

struct due;

/* Start it. log: a line for the operator. A repository that may not be written to is left alone: *out is NULL. */
AX_MUST enum ax_err due_start(struct due **out, struct ax_repo *repo, void (*log)(const char *text));
/* Ends the thread. NULL is fine. */
void due_stop(struct due *d);

#endif
