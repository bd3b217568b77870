#include "dnsd/build.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct list {
	struct build_job *first, **last;
};

struct builder {
	struct ax_store *store;
	int notify_fd;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t asked;
	struct list todo, done; /* lock */
	bool stop;              /* lock */
	int64_t renewed_ms;     /* the builder's own */
};

static void append(struct list *l, struct build_job *job)
{
	job->next = NULL;
	*l->last = job;
	l->last = &job->next;
}

static struct build_job *take_first(struct list *l)
{
	struct build_job *job = l->first;
	if (job) {
		l->first = job->next;
		if (!l->first)
			l->last = &l->first;
	}
	return job;
}

static int64_t now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static bool pause_build(void *ctx, struct ax_txn *t, bool *stop)
{
	struct builder *b = ctx;
	pthread_mutex_lock(&b->lock);
	*stop = b->stop;
	pthread_mutex_unlock(&b->lock);
	if (*stop || now_ms() - b->renewed_ms < 500)
		return false;
	b->renewed_ms = now_ms();
	if (ax_txn_renew(t) != AX_OK)
		*stop = true;
	return true;
}

static enum ax_err build(struct builder *b, struct build_job *job)
{
	struct ax_txn *t;
	struct ax_commit_info c;
	b->renewed_ms = now_ms();
	enum ax_err e = ax_txn_read(&t, b->store);
	if (!e)
		e = ax_commit_info(&c, t, job->commit);
	if (!e)
		e = image_build(&job->image, t, job->zone, &job->apex, &c, pause_build, b);
	if (e)
		job->text = strdup(ax_err_text(e));
	ax_txn_abort(t);
	return e;
}

static void *run(void *arg)
{
	struct builder *b = arg;
	uint64_t one = 1;
	pthread_mutex_lock(&b->lock);
	for (;;) {
		while (!b->stop && !b->todo.first)
			pthread_cond_wait(&b->asked, &b->lock);
		if (b->stop)
			break;
		struct build_job *job = take_first(&b->todo);
		pthread_mutex_unlock(&b->lock);
		job->e = build(b, job);
		pthread_mutex_lock(&b->lock);
		append(&b->done, job);
		(void)!write(b->notify_fd, &one, sizeof one);
	}
	pthread_mutex_unlock(&b->lock);
	return NULL;
}

enum ax_err builder_start(struct builder **out, struct ax_store *store, int notify_fd)
{
	*out = NULL;
	struct builder *b = calloc(1, sizeof *b);
	if (!b)
		return ax_fail(AX_ENOMEM, "no memory for the builder");
	b->store = store;
	b->notify_fd = notify_fd;
	b->todo.last = &b->todo.first;
	b->done.last = &b->done.first;
	pthread_mutex_init(&b->lock, NULL);
	pthread_cond_init(&b->asked, NULL);
	if (pthread_create(&b->thread, NULL, run, b) != 0) {
		free(b);
		return ax_fail(AX_EIO, "no thread can be made");
	}
	*out = b;
	return AX_OK;
}

void builder_free(struct build_job *job)
{
	image_unref(job->image);
	free(job->text);
	free(job);
}

static void drop_all(struct list *l)
{
	for (struct build_job *job; (job = take_first(l));)
		builder_free(job);
}

void builder_stop(struct builder *b)
{
	if (!b)
		return;
	pthread_mutex_lock(&b->lock);
	b->stop = true;
	pthread_cond_signal(&b->asked);
	pthread_mutex_unlock(&b->lock);
	pthread_join(b->thread, NULL);
	drop_all(&b->todo);
	drop_all(&b->done);
	pthread_cond_destroy(&b->asked);
	pthread_mutex_destroy(&b->lock);
	free(b);
}

enum ax_err builder_ask(struct builder *b, uint32_t zone, const struct ax_name *apex, uint64_t commit)
{
	struct build_job *job = calloc(1, sizeof *job);
	if (!job)
		return ax_fail(AX_ENOMEM, "no memory for the builder");
	job->zone = zone;
	job->apex = *apex;
	job->commit = commit;
	pthread_mutex_lock(&b->lock);
	append(&b->todo, job);
	pthread_cond_signal(&b->asked);
	pthread_mutex_unlock(&b->lock);
	return AX_OK;
}

struct build_job *builder_take(struct builder *b)
{
	pthread_mutex_lock(&b->lock);
	struct build_job *job = take_first(&b->done);
	pthread_mutex_unlock(&b->lock);
	return job;
}
