/* change.c - see ops.h: names that come, go and move. Which name is what is names.h. */
#include "fs/attr.h"
#include "fs/commit.h"
#include "fs/draft.h"
#include "fs/names.h"
#include "fs/ns.h"
#include "fs/ops.h"
#include "fs/save.h"
#include "fs/scratch.h"
#include "fs/stage.h"
#include "fs/zonefiles.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* -- what all of them ask --------------------------------------------------------------------------------- */

/* What file_type tells of a zone's file; no type has this number (RFC 6895 3.1). */
enum { ZONE_FILE = 0xffff };

/* May names in dir be changed? */
static int changeable(struct mount *m, fuse_req_t req, const struct node *dir, const char *name)
{
	if (m->read_only)
		return EROFS;
	if (dir->kind == NODE_DIR || dir->kind == NODE_HEADS || dir->kind == NODE_ZONEDIR || dir->kind == NODE_STAGES)
		return 0;
	return dir->kind == NODE_TREE ? op_writable(m, req, dir, name) : EROFS;
}

static int refuse_name(struct mount *m, fuse_req_t req, const struct node *dir, const char *name, const char *why,
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
	return refuse_name(m, req, dir, name, "there is no such zone, or not this branch of it: see apex zone add",
			   EPERM);
}

/* What a regular file of that name in dir would be: its type, ZONE_FILE, 0 for scratch. An errno if it can't be. */
static int file_type(uint16_t *type, struct mount *m, fuse_req_t req, const struct node *dir, const char *name)
{
	char hint[200];
	*type = 0;
	int error = changeable(m, req, dir, name);
	if (error || dir->kind == NODE_DIR)
		return error;
	if (dir->kind == NODE_ZONEDIR && zonefiles_name(m, m->txn, name))
		*type = ZONE_FILE;
	if (dir->kind == NODE_ZONEDIR)
		return *type ? 0 : no_zone(m, req, dir, name);
	if (dir->kind != NODE_TREE)
		return EPERM;
	if (names_file(type, hint, name) == NAMES_REFUSED)
		return refuse_name(m, req, dir, name, hint, EINVAL);
	return 0;
}

/* May type stand where the branch, less what waits to be deleted, has a CNAME, or the reverse (RFC 4035 2.5)? */
static bool beside(uint16_t a, uint16_t b)
{
	bool free_a = a == AX_TYPE_RRSIG || a == AX_TYPE_NSEC || a == AX_TYPE_KEY;
	bool free_b = b == AX_TYPE_RRSIG || b == AX_TYPE_NSEC || b == AX_TYPE_KEY;
	return a == b || free_a || free_b || (a != AX_TYPE_CNAME && b != AX_TYPE_CNAME);
}

static int check_beside(struct mount *m, fuse_req_t req, struct node *dir, const char *name, uint16_t type)
{
	struct ax_commit_info tip;
	struct ax_buf prefix = AX_BUF_INIT;
	struct ax_cursor c;
	uint16_t other = 0;
	enum ax_err e = view_tip(&tip, dir->view, m->txn);
	if (e || !tip.local || !node_prefix(&prefix, dir))
		goto out;
	ax_buf_u8(&prefix, 0);
	e = ax_cursor_init(&c, m->txn, &tip.root);
	if (e)
		goto out;
	c.keys_only = true;
	e = ax_cursor_seek(&c, ax_buf_view(&prefix));
	while (!e && !other && c.valid && ax_slice_starts(c.entry.key, ax_buf_view(&prefix))) {
		uint16_t there = ax_be16(c.entry.key.p + prefix.n);
		if (!beside(type, there) && !waiting_find(&dir->view->waiting, c.entry.key))
			other = there;
		e = ax_cursor_next(&c);
	}
	ax_cursor_fini(&c);
out:
	ax_buf_fini(&prefix);
	if (e || !other)
		return ax_err_errno(e);
	char text[24], why[200];
	ax_type_text(text, other);
	snprintf(why, sizeof(why), "a CNAME stands beside no other data (RFC 1034 3.6.2), and %s is there", text);
	return refuse_name(m, req, dir, name, why, EBADMSG);
}

/* -- create ----------------------------------------------------------------------------------------------- */

