#include "core/sign.h"
#include "tools/joining.h"
#include "tools/keys.h"
#include "tools/reviewing.h"
#include "tools/save.h"
#include "tools/verbs.h"

#include <pwd.h>
#include <stdio.h>
#include <unistd.h>

static const char *expect, *force, *key;

static const struct option options[] = {
	REVIEWING_OPTION,
	{ "expect", 0, "HASH", "refuse unless the review is still this one", &expect, NULL, NULL },
	{ "key", 0, "FILE", "the secret key to approve with, where keys may, and to sign the merge commit", &key,
	  NULL, NULL },
	{ "force", 0, "HASH", "pass the guard that refused just this plan", &force, NULL, NULL },
	{ 0 },
};

/* Who runs this, whatever the environment says. */
static void login(char out[AX_PERSON_MAX + 1])
{
	const struct passwd *pw = getpwuid(getuid());
	who_clean(out, pw ? pw->pw_name : "");
	if (!out[0])
		snprintf(out, AX_PERSON_MAX + 1, "uid%u", (unsigned)getuid());
}

static enum ax_err tell(struct cli *c, const struct ax_review *r, const struct ax_published *p, bool published)
{
	struct ax_buf zone = AX_BUF_INIT;
	const char *zone_text;
	if (!published) {
		reviewing_put_approvals(&c->out, r);
		return ax_buf_check(&c->out);
	}
	enum ax_err e = ax_txn_read(&c->txn, ax_repo_store(c->repo));
	if (!e)
		e = save_zone_text(&zone_text, &zone, c, &c->zone);
	if (!e)
		save_tell(&c->out, zone_text, reviewing_branch(), p, false);
	ax_buf_fini(&zone);
	return e;
}

static enum ax_err run(struct cli *c, struct words *w)
{
	char name[AX_PERSON_MAX + 1];
	struct ax_review r;
	struct ax_published published;
	struct ax_listener listener = { cli_warn, c };
	struct ax_secret_key secret;
	bool done;
	login(name);
	enum ax_err e = key ? keys_secret(&secret, key) : AX_OK;
	if (!e)
		e = cli_begin(c, false);
	cli_end_read(c);
	if (e)
		return e;
	struct ax_approve a = { .zone = c->zone.id,
				.name = w->v[0],
				.branch = reviewing_branch(),
				.expect = expect,
				.force = force,
				.approver = name,
				.sign = key ? &secret : NULL };
	e = ax_repo_approve(&published, &done, &r, c->repo, &a, &c->actor, &listener);
	if (e == AX_ECONFLICT && r.conflicts.n)
		e = joining_tell(c, &r.conflicts, e, reviewing_hint);
	else if (!e)
		e = tell(c, &r, &published, done);
	ax_review_fini(&r);
	if (key)
		ax_secret_wipe(&secret);
	return e;
}

const struct verb verb_approve = {
	.name = "approve",
	.synopsis = "NAME [--into BRANCH] [--expect HASH] [--key FILE] [--force HASH]",
	.summary = "approve of a proposal as reviewed; the last approval needed publishes it",
	.details = "The approval is yours, as the system knows you, or your key's where the branch names keys (apex "
		   "protect\n"
		   "--key), and of exactly what `apex review` shows now; with "
		   "--expect\n"
		   "it is refused (status 5) if that is no longer the review you read. The merge commit names who "
		   "approved.",
	.example = "apex approve new-mail --expect 8c1d2e3f4a5b",
	.options = options,
	.completes = "p",
	.min_words = 1,
	.max_words = 1,
	.run = run,
};
