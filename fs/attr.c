/* attr.c - see attr.h. */
#include "fs/attr.h"

#include "fs/draft.h"
#include "fs/mount.h"
#include "fs/record.h"
#include "fs/reject.h"
#include "fs/rendered.h"
#include "fs/scratch.h"
#include "fs/stage.h"
#include "fs/zonefiles.h"

#include <string.h>

static void put_time(struct stat *st, struct ax_time when)
{
	st->st_mtim = (struct timespec){ when.s, when.ns };
	st->st_ctim = st->st_atim = st->st_mtim;
}

/* A listing asks for the times of the same few commits again and again. */
static enum ax_err commit_time(struct ax_time *out, struct mount *m, struct ax_txn *t, uint64_t commit)
{
	struct commit_time *c = &m->commit_times[commit % COMMIT_TIMES];
	if (c->commit != commit || !commit) {
		enum ax_err e = record_time(out, t, commit);
		if (e)
			return e;
		*c = (struct commit_time){ commit, *out };
	}
	*out = c->time;
	return AX_OK;
}

static void put_size(struct stat *st, uint64_t size)
{
	st->st_size = (off_t)size;
	st->st_blocks = (blkcnt_t)((size + 511) / 512);
}

uint64_t attr_ino(const struct mount *m, const struct node *n)
{
	static const uint8_t sip_key[16] = "apexfs st_ino 1";
	struct ax_buf b = AX_BUF_INIT;
	struct ax_name owner;
	if (n->scratch)
		return n->scratch->ino;
	if ((n->kind == NODE_TREE || n->kind == NODE_RECORD) && node_owner(&owner, n)) {
		ax_buf_u32(&b, n->zone);
		ax_buf_str(&b, n->view->ref);
		ax_buf_u64(&b, n->view->kind == VIEW_COMMIT ? n->view->commit : 0);
		if (ax_key_owner(&b, &owner, &n->view->apex))
			ax_buf_clear(&b);
		if (n->kind == NODE_RECORD)
			ax_key_type(&b, node_type(n), 0);
	} else {
		node_path(&b, n);
	}
	uint64_t ino = ax_hash_sip(sip_key, ax_buf_view(&b)) >> 2;
	ax_buf_fini(&b);
	return n == m->root ? 1 : ino > 1 ? ino : 2;
}

void attr_get_time(struct timespec *mtime, struct mount *m, struct ax_txn *t, const struct node *n, uint64_t ino,
		   uint64_t version)
{
	const struct ax_file_time f = { .ref = n->view->times_ref, .file = ino, .version = version };
	if (view_live(n->view)) /* elsewhere none can be given */
		times_get(mtime, &m->times, t, &f);
}

void attr_set_time(struct mount *m, const struct node *n, uint64_t version, struct timespec mtime)
{
	times_set(&m->times, &(struct ax_file_time){ n->view->times_ref, attr_ino(m, n), version, mtime.tv_sec,
						     (uint32_t)mtime.tv_nsec });
	pthread_cond_signal(&m->work); /* to be kept in the store */
}

/* The tip of n's view, and the record that n shows of it. */
static enum ax_err shown(struct ax_commit_info *tip, struct record_info *info, struct ax_buf *key, struct ax_txn *t,
			 const struct node *n)
{
	struct ax_name owner;
	if (!node_owner(&owner, n))
		return AX_ENOENT;
	enum ax_err e = record_key(key, &owner, &n->view->apex, node_type(n));
	if (!e)
		e = view_tip(tip, n->view, t);
	return e ? e : record_look(info, NULL, t, tip, ax_buf_view(key));
}

int attr_text(struct ax_buf *text, uint64_t *version, struct mount *m, struct ax_txn *t, struct node *n)
{
	struct ax_commit_info tip;
	struct record_info info;
	struct ax_buf key = AX_BUF_INIT;
	*version = 0;
	if (n->kind == NODE_ERRORS) {
		errors_text(text, &m->errors);
		*version = m->errors.version + 1;
		return ax_buf_check(text) ? ENOMEM : 0;
	}
	if (n->kind == NODE_STATUS || n->kind == NODE_COMMIT) {
		*version = 1;
		return n->kind == NODE_STATUS ? stage_status(text, t, n->view) : 0;
	}
	if (n->kind == NODE_ZONEFILE)
		return zonefiles_text(text, version, t, n);
	if (n->draft && n->draft->shown) {
		ax_buf_slice(text, ax_buf_view(&n->draft->text));
		return ax_buf_check(text) ? ENOMEM : 0;
	}
	enum ax_err e = shown(&tip, &info, &key, t, n);
	if (!e)
		e = record_look(&info, text, t, &tip, ax_buf_view(&key));
	if (!e) {
		*version = info.version;
		if (!info.version && !n->draft)
			e = AX_ENOENT;
	}
	ax_buf_fini(&key);
	return ax_err_errno(e);
}