static int new_scratch(struct node **out, struct mount *m, fuse_req_t req, struct node *dir, const char *name,
		       enum node_kind kind, mode_t mode)
{
	const struct fuse_ctx *ctx = fuse_req_ctx(req);
	struct node *n = node_get(m, dir, name, kind);
	gid_t gid = ctx->gid;
	*out = NULL;
	if (!n)
		return ENOMEM;
	mode &= ~ctx->umask;
	if (dir->scratch && (dir->scratch->mode & S_ISGID)) {
		gid = dir->scratch->gid;
		mode |= kind == NODE_DIR ? S_ISGID : 0;
	}
	int error = scratch_attach(m, n, mode, ctx->uid, gid);
	if (error)
		node_drop(m, n);
	else
		*out = n;
	return error;
}

/* A record that is not saved yet: an open file stands for it. If its name waits to be deleted, the two become one
 * change. */
static int new_record(struct node **out, struct mount *m, fuse_req_t req, struct node *dir, const char *name,
		      uint16_t type)
{
	struct ax_buf key = AX_BUF_INIT;
	struct ax_name owner;
	int error = dir->view->kind == VIEW_STAGE ? 0 : check_beside(m, req, dir, name, type);
	*out = NULL;
	if (error)
		return error;
	struct node *n = node_find(m, dir, name);
	if (n && node_drafts(n) && n->draft)
		node_unhash(m, n); /* being written, and deleted by somebody else: another file */
	n = node_get(m, dir, name, NODE_RECORD);
	if (!n)
		return ENOMEM;
	node_pin(n);
	if (!node_overlay(n))
		error = ENOMEM;
	if (!error)
		error = save_need_draft(m, m->txn, n);
	if (!error) {
		n->draft->loaded = true;
		n->draft->shown = true;
		n->draft->written = who_now();
	}
	if (!error && node_owner(&owner, n) && !record_key(&key, &owner, &dir->view->apex, type)) {
		struct gone *g = waiting_find(&dir->view->waiting, ax_buf_view(&key));
		if (g)
			waiting_set_writer(&dir->view->waiting, g, n);
	}
	ax_buf_fini(&key);
	*out = error ? NULL : n;
	if (error)
		node_drop(m, n);
	node_unpin(m, n);
	return error;
}

/* May dir/name become something: 0, EEXIST, or what looking for it says. */
static int vacant(struct mount *m, struct node *dir, const char *name)
{
	struct node *there;
	double keep;
	int error = ns_walk(&there, &keep, m, m->txn, dir, name, 0);
	return !error ? EEXIST : error == ENOENT ? 0 : error;
}

static int new_file(struct node **out, struct mount *m, fuse_req_t req, struct node *dir, const char *name,
		    mode_t mode)
{
	uint16_t type;
	*out = NULL;
	int error = vacant(m, dir, name);
	if (!error)
		error = file_type(&type, m, req, dir, name);
	if (error)
		return error;
	if (type == ZONE_FILE) {
		error = zonefiles_create(out, m, dir, name);
		return error == ENOENT ? refuse_name(m, req, dir, name, "the zone has no such branch", EPERM) : error;
	}
	return type ? new_record(out, m, req, dir, name, type) : new_scratch(out, m, req, dir, name, NODE_FILE, mode);
}

void op_create(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, struct fuse_file_info *fi)
{
	struct mount *m = op_begin(req);
	struct fuse_entry_param e = { 0 };
	struct node *n = NULL;
	if (!m)
		return;
	int error = new_file(&n, m, req, node_of(m, parent), name, mode);
	if (!error)
		error = op_fill_entry(&e, m, m->txn, n, 0);
	if (!error)
		error = edit_open(m, req, n, fi);
	if (error) {
		if (n)
			node_drop(m, n);
		fuse_reply_err(req, error);
	} else {
		n->nlookup++;
		if (fuse_reply_create(req, &e, fi)) {
			edit_close(m, op_handle(fi));
			node_forget(m, n, 1);
		}
	}
	op_end(m);
}

