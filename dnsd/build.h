/* build.h - threads that build images of whole zones, for all followers, so that none of them has to wait for one.
 * Sits on image.h and publish.h.
 *
 *     follower: builder_ask -> todo, the most wanted first -> a thread -> done, notify_fd -> builder_take
 *
 * What has branches is built once: while one image of a zone is made no other is begun, and where one is there, just
 * made or published by any follower, the next is made from it by the difference (image_update): it shares what is
 * equal.
 * Threads: followers ask and take; an image is its follower's own once taken. Each thread reads with a transaction of
 * its own, renewed every half second at the latest while a zone is scanned: the file doesn't grow. */
#ifndef BUILD_H
#define BUILD_H

#include "dnsd/image.h"

struct build_job {
	struct build_job *next;
	struct builder_client *client;
	uint32_t zone;
	struct ax_name apex;
	uint64_t commit;
	struct image *bare; /* served meanwhile: tells how much the job is wanted */
	/* When it is done: */
	struct image *image; /* NULL if e */
	enum ax_err e;
	char *text; /* why not; may be NULL */
};

struct builder;

/* Who asks for images. */
struct builder_client {
	struct builder *builder;
	int notify_fd;    /* an eventfd that is written when a job is done; borrowed */
	unsigned running; /* the rest is the builder's */
	bool left;
	struct build_job *done, **last;
};

/* threads: 1 or more. */
AX_MUST enum ax_err builder_start(struct builder **out, struct ax_store *store, unsigned threads);
/* When no client is left. NULL is fine. */
void builder_stop(struct builder *b);

void builder_join(struct builder_client *c, struct builder *b, int notify_fd);
/* What c asked for and did not take is dropped; waits until none of it is being built. */
void builder_leave(struct builder_client *c);
/* Ask for the image of a commit in whose place `bare` is published meanwhile: one without names, or one from which it
 * could not be made by the difference. */
AX_MUST enum ax_err builder_ask(struct builder_client *c, const struct ax_name *apex, struct image *bare,
				uint64_t commit);
/* A finished job, or NULL; the caller's. */
struct build_job *builder_take(struct builder_client *c);
/* Free a job and, unless it was taken out, its image. */
void builder_free(struct build_job *job);

#endif
