/* errors.h - the file `errors`: the last refusals, oldest first: time, user, path, line, reason.
 * Threads: belongs to mount.lock. Limits: ERRORS_KEPT lines of at most 1,200 bytes. */
#ifndef FS_ERRORS_H
#define FS_ERRORS_H

#include "core/bytes.h"

struct mount;
struct node;
struct who;

enum { ERRORS_KEPT = 200 };

struct errors {
	char *line[ERRORS_KEPT]; /* a ring; owned */
	size_t next, n;
	uint64_t version; /* grows with every line */
};

void errors_fini(struct errors *e);
/* Note that something was refused. path is from the mount point; reason may begin with "line N:". */
void errors_note(struct mount *m, const char *user, const char *path, const char *reason);
/* The same for name in a directory. */
void errors_refuse(struct mount *m, const struct who *who, const struct node *dir, const char *name,
		   const char *reason);
/* The file's text, appended. */
void errors_text(struct ax_buf *b, const struct errors *e);

#endif
