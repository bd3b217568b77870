/* edit.c - see ops.h: files open for writing. When a write counts, and what a flush means, is MOUNT.md section 2. */
#include "fs/attr.h"
#include "fs/draft.h"
#include "fs/ops.h"
#include "fs/rendered.h"
#include "fs/save.h"
#include "fs/scratch.h"
#include "fs/stage.h"
#include "fs/zonefiles.h"

#include <stdio.h>
#include <stdlib.h>

/* -- open ------------------------------------------------------------------------------------------------- */

static bool writes(int flags)
{
	return (flags & O_ACCMODE) != O_RDONLY;
}

/* A commit's text never changes: the kernel keeps its pages. A live one may change between any two requests, and a
 * read through the kernel's pages ends at the size it was told last: half of a longer text. So those go straight to
 * us, who give each open file one whole text at a time. A node for each text, whose pages and size belong together,
 * would not do: requests for pages tell the page, not where in it the reader is, so that one who begins anew can't be
 * told from one who goes on, and an open file would never show the new text, or show half of each. */
static int cache_flags(struct mount *m, struct node *n, struct fuse_file_info *fi)
{
	struct record_info info;
	struct ax_buf key = AX_BUF_INIT;
	fi->noflush = 1;
	if (n->kind == NODE_ZONEFILE)
		return 0;
	enum ax_err e = save_look(&info, &key, NULL, m->txn, n);
	ax_buf_fini(&key);
	if (e)
		return ax_err_errno(e);
	fi->keep_cache = n->view->kind == VIEW_COMMIT;
	fi->direct_io = !fi->keep_cache;
	return 0;
}

static int begin_write(struct mount *m, fuse_req_t req, struct node *n, int flags)
{
	int error = op_writable(m, req, n, NULL);
	if (!error)
		error = save_need_draft(m, m->txn, n);
	if (!error)
		op_fill_who(&n->draft->who, req);
	if (!error && (flags & O_TRUNC)) {
		n->draft->loaded = true;
		error = draft_truncate(n->draft, 0);
	}
	return error;
}

static bool is_text(const struct node *n)
{
	return n->kind == NODE_ERRORS || n->kind == NODE_LOG || n->kind == NODE_DIFF || n->kind == NODE_STATUS ||
	       n->kind == NODE_COMMIT;
}

/* Made when it is read: its size is not known before. */
static int open_text(struct handle *h, struct mount *m, fuse_req_t req, struct node *n, struct fuse_file_info *fi)
{
	if (writes(fi->flags) && n->kind != NODE_COMMIT)
		return EROFS;
	fi->direct_io = 1;
	if (n->kind != NODE_LOG && n->kind != NODE_DIFF)
		return 0;
	return rendered_open(&h->rendered, m, m->txn, n, fuse_req_ctx(req)->uid);
}

int edit_open(struct mount *m, fuse_req_t req, struct node *n, struct fuse_file_info *fi)
{
	int error = 0;
	struct handle *h = calloc(1, sizeof(*h));
	if (!h)
		return ENOMEM;
	if (is_text(n))
		error = open_text(h, m, req, n, fi);
	else if (n->kind == NODE_FILE && (fi->flags & O_TRUNC))
		error = scratch_truncate(m, n, 0);
	else if (node_drafts(n))
		error = writes(fi->flags) ? begin_write(m, req, n, fi->flags) : cache_flags(m, n, fi);
	if (error) {
		node_pin(n);
		if (node_drafts(n) && !n->writers)
			save_end_draft(m, n);
		node_unpin(m, n);
		free(h);
		return error;
	}
	if (n->kind == NODE_ZONEFILE)
		fi->direct_io = 1;
	h->node = n;
	h->flags = fi->flags;
	h->thread = fuse_req_ctx(req)->pid;
	h->process = writes(fi->flags) && node_drafts(n) ? who_process(fuse_req_ctx(req)->pid) : 0;
	n->opens++;
	n->writers += writes(fi->flags);
	node_pin(n);
	h->next = m->handles;
	h->link = &m->handles;
	if (h->next)
		h->next->link = &h->next;
	m->handles = h;
	fi->fh = (uintptr_t)h;
	return 0;
}

