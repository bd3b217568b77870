/* save.h - a change from the command line: one batch to one branch, committed and told in one line.
 *
 *     [main 4f1c2a9d03be] api A: 1.2.3.4 -> 9.9.9.9
 *     [main 4f1c2a9d03be] import example.zone (2 added, 1 removed, 3 changed)
 *     [foo.com.:main 4f1c2a9d03be] initial import (5 RRsets)          another zone than the default one
 *     (no changes) */
#ifndef SAVE_H
#define SAVE_H

#include "tools/cli.h"

struct save {
	struct ax_batch *batch;
	bool replace;
	enum ax_serial_source serial_from;
	const char *message;        /* NULL: core says what changed */
	const char *force;          /* the plan that may pass a guard; NULL: none */
	bool counts;                /* tell how many RRsets */
	const struct ax_id *expect; /* the tip must be this one, AX_ELOST else; NULL: any */
};

/* Take what -m and --author say: AX_EUSAGE for an empty message or an author without <MAIL>. save_batch does it. */
AX_MUST enum ax_err save_begin(struct cli *c);
/* Commit to c's zone and branch; the read transaction is ended first. */
AX_MUST enum ax_err save_batch(struct cli *c, const struct save *s);
/* The same for changes that are ready, all of c's zone and one branch; each commit made gets a line. For any branch.
 */
AX_MUST enum ax_err save_changes(struct cli *c, struct ax_change *changes, size_t n, const char *plan, bool counts);
/* As ax_repo_commit with the reader ended: now, or what `apex at` says, till what --until says; and --force. */
AX_MUST enum ax_err save_publish(struct ax_published *out, struct cli *c, struct ax_change *changes, size_t n,
				 const char *wanted);
/* Append the line that tells of it. zone_text NULL: the default zone. */
void save_tell(struct ax_buf *out, const char *zone_text, const char *branch, const struct ax_published *p,
	       bool counts);
/* The same of whichever zone it was, in the read transaction that is open. */
AX_MUST enum ax_err save_tell_any(struct cli *c, const struct ax_published *p);
/* The zone's name if it is not the repository's default zone, else NULL; into b. */
AX_MUST enum ax_err save_zone_text(const char **out, struct ax_buf *b, struct cli *c, const struct ax_zone *zone);

/* The options -m, --author, --until and --force of every verb that changes a zone. */
extern const char *save_message, *save_author, *save_force, *save_until;
#define SAVE_OPTIONS                                                                                              \
	{ "message", 'm', "TEXT", "the commit's message; else it says what changed", &save_message, NULL, NULL }, \
		{ "author", 0, "WHO", "the author, as 'NAME <MAIL>'", &save_author, NULL, NULL },                 \
		{ "until", 0, "TIME", "take it back then, if nothing came after it", &save_until, NULL, NULL },   \
	{                                                                                                         \
		"force", 0, "HASH", "pass the guard that refused just this plan", &save_force, NULL, NULL         \
	}

#endif
