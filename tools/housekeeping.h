/* housekeeping.h - what the verbs that keep the store in order share: sizes for people, and gc with its progress. */
#ifndef HOUSEKEEPING_H
#define HOUSEKEEPING_H

#include "core/gc.h"
#include "tools/cli.h"

/* Run it on the repository that was told, and tell what went. */
AX_MUST enum ax_err housekeeping_gc(struct cli *c, struct ax_gc_options *o);
/* Append "12 bytes", "3.4 KiB", "5.6 MiB" ... */
void housekeeping_put_size(struct ax_buf *out, uint64_t bytes);

#endif