void edit_close(struct mount *m, struct handle *h)
{
	struct node *n = h->node;
	n->opens--;
	n->writers -= writes(h->flags);
	*h->link = h->next;
	if (h->next)
		h->next->link = h->link;
	ax_buf_fini(&h->text);
	rendered_close(h->rendered);
	free(h);
	node_unpin(m, n);
}

bool edit_unsaved(const struct handle *h)
{
	const struct draft *d = node_drafts(h->node) && writes(h->flags) ? h->node->draft : NULL;
	return d && d->dirty && !draft_refused(d);
}

static int open_later(struct mount *m, fuse_req_t req, struct node *n)
{
	struct who who;
	op_fill_who(&who, req);
	struct job *j = job_new(stage_open, req, &who, n, NULL, NULL);
	if (j)
		job_add(m, j);
	return j ? 0 : ENOMEM;
}

void op_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct mount *m = op_begin(req);
	if (!m)
		return;
	struct node *n = node_of(m, ino);
	if (n->kind == NODE_STATUS && n->view->waiting.n && !open_later(m, req, n)) {
		op_end(m);
		return;
	}
	int error = edit_open(m, req, n, fi);
	if (error)
		fuse_reply_err(req, error);
	else if (fuse_reply_open(req, fi))
		edit_close(m, op_handle(fi));
	op_end(m);
}

/* -- write ------------------------------------------------------------------------------------------------ */

/* After a save the text that readers see is the canonical one; a shell that goes on appending means that. */
static int prepare(struct mount *m, fuse_req_t req, struct node *n, bool append)
{
	int error = op_writable(m, req, n, NULL);
	if (!error)
		error = save_need_draft(m, m->txn, n);
	if (error)
		return error;
	if (append && !n->draft->shown)
		n->draft->loaded = false;
	return save_load_draft(m, m->txn, n);
}

/* A record that begins on one line of a zone file may end on another: only the whole is judged. */
static int write_draft(struct mount *m, fuse_req_t req, struct node *n, const char *buf, size_t size, off_t off,
		       bool append)
{
	struct ax_name owner;
	int error = prepare(m, req, n, append);
	/* the kernel's idea of the end may be that of the text before it was judged */
	if (!error && append)
		off = (off_t)n->draft->text.n;
	if (!error)
		error = draft_write(n->draft, buf, size, (uint64_t)off);
	if (error == EFBIG && n->draft)
		draft_refuse(n->draft, EFBIG,
			     n->kind == NODE_RECORD ? "an RRset has at most 16 MiB"
						    : "a zone file has at most 256 MiB");
	if (error == ENOSPC && n->draft)
		draft_refuse(n->draft, ENOSPC, "no room for one more text that is being written");
	if (error || n->kind == NODE_ZONEFILE)
		return error;
	if (!node_owner(&owner, n))
		return ENOENT;
	return draft_check_lines(n->draft, &owner, &n->view->apex, node_type(n));
}

/* The committer answers. */
static int write_message(struct mount *m, fuse_req_t req, struct node *n, const char *buf, size_t size)
{
	struct who who;
	int error = op_writable(m, req, n, NULL);
	if (error)
		return error;
	op_fill_who(&who, req);
	struct job *j = job_new(stage_commit, req, &who, n, NULL, NULL);
	if (!j)
		return ENOMEM;
	ax_buf_put(&j->text, buf, size);
	if (j->text.failed) {
		j->req = NULL;
		job_answer(m, j, 0);
		return ENOMEM;
	}
	job_add(m, j);
	return EINPROGRESS;
}

void op_write(fuse_req_t req, fuse_ino_t ino, const char *buf, size_t size, off_t off, struct fuse_file_info *fi)
{
	struct mount *m = op_begin(req);
	if (!m)
		return;
	struct node *n = node_of(m, ino);
	int error = EBADF;
	if (n->kind == NODE_FILE)
		error = scratch_write(m, n, buf, size, (uint64_t)off);
	else if (n->kind == NODE_COMMIT)
		error = write_message(m, req, n, buf, size);
	else if (node_drafts(n))
		error = write_draft(m, req, n, buf, size, off, fi->flags & O_APPEND);
	if (error && error != EINPROGRESS)
		fuse_reply_err(req, error);
	else if (!error)
		fuse_reply_write(req, size);
	op_end(m);
}

