/* bench_core_history - log, blame, diff, merge and revert on growing zones and growing histories: ours beside git's
 * on the same history, one file a name, sharded; and ours in instructions, which must not grow with either.
 *
 *     bench_core_history               all of it; APEX_BENCH_MAX=N leaves out what has more RRsets or commits
 *     bench_core_history OP DIR        one operation on a repository, for callgrind
 *
 * Commit i changes one name; h5 is changed three times besides. `topic` left main one commit ago, `old` near the
 * beginning, with one change each. git's merge and revert are merge-tree: they write trees and no commit, ours is
 * flushed to the disk. */
#include "tests/bench/bench.h"

#include "core/blame.h"
#include "core/diff.h"
#include "core/history.h"
#include "core/rrset.h"

#include <fcntl.h>
#include <sys/wait.h>

enum { CHAIN = 500, ROUNDS = 5, TARGET = 5 };
/* Of small questions most is starting a program; what is flushed is held against what is not. */
enum { STARTED = 2, FLUSHED = 10 };

static char base[128], self[4096];
static struct ax_name apex = { 9, "\7example" };
static const struct ax_actor who = {
	{ "A", "a@example", { 1000, 0, 0 } }, { "A", "a@example", { 1000, 0, 0 } }, "bench", 0
};

/* -- history ------------------------------------------------------------------------------------------------------
 */

struct shape {
	size_t rrsets, commits;
};

static size_t name_of(const struct shape *s, size_t i)
{
	size_t quarter = s->commits / 4;
	if (i == quarter || i == 2 * quarter || i == 3 * quarter)
		return TARGET;
	size_t name = (i * 7919 + 11) % s->rrsets;
	return name == TARGET ? TARGET + 1 : name;
}

static void put(struct ax_batch *b, size_t name, uint32_t value)
{
	uint8_t v[] = { 0, 0, 1, 44, 0, 1, 4, 10, (uint8_t)(value >> 16), (uint8_t)(value >> 8), (uint8_t)value };
	struct ax_name owner;
	char text[24];
	snprintf(text, sizeof text, "h%zu", name);
	MUST(ax_name_parse(&owner, text, strlen(text), &apex));
	MUST(ax_batch_put(b, &owner, 1, 0, ax_slice(v, sizeof v)));
}

static void commit_edit(struct ax_repo *r, const char *branch, size_t name, uint32_t value)
{
	struct ax_published out;
	struct ax_batch b;
	ax_batch_init(&b, &apex);
	put(&b, name, value);
	struct ax_change c = { .zone = 1, .branch = branch, .batch = &b, .message = "edit" };
	MUST(ax_repo_commit(&out, r, &c, 1, &who, NULL, NULL));
	ax_batch_fini(&b);
}

/* Many commits, one transaction. */
static void commit_chain(struct ax_repo *r, const struct shape *s, size_t from, size_t n)
{
	static struct ax_batch b[CHAIN];
	static struct ax_change c[CHAIN];
	static struct ax_published out[CHAIN];
	for (size_t i = 0; i < n; i++) {
		ax_batch_init(&b[i], &apex);
		put(&b[i], name_of(s, from + i), (uint32_t)(from + i));
		c[i] = (struct ax_change){
			.zone = 1, .branch = "main", .batch = &b[i], .message = "edit", .chained = i > 0
		};
	}
	MUST(ax_repo_commit(out, r, c, n, &who, NULL, NULL));
	for (size_t i = 0; i < n; i++)
		ax_batch_fini(&b[i]);
}

static void first_commit(struct ax_repo *r, const struct shape *s)
{
	static const char head[] = "$TTL 300\n@ SOA ns.example.net. h.example.net. 1 2 3 4 5\n@ NS ns.example.net.\n";
	struct ax_published out;
	struct ax_batch b;
	ax_batch_init(&b, &apex);
	MUST(ax_batch_read_zone(&b, ax_slice_str(head), "head", NULL, NULL, NULL));
	for (size_t i = 0; i < s->rrsets; i++)
		put(&b, i, 0x800000);
	struct ax_change c = { .zone = 1, .branch = "main", .batch = &b, .replace = true, .message = "first" };
	MUST(ax_repo_commit(&out, r, &c, 1, &who, NULL, NULL));
	ax_batch_fini(&b);
}

