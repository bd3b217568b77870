/* change.h - what all who make, move and remove names ask first. Used by create.c and change.c only.
 * Threads: the loop thread, under mount.lock. Errors: an errno, 0 for none. */
#ifndef FS_CHANGE_H
#define FS_CHANGE_H

#include "fs/ops.h"
#include "fs/save.h"

/* What change_type tells of a zone's file; no type has this number (RFC 6895 3.1). */
enum { ZONE_FILE = 0xffff };

/* May name in dir be changed? */
int change_may(struct mount *m, fuse_req_t req, const struct node *dir, const char *name);
/* Tell in `errors` why not, and give back error. */
int change_refuse(struct mount *m, fuse_req_t req, const struct node *dir, const char *name, const char *why,
		  int error);
/* What a regular file of that name in dir would be: its type, ZONE_FILE, 0 for scratch. An errno if it can't be. */
int change_type(uint16_t *type, struct mount *m, fuse_req_t req, const struct node *dir, const char *name);
/* Hand the rest to the committer, which answers. */
int change_later(struct mount *m, fuse_req_t req, job_fn *run, struct node *n, struct node *dir, const char *name);

#endif
