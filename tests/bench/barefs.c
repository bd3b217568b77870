/* barefs - the least a FUSE filesystem can be: a tree in memory, served by the same libfuse loop with the same
 * capabilities, timeouts and mount options as apexfs, and nothing behind it. What apexfs costs is told as a ratio to
 * this, run beside it.
 *
 *     barefs [-d] LAYOUT MOUNTPOINT       in the foreground; LAYOUT has lines PATH<tab>TEXT, each one a file of one
 * line
 *
 * It reads and writes as any filesystem does, so that editors and copying tools run on it as well; hard links and
 * attributes that a mount of records has no use for are left out. One thread; what is not handled the kernel does
 * itself. */
#include "fs/fuse.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const double keep_s = 3600;

struct file {
	struct file *parent; /* NULL: the root, or unlinked */
	struct file *chain;  /* of the table's bucket */
	char *name;
	mode_t mode;
	ino_t ino;
	struct timespec mtime;
	uint64_t nlookup;
	char *data; /* a file's bytes, a link's target */
	size_t n, cap;
	struct file **child; /* a directory's, as they came; NULL where one went */
	size_t children, child_cap, alive;
	size_t at; /* which child of its parent */
};

static struct {
	struct file **bucket;
	size_t n, cap; /* a power of two */
} table;
static struct file root_dir;
static ino_t last_ino = 1;

static void *must(void *p)
{
	if (!p)
		errx(1, "out of memory");
	return p;
}

/* -- the tree --------------------------------------------------------------------------------------------- */

static size_t slot(const struct file *parent, const char *name)
{
	uint64_t h = 0xcbf29ce484222325u ^ ((uintptr_t)parent >> 4) * 0x9e3779b97f4a7c15u;
	for (; *name; name++)
		h = (h ^ (uint8_t)*name) * 0x100000001b3u;
	return (size_t)(h ^ h >> 32) & (table.cap - 1);
}

static struct file *find(const struct file *parent, const char *name)
{
	struct file *f = table.bucket[slot(parent, name)];
	while (f && (f->parent != parent || strcmp(f->name, name) != 0))
		f = f->chain;
	return f;
}

static void grow_table(void)
{
	struct file **old = table.bucket;
	size_t cap = table.cap;
	table.cap = cap ? cap * 2 : 1024;
	table.bucket = must(calloc(table.cap, sizeof(struct file *)));
	for (size_t i = 0; i < cap; i++) {
		for (struct file *f = old[i], *next; f; f = next) {
			struct file **to = &table.bucket[slot(f->parent, f->name)];
			next = f->chain;
			f->chain = *to;
			*to = f;
		}
	}
	free(old);
}

/* Hang f, which hangs nowhere, into parent. */
static void hang(struct file *f, struct file *parent, const char *name)
{
	if (table.n == table.cap)
		grow_table();
	if (parent->children == parent->child_cap) {
		parent->child_cap = parent->child_cap ? parent->child_cap * 2 : 4;
		parent->child = must(realloc(parent->child, parent->child_cap * sizeof(*parent->child)));
	}
	f->name = must(strdup(name));
	f->parent = parent;
	f->at = parent->children++;
	parent->child[f->at] = f;
	parent->alive++;
	struct file **to = &table.bucket[slot(parent, name)];
	f->chain = *to;
	*to = f;
	table.n++;
}

static void free_unheld(struct file *f)
{
	if (f->parent || f->nlookup || f == &root_dir)
		return;
	free(f->data);
	free(f->child);
	free(f);
}

static void unhang(struct file *f)
{
	struct file **at = &table.bucket[slot(f->parent, f->name)];
	while (*at != f)
		at = &(*at)->chain;
	*at = f->chain;
	table.n--;
	f->parent->child[f->at] = NULL;
	f->parent->alive--;
	f->parent = NULL;
	free(f->name);
	f->name = NULL;
}

static struct timespec now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	return t;
}

static struct file *make(struct file *parent, const char *name, mode_t mode)
{
	struct file *f = must(calloc(1, sizeof(*f)));
	f->mode = mode;
	f->ino = ++last_ino;
	f->mtime = now();
	hang(f, parent, name);
	return f;
}

