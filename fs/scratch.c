/* scratch.c - see scratch.h. */
#include "fs/scratch.h"

#include "fs/mount.h"
#include "fs/who.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void unlink_use(struct mount *m, struct scratch *s)
{
	if (s->newer)
		s->newer->older = s->older;
	else if (m->newest == s)
		m->newest = s->older;
	if (s->older)
		s->older->newer = s->newer;
	else if (m->oldest == s)
		m->oldest = s->newer;
	s->newer = s->older = NULL;
}

static void link_use(struct mount *m, struct scratch *s)
{
	s->used = who_clock();
	s->older = m->newest;
	if (m->newest)
		m->newest->newer = s;
	else
		m->oldest = s;
	m->newest = s;
}

void scratch_touch(struct mount *m, struct node *n)
{
	unlink_use(m, n->scratch);
	link_use(m, n->scratch);
}

/* The oldest refused text makes room: `errors` has its reason, and who needs room may be about to save. */
static bool drop_refused(struct mount *m, const struct scratch *but)
{
	struct scratch *s = m->oldest;
	while (s && (!s->hidden || s == but || s->node->pins > s->node->overlaid)) /* in use */
		s = s->newer;
	if (!s)
		return false;
	m->scratch_bytes -= s->data.n;
	ax_buf_fini(&s->data);
	s->hidden = false;
	node_drop(m, s->node);
	return true;
}

static bool make_room(struct mount *m, const struct scratch *but, size_t objects, uint64_t bytes)
{
	while (m->scratch_objects + objects > SCRATCH_OBJECTS || m->scratch_bytes + bytes > SCRATCH_MAX)
		if (bytes > SCRATCH_MAX || !drop_refused(m, but))
			return false;
	return true;
}

bool scratch_room(struct mount *m, uint64_t bytes)
{
	return make_room(m, NULL, 1, bytes);
}

/* A name in it came, went or moved. */
static void dir_changed(struct node *dir)
{
	if (!dir->scratch)
		return;
	clock_gettime(CLOCK_REALTIME, &dir->scratch->mtime);
	dir->scratch->ctime = dir->scratch->mtime;
}

int scratch_attach(struct mount *m, struct node *n, mode_t mode, uid_t uid, gid_t gid)
{
	struct scratch *s;
	if (!make_room(m, n->kind == NODE_NAME ? n->file->scratch : NULL, 1, 0))
		return ENOSPC;
	s = calloc(1, sizeof(*s));
	if (!s)
		return ENOMEM;
	if (n->hashed && !node_overlay(n)) {
		free(s);
		return ENOMEM;
	}
	s->mode = mode & 07777;
	s->uid = uid;
	s->gid = gid;
	s->ino = UINT64_C(1) << 63 | ++m->scratch_inos;
	clock_gettime(CLOCK_REALTIME, &s->mtime);
	s->atime = s->ctime = s->mtime;
	s->node = n;
	n->scratch = s;
	m->scratch_objects++;
	link_use(m, s);
	if (n->hashed)
		dir_changed(n->parent);
	return 0;
}

int scratch_link(struct mount *m, struct node *file, struct node *dir, const char *name)
{
	struct node *n = node_new(m, dir, name, NODE_NAME);
	if (!n)
		return ENOMEM;
	n->file = file;
	node_pin(file);
	file->scratch->names++;
	int error = scratch_attach(m, n, 0, 0, 0);
	if (error) {
		node_drop(m, n);
		return error;
	}
	clock_gettime(CLOCK_REALTIME, &file->scratch->ctime);
	scratch_touch(m, file);
	return 0;
}

int scratch_move(struct mount *m, struct node *entry, struct node *dir, const char *name)
{
	struct scratch *s = node_named(entry)->scratch;
	struct node *there = node_find(m, dir, name), *from = entry->parent;
	if (there && node_named(there)->scratch)
		clock_gettime(CLOCK_REALTIME, &node_named(there)->scratch->ctime);
	node_pin(from);
	node_pin(entry); /* nothing else may: the kernel knows no hard link's node */
	bool moved = node_move(m, entry, dir, name);
	if (moved) {
		dir_changed(from);
		dir_changed(dir);
		clock_gettime(CLOCK_REALTIME, &s->ctime);
		entry->scratch->hidden = false;
		entry->view = dir->view;
	}
	moved = moved && node_overlay(entry);
	node_unpin(m, entry);
	node_unpin(m, from);
	return moved ? 0 : ENOMEM;
}

void scratch_unname(struct mount *m, struct node *entry)
{
	clock_gettime(CLOCK_REALTIME, &node_named(entry)->scratch->ctime);
	dir_changed(entry->parent);
	node_drop(m, entry);
}

void scratch_free(struct mount *m, struct scratch *s)
{
	if (!s)
		return;
	unlink_use(m, s);
	m->scratch_objects--;
	m->scratch_bytes -= s->data.n;
	ax_buf_fini(&s->data);
	free(s);
}

/* Make room for a content of size bytes; what is new is zeros. */
static int resize(struct mount *m, struct scratch *s, uint64_t size)
{
	if (size > s->data.n && !make_room(m, s, 0, size - s->data.n))
		return ENOSPC;
	m->scratch_bytes -= s->data.n;
	if (size > s->data.n) {
		size_t more = (size_t)size - s->data.n;
		if (ax_buf_reserve(&s->data, more)) {
			memset(s->data.p + s->data.n, 0, more);
			s->data.n = (size_t)size;
		}
	} else {
		s->data.n = (size_t)size;
		ax_buf_trim(&s->data);
	}
	m->scratch_bytes += s->data.n;
	if (!s->data.failed)
		return 0;
	s->data.failed = false;
	return ENOMEM;
}

static void changed(struct mount *m, struct node *n)
{
	clock_gettime(CLOCK_REALTIME, &n->scratch->mtime);
	n->scratch->ctime = n->scratch->mtime;
	n->scratch->dated = false;
	scratch_touch(m, n);
}

int scratch_write(struct mount *m, struct node *n, const void *p, size_t size, uint64_t off)
{
	struct scratch *s = n->scratch;
	if (off > SCRATCH_MAX || size > SCRATCH_MAX)
		return ENOSPC;
	if (off + size > s->data.n) {
		int e = resize(m, s, off + size);
		if (e)
			return e;
	}
	memcpy(s->data.p + off, p, size);
	changed(m, n);
	return 0;
}

int scratch_truncate(struct mount *m, struct node *n, uint64_t size)
{
	int e = resize(m, n->scratch, size);
	if (!e)
		changed(m, n);
	return e;
}

int scratch_set(struct mount *m, struct node *n, struct ax_slice data)
{
	int e = resize(m, n->scratch, data.n);
	if (e)
		return e;
	if (data.n)
		memcpy(n->scratch->data.p, data.p, data.n);
	changed(m, n);
	return 0;
}

static bool idle(const struct scratch *s, uint64_t now)
{
	return now - s->used > (uint64_t)SCRATCH_IDLE_S * 1000000000u;
}

/* Names are no younger than their file, so they go before it. What can't go is looked at again after as long. */
bool scratch_sweep(struct mount *m)
{
	bool any = false;
	uint64_t now = who_clock();
	while (m->oldest && idle(m->oldest, now)) {
		struct node *n = m->oldest->node;
		bool full = n->kind == NODE_DIR && n->dir && n->dir->n;
		bool used = node_named(n)->opens || !idle(node_named(n)->scratch, now);
		scratch_touch(m, n);
		if (full || used || !n->hashed)
			continue;
		node_unhash(m, n);
		any = true;
	}
	return any;
}