static uint64_t tip_of(struct ax_repo *r, const char *branch)
{
	char path[64];
	struct ax_ref ref;
	struct ax_txn *t;
	snprintf(path, sizeof path, "heads/%s", branch);
	MUST(ax_txn_read(&t, ax_repo_store(r)));
	MUST(ax_ref_get(&ref, t, 1, path));
	ax_txn_abort(t);
	return ref.commit;
}

static void build_ours(const char *dir, const struct shape *s)
{
	struct ax_repo *r;
	size_t old = s->commits / 10 + 1;
	MUST(ax_repo_init(dir, false, 0, &apex, &who));
	MUST(ax_repo_open(&r, dir, false));
	first_commit(r, s);
	for (size_t i = 1; i < s->commits;) {
		size_t n = s->commits - i < CHAIN ? s->commits - i : CHAIN;
		if (i < old && i + n > old)
			n = old - i;
		if (i == old)
			MUST(ax_repo_branch_create(r, 1, "old", tip_of(r, "main"), &who));
		commit_chain(r, s, i, n);
		i += n;
	}
	MUST(ax_repo_branch_create(r, 1, "topic", tip_of(r, "main"), &who));
	/* names that nobody else touches */
	commit_edit(r, "topic", s->rrsets + 1, 0x900001);
	commit_edit(r, "old", s->rrsets + 2, 0x900002);
	commit_edit(r, "main", s->rrsets + 3, 0x900003);
	ax_repo_close(r);
}

/* -- one operation, measured by callgrind -------------------------------------------------------------------------
 */

struct tools {
	struct ax_repo *repo;
	struct ax_txn *txn;
	struct ax_buf key;
	struct ax_commit_info tip;
};

static enum ax_err count(void *ctx, struct ax_slice key, const struct ax_entry *a, const struct ax_entry *b)
{
	(void)key, (void)a, (void)b;
	++*(size_t *)ctx;
	return AX_OK;
}

/* As far back as the name goes. */
static size_t log_name(struct tools *x)
{
	struct ax_commit_info at = x->tip;
	struct ax_entry became;
	uint64_t commit;
	bool absent;
	size_t n = 0;
	while (!ax_blame_step(&commit, &became, &absent, x->txn, 1, &at, ax_buf_view(&x->key))) {
		n++;
		MUST(ax_commit_info(&at, x->txn, commit));
		if (!at.parents)
			break;
		MUST(ax_commit_info(&at, x->txn, at.parent[0]));
	}
	return n;
}

static size_t diff_one(struct tools *x)
{
	struct ax_commit_info parent;
	size_t n = 0;
	MUST(ax_commit_info(&parent, x->txn, x->tip.parent[0]));
	MUST(ax_tree_diff(x->txn, &parent.root, &x->tip.root, count, &n));
	return n;
}

static size_t try_job(struct tools *x, const char *branch)
{
	struct ax_zone zone = { .id = 1, .apex = apex };
	struct ax_published out;
	struct ax_job job;
	ax_job_init(&job, &zone, "main");
	if (branch)
		ax_merge_change(&job, tip_of(x->repo, branch), "merge", false);
	else
		ax_revert_change(&job, x->tip.parent[0], x->tip.local, "revert");
	MUST(ax_repo_try(&out, x->repo, &job.change, 1, &who, NULL));
	ax_job_fini(&job);
	return out.changed;
}

/* The name that callgrind is told to count in. */
size_t measured_operation(struct tools *x, const char *op) __attribute__((noinline));
size_t measured_operation(struct tools *x, const char *op)
{
	struct ax_entry became;
	uint64_t commit;
	bool absent;
	if (!strcmp(op, "blame"))
		return !ax_blame_step(&commit, &became, &absent, x->txn, 1, &x->tip, ax_buf_view(&x->key));
	if (!strcmp(op, "log"))
		return log_name(x);
	if (!strcmp(op, "diff"))
		return diff_one(x);
	if (!strcmp(op, "revert"))
		return try_job(x, NULL);
	return try_job(x, !strcmp(op, "merge") ? "topic" : "old");
}

static void open_tools(struct tools *x, const char *dir)
{
	struct ax_name owner;
	*x = (struct tools){ .repo = NULL };
	MUST(ax_name_parse(&owner, "h5", 2, &apex));
	MUST(ax_key_make(&x->key, &owner, &apex, 1, 0));
	MUST(ax_repo_open(&x->repo, dir, false));
	uint64_t tip = tip_of(x->repo, "main");
	MUST(ax_txn_read(&x->txn, ax_repo_store(x->repo)));
	MUST(ax_commit_info(&x->tip, x->txn, tip));
}