static void set_size(struct file *f, size_t n)
{
	if (n > f->cap) {
		f->cap = n < 64 ? 64 : n * 2;
		f->data = must(realloc(f->data, f->cap));
	}
	if (n > f->n)
		memset(f->data + f->n, 0, n - f->n);
	f->n = n;
}

/* -- answers ---------------------------------------------------------------------------------------------- */

static struct file *file_of(fuse_ino_t ino)
{
	return ino == FUSE_ROOT_ID ? &root_dir : (struct file *)(uintptr_t)ino;
}

static void fill_stat(struct stat *st, const struct file *f)
{
	*st = (struct stat){ .st_ino = f->ino, .st_mode = f->mode, .st_nlink = 1, .st_uid = getuid() };
	st->st_gid = getgid();
	st->st_size = (off_t)f->n;
	st->st_blksize = 4096;
	st->st_blocks = (blkcnt_t)((f->n + 511) / 512);
	st->st_mtim = st->st_ctim = st->st_atim = f->mtime;
}

static struct fuse_entry_param entry_of(struct file *f)
{
	struct fuse_entry_param e = { .ino = (uintptr_t)f, .attr_timeout = keep_s, .entry_timeout = keep_s };
	fill_stat(&e.attr, f);
	return e;
}

static void reply_entry(fuse_req_t req, struct file *f)
{
	struct fuse_entry_param e = entry_of(f);
	f->nlookup++;
	fuse_reply_entry(req, &e);
}

static void on_init(void *userdata, struct fuse_conn_info *conn)
{
	(void)userdata;
	conn->want |= conn->capable & (FUSE_CAP_READDIRPLUS | FUSE_CAP_ATOMIC_O_TRUNC);
	conn->want &= ~(unsigned)(FUSE_CAP_READDIRPLUS_AUTO | FUSE_CAP_WRITEBACK_CACHE);
	conn->time_gran = 1;
}

static void on_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct file *f = find(file_of(parent), name);
	if (f)
		reply_entry(req, f);
	else
		fuse_reply_entry(req, &(struct fuse_entry_param){ .entry_timeout = keep_s });
}

static void drop(fuse_ino_t ino, uint64_t nlookup)
{
	struct file *f = file_of(ino);
	f->nlookup -= nlookup < f->nlookup ? nlookup : f->nlookup;
	free_unheld(f);
}

static void on_forget(fuse_req_t req, fuse_ino_t ino, uint64_t nlookup)
{
	drop(ino, nlookup);
	fuse_reply_none(req);
}

static void on_forget_multi(fuse_req_t req, size_t count, struct fuse_forget_data *forgets)
{
	for (size_t i = 0; i < count; i++)
		drop(forgets[i].ino, forgets[i].nlookup);
	fuse_reply_none(req);
}

static void on_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct stat st;
	(void)fi;
	fill_stat(&st, file_of(ino));
	fuse_reply_attr(req, &st, keep_s);
}

static void on_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *attr, int to_set, struct fuse_file_info *fi)
{
	struct file *f = file_of(ino);
	if (to_set & FUSE_SET_ATTR_MODE)
		f->mode = (f->mode & S_IFMT) | (attr->st_mode & 07777);
	if (to_set & FUSE_SET_ATTR_SIZE) {
		set_size(f, (size_t)attr->st_size);
		f->mtime = now();
	}
	if (to_set & FUSE_SET_ATTR_MTIME)
		f->mtime = to_set & FUSE_SET_ATTR_MTIME_NOW ? now() : attr->st_mtim;
	on_getattr(req, ino, fi);
}

static void on_readlink(fuse_req_t req, fuse_ino_t ino)
{
	fuse_reply_readlink(req, file_of(ino)->data);
}

/* -- names ------------------------------------------------------------------------------------------------ */

static void on_mkdir(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode)
{
	reply_entry(req, make(file_of(parent), name, S_IFDIR | mode));
}

