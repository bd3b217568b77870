/* follow.h - keeps what is served equal to what the repository says.
 * Sits on image.h, publish.h and core's log and watch. The follower is a thread, which alone owns its view and all
 * images in it; the builder, which all followers share, makes the first image of a zone aside and hands it over.
 *
 *     start      every zone gets a bare image: the plain way answers at once; the builder begins
 *     woken      by watch.h: read the log from where it was; diff and update each zone that moved; one swap
 *     handed over an image is brought up to the tip, then published
 *
 * A zone whose new state can't be loaded keeps its last good image; that is logged, counted, and tried again with the
 * next look, at least each RETRY_MS. A zone without the branch is unborn: SERVFAIL. A zone removed is no longer
 * there: REFUSED.
 * Where only signed commits are served, a tip that is not keeps the last good one served: that is logged once.
 * No snapshot of the store is held while waiting. */
#ifndef FOLLOW_H
#define FOLLOW_H

#include "core/repo.h"
#include "core/sign.h"
#include "dnsd/build.h"
#include "dnsd/keeper.h"
#include "dnsd/stats.h"

struct follow_options {
	const char *branch;          /* the branch served */
	const char *at;              /* or a revision, resolved once for each zone; then nothing is followed */
	const struct ax_name *zones; /* only these; all if nzones is 0 */
	size_t nzones;
	const struct ax_keys *trusted; /* only commits that one of these signed; NULL: any */
	struct builder *builder;       /* who makes the images; borrowed */
	struct keeper *keeper;         /* who tells gc of what `at` serves; NULL: nobody */
	uint32_t slot;                 /* of publish.h, where the view goes */
	struct ax_time now;            /* what a revision like main@{2 days ago} counts from */
	void (*log)(const char *text); /* a line for the operator, without LF; from any thread */
};

struct follow;

/* Publish the first view and start the thread. AX_ENOENT if `at` resolves in none of the zones or none of `zones`
 * exists. */
AX_MUST enum ax_err follow_start(struct follow **out, struct ax_repo *repo, const struct follow_options *o);
/* Ends the thread and withdraws the view: when no reader is left. NULL is fine. */
void follow_stop(struct follow *f);
void follow_stats(const struct follow *f, struct stats *sum);

#endif
