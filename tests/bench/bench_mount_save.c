/* bench_mount_save - saving a record through the mount.
 *
 * How long: three ways to save, in turns on apexfs, on barefs and with raw LMDB alone. What must be paid in any case
 * is the same save on a filesystem that keeps it in memory, and one durable commit: the ratio is to the sum of these
 * two. How many requests: what the daemon is asked for by one save of a real program, of a record that was looked at
 * before. Both daemons run with -d, which prints each request. FORGETs are left out: nobody waits for them. */
#include "tests/bench/mounted.h"
#include "tests/bench/raw.h"

#include <poll.h>
#include <pty.h>

enum { RAW = CONTROL, KINDS }; /* beside APEXFS and BAREFS */
enum { ROUNDS = 5, ROUNDS_MAX = 50, SAVES = 100, TIMES = 3, SETTLE_MS = 40, SCREEN_MS = 10000 };

/* -- how long --------------------------------------------------------------------------------------------- */

static void write_file(int dir, const char *name, int flags, const char *text)
{
	int fd = openat(dir, name, O_WRONLY | flags, 0644);
	if (fd < 0 || write(fd, text, strlen(text)) < 0 || close(fd))
		err(1, "%s", name);
}

static void save_over(int dir, const char *text)
{
	write_file(dir, "A", O_TRUNC, text);
}

static void save_renamed(int dir, const char *text)
{
	write_file(dir, ".A.Xy12Zw", O_CREAT | O_EXCL, text);
	if (renameat(dir, ".A.Xy12Zw", dir, "A"))
		err(1, "rename");
}

static void save_anew(int dir, const char *text)
{
	if (unlinkat(dir, "A", 0))
		err(1, "unlink");
	write_file(dir, "A", O_CREAT | O_EXCL, text);
}

static const struct way {
	const char *name;
	void (*save)(int dir, const char *text);
} ways[] = {
	{ "truncate, write, close (echo, cp)", save_over },
	{ "write aside, rename (sed, rsync)", save_renamed },
	{ "unlink, create, write, close (tar)", save_anew },
};

struct cost {
	double cpu, wall; /* microseconds */
};

static struct cost cost_of(struct cost began, int side)
{
	double daemon = side == RAW ? 0 : side_cpu_us(side);
	return (struct cost){ cpu_us() + daemon - began.cpu, wall_us() - began.wall };
}

static struct cost save_on(int side, const struct way *w, size_t label, const char *text)
{
	char path[160];
	snprintf(path, sizeof path, "%s/h%zu", sides[side].root, label);
	int dir = open(path, O_PATH | O_DIRECTORY);
	if (dir < 0)
		err(1, "%s", path);
	struct cost began = cost_of((struct cost){ 0 }, side);
	w->save(dir, text);
	began = cost_of(began, side);
	close(dir);
	return began;
}

static struct cost save_raw(struct raw *raw, const struct data *d, struct rng *r)
{
	uint8_t value[512];
	struct ax_edit e = d->at[rng_below(r, d->n)];
	memcpy(value, e.value.p, e.value.n);
	value[e.value.n - 1] ^= 1;
	e.value.p = value;
	struct cost began = cost_of((struct cost){ 0 }, RAW);
	raw_update(raw, &e);
	return cost_of(began, RAW);
}

/* One round: each save of apexfs is held against the two that stand beside it, for a disk that others use too is now
 * fast and now slow. */
static struct cost round_of(const struct way *w, size_t labels, struct raw *raw, const struct data *d, struct rng *r)
{
	double cpu[SAVES], wall[SAVES];
	struct cost c[KINDS];
	char text[32];
	for (int i = 0; i < SAVES; i++) {
		size_t label = rng_below(r, labels);
		unsigned n = (unsigned)rng_next(r);
		snprintf(text, sizeof text, "192.%u.%u.%u\n", n >> 16 & 255, n >> 8 & 255, n & 255);
		for (int k = 0; k < KINDS; k++) {
			int kind = (i + k) % KINDS;
			c[kind] = kind == RAW ? save_raw(raw, d, r) : save_on(kind, w, label, text);
		}
		cpu[i] = c[APEXFS].cpu / (c[BAREFS].cpu + c[RAW].cpu);
		wall[i] = c[APEXFS].wall / (c[BAREFS].wall + c[RAW].wall);
	}
	return (struct cost){ median(cpu, SAVES), median(wall, SAVES) };
}

static void print_row(const char *way, double *wall, double *cpu, size_t n)
{
	char name[100];
	double middle = median(wall, n);
	snprintf(name, sizeof name, "%-33s (%.3g - %.3g), CPU %.3g", way, wall[0], wall[n - 1], median(cpu, n));
	row(name, middle, 1.6);
}

