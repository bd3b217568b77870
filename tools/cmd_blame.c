#include "core/blame.h"
#include "core/render.h"
#include "tools/pick.h"
#include "tools/verbs.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static enum ax_err put_blame(struct cli *c, uint64_t local)
{
	struct ax_commit commit;
	enum ax_err e = ax_commit_read(&commit, c->txn, local);
	if (e)
		return e;
	ax_render_blame(&c->out, &commit);
	ax_commit_fini(&commit);
	return ax_buf_check(&c->out);
}

static enum ax_err put_changed(void *ctx, uint16_t type, uint16_t covered, const struct ax_entry *entry)
{
	(void)type, (void)covered;
	return put_blame(ctx, entry->changed);
}

/* Not there: whoever deleted it is worth a word beside the refusal. */
static enum ax_err deleted(struct cli *c, const struct cli_commit *at, const struct ax_name *owner, uint16_t type)
{
	struct ax_buf key = AX_BUF_INIT;
	struct ax_buf why = AX_BUF_INIT;
	uint64_t local;
	struct ax_commit commit;
	ax_buf_printf(&why, "%s", ax_err_text(AX_ENOENT));
	enum ax_err e = ax_key_make(&key, owner, &at->zone.apex, type, 0);
	if (!e)
		e = ax_blame_gone(&local, c->txn, at->zone.id, ax_buf_view(&key), at->info.local);
	if (!e)
		e = ax_commit_read(&commit, c->txn, local);
	if (!e) {
		char part[AX_ID_SHORT + 1];
		ax_id_short(part, &commit.id);
		ax_buf_printf(&why, "; deleted by %s (%s ", part, commit.author.name);
		ax_render_time(&why, commit.author.when);
		ax_buf_str(&why, ")");
		ax_commit_fini(&commit);
	}
	if (!e || e == AX_ENOENT)
		e = ax_fail(AX_ENOENT, "%s", why.failed ? "not found" : ax_buf_cstr(&why));
	ax_buf_fini(&key);
	ax_buf_fini(&why);
	return e;
}

static enum ax_err blame_rrset(struct cli *c, const struct words *w)
{
	struct cli_commit at;
	struct ax_name owner;
	uint16_t type = AX_TYPE_ANY;
	enum ax_err e = cli_revision(&at, c, w->n > 2 ? w->v[2] : NULL);
	if (!e)
		e = cli_name(&owner, c, &at.zone, w->v[0]);
	if (!e && strcasecmp(w->v[1], "ANY"))
		e = cli_type(&type, w->v[1]);
	if (e)
		return e;
	e = pick(c, &at, &owner, type, put_changed, c);
	return e == AX_ENOENT && type != AX_TYPE_ANY ? deleted(c, &at, &owner, type) : e;
}

/* -- the whole zone --------------------------------------------------------------------------------------- */

/* Neighbours were often changed by the same commits: the words for the last few are kept. */
enum { KEPT = 64 };

struct whole {
	struct cli *c;
	struct cli_commit at;
	struct kept {
		uint64_t local;
		struct ax_buf text; /* "4f1c2a9d03be (Name 2026-11-21 10:00:00 +0000) " */
	} kept[KEPT];
};

static enum ax_err who(struct ax_slice *out, struct whole *w, uint64_t local)
{
	struct kept *k = &w->kept[local % KEPT];
	struct ax_commit commit;
	char part[AX_ID_SHORT + 1];
	enum ax_err e = AX_OK;
	if (k->local != local && !(e = ax_commit_read(&commit, w->c->txn, local))) {
		k->local = local;
		ax_buf_clear(&k->text);
		ax_id_short(part, &commit.id);
		ax_buf_printf(&k->text, "%s (%s ", part, commit.author.name);
		ax_render_time(&k->text, commit.author.when);
		ax_buf_str(&k->text, ") ");
		ax_commit_fini(&commit);
		e = ax_buf_check(&k->text);
	}
	*out = ax_buf_view(&k->text);
	return e;
}

static enum ax_err put_records(struct whole *w, const struct ax_entry *entry)
{
	struct ax_name owner;
	struct ax_rrset set;
	struct ax_slice text;
	struct ax_rr rr;
	uint16_t type, covered;
	char type_text[24];
	enum ax_err e = ax_key_parse(&owner, &type, &covered, NULL, entry->key, &w->at.zone.apex);
	if (!e)
		e = ax_rrset_view(&set, type, covered, entry->value);
	if (!e)
		e = who(&text, w, entry->changed);
	ax_type_text(type_text, type);
	for (size_t pos = 0; !e && ax_rrset_next(&rr, &set, &pos);) {
		ax_buf_slice(&w->c->out, text);
		ax_name_text(&w->c->out, &owner);
		ax_buf_printf(&w->c->out, " %" PRIu32 " IN %s ", rr.ttl_s, type_text);
		e = ax_render_rdata(&w->c->out, type, rr.rdata, w->at.info.serial);
		ax_buf_u8(&w->c->out, '\n');
	}
	return e ? e : ax_buf_check(&w->c->out);
}

static enum ax_err blame_zone(struct cli *c, const char *rev)
{
	struct ax_cursor cursor;
	struct whole *w = calloc(1, sizeof *w);
	if (!w)
		return ax_fail(AX_ENOMEM, "out of memory");
	w->c = c;
	enum ax_err e = cli_revision(&w->at, c, rev);
	if (!e && !(e = ax_cursor_init(&cursor, c->txn, &w->at.info.root))) {
		for (e = ax_cursor_seek(&cursor, ax_slice(NULL, 0)); !e && cursor.valid; e = ax_cursor_next(&cursor))
			if ((e = put_records(w, &cursor.entry)))
				break;
		ax_cursor_fini(&cursor);
	}
	for (size_t i = 0; i < KEPT; i++)
		ax_buf_fini(&w->kept[i].text);
	free(w);
	return e;
}

static enum ax_err run(struct cli *c, struct words *w)
{
	c->style = PRINT_IDS;
	enum ax_err e = cli_begin(c, true);
	if (e)
		return e;
	return w->n > 1 ? blame_rrset(c, w) : blame_zone(c, w->n ? w->v[0] : NULL);
}

const struct verb verb_blame = {
	.name = "blame",
	.synopsis = "NAME TYPE [REV] | [REV]",
	.summary = "print which commit made an RRset, or each record of the zone, what it is",
	.details = "Of an RRset: commit, author, time and subject on one line. The SOA's is the commit that last "
		   "changed "
		   "it apart\n"
		   "from its serial; RRSIGs have a line for each type they cover; TYPE may be ANY.\n"
		   "Of the zone: commit, author, time and the record, one record a line.",
	.example = "apex blame www A",
	.completes = "nr y r",
	.min_words = 0,
	.max_words = 3,
	.paged = true,
	.run = run,
};
