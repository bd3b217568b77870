#include "dnsd/follow.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "core/rev.h"
#include "core/watch.h"
#include "dnsd/publish.h"
#include "dnsd/say.h"
#include "dnsd/vouch.h"

enum { RETRY_MS = 1000, STALE_S = 60 };

/* A zone we serve, by its number. */
struct served {
	bool here;       /* in the repository and wanted */
	bool building;   /* the builder is at it */
	bool touched;    /* look at its ref */
	bool told;       /* its trouble was logged */
	bool refused;    /* its newest commit is not signed as it must be */
	bool stale;      /* what is served of it is the last good commit */
	uint64_t pinned; /* the commit of `at`, */
	bool kept;       /* of which gc was told */
	struct ax_id pin;
	struct vouch vouch;
};

struct follow {
	struct ax_repo *repo;
	struct follow_options options;
	struct ax_txn *txn;
	struct ax_watch watch;
	struct builder_client builder;
	struct view *view; /* the last one published, which publish.c owns */
	struct view *next; /* in the making */
	struct served **zone;
	uint32_t zones;    /* length of zone */
	uint32_t *touched; /* numbers of zones with `touched` set */
	size_t ntouched, touched_room;
	uint64_t seq;            /* the last log entry read */
	bool failed;             /* something is to be tried again */
	_Atomic uint64_t looked; /* the state that was looked at last */
	int wake;                /* eventfd: the builder is done, or stop */
	atomic_bool stop;
	pthread_t thread;
	bool running;
	struct stats stats;
};

static void tell(struct follow *f, const struct ax_name *apex, const char *text)
{
	char line[1500];
	struct ax_buf name = AX_BUF_INIT;
	if (apex)
		ax_name_text(&name, apex);
	const char *shown = ax_buf_cstr(&name);
	snprintf(line, sizeof line, SAY_ERROR "%s%s%s", apex && shown ? shown : "", apex ? ": " : "", text);
	f->options.log(line);
	ax_buf_fini(&name);
}

/* A zone's trouble is logged once, until it is well again. */
static void trouble(struct follow *f, uint32_t id, enum ax_err e)
{
	char why[1200];
	struct ax_zone zone;
	snprintf(why, sizeof why, "%s", ax_err_text(e));
	stats_add(&f->stats.load_errors, 1);
	f->failed = true;
	if (!f->zone[id]->told)
		tell(f, ax_zone_get(&zone, f->txn, id) == AX_OK ? &zone.apex : NULL, why);
	f->zone[id]->told = true;
}

/* -- the next view ---------------------------------------------------------------------------------------- */

static enum ax_err begin_next(struct follow *f)
{
	if (!f->next)
		f->next = view_new(f->view);
	return f->next ? AX_OK : ax_fail(AX_ENOMEM, "no memory for a view");
}

/* Put an image into the next view; its reference is taken over in any case. */
static enum ax_err put_next(struct follow *f, struct image *im)
{
	enum ax_err e = begin_next(f);
	if (!e)
		e = view_put(f->next, im);
	if (e)
		image_unref(im);
	return e;
}

static const struct view *newest(const struct follow *f)
{
	return f->next ? f->next : f->view;
}

static void publish(struct follow *f)
{
	if (!f->next)
		return;
	f->view = f->next;
	f->next = NULL;
	publish_swap(f->options.slot, f->view);
	stats_add(&f->stats.published, 1);
}

/* -- zones ------------------------------------------------------------------------------------------------ */

static bool wanted(const struct follow *f, const struct ax_name *apex)
{
	for (size_t i = 0; i < f->options.nzones; i++)
		if (ax_name_eq(&f->options.zones[i], apex))
			return true;
	return f->options.nzones == 0;
}

