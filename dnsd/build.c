#include "dnsd/build.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "dnsd/publish.h"

/* More jobs than FEW are put in order now and then only. RECENT images are kept until nothing was to do for KEEP_S:
 * by then followers have published them. */
enum { FEW = 1000, SORT_MS = 100, RECENT = 16, KEEP_S = 2, RENEW_MS = 500 };

struct worker {
	struct builder *builder;
	pthread_t thread;
	bool started;
	struct build_job *job; /* the builder's lock; NULL: none */
	int64_t renewed_ms;
};

struct builder {
	struct ax_store *store;
	pthread_mutex_t lock; /* of all that follows, and of the clients */
	pthread_cond_t asked, ended;
	struct build_job **todo; /* as they came, or the most wanted last */
	size_t n, room;
	int64_t sorted_ms;
	struct image *recent[RECENT]; /* owned */
	unsigned recent_at, busy;
	bool remembers; /* there are recent ones */
	bool stop;
	unsigned threads;
	struct worker worker[];
};

static int64_t now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* -- which job is next (under the lock) ------------------------------------------------------------------- */

static uint32_t wanted(const struct build_job *job)
{
	return atomic_load_explicit(&job->bare->wanted, memory_order_relaxed);
}

static int compare_jobs(const void *x, const void *y)
{
	const struct build_job *a = *(struct build_job *const *)x, *b = *(struct build_job *const *)y;
	uint32_t na = wanted(a), nb = wanted(b);
	if (na != nb)
		return na < nb ? -1 : 1;
	return a->zone < b->zone ? 1 : a->zone > b->zone ? -1 : 0;
}

static bool is_building(const struct builder *b, uint32_t zone)
{
	for (unsigned i = 0; i < b->threads; i++)
		if (b->worker[i].job && b->worker[i].job->zone == zone)
			return true;
	return false;
}

static struct build_job *remove_job(struct builder *b, size_t i)
{
	struct build_job *job = b->todo[i];
	memmove(b->todo + i, b->todo + i + 1, (--b->n - i) * sizeof *b->todo);
	return job;
}

/* The most wanted job of a zone that nobody is at; NULL: there is none. */
static struct build_job *next_job(struct builder *b)
{
	if (b->n && (b->n <= FEW || now_ms() - b->sorted_ms >= SORT_MS)) {
		qsort(b->todo, b->n, sizeof *b->todo, compare_jobs);
		b->sorted_ms = now_ms();
	}
	for (size_t i = b->n; i-- > 0;)
		if (!is_building(b, b->todo[i]->zone))
			return remove_job(b, i);
	return NULL;
}

/* -- where to begin --------------------------------------------------------------------------------------- */

static void remember(struct builder *b, struct image *im)
{
	image_unref(b->recent[b->recent_at]);
	image_ref(im);
	b->recent[b->recent_at] = im;
	b->recent_at = (b->recent_at + 1) % RECENT;
	b->remembers = true;
}

static void forget_all(struct builder *b)
{
	for (unsigned i = 0; i < RECENT; i++) {
		image_unref(b->recent[i]);
		b->recent[i] = NULL;
	}
	b->remembers = false;
}

static struct image *find_recent(struct builder *b, uint32_t zone)
{
	struct image *found = NULL;
	pthread_mutex_lock(&b->lock);
	for (unsigned i = 0; i < RECENT && !found; i++)
		if (b->recent[i] && b->recent[i]->zone == zone)
			image_ref(found = b->recent[i]);
	pthread_mutex_unlock(&b->lock);
	return found;
}

static struct image *find_published(const struct build_job *job)
{
	struct image *found = NULL;
	publish_online();
	for (uint32_t i = 0; i < PUBLISH_SLOTS && !found; i++) {
		const struct view *v = publish_current(i);
		struct image *im = v ? view_get(v, &job->apex) : NULL;
		if (im && im->zone == job->zone && im->state == IMAGE_READY)
			image_ref(found = im);
	}
	publish_offline();
	return found;
}

/* An image to make the job's from; NULL: there is none, or what is served now was found to be too far from it. */
static struct image *find_base(struct builder *b, const struct build_job *job)
{
	if (job->bare->state == IMAGE_READY)
		return NULL;
	struct image *found = find_recent(b, job->zone);
	return found ? found : find_published(job);
}

/* -- building --------------------------------------------------------------------------------------------- */

static bool pause_build(void *ctx, struct ax_txn *t, bool *stop)
{
	struct worker *w = ctx;
	pthread_mutex_lock(&w->builder->lock);
	*stop = w->job->client->left;
	pthread_mutex_unlock(&w->builder->lock);
	if (*stop || now_ms() - w->renewed_ms < RENEW_MS)
		return false;
	w->renewed_ms = now_ms();
	if (ax_txn_renew(t) != AX_OK)
		*stop = true;
	return true;
}

/* From an image of the zone that is there, or from nothing. */
static enum ax_err build(struct worker *w, struct build_job *job)
{
	struct ax_txn *t;
	struct ax_commit_info c;
	w->renewed_ms = now_ms();
	enum ax_err e = ax_txn_read(&t, w->builder->store);
	if (!e)
		e = ax_commit_info(&c, t, job->commit);
	struct image *base = find_base(w->builder, job);
	enum ax_err from_base = AX_ELIMIT;
	if (!e && base)
		from_base = image_update(&job->image, base, t, &c, image_update_most(base));
	image_unref(base);
	if (!e && from_base)
		e = image_build(&job->image, t, job->zone, &job->apex, &c, pause_build, w);
	if (e)
		job->text = strdup(ax_err_text(e));
	ax_txn_abort(t);
	return e;
}

