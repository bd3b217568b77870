#include "core/tag.h"
#include "tools/keys.h"
#include "tools/verbs.h"

#include <fnmatch.h>
#include <string.h>

static bool list_them, annotate, sign;
static const char *message, *to_delete, *key_path;

static const struct option options[] = {
	{ "list", 'l', NULL, "list the tags whose names match a PATTERN, as file names do; without one, all", NULL,
	  NULL, &list_them },
	{ "annotate", 'a', NULL, "make it an object with a message: who named it, when and why", NULL, NULL,
	  &annotate },
	{ "message", 'm', "TEXT", "that message", &message, NULL, NULL },
	{ "sign", 's', NULL, "the same, and sign it", NULL, NULL, &sign },
	{ "key", 0, "FILE", "the secret key to sign with (APEX_KEY; ~/.config/apex/key)", &key_path, NULL, NULL },
	{ "delete", 'd', "NAME", "delete a tag", &to_delete, NULL, NULL },
	{ 0 },
};

static bool is_asked(const char *name, const struct words *patterns)
{
	bool any = !patterns->n;
	for (int i = 0; !any && i < patterns->n; i++)
		any = !fnmatch(patterns->v[i], name, 0);
	return any;
}

static enum ax_err list(struct cli *c, const struct words *patterns)
{
	char path[AX_REF_PATH_MAX + 1], after[AX_REF_PATH_MAX + 1] = "";
	struct ax_ref ref;
	enum ax_err e;
	while (!(e = ax_ref_next(&ref, path, c->txn, c->zone.id, "tags/", after))) {
		if (is_asked(path + strlen("tags/"), patterns))
			ax_buf_printf(&c->out, "%s\n", path + strlen("tags/"));
		memcpy(after, path, sizeof after);
	}
	return e == AX_ENOENT ? ax_buf_check(&c->out) : e;
}

static enum ax_err drop(struct cli *c)
{
	struct ax_id was;
	char part[AX_ID_SHORT + 1];
	cli_end_read(c);
	enum ax_err e = ax_repo_tag_delete(&was, c->repo, c->zone.id, to_delete, &c->actor);
	ax_id_short(part, &was);
	if (!e)
		ax_buf_printf(&c->out, "Deleted tag %s (was %s)\n", to_delete, part);
	return e;
}

/* Is the key there? A tag that was to be signed must not come without its signature. */
static enum ax_err make_signed(struct cli *c, const char *name, uint64_t commit)
{
	struct ax_secret_key secret;
	struct ax_id id;
	enum ax_err e = keys_secret(&secret, key_path);
	if (e)
		return e;
	e = ax_repo_tag_object(&id, c->repo, c->zone.id, name, commit, message ? message : name, &c->actor);
	if (!e)
		e = ax_repo_sign(c->repo, c->zone.id, AX_KIND_TAG, &id, &secret, &c->actor);
	ax_secret_wipe(&secret);
	return e;
}

static enum ax_err make(struct cli *c, const char *name, const char *rev)
{
	struct cli_commit at;
	struct ax_id id;
	enum ax_err e = ax_ref_check_name(name);
	if (!e && annotate && !sign && !message)
		e = ax_fail(AX_EUSAGE, "-a needs a message: -m TEXT");
	if (!e)
		e = cli_revision(&at, c, rev);
	if (!e && at.zone.id != c->zone.id)
		e = ax_fail(AX_EUSAGE, "`%s` is a commit of another zone", rev);
	cli_end_read(c);
	if (e)
		return e;
	if (sign)
		return make_signed(c, name, at.info.local);
	if (message)
		return ax_repo_tag_object(&id, c->repo, c->zone.id, name, at.info.local, message, &c->actor);
	return ax_repo_tag(c->repo, c->zone.id, name, at.info.local, &c->actor);
}

static enum ax_err run(struct cli *c, struct words *w)
{
	enum ax_err e = cli_begin(c, !to_delete && (list_them || !w->n));
	if (e)
		return e;
	if (to_delete && w->n)
		return ax_fail(AX_EUSAGE, "one word too many: `%s`", w->v[0]);
	if (list_them && (to_delete || annotate || sign || message))
		return ax_fail(AX_EUSAGE, "-l lists tags and makes or deletes none");
	if (to_delete)
		return drop(c);
	if (!w->n && (annotate || sign || message))
		return ax_fail(AX_EUSAGE, "what is the tag called?");
	if (!list_them && w->n > 2)
		return ax_fail(AX_EUSAGE, "one word too many: `%s`", w->v[2]);
	return w->n && !list_them ? make(c, w->v[0], w->n > 1 ? w->v[1] : NULL) : list(c, w);
}

const struct verb verb_tag = {
	.name = "tag",
	.synopsis = "NAME [REV] [-a -m TEXT | -s [-m TEXT] [--key FILE]] | -d NAME | [-l [PATTERN...]]",
	.summary = "give a commit a name that stays, list those names, or delete one",
	.details = "With a message the tag is an object of its own (apex cat-object shows it); with -s it is signed.",
	.example = "apex tag before-migration -a -m 'the old name servers'",
	.options = options,
	.completes = "t r",
	.min_words = 0,
	.max_words = -1,
	.run = run,
};