/* The entry of a zone, made if need be. */
static struct served *entry(struct follow *f, uint32_t id)
{
	if (id >= f->zones) {
		uint32_t room = f->zones ? f->zones : 16;
		while (room <= id)
			room *= 2;
		struct served **grown = realloc(f->zone, room * sizeof *grown);
		if (!grown)
			return NULL;
		memset(grown + f->zones, 0, (room - f->zones) * sizeof *grown);
		f->zone = grown;
		f->zones = room;
	}
	if (!f->zone[id])
		f->zone[id] = calloc(1, sizeof *f->zone[id]);
	return f->zone[id];
}

static enum ax_err touch(struct follow *f, uint32_t id)
{
	struct served *z = entry(f, id);
	if (z && z->touched)
		return AX_OK;
	if (z && f->ntouched == f->touched_room) {
		size_t room = f->touched_room ? 2 * f->touched_room : 64;
		uint32_t *grown = realloc(f->touched, room * sizeof *grown);
		if (!grown)
			z = NULL;
		else
			f->touched = grown;
		f->touched_room = z ? room : f->touched_room;
	}
	if (!z)
		return ax_fail(AX_ENOMEM, "no memory to follow a zone");
	z->touched = true;
	f->touched[f->ntouched++] = id;
	return AX_OK;
}

/* Only what is signed, if that is asked for: else the last that was. */
static enum ax_err need_signed(uint64_t *commit, struct follow *f, struct served *z, uint32_t id, const char *path)
{
	struct ax_zone zone;
	bool news;
	uint64_t newest_commit = *commit;
	if (!f->options.trusted)
		return AX_OK;
	enum ax_err e = vouch_for(commit, &news, &z->vouch, f->txn, id, path, f->options.trusted);
	z->refused = *commit != newest_commit;
	if (e || !news)
		return e;
	char why[1200];
	snprintf(why, sizeof why, "not served: %s", ax_err_text(AX_ECHECK));
	stats_add(&f->stats.load_errors, 1);
	tell(f, ax_zone_get(&zone, f->txn, id) == AX_OK ? &zone.apex : NULL, why);
	return AX_OK;
}

/* The commit to serve; 0 if the zone is unborn on the branch. */
static enum ax_err target(uint64_t *commit, struct follow *f, struct served *z, uint32_t id)
{
	char path[AX_REF_PATH_MAX + 1];
	struct ax_ref ref;
	*commit = z->pinned;
	if (f->options.at)
		return need_signed(commit, f, z, id, NULL);
	snprintf(path, sizeof path, "heads/%s", f->options.branch);
	enum ax_err e = ax_ref_get(&ref, f->txn, id, path);
	if (e && e != AX_ENOENT)
		return e;
	*commit = ref.commit;
	return need_signed(commit, f, z, id, path);
}

/* The plain way until the builder is done; of an unborn zone nothing. */
static enum ax_err serve_bare(struct follow *f, struct served *z, const struct ax_zone *zone, uint64_t commit)
{
	struct ax_commit_info c;
	struct image *im;
	enum ax_err e = commit ? ax_commit_info(&c, f->txn, commit) : AX_OK;
	if (!e)
		e = image_bare(&im, zone->id, &zone->apex, commit ? &c : NULL);
	if (!e)
		e = put_next(f, im);
	if (!e && commit && !z->building) {
		e = builder_ask(&f->builder, &zone->apex, im, commit);
		z->building = e == AX_OK;
	}
	return e;
}

/* Bring an image to the commit; too much of a difference is the builder's. */
static enum ax_err serve_update(struct follow *f, struct served *z, const struct ax_zone *zone, struct image *old,
				uint64_t commit)
{
	struct ax_commit_info c;
	struct image *im;
	enum ax_err e = ax_commit_info(&c, f->txn, commit);
	if (e)
		return e;
	e = image_update(&im, old, f->txn, &c, image_update_most(old));
	if (e == AX_ELIMIT && z->building)
		return AX_OK;
	if (e == AX_ELIMIT) {
		e = builder_ask(&f->builder, &zone->apex, old, commit);
		z->building = e == AX_OK;
		return e;
	}
	if (e)
		return e;
	stats_add(&f->stats.updated, 1);
	stats_set(&f->stats.copied_last, im->copied);
	return put_next(f, im);
}

