/* three.h - a text that states what a zone, or a part of it, should be; the commit it began at; the tip by now: what
 * is to be done to the tip. RRsets that only the text changed are taken from it, those that only others changed are
 * left, those that both changed differently are a conflict. */
#ifndef THREE_H
#define THREE_H

#include "core/batch.h"
#include "core/ref.h"

struct three {
	struct ax_batch batch; /* for the tip */
	struct ax_id tip;      /* zeroes: unborn */
	struct ax_buf diff;    /* the lines of it, for people */
};

void three_init(struct three *out, const struct ax_name *apex);
void three_fini(struct three *t);
/* base zeroes: nothing. scope limits all of it to keys that begin so. AX_ECONFLICT with all RRsets in conflict. */
AX_MUST enum ax_err three_join(struct three *out, struct ax_txn *t, const struct ax_zone *zone, const char *branch,
			       const struct ax_id *base, struct ax_batch *stated, struct ax_slice scope);

#endif
