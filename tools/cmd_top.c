#include "tools/daemon.h"
#include "tools/verbs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { SHARES_MAX = 8, INTERVAL_MAX_S = 3600, COUNT_MAX = 1000000 };

static const char *interval_text, *count_text;

static const struct option options[] = {
	{ "interval", 'i', "SECONDS", "between two looks (default: 1)", &interval_text, NULL, NULL },
	{ "count", 'n', "N", "stop after so many (default: on a terminal never, else 1)", &count_text, NULL, NULL },
	{ 0 },
};

/* A part of a rate, by the value of a label. */
struct share {
	struct ax_slice name;
	double rate;
};

static int by_rate(const void *a, const void *b)
{
	double x = ((const struct share *)a)->rate, y = ((const struct share *)b)->rate;
	return (x < y) - (x > y);
}

/* The value that the same labels had before; 0 if they are new. */
static double before(const struct ax_buf *page, const char *name, const struct daemon_sample *now)
{
	struct daemon_sample s;
	for (size_t pos = 0; daemon_next(&s, page, name, &pos);)
		if (ax_slice_eq(s.labels, now->labels))
			return s.value;
	return 0;
}

static void put_shares(struct ax_buf *b, const char *title, const char *name, const char *label,
		       const struct ax_buf *old, const struct ax_buf *now, double seconds)
{
	struct share share[300];
	size_t n = 0, shown = 0;
	struct daemon_sample s;
	for (size_t pos = 0; n < sizeof share / sizeof *share && daemon_next(&s, now, name, &pos);) {
		double rate = (s.value - before(old, name, &s)) / seconds;
		if (rate > 0)
			share[n++] = (struct share){ daemon_label(&s, label), rate };
	}
	qsort(share, n, sizeof *share, by_rate);
	ax_buf_printf(b, "%-10s", title);
	for (; shown < n && shown < SHARES_MAX; shown++)
		ax_buf_printf(b, " %.*s %.0f/s", (int)share[shown].name.n, (const char *)share[shown].name.p,
			      share[shown].rate);
	ax_buf_str(b, n > shown ? " ...\n" : n ? "\n" : " -\n");
}

static void put_zones(struct ax_buf *b, const struct ax_buf *page)
{
	struct daemon_sample s;
	ax_buf_printf(b, "%-10s", "zones");
	for (size_t pos = 0; daemon_next(&s, page, "zones", &pos);) {
		struct ax_slice state = daemon_label(&s, "state"), branch = daemon_label(&s, "branch");
		if (s.value > 0)
			ax_buf_printf(b, " %.*s %.0f %.*s", (int)branch.n, (const char *)branch.p, s.value,
				      (int)state.n, (const char *)state.p);
	}
	double stale = daemon_sum(page, "zones_stale");
	if (stale > 0)
		ax_buf_printf(b, ", %.0f of them not at their newest commit", stale);
	ax_buf_u8(b, '\n');
}

static double rate(const char *name, const struct ax_buf *old, const struct ax_buf *now, double seconds)
{
	return (daemon_sum(now, name) - daemon_sum(old, name)) / seconds;
}

static void put_screen(struct ax_buf *b, const char *address, const struct ax_buf *old, const struct ax_buf *now,
		       double seconds)
{
	struct daemon_sample build = { 0 };
	size_t pos = 0;
	(void)daemon_next(&build, now, "build_info", &pos);
	struct ax_slice version = daemon_label(&build, "version");
	unsigned long up_s = (unsigned long)daemon_sum(now, "uptime_seconds");
	ax_buf_printf(b, "apexd %.*s at %s, up %lu d %02lu:%02lu:%02lu\n", (int)version.n, (const char *)version.p,
		      address, up_s / 86400, up_s / 3600 % 24, up_s / 60 % 60, up_s % 60);
	ax_buf_printf(b, "%-10s %.0f/s, dropped %.0f/s, truncated %.0f/s, %.0f in all\n", "queries",
		      rate("queries_total", old, now, seconds), rate("dropped_total", old, now, seconds),
		      rate("truncated_total", old, now, seconds), daemon_sum(now, "queries_total"));
	put_shares(b, "types", "queries_by_type_total", "type", old, now, seconds);
	put_shares(b, "rcodes", "responses_total", "rcode", old, now, seconds);
	put_shares(b, "transport", "queries_total", "transport", old, now, seconds);
	put_shares(b, "branches", "route_queries_total", "branch", old, now, seconds);
	put_shares(b, "rules", "route_match_total", "rule", old, now, seconds);
	put_shares(b, "cookies", "cookies_total", "state", old, now, seconds);
	put_zones(b, now);
	ax_buf_printf(b, "%-10s %.0f images built, %.0f updated, %.0f loads failed\n", "followed",
		      daemon_sum(now, "images_built_total"), daemon_sum(now, "images_updated_total"),
		      daemon_sum(now, "load_errors_total"));
}

static enum ax_err number(unsigned *out, const char *option, const char *text, unsigned usual, unsigned max)
{
	char *end = NULL;
	unsigned long v = text ? strtoul(text, &end, 10) : usual;
	*out = (unsigned)v;
	if (text && (*text < '0' || *text > '9' || *end || v == 0 || v > max))
		return ax_fail(AX_EUSAGE, "--%s takes a number from 1 to %u: `%s`", option, max, text);
	return AX_OK;
}

static double now_s(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Shown as it comes: main.c prints what a verb leaves only at its end. */
static void show(const struct ax_buf *screen, bool again)
{
	if (again)
		fputs(isatty(STDOUT_FILENO) ? "\033[H\033[J" : "\n", stdout);
	fwrite(screen->p, 1, screen->n, stdout);
	fflush(stdout);
}

static enum ax_err run(struct cli *c, struct words *w)
{
	struct ax_buf page[2] = { AX_BUF_INIT, AX_BUF_INIT };
	unsigned interval_s, count;
	(void)c;
	enum ax_err e = number(&interval_s, "interval", interval_text, 1, INTERVAL_MAX_S);
	if (!e)
		e = number(&count, "count", count_text, isatty(STDOUT_FILENO) ? COUNT_MAX : 1, COUNT_MAX);
	if (!e)
		e = daemon_fetch(&page[0], w->v[0]);
	double then_s = now_s();
	for (unsigned i = 0; !e && i < count; i++) {
		struct ax_buf screen = AX_BUF_INIT, *old = &page[i % 2], *now = &page[(i + 1) % 2];
		sleep(interval_s);
		e = daemon_fetch(now, w->v[0]);
		double at_s = now_s();
		if (!e)
			put_screen(&screen, w->v[0], old, now, at_s - then_s);
		if (!e && !(e = ax_buf_check(&screen)))
			show(&screen, i > 0);
		then_s = at_s;
		ax_buf_fini(&screen);
	}
	ax_buf_fini(&page[0]);
	ax_buf_fini(&page[1]);
	return e;
}

const struct verb verb_top = {
	.name = "top",
	.synopsis = "ADDRESS:PORT [-i SECONDS] [-n N]",
	.summary = "watch what a running daemon answers",
	.details = "ADDRESS:PORT is where it serves its metrics (apexd --metrics). No repository is needed.",
	.example = "apex top 127.0.0.1:9153",
	.options = options,
	.min_words = 1,
	.max_words = 1,
	.run = run,
};