/* Under the lock, as it is left. */
static void work(struct worker *w, struct build_job *job)
{
	struct builder *b = w->builder;
	struct builder_client *c = job->client;
	uint64_t one = 1;
	w->job = job;
	b->busy++;
	c->running++;
	pthread_mutex_unlock(&b->lock);
	job->e = build(w, job);
	pthread_mutex_lock(&b->lock);
	w->job = NULL;
	b->busy--;
	c->running--;
	if (job->image)
		remember(b, job->image);
	job->next = NULL;
	*c->last = job;
	c->last = &job->next;
	if (!c->left)
		(void)!write(c->notify_fd, &one, sizeof one);
	pthread_cond_broadcast(&b->ended);
	pthread_cond_broadcast(&b->asked); /* another job of the zone may begin */
}

/* Until there may be a job. */
static void wait_for_job(struct builder *b)
{
	struct timespec end;
	if (!b->remembers) {
		pthread_cond_wait(&b->asked, &b->lock);
		return;
	}
	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += KEEP_S;
	if (pthread_cond_timedwait(&b->asked, &b->lock, &end) == ETIMEDOUT && !b->n && !b->busy)
		forget_all(b);
}

static void *run(void *arg)
{
	struct worker *w = arg;
	struct builder *b = w->builder;
	publish_register();
	pthread_mutex_lock(&b->lock);
	while (!b->stop) {
		struct build_job *job = next_job(b);
		if (job)
			work(w, job);
		else
			wait_for_job(b);
	}
	pthread_mutex_unlock(&b->lock);
	publish_unregister();
	return NULL;
}

/* -- start and stop --------------------------------------------------------------------------------------- */

enum ax_err builder_start(struct builder **out, struct ax_store *store, unsigned threads)
{
	*out = NULL;
	struct builder *b = calloc(1, sizeof *b + threads * sizeof b->worker[0]);
	if (!b)
		return ax_fail(AX_ENOMEM, "no memory for the builder");
	b->store = store;
	b->threads = threads;
	pthread_condattr_t monotonic;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_mutex_init(&b->lock, NULL);
	pthread_cond_init(&b->asked, &monotonic);
	pthread_condattr_destroy(&monotonic);
	pthread_cond_init(&b->ended, NULL);
	for (unsigned i = 0; i < threads; i++) {
		struct worker *w = &b->worker[i];
		w->builder = b;
		w->started = pthread_create(&w->thread, NULL, run, w) == 0;
		if (!w->started) {
			builder_stop(b);
			return ax_fail(AX_EIO, "no thread can be made");
		}
	}
	*out = b;
	return AX_OK;
}

void builder_stop(struct builder *b)
{
	if (!b)
		return;
	pthread_mutex_lock(&b->lock);
	b->stop = true;
	pthread_cond_broadcast(&b->asked);
	pthread_mutex_unlock(&b->lock);
	for (unsigned i = 0; i < b->threads; i++)
		if (b->worker[i].started)
			pthread_join(b->worker[i].thread, NULL);
	forget_all(b);
	free(b->todo);
	pthread_cond_destroy(&b->asked);
	pthread_cond_destroy(&b->ended);
	pthread_mutex_destroy(&b->lock);
	free(b);
}

/* -- clients ---------------------------------------------------------------------------------------------- */

void builder_free(struct build_job *job)
{
	image_unref(job->bare);
	image_unref(job->image);
	free(job->text);
	free(job);
}

void builder_join(struct builder_client *c, struct builder *b, int notify_fd)
{
	*c = (struct builder_client){ .builder = b, .notify_fd = notify_fd };
	c->last = &c->done;
}

void builder_leave(struct builder_client *c)
{
	struct builder *b = c->builder;
	if (!b)
		return;
	pthread_mutex_lock(&b->lock);
	c->left = true;
	for (size_t i = b->n; i-- > 0;)
		if (b->todo[i]->client == c)
			builder_free(remove_job(b, i));
	while (c->running)
		pthread_cond_wait(&b->ended, &b->lock);
	pthread_mutex_unlock(&b->lock);
	for (struct build_job *job; (job = builder_take(c));)
		builder_free(job);
}

static bool append(struct builder *b, struct build_job *job)
{
	if (b->n == b->room) {
		size_t room = b->room ? 2 * b->room : 64;
		struct build_job **grown = realloc(b->todo, room * sizeof *grown);
		if (!grown)
			return false;
		b->todo = grown;
		b->room = room;
	}
	b->todo[b->n++] = job;
	pthread_cond_signal(&b->asked);
	return true;
}

enum ax_err builder_ask(struct builder_client *c, const struct ax_name *apex, struct image *bare, uint64_t commit)
{
	struct builder *b = c->builder;
	struct build_job *job = calloc(1, sizeof *job);
	if (!job)
		return ax_fail(AX_ENOMEM, "no memory for the builder");
	*job = (struct build_job){ .client = c, .zone = bare->zone, .apex = *apex, .commit = commit, .bare = bare };
	image_ref(bare);
	pthread_mutex_lock(&b->lock);
	bool good = append(b, job);
	pthread_mutex_unlock(&b->lock);
	if (good)
		return AX_OK;
	builder_free(job);
	return ax_fail(AX_ENOMEM, "no memory for the builder");
}

struct build_job *builder_take(struct builder_client *c)
{
	pthread_mutex_lock(&c->builder->lock);
	struct build_job *job = c->done;
	if (job)
		c->done = job->next;
	if (!c->done)
		c->last = &c->done;
	pthread_mutex_unlock(&c->builder->lock);
	return job;
}
