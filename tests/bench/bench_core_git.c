/* bench_core_git [FILES] - a durable commit of one record, ours beside `git add` and `git commit` of the same zone
 * kept as FILES small files (default 65,536, 15 records each) or as one zone file. */
#include "tests/bench/bench.h"

#include <fcntl.h>
#include <sys/wait.h>

enum { PER_FILE = 15, ROUNDS = 5, OURS = 200 };

static char repo[128], one[128];

static void run(const char *dir, char *const argv[])
{
	pid_t pid = fork();
	int status;
	if (pid == 0) {
		int null = open("/dev/null", O_RDWR);
		if (chdir(dir) || dup2(null, 0) < 0 || dup2(null, 1) < 0)
			_exit(127);
		execvp(argv[0], argv);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
		errx(1, "%s failed", argv[0]);
}

static void git(const char *dir, const char *verb, const char *a, const char *b)
{
	char *argv[] = { "git",
			 "-c",
			 "user.name=A",
			 "-c",
			 "user.email=a@example",
			 "-c",
			 "core.fsync=all",
			 "-c",
			 "gc.auto=0",
			 (char *)verb,
			 (char *)a,
			 (char *)b,
			 NULL };
	run(dir, argv);
}

static double tree_blocks;

static int add_blocks(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)path, (void)type, (void)ftw;
	tree_blocks += (double)st->st_blocks * 512;
	return 0;
}

static double folder_bytes(const char *dir)
{
	char path[160];
	snprintf(path, sizeof path, "%s/.git/objects", dir);
	tree_blocks = 0;
	nftw(path, add_blocks, 16, FTW_PHYS);
	return tree_blocks;
}

static void file_name(char *out, size_t n, const char *dir, size_t i)
{
	snprintf(out, n, "%s/%02zx/%02zx", dir, i >> 8 & 255, i & 255);
}

/* The same names as ours, an address each; salt changes the first. */
static void write_file(const char *path, const struct data *d, size_t first, size_t n, unsigned salt)
{
	FILE *f = fopen(path, "w");
	if (!f)
		err(1, "%s", path);
	for (size_t i = first; i < first + n && i < d->n; i++) {
		const uint8_t *key = d->at[i].key.p, *v = d->at[i].value.p + d->at[i].value.n - 4;
		const char *below = memcmp(key, "zone", 4) ? "" : (const char *)key;
		const char *label = (const char *)key + (*below ? strlen(below) + 1 : 0);
		fprintf(f, "%s%s%s 3600 IN A %u.%u.%u.%u\n", label, *below ? "." : "", below, v[0], v[1], v[2],
			(v[3] + (i == first ? salt : 0)) & 255);
	}
	fclose(f);
}

static void make_git(const struct data *d, size_t files)
{
	char path[256];
	snprintf(repo, sizeof repo, "%s/git", bench_dir);
	snprintf(one, sizeof one, "%s/one", bench_dir);
	if (mkdir(repo, 0700) || mkdir(one, 0700))
		err(1, "mkdir");
	for (size_t i = 0; i < files; i++) {
		if (i % 256 == 0) {
			snprintf(path, sizeof path, "%s/%02zx", repo, i >> 8);
			if (mkdir(path, 0700))
				err(1, "%s", path);
		}
		file_name(path, sizeof path, repo, i);
		write_file(path, d, i * PER_FILE, PER_FILE, 0);
	}
	snprintf(path, sizeof path, "%s/zone", one);
	write_file(path, d, 0, files * PER_FILE, 0);
	for (int k = 0; k < 2; k++) {
		git(k ? one : repo, "init", "-q", NULL);
		git(k ? one : repo, "add", ".", NULL);
		git(k ? one : repo, "commit", "-qm", "all");
	}
}

struct cost {
	double wall[ROUNDS], cpu[ROUNDS], growth[ROUNDS];
};

