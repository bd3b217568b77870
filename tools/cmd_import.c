#include "core/zonetext.h"
#include "tools/save.h"
#include "tools/verbs.h"

#include <string.h>

static bool merge;
static const char *include_root;

static const struct option options[] = {
	SAVE_OPTIONS,
	{ "merge", 0, NULL, "keep RRsets that the file does not name", NULL, NULL, &merge },
	{ "include-root", 0, "DIR", "let $INCLUDE read files below DIR; else it is refused", &include_root, NULL,
	  NULL },
	{ 0 },
};

/* The zone that is meant: the one that was told, else the one whose SOA the file has, else the default zone. */
static enum ax_err choose(struct cli *c, const char *file, struct ax_slice text)
{
	struct ax_name apex;
	struct ax_zone z;
	struct ax_buf name = AX_BUF_INIT;
	enum ax_err e = ax_txn_read(&c->txn, ax_repo_store(c->repo));
	if (e)
		return e;
	if (c->zone_text || ax_zonetext_apex(&apex, text, file))
		return cli_choose(c, c->zone_text);
	ax_name_text(&name, &apex);
	const char *zone_text = ax_buf_cstr(&name);
	e = zone_text ? ax_zone_find(&z, c->txn, &apex) : ax_buf_check(&name);
	if (e == AX_ENOENT)
		e = ax_fail(e, "%s: it is the zone %s, which the repository does not have (apex zone add %s)", file,
			    zone_text, zone_text);
	else if (!e)
		e = cli_choose(c, zone_text);
	ax_buf_fini(&name);
	return e;
}

static void progress(void *ctx, unsigned line)
{
	print_progress_set(ctx, line);
}

static uint64_t count_lines(struct ax_slice text)
{
	uint64_t n = 0;
	const uint8_t *end = text.p + text.n;
	for (const uint8_t *p = text.p; p < end && (p = memchr(p, '\n', (size_t)(end - p))); p++)
		n++;
	return n;
}

static enum ax_err read_zone(struct ax_batch *batch, struct cli *c, struct ax_slice text, const char *shown)
{
	struct print_progress p;
	print_progress_begin(&p, "lines read", count_lines(text));
	batch->progress = progress;
	batch->progress_ctx = &p;
	enum ax_err e = ax_batch_read_zone(batch, text, shown, include_root, cli_warn, c);
	batch->progress = NULL;
	print_progress_end(&p);
	return e;
}

static enum ax_err commit(struct cli *c, const char *file, struct ax_batch *batch)
{
	const char *base = strrchr(file, '/') ? strrchr(file, '/') + 1 : file;
	struct ax_buf message = AX_BUF_INIT;
	if (!c->tip.commit)
		ax_buf_str(&message, "initial import");
	else
		ax_buf_printf(&message, "import %s", strcmp(base, "-") ? base : "standard input");
	struct save s = { .batch = batch,
			  .replace = !merge,
			  .serial_from = AX_SERIAL_FROM_FILE,
			  .message = save_message ? save_message : ax_buf_cstr(&message),
			  .force = save_force,
			  .counts = true };
	enum ax_err e = s.message ? save_batch(c, &s) : ax_buf_check(&message);
	ax_buf_fini(&message);
	return e;
}

static enum ax_err run(struct cli *c, struct words *w)
{
	const char *file = w->v[0], *shown = strcmp(file, "-") ? file : "standard input";
	struct ax_buf text = AX_BUF_INIT;
	struct ax_batch batch;
	enum ax_err e = cli_open(c, false);
	if (!e)
		e = cli_read_file(&text, file);
	if (!e)
		e = choose(c, shown, ax_buf_view(&text));
	if (e) {
		ax_buf_fini(&text);
		return e;
	}
	ax_batch_init(&batch, &c->zone.apex);
	e = read_zone(&batch, c, ax_buf_view(&text), shown);
	ax_buf_fini(&text);
	if (!e)
		e = commit(c, file, &batch);
	ax_batch_fini(&batch);
	return e;
}

const struct verb verb_import = {
	.name = "import",
	.synopsis = "FILE|- [--merge] [--include-root DIR] [-m TEXT] [--force HASH]",
	.summary = "make the zone what a zone file says, as one commit of only the differences",
	.details = "The zone is --zone, else the one whose SOA the file has, else the default zone. RRsets that the "
		   "file\n"
		   "does not name are deleted, unless --merge. Records outside the zone are dropped with a warning.",
	.example = "apex import example.com.zone -m 'move to the new mail hosts'",
	.options = options,
	.completes = "f",
	.min_words = 1,
	.max_words = 1,
	.changes_zone = true,
	.run = run,
};
