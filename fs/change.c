/* change.c - see change.h and ops.h: names that go and move, and what all who change names ask. */
#include "fs/change.h"

#include "fs/commit.h"
#include "fs/names.h"
#include "fs/ns.h"
#include "fs/save.h"
#include "fs/scratch.h"
#include "fs/zonefiles.h"
#include "fs/stage.h"

#include <stdio.h>
#include <string.h>

/* -- what all of them ask --------------------------------------------------------------------------------- */

int change_may(struct mount *m, fuse_req_t req, const struct node *dir, const char *name)
{
	if (m->read_only)
		return EROFS;
	if (dir->kind == NODE_DIR || dir->kind == NODE_HEADS || dir->kind == NODE_ZONEDIR || dir->kind == NODE_STAGES)
		return 0;
	return dir->kind == NODE_TREE ? op_writable(m, req, dir, name) : EROFS;
}

int change_refuse(struct mount *m, fuse_req_t req, const struct node *dir, const char *name, const char *why,
		  int error)
{
	struct who who;
	op_fill_who(&who, req);
	errors_refuse(m, &who, dir, name, why);
	return error;
}

/* Whoever writes the file of a zone that is not there should hear of it; an editor's own files begin with a dot. */
static int no_zone(struct mount *m, fuse_req_t req, const struct node *dir, const char *name)
{
	size_t n = strlen(name);
	if (n < 6 || name[0] == '.' || strcmp(name + n - 5, ".zone") != 0)
		return 0;
	return change_refuse(m, req, dir, name, "there is no such zone, or not this branch of it: see apex zone add",
			     EPERM);
}

int change_type(uint16_t *type, struct mount *m, fuse_req_t req, const struct node *dir, const char *name)
{
	char hint[200];
	*type = 0;
	int error = change_may(m, req, dir, name);
	if (error || dir->kind == NODE_DIR)
		return error;
	if (dir->kind == NODE_ZONEDIR && zonefiles_name(m, m->txn, name))
		*type = ZONE_FILE;
	if (dir->kind == NODE_ZONEDIR)
		return *type ? 0 : no_zone(m, req, dir, name);
	if (dir->kind != NODE_TREE)
		return EPERM;
	if (names_file(type, hint, name) == NAMES_REFUSED)
		return change_refuse(m, req, dir, name, hint, EINVAL);
	return 0;
}

int change_later(struct mount *m, fuse_req_t req, job_fn *run, struct node *n, struct node *dir, const char *name)
{
	struct who who;
	op_fill_who(&who, req);
	struct job *j = job_new(run, req, &who, n, dir, name);
	if (!j)
		return ENOMEM;
	job_add(m, j);
	return 0;
}

/* -- rmdir ------------------------------------------------------------------------------------------------ */

/* Refused texts are no obstacle. */
static void drop_hidden(struct mount *m, struct node *dir)
{
	for (size_t i = dir->dir ? dir->dir->n : 0; i-- > 0;)
		if (i < dir->dir->n && node_hidden(dir->dir->over[i]))
			node_drop(m, dir->dir->over[i]);
}

static int remove_label(struct mount *m, struct node *n)
{
	bool empty;
	struct node *dir = n->parent;
	int error = ns_empty(&empty, m->txn, n);
	if (error)
		return error;
	if (!empty)
		return ENOTEMPTY;
	node_pin(n);
	drop_hidden(m, n);
	node_unkeep(m, n);
	node_drop(m, n);
	commit_keep_if_bare(m->txn, dir);
	node_unpin(m, n);
	return 0;
}

void op_rmdir(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct mount *m = op_begin(req);
	struct node *n;
	double keep;
	if (!m)
		return;
	struct node *dir = node_of(m, parent);
	int error = change_may(m, req, dir, name);
	if (!error)
		error = ns_walk(&n, &keep, m, m->txn, dir, name, 0);
	if (!error && (dir->kind == NODE_HEADS || dir->kind == NODE_STAGES)) {
		error = change_later(m, req, dir->kind == NODE_HEADS ? save_drop_branch : stage_drop, n, NULL, NULL);
		if (!error)
			goto out;
	} else if (!error && n->kind == NODE_TREE) {
		error = remove_label(m, n);
	} else if (!error && n->kind == NODE_DIR && !(n->dir && n->dir->n)) {
		scratch_unname(m, n);
	} else if (!error) {
		error = n->kind == NODE_DIR ? ENOTEMPTY : ENOTDIR;
	}
	fuse_reply_err(req, error);
out:
	op_end(m);
}

/* -- unlink ----------------------------------------------------------------------------------------------- */

/* 0, answered later (EINPROGRESS), or an errno. */
static int shelve(struct mount *m, fuse_req_t req, struct node *n, struct node *dir, const char *name)
{
	struct record_info info;
	struct who who;
	struct ax_buf key = AX_BUF_INIT;
	enum ax_err e = save_look(&info, &key, NULL, m->txn, n);
	bool waits = !e && waiting_find(&n->view->waiting, ax_buf_view(&key));
	ax_buf_fini(&key);
	if (e)
		return ax_err_errno(e);
	op_fill_who(&who, req);
	if (!info.version || waits || save_delete_is_small(m, m->txn, n, &who, &info))
		return save_shelve(m, m->txn, n, dir, name, &who);
	int error = change_later(m, req, save_delete, n, dir, name);
	return error ? error : EINPROGRESS;
}

static int shelve_zone(struct mount *m, fuse_req_t req, struct node *n, struct node *dir, const char *name)
{
	struct who who;
	int error = op_writable(m, req, n, NULL);
	if (error)
		return error;
	op_fill_who(&who, req);
	return zonefiles_shelve(m, m->txn, n, dir, name, &who);
}