static enum ax_err withdraw(struct follow *f, struct served *z, const struct ax_zone *zone)
{
	z->here = z->told = false;
	stats_set(&f->stats.zones, f->stats.zones - 1);
	enum ax_err e = begin_next(f);
	return e ? e : view_remove(f->next, &zone->apex);
}

/* A zone that we did not serve so far. */
static enum ax_err welcome(struct follow *f, struct served *z, const struct ax_zone *zone)
{
	if (zone->removed || !wanted(f, &zone->apex) || (f->options.at && !z->pinned))
		return AX_OK;
	z->here = true;
	stats_set(&f->stats.zones, f->stats.zones + 1);
	uint64_t commit;
	enum ax_err e = target(&commit, f, z, zone->id);
	return e ? e : serve_bare(f, z, zone, commit);
}

/* Make what is served of a zone equal to what the repository says. */
static enum ax_err look_at(struct follow *f, struct served *z, uint32_t id)
{
	struct ax_zone zone;
	uint64_t commit;
	enum ax_err e = ax_zone_get(&zone, f->txn, id);
	if (e)
		return e;
	if (z->here && zone.removed)
		return withdraw(f, z, &zone);
	if (!z->here)
		return welcome(f, z, &zone);
	e = target(&commit, f, z, id);
	if (e)
		return e;
	struct image *im = view_get(newest(f), &zone.apex);
	if (im && im->commit == commit && (im->state != IMAGE_LOADING || z->building))
		return AX_OK;
	if (im && commit && im->state == IMAGE_READY)
		return serve_update(f, z, &zone, im, commit);
	return serve_bare(f, z, &zone, commit);
}

/* Answers say so as long as a zone's newest commit can't be served. */
static void note_stale(struct follow *f, struct served *z, uint32_t id, bool stale)
{
	struct ax_zone zone;
	if (!stale && !z->stale)
		return;
	struct image *im = ax_zone_get(&zone, f->txn, id) == AX_OK ? view_get(newest(f), &zone.apex) : NULL;
	if (im && im->state != IMAGE_UNBORN)
		atomic_store_explicit(&im->stale, stale, memory_order_relaxed);
	z->stale = stale;
}

static void look_at_touched(struct follow *f)
{
	size_t n = f->ntouched;
	f->ntouched = 0;
	for (size_t i = 0; i < n; i++) {
		uint32_t id = f->touched[i];
		struct served *z = f->zone[id];
		z->touched = false;
		enum ax_err e = look_at(f, z, id);
		note_stale(f, z, id, e || z->refused);
		if (!e) {
			z->told = false;
			continue;
		}
		trouble(f, id, e);
		/* Again later. There is room: this one was just taken out of the list. */
		z->touched = true;
		f->touched[f->ntouched++] = id;
	}
}

/* An image has been built: if it is the tip's, or can be brought there, it is served. */
static enum ax_err take_built(struct follow *f, struct served *z, struct build_job *job)
{
	struct ax_zone zone;
	uint64_t commit;
	z->building = false;
	if (!z->here)
		return AX_OK;
	if (job->e)
		return ax_fail(job->e, "%s", job->text ? job->text : ax_err_sentence(job->e));
	stats_add(&f->stats.built, 1);
	enum ax_err e = ax_zone_get(&zone, f->txn, job->zone);
	if (!e)
		e = target(&commit, f, z, job->zone);
	if (e || !commit)
		return e;
	const struct image *im = view_get(newest(f), &zone.apex);
	if (im && im->commit == commit && im->state == IMAGE_READY)
		return AX_OK; /* a diff was quicker */
	if (commit != job->commit)
		return serve_update(f, z, &zone, job->image, commit);
	struct image *built = job->image;
	job->image = NULL;
	return put_next(f, built);
}

static void take_all_built(struct follow *f)
{
	for (struct build_job *job; (job = builder_take(&f->builder));) {
		struct served *z = f->zone[job->zone];
		enum ax_err e = take_built(f, z, job);
		note_stale(f, z, job->zone, e || z->refused);
		if (e)
			trouble(f, job->zone, e);
		if (e && touch(f, job->zone) != AX_OK)
			tell(f, NULL, "no memory to try again");
		builder_free(job);
	}
}