/* -- flush, fsync, release -------------------------------------------------------------------------------- */

/* Is there a text that was not judged as it is? */
static bool to_judge(const struct node *n)
{
	const struct draft *d = node_drafts(n) && (n->hashed || n->kind == NODE_RECORD) ? n->draft : NULL;
	return d && (draft_refused(d) ? !d->judged : d->dirty);
}

/* Let the committer judge and answer. */
static int hand_over(struct mount *m, fuse_req_t req, struct node *n)
{
	if (req)
		op_fill_who(&n->draft->who, req);
	struct job *j = job_new(save_draft, req, &n->draft->who, n, NULL, NULL);
	if (!j)
		return ENOMEM;
	job_add(m, j);
	return 0;
}

static void judge(fuse_req_t req, struct mount *m, struct node *n)
{
	int error = 0;
	if (to_judge(n)) {
		error = hand_over(m, req, n);
		if (!error)
			return;
	} else if (node_drafts(n) && n->draft) {
		error = draft_refused(n->draft);
	}
	fuse_reply_err(req, error);
}

/* A process that dies flushes what it has open: what it wrote may be the half of a text. */
static void doubt(struct draft *d, pid_t pid)
{
	char reason[100];
	int signal = draft_refused(d) ? 0 : who_killed(pid);
	if (!signal)
		return;
	snprintf(reason, sizeof(reason), "its writer was killed by signal %d before it closed the file", signal);
	draft_refuse(d, EINTR, reason);
}

/* Scratch was opened without asking, and may have been renamed to be a record since. */
static bool opened_by(struct handle *h, pid_t pid)
{
	if (pid == h->thread)
		return true;
	if (!h->process)
		h->process = who_process(h->thread);
	return h->process && who_process(pid) == h->process;
}

/* Every child of a shell flushes at its exit; only the process that opened the file says that it is complete. */
void op_flush(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct mount *m = op_begin(req);
	if (!m)
		return;
	struct handle *h = op_handle(fi);
	struct node *n = node_of(m, ino);
	bool draft = node_drafts(n) && n->draft && writes(h->flags);
	pid_t pid = fuse_req_ctx(req)->pid;
	if (draft && (to_judge(n) || draft_refused(n->draft)) && opened_by(h, pid)) {
		doubt(n->draft, pid);
		judge(req, m, n);
	} else {
		fuse_reply_err(req, 0);
	}
	op_end(m);
}

void op_fsync(fuse_req_t req, fuse_ino_t ino, int datasync, struct fuse_file_info *fi)
{
	struct mount *m = op_begin(req);
	(void)datasync;
	(void)fi;
	if (!m)
		return;
	judge(req, m, node_of(m, ino));
	op_end(m);
}

/* The last resort: nobody hears of an error any more. */
void op_release(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct mount *m = fuse_req_userdata(req);
	pthread_mutex_lock(&m->lock);
	struct handle *h = op_handle(fi);
	struct node *n = node_of(m, ino);
	bool last = writes(h->flags) && n->writers == 1;
	node_pin(n);
	edit_close(m, h);
	if (last && node_drafts(n) && (!to_judge(n) || hand_over(m, NULL, n)))
		save_end_draft(m, n);
	fuse_reply_err(req, 0);
	node_unpin(m, n);
	pthread_mutex_unlock(&m->lock);
}

/* -- setattr ---------------------------------------------------------------------------------------------- */

static struct timespec given_time(const struct timespec *given, bool now)
{
	struct timespec t = *given;
	if (now)
		clock_gettime(CLOCK_REALTIME, &t);
	return t;
}