/* mknod(2) of a regular file, which open is to follow; a record begins with its text, so only scratch. */
void op_mknod(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, dev_t rdev)
{
	struct mount *m = op_begin(req);
	struct node *n;
	uint16_t type;
	(void)rdev;
	if (!m)
		return;
	struct node *dir = node_of(m, parent);
	int error = S_ISREG(mode) ? file_type(&type, m, req, dir, name) : EPERM;
	if (!error && type)
		error = EPERM;
	if (!error)
		error = new_file(&n, m, req, dir, name, mode);
	if (error)
		fuse_reply_err(req, error);
	else
		op_reply_entry(req, m, m->txn, n, 0);
	op_end(m);
}

void op_symlink(fuse_req_t req, const char *target, fuse_ino_t parent, const char *name)
{
	struct mount *m = op_begin(req);
	struct node *n = NULL;
	uint16_t type;
	if (!m)
		return;
	struct node *dir = node_of(m, parent);
	int error = vacant(m, dir, name);
	if (!error)
		error = file_type(&type, m, req, dir, name);
	if (!error && type)
		error = refuse_name(m, req, dir, name, "an RRset is no symbolic link", EPERM);
	if (!error)
		error = new_scratch(&n, m, req, dir, name, NODE_SYMLINK, 0777);
	if (!error)
		error = scratch_set(m, n, ax_slice_str(target));
	if (error && n)
		node_drop(m, n);
	if (error)
		fuse_reply_err(req, error);
	else
		op_reply_entry(req, m, m->txn, n, 0);
	op_end(m);
}

static int copy_record(struct node **out, struct mount *m, fuse_req_t req, struct node *from, struct node *dir,
		       const char *name)
{
	struct ax_buf text = AX_BUF_INIT;
	uint64_t version;
	*out = NULL;
	int error = attr_text(&text, &version, m, m->txn, from);
	if (!error)
		error = new_scratch(out, m, req, dir, name, NODE_FILE, 0644);
	if (!error)
		error = scratch_set(m, *out, ax_buf_view(&text));
	if (error && *out)
		node_drop(m, *out);
	ax_buf_fini(&text);
	return error;
}

/* A hard link of scratch is one; of a record it is a copy of the text, for that belongs to its name. */
static int link_as(struct node **out, struct mount *m, fuse_req_t req, struct node *from, struct node *dir,
		   const char *name)
{
	uint16_t type;
	int error = vacant(m, dir, name);
	if (!error)
		error = file_type(&type, m, req, dir, name);
	if (error)
		return error;
	if (type)
		return refuse_name(m, req, dir, name, "an RRset is no hard link: write it, or rename onto it", EPERM);
	if (node_drafts(from))
		return copy_record(out, m, req, from, dir, name);
	if (from->kind != NODE_FILE && from->kind != NODE_SYMLINK)
		return EPERM;
	*out = from;
	return scratch_link(m, from, dir, name);
}

void op_link(fuse_req_t req, fuse_ino_t ino, fuse_ino_t newparent, const char *newname)
{
	struct mount *m = op_begin(req);
	struct node *n = NULL;
	if (!m)
		return;
	int error = link_as(&n, m, req, node_of(m, ino), node_of(m, newparent), newname);
	if (error)
		fuse_reply_err(req, error);
	else
		op_reply_entry(req, m, m->txn, n, 0);
	op_end(m);
}

/* -- directories ------------------------------------------------------------------------------------------ */

/* Hand the rest to the committer, which answers. */
static int later(struct mount *m, fuse_req_t req, job_fn *run, struct node *n, struct node *dir, const char *name)
{
	struct who who;
	op_fill_who(&who, req);
	struct job *j = job_new(run, req, &who, n, dir, name);
	if (!j)
		return ENOMEM;
	job_add(m, j);
	return 0;
}

static int make_label(struct node **out, struct mount *m, fuse_req_t req, struct node *dir, const char *name,
		      mode_t mode)
{
	char hint[200];
	struct ax_name owner;
	uint8_t label[AX_LABEL_MAX];
	size_t len;
	*out = NULL;
	enum names_kind kind = names_dir(hint, name);
	if (kind == NAMES_SCRATCH)
		return new_scratch(out, m, req, dir, name, NODE_DIR, mode);
	if (kind == NAMES_REFUSED)
		return refuse_name(m, req, dir, name, hint, EINVAL);
	if (!node_owner(&owner, dir) || ax_label_from_file(label, &len, name) ||
	    ax_name_prepend(&owner, ax_slice(label, len)))
		return refuse_name(m, req, dir, name, "the name would be longer than 255 octets (RFC 1035 2.3.4)",
				   ENAMETOOLONG);
	struct node *n = node_get(m, dir, name, NODE_TREE);
	if (!n)
		return ENOMEM;
	if (!node_keep(n)) {
		node_drop(m, n);
		return ENOMEM;
	}
	*out = n;
	return 0;
}

