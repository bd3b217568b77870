/* ops.c - see ops.h: the table, and what reads. */
#include "fs/ops.h"

#include "fs/attr.h"
#include "fs/draft.h"
#include "fs/list.h"
#include "fs/notify.h"
#include "fs/ns.h"
#include "fs/reject.h"
#include "fs/rendered.h"
#include "fs/save.h"
#include "fs/scratch.h"

#include <stdlib.h>
#include <string.h>

struct mount *op_begin(fuse_req_t req)
{
	struct mount *m = fuse_req_userdata(req);
	pthread_mutex_lock(&m->lock);
	if (!m->asked) /* the first request after INIT */
		m->epochs = notify_new_epoch(m);
	m->asked = true;
	if (!ax_txn_renew(m->txn))
		return m;
	pthread_mutex_unlock(&m->lock);
	fuse_reply_err(req, EIO);
	return NULL;
}

void op_end(struct mount *m)
{
	ax_txn_reset(m->txn);
	pthread_mutex_unlock(&m->lock);
}

void op_fill_who(struct who *who, fuse_req_t req)
{
	static const uint64_t second = 1000000000u;
	const struct fuse_ctx *ctx = fuse_req_ctx(req);
	struct mount *m = fuse_req_userdata(req);
	if (m->person.uid != ctx->uid || who_clock() >= m->person_until) {
		who_person(&m->person, ctx->uid);
		m->person_until = who_clock() + second;
	}
	*who = m->person;
	who_program(who, ctx->pid);
}

int op_writable(struct mount *m, fuse_req_t req, const struct node *n, const char *name)
{
	struct who who;
	if (m->read_only || !n->view || !view_live(n->view))
		return EROFS;
	if (n->view->kind == VIEW_STAGE)
		return 0;
	enum ax_err e = ax_protect_check(m->txn, n->view->zone, view_name(n->view));
	if (!e)
		return 0;
	op_fill_who(&who, req);
	errors_refuse(m, &who, n, name, ax_err_text(e));
	return ax_err_errno(e);
}

/* How long the kernel may keep the name of n, if what is committed may be kept that long. What is in the overlay goes
 * when its text is refused, scratch only by the kernel's own doing or with a new epoch. But NAME.rejected is ours,
 * and scratch that is renamed onto a zone's file is not that file's node. */
static double keep_name(const struct mount *m, const struct node *n, double keep)
{
	if (!n->overlaid)
		return keep;
	if (!n->scratch || reject_is_name(n->name) || n->parent->kind == NODE_ZONEDIR)
		return 0;
	return mount_keep_name(m);
}

int op_fill_entry(struct fuse_entry_param *e, struct mount *m, struct ax_txn *t, struct node *n, double keep)
{
	memset(e, 0, sizeof(*e));
	int error = attr_fill(&e->attr, &e->attr_timeout, m, t, n);
	e->ino = node_id(m, n);
	e->entry_timeout = keep_name(m, n, keep);
	return error;
}

void op_reply_entry(fuse_req_t req, struct mount *m, struct ax_txn *t, struct node *n, double keep)
{
	struct fuse_entry_param e;
	int error = op_fill_entry(&e, m, t, n, keep);
	if (error) {
		fuse_reply_err(req, error);
		return;
	}
	n->nlookup++;
	if (fuse_reply_entry(req, &e))
		n->nlookup--;
}

void op_reply_attr(fuse_req_t req, struct mount *m, struct node *n)
{
	struct stat st;
	double keep;
	int error = attr_fill(&st, &keep, m, m->txn, n);
	if (error)
		fuse_reply_err(req, error);
	else
		fuse_reply_attr(req, &st, keep);
}

static void op_init(void *userdata, struct fuse_conn_info *conn)
{
	(void)userdata;
	conn->want |= conn->capable & (FUSE_CAP_READDIRPLUS | FUSE_CAP_ATOMIC_O_TRUNC);
	/* AUTO falls back to one LOOKUP a name after the first block; a write-back cache would own sizes, times and
	 * errors (MOUNT.md section 3) */
	conn->want &= ~(unsigned)(FUSE_CAP_READDIRPLUS_AUTO | FUSE_CAP_WRITEBACK_CACHE);
	conn->time_gran = 1;
}

