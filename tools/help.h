/* help.h - what verbs tell of themselves: as text, and as manual pages. All of it comes from the verbs' own tables,
 * so that it can't say otherwise than they do. Ownership: everything is appended to the caller's buffer. */
#ifndef HELP_H
#define HELP_H

#include "tools/verbs.h"

/* One verb: usage, what it does, its options, an example. */
void help_verb(struct ax_buf *out, const struct verb *v);
/* The same as a manual page (mdoc), apex-VERB(1). */
void help_man(struct ax_buf *out, const struct verb *v);
/* All verbs, one line each. */
void help_overview(struct ax_buf *out);
/* What to type first, as far as the repository at dir can tell. */
void help_first(struct ax_buf *out, const char *dir);

#endif
