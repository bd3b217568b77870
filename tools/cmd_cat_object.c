#include "core/zonetext.h"
#include "tools/pick.h"
#include "tools/verbs.h"

#include <stdlib.h>
#include <string.h>

/* `REV:NAME/TYPE`, taken apart at the last / and the last : before it (a zone may stand before the revision, a time
 * in braces is no separator). */
static bool split(char *text, char **name, char **type)
{
	char *slash = strrchr(text, '/'), *colon = NULL;
	unsigned braces = 0;
	for (char *p = text; slash && p < slash; p++) {
		braces += *p == '{';
		braces -= *p == '}' && braces;
		if (*p == ':' && !braces)
			colon = p;
	}
	if (!colon)
		return false;
	*colon = *slash = 0;
	*name = colon + 1;
	*type = slash + 1;
	return true;
}

struct raw {
	struct ax_buf *out;
	uint32_t serial;
};

static enum ax_err put_rrset(void *ctx, uint16_t type, uint16_t covered, const struct ax_entry *entry)
{
	struct raw *r = ctx;
	struct ax_rrset rrset;
	enum ax_err e = ax_rrset_view(&rrset, type, covered, entry->value);
	return e ? e : ax_record_text(r->out, &rrset, r->serial);
}

static enum ax_err cat_rrset(struct cli *c, const char *rev, const char *name, const char *type_text)
{
	struct cli_commit at;
	struct ax_name owner;
	uint16_t type;
	enum ax_err e = cli_revision(&at, c, *rev ? rev : NULL);
	if (!e)
		e = cli_name(&owner, c, &at.zone, *name ? name : "@");
	if (!e)
		e = cli_type(&type, type_text);
	if (e)
		return e;
	struct raw r = { &c->out, at.info.serial };
	return pick(c, &at, &owner, type, put_rrset, &r);
}

static enum ax_err cat_commit(struct cli *c, const char *rev)
{
	struct cli_commit at;
	struct ax_object object;
	enum ax_err e = cli_revision(&at, c, rev);
	if (!e)
		e = ax_object_read(&object, c->txn, at.info.local, AX_KIND_COMMIT);
	if (e)
		return e;
	ax_buf_slice(&c->out, object.canonical);
	return ax_buf_check(&c->out);
}

static enum ax_err cat_object(struct cli *c, const char *text)
{
	struct ax_object tag;
	if (!cli_tag_object(&tag, c, text))
		return cat_commit(c, text);
	ax_buf_slice(&c->out, tag.canonical);
	return ax_buf_check(&c->out);
}

static enum ax_err run(struct cli *c, struct words *w)
{
	char *text = strdup(w->v[0]), *name, *type;
	enum ax_err e = text ? cli_begin(c, true) : ax_fail(AX_ENOMEM, "out of memory");
	if (!e)
		e = split(text, &name, &type) ? cat_rrset(c, text, name, type) : cat_object(c, w->v[0]);
	free(text);
	return e;
}

const struct verb verb_cat_object = {
	.name = "cat-object",
	.synopsis = "REV | TAG | REV:NAME/TYPE",
	.summary = "print a commit's or tag's bytes as they are hashed, or an RRset as the mount's files show it",
	.example = "apex cat-object main:www/A",
	.completes = "h",
	.min_words = 1,
	.max_words = 1,
	.run = run,
};