static void op_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct mount *m = op_begin(req);
	struct node *n;
	double keep;
	if (!m)
		return;
	int error = ns_walk(&n, &keep, m, m->txn, node_of(m, parent), name, fuse_req_ctx(req)->uid);
	if (!error) {
		node_pin(n);
		op_reply_entry(req, m, m->txn, n, keep);
		node_unpin(m, n);
	} else if (error == ENOENT && keep > 0) {
		fuse_reply_entry(req, &(struct fuse_entry_param){ .entry_timeout = keep });
	} else {
		fuse_reply_err(req, error);
	}
	op_end(m);
}

static void op_forget(fuse_req_t req, fuse_ino_t ino, uint64_t nlookup)
{
	struct mount *m = fuse_req_userdata(req);
	pthread_mutex_lock(&m->lock);
	node_forget(m, node_of(m, ino), nlookup);
	pthread_mutex_unlock(&m->lock);
	fuse_reply_none(req);
}

static void op_forget_multi(fuse_req_t req, size_t count, struct fuse_forget_data *forgets)
{
	struct mount *m = fuse_req_userdata(req);
	pthread_mutex_lock(&m->lock);
	for (size_t i = 0; i < count; i++)
		node_forget(m, node_of(m, forgets[i].ino), forgets[i].nlookup);
	pthread_mutex_unlock(&m->lock);
	fuse_reply_none(req);
}

static void op_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct mount *m = op_begin(req);
	(void)fi;
	if (!m)
		return;
	op_reply_attr(req, m, node_of(m, ino));
	op_end(m);
}

static void op_readlink(fuse_req_t req, fuse_ino_t ino)
{
	struct mount *m = op_begin(req);
	if (!m)
		return;
	struct node *n = node_of(m, ino);
	const char *target = n->kind == NODE_LINK      ? n->target
			     : n->kind == NODE_SYMLINK ? ax_buf_cstr(&n->scratch->data)
						       : NULL;
	if (target)
		fuse_reply_readlink(req, target);
	else
		fuse_reply_err(req, EINVAL);
	op_end(m);
}

/* Bring the text an open file shows up to date; what was deleted meanwhile still shows its last text. */
static int refresh(struct handle *h, struct mount *m)
{
	struct node *n = h->node;
	struct ax_buf text = AX_BUF_INIT;
	uint64_t version;
	if ((n->kind == NODE_ERRORS || n->kind == NODE_STATUS) && h->version)
		return 0;
	int error = attr_text(&text, &version, m, m->txn, n);
	if (error || (version && version == h->version)) {
		ax_buf_fini(&text);
		return error == ENOENT ? 0 : error;
	}
	ax_buf_fini(&h->text);
	h->text = text;
	h->version = version;
	return 0;
}

static void op_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off, struct fuse_file_info *fi)
{
	struct mount *m = op_begin(req);
	(void)ino;
	if (!m)
		return;
	struct handle *h = op_handle(fi);
	struct ax_slice data;
	int error = 0;
	if (h->node->kind == NODE_FILE) {
		data = ax_buf_view(&h->node->scratch->data);
		scratch_touch(m, h->node);
	} else if (h->rendered) {
		error = rendered_read(h->rendered, &h->text, m->txn, (uint64_t)off + size);
		data = ax_buf_view(&h->text);
	} else {
		if (off == 0 || !h->version) /* in the middle, it goes on with the text it began */
			error = refresh(h, m);
		data = ax_buf_view(&h->text);
	}
	if (error) {
		fuse_reply_err(req, error);
	} else {
		size_t from = (uint64_t)off < data.n ? (size_t)off : data.n;
		fuse_reply_buf(req, (const char *)data.p + from, size < data.n - from ? size : data.n - from);
	}
	op_end(m);
}

static void op_opendir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct mount *m = op_begin(req);
	struct list *l;
	if (!m)
		return;
	struct node *dir = node_of(m, ino);
	int error = list_open(&l, m, m->txn, dir);
	if (error) {
		fuse_reply_err(req, error);
	} else {
		fi->fh = (uintptr_t)l;
		fi->cache_readdir = fi->keep_cache = dir->view && dir->view->kind == VIEW_COMMIT;
		if (fuse_reply_open(req, fi))
			list_close(m, l);
	}
	op_end(m);
}

static void op_releasedir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct mount *m = fuse_req_userdata(req);
	(void)ino;
	pthread_mutex_lock(&m->lock);
	list_close(m, (struct list *)(uintptr_t)fi->fh);
	pthread_mutex_unlock(&m->lock);
	fuse_reply_err(req, 0);
}

