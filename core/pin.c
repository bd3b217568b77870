#include "core/pin.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_SIZE = 4200 };

struct pin {
	struct ax_id id;
	unsigned uses;
};

struct ax_pins {
	pthread_mutex_t lock; /* protects what follows */
	char path[PATH_SIZE];
	int fd, gate; /* the gate stays open: a repository that was removed is not begun again by who leaves it */
	struct pin *v;
	size_t n, cap;
};

static enum ax_err failed(const char *path)
{
	return ax_fail(errno == EACCES || errno == EPERM || errno == EROFS ? AX_EPERM
		       : errno == ENOSPC                                   ? AX_ENOSPC
									   : AX_EIO,
		       "%s: %m", path);
}

static int lock_fd(int fd, int how)
{
	int rc;
	do
		rc = flock(fd, how);
	while (rc && errno == EINTR);
	return rc;
}

/* As the repository's folder is: private, or a group's (whose set-group-id bit gives the files their group). */
static mode_t file_mode(const char *repo)
{
	struct stat st;
	return !stat(repo, &st) && st.st_mode & S_IWGRP ? 0660 : 0600;
}

static enum ax_err make_folder(const char *repo)
{
	char path[PATH_SIZE];
	mode_t mode = file_mode(repo) == 0660 ? 02770 : 0700;
	snprintf(path, sizeof path, "%.4000s/pins", repo);
	if (!mkdir(path, mode))
		return chmod(path, mode) ? failed(path) : AX_OK; /* whatever the umask */
	return errno == EEXIST ? AX_OK : failed(path);
}

static enum ax_err open_file(int *out, const char *repo, const char *name, int flags)
{
	char path[PATH_SIZE];
	mode_t mode = file_mode(repo);
	snprintf(path, sizeof path, "%.4000s/pins/%.100s", repo, name);
	*out = open(path, O_RDWR | O_CREAT | O_CLOEXEC | flags, mode);
	if (*out < 0)
		return failed(path);
	(void)fchmod(*out, mode); /* another's file keeps what it has */
	return AX_OK;
}

static enum ax_err lock_file(int *out, const char *repo, const char *name, bool shared)
{
	enum ax_err e = make_folder(repo);
	*out = -1;
	if (e || (e = open_file(out, repo, name, 0)))
		return e;
	if (!lock_fd(*out, shared ? LOCK_SH : LOCK_EX))
		return AX_OK;
	e = failed(name);
	close(*out);
	*out = -1;
	return e;
}

enum ax_err ax_house_lock(int *lock, const char *repo, bool shared)
{
	return lock_file(lock, repo, ".house", shared);
}

/* -- a program's own ---------------------------------------------------------------------------------------- */

static enum ax_err make_own(struct ax_pins *p, const char *repo)
{
	char name[40];
	enum ax_err e = lock_file(&p->gate, repo, ".gate", true);
	for (unsigned i = 0; !e; i++) {
		snprintf(name, sizeof name, "%ld.%u", (long)getpid(), i);
		if (!(e = open_file(&p->fd, repo, name, O_EXCL)))
			break;
		if (errno == EEXIST && i < 1000)
			e = AX_OK;
	}
	snprintf(p->path, sizeof p->path, "%.4000s/pins/%s", repo, name);
	if (!e && lock_fd(p->fd, LOCK_EX))
		e = failed(p->path);
	if (p->gate >= 0)
		(void)lock_fd(p->gate, LOCK_UN);
	return e;
}

enum ax_err ax_pins_open(struct ax_pins **out, const char *repo)
{
	struct ax_pins *p = calloc(1, sizeof *p);
	char *whole = realpath(repo, NULL);
	*out = NULL;
	if (!p || !whole) {
		free(whole);
		free(p);
		return p ? failed(repo) : ax_fail(AX_ENOMEM, "out of memory");
	}
	p->fd = p->gate = -1;
	pthread_mutex_init(&p->lock, NULL);
	enum ax_err e = make_own(p, whole);
	free(whole);
	if (e)
		ax_pins_close(p);
	else
		*out = p;
	return e;
}

void ax_pins_close(struct ax_pins *p)
{
	if (!p)
		return;
	if (p->fd >= 0) {
		(void)unlink(p->path);
		close(p->fd);
	}
	if (p->gate >= 0)
		close(p->gate);
	pthread_mutex_destroy(&p->lock);
	free(p->v);
	free(p);
}

/* The whole file, behind the gate: nobody reads half of it. */
static enum ax_err write_all(struct ax_pins *p)
{
	struct ax_buf text = AX_BUF_INIT;
	char hex[AX_ID_HEX + 1];
	for (size_t i = 0; i < p->n; i++) {
		ax_id_hex(hex, &p->v[i].id);
		ax_buf_printf(&text, "%s\n", hex);
	}
	enum ax_err e = ax_buf_check(&text);
	if (!e && lock_fd(p->gate, LOCK_SH))
		e = failed(p->path);
	if (!e) {
		if (ftruncate(p->fd, 0) || pwrite(p->fd, text.p, text.n, 0) != (ssize_t)text.n)
			e = failed(p->path);
		(void)lock_fd(p->gate, LOCK_UN);
	}
	ax_buf_fini(&text);
	return e;
}