static int set_scratch(struct mount *m, struct node *n, const struct stat *attr, int to_set)
{
	struct scratch *s = n->scratch;
	if (to_set & FUSE_SET_ATTR_MODE)
		s->mode = attr->st_mode & 07777;
	if (to_set & FUSE_SET_ATTR_UID)
		s->uid = attr->st_uid;
	if (to_set & FUSE_SET_ATTR_GID)
		s->gid = attr->st_gid;
	if ((to_set & FUSE_SET_ATTR_SIZE) && n->kind == NODE_FILE) {
		int error = scratch_truncate(m, n, (uint64_t)attr->st_size);
		if (error)
			return error;
	}
	if (to_set & (FUSE_SET_ATTR_ATIME | FUSE_SET_ATTR_ATIME_NOW))
		s->atime = given_time(&attr->st_atim, to_set & FUSE_SET_ATTR_ATIME_NOW);
	if (to_set & (FUSE_SET_ATTR_MTIME | FUSE_SET_ATTR_MTIME_NOW)) {
		s->mtime = given_time(&attr->st_mtim, to_set & FUSE_SET_ATTR_MTIME_NOW);
		s->dated = !(to_set & FUSE_SET_ATTR_MTIME_NOW);
	}
	clock_gettime(CLOCK_REALTIME, &s->ctime);
	scratch_touch(m, n);
	return 0;
}

static int set_size(struct mount *m, fuse_req_t req, struct node *n, uint64_t size)
{
	int error = prepare(m, req, n, false);
	if (!error)
		error = draft_truncate(n->draft, size);
	if (!error)
		op_fill_who(&n->draft->who, req);
	return error;
}

static void set_time(struct mount *m, struct node *n, struct timespec mtime)
{
	struct record_info info = { 0 };
	struct ax_buf key = AX_BUF_INIT;
	enum ax_err e = AX_OK;
	if (node_drafts(n) && n->draft && n->draft->shown) {
		n->draft->dated = true;
		n->draft->mtime = mtime;
		return;
	}
	if (n->kind == NODE_TREE)
		e = attr_changed(&info.version, m->txn, n);
	else if (n->kind == NODE_RECORD)
		e = save_look(&info, &key, NULL, m->txn, n);
	if (!e && info.version)
		attr_set_time(m, n, info.version, mtime);
	ax_buf_fini(&key);
}

/* Modes are the mount's: accepted, for tar, sed, rsync and emacs fail loudly otherwise, and without effect. */
static int set_record(struct mount *m, fuse_req_t req, struct node *n, const struct stat *attr, int to_set)
{
	int error = op_writable(m, req, n, NULL);
	if (error)
		return error;
	uid_t owner = n->view->kind == VIEW_STAGE ? n->view->uid : m->uid;
	if (((to_set & FUSE_SET_ATTR_UID) && attr->st_uid != owner) ||
	    ((to_set & FUSE_SET_ATTR_GID) && attr->st_gid != m->gid))
		return EPERM;
	if (!node_drafts(n) && (to_set & FUSE_SET_ATTR_SIZE)) /* a message begins anew with each write */
		return n->kind == NODE_COMMIT ? 0 : n->kind == NODE_TREE ? EISDIR : EROFS;
	if (to_set & FUSE_SET_ATTR_SIZE) {
		error = set_size(m, req, n, (uint64_t)attr->st_size);
		if (!n->writers) /* truncate(2) without an open file is no deletion, and no text */
			save_end_draft(m, n);
		if (error)
			return error;
	}
	/* "now" is what touch says: the time of a record is that of its commit */
	if ((to_set & FUSE_SET_ATTR_MTIME) && !(to_set & FUSE_SET_ATTR_MTIME_NOW))
		set_time(m, n, attr->st_mtim);
	return 0;
}

void op_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *attr, int to_set, struct fuse_file_info *fi)
{
	struct mount *m = op_begin(req);
	(void)fi;
	if (!m)
		return;
	struct node *n = node_of(m, ino);
	int error = n->scratch ? set_scratch(m, n, attr, to_set)
		    : n->view  ? set_record(m, req, n, attr, to_set)
			       : EROFS;
	if (error)
		fuse_reply_err(req, error);
	else
		op_reply_attr(req, m, n);
	op_end(m);
}
