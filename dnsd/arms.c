#include "dnsd/arms.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "dnsd/publish.h"

/* A slot of publish.h in use. */
struct followed {
	struct follow *follow; /* NULL: free */
	char *branch, *at;     /* as follow.h borrows them */
	bool wanted;           /* by the routing to come */
};

struct arms {
	struct ax_repo *repo;
	struct builder *builder;
	struct follow_options options;
	pthread_mutex_t lock; /* of slot */
	struct followed slot[PUBLISH_SLOTS];
};

static bool same(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static void end(struct followed *f)
{
	follow_stop(f->follow);
	free(f->branch);
	free(f->at);
	*f = (struct followed){ 0 };
}

static enum ax_err begin(struct arms *a, uint32_t slot, const struct route_arm *arm, struct ax_time now)
{
	struct followed *f = &a->slot[slot];
	struct follow_options o = a->options;
	f->branch = arm->branch ? strdup(arm->branch) : NULL;
	f->at = arm->at ? strdup(arm->at) : NULL;
	if ((arm->branch && !f->branch) || (arm->at && !f->at)) {
		end(f);
		return ax_fail(AX_ENOMEM, "no memory to follow a branch");
	}
	o.branch = f->branch ? f->branch : "main"; /* of a revision: what HEAD means */
	o.at = f->at;
	o.slot = slot;
	o.now = now;
	enum ax_err e = follow_start(&f->follow, a->repo, &o);
	f->wanted = e == AX_OK;
	if (e)
		end(f);
	return e;
}

/* Find or make what an arm is served from. */
static enum ax_err provide(struct arms *a, struct route_arm *arm, struct ax_time now)
{
	uint32_t at_free = PUBLISH_SLOTS;
	for (uint32_t i = 0; i < PUBLISH_SLOTS; i++) {
		struct followed *f = &a->slot[i];
		if (!f->follow) {
			at_free = at_free < i ? at_free : i;
			continue;
		}
		if (!same(f->branch, arm->branch) || !same(f->at, arm->at))
			continue;
		f->wanted = true;
		arm->slot = i;
		return AX_OK;
	}
	if (at_free == PUBLISH_SLOTS)
		return ax_fail(AX_ELIMIT, "too many branches and revisions are served");
	arm->slot = at_free;
	return begin(a, at_free, arm, now);
}

enum ax_err arms_change(struct arms *a, struct routing *r, struct ax_time now, uint64_t queries)
{
	struct routing *unused = r;
	bool before[PUBLISH_SLOTS];
	enum ax_err e = AX_OK;
	pthread_mutex_lock(&a->lock);
	for (uint32_t i = 0; i < PUBLISH_SLOTS; i++) {
		before[i] = a->slot[i].follow;
		a->slot[i].wanted = false;
	}
	for (uint32_t i = 0; !e && i < r->arms; i++)
		e = provide(a, &r->arm[i], now);
	const struct routing *old = publish_routing();
	if (!e && old)
		routing_continue(r, old, queries);
	if (!e)
		unused = publish_route(r);
	routing_free(unused);
	for (uint32_t i = 0; i < PUBLISH_SLOTS; i++)
		if (a->slot[i].follow && (e ? !before[i] : !a->slot[i].wanted))
			end(&a->slot[i]);
	pthread_mutex_unlock(&a->lock);
	return e;
}

enum ax_err arms_start(struct arms **out, struct ax_repo *repo, const struct follow_options *o, unsigned threads,
		       struct routing *r)
{
	*out = NULL;
	struct arms *a = calloc(1, sizeof *a);
	if (!a) {
		routing_free(r);
		return ax_fail(AX_ENOMEM, "no memory to follow the repository");
	}
	a->repo = repo;
	a->options = *o;
	pthread_mutex_init(&a->lock, NULL);
	enum ax_err e = builder_start(&a->builder, ax_repo_store(repo), threads);
	a->options.builder = a->builder;
	if (!e)
		e = arms_change(a, r, o->now, 0);
	else
		routing_free(r);
	if (e)
		arms_stop(a);
	else
		*out = a;
	return e;
}

void arms_stop(struct arms *a)
{
	if (!a)
		return;
	routing_free(publish_route(NULL));
	for (uint32_t i = 0; i < PUBLISH_SLOTS; i++)
		if (a->slot[i].follow)
			end(&a->slot[i]);
	builder_stop(a->builder);
	pthread_mutex_destroy(&a->lock);
	free(a);
}

void arms_stats(struct arms *a, struct stats *sum)
{
	pthread_mutex_lock(&a->lock);
	for (uint32_t i = 0; i < PUBLISH_SLOTS; i++)
		if (a->slot[i].follow)
			follow_stats(a->slot[i].follow, sum);
	pthread_mutex_unlock(&a->lock);
}