static struct pin *find(struct ax_pins *p, const struct ax_id *id)
{
	for (size_t i = 0; i < p->n; i++)
		if (ax_id_eq(&p->v[i].id, id))
			return &p->v[i];
	return NULL;
}

static enum ax_err put(struct ax_pins *p, const struct ax_id *id)
{
	if (p->n == AX_PINS_MAX)
		return ax_fail(AX_ELIMIT, "more than %d commits pinned", AX_PINS_MAX);
	if (p->n == p->cap) {
		size_t cap = p->cap ? 2 * p->cap : 16;
		struct pin *v = reallocarray(p->v, cap, sizeof *v);
		if (!v)
			return ax_fail(AX_ENOMEM, "out of memory");
		p->v = v;
		p->cap = cap;
	}
	p->v[p->n++] = (struct pin){ *id, 1 };
	enum ax_err e = write_all(p);
	p->n -= e != AX_OK;
	return e;
}

enum ax_err ax_pins_add(struct ax_pins *p, const struct ax_id *commit)
{
	enum ax_err e = AX_OK;
	pthread_mutex_lock(&p->lock);
	struct pin *pin = find(p, commit);
	if (pin)
		pin->uses++;
	else
		e = put(p, commit);
	pthread_mutex_unlock(&p->lock);
	return e;
}

void ax_pins_drop(struct ax_pins *p, const struct ax_id *commit)
{
	pthread_mutex_lock(&p->lock);
	struct pin *pin = find(p, commit);
	if (pin && !--pin->uses) {
		*pin = p->v[--p->n];
		if (write_all(p))
			ax_err_clear(); /* pinned longer than needed: no harm */
	}
	pthread_mutex_unlock(&p->lock);
}

/* -- everybody's -------------------------------------------------------------------------------------------- */

struct reading {
	const char *repo;
	enum ax_err (*each)(void *ctx, const struct ax_id *id);
	void *ctx;
	uint64_t programs;
};

static enum ax_err read_ids(struct reading *r, int fd, const char *name)
{
	char line[AX_ID_HEX + 1];
	struct ax_id id;
	enum ax_err e = AX_OK;
	for (off_t at = 0; !e && pread(fd, line, sizeof line, at) == sizeof line; at += sizeof line) {
		if (line[AX_ID_HEX] != '\n')
			return ax_fail(AX_ECORRUPT, "%s/pins/%s is damaged", r->repo, name);
		line[AX_ID_HEX] = 0;
		if (!(e = ax_id_parse(&id, line)) && r->each)
			e = r->each(r->ctx, &id);
	}
	return e;
}

/* A file that can be locked is nobody's: its program is gone. One that can't be read may need anything. */
static enum ax_err read_file(struct reading *r, const char *name)
{
	char path[PATH_SIZE];
	snprintf(path, sizeof path, "%.4000s/pins/%.100s", r->repo, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? AX_OK : failed(path);
	enum ax_err e = AX_OK;
	if (lock_fd(fd, LOCK_EX | LOCK_NB)) {
		r->programs++;
		e = read_ids(r, fd, name);
	} else {
		(void)unlink(path);
	}
	close(fd);
	return e;
}

static enum ax_err read_folder(struct reading *r)
{
	char path[PATH_SIZE];
	enum ax_err e = AX_OK;
	snprintf(path, sizeof path, "%.4000s/pins", r->repo);
	DIR *dir = opendir(path);
	if (!dir)
		return failed(path);
	for (struct dirent *d; !e && (d = readdir(dir));)
		if (d->d_name[0] != '.')
			e = read_file(r, d->d_name);
	closedir(dir);
	return e;
}

enum ax_err ax_pins_read(int *gate, const char *repo, enum ax_err (*each)(void *ctx, const struct ax_id *id),
			 void *ctx)
{
	struct reading r = { repo, each, ctx, 0 };
	enum ax_err e = lock_file(gate, repo, ".gate", false);
	if (!e && (e = read_folder(&r))) {
		close(*gate);
		*gate = -1;
	}
	return e;
}

enum ax_err ax_pins_count(uint64_t *out, const char *repo)
{
	struct reading r = { .repo = repo };
	char path[PATH_SIZE];
	struct stat st;
	int gate;
	*out = 0;
	snprintf(path, sizeof path, "%.4000s/pins", repo);
	if (stat(path, &st))
		return AX_OK;
	enum ax_err e = lock_file(&gate, repo, ".gate", false);
	if (e)
		return e;
	e = read_folder(&r);
	close(gate);
	*out = r.programs;
	return e;
}