bool attr_remembers(const struct node *n, const struct ax_commit_info *tip)
{
	if (!tip->local || n->tip != tip->local || !n->version)
		return false;
	return n->kind == NODE_TREE ? n->size > 0 : strcmp(n->name, "RRSIG") != 0;
}

void attr_remember(struct node *n, const struct ax_commit_info *tip, uint64_t version, uint64_t size)
{
	n->tip = tip->local;
	n->version = version;
	n->size = size;
}

/* Size and time of a committed RRset. */
static int record_attr(struct stat *st, struct mount *m, struct ax_txn *t, struct node *n)
{
	struct ax_commit_info tip;
	struct record_info info = { 0 };
	struct ax_time when;
	struct ax_buf key = AX_BUF_INIT, text = AX_BUF_INIT;
	enum ax_err e = view_tip(&tip, n->view, t);
	if (!e && attr_remembers(n, &tip)) {
		info.version = info.changed = n->version;
	} else if (!e) {
		e = shown(&tip, &info, &key, t, n);
	}
	if (!e && info.version != n->version && info.version)
		e = record_look(&info, &text, t, &tip, ax_buf_view(&key));
	else
		info.size = n->size;
	if (!e && !info.version && !n->draft)
		e = AX_ENOENT;
	if (!e)
		e = commit_time(&when, m, t, info.changed);
	if (!e) {
		attr_remember(n, &tip, info.version, info.version ? info.size : 0);
		put_size(st, n->size);
		put_time(st, info.changed ? when : m->start);
		attr_get_time(&st->st_mtim, m, t, n, st->st_ino, info.version);
	}
	ax_buf_fini(&key);
	ax_buf_fini(&text);
	return ax_err_errno(e);
}

enum ax_err attr_changed(uint64_t *commit, struct ax_txn *t, struct node *n)
{
	struct ax_commit_info tip;
	struct ax_tree_range range;
	struct ax_buf prefix = AX_BUF_INIT;
	enum ax_err e = view_tip(&tip, n->view, t);
	*commit = n == n->view->root ? tip.local : n->version;
	if (e || n == n->view->root || attr_remembers(n, &tip))
		return e;
	if (!node_prefix(&prefix, n))
		e = AX_ENOENT;
	if (!e)
		e = ax_blame_subtree(&range, t, n->view->zone, &tip, ax_buf_view(&prefix));
	if (!e) {
		attr_remember(n, &tip, range.changed, range.count);
		*commit = range.changed;
	}
	ax_buf_fini(&prefix);
	return e;
}

static int tree_attr(struct stat *st, struct mount *m, struct ax_txn *t, struct node *n)
{
	struct ax_time when = m->start;
	uint64_t commit;
	enum ax_err e = attr_changed(&commit, t, n);
	if (!e && commit)
		e = commit_time(&when, m, t, commit);
	put_time(st, when);
	attr_get_time(&st->st_mtim, m, t, n, st->st_ino, commit);
	return ax_err_errno(e);
}

static int scratch_attr(struct stat *st, const struct node *n)
{
	static const mode_t type[NODE_KINDS] = {
		[NODE_FILE] = S_IFREG, [NODE_SYMLINK] = S_IFLNK, [NODE_DIR] = S_IFDIR
	};
	const struct scratch *s = n->scratch;
	st->st_mode = type[n->kind] | s->mode;
	st->st_uid = s->uid;
	st->st_gid = s->gid;
	st->st_nlink = n->hashed + s->names;
	st->st_atim = s->atime;
	st->st_mtim = s->mtime;
	st->st_ctim = s->ctime;
	put_size(st, n->kind == NODE_DIR ? 0 : s->data.n);
	return 0;
}

static int link_attr(struct stat *st, struct mount *m, struct ax_txn *t, const struct node *n)
{
	struct ax_id id;
	struct ax_time when = m->start;
	uint64_t commit;
	st->st_mode = S_IFLNK | 0777;
	put_size(st, strlen(n->target));
	if (!ax_id_parse(&id, n->target) && !ax_object_find(&commit, t, &id) && commit_time(&when, m, t, commit))
		return EIO;
	put_time(st, when);
	return 0;
}

