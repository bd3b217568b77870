/* bench.h - what benchmarks share: clocks, medians, a data set, tables of ratios.
 * A ratio compares two things taken in turns in one run on one file system; a bare time says nothing. */
#ifndef AX_TESTS_BENCH_H
#define AX_TESTS_BENCH_H

#include "core/edit.h"

#include <err.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MUST(call)                                                                                \
	do {                                                                                      \
		enum ax_err must_e = (call);                                                      \
		if (must_e)                                                                       \
			errx(1, "%s:%d: %s: %s", __FILE__, __LINE__, #call, ax_err_text(must_e)); \
	} while (0)

/* -- clocks ----------------------------------------------------------------------------------------------- */

static inline double clock_us(clockid_t id)
{
	struct timespec ts;
	clock_gettime(id, &ts);
	return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

static inline double wall_us(void)
{
	return clock_us(CLOCK_MONOTONIC);
}

static inline double cpu_us(void)
{
	return clock_us(CLOCK_PROCESS_CPUTIME_ID);
}

/* Of the programs that this one started, and that ended. */
static inline double children_cpu_us(void)
{
	struct rusage u;
	getrusage(RUSAGE_CHILDREN, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e6 +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

/* Bytes this process passed to write(2) and its kin. */
static inline double written_bytes(void)
{
	unsigned long long n = 0;
	char line[128];
	FILE *f = fopen("/proc/self/io", "r");
	while (f && fgets(line, sizeof line, f))
		if (sscanf(line, "wchar: %llu", &n) == 1)
			break;
	if (f)
		fclose(f);
	return (double)n;
}

static inline double disk_bytes(const char *path)
{
	struct stat st;
	if (stat(path, &st))
		err(1, "%s", path);
	return (double)st.st_blocks * 512;
}

static inline int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static inline double median(double *v, size_t n)
{
	qsort(v, n, sizeof *v, compare_doubles);
	return n ? v[n / 2] : 0;
}

/* -- tables ----------------------------------------------------------------------------------------------- */

static inline void table_head(const char *title)
{
	printf("\n%-62s %9s %9s\n", title, "measured", "target");
}

/* One ratio and the target that it should not pass; what is compared stands in the name. */
static inline void row(const char *name, double ratio, double target)
{
	printf("  %-60s %9.4g %s%8.4g%s\n", name, ratio, "<=", target, ratio <= target ? "" : "   MISSED");
}

static inline void row_at_least(const char *name, double ratio, double target)
{
	printf("  %-60s %9.4g %s%8.4g%s\n", name, ratio, ">=", target, ratio >= target ? "" : "   MISSED");
}

/* -- data ------------------------------------------------------------------------------------------------- */

struct rng {
	uint64_t s;
};

static inline uint64_t rng_next(struct rng *r)
{
	uint64_t z = (r->s += 0x9e3779b97f4a7c15u);
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static inline uint64_t rng_below(struct rng *r, uint64_t n)
{
	return rng_next(r) % n;
}

/* n RRsets as a big zone has them: random labels of 4 to 11 letters and digits, nine in ten at the apex, one in ten
 * below 1,000 names; A, AAAA, NS, TXT. Sorted by key, keys unique. */
struct data {
	struct ax_edit *at;
	size_t n;
	struct ax_buf bytes;
};

static inline size_t data_label(uint8_t *out, struct rng *r)
{
	static const char set[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	size_t n = 4 + rng_below(r, 8);
	for (size_t i = 0; i < n; i++)
		out[i] = (uint8_t)set[rng_below(r, 36)];
	out[n] = 0;
	return n + 1;
}

static inline size_t data_key(uint8_t *out, uint16_t type, struct rng *r)
{
	size_t n = 0;
	if (rng_below(r, 10) == 0)
		n = (size_t)sprintf((char *)out, "zone%03u", (unsigned)rng_below(r, 1000)) + 1;
	n += data_label(out + n, r);
	out[n++] = 0;
	out[n++] = (uint8_t)(type >> 8);
	out[n++] = (uint8_t)type;
	return n;
}

static inline size_t data_value(uint8_t *out, uint16_t type, struct rng *r)
{
	size_t rdata = type == 1 ? 4 : type == 28 ? 16 : type == 2 ? 12 + rng_below(r, 12) : 40 + rng_below(r, 180);
	const uint8_t head[] = { 0, 0, 14, 16, 0, 1 };
	memcpy(out, head, sizeof head);
	size_t n = sizeof head;
	for (size_t len = rdata;; len >>= 7) {
		out[n++] = (uint8_t)((len & 0x7f) | (len > 0x7f ? 0x80 : 0));
		if (len <= 0x7f)
			break;
	}
	for (size_t i = 0; i < rdata; i++)
		out[n++] = (uint8_t)rng_next(r);
	return n;
}

static inline uint16_t data_type(struct rng *r)
{
	uint64_t k = rng_below(r, 100);
	return k < 60 ? 1 : k < 80 ? 28 : k < 95 ? 2 : 16;
}

static inline int compare_edits(const void *a, const void *b)
{
	return ax_slice_cmp(((const struct ax_edit *)a)->key, ((const struct ax_edit *)b)->key);
}

static inline void data_make(struct data *d, size_t n, struct rng *r)
{
	*d = (struct data){ .at = calloc(n, sizeof *d->at) };
	if (!d->at || !ax_buf_reserve(&d->bytes, n * 80 + 4096))
		errx(1, "out of memory");
	for (size_t i = 0; i < n; i++) {
		if (!ax_buf_reserve(&d->bytes, 512))
			errx(1, "out of memory");
		uint16_t type = data_type(r);
		uint8_t *p = d->bytes.p + d->bytes.n;
		/* offsets until the buffer stands still */
		d->at[i].key = ax_slice((void *)d->bytes.n, data_key(p, type, r));
		d->bytes.n += d->at[i].key.n;
		d->at[i].value = ax_slice((void *)d->bytes.n, data_value(p + d->at[i].key.n, type, r));
		d->bytes.n += d->at[i].value.n;
	}
	for (size_t i = 0; i < n; i++) {
		d->at[i].key.p = d->bytes.p + (size_t)d->at[i].key.p;
		d->at[i].value.p = d->bytes.p + (size_t)d->at[i].value.p;
	}
	qsort(d->at, n, sizeof *d->at, compare_edits);
	for (size_t i = 0; i < n; i++)
		if (d->n == 0 || compare_edits(&d->at[d->n - 1], &d->at[i]))
			d->at[d->n++] = d->at[i];
}

static inline void data_fini(struct data *d)
{
	free(d->at);
	ax_buf_fini(&d->bytes);
}

/* -- scratch folder --------------------------------------------------------------------------------------- */

static char bench_dir[64];

static inline int bench_remove(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static inline void bench_cleanup(void)
{
	if (bench_dir[0])
		nftw(bench_dir, bench_remove, 16, FTW_DEPTH | FTW_PHYS);
}

static inline void bench_scratch(void)
{
	const char *tmp = getenv("TMPDIR");
	snprintf(bench_dir, sizeof bench_dir, "%s/apexbench.XXXXXX", tmp && strlen(tmp) < 40 ? tmp : "/tmp");
	if (!mkdtemp(bench_dir))
		err(1, "%s", bench_dir);
	atexit(bench_cleanup);
}

#endif
