/* changes.h - what differs between two revisions, in the forms that people and programs ask for.
 *
 *     lines      ~ api A 300 1.2.3.4 -> 9.9.9.9            core/render.h
 *     stat       api A | 2 +-                              records taken and given
 *     names      api A
 *     zonefile   - api.example. 300 IN A 1.2.3.4           one record a line
 *     markdown   a table, to paste into a review
 *     json       what `apex apply` reads again
 *     nsupdate   a script for nsupdate(1) (nsupdate.c)
 *
 * Cost: as ax_tree_diff, and the text. */
#ifndef CHANGES_H
#define CHANGES_H

#include "core/diff.h"
#include "core/render.h"
#include "tools/cli.h"

enum changes_form {
	CHANGES_LINES,
	CHANGES_STAT,
	CHANGES_NAMES,
	CHANGES_ZONEFILE,
	CHANGES_MARKDOWN,
	CHANGES_JSON,
	CHANGES_NSUPDATE,
};

/* What is compared: from a (NULL: nothing) to b, of one zone; only keys that begin with prefix (empty: all). */
struct changes {
	struct ax_txn *txn;
	struct ax_name apex;
	const struct ax_commit_info *a, *b;
	struct ax_slice prefix;
};

/* Append the changes; *n counts RRsets. Without any, lines say so and the other forms are empty (a JSON value with
 * none). */
AX_MUST enum ax_err changes_put(struct ax_buf *out, uint64_t *n, const struct changes *c, enum changes_form form);

/* Walk them: the diff's callback, less what prefix leaves out. */
AX_MUST enum ax_err changes_each(const struct changes *c, ax_diff_fn *each, void *ctx);

/* The records of one RRset that only one side has: sign is '-' (of a) or '+' (of b). */
struct changes_record {
	char sign;
	struct ax_rr rr;
};
AX_MUST enum ax_err changes_records(uint16_t type, uint16_t covered, const struct ax_entry *a,
				    const struct ax_entry *b,
				    enum ax_err (*each)(void *ctx, const struct changes_record *r), void *ctx);

/* nsupdate.c: the script, one update that holds prerequisites, so that it fails where the zone is not as a is. */
AX_MUST enum ax_err changes_nsupdate(struct ax_buf *out, const struct changes *c);

#endif
