#include "core/bundle.h"
#include "tools/save.h"
#include "tools/verbs.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool all;
static const char *since, *prefix, *force;

static const struct option options[] = {
	{ "all", 0, NULL, "create: all branches and tags", NULL, NULL, &all },
	{ "since", 0, "REV", "create: leave out what this has, which the receiver must have", &since, NULL, NULL },
	{ "prefix", 0, "TEXT", "import: put before the names of branches and tags", &prefix, NULL, NULL },
	{ "force", 0, "HASH", "import: pass the guard that refused just this plan", &force, NULL, NULL },
	{ 0 },
};

/* -- create ----------------------------------------------------------------------------------------------- */

struct paths {
	char (*v)[AX_REF_PATH_MAX + 1];
	size_t n;
};

static enum ax_err add(struct paths *p, const char *path)
{
	char(*v)[AX_REF_PATH_MAX + 1] = reallocarray(p->v, p->n + 1, sizeof *v);
	if (!v)
		return ax_fail(AX_ENOMEM, "out of memory");
	p->v = v;
	snprintf(p->v[p->n++], sizeof *v, "%s", path);
	return AX_OK;
}

static enum ax_err add_all(struct paths *p, struct cli *c, const char *folder)
{
	char path[AX_REF_PATH_MAX + 1] = "";
	struct ax_ref ref;
	enum ax_err e;
	while (!(e = ax_ref_next(&ref, path, c->txn, c->zone.id, folder, path)))
		if ((e = add(p, path)))
			return e;
	return e == AX_ENOENT ? AX_OK : e;
}

/* A branch, else a tag. */
static enum ax_err add_named(struct paths *p, struct cli *c, const char *name)
{
	char path[AX_REF_PATH_MAX + 1];
	struct ax_ref ref;
	enum ax_err e = ax_ref_check_name(name);
	if (e)
		return e;
	snprintf(path, sizeof path, "heads/%s", name);
	if ((e = ax_ref_get(&ref, c->txn, c->zone.id, path)) == AX_ENOENT) {
		snprintf(path, sizeof path, "tags/%s", name);
		e = ax_ref_get(&ref, c->txn, c->zone.id, path);
	}
	return e == AX_ENOENT ? ax_fail(e, "no such branch or tag: `%s`", name) : e ? e : add(p, path);
}

static enum ax_err choose(struct paths *p, struct cli *c, const struct words *w)
{
	enum ax_err e = AX_OK;
	if (all && w->n > 2)
		return ax_fail(AX_EUSAGE, "bundle create: --all, or names");
	if (all && !(e = add_all(p, c, "heads/")))
		e = add_all(p, c, "tags/");
	for (int i = 2; !e && i < w->n; i++)
		e = add_named(p, c, w->v[i]);
	if (!e && !all && w->n == 2 && !(e = cli_need_tip(c)))
		e = add_named(p, c, c->branch);
	return !e && !p->n ? ax_fail(AX_ENOENT, "there is no branch and no tag to put into it") : e;
}

/* Whole and flushed, or not at all. */
static enum ax_err write_file(const char *path, struct ax_slice text)
{
	char beside[4200];
	if (!strcmp(path, "-"))
		return print_bytes(text);
	snprintf(beside, sizeof beside, "%.4000s.part.%ld", path, (long)getpid());
	int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	bool good = fd >= 0;
	for (size_t at = 0; good && at < text.n;) {
		ssize_t n = write(fd, text.p + at, text.n - at);
		good = n > 0 || (n < 0 && errno == EINTR);
		at += n > 0 ? (size_t)n : 0;
	}
	good = good && !fsync(fd);
	if (fd >= 0)
		good = !close(fd) && good;
	if (good && !rename(beside, path))
		return AX_OK;
	enum ax_err e = ax_fail(errno == ENOSPC ? AX_ENOSPC : AX_EINVAL, "%s: %s", path, strerror(errno));
	if (fd >= 0)
		unlink(beside);
	return e;
}

