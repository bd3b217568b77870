#include "core/review.h"
#include "tools/keys.h"
#include "tools/verbs.h"

static const char *from, *key;
static bool withdraw;

static const struct option options[] = {
	{ "from", 0, "REV", "what is proposed; else the tip of the branch you are on", &from, NULL, NULL },
	{ "key", 0, "FILE", "the secret key you go by: your approval with it will not count", &key, NULL, NULL },
	{ "withdraw", 0, NULL, "take the proposal back", NULL, NULL, &withdraw },
	{ 0 },
};

static enum ax_err run(struct cli *c, struct words *w)
{
	struct cli_commit at = { .info.local = 0 };
	char part[AX_ID_SHORT + 1];
	struct ax_secret_key secret = { 0 };
	struct ax_id id;
	enum ax_err e = key ? keys_secret(&secret, key) : AX_OK;
	if (!e)
		e = cli_begin(c, false);
	if (!e && withdraw && from)
		e = ax_fail(AX_EUSAGE, "propose: --withdraw takes no --from");
	if (!e && !withdraw)
		e = cli_revision(&at, c, from);
	if (!e && !withdraw && at.zone.id != c->zone.id)
		e = ax_fail(AX_EUSAGE, "`%s` is a commit of another zone", from);
	if (!e && !withdraw)
		e = ax_commit_id(&id, c->txn, at.info.local);
	cli_end_read(c);
	if (!e)
		e = ax_repo_propose(c->repo, c->zone.id, w->v[0], at.info.local, key ? &secret : NULL, &c->actor);
	ax_secret_wipe(&secret);
	if (e)
		return e;
	if (withdraw) {
		ax_buf_printf(&c->out, "withdrew proposal %s\n", w->v[0]);
	} else {
		ax_id_short(part, &id);
		ax_buf_printf(&c->out, "proposal %s is %s (look at it: apex review %s)\n", w->v[0], part, w->v[0]);
	}
	return ax_buf_check(&c->out);
}

const struct verb verb_propose = {
	.name = "propose",
	.synopsis = "NAME [--from REV] [--key FILE] | NAME --withdraw",
	.summary = "put a commit up for review, to be merged by approve",
	.details = "Proposing NAME again moves it; approvals of what it was before are void.",
	.example = "apex propose new-mail --from mail-move",
	.options = options,
	.completes = "p",
	.min_words = 1,
	.max_words = 1,
	.run = run,
};
