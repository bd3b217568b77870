#include "core/tag.h"
#include "tools/keys.h"
#include "tools/verbs.h"

static const char *key_path;

static const struct option options[] = {
	{ "key", 0, "FILE", "the secret key (APEX_KEY; ~/.config/apex/key)", &key_path, NULL, NULL },
	{ 0 },
};

static enum ax_err sign_one(struct cli *c, const char *text, const struct ax_secret_key *secret)
{
	struct cli_commit at;
	struct ax_id id;
	char part[AX_ID_SHORT + 1];
	enum ax_err e = cli_revision(&at, c, text);
	if (!e)
		e = ax_commit_id(&id, c->txn, at.info.local);
	if (e)
		return e;
	cli_end_read(c);
	if ((e = ax_repo_sign(c->repo, at.zone.id, AX_KIND_COMMIT, &id, secret, &c->actor)))
		return e;
	ax_id_short(part, &id);
	ax_buf_printf(&c->out, "Signed %s\n", part);
	return ax_txn_read(&c->txn, ax_repo_store(c->repo));
}

static enum ax_err run(struct cli *c, struct words *w)
{
	struct ax_secret_key secret;
	enum ax_err e = keys_secret(&secret, key_path);
	if (e)
		return e;
	e = cli_begin(c, false);
	if (!e && !w->n)
		e = sign_one(c, NULL, &secret);
	for (int i = 0; !e && i < w->n; i++)
		e = sign_one(c, w->v[i], &secret);
	ax_secret_wipe(&secret);
	return e;
}

const struct verb verb_sign_commit = {
	.name = "sign-commit",
	.synopsis = "[REV...] [--key FILE]",
	.summary = "sign commits, old ones too",
	.details = "The signature (Ed25519) lies beside the commit: its id stays, and others can sign it as well. "
		   "Without REV\n"
		   "it is the tip.",
	.example = "apex sign-commit main --key ~/.config/apex/key",
	.options = options,
	.completes = "r+",
	.min_words = 0,
	.max_words = -1,
	.run = run,
};