static void git_commit(struct cost *c, int round, const char *dir, const struct data *d, size_t files, struct rng *r)
{
	char path[256];
	double before = folder_bytes(dir);
	if (dir == one) {
		snprintf(path, sizeof path, "%s/zone", one);
		write_file(path, d, 0, files * PER_FILE, (unsigned)round + 1);
	} else {
		size_t i = rng_below(r, files);
		file_name(path, sizeof path, repo, i);
		write_file(path, d, i * PER_FILE, PER_FILE, 1 + (unsigned)rng_below(r, 200));
	}
	double wall = wall_us(), cpu = children_cpu_us();
	git(dir, "add", path + strlen(dir) + 1, NULL);
	git(dir, "commit", "-qm", "one record");
	c->wall[round] = wall_us() - wall;
	c->cpu[round] = children_cpu_us() - cpu;
	c->growth[round] = folder_bytes(dir) - before;
}

static void our_commits(struct cost *c, int round, struct ax_store *s, struct ax_root *root, const struct data *d,
			const char *file, struct rng *r)
{
	double walls[OURS], growth = disk_bytes(file), cpu = cpu_us();
	for (int i = 0; i < OURS; i++) {
		struct ax_edit e = d->at[rng_below(r, d->n)];
		struct ax_txn *t;
		uint8_t value[512], text[400] = { 0 };
		uint64_t id, seq;
		memcpy(value, e.value.p, e.value.n);
		value[e.value.n - 1] ^= (uint8_t)(1 + rng_below(r, 200));
		e.value.p = value;
		double start = wall_us();
		MUST(ax_txn_write(&t, s, false));
		MUST(ax_txn_next_id(&id, t));
		MUST(ax_object_write_at(t, id, AX_KIND_COMMIT, ax_slice(text, sizeof text), ax_slice(NULL, 0)));
		MUST(ax_tree_edit(root, NULL, t, root, &e, 1, id));
		MUST(ax_object_index(t, id, &root->id));
		MUST(ax_txn_put(t, AX_TABLE_MAIN, ax_slice_str("rheads/main"), ax_slice(&id, sizeof id)));
		MUST(ax_txn_log_append(&seq, t, ax_slice(text, 100)));
		MUST(ax_txn_commit(t));
		walls[i] = wall_us() - start;
	}
	c->wall[round] = median(walls, OURS);
	c->cpu[round] = (cpu_us() - cpu) / OURS;
	c->growth[round] = (disk_bytes(file) - growth) / OURS;
}

int main(int argc, char **argv)
{
	size_t files = argc > 1 ? strtoul(argv[1], NULL, 0) : 65536;
	struct rng r = { 7 };
	struct data d;
	struct ax_store *s;
	struct ax_root root = ax_tree_empty();
	struct ax_txn *t;
	struct cost ours, many, single;
	char dir[128], file[160];
	if (system("git --version >/dev/null 2>&1")) {
		printf("\nno git here: no comparison with it\n");
		return 0;
	}
	MUST(ax_hash_init());
	bench_scratch();
	data_make(&d, files * PER_FILE, &r);
	snprintf(dir, sizeof dir, "%s/ours", bench_dir);
	snprintf(file, sizeof file, "%s/store/data.mdb", dir);
	MUST(ax_store_create(dir, false, 0));
	MUST(ax_store_open(&s, dir, false));
	MUST(ax_txn_write(&t, s, true));
	MUST(ax_tree_edit(&root, NULL, t, &root, d.at, d.n, 1));
	MUST(ax_txn_commit(t));
	MUST(ax_store_sync(s));
	make_git(&d, files);
	for (int i = 0; i < ROUNDS; i++) {
		our_commits(&ours, i, s, &root, &d, file, &r);
		git_commit(&many, i, repo, &d, files, &r);
		git_commit(&single, i, one, &d, files, &r);
	}
	printf("\n%zu records: %zu files for git, or one\n", d.n, files);
	double wall = median(ours.wall, ROUNDS), cpu = median(ours.cpu, ROUNDS), growth = median(ours.growth, ROUNDS);
	table_head("git add and commit of one record / ours, durable both");
	row_at_least("wall, many files", median(many.wall, ROUNDS) / wall, 300);
	row_at_least("CPU, many files", median(many.cpu, ROUNDS) / cpu, 500);
	row_at_least("growth, many files", median(many.growth, ROUNDS) / growth, 2);
	row_at_least("growth, one zone file, per 1,000,000 records",
		     median(single.growth, ROUNDS) / growth * 1e6 / (double)d.n, 1000);
	ax_store_close(s);
	data_fini(&d);
	return 0;
}
