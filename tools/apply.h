/* apply.h - a batch of changes to one or several zones, published together or not at all.
 *
 *     nsupdate text or JSON -> parts, one a zone -> ax_repo_commit, with the tips they were made for
 *
 * Who loses the race for a tip reads the batch anew on the new one. */
#ifndef APPLY_H
#define APPLY_H

#include "core/update.h"
#include "tools/cli.h"

/* What is changed in one zone. */
struct apply_part {
	struct ax_zone zone;
	char branch[AX_REF_NAME_MAX + 1];
	struct ax_ref tip;
	struct ax_update update;
	struct ax_batch batch;
	struct apply_need *needs; /* prerequisites of the message under way: RRsets by value */
	size_t needs_n;
};

struct apply {
	struct cli *c;
	const char *zone_text; /* as told at the start */
	struct apply_part **parts;
	size_t n;
};

/* The part of a zone (NULL: the one that was told, else the default zone); AX_ENOENT if there is no such zone or
 * branch. */
AX_MUST enum ax_err apply_part(struct apply_part **out, struct apply *a, const char *zone_text);
void apply_fini(struct apply *a);

/* Read a batch: JSON if it begins with { or [, else commands of nsupdate. `file` is for messages. */
AX_MUST enum ax_err apply_read(struct apply *a, struct ax_slice text, const char *file);
AX_MUST enum ax_err apply_json(struct apply *a, struct ax_slice text, const char *file);
AX_MUST enum ax_err apply_nsupdate(struct apply *a, struct ax_slice text, const char *file);

#endif