static void on_symlink(fuse_req_t req, const char *target, fuse_ino_t parent, const char *name)
{
	struct file *f = make(file_of(parent), name, S_IFLNK | 0777);
	f->data = must(strdup(target));
	f->n = f->cap = strlen(target);
	reply_entry(req, f);
}

static void on_unlink(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct file *f = find(file_of(parent), name);
	bool busy = f && S_ISDIR(f->mode) && f->alive;
	fuse_reply_err(req, !f ? ENOENT : busy ? ENOTEMPTY : 0);
	if (!f || busy)
		return;
	unhang(f);
	free_unheld(f);
}

static void on_rename(fuse_req_t req, fuse_ino_t parent, const char *name, fuse_ino_t newparent, const char *newname,
		      unsigned int flags)
{
	struct file *f = find(file_of(parent), name), *there = find(file_of(newparent), newname);
	int error = !f                                                  ? ENOENT
		    : flags & ~(unsigned)RENAME_NOREPLACE               ? EINVAL
		    : there && (flags & RENAME_NOREPLACE)               ? EEXIST
		    : there && S_ISDIR(there->mode) && there->alive > 0 ? ENOTEMPTY
									: 0;
	if (!error && there != f) {
		if (there) {
			unhang(there);
			free_unheld(there);
		}
		unhang(f);
		hang(f, file_of(newparent), newname);
	}
	fuse_reply_err(req, error);
}

/* -- files ------------------------------------------------------------------------------------------------ */

static void set_open(struct file *f, struct fuse_file_info *fi)
{
	fi->noflush = (fi->flags & O_ACCMODE) == O_RDONLY;
	fi->keep_cache = fi->noflush;
	if (fi->flags & O_TRUNC) {
		set_size(f, 0);
		f->mtime = now();
	}
}

static void on_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	set_open(file_of(ino), fi);
	fuse_reply_open(req, fi);
}

static void on_create(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, struct fuse_file_info *fi)
{
	struct file *f = find(file_of(parent), name);
	if (!f)
		f = make(file_of(parent), name, S_IFREG | (mode & 07777));
	set_open(f, fi);
	struct fuse_entry_param e = entry_of(f);
	f->nlookup++;
	fuse_reply_create(req, &e, fi);
}

static void on_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off, struct fuse_file_info *fi)
{
	const struct file *f = file_of(ino);
	size_t from = (uint64_t)off < f->n ? (size_t)off : f->n;
	(void)fi;
	fuse_reply_buf(req, f->data + from, size < f->n - from ? size : f->n - from);
}

static void on_write(fuse_req_t req, fuse_ino_t ino, const char *buf, size_t size, off_t off,
		     struct fuse_file_info *fi)
{
	struct file *f = file_of(ino);
	(void)fi;
	if ((uint64_t)off + size > f->n)
		set_size(f, (size_t)off + size);
	memcpy(f->data + off, buf, size);
	f->mtime = now();
	fuse_reply_write(req, size);
}

/* A filesystem that judges what is written must be asked at close: so is this one. */
static void on_flush(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	(void)ino, (void)fi;
	fuse_reply_err(req, 0);
}

static void on_fsync(fuse_req_t req, fuse_ino_t ino, int datasync, struct fuse_file_info *fi)
{
	(void)datasync;
	on_flush(req, ino, fi);
}

/* -- directories: cookies 1 and 2 are . and .., then the child's place + 3 ---------------------------------- */

static size_t add_entry(fuse_req_t req, char *to, size_t room, const char *name, struct file *f, off_t next,
			bool plus)
{
	struct fuse_entry_param e = { .attr = { .st_mode = S_IFDIR, .st_ino = UINT32_MAX } };
	if (f)
		e = entry_of(f);
	size_t need = plus ? fuse_add_direntry_plus(req, to, room, name, &e, next)
			   : fuse_add_direntry(req, to, room, name, &e.attr, next);
	if (need > room)
		return 0;
	if (f && plus)
		f->nlookup++;
	return need;
}

