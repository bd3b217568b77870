/* blast.h - what the generators share: a file of queries, a clock, a tally.
 * The file holds messages as TCP carries them: two octets of length, then the message. Their ids are ours to set. */
#ifndef AX_TESTS_BLAST_H
#define AX_TESTS_BLAST_H

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { QUERY_MAX = 512, SAMPLES_MAX = 1 << 22 };

static inline uint64_t now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static inline struct sockaddr_in loopback(const char *port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)strtoul(port, NULL, 10)),
		.sin_addr = { htonl(INADDR_LOOPBACK) },
	};
}

/* -- queries ---------------------------------------------------------------------------------------------- */

struct queries {
	const uint8_t *bytes;
	size_t n, at;
};

static inline void queries_open(struct queries *q, const char *path)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) || st.st_size == 0)
		err(1, "%s", path);
	q->n = (size_t)st.st_size;
	q->bytes = mmap(NULL, q->n, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
	if (q->bytes == MAP_FAILED)
		err(1, "%s", path);
	q->at = 0;
	close(fd);
}

/* The next query, its length before it, copied to `to`; after the last the first. Returns the octets of both. */
static inline size_t queries_next(uint8_t *to, struct queries *q, uint16_t id)
{
	const uint8_t *p = q->bytes + q->at;
	size_t n = 2 + (size_t)(p[0] << 8 | p[1]);
	if (n > QUERY_MAX || n > q->n - q->at)
		errx(1, "a query is malformed");
	memcpy(to, p, n);
	to[2] = (uint8_t)(id >> 8);
	to[3] = (uint8_t)id;
	q->at = q->at + n < q->n ? q->at + n : 0;
	return n;
}

/* -- tally ------------------------------------------------------------------------------------------------ */

struct tally {
	uint64_t asked, answered, lost, rcode[16];
	uint32_t *ns; /* how long answers took; the first SAMPLES_MAX of them */
	size_t samples;
};

static inline void tally_init(struct tally *t)
{
	*t = (struct tally){ .ns = malloc(SAMPLES_MAX * sizeof *t->ns) };
	if (!t->ns)
		errx(1, "out of memory");
}

static inline void tally_answer(struct tally *t, const uint8_t *message, uint64_t took_ns)
{
	t->answered++;
	t->rcode[message[3] & 15]++;
	if (t->samples < SAMPLES_MAX)
		t->ns[t->samples++] = took_ns < UINT32_MAX ? (uint32_t)took_ns : UINT32_MAX;
}

static inline int tally_compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

/* One line of JSON. */
static inline void tally_print(struct tally *t, uint64_t took_ns)
{
	qsort(t->ns, t->samples, sizeof *t->ns, tally_compare);
	printf("{\"asked\": %" PRIu64 ", \"answered\": %" PRIu64 ", \"lost\": %" PRIu64 ", \"seconds\": %.6f, "
	       "\"noerror\": %" PRIu64 ", \"nxdomain\": %" PRIu64 ", \"p50_us\": %.2f, \"p99_us\": %.2f}\n",
	       t->asked, t->answered, t->lost, (double)took_ns / 1e9, t->rcode[0], t->rcode[3],
	       t->samples ? t->ns[t->samples / 2] / 1e3 : 0, t->samples ? t->ns[t->samples * 99 / 100] / 1e3 : 0);
}

#endif