/* heads, tags, commits and what holds them: as old as the zone's main branch. */
static int fixed_attr(struct stat *st, struct mount *m, struct ax_txn *t, const struct node *n)
{
	struct ax_ref ref;
	struct ax_time when = m->start;
	enum ax_err e = ax_ref_get(&ref, t, n->zone ? n->zone : m->default_zone, "heads/main");
	if (!e)
		e = commit_time(&when, m, t, ref.commit);
	put_time(st, when);
	return e == AX_ENOENT ? 0 : ax_err_errno(e);
}

static int rendered_attr(struct stat *st, struct mount *m, struct ax_txn *t, const struct node *n)
{
	struct ax_time when;
	uint64_t commit;
	enum ax_err e = rendered_commit(&commit, m, t, n);
	if (!e)
		e = commit_time(&when, m, t, commit);
	st->st_mode = S_IFREG | 0444;
	if (!e)
		put_time(st, when);
	return ax_err_errno(e);
}

static int zonefile_attr(struct stat *st, struct mount *m, struct ax_txn *t, struct node *n)
{
	struct ax_time when = m->start;
	uint64_t size, commit;
	int error = zonefiles_size(&size, &commit, t, n);
	if (!error && commit)
		error = ax_err_errno(commit_time(&when, m, t, commit));
	st->st_mode = S_IFREG | (m->read_only ? 0444 : m->group_writes ? 0664 : 0644);
	put_size(st, size);
	put_time(st, when);
	if (n->draft && n->draft->shown) {
		put_size(st, n->draft->text.n);
		put_time(st, n->draft->written);
	}
	return error;
}

static mode_t dir_mode(const struct mount *m, bool writable)
{
	return S_IFDIR | (!writable || m->read_only ? 0555 : m->group_writes ? 0775 : 0755);
}

static int live_record_attr(struct stat *st, double *keep, struct mount *m, struct ax_txn *t, struct node *n)
{
	int e = record_attr(st, m, t, n);
	bool live = view_live(n->view) && !m->read_only;
	st->st_mode = S_IFREG | (!live ? 0444 : m->group_writes ? 0664 : 0644);
	if (!n->draft)
		return e;
	*keep = 0;
	if (n->draft->shown) {
		put_size(st, n->draft->text.n);
		put_time(st, n->draft->written);
	}
	return e;
}

int attr_fill(struct stat *st, double *keep, struct mount *m, struct ax_txn *t, struct node *n)
{
	memset(st, 0, sizeof(*st));
	st->st_ino = attr_ino(m, n);
	st->st_uid = m->uid;
	st->st_gid = m->gid;
	st->st_nlink = 1;
	st->st_blksize = 4096;
	*keep = 0;
	if (n->view && n->view->kind == VIEW_STAGE)
		st->st_uid = n->view->uid;
	if (n->view)
		*keep = n->view->kind == VIEW_COMMIT ? ATTR_FOR_EVER : mount_keep(m);
	switch (n->kind) {
	case NODE_TREE:
		st->st_mode = dir_mode(m, view_live(n->view));
		return tree_attr(st, m, t, n);
	case NODE_RECORD:
		return live_record_attr(st, keep, m, t, n);
	case NODE_FILE:
	case NODE_SYMLINK:
	case NODE_DIR:
		*keep = reject_is_name(n->name) ? 0 : mount_keep(m);
		return scratch_attr(st, n);
	case NODE_LINK:
		return link_attr(st, m, t, n);
	case NODE_STATUS:
	case NODE_COMMIT:
		*keep = 0;
		st->st_mode = S_IFREG | (n->kind == NODE_COMMIT && !m->read_only ? 0644 : 0444);
		put_time(st, who_now());
		return 0;
	case NODE_ZONEFILE:
		*keep = 0;
		return zonefile_attr(st, m, t, n);
	case NODE_LOG:
	case NODE_DIFF:
		return rendered_attr(st, m, t, n);
	case NODE_ERRORS:
		st->st_mode = S_IFREG | 0444;
		put_time(st, who_now());
		struct ax_buf text = AX_BUF_INIT;
		errors_text(&text, &m->errors);
		put_size(st, text.n);
		ax_buf_fini(&text);
		return 0;
	default:
		*keep = n->kind == NODE_ZONEDIR ? 0 : mount_keep(m);
		st->st_mode = dir_mode(m, n->kind == NODE_HEADS || n->kind == NODE_ZONEDIR || n->kind == NODE_STAGES);
		return fixed_attr(st, m, t, n);
	}
}
