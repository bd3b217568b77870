#include "dnsd/due.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "dnsd/say.h"

struct due {
	struct ax_due_server server;
	void (*log)(const char *text);
	pthread_t thread;
	char via[40];
};

static struct ax_time now(void)
{
	struct timespec t = { 0 };
	clock_gettime(CLOCK_REALTIME, &t);
	return (struct ax_time){ t.tv_sec, (uint32_t)t.tv_nsec, 0 };
}

static void told(void *ctx, const struct ax_due *job, const struct ax_published *out, const char *why)
{
	const struct due *d = ctx;
	char line[1500];
	if (!job)
		snprintf(line, sizeof line, SAY_ERROR "scheduled changes: %.1200s", why);
	else
		snprintf(line, sizeof line, "scheduled change %llu, %s: %s: %.1000s", (unsigned long long)job->number,
			 job->branch, out ? "done" : "refused", out ? job->subject : why);
	d->log(line);
}

static void *run(void *arg)
{
	struct due *d = arg;
	ax_due_serve(&d->server);
	return NULL;
}

enum ax_err due_start(struct due **out, struct ax_repo *repo, void (*log)(const char *text))
{
	*out = NULL;
	if (ax_repo_read_only(repo)) {
		log(SAY_WARNING "the repository may not be written to: scheduled changes are not carried out here");
		return AX_OK;
	}
	struct due *d = calloc(1, sizeof *d);
	if (!d)
		return ax_fail(AX_ENOMEM, "out of memory");
	struct ax_person me = { "apexd", "", now() };
	snprintf(d->via, sizeof d->via, "apexd uid=%u", (unsigned)getuid());
	d->log = log;
	d->server = (struct ax_due_server){ .repo = repo,
					    .who = { me, me, d->via, getuid() },
					    .now = now,
					    .stop_fd = eventfd(0, EFD_CLOEXEC),
					    .told = told,
					    .ctx = d };
	int error = d->server.stop_fd < 0 ? errno : pthread_create(&d->thread, NULL, run, d);
	if (error) {
		if (d->server.stop_fd >= 0)
			close(d->server.stop_fd);
		free(d);
		return ax_fail(AX_EIO, "no thread for scheduled changes: %s", strerror(error));
	}
	*out = d;
	return AX_OK;
}

void due_stop(struct due *d)
{
	uint64_t one = 1;
	if (!d)
		return;
	if (write(d->server.stop_fd, &one, sizeof one) == sizeof one)
		pthread_join(d->thread, NULL);
	close(d->server.stop_fd);
	free(d);
}
