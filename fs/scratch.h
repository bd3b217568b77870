/* scratch.h - ordinary POSIX objects in memory: what editors and copying tools put beside the records. Never
 * committed, bounded, dropped an hour after their last use. Threads: belongs to mount.lock. Limits: SCRATCH_MAX bytes
 * and SCRATCH_OBJECTS objects and further names a mount, ENOSPC beyond: a runaway copy must not take the daemon's
 * memory. */
#ifndef FS_SCRATCH_H
#define FS_SCRATCH_H

#include "fs/node.h"

#include <sys/stat.h>
#include <time.h>

enum { SCRATCH_MAX = 64 << 20, SCRATCH_OBJECTS = 65536, SCRATCH_IDLE_S = 3600 };

struct scratch {
	struct ax_buf data; /* a file's bytes, a symbolic link's target */
	mode_t mode;        /* permission bits */
	uid_t uid;
	gid_t gid;
	struct timespec atime, mtime, ctime;
	bool dated;     /* mtime was set by utimens: it goes along when the file becomes a record */
	bool hidden;    /* A.rejected: opened by name, not listed, no obstacle to rmdir; goes when room is short */
	uint32_t names; /* further ones (NODE_NAME), which keep it when its own is gone */
	uint64_t ino;
	uint64_t used;                 /* who_clock() of the last use */
	struct scratch *newer, *older; /* by last use, for dropping */
	struct node *node;
};

/* Give n (FILE, SYMLINK, DIR or NAME) its scratch part and put it into its parent's overlay. ENOSPC or ENOMEM. */
AX_MUST int scratch_attach(struct mount *m, struct node *n, mode_t mode, uid_t uid, gid_t gid);
/* Give back the memory. NULL is fine. */
void scratch_free(struct mount *m, struct scratch *s);

AX_MUST int scratch_write(struct mount *m, struct node *n, const void *p, size_t size, uint64_t off);
AX_MUST int scratch_truncate(struct mount *m, struct node *n, uint64_t size);
/* Replace the whole content. */
AX_MUST int scratch_set(struct mount *m, struct node *n, struct ax_slice data);
/* dir/name is one more name of the file or symbolic link. ENOSPC or ENOMEM. */
AX_MUST int scratch_link(struct mount *m, struct node *file, struct node *dir, const char *name);
/* A name (FILE, SYMLINK, DIR or NAME) becomes dir/name, in place of what is there. ENOMEM. */
AX_MUST int scratch_move(struct mount *m, struct node *entry, struct node *dir, const char *name);
/* A name goes; the object too, unless it has another or is in use. */
void scratch_unname(struct mount *m, struct node *entry);
/* Is there room for one more object of that many bytes? Refused texts go for it. */
bool scratch_room(struct mount *m, uint64_t bytes);
void scratch_touch(struct mount *m, struct node *n);
/* Drop what nobody used for SCRATCH_IDLE_S. True if there was any: the kernel is to look the names up again. */
bool scratch_sweep(struct mount *m);

#endif