static int one(const char *op, const char *dir)
{
	struct tools x;
	open_tools(&x, dir);
	size_t n = measured_operation(&x, op);
	ax_txn_abort(x.txn);
	ax_repo_close(x.repo);
	ax_buf_fini(&x.key);
	if (!n)
		errx(1, "%s did nothing", op);
	return 0;
}

/* -- children -----------------------------------------------------------------------------------------------------
 */

/* Milliseconds of the middle run; output is thrown away. What comes after each (NULL: nothing) is not counted. */
static double run_ms(const char *dir, const char *command, const char *after)
{
	double took[ROUNDS];
	for (int i = 0; i < ROUNDS; i++) {
		double start = wall_us();
		pid_t pid = fork();
		int status;
		if (!pid) {
			int null = open("/dev/null", O_RDWR);
			if (chdir(dir) || dup2(null, 0) < 0 || dup2(null, 1) < 0)
				_exit(127);
			execl("/bin/sh", "sh", "-c", command, (char *)NULL);
			_exit(127);
		}
		if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
			errx(1, "failed: %s", command);
		took[i] = (wall_us() - start) / 1e3;
		if (after && system(after))
			errx(1, "failed: %s", after);
	}
	return median(took, ROUNDS);
}

static double instructions(const char *op, const char *dir)
{
	char command[9000], line[512];
	double n = 0;
	snprintf(command, sizeof command,
		 "valgrind --tool=callgrind --callgrind-out-file=/dev/null --toggle-collect=measured_operation '%s' "
		 "%s "
		 "'%s' 2>&1",
		 self, op, dir);
	FILE *f = popen(command, "r");
	while (f && fgets(line, sizeof line, f)) {
		const char *at = strstr(line, "Collected :");
		if (at)
			n = atof(at + 11);
	}
	if (!f || pclose(f) || !n)
		errx(1, "callgrind counted nothing: %s", command);
	return n;
}

/* -- git's ----------------------------------------------------------------------------------------------------------
 */

static void git_file(FILE *f, size_t name, uint32_t value)
{
	fprintf(f, "M 100644 inline %02zx/%02zx/h%zu\ndata <<E\n300 IN A 10.%u.%u.%u\nE\n", name & 255,
		name >> 8 & 255, name, value >> 16, value >> 8 & 255, value & 255);
}

static void git_commit(FILE *f, const char *branch, size_t mark, size_t from)
{
	fprintf(f, "commit refs/heads/%s\nmark :%zu\ncommitter A <a@example> %zu +0000\ndata 5\nedit\n\n", branch,
		mark, 1000000 + mark);
	if (from)
		fprintf(f, "from :%zu\n", from);
}

static void build_git(const char *dir, const struct shape *s)
{
	char command[600];
	size_t old = s->commits / 10 + 1, main_tip = s->commits, more = s->commits + 1;
	snprintf(command, sizeof command,
		 "git init -q '%s' && cd '%s' && git symbolic-ref HEAD refs/heads/main && git fast-import --quiet "
		 ">/dev/null 2>&1",
		 dir, dir);
	FILE *f = popen(command, "w");
	if (!f)
		err(1, "git");
	git_commit(f, "main", 1, 0);
	for (size_t i = 0; i < s->rrsets; i++)
		git_file(f, i, 0x800000);
	for (size_t i = 1; i < s->commits; i++) {
		git_commit(f, "main", i + 1, i);
		git_file(f, name_of(s, i), (uint32_t)i);
	}
	const struct {
		const char *branch;
		size_t from, name;
	} last[] = { { "topic", main_tip, 1 }, { "old", old, 2 }, { "main", main_tip, 3 } };
	for (size_t i = 0; i < 3; i++) {
		git_commit(f, last[i].branch, more++, last[i].from);
		git_file(f, s->rrsets + last[i].name, 0x900000 + (uint32_t)last[i].name);
	}
	if (pclose(f))
		errx(1, "git fast-import failed");
}

/* What each does for the same question. A revert of HEAD by merge-tree: a commit of its parent's tree on top of it is
 * merged into it. */
