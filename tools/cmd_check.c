#include "core/edit.h"
#include "core/zonetext.h"
#include "tools/begin.h"
#include "tools/verbs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *include_root;

static const struct option options[] = {
	{ "include-root", 0, "DIR", "let $INCLUDE read files below DIR", &include_root, NULL, NULL },
	{ 0 },
};

static void failed(void *ctx, const char *text)
{
	struct cli *c = ctx;
	ax_buf_printf(&c->warnings, "apex: %s\n", text);
}

static enum ax_err check(struct cli *c, struct ax_txn *t, const struct ax_name *apex, const struct ax_root *root)
{
	enum ax_err e = ax_check_zone(t, apex, root, failed, cli_warn, c);
	if (e)
		return e;
	ax_name_text(&c->out, apex);
	ax_buf_printf(&c->out, " ok: %llu RRsets", (unsigned long long)root->count);
	if (c->warned)
		ax_buf_printf(&c->out, ", %zu warning%s", c->warned, c->warned == 1 ? "" : "s");
	ax_buf_u8(&c->out, '\n');
	return ax_buf_check(&c->out);
}

static enum ax_err check_revision(struct cli *c, const char *text)
{
	struct cli_commit at;
	enum ax_err e = cli_begin(c, true);
	if (!e)
		e = cli_revision(&at, c, text);
	return e ? e : check(c, c->txn, &at.zone.apex, &at.info.root);
}

/* -- a file: as a tree in a store of its own, which is dropped; no repository is needed, none is locked --------- */

static enum ax_err build_and_check(struct cli *c, struct ax_store *s, struct ax_batch *batch)
{
	const struct ax_edit *edits;
	size_t n;
	struct ax_txn *t;
	struct ax_root root, empty = ax_tree_empty();
	enum ax_err e = ax_batch_edits(&edits, &n, batch);
	if (!e)
		e = ax_txn_write(&t, s, true);
	if (e)
		return e;
	e = ax_tree_edit(&root, NULL, t, &empty, edits, n, 0);
	if (!e)
		e = check(c, t, &batch->apex, &root);
	ax_txn_abort(t);
	return e;
}

enum { SCRATCH_MAX = 1024 };

static void remove_scratch(const char *dir)
{
	static const char *const parts[] = { "/store/data.mdb", "/store/lock.mdb" };
	char path[SCRATCH_MAX + 32];
	for (unsigned i = 0; i < 2; i++) {
		snprintf(path, sizeof path, "%s%s", dir, parts[i]);
		unlink(path);
	}
	snprintf(path, sizeof path, "%s/store", dir);
	rmdir(path);
	rmdir(dir);
}

static enum ax_err check_batch(struct cli *c, struct ax_batch *batch)
{
	const char *tmp = getenv("TMPDIR");
	char dir[SCRATCH_MAX];
	struct ax_store *s;
	if (snprintf(dir, sizeof dir, "%s/apex-check.XXXXXX", tmp && *tmp ? tmp : "/tmp") >= (int)sizeof dir)
		return ax_fail(AX_EUSAGE, "TMPDIR is too long");
	if (!mkdtemp(dir))
		return ax_fail(AX_EIO, "%s: %s", dir, strerror(errno));
	enum ax_err e = ax_store_create(dir, false, (uint32_t)-1);
	if (!e)
		e = ax_store_open(&s, dir, false);
	if (!e) {
		e = build_and_check(c, s, batch);
		ax_store_close(s);
	}
	remove_scratch(dir);
	return e;
}

static enum ax_err check_file(struct cli *c, const char *file)
{
	const char *shown = strcmp(file, "-") ? file : "standard input";
	struct ax_buf text = AX_BUF_INIT;
	struct ax_name apex;
	struct ax_batch batch;
	enum ax_err e = cli_read_file(&text, file);
	if (!e)
		e = c->zone_text ? begin_apex(&apex, c->zone_text)
				 : ax_zonetext_apex(&apex, ax_buf_view(&text), shown);
	if (e == AX_ENOENT)
		e = ax_fail(AX_EINVAL, "%s: no SOA record that tells which zone it is (say --zone)", shown);
	if (!e) {
		ax_name_lower(&apex);
		ax_batch_init(&batch, &apex);
		e = ax_batch_read_zone(&batch, ax_buf_view(&text), shown, include_root, cli_warn, c);
		if (!e)
			e = check_batch(c, &batch);
		ax_batch_fini(&batch);
	}
	ax_buf_fini(&text);
	return e;
}

/* A path is a file; a bare word is a revision, and a file only if it is none. */
static bool is_file(struct cli *c, const char *text)
{
	struct cli_commit at;
	if (!strcmp(text, "-") || strchr(text, '/'))
		return true;
	if (access(text, R_OK))
		return false;
	bool revision = !cli_begin(c, true) && !cli_revision(&at, c, text);
	cli_close(c);
	return !revision;
}

static enum ax_err run(struct cli *c, struct words *w)
{
	const char *text = w->n ? w->v[0] : NULL;
	return text && is_file(c, text) ? check_file(c, text) : check_revision(c, text);
}

const struct verb verb_check = {
	.name = "check",
	.synopsis = "[REV | FILE | -] [--include-root DIR]",
	.summary = "check a whole zone, in the repository or in a file",
	.details = "Failures and warnings (missing glue; NS, MX and SRV targets that are aliases or absent) go to "
		   "standard\n"
		   "error; status 1 if a check failed. A file needs no repository. A word with a / is a file.",
	.example = "apex check ./example.com.zone",
	.options = options,
	.completes = "r",
	.min_words = 0,
	.max_words = 1,
	.run = run,
};