static void read_dir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off, bool plus)
{
	static const char *const dots[] = { ".", ".." };
	const struct file *dir = file_of(ino);
	char *buf = must(malloc(size));
	size_t n = 0, got = 1;
	for (size_t i = (size_t)off; got && i < dir->children + 2; i++) {
		struct file *f = i < 2 ? NULL : dir->child[i - 2];
		if (i >= 2 && !f)
			continue;
		got = add_entry(req, buf + n, size - n, f ? f->name : dots[i], f, (off_t)i + 1, plus);
		n += got;
	}
	fuse_reply_buf(req, buf, n);
	free(buf);
}

static void on_readdir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off, struct fuse_file_info *fi)
{
	(void)fi;
	read_dir(req, ino, size, off, false);
}

static void on_readdirplus(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off, struct fuse_file_info *fi)
{
	(void)fi;
	read_dir(req, ino, size, off, true);
}

static const struct fuse_lowlevel_ops table_of_ops = {
	.init = on_init,
	.lookup = on_lookup,
	.forget = on_forget,
	.forget_multi = on_forget_multi,
	.getattr = on_getattr,
	.setattr = on_setattr,
	.readlink = on_readlink,
	.mkdir = on_mkdir,
	.unlink = on_unlink,
	.rmdir = on_unlink,
	.symlink = on_symlink,
	.rename = on_rename,
	.open = on_open,
	.read = on_read,
	.write = on_write,
	.flush = on_flush,
	.fsync = on_fsync,
	.release = on_flush,
	.readdir = on_readdir,
	.readdirplus = on_readdirplus,
	.fsyncdir = on_fsync,
	.create = on_create,
};

/* -- the layout ------------------------------------------------------------------------------------------- */

static void add_line(char *path, const char *text)
{
	struct file *dir = &root_dir;
	for (char *slash; (slash = strchr(path, '/')); path = slash + 1) {
		*slash = 0;
		struct file *f = find(dir, path);
		dir = f ? f : make(dir, path, S_IFDIR | 0755);
	}
	struct file *f = make(dir, path, S_IFREG | 0644);
	set_size(f, strlen(text));
	memcpy(f->data, text, f->n);
}

static void read_layout(const char *name)
{
	FILE *in = fopen(name, "r");
	char *line = NULL;
	size_t cap = 0;
	if (!in)
		err(1, "%s", name);
	while (getline(&line, &cap, in) > 0) {
		char *tab = strchr(line, '\t');
		if (!tab)
			errx(1, "%s: a line without a tab", name);
		*tab = 0;
		add_line(line, tab + 1);
	}
	free(line);
	fclose(in);
}

/* As old as the layout: a tree that is mounted anew has not changed. */
static void set_times(const char *layout)
{
	struct stat st;
	if (stat(layout, &st))
		err(1, "%s", layout);
	for (size_t i = 0; i < table.cap; i++)
		for (struct file *f = table.bucket[i]; f; f = f->chain)
			f->mtime = st.st_mtim;
	root_dir.mtime = st.st_mtim;
}

int main(int argc, char **argv)
{
	struct fuse_args args = FUSE_ARGS_INIT(0, NULL);
	bool debug = argc == 4 && strcmp(argv[1], "-d") == 0;
	if (argc != 3 && !debug)
		errx(2, "usage: barefs [-d] LAYOUT MOUNTPOINT");
	grow_table();
	root_dir.mode = S_IFDIR | 0755;
	root_dir.ino = FUSE_ROOT_ID;
	read_layout(argv[argc - 2]);
	set_times(argv[argc - 2]);
	fuse_opt_add_arg(&args, "barefs");
	fuse_opt_add_arg(&args, "-odefault_permissions,noatime,nodev,nosuid,fsname=barefs,subtype=barefs");
	if (debug)
		fuse_opt_add_arg(&args, "-d");
	struct fuse_session *s = fuse_session_new(&args, &table_of_ops, sizeof(table_of_ops), NULL);
	if (!s || fuse_set_signal_handlers(s) || fuse_session_mount(s, argv[argc - 1]))
		errx(1, "%s: not mounted", argv[argc - 1]);
	int error = fuse_session_loop(s);
	fuse_session_unmount(s);
	fuse_session_destroy(s);
	fuse_opt_free_args(&args);
	return error < 0;
}
