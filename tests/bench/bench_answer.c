/* What an answer costs from the image, beside the same from the store, and what an image costs to build and to keep.
 *   bench_answer [NAMES]        default 1,000,000 */
#include "tests/bench/bench.h"

#include <malloc.h>

#include "dnsd/image_internal.h"
#include "tests/dnsd/both.h"

enum { QUERIES = 4096, ROUNDS = 9 };

static struct ax_repo *repo;
static struct ax_name apex;

static void fill(size_t names)
{
	struct ax_person person = { "Bench", "bench@example.org", { 1790000000, 0, 0 } };
	struct ax_actor who = { .author = person, .committer = person, .via = "cli" };
	struct ax_buf text = AX_BUF_INIT;
	struct ax_batch batch;
	struct ax_published out;
	char plan[AX_ID_SHORT + 1];
	MUST(ax_name_parse(&apex, "example.", 8, NULL));
	MUST(ax_repo_init(bench_dir, false, 0, &apex, &who));
	MUST(ax_repo_open(&repo, bench_dir, false));
	ax_buf_str(&text, "$TTL 300\n@ SOA ns host 1 3600 900 86400 60\n@ NS ns\nns A 192.0.2.1\n");
	for (size_t i = 0; i < names; i++)
		ax_buf_printf(&text, "h%zu A 10.%zu.%zu.%zu\n", i, i >> 16 & 255, i >> 8 & 255, i & 255);
	ax_batch_init(&batch, &apex);
	MUST(ax_batch_read_zone(&batch, ax_buf_view(&text), "bench", NULL, NULL, NULL));
	struct ax_change c = {
		.zone = 1, .branch = "main", .batch = &batch, .replace = true, .serial_from = AX_SERIAL_FROM_FILE
	};
	MUST(ax_repo_commit(&out, repo, &c, 1, &who, NULL, plan));
	ax_batch_fini(&batch);
	ax_buf_fini(&text);
}

static uint8_t query[QUERIES][64];
static size_t query_n[QUERIES];

/* Nine in ten hit, as the big load of the peers' table. */
static void make_queries(size_t names, struct rng *r)
{
	for (unsigned i = 0; i < QUERIES; i++) {
		static const uint8_t head[12] = { 0, 1, 0, 0, 0, 1 }, tail[] = "\7example\0\0\1\0";
		char label[24];
		int n = snprintf(label, sizeof label, "%c%zu", rng_below(r, 10) ? 'h' : 'x',
				 (size_t)rng_below(r, names));
		memcpy(query[i], head, 12);
		query[i][12] = (uint8_t)n;
		memcpy(query[i] + 13, label, (size_t)n);
		memcpy(query[i] + 13 + n, tail, sizeof tail);
		query_n[i] = 13 + (size_t)n + sizeof tail;
		query[i][query_n[i] - 1] = 1;
	}
}

static double ask_image(struct both *b, unsigned times)
{
	double start = cpu_us();
	for (unsigned k = 0; k < times; k++)
		for (unsigned i = 0; i < QUERIES; i++) {
			struct query q;
			(void)respond(&b->a, &q, ax_slice(query[i], query_n[i]), b->image, false, &b->stats_a);
		}
	return (cpu_us() - start) / QUERIES / times;
}

static double ask_store(struct both *b)
{
	double start = cpu_us();
	for (unsigned i = 0; i < QUERIES; i++) {
		struct query q;
		(void)respond(&b->b, &q, ax_slice(query[i], query_n[i]), b->bare, false, &b->stats_b);
		plain_answer(&b->b, &q, b->txn, false, &b->stats_b);
	}
	return (cpu_us() - start) / QUERIES;
}

/* The cache lines of an image that the lookup of a name right below the apex reads: on its way through the
 * directories, the leaf, and the blocks of names with its tag, up to their end. */
static unsigned lines(const struct image *im, const uint8_t *wire, unsigned *far)
{
	struct dname name;
	size_t n = 1;
	while (wire[n - 1])
		n += wire[n - 1] + 1u;
	dname_take(&name, wire, n);
	uint64_t hash = image_name_hash(im, &name, name.labels);
	struct index_step at = { im->names, 0 };
	unsigned read = 1;
	*far = 1; /* the leaf */
	for (; index_bits(at.link); read++) {
		*far += at.used >= 2 * INDEX_DIR_BITS; /* what is above fits in the nearest cache */
		at = index_down(at, hash);
	}
	uint32_t item;
	for (struct index_hits h = index_hits(index_node(at.link), hash); index_next(&item, &h);) {
		size_t first = (size_t)item * SLAB_UNIT / 64,
		       last = ((size_t)item * SLAB_UNIT + image_name_size(slab_at(item)) - 1) / 64;
		read += (unsigned)(last - first + 1);
		*far += (unsigned)(last - first + 1);
	}
	return read;
}

static void count_lines(const struct image *im)
{
	unsigned sum = 0, most = 0, sum_far = 0, far;
	for (unsigned i = 0; i < QUERIES; i++) {
		unsigned n = lines(im, query[i] + 12, &far);
		sum += n;
		sum_far += far;
		most = n > most ? n : most;
	}
	printf("  a lookup reads %.2f cache lines of the image, at most %u; %.2f of them lie in what is too big for "
	       "the nearest "
	       "cache\n",
	       (double)sum / QUERIES, most, (double)sum_far / QUERIES);
}

/* Octets that the process holds for what it made. */
static size_t held(void)
{
	struct mallinfo2 m = mallinfo2();
	return m.uordblks + m.hblkhd + slab_use().pages;
}

int main(int argc, char **argv)
{
	size_t names = argc > 1 ? strtoul(argv[1], NULL, 0) : 1000000;
	struct rng r = { 20261121 };
	struct both *b = calloc(1, sizeof *b);
	struct ax_txn *t;
	struct ax_ref ref;
	struct ax_commit_info c;
	double image[ROUNDS], store[ROUNDS];
	if (!b)
		errx(1, "out of memory");
	MUST(ax_hash_init());
	bench_scratch();
	fill(names);
	MUST(ax_txn_read(&t, ax_repo_store(repo)));
	MUST(ax_ref_get(&ref, t, 1, "heads/main"));
	MUST(ax_commit_info(&c, t, ref.commit));
	size_t before = held();
	double start = cpu_us();
	MUST(both_open(b, t, 1, &apex, &c));
	double built = cpu_us() - start;
	size_t after = held();
	make_queries(names, &r);
	for (unsigned i = 0; i < ROUNDS; i++) {
		image[i] = ask_image(b, 20);
		store[i] = ask_store(b);
	}
	double memory = (double)(after - before) / (double)names;
	double ours = median(image, ROUNDS), theirs = median(store, ROUNDS);
	printf("answers: a zone of %zu names, nine in ten hit\n", names);
	printf("  from the image %.3f us, from the store %.2f us; built in %.2f us a name, %.0f octets a name\n",
	       ours, theirs, built / (double)names, memory);
	count_lines(view_get(b->image, &apex));
	table_head("answer from the image");
	row("CPU of one / of one straight from the store", ours / theirs, 0.2);
	row("building it, CPU a name / of one answer from the store", built / (double)names / theirs, 0.5);
	both_close(b);
	free(b);
	ax_txn_abort(t);
	ax_repo_close(repo);
	return 0;
}