static enum ax_err create(struct cli *c, const struct words *w)
{
	struct ax_bundle_want want = { 0 };
	struct cli_commit at;
	struct paths paths = { 0 };
	struct ax_buf text = AX_BUF_INIT;
	uint64_t commits;
	enum ax_err e = cli_begin(c, true);
	if (!e)
		e = choose(&paths, c, w);
	if (!e && since && !(e = cli_revision(&at, c, since)) && at.zone.id != c->zone.id)
		e = ax_fail(AX_EUSAGE, "`%s` is a commit of another zone", since);
	want.paths = (const char(*)[AX_REF_PATH_MAX + 1]) paths.v;
	want.n = paths.n;
	if (!e && since)
		want.since = at.info.local;
	if (!e)
		e = ax_bundle_write(&text, &commits, c->txn, &c->zone, &want);
	cli_end_read(c);
	if (!e)
		e = write_file(w->v[1], ax_buf_view(&text));
	if (!e && strcmp(w->v[1], "-"))
		ax_buf_printf(&c->out, "%s: %zu ref%s, %llu commit%s, %zu bytes\n", w->v[1], want.n,
			      want.n == 1 ? "" : "s", (unsigned long long)commits, commits == 1 ? "" : "s", text.n);
	ax_buf_fini(&text);
	free(paths.v);
	return e;
}

/* -- verify, import --------------------------------------------------------------------------------------- */

static void progress(void *ctx, uint64_t done, uint64_t of)
{
	(void)of;
	print_progress_set(ctx, done);
}

static enum ax_err tell_moves(struct cli *c, const struct ax_bundle_sum *sum)
{
	enum ax_err e = ax_txn_read(&c->txn, ax_repo_store(c->repo));
	for (size_t i = 0; !e && i < sum->moved; i++)
		e = save_tell_any(c, &sum->out[i]);
	return e;
}

static void tell(struct cli *c, const char *file, const struct ax_bundle_sum *sum, bool verify)
{
	ax_buf_printf(&c->out, "%s: ", file);
	ax_name_text(&c->out, &sum->apex);
	ax_buf_printf(&c->out, " %llu ref%s, %llu commit%s%s, %llu that are here already, %llu signatures\n",
		      (unsigned long long)sum->refs, sum->refs == 1 ? "" : "s", (unsigned long long)sum->commits,
		      sum->commits == 1 ? "" : "s", verify ? " to come" : "", (unsigned long long)sum->had,
		      (unsigned long long)sum->signatures);
}

/* What is wrong with a file is said of the file. */
static enum ax_err in_file(enum ax_err e, const char *file)
{
	bool of_it = e == AX_EINVAL || e == AX_ECORRUPT || e == AX_EVERSION;
	return of_it ? ax_fail(e, "%s: %s", strcmp(file, "-") ? file : "standard input", ax_err_text(e)) : e;
}

static enum ax_err take(struct cli *c, const char *file, bool verify)
{
	struct ax_listener listener = { cli_warn, c };
	struct ax_buf text = AX_BUF_INIT;
	struct ax_bundle_sum sum = { 0 };
	struct print_progress p;
	struct ax_bundle_options o = { .prefix = prefix,
				       .verify = verify,
				       .force = force,
				       .listener = &listener,
				       .progress = progress,
				       .ctx = &p };
	enum ax_err e = cli_read_file(&text, file);
	if (!e) {
		print_progress_begin(&p, verify ? "bytes verified" : "bytes imported", text.n);
		e = in_file(ax_bundle_import(&sum, c->repo, ax_buf_view(&text), &o, &c->actor), file);
		print_progress_end(&p);
	}
	if (!e)
		tell(c, file, &sum, verify);
	if (!e && sum.moved)
		e = tell_moves(c, &sum);
	free(sum.out);
	ax_buf_fini(&text);
	return e;
}

static enum ax_err run(struct cli *c, struct words *w)
{
	const char *what = w->v[0];
	bool verify = !strcmp(what, "verify");
	if (!strcmp(what, "create"))
		return prefix || force ? ax_fail(AX_EUSAGE, "bundle create: --prefix and --force are import's")
				       : create(c, w);
	if (!verify && strcmp(what, "import"))
		return ax_fail(AX_EUSAGE, "bundle: create, verify or import, not `%s`", what);
	if (w->n > 2 || all || since)
		return ax_fail(AX_EUSAGE, "bundle %s: one file", what);
	enum ax_err e = cli_open(c, false);
	return e ? e : take(c, w->v[1], verify);
}

const struct verb verb_bundle = {
	.name = "bundle",
	.synopsis = "create FILE [BRANCH|TAG ... | --all] [--since REV] | verify FILE | import FILE [--prefix TEXT] "
		    "[--force HASH]",
	.summary = "carry branches with their history to another repository, as one file",
	.details =
		"Every hash is checked on the way in, the trees by building them. Branches move forward only: one "
		"that "
		"has\n"
		"diverged is a conflict (status 5), and comes in beside it with --prefix. verify does all of it and "
		"writes\n"
		"nothing. The zone is made if it is not there.",
	.example = "apex bundle create example.bundle --all",
	.options = options,
	.completes = ":create|verify|import f h+",
	.min_words = 2,
	.max_words = -1,
	.run = run,
};
