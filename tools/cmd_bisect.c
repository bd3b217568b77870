#include "core/graph.h"
#include "core/render.h"
#include "tools/verbs.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *good_text, *bad_text;

static const struct option options[] = {
	{ "good", 0, "REV", "a revision before the change", &good_text, NULL, NULL },
	{ "bad", 0, "REV", "a revision behind it; else the tip", &bad_text, NULL, NULL },
	{ 0 },
};

enum { EXIT_SKIP = 125, EXIT_BAD_LAST = 124 };
enum verdict { UNKNOWN, GOOD, BAD, SKIP };

/* The first-parent line from good (not included) to bad: commit i is i + 1 steps behind good. */
struct bisect {
	struct cli *c;
	struct cli_commit good, bad;
	uint64_t n;         /* commits that may be the first bad one: bad is the last of them */
	uint64_t low, high; /* the first bad one is one of low .. high; high is bad */
	enum verdict *seen;
	char **command;
};

/* -- the line --------------------------------------------------------------------------------------------- */

static enum ax_err measure(struct bisect *b)
{
	bool is;
	enum ax_err e = ax_graph_is_first_parent(&is, b->c->txn, b->good.info.local, b->bad.info.local);
	if (e)
		return e;
	if (b->good.zone.id != b->bad.zone.id)
		return ax_fail(AX_EUSAGE, "bisect: these are two zones");
	if (!is || b->good.info.local == b->bad.info.local)
		return ax_fail(AX_EINVAL, "bisect: the good revision is no first-parent ancestor of the bad one");
	b->n = b->bad.info.depth - b->good.info.depth;
	b->low = 0;
	b->high = b->n - 1;
	b->seen = calloc(b->n, sizeof *b->seen);
	return b->seen ? AX_OK : ax_fail(AX_ENOMEM, "out of memory");
}

static enum ax_err commit_at(struct ax_id *id, uint64_t *local, struct bisect *b, uint64_t i)
{
	enum ax_err e = AX_OK;
	if (!b->c->txn)
		e = ax_txn_read(&b->c->txn, ax_repo_store(b->c->repo));
	if (!e)
		e = ax_graph_ancestor(local, b->c->txn, b->bad.info.local, b->n - 1 - i);
	return e ? e : ax_commit_id(id, b->c->txn, *local);
}

/* The untested commit nearest to the middle; high if there is none. */
static uint64_t choose(const struct bisect *b)
{
	uint64_t middle = b->low + (b->high - b->low) / 2;
	for (uint64_t d = 0; d <= b->high - b->low; d++) {
		if (middle >= b->low + d && middle - d < b->high && b->seen[middle - d] == UNKNOWN)
			return middle - d;
		if (middle + d < b->high && b->seen[middle + d] == UNKNOWN)
			return middle + d;
	}
	return b->high;
}

/* -- the command ------------------------------------------------------------------------------------------ */

static void become(struct bisect *b, const char *rev)
{
	struct ax_buf zone = AX_BUF_INIT;
	ax_name_text(&zone, &b->bad.zone.apex);
	setenv("APEX_REV", rev, 1);
	setenv("APEX_REPO", b->c->dir, 1);
	setenv("APEX_ZONE", ax_buf_cstr(&zone), 1);
	/* One word is a command line, several are a command and its arguments. */
	if (b->command[1])
		execvp(b->command[0], b->command);
	else
		execl("/bin/sh", "sh", "-c", b->command[0], (char *)NULL);
	_exit(127);
}

static enum ax_err test(enum verdict *out, struct bisect *b, const struct ax_id *id)
{
	char rev[AX_ID_HEX + 1];
	int status = 0;
	ax_id_hex(rev, id);
	cli_end_read(b->c); /* it may take its time */
	fflush(NULL);
	pid_t pid = fork();
	if (pid < 0)
		return ax_fail(AX_EIO, "fork: %s", strerror(errno));
	if (!pid)
		become(b, rev);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	*out = !code ? GOOD : code == EXIT_SKIP ? SKIP : BAD;
	if (code > EXIT_SKIP)
		return ax_fail(AX_EINVAL, "bisect: `%s` ended with status %d, which says neither good nor bad",
			       b->command[0], code);
	return AX_OK;
}

