/* mount.c - see mount.h: the life of a mount. */
#include "fs/mount.h"

#include "core/due.h"
#include "fs/draft.h"
#include "fs/list.h"
#include "fs/notify.h"
#include "fs/ops.h"
#include "fs/save.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* How long writers may take to finish when the mount is to end. */
static const uint64_t grace_ns = UINT64_C(3000000000);

double mount_keep(const struct mount *m)
{
	return m->watches ? 3600 : 0;
}

double mount_keep_name(const struct mount *m)
{
	return m->watches && m->epochs ? 3600 : 0;
}

static enum ax_err look_around(struct mount *m, const char *dir)
{
	struct ax_zone zone;
	struct stat st;
	if (stat(dir, &st))
		return ax_fail(AX_ENOREPO, "%s: %s", dir, strerror(errno));
	m->uid = st.st_uid;
	m->gid = st.st_gid;
	m->group_writes = st.st_mode & S_IWGRP;
	enum ax_err e = ax_zone_default(&zone, m->txn);
	if (e)
		return e;
	m->default_zone = zone.id;
	m->default_apex = zone.apex;
	e = ax_file_time_count(&m->times.told, m->txn);
	return e ? e : ax_log_last(&m->log_start, m->txn);
}

enum ax_err mount_open(struct mount *m, const char *dir)
{
	pthread_condattr_t clock;
	m->stop_fd = -1;
	m->watch.fd = -1;
	m->last_job = &m->first_job;
	m->start = who_now();
	pthread_mutex_init(&m->lock, NULL);
	pthread_condattr_init(&clock);
	pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
	pthread_cond_init(&m->work, &clock);
	pthread_condattr_destroy(&clock);
	pthread_cond_init(&m->committed, NULL);
	if (!node_table_init(&m->nodes))
		return ax_fail(AX_ENOMEM, "out of memory");
	m->root = node_new(m, NULL, "", NODE_ROOT);
	if (!m->root)
		return ax_fail(AX_ENOMEM, "out of memory");
	enum ax_err e = ax_repo_open(&m->repo, dir, m->read_only);
	if (e)
		return e;
	m->store = ax_repo_store(m->repo);
	if (ax_pins_open(&m->pins, dir))
		ax_err_clear(); /* a repository of somebody else's */
	e = ax_txn_read(&m->txn, m->store);
	if (!e)
		e = look_around(m, dir);
	ax_txn_reset(m->txn);
	m->root->zone = m->default_zone;
	return e;
}

/* What the kernel still held goes with the session. */
static void free_node(struct mount *m, struct node *n)
{
	node_pin(n);
	n->nlookup = 0;
	node_unhash(m, n);
	node_unpin(m, n);
}

static void free_nodes(struct mount *m)
{
	while (m->handles)
		edit_close(m, m->handles);
	while (m->lists)
		list_close(m, m->lists);
	m->root = NULL;
	for (size_t i = 0; i < m->nodes.cap; i++)
		while (m->nodes.bucket[i])
			free_node(m, m->nodes.bucket[i]);
	/* a parent that is pinned by its children goes with the last of them */
	while (m->unnamed) {
		struct node *n = m->unnamed;
		while (n && n->pins)
			n = n->hash_next;
		if (!n)
			break;
		free_node(m, n);
	}
}

void mount_close(struct mount *m)
{
	if (m->nodes.bucket)
		free_nodes(m);
	view_free_all(m);
	node_table_fini(&m->nodes);
	errors_fini(&m->errors);
	times_fini(&m->times);
	ax_txn_abort(m->txn);
	ax_watch_close(&m->watch);
	if (m->stop_fd >= 0)
		close(m->stop_fd);
	ax_pins_close(m->pins);
	ax_repo_close(m->repo);
	pthread_cond_destroy(&m->work);
	pthread_cond_destroy(&m->committed);
	pthread_mutex_destroy(&m->lock);
}

/* Signals are the loop's: they interrupt its read, and it ends. */
static int start(pthread_t *thread, void *(*run)(void *), struct mount *m)
{
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int error = pthread_create(thread, NULL, run, m);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return error;
}