static void how_long(size_t labels)
{
	size_t rounds = bench_number("APEX_BENCH_ROUNDS", ROUNDS);
	double cpu[ROUNDS_MAX], wall[ROUNDS_MAX];
	struct rng r = { 20261130 };
	struct data d;
	struct raw raw;
	if (rounds > ROUNDS_MAX)
		rounds = ROUNDS_MAX;
	data_make(&d, labels, &r);
	raw_open(&raw, "raw");
	raw_fill(&raw, &d);
	side_start(APEXFS, false);
	side_start(BAREFS, false);
	printf("\na save among %zu names\n", labels);
	table_head("apexfs / (barefs + a raw LMDB commit)");
	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
		for (size_t k = 0; k < rounds; k++) {
			struct cost c = round_of(&ways[i], labels, &raw, &d, &r);
			cpu[k] = c.cpu;
			wall[k] = c.wall;
		}
		print_row(ways[i].name, wall, cpu, rounds);
	}
	mdb_env_close(raw.env);
	data_fini(&d);
	sides_stop();
}

/* -- how many requests ------------------------------------------------------------------------------------ */

/* $V becomes the text of ./A; $W is a folder elsewhere, with $W/A and $W/tar holding it. */
static const struct saver {
	const char *name, *program;
	unsigned limit;     /* as the design measured it; 0: it did not, and 1.3 times what barefs is asked for */
	const char *before; /* not counted */
	const char *command;
	const char *screen, *keys; /* on a terminal, when it shows this, these are typed; %s is $V */
} savers[] = {
	{ "echo >", "sh", 11, NULL, "echo $V >A", NULL, NULL },
	{ "cp", "cp", 10, NULL, "cp $W/A A", NULL, NULL },
	{ "sed -i", "sed", 24, NULL, "sed -i s/.*/$V/ A", NULL, NULL },
	{ "rsync -a", "rsync", 25, NULL, "rsync -a $W/A A", NULL, NULL },
	{ "nano", "nano", 40, NULL, "nano A", "GNU nano", "\x0b%s\x0f\r\x18" },
	{ "vim :wq", "vim", 75, NULL, "vim -u NONE --cmd 'set nocp backupskip=' A", "IN A", ":%%s/.*/%s/\r:wq\r" },
	{ "tee", "tee", 0, NULL, "tee A <$W/A >/dev/null", NULL, NULL },
	{ "dd", "dd", 0, NULL, "dd status=none if=$W/A of=A", NULL, NULL },
	{ "ed", "ed", 0, NULL, "printf '%s\\n' ,d a $V . w q | ed -s A", NULL, NULL },
	{ "install", "install", 0, NULL, "install -m 644 $W/A A", NULL, NULL },
	{ "tar x", "tar", 0, NULL, "tar -xf $W/tar", NULL, NULL },
	{ "mv from elsewhere", "mv", 0, NULL, "mv $W/A A", NULL, NULL },
	{ "echo > aside, mv", "mv", 0, NULL, "echo $V >new; mv new A", NULL, NULL },
	{ "perl -i", "perl", 0, NULL, "perl -i -pe 's/.*/$ENV{V}/' A", NULL, NULL },
	{ "patch", "patch", 0, "diff -u A $W/A >$W/diff; true", "patch -s A $W/diff", NULL, NULL },
	{ "python open('w')", "python3", 0, NULL,
	  "python3 -c 'import os\nwith open(\"A\", \"w\") as f: f.write(os.environ[\"V\"])'", NULL, NULL },
	{ "python os.replace", "python3", 0, NULL,
	  "python3 -c 'import os\nwith open(\"tmpab12\", \"w\") as f: "
	  "f.write(os.environ[\"V\"])\nos.replace(\"tmpab12\", "
	  "\"A\")'",
	  NULL, NULL },
};

/* Lines of the log that announce a request. */
static unsigned requests_so_far(int side)
{
	unsigned n = 0;
	char line[512];
	FILE *f = fopen(sides[side].log, "r");
	while (f && fgets(line, sizeof line, f))
		n += strncmp(line, "unique: ", 8) == 0 && strstr(line, ", opcode: ") && !strstr(line, "FORGET");
	if (f)
		fclose(f);
	return n;
}

/* When nothing more comes: a RELEASE is sent after the program went on. */
static unsigned requests_settled(int side)
{
	unsigned before, n = requests_so_far(side);
	do {
		before = n;
		usleep(SETTLE_MS * 1000);
		n = requests_so_far(side);
	} while (n != before);
	return n;
}

