/* pick.h - the RRsets of one name in a tree: all of them, those of one type, the RRSIGs of all types covered. */
#ifndef PICK_H
#define PICK_H

#include "core/tree.h"
#include "tools/cli.h"

/* Call each for every RRset of owner and type (AX_TYPE_ANY: every type) in canonical order. AX_ENOENT, with a
 * sentence that names both, if there is none. An error returned by each ends the walk. */
AX_MUST enum ax_err pick(struct cli *c, const struct cli_commit *at, const struct ax_name *owner, uint16_t type,
			 enum ax_err (*each)(void *ctx, uint16_t type, uint16_t covered, const struct ax_entry *e),
			 void *ctx);

#endif