/* -- the log ---------------------------------------------------------------------------------------------- */

static enum ax_err note_entry(struct follow *f, const struct ax_log_entry *entry)
{
	const size_t heads = strlen("heads/");
	if (entry->kind == AX_LOG_ZONE_ADDED || entry->kind == AX_LOG_ZONE_REMOVED)
		return touch(f, entry->zone);
	if (entry->kind == AX_LOG_SETTING && f->options.trusted && strcmp(entry->ref, "signed") == 0)
		return touch(f, entry->zone);
	if (entry->kind == AX_LOG_REF && !f->options.at && strncmp(entry->ref, "heads/", heads) == 0 &&
	    strcmp(entry->ref + heads, f->options.branch) == 0)
		return touch(f, entry->zone);
	return AX_OK;
}

static enum ax_err read_log(struct follow *f)
{
	uint64_t last;
	enum ax_err e = ax_log_last(&last, f->txn);
	while (!e && f->seq < last) {
		struct ax_log_entry entry;
		e = ax_log_get(&entry, f->txn, f->seq + 1);
		if (!e)
			e = note_entry(f, &entry);
		if (!e)
			f->seq++;
	}
	return e;
}

/* -- the thread ------------------------------------------------------------------------------------------- */

static int64_t now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* One look at the repository, all that it shows published at once. */
static void look(struct follow *f)
{
	int64_t start = now_ns();
	f->failed = false;
	enum ax_err e = ax_txn_renew(f->txn);
	if (!e)
		e = read_log(f);
	if (e) {
		f->failed = true;
		tell(f, NULL, ax_err_text(e));
	} else {
		look_at_touched(f);
		take_all_built(f);
		atomic_store(&f->looked, ax_txn_id(f->txn));
	}
	if (f->next) {
		publish(f);
		uint64_t took_ns = (uint64_t)(now_ns() - start);
		stats_set(&f->stats.publish_ns_last, took_ns);
		stats_publish(&f->stats, took_ns);
	}
}

static void *run(void *arg)
{
	struct follow *f = arg;
	struct ax_store *store = ax_repo_store(f->repo);
	int64_t cleared = now_ns();
	while (!atomic_load(&f->stop)) {
		uint64_t seen = ax_txn_id(f->txn), count;
		ax_txn_reset(f->txn);
		ax_watch_wait(&f->watch, store, seen, f->failed ? RETRY_MS : STALE_S * 1000, f->wake);
		(void)!read(f->wake, &count, sizeof count);
		if (atomic_load(&f->stop))
			break;
		look(f);
		if (now_ns() - cleared > (int64_t)STALE_S * 1000000000) {
			cleared = now_ns();
			enum ax_err e = ax_store_clear_stale(store);
			if (e)
				tell(f, NULL, ax_err_text(e));
		}
	}
	return NULL;
}

/* -- start and stop --------------------------------------------------------------------------------------- */

/* Resolve `at` in a zone. *commit 0: it doesn't. */
static enum ax_err pin(uint64_t *commit, struct follow *f, const struct ax_zone *zone)
{
	struct ax_rev_context c = { zone->id, f->options.branch, f->options.now };
	struct ax_rev rev;
	enum ax_err e = ax_rev_parse(&rev, f->txn, &c, f->options.at);
	*commit = e ? 0 : rev.commit;
	if (!e && rev.zone != zone->id)
		*commit = 0; /* a revision of another zone by name */
	if (e != AX_ENOENT && e != AX_EAMBIGUOUS)
		return e;
	tell(f, &zone->apex, ax_err_text(e));
	return AX_OK;
}

/* gc leaves what is served, also when no ref leads there any more. */
static void keep(struct follow *f, struct served *z)
{
	if (!z->pinned || !f->options.keeper)
		return;
	z->kept = !ax_commit_id(&z->pin, f->txn, z->pinned) && !keeper_pin(f->options.keeper, &z->pin);
	if (!z->kept)
		tell(f, NULL, ax_err_text(AX_EIO));
}

