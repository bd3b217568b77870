/* zonefile.h - a whole zone as one text that is edited and saved: what it shows, which commit it began at, and what a
 * saved one does to the tip. Sits on batch.h, render.h and ref.h; `apex edit` and the mount's zonefiles/ share it.
 *
 *     ; commit 2c37...: keep this line, it is what your changes are merged from
 *     example.com. 3600 IN SOA ...
 *
 * Three sides: RRsets that only the text changed are taken from it, those that only others changed are left, those
 * that both changed differently are a conflict.
 * Threads: as the transaction. Cost: O(zone) to write and to join. */
#ifndef AX_ZONEFILE_H
#define AX_ZONEFILE_H

#include "core/batch.h"
#include "core/ref.h"

/* Append the first line. */
void ax_zonefile_head(struct ax_buf *out, const struct ax_id *commit);
/* The commit that a text says it began at; a line `; not committed: ...`, of a text that was refused, may stand
 * before. False: it says none. */
bool ax_zonefile_base(struct ax_id *out, struct ax_slice text);
/* Append a zone as text: SOA first (master files begin with it, RFC 1035 5.2), then canonical order. */
AX_MUST enum ax_err ax_zonefile_write(struct ax_buf *out, struct ax_txn *t, const struct ax_name *apex,
				      const struct ax_commit_info *at);

struct ax_three {
	struct ax_batch batch; /* for the tip */
	struct ax_id tip;      /* zeroes: unborn */
	struct ax_buf diff;    /* the lines of it, for people */
};

void ax_three_init(struct ax_three *out, const struct ax_name *apex);
void ax_three_fini(struct ax_three *t);
/* What `stated` makes of the branch's tip. base zeroes: nothing. scope limits all of it to keys that begin so.
 * AX_ECONFLICT with all RRsets in conflict, AX_EINVAL if base is no commit of the zone. */
AX_MUST enum ax_err ax_three_join(struct ax_three *out, struct ax_txn *t, const struct ax_zone *zone,
				  const char *branch, const struct ax_id *base, struct ax_batch *stated,
				  struct ax_slice scope);

#endif
