/* build.h - a thread that builds images of whole zones, so that the follower never has to wait for one.
 * Threads: the follower asks and takes; the image is its own once taken.
 * The builder reads with a transaction of its own, renewed every half second at the latest: the file doesn't grow. */
#ifndef BUILD_H
#define BUILD_H

#include "dnsd/image.h"

struct build_job {
	struct build_job *next;
	uint32_t zone;
	struct ax_name apex;
	uint64_t commit;
	/* When it is done: */
	struct image *image; /* NULL if e */
	enum ax_err e;
	char *text; /* why not; may be NULL */
};

struct builder;

/* notify_fd: an eventfd that is written when a job is done; borrowed. */
AX_MUST enum ax_err builder_start(struct builder **out, struct ax_store *store, int notify_fd);
void builder_stop(struct builder *b);
AX_MUST enum ax_err builder_ask(struct builder *b, uint32_t zone, const struct ax_name *apex, uint64_t commit);
/* A finished job, or NULL; the caller's. */
struct build_job *builder_take(struct builder *b);
/* Free a job and, unless it was taken out, its image. */
void builder_free(struct build_job *job);

#endif