static const struct {
	const char *what, *ours, *theirs;
	bool undo; /* put main back */
} asked[] = {
	{ "log -n 100", "log --oneline -n 100", "git log --oneline -n 100", false },
	{ "log of one name", "log --oneline -- h5 A", "git log --oneline -- 05/00/h5", false },
	{ "blame of one name", "blame h5 A", "git blame main -- 05/00/h5", false },
	{ "diff of one change", "diff main~1 main", "git diff main~1 main", false },
	{ "merge of one change", "merge topic", "git merge-tree --write-tree main topic", true },
	{ "merge of an old fork", "merge old", "git merge-tree --write-tree main old", true },
	{ "revert of one change", "revert main",
	  "git merge-tree --write-tree main $(echo | git commit-tree main~1^{tree} -p main)", true },
};

static void compare(const char *apex_program, const char *ours, const char *theirs)
{
	for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
		char command[9000], undo[9000];
		const char *after = asked[i].undo ? undo : NULL;
		snprintf(command, sizeof command, "'%s' --repo '%s' %s", apex_program, ours, asked[i].ours);
		snprintf(undo, sizeof undo, "'%s' --repo '%s' reset --hard main~1 >/dev/null", apex_program, ours);
		double a = run_ms("/", command, after), b = run_ms(theirs, asked[i].theirs, NULL);
		row(asked[i].what, a / b, asked[i].undo ? FLUSHED : STARTED);
	}
}

/* -- tables ---------------------------------------------------------------------------------------------------------
 */

static const char *const operations[] = { "blame", "log", "diff", "merge", "merge-old", "revert" };
enum { OPERATIONS = sizeof operations / sizeof *operations, SHAPES = 5 };

static const struct shape shapes[SHAPES] = {
	{ 10, 1000 }, { 1000, 1000 }, { 1000000, 1000 }, { 1000, 10 }, { 1000, 100000 }
};

static size_t biggest(void)
{
	const char *max = getenv("APEX_BENCH_MAX");
	return max ? strtoull(max, NULL, 10) : SIZE_MAX;
}

static bool is_left_out(const struct shape *s)
{
	return s->rrsets > biggest() || s->commits > biggest();
}

static void growth(const char *title, double count[SHAPES][OPERATIONS], size_t small, size_t large)
{
	char name[100];
	if (is_left_out(&shapes[large]) || is_left_out(&shapes[small]))
		return;
	table_head(title);
	for (size_t k = 0; k < OPERATIONS; k++) {
		snprintf(name, sizeof name, "%s: instructions, large / small", operations[k]);
		row(name, count[large][k] / count[small][k], 4);
	}
}

static void measure(const char *apex_program, size_t i, double count[OPERATIONS])
{
	char ours[200], theirs[200], title[120];
	snprintf(ours, sizeof ours, "%s/ours%zu", base, i);
	snprintf(theirs, sizeof theirs, "%s/git%zu", base, i);
	build_ours(ours, &shapes[i]);
	build_git(theirs, &shapes[i]);
	snprintf(title, sizeof title, "%zu RRsets, %zu commits: apex / git, wall clock", shapes[i].rrsets,
		 shapes[i].commits);
	for (size_t k = 0; k < OPERATIONS; k++)
		count[k] = instructions(operations[k], ours);
	table_head(title);
	compare(apex_program, ours, theirs);
	fflush(stdout);
	char remove[500];
	snprintf(remove, sizeof remove, "rm -rf '%s' '%s'", ours, theirs);
	if (system(remove))
		warnx("%s", remove);
}

int main(int argc, char **argv)
{
	double count[SHAPES][OPERATIONS];
	char program[4200];
	const char *tmp = getenv("TMPDIR");
	MUST(ax_hash_init());
	if (argc == 3)
		return one(argv[1], argv[2]);
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
	if (n < 0)
		err(1, "/proc/self/exe");
	snprintf(program, sizeof program, "%.*s/../../apex", (int)(strrchr(self, '/') - self), self);
	snprintf(base, sizeof base, "%s/apexhistory.XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(base))
		err(1, "%s", base);
	for (size_t i = 0; i < SHAPES; i++)
		if (!is_left_out(&shapes[i]))
			measure(program, i, count[i]);
	growth("one change, from 1,000 to 1,000,000 RRsets", count, 1, 2);
	growth("one change, from 10 to 100,000 commits", count, 3, 4);
	rmdir(base);
	return 0;
}