/* Read the screen until the program shows text (NULL: until it ends), for a while. */
static void watch_screen(int terminal, const char *text)
{
	char screen[1 << 16];
	size_t n = 0;
	struct pollfd p = { .fd = terminal, .events = POLLIN };
	while (n < sizeof screen - 1 && poll(&p, 1, SCREEN_MS) > 0) {
		ssize_t got = read(terminal, screen + n, sizeof screen - 1 - n);
		if (got <= 0)
			return;
		n += (size_t)got;
		screen[n] = 0;
		if (text && memmem(screen, n, text, strlen(text)))
			return;
	}
}

static int on_terminal(const char *dir, const struct saver *s)
{
	int terminal, status;
	char keys[128];
	pid_t pid = forkpty(&terminal, NULL, NULL, &(struct winsize){ .ws_row = 24, .ws_col = 80 });
	if (pid < 0)
		err(1, "forkpty");
	if (pid == 0) {
		setenv("TERM", "xterm", 1);
		become_shell(dir, s->command);
	}
	watch_screen(terminal, s->screen);
	usleep(SETTLE_MS * 1000); /* until it reads keys */
	int n = snprintf(keys, sizeof keys, s->keys, getenv("V"));
	if (write(terminal, keys, (size_t)n) != n)
		err(1, "%s", s->name);
	watch_screen(terminal, NULL);
	close(terminal);
	if (waitpid(pid, &status, 0) != pid)
		err(1, "waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static unsigned commits(void)
{
	char command[PATH_MAX + 200];
	unsigned n = 0;
	snprintf(command, sizeof command, "APEX_REPO=%s/repo %s log --oneline | wc -l", bench_dir, built("apex"));
	FILE *f = popen(command, "r");
	if (!f || fscanf(f, "%u", &n) != 1)
		errx(1, "no log");
	pclose(f);
	return n;
}

/* The requests of one save, which must have arrived. */
static unsigned count_save(int side, const struct saver *s, const char *dir, const char *value)
{
	char want[64];
	setenv("V", value, 1);
	must_shell("mkdir -p $W && echo $V >$W/A && touch -d @$I $W/A && tar -C $W -cf $W/tar A && cd %s && ls -l A "
		   ">/dev/null && cat A "
		   ">/dev/null"
		   " && %s",
		   dir, s->before ? s->before : "true");
	unsigned before = requests_settled(side);
	int status = s->keys ? on_terminal(dir, s) : shell_in(dir, s->command);
	unsigned n = requests_settled(side) - before;
	snprintf(want, sizeof want, "grep -qE '(IN A |^)%s$' A", value);
	if (status || shell_in(dir, want))
		errx(1, "%s on %s: status %d, or %s is not saved", s->name, side_name[side], status, value);
	return n;
}

/* The median of several saves: whoever else looks below the folder for scratch files is counted, too. */
static unsigned count_saver(int side, const struct saver *s, unsigned label)
{
	double counted[TIMES];
	char dir[160], value[32], mtime[16];
	snprintf(dir, sizeof dir, "%s/h%u", sides[side].root, label);
	for (unsigned i = 0; i < TIMES; i++) {
		snprintf(value, sizeof value, "192.0.%u.%u", i + 2, label);
		snprintf(mtime, sizeof mtime, "%u", 1700000000 + i);
		setenv("I", mtime, 1); /* rsync looks at seconds */
		counted[i] = count_save(side, s, dir, value);
	}
	return (unsigned)median(counted, TIMES);
}

static void how_many(void)
{
	unsigned all = commits(), made = 0;
	side_start(APEXFS, true);
	side_start(BAREFS, true);
	printf("\nrequests a save, and commits of %u saves%25s %9s %9s %9s\n", TIMES, "apexfs", "barefs", "at most",
	       "commits");
	for (unsigned i = 0; i < sizeof savers / sizeof *savers; i++) {
		const struct saver *s = &savers[i];
		if (!have_program(s->program)) {
			printf("  skip %s: not installed\n", s->name);
			continue;
		}
		unsigned before = commits();
		unsigned here = count_saver(APEXFS, s, i), bare = count_saver(BAREFS, s, i);
		unsigned limit = s->limit ? s->limit : bare * 13 / 10, new = commits() - before;
		printf("  %-56s %9u %9u %9u %9u%s\n", s->name, here, bare, limit, new,
		       here > limit || new != TIMES ? "   MISSED" : "");
		made += TIMES;
	}
	sides_stop(); /* what waited is committed now */
	if (commits() - all != made)
		printf("  %u commits for %u saves   MISSED\n", commits() - all, made);
}

int main(void)
{
	char work[96];
	size_t labels = bench_scaled(100000);
	MUST(ax_hash_init());
	if (!sides_possible("bench_mount_save"))
		return 0;
	snprintf(work, sizeof work, "%s/work", bench_dir);
	setenv("W", work, 1);
	sides_make(labels > 100 ? labels : 100, 1);
	how_long(labels > 100 ? labels : 100);
	how_many();
	return 0;
}
