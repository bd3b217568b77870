/* bench_mount [WORD] - reading a branch through the mount, beside barefs (the least a FUSE filesystem can be) with
 * the same files: stat, open-read-close, and the programs that people list and copy with. Cold is a mount that nobody
 * has looked at yet, warm one where the same was done before. WORD: only the rows whose name has it. Each pair is
 * taken in turns, round after round: a row is the median of the rounds' ratios and, in brackets, the least and the
 * greatest. What counts is the CPU time of daemon and client together: they take turns on one CPU and wait for
 * nothing else, so that is the time it takes where nobody else wants the CPU; the clock's is beside it. A warm row
 * should be no further from 1.0 than another mount of barefs is. */
#include "tests/bench/mounted.h"

enum { ROUNDS = 2, ROUNDS_MAX = 50, WARM_TURNS = 5 };

typedef char path_text[24];

static struct {
	path_text *at; /* every file, shuffled */
	size_t n;
} paths;
static uint64_t seen[SIDES]; /* a sum over what the last pass read: both sides show the same */
static char copies[96];      /* where rsync copies to: in memory, so that no disk hides what reading costs */

static void make_paths(size_t labels, unsigned records)
{
	struct rng r = { 3 };
	free(paths.at);
	paths.n = labels * records;
	paths.at = calloc(paths.n, sizeof *paths.at);
	if (!paths.at)
		errx(1, "out of memory");
	for (size_t i = 0; i < paths.n; i++) {
		size_t other = rng_below(&r, i + 1);
		memcpy(paths.at[i], paths.at[other], sizeof *paths.at);
		snprintf(paths.at[other], sizeof *paths.at, "h%zu/%s", i / records, record_type[i % records]);
	}
}

/* -- passes ----------------------------------------------------------------------------------------------- */

static void pass_stat(int side, int root)
{
	struct stat st;
	for (size_t i = 0; i < paths.n; i++) {
		if (fstatat(root, paths.at[i], &st, 0))
			err(1, "%s: %s", side_name[side], paths.at[i]);
		seen[side] = seen[side] * 31 + (uint64_t)st.st_size;
	}
}

static void pass_read(int side, int root)
{
	char text[4096];
	for (size_t i = 0; i < paths.n; i++) {
		int fd = openat(root, paths.at[i], O_RDONLY);
		ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text);
		if (n < 0 || close(fd))
			err(1, "%s: %s", side_name[side], paths.at[i]);
		for (ssize_t k = 0; k < n; k++)
			seen[side] = seen[side] * 31 + (uint8_t)text[k];
	}
}

struct measure {
	const char *name;
	bool warm;
	void (*pass)(int side, int root);
	const char *before, *command; /* instead of a pass, run in the tree's top; $COPY is the side's own folder */
};

static const struct measure measures[] = {
	{ "stat, cold", false, pass_stat, NULL, NULL },
	{ "stat, warm", true, pass_stat, NULL, NULL },
	{ "open-read-close, cold", false, pass_read, NULL, NULL },
	{ "open-read-close, warm", true, pass_read, NULL, NULL },
	{ "ls -lR", false, NULL, NULL, "ls -lR >/dev/null" },
	{ "find", false, NULL, NULL, "find . >/dev/null" },
	/* tar itself would not read the files if it saw /dev/null */
	{ "tar", false, NULL, NULL, "tar -cf - . | cat >/dev/null" },
	{ "rsync -a out", false, NULL, "rm -rf $COPY && mkdir -p $COPY", "rsync -a ./ $COPY/" },
	{ "rsync -a again, nothing changed", false, NULL, NULL, "test -z \"$(rsync -ai ./ $COPY/)\"" },
};

static void shell_pass(int side, const char *command)
{
	char copy[112];
	if (!command)
		return;
	snprintf(copy, sizeof copy, "%s/%s", copies, side_name[side]);
	setenv("COPY", copy, 1);
	int status = shell_in(sides[side].root, command);
	if (status)
		errx(1, "%s: status %d: %s", side_name[side], status, command);
}

