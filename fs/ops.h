/* ops.h - the kernel's requests. What every handler does first and last, and what their files share.
 *
 *     ops.c      the table; lookup, attributes, reading, directories
 *     edit.c     files open for writing: open, write, flush, fsync, release, setattr
 *     create.c   names that come: create, mkdir, link, symlink
 *     change.c   names that go and move: unlink, rmdir, rename
 *
 * A handler runs on the loop thread, takes the lock (op_begin), answers, and gives it back (op_end). One that needs a
 * commit hands a job to the committer (save.h), which answers. */
#ifndef FS_OPS_H
#define FS_OPS_H

#include "fs/fuse.h"
#include "fs/mount.h"
#include "fs/who.h"

struct rendered;

/* An open file: fi->fh. */
struct handle {
	struct handle *next, **link; /* mount.handles */
	struct node *node;           /* pinned */
	int flags;
	pid_t process;      /* who opened it: its flush is the one that counts; 0: not looked up yet */
	pid_t thread;       /* of that process */
	struct ax_buf text; /* what a reader sees, as of `version` */
	uint64_t version;
	struct rendered *rendered; /* LOG, DIFF */
};

extern const struct fuse_lowlevel_ops ops_table;

/* Lock, and renew the transaction. NULL (answered with EIO) if that fails. */
struct mount *op_begin(fuse_req_t req);
void op_end(struct mount *m);
/* What the kernel is told of a node, and for how long it may keep that: the name, if it is committed, for keep
 * seconds. An errno. */
AX_MUST int op_fill_entry(struct fuse_entry_param *e, struct mount *m, struct ax_txn *t, struct node *n, double keep);
/* Answer with a node that the kernel counts from now on. */
void op_reply_entry(fuse_req_t req, struct mount *m, struct ax_txn *t, struct node *n, double keep);
void op_reply_attr(fuse_req_t req, struct mount *m, struct node *n);
void op_fill_who(struct who *who, fuse_req_t req);
static inline struct handle *op_handle(const struct fuse_file_info *fi)
{
	return (struct handle *)(uintptr_t)fi->fh;
}
/* Is the node in a place that can be changed: 0, or EROFS; for a protected branch `errors` tells why, and the place:
 * name in n, or (NULL) n itself. */
int op_writable(struct mount *m, fuse_req_t req, const struct node *n, const char *name);

/* edit.c */
void op_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);
void op_write(fuse_req_t req, fuse_ino_t ino, const char *buf, size_t size, off_t off, struct fuse_file_info *fi);
void op_flush(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);
void op_fsync(fuse_req_t req, fuse_ino_t ino, int datasync, struct fuse_file_info *fi);
void op_release(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);
void op_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *attr, int to_set, struct fuse_file_info *fi);
/* Make an open file of a node and fill fi. An errno. */
AX_MUST int edit_open(struct mount *m, fuse_req_t req, struct node *n, struct fuse_file_info *fi);

void edit_close(struct mount *m, struct handle *h);
/* Is it open for a record's text that was written, and neither saved nor refused yet? */
bool edit_unsaved(const struct handle *h);

/* create.c and change.c */
void op_create(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, struct fuse_file_info *fi);
void op_mknod(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, dev_t rdev);
void op_mkdir(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode);
void op_unlink(fuse_req_t req, fuse_ino_t parent, const char *name);
void op_rmdir(fuse_req_t req, fuse_ino_t parent, const char *name);
void op_symlink(fuse_req_t req, const char *target, fuse_ino_t parent, const char *name);
void op_link(fuse_req_t req, fuse_ino_t ino, fuse_ino_t newparent, const char *newname);
void op_rename(fuse_req_t req, fuse_ino_t parent, const char *name, fuse_ino_t newparent, const char *newname,
	       unsigned int flags);
void op_fsyncdir(fuse_req_t req, fuse_ino_t ino, int datasync, struct fuse_file_info *fi);

#endif