/* Is anybody in the middle of writing a text? */
static bool unsaved(struct mount *m)
{
	bool found = false;
	pthread_mutex_lock(&m->lock);
	for (struct handle *h = m->handles; h && !found; h = h->next)
		found = edit_unsaved(h);
	pthread_mutex_unlock(&m->lock);
	return found;
}

/* Told to end while texts are being written: half a text is never saved, so their writers get a moment to finish. A
 * second signal cuts it short. */
static void serve_writers(struct mount *m)
{
	const uint64_t end = who_clock() + grace_ns;
	struct fuse_buf buf = { 0 };
	fuse_session_reset(m->session);
	while (!fuse_session_exited(m->session) && who_clock() < end && unsaved(m)) {
		struct pollfd p = { .fd = fuse_session_fd(m->session), .events = POLLIN };
		if (poll(&p, 1, 100) <= 0)
			continue;
		int n = fuse_session_receive_buf(m->session, &buf);
		if (n > 0)
			fuse_session_process_buf(m->session, &buf);
		else if (n != -EINTR && n != -EAGAIN)
			break;
	}
	free(buf.mem);
}

static void tell_unsaved(struct mount *m)
{
	pthread_mutex_lock(&m->lock);
	for (struct handle *h = m->handles; h; h = h->next) {
		struct node *n = h->node;
		if (!edit_unsaved(h))
			continue;
		errors_refuse(m, &n->draft->who, n->parent, n->name,
			      "not saved: apexfs was told to end, and the text was not complete");
		n->draft->dirty = false; /* told once, however many have it open */
	}
	pthread_mutex_unlock(&m->lock);
}

/* -- what was put off until now ----------------------------------------------------------------------------- */

static void due_told(void *ctx, const struct ax_due *job, const struct ax_published *out, const char *why)
{
	struct mount *m = ctx;
	char reason[1000];
	if (out)
		return;
	if (job)
		snprintf(reason, sizeof(reason), "scheduled change %llu: %s", (unsigned long long)job->number, why);
	else
		snprintf(reason, sizeof(reason), "scheduled changes: %s", why);
	pthread_mutex_lock(&m->lock);
	errors_note(m, "apexfs", job ? job->branch : "", reason);
	pthread_mutex_unlock(&m->lock);
}

static void *due_thread(void *mount)
{
	struct mount *m = mount;
	struct who self = { .uid = m->uid, .name = "apexfs", .via = "fs comm=apexfs" };
	struct ax_due_server s = { .repo = m->repo,
				   .who = who_actor(&self),
				   .now = who_now,
				   .stop_fd = m->stop_fd,
				   .told = due_told,
				   .ctx = m };
	ax_due_serve(&s);
	return NULL;
}

int mount_serve(struct mount *m)
{
	pthread_t committer, notifier, due;
	m->stop_fd = eventfd(0, EFD_CLOEXEC);
	if (m->stop_fd < 0)
		return errno;
	m->watches = ax_watch_open(&m->watch, m->store) == AX_OK;
	int error = start(&committer, save_thread, m);
	if (error)
		return error;
	if (m->watches)
		error = start(&notifier, notify_thread, m);
	bool does_due = !error && !m->read_only && !start(&due, due_thread, m);
	int ended = error ? 0 : fuse_session_loop(m->session); /* above 0: the signal that ended it */
	/* unmounted while a request was on its way: the end as well */
	if (ended < 0 && ended != -ECONNABORTED)
		error = EIO;
	if (ended > 0) {
		serve_writers(m);
		tell_unsaved(m);
	}
	bool told = eventfd_write(m->stop_fd, 1) == 0;
	if (m->watches && told)
		pthread_join(notifier, NULL);
	if (does_due && told)
		pthread_join(due, NULL);
	pthread_mutex_lock(&m->lock);
	m->stopping = true;
	pthread_cond_signal(&m->work);
	pthread_mutex_unlock(&m->lock);
	pthread_join(committer, NULL);
	return error;
}
