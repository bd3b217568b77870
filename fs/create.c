/* create.c - see ops.h: names that come. Which name is what is names.h. */
#include "fs/attr.h"
#include "fs/change.h"
#include "fs/draft.h"
#include "fs/names.h"
#include "fs/ns.h"
#include "fs/ops.h"
#include "fs/save.h"
#include "fs/scratch.h"
#include "fs/stage.h"
#include "fs/zonefiles.h"

#include <stdio.h>

/* -- records ---------------------------------------------------------------------------------------------- */

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
	return change_refuse(m, req, dir, name, why, EBADMSG);
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
		error = change_type(&type, m, req, dir, name);
	if (error)
		return error;
	if (type == ZONE_FILE) {
		error = zonefiles_create(out, m, dir, name);
		return error == ENOENT ? change_refuse(m, req, dir, name, "the zone has no such branch", EPERM)
				       : error;
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
	int error = S_ISREG(mode) ? change_type(&type, m, req, dir, name) : EPERM;
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

/* May what is no record be made under this name? why: what an RRset is not. */
static int free_of_records(struct mount *m, fuse_req_t req, struct node *dir, const char *name, const char *why)
{
	uint16_t type;
	int error = vacant(m, dir, name);
	if (!error)
		error = change_type(&type, m, req, dir, name);
	return !error && type ? change_refuse(m, req, dir, name, why, EPERM) : error;
}

void op_symlink(fuse_req_t req, const char *target, fuse_ino_t parent, const char *name)
{
	struct mount *m = op_begin(req);
	struct node *n = NULL;
	if (!m)
		return;
	struct node *dir = node_of(m, parent);
	int error = free_of_records(m, req, dir, name, "an RRset is no symbolic link");
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
	int error = free_of_records(m, req, dir, name, "an RRset is no hard link: write it, or rename onto it");
	if (error)
		return error;
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
		return change_refuse(m, req, dir, name, hint, EINVAL);
	if (!node_owner(&owner, dir) || ax_label_from_file(label, &len, name) ||
	    ax_name_prepend(&owner, ax_slice(label, len)))
		return change_refuse(m, req, dir, name, "the name would be longer than 255 octets (RFC 1035 2.3.4)",
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
	int error = change_may(m, req, dir, name);
	if (!error && !ns_walk(&n, &keep, m, m->txn, dir, name, 0))
		error = EEXIST;
	if (error) {
		;
	} else if (dir->kind == NODE_HEADS && ax_ref_check_name(name)) {
		error = change_refuse(m, req, dir, name, ax_err_text(AX_EINVAL), EINVAL);
	} else if (dir->kind == NODE_HEADS) {
		error = change_later(m, req, save_new_branch, dir, NULL, name);
		if (!error)
			goto out;
	} else if (dir->kind == NODE_STAGES) {
		error = change_later(m, req, stage_make, dir, NULL, name);
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
