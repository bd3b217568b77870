/* bench_core_repo [N] - a commit of one record through the door that every program uses (ax_repo_commit: checks,
 * guards, serial, commit, index, ref, log) in a zone of N names (default 1,000,000), beside a raw LMDB update. */
#include "core/repo.h"
#include "tests/bench/raw.h"

enum { ROUNDS = 5, COMMITS = 300 };

static struct ax_name apex;

static struct ax_actor actor(uint64_t n)
{
	struct ax_person p = { .name = "A", .mail = "a@example" };
	p.when.s = 1700000000 + (int64_t)n;
	return (struct ax_actor){ .author = p, .committer = p, .via = "cli", .uid = 1000 };
}

static struct ax_repo *make_repo(size_t n)
{
	struct ax_repo *r;
	struct ax_batch b;
	struct ax_published out;
	struct ax_buf text = AX_BUF_INIT;
	char dir[128], plan[AX_ID_SHORT + 1];
	struct ax_actor who = actor(0);
	snprintf(dir, sizeof dir, "%s/repo", bench_dir);
	MUST(ax_name_parse(&apex, "example.", 8, NULL));
	MUST(ax_repo_init(dir, false, 0, &apex, &who));
	MUST(ax_repo_open(&r, dir, false));
	ax_buf_str(&text,
		   "$TTL 300\n@ SOA ns.example.net. h.example.net. 1 3600 600 86400 300\n@ NS ns.example.net.\n");
	for (size_t i = 0; i < n; i++)
		ax_buf_printf(&text, "h%zu A 10.%zu.%zu.%zu\n", i, i >> 16 & 255, i >> 8 & 255, i & 255);
	ax_batch_init(&b, &apex);
	MUST(ax_batch_read_zone(&b, ax_buf_view(&text), "zone", NULL, NULL, NULL));
	struct ax_change c = {
		.zone = 1, .branch = "main", .batch = &b, .replace = true, .serial_from = AX_SERIAL_FROM_FILE
	};
	MUST(ax_repo_commit(&out, r, &c, 1, &who, NULL, plan));
	if (!out.changed)
		errx(1, "nothing was imported");
	ax_batch_fini(&b);
	ax_buf_fini(&text);
	return r;
}

static void set_address(struct ax_repo *r, size_t n, struct rng *rng, uint64_t at)
{
	uint8_t value[] = { 0, 0, 1, 44, 0, 1, 4, 192, 0, 2, 1 };
	char name[40], plan[AX_ID_SHORT + 1];
	struct ax_name owner;
	struct ax_batch b;
	struct ax_published out;
	struct ax_actor who = actor(at);
	value[9] = (uint8_t)rng_next(rng);
	value[10] = (uint8_t)rng_next(rng);
	int len = sprintf(name, "h%llu.example.", (unsigned long long)rng_below(rng, n));
	MUST(ax_name_parse(&owner, name, (size_t)len, NULL));
	ax_batch_init(&b, &apex);
	MUST(ax_batch_put(&b, &owner, AX_TYPE_A, 0, ax_slice(value, sizeof value)));
	struct ax_change c = { .zone = 1, .branch = "main", .batch = &b };
	MUST(ax_repo_commit(&out, r, &c, 1, &who, NULL, plan));
	ax_batch_fini(&b);
}

int main(int argc, char **argv)
{
	size_t n = argc > 1 ? strtoul(argv[1], NULL, 0) : 1000000;
	struct rng r = { 20261121 };
	struct data d;
	struct raw raw;
	double wall[2][ROUNDS], cpu[2][ROUNDS], bytes[2][ROUNDS], each[COMMITS];
	uint64_t at = 1;
	MUST(ax_hash_init());
	bench_scratch();
	data_make(&d, n, &r);
	raw_open(&raw, "raw");
	raw_fill(&raw, &d);
	struct ax_repo *repo = make_repo(n);
	for (int i = 0; i < 2 * ROUNDS; i++) {
		double c = cpu_us(), b = written_bytes();
		for (int k = 0; k < COMMITS; k++) {
			struct ax_edit e = d.at[rng_below(&r, d.n)];
			uint8_t value[512];
			memcpy(value, e.value.p, e.value.n);
			value[e.value.n - 1] = (uint8_t)rng_next(&r);
			e.value.p = value;
			double t = wall_us();
			if (i % 2)
				set_address(repo, n, &r, at++);
			else
				raw_update(&raw, &e);
			each[k] = wall_us() - t;
		}
		wall[i % 2][i / 2] = median(each, COMMITS);
		cpu[i % 2][i / 2] = (cpu_us() - c) / COMMITS;
		bytes[i % 2][i / 2] = (written_bytes() - b) / COMMITS;
	}
	printf("\nthe one door: %zu RRsets\n", n);
	table_head("durable ax_repo_commit of one record / raw LMDB update and commit");
	row("wall, median", median(wall[1], ROUNDS) / median(wall[0], ROUNDS), 1.6);
	row("CPU", median(cpu[1], ROUNDS) / median(cpu[0], ROUNDS), 2.0);
	row("bytes passed to write()", median(bytes[1], ROUNDS) / median(bytes[0], ROUNDS), 2.0);
	ax_repo_close(repo);
	mdb_env_close(raw.env);
	data_fini(&d);
	return 0;
}