static void tell(const struct bisect *b, const struct ax_id *id, enum verdict v)
{
	static const char *const words[] = { "?", "good", "bad", "skipped" };
	char part[AX_ID_SHORT + 1];
	ax_id_short(part, id);
	fprintf(stderr, "%s is %s; %" PRIu64 " left\n", part, words[v], b->high - b->low);
}

static enum ax_err step(struct bisect *b, uint64_t i)
{
	struct ax_id id;
	uint64_t local;
	enum verdict v;
	enum ax_err e = commit_at(&id, &local, b, i);
	if (!e)
		e = test(&v, b, &id);
	if (e)
		return e;
	b->seen[i] = v;
	if (v == GOOD)
		b->low = i + 1;
	else if (v == BAD)
		b->high = i;
	tell(b, &id, v);
	return AX_OK;
}

/* -- the outcome ------------------------------------------------------------------------------------------ */

static enum ax_err put_first_bad(struct bisect *b)
{
	struct ax_commit commit;
	struct ax_commit_info info, parent;
	struct ax_id id;
	uint64_t local;
	enum ax_err e = commit_at(&id, &local, b, b->high);
	if (!e)
		e = ax_commit_info(&info, b->c->txn, local);
	if (!e)
		e = ax_commit_info(&parent, b->c->txn, info.parent[0]);
	if (!e)
		e = ax_commit_read(&commit, b->c->txn, local);
	if (e)
		return e;
	char hex[AX_ID_HEX + 1];
	ax_id_hex(hex, &id);
	ax_buf_printf(&b->c->out, "%s is the first bad commit\n\n", hex);
	e = ax_render_log(&b->c->out, &commit, NULL);
	ax_buf_u8(&b->c->out, '\n');
	ax_commit_fini(&commit);
	return e ? e : ax_render_diff(&b->c->out, NULL, b->c->txn, &b->bad.zone.apex, &parent, &info);
}

static enum ax_err skipped_all(struct bisect *b)
{
	struct ax_id id;
	uint64_t local;
	enum ax_err e = AX_OK;
	for (uint64_t i = b->low; !e && i <= b->high; i++) {
		char hex[AX_ID_HEX + 1];
		e = commit_at(&id, &local, b, i);
		ax_id_hex(hex, &id);
		ax_buf_printf(&b->c->out, "%s\n", hex);
	}
	b->c->difference = true;
	fprintf(stderr, "only skipped commits are left: the first bad one is one of these\n");
	return e;
}

static enum ax_err search(struct bisect *b)
{
	enum ax_err e = AX_OK;
	while (!e && b->low < b->high) {
		uint64_t i = choose(b);
		if (i == b->high)
			return skipped_all(b);
		e = step(b, i);
	}
	return e ? e : put_first_bad(b);
}

static enum ax_err run(struct cli *c, struct words *w)
{
	struct bisect b = { .c = c, .command = w->v + 1 };
	if (strcmp(w->v[0], "run") || w->n < 2)
		return ax_fail(AX_EUSAGE, "bisect: run a command");
	if (!good_text)
		return ax_fail(AX_EUSAGE, "bisect: --good is needed: a revision where all was well");
	enum ax_err e = cli_begin(c, true);
	if (!e)
		e = cli_revision(&b.good, c, good_text);
	if (!e)
		e = cli_revision(&b.bad, c, bad_text);
	if (!e)
		e = measure(&b);
	if (!e)
		e = search(&b);
	free(b.seen);
	return e;
}

const struct verb verb_bisect = {
	.name = "bisect",
	.synopsis = "run --good REV [--bad REV] [--] CMD [ARG...]",
	.summary = "find the commit that broke something, by running a command on revisions between",
	.details =
		"CMD finds the revision to test in APEX_REV (and the repository in APEX_REPO, the zone in "
		"APEX_ZONE); it "
		"ends\n"
		"with 0 for good, 1 to 124 for bad, 125 for a revision that can't be tested. One word is a command "
		"line "
		"for\n"
		"sh; words that begin with - go behind --. Commits are tried along first parents, each at most once.",
	.example = "apex bisect run --good v1 -- sh -c 'apex resolve www A \"$APEX_REV\" | grep -q 192.0.2.7'",
	.options = options,
	.completes = ":run",
	.min_words = 1,
	.max_words = -1,
	.run = run,
};