void op_mkdir(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode)
{
	struct mount *m = op_begin(req);
	struct node *n = NULL;
	double keep;
	if (!m)
		return;
	struct node *dir = node_of(m, parent);
	int error = changeable(m, req, dir, name);
	if (!error && !ns_walk(&n, &keep, m, m->txn, dir, name, 0))
		error = EEXIST;
	if (error) {
		;
	} else if (dir->kind == NODE_HEADS && ax_ref_check_name(name)) {
		error = refuse_name(m, req, dir, name, ax_err_text(AX_EINVAL), EINVAL);
	} else if (dir->kind == NODE_HEADS) {
		error = later(m, req, save_new_branch, dir, NULL, name);
		if (!error)
			goto out;
	} else if (dir->kind == NODE_STAGES) {
		error = later(m, req, stage_make, dir, NULL, name);
		if (!error)
			goto out;
	} else if (dir->kind == NODE_DIR || dir->kind == NODE_ZONEDIR) {
		error = new_scratch(&n, m, req, dir, name, NODE_DIR, mode);
	} else {
		error = make_label(&n, m, req, dir, name, mode);
	}
	if (error)
		fuse_reply_err(req, error);
	else
		op_reply_entry(req, m, m->txn, n, 0);
out:
	op_end(m);
}

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
	int error = changeable(m, req, dir, name);
	if (!error)
		error = ns_walk(&n, &keep, m, m->txn, dir, name, 0);
	if (!error && (dir->kind == NODE_HEADS || dir->kind == NODE_STAGES)) {
		error = later(m, req, dir->kind == NODE_HEADS ? save_drop_branch : stage_drop, n, NULL, NULL);
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
	int error = later(m, req, save_delete, n, dir, name);
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
	int error = changeable(m, req, dir, name);
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
	if (!dir->view || !dir->view->waiting.n || later(m, req, save_deletions, dir, NULL, NULL))
		fuse_reply_err(req, 0);
	op_end(m);
}

/* -- rename ----------------------------------------------------------------------------------------------- */

/* In these n is the name: a hard link of scratch, or the object itself. */
static int rename_file(struct mount *m, fuse_req_t req, struct node *n, struct node *there, struct node *dir,
		       const char *name)
{
	uint16_t type;
	int error = file_type(&type, m, req, dir, name);
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
		return refuse_name(m, req, dir, name, "an RRset is no symbolic link", EPERM);
	if (type == ZONE_FILE)
		error = n->scratch ? later(m, req, zonefiles_save_as, n, dir, name) : EXDEV;
	else if (n->kind == NODE_ZONEFILE)
		error = EXDEV;
	else if (n->scratch || n->view == dir->view)
		error = later(m, req, n->scratch ? save_file_as : save_record_as, n, dir, name);
	else
		error = EXDEV;
	return error ? error : EINPROGRESS;
}

static int rename_label(struct mount *m, fuse_req_t req, struct node *n, struct node *there, struct node *dir,
			const char *name)
{
	char hint[200];
	if (n == n->view->root)
		return refuse_name(m, req, dir, name, "a branch is not renamed", EPERM);
	if (dir->view != n->view || dir->kind != NODE_TREE)
		return EXDEV; /* mv copies then, and each file is a save */
	enum names_kind kind = names_dir(hint, name);
	if (kind == NAMES_REFUSED)
		return refuse_name(m, req, dir, name, hint, EINVAL);
	if (kind == NAMES_SCRATCH)
		return EXDEV;
	if (there && there->kind != NODE_TREE)
		return ENOTDIR;
	if (there) {
		int error = remove_label(m, there);
		if (error)
			return error;
	}
	int error = later(m, req, save_label_as, n, dir, name);
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
	int error = flags & ~(unsigned)RENAME_NOREPLACE ? EINVAL : changeable(m, req, from, name);
	if (!error)
		error = changeable(m, req, to, newname);
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