/* All zones as they are now. */
static enum ax_err first_look(struct follow *f)
{
	struct ax_zone zone = { 0 };
	size_t found = 0;
	enum ax_err e = ax_log_last(&f->seq, f->txn);
	if (!e)
		e = begin_next(f);
	while (!e && (e = ax_zone_next(&zone, f->txn, zone.id, false)) == AX_OK) {
		struct served *z = entry(f, zone.id);
		if (!z)
			return ax_fail(AX_ENOMEM, "no memory to follow a zone");
		if (!wanted(f, &zone.apex))
			continue;
		if (f->options.at)
			e = pin(&z->pinned, f, &zone);
		keep(f, z);
		if (!e) {
			enum ax_err bad = welcome(f, z, &zone);
			note_stale(f, z, zone.id, bad || z->refused);
			if (bad) {
				trouble(f, zone.id, bad);
				e = touch(f, zone.id);
			}
		}
		found += z->here;
	}
	if (e != AX_ENOENT)
		return e;
	if (f->options.at && !found)
		return ax_fail(AX_ENOENT, "`%s` is no revision of any zone here", f->options.at);
	if (f->options.nzones && !found)
		return ax_fail(AX_ENOENT, "no such zone in the repository");
	return AX_OK;
}

static enum ax_err start(struct follow *f)
{
	struct ax_store *store = ax_repo_store(f->repo);
	f->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (f->wake < 0)
		return ax_fail(AX_EIO, "eventfd: %s", strerror(errno));
	builder_join(&f->builder, f->options.builder, f->wake);
	enum ax_err e = ax_watch_open(&f->watch, store);
	if (!e)
		e = ax_txn_read(&f->txn, store);
	if (!e)
		e = first_look(f);
	if (e)
		return e;
	publish(f);
	atomic_store(&f->looked, ax_txn_id(f->txn));
	f->running = pthread_create(&f->thread, NULL, run, f) == 0;
	return f->running ? AX_OK : ax_fail(AX_EIO, "no thread can be made");
}

enum ax_err follow_start(struct follow **out, struct ax_repo *repo, const struct follow_options *o)
{
	*out = NULL;
	struct follow *f = calloc(1, sizeof *f);
	if (!f)
		return ax_fail(AX_ENOMEM, "no memory to follow the repository");
	f->repo = repo;
	f->options = *o;
	f->wake = f->watch.fd = -1;
	enum ax_err e = start(f);
	if (e)
		follow_stop(f);
	else
		*out = f;
	return e;
}

void follow_stop(struct follow *f)
{
	uint64_t one = 1;
	if (!f)
		return;
	atomic_store(&f->stop, true);
	if (f->running) {
		(void)!write(f->wake, &one, sizeof one);
		pthread_join(f->thread, NULL);
	}
	builder_leave(&f->builder);
	view_free(f->next);
	publish_swap(f->options.slot, NULL);
	ax_txn_abort(f->txn);
	if (f->watch.fd >= 0)
		ax_watch_close(&f->watch);
	if (f->wake >= 0)
		close(f->wake);
	for (uint32_t i = 0; i < f->zones; i++) {
		if (f->zone[i] && f->zone[i]->kept)
			keeper_unpin(f->options.keeper, &f->zone[i]->pin);
		if (f->zone[i])
			vouch_fini(&f->zone[i]->vouch);
		free(f->zone[i]);
	}
	free(f->zone);
	free(f->touched);
	free(f);
}

void follow_stats(const struct follow *f, struct stats *sum)
{
	uint64_t newest = ax_store_last_txn(ax_repo_store(f->repo)), looked = atomic_load(&f->looked);
	bool same = newest >> AX_EPOCH_SHIFT == looked >> AX_EPOCH_SHIFT;
	stats_sum(sum, &f->stats);
	if (newest > looked)
		stats_add(&sum->lag, same ? newest - looked : 1);
}
