#include "core/render.h"
#include "tools/verbs.h"

#include <stdlib.h>
#include <string.h>

static const char *count;
static bool oneline, porcelain;

static const struct option options[] = {
	{ "max-count", 'n', "N", "at most N commits", &count, NULL, NULL },
	{ "oneline", 0, NULL, "one line a commit: id and subject", NULL, NULL, &oneline },
	{ "porcelain", 0, NULL, "for scripts: ID SERIAL SECONDS AUTHOR SUBJECT, tab between", NULL, NULL,
	  &porcelain },
	{ 0 },
};

static enum ax_err parse_count(uint64_t *out)
{
	*out = UINT64_MAX;
	if (!count)
		return AX_OK;
	char *end;
	errno = 0;
	*out = strtoull(count, &end, 10);
	if (errno || count[0] < '0' || count[0] > '9' || *end)
		return ax_fail(AX_EUSAGE, "-n: not a number: `%s`", count);
	return AX_OK;
}

static void put_porcelain(struct ax_buf *out, const struct ax_commit *c)
{
	char hex[AX_ID_HEX + 1];
	ax_id_hex(hex, &c->id);
	ax_buf_printf(out, "%s\t%u\t%lld.%09u\t%s <%s>\t", hex, c->serial, (long long)c->author.when.s,
		      c->author.when.ns, c->author.name, c->author.mail);
	ax_buf_slice(out, ax_render_subject(c->message));
	ax_buf_u8(out, '\n');
}

static enum ax_err put_commit(struct cli *c, const struct ax_render_refs *refs, uint64_t local, bool first)
{
	struct ax_commit commit;
	enum ax_err e = ax_commit_read(&commit, c->txn, local);
	if (e)
		return e;
	const char *names = ax_render_refs_find(refs, local);
	if (porcelain) {
		put_porcelain(&c->out, &commit);
	} else if (oneline) {
		ax_render_oneline(&c->out, &commit, names);
	} else {
		ax_buf_str(&c->out, first ? "" : "\n");
		e = ax_render_log(&c->out, &commit, names);
	}
	ax_commit_fini(&commit);
	return e ? e : ax_buf_check(&c->out);
}

/* What the walk shows: all of a commit's past, or of a..b what only b has. */
static enum ax_err aim(struct ax_walk *walk, uint32_t *zone, struct cli *c, const char *text)
{
	struct cli_commit at;
	struct ax_rev from, to;
	enum ax_err e;
	if (!text || !strstr(text, "..")) {
		if ((e = cli_revision(&at, c, text)))
			return e;
		*zone = at.zone.id;
		return ax_walk_push(walk, at.info.local);
	}
	struct ax_rev_context context = cli_rev_context(c);
	e = ax_rev_range(&from, &to, c->txn, &context, text);
	if (e)
		return e;
	*zone = to.zone;
	if (from.commit)
		e = ax_walk_hide(walk, from.commit);
	return e ? e : ax_walk_push(walk, to.commit);
}

static enum ax_err put_all(struct cli *c, struct ax_walk *walk, uint32_t zone, uint64_t max)
{
	struct ax_render_refs refs;
	struct ax_commit_info info;
	enum ax_err e = ax_render_refs_init(&refs, c->txn, zone, c->branch);
	if (e)
		return e;
	for (uint64_t n = 0; n < max && !e; n++) {
		e = ax_walk_next(&info, walk);
		if (!e)
			e = put_commit(c, &refs, info.local, !n);
	}
	ax_render_refs_fini(&refs);
	return e == AX_ENOENT ? AX_OK : e;
}

static enum ax_err run(struct cli *c, struct words *w)
{
	struct ax_walk *walk;
	uint32_t zone;
	uint64_t max;
	c->style = porcelain ? PRINT_PLAIN : oneline ? PRINT_IDS : PRINT_LOG;
	enum ax_err e = parse_count(&max);
	if (!e)
		e = cli_begin(c, true);
	if (!e)
		e = ax_walk_open(&walk, c->txn);
	if (e)
		return e;
	e = aim(walk, &zone, c, w->n ? w->v[0] : NULL);
	if (!e)
		e = put_all(c, walk, zone, max);
	ax_walk_close(walk);
	return e;
}

const struct verb verb_log = {
	.name = "log",
	.synopsis = "[-n N] [--oneline | --porcelain] [REV | A..B]",
	.summary = "print the commits that led to a revision, newest first",
	.details = "As git prints them, with the serial that each commit shows and the door it came through.",
	.example = "apex log -n 5 --oneline",
	.options = options,
	.min_words = 0,
	.max_words = 1,
	.paged = true,
	.run = run,
};
