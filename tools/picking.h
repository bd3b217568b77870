/* picking.h - commits done again, one after the other, in one transaction: for cherry-pick and rebase. */
#ifndef PICKING_H
#define PICKING_H

#include "tools/joining.h"

struct picking {
	const uint64_t *commits; /* oldest first */
	size_t n;
	uint64_t onto;              /* rebase: what they are done on; 0: the branch's tip */
	const struct ax_id *expect; /* the tip it is for; NULL: any */
	const struct ax_merge_rules *rules;
};

/* All of them or none; conflicts are told with the commit they came with. */
AX_MUST enum ax_err picking_run(struct cli *c, const struct picking *p);

#endif
