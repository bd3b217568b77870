#include "core/render.h"
#include "core/tag.h"
#include "core/zonetext.h"
#include "tools/pick.h"
#include "tools/verbs.h"

#include <string.h>
#include <strings.h>

struct records {
	struct ax_buf *out;
	struct ax_name owner;
	uint32_t serial;
};

static enum ax_err put_records(void *ctx, uint16_t type, uint16_t covered, const struct ax_entry *entry)
{
	struct records *r = ctx;
	struct ax_rrset rrset;
	enum ax_err e = ax_rrset_view(&rrset, type, covered, entry->value);
	return e ? e : ax_zonetext_write(r->out, &r->owner, &rrset, r->serial);
}

static enum ax_err show_records(struct cli *c, const struct words *w)
{
	struct cli_commit at;
	uint16_t type = AX_TYPE_ANY;
	struct records r = { .out = &c->out };
	enum ax_err e = cli_revision(&at, c, w->n > 2 ? w->v[2] : NULL);
	if (!e)
		e = cli_name(&r.owner, c, &at.zone, w->v[0]);
	if (!e && strcasecmp(w->v[1], "ANY"))
		e = cli_type(&type, w->v[1]);
	if (e)
		return e;
	r.serial = at.info.serial;
	return pick(c, &at, &r.owner, type, put_records, &r);
}

static enum ax_err show_commit(struct cli *c, const char *text)
{
	struct cli_commit at;
	struct ax_commit commit;
	struct ax_commit_info parent;
	struct ax_render_refs refs;
	enum ax_err e = cli_revision(&at, c, text);
	if (!e && at.info.parents)
		e = ax_commit_info(&parent, c->txn, at.info.parent[0]);
	if (!e)
		e = ax_commit_read(&commit, c->txn, at.info.local);
	if (e)
		return e;
	e = ax_render_refs_init(&refs, c->txn, at.zone.id, c->branch);
	if (!e) {
		e = ax_render_log(&c->out, &commit, ax_render_refs_find(&refs, at.info.local));
		ax_render_refs_fini(&refs);
	}
	ax_buf_u8(&c->out, '\n');
	if (!e)
		e = ax_render_diff(&c->out, NULL, c->txn, &at.zone.apex, at.info.parents ? &parent : NULL, &at.info);
	ax_commit_fini(&commit);
	return e;
}

/* As git does it: who gave the name and why, then the commit. */
static enum ax_err show_tag(struct cli *c, const struct ax_object *object)
{
	struct ax_tag tag;
	char hex[AX_ID_HEX + 1];
	enum ax_err e = ax_tag_decode(&tag, object->canonical);
	if (e)
		return e;
	ax_buf_printf(&c->out, "tag %s\nTagger: %s <%s>\nDate:   ", tag.name, tag.tagger.name, tag.tagger.mail);
	ax_render_date(&c->out, tag.tagger.when);
	ax_buf_printf(&c->out, "\n\n%s\n\n", tag.message);
	ax_id_hex(hex, &tag.object);
	ax_tag_fini(&tag);
	return show_commit(c, hex);
}

static enum ax_err run(struct cli *c, struct words *w)
{
	struct ax_object tag;
	enum ax_err e = cli_begin(c, true);
	if (e)
		return e;
	if (w->n >= 2)
		return show_records(c, w);
	c->style = PRINT_LOG;
	if (w->n && cli_tag_object(&tag, c, w->v[0]))
		return show_tag(c, &tag);
	return show_commit(c, w->n ? w->v[0] : NULL);
}

const struct verb verb_show = {
	.name = "show",
	.synopsis = "NAME TYPE [REV] | [REV]",
	.summary = "print an RRset as zone-file records, or a commit and what it changed",
	.details = "TYPE may be ANY: every RRset of the name. Of a tag with a message that is shown first.",
	.example = "apex show www A main~2",
	.completes = "nr y r",
	.min_words = 0,
	.max_words = 3,
	.paged = true,
	.run = run,
};
