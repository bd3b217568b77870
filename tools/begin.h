/* begin.h - how a zone begins: its name as a person types it, and the first commit that --ns asks for. */
#ifndef BEGIN_H
#define BEGIN_H

#include "tools/cli.h"

/* A zone's name, with or without its final dot, in lower case. */
AX_MUST enum ax_err begin_apex(struct ax_name *out, const char *text);
/* SOA and NS of all hosts: the option's, then the words after the zone; nothing without --ns. Names are relative to
 * the zone. AX_EUSAGE for words without --ns. */
AX_MUST enum ax_err begin_batch(struct ax_batch *b, const struct option_list *hosts, const struct words *w);
/* Commit them to the zone that c stands on. */
AX_MUST enum ax_err begin_commit(struct cli *c, struct ax_batch *first);

#endif