void op_unlink(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct mount *m = op_begin(req);
	struct node *n;
	double keep;
	if (!m)
		return;
	struct node *dir = node_of(m, parent);
	int error = change_may(m, req, dir, name);
	if (!error)
		error = ns_walk(&n, &keep, m, m->txn, dir, name, 0);
	if (!error && n->kind == NODE_RECORD)
		error = shelve(m, req, n, NULL, NULL);
	else if (!error && n->kind == NODE_ZONEFILE)
		error = shelve_zone(m, req, n, NULL, NULL);
	else if (!error && (n->kind == NODE_FILE || n->kind == NODE_SYMLINK))
		scratch_unname(m, node_find(m, dir, name));
	else if (!error)
		error = n->kind == NODE_STATUS || n->kind == NODE_COMMIT ? EPERM : EISDIR;
	if (error != EINPROGRESS)
		fuse_reply_err(req, error);
	op_end(m);
}

/* Who asks that a directory be durable, asks that its deletions are. */
void op_fsyncdir(fuse_req_t req, fuse_ino_t ino, int datasync, struct fuse_file_info *fi)
{
	struct mount *m = op_begin(req);
	(void)datasync;
	(void)fi;
	if (!m)
		return;
	struct node *dir = node_of(m, ino);
	if (!dir->view || !dir->view->waiting.n || change_later(m, req, save_deletions, dir, NULL, NULL))
		fuse_reply_err(req, 0);
	op_end(m);
}

/* -- rename ----------------------------------------------------------------------------------------------- */

/* In these n is the name: a hard link of scratch, or the object itself. */
static int rename_file(struct mount *m, fuse_req_t req, struct node *n, struct node *there, struct node *dir,
		       const char *name)
{
	uint16_t type;
	int error = change_type(&type, m, req, dir, name);
	if (error)
		return error;
	if (there && (there->kind == NODE_TREE || there->kind == NODE_DIR))
		return EISDIR;
	if (!type && n->kind == NODE_ZONEFILE)
		return shelve_zone(m, req, n, dir, name);
	if (!type && n->kind == NODE_RECORD)
		return shelve(m, req, n, dir, name);
	if (!type)
		return scratch_move(m, n, dir, name);
	if (node_named(n)->kind == NODE_SYMLINK)
		return change_refuse(m, req, dir, name, "an RRset is no symbolic link", EPERM);
	if (type == ZONE_FILE)
		error = n->scratch ? change_later(m, req, zonefiles_save_as, n, dir, name) : EXDEV;
	else if (n->kind == NODE_ZONEFILE)
		error = EXDEV;
	else if (n->scratch || n->view == dir->view)
		error = change_later(m, req, n->scratch ? save_file_as : save_record_as, n, dir, name);
	else
		error = EXDEV;
	return error ? error : EINPROGRESS;
}

static int rename_label(struct mount *m, fuse_req_t req, struct node *n, struct node *there, struct node *dir,
			const char *name)
{
	char hint[200];
	if (n == n->view->root)
		return change_refuse(m, req, dir, name, "a branch is not renamed", EPERM);
	if (dir->view != n->view || dir->kind != NODE_TREE)
		return EXDEV; /* mv copies then, and each file is a save */
	enum names_kind kind = names_dir(hint, name);
	if (kind == NAMES_REFUSED)
		return change_refuse(m, req, dir, name, hint, EINVAL);
	if (kind == NAMES_SCRATCH)
		return EXDEV;
	if (there && there->kind != NODE_TREE)
		return ENOTDIR;
	if (there) {
		int error = remove_label(m, there);
		if (error)
			return error;
	}
	int error = change_later(m, req, save_label_as, n, dir, name);
	return error ? error : EINPROGRESS;
}

static int rename_node(struct mount *m, fuse_req_t req, struct node *n, struct node *there, struct node *dir,
		       const char *name)
{
	char hint[200];
	switch (n->kind) {
	case NODE_RECORD:
	case NODE_ZONEFILE:
	case NODE_FILE:
	case NODE_SYMLINK:
	case NODE_NAME:
		return rename_file(m, req, n, there, dir, name);
	case NODE_TREE:
		return rename_label(m, req, n, there, dir, name);
	case NODE_DIR:
		if (dir->kind == NODE_HEADS || dir->kind == NODE_STAGES)
			return EPERM;
		if (dir->kind == NODE_TREE && names_dir(hint, name) != NAMES_SCRATCH)
			return EXDEV;
		if (there && there->kind != NODE_DIR)
			return ENOTDIR;
		return there && there->dir && there->dir->n ? ENOTEMPTY : scratch_move(m, n, dir, name);
	default:
		return EPERM;
	}
}

void op_rename(fuse_req_t req, fuse_ino_t parent, const char *name, fuse_ino_t newparent, const char *newname,
	       unsigned int flags)
{
	struct mount *m = op_begin(req);
	struct node *n, *there = NULL;
	double keep;
	if (!m)
		return;
	struct node *from = node_of(m, parent), *to = node_of(m, newparent);
	int error = flags & ~(unsigned)RENAME_NOREPLACE ? EINVAL : change_may(m, req, from, name);
	if (!error)
		error = change_may(m, req, to, newname);
	if (!error)
		error = ns_walk(&n, &keep, m, m->txn, from, name, 0);
	if (!error && ns_walk(&there, &keep, m, m->txn, to, newname, 0))
		there = NULL;
	if (!error && there && (flags & RENAME_NOREPLACE))
		error = EEXIST;
	if (!error && there != n) /* two names of one file stay two (POSIX) */
		error = rename_node(m, req, n->scratch ? node_find(m, from, name) : n, there, to, newname);
	if (error != EINPROGRESS)
		fuse_reply_err(req, error);
	op_end(m);
}