struct reply {
	fuse_req_t req;
	struct mount *m;
	struct node *dir;
	uid_t uid;
	char *buf;
	size_t n, size;
	bool plus;
};

static int add_plain(void *ctx, const char *name, unsigned type, uint64_t next)
{
	struct reply *r = ctx;
	/* the number is a hint for programs that read d_ino; a name not looked up yet has none that is cheap */
	struct stat st = { .st_mode = type, .st_ino = UINT32_MAX };
	size_t need = fuse_add_direntry(r->req, r->buf + r->n, r->size - r->n, name, &st, (off_t)next);
	if (need > r->size - r->n)
		return LIST_FULL;
	r->n += need;
	return 0;
}

/* Attributes are of now, not of the snapshot: the kernel keeps them until told otherwise, and was told already. */
static int add_plus(void *ctx, const char *name, unsigned type, uint64_t next)
{
	struct reply *r = ctx;
	struct fuse_entry_param e = { .attr = { .st_mode = type, .st_ino = UINT32_MAX } };
	struct node *n = NULL;
	double keep;
	bool dots = name[0] == '.' && (!name[1] || (name[1] == '.' && !name[2]));
	if (fuse_add_direntry_plus(r->req, NULL, 0, name, NULL, 0) > r->size - r->n)
		return LIST_FULL;
	/* a zone file's size costs its text: only for whoever asks for it */
	if (!dots && r->dir->kind != NODE_ZONEDIR && !ns_walk(&n, &keep, r->m, r->m->txn, r->dir, name, r->uid)) {
		node_pin(n);
		if (!op_fill_entry(&e, r->m, r->m->txn, n, keep))
			n->nlookup++;
		else
			e.ino = 0;
		node_unpin(r->m, n);
	}
	r->n += fuse_add_direntry_plus(r->req, r->buf + r->n, r->size - r->n, name, &e, (off_t)next);
	return 0;
}

static void read_dir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off, struct fuse_file_info *fi, bool plus)
{
	struct mount *m = op_begin(req);
	if (!m)
		return;
	struct reply r = { .req = req, .m = m, .dir = node_of(m, ino), .plus = plus };
	r.uid = fuse_req_ctx(req)->uid;
	r.size = size < 1 << 20 ? size : 1 << 20;
	r.buf = malloc(r.size);
	int error = r.buf ? list_read((struct list *)(uintptr_t)fi->fh, m, m->txn, (uint64_t)off,
				      plus ? add_plus : add_plain, &r)
			  : ENOMEM;
	if (error && !r.n)
		fuse_reply_err(req, error);
	else
		fuse_reply_buf(req, r.buf, r.n);
	free(r.buf);
	op_end(m);
}

static void op_readdir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off, struct fuse_file_info *fi)
{
	read_dir(req, ino, size, off, fi, false);
}

static void op_readdirplus(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off, struct fuse_file_info *fi)
{
	read_dir(req, ino, size, off, fi, true);
}

static void op_statfs(fuse_req_t req, fuse_ino_t ino)
{
	struct mount *m = fuse_req_userdata(req);
	struct statvfs st = { .f_bsize = 4096, .f_frsize = 4096, .f_namemax = 255 };
	uint64_t used, size;
	(void)ino;
	ax_store_usage(m->store, &used, &size);
	st.f_blocks = size / 4096;
	st.f_bfree = st.f_bavail = (size - used) / 4096;
	fuse_reply_statfs(req, &st);
}

/* No extended attributes, locks, ioctl or fallocate: without a handler the kernel does it, or stops asking. */
const struct fuse_lowlevel_ops ops_table = {
	.init = op_init,
	.lookup = op_lookup,
	.forget = op_forget,
	.forget_multi = op_forget_multi,
	.getattr = op_getattr,
	.setattr = op_setattr,
	.readlink = op_readlink,
	.mknod = op_mknod,
	.mkdir = op_mkdir,
	.unlink = op_unlink,
	.rmdir = op_rmdir,
	.symlink = op_symlink,
	.rename = op_rename,
	.link = op_link,
	.open = op_open,
	.read = op_read,
	.write = op_write,
	.flush = op_flush,
	.release = op_release,
	.fsync = op_fsync,
	.opendir = op_opendir,
	.readdir = op_readdir,
	.readdirplus = op_readdirplus,
	.releasedir = op_releasedir,
	.fsyncdir = op_fsyncdir,
	.statfs = op_statfs,
	.create = op_create,
};