struct cost {
	double cpu, wall; /* microseconds */
};

static struct cost now(int side)
{
	return (struct cost){ cpu_us() + children_cpu_us() + side_cpu_us(side), wall_us() };
}

static struct cost one(const struct measure *m, int side)
{
	int root = open(sides[side].root, O_RDONLY | O_DIRECTORY);
	if (root < 0)
		err(1, "%s", sides[side].root);
	seen[side] = 0;
	shell_pass(side, m->before);
	struct cost began = now(side);
	if (m->pass)
		m->pass(side, root);
	shell_pass(side, m->command);
	struct cost c = now(side);
	close(root);
	return (struct cost){ c.cpu - began.cpu, c.wall - began.wall };
}

static struct cost measure_one(const struct measure *m, int side)
{
	if (!m->warm)
		side_fresh(side);
	return one(m, side);
}

/* -- ratios ----------------------------------------------------------------------------------------------- */

static void print_row(const struct measure *m, double *cpu, double *wall, size_t n, double target)
{
	char spread[32];
	double ratio = median(cpu, n);
	snprintf(spread, sizeof spread, "(%.3g - %.3g)", cpu[0], cpu[n - 1]);
	printf("  %-34s %8.4g %6s %-17s %9.4g <=%8.4g%s\n", m->name, median(wall, n), "", spread, ratio, target,
	       ratio <= target ? "" : "   MISSED");
}

static double distance(double ratio)
{
	return ratio < 1 ? 1 / ratio : ratio;
}

static void measure(const struct measure *m, size_t rounds)
{
	double cpu[ROUNDS_MAX], wall[ROUNDS_MAX], noise[ROUNDS_MAX];
	struct cost c[SIDES];
	int used = m->warm ? SIDES : CONTROL;
	for (int side = 0; m->warm && side < used; side++) {
		side_fresh(side);
		one(m, side);
	}
	for (size_t i = 0; i < rounds; i++) {
		for (int k = 0; k < used; k++) {
			int side = (int)(i + (size_t)k) % used;
			c[side] = measure_one(m, side);
		}
		if (seen[APEXFS] != seen[BAREFS])
			errx(1, "%s: the two do not show the same", m->name);
		cpu[i] = c[APEXFS].cpu / c[BAREFS].cpu;
		wall[i] = c[APEXFS].wall / c[BAREFS].wall;
		noise[i] = m->warm ? distance(c[CONTROL].cpu / c[BAREFS].cpu) : 0;
	}
	qsort(noise, rounds, sizeof *noise, compare_doubles);
	print_row(m, cpu, wall, rounds, m->warm ? noise[rounds - 1] : 1.3);
}

static void bench(size_t labels, unsigned records, const char *word)
{
	size_t rounds = bench_number("APEX_BENCH_ROUNDS", ROUNDS);
	sides_make(labels, records);
	make_paths(labels, records);
	printf("\nreading the mount, %zu labels x %u: apexfs / barefs\n", labels, records);
	printf("  %-34s %8s %6s %-17s %9s %10s\n", "", "wall", "", "CPU, spread", "median", "target");
	for (size_t i = 0; i < sizeof measures / sizeof *measures; i++) {
		size_t n = rounds * (measures[i].warm ? WARM_TURNS : 1);
		if (strstr(measures[i].name, word))
			measure(&measures[i], n < ROUNDS_MAX ? n : ROUNDS_MAX);
	}
	sides_stop();
}

static void remove_copies(void)
{
	nftw(copies, bench_remove, 16, FTW_DEPTH | FTW_PHYS);
}

int main(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : "";
	if (!sides_possible("bench_mount"))
		return 0;
	snprintf(copies, sizeof copies, "%s/apexbench.XXXXXX", access("/dev/shm", W_OK) ? bench_dir : "/dev/shm");
	if (!mkdtemp(copies))
		err(1, "%s", copies);
	atexit(remove_copies);
	bench(bench_scaled(100000), 1, word);
	bench(bench_scaled(33333), 3, word);
	free(paths.at);
	return 0;
}
