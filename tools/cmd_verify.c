#include "core/idset.h"
#include "core/tag.h"
#include "tools/keys.h"
#include "tools/verbs.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static struct option_list key_paths;
static bool chain;

static const struct option options[] = {
	{ "key", 0, "FILE", "public keys that are trusted; may be given again", NULL, &key_paths, NULL },
	{ "chain", 0, NULL, "all commits that lead to it too", NULL, NULL, &chain },
	{ 0 },
};

static const char *called(const struct ax_public_key *key)
{
	return key->name[0] ? key->name : "a trusted key without a name";
}

static enum ax_err check_tag(struct cli *c, const char *name, uint64_t local, const struct ax_keys *keys)
{
	static const char *const why[] = { [AX_SIGNED_NOT] = "unsigned",
					   [AX_SIGNED_FOREIGN] = "signed, but by no key that is trusted",
					   [AX_SIGNED_BAD] = "its signature is not valid" };
	char path[AX_REF_PATH_MAX + 1];
	struct ax_public_key by = { 0 };
	enum ax_signed state;
	struct ax_ref ref;
	struct ax_tag tag;
	snprintf(path, sizeof path, "tags/%s", name);
	enum ax_err e = ax_tag_read(&tag, c->txn, local);
	if (!e)
		e = ax_ref_get(&ref, c->txn, c->zone.id, path);
	if (!e && (!ax_id_eq(&ref.id, &tag.object) || strcmp(tag.name, name) != 0))
		e = ax_fail(AX_ECHECK, "tag %s: altered: its object is another tag's", name);
	if (!e)
		e = ax_sign_check(&state, &by, c->txn, AX_KIND_TAG, &tag.id, keys);
	if (!e && state != AX_SIGNED_GOOD)
		e = ax_fail(AX_ECHECK, "tag %s: %s", name, why[state]);
	if (!e)
		ax_buf_printf(&c->out, "tag %s: good signature by %s\n", name, called(&by));
	ax_tag_fini(&tag);
	return e;
}

/* What the id must be: what the ref says, or the person; what is stored else. */
static enum ax_err wanted(struct ax_id *out, struct cli *c, const struct ax_rev *rev, const char *text)
{
	static const char *const folders[] = { "heads/", "tags/" };
	char path[AX_REF_PATH_MAX + 1];
	struct ax_ref ref;
	for (size_t i = 0; i < 2 && strlen(text) <= AX_REF_NAME_MAX; i++) {
		snprintf(path, sizeof path, "%s%s", folders[i], text);
		if (!ax_ref_get(&ref, c->txn, rev->zone, path) && ref.commit == rev->commit) {
			*out = ref.id;
			return AX_OK;
		}
	}
	if (!ax_id_parse(out, text))
		return AX_OK;
	return ax_commit_id(out, c->txn, rev->commit);
}

static enum ax_err check_commit(struct cli *c, const struct ax_rev *rev, const struct ax_id *id,
				const struct ax_keys *keys)
{
	char hex[AX_ID_HEX + 1];
	struct ax_idset seen = { 0 };
	struct ax_public_key by;
	enum ax_err e = ax_sign_verify(&by, c->txn, rev->commit, id, keys, &seen);
	ax_id_hex(hex, id);
	if (!e)
		ax_buf_printf(&c->out, "commit %s: good signature by %s\n", hex, called(&by));
	ax_idset_fini(&seen);
	return e;
}

static enum ax_err check_chain(struct cli *c, const struct ax_rev *from, const struct ax_rev *to,
			       const struct ax_id *id, const struct ax_keys *keys)
{
	char hex[AX_ID_HEX + 1];
	uint64_t n;
	enum ax_err e = ax_sign_verify_chain(&n, c->txn, to->commit, id, from->commit, keys);
	ax_id_hex(hex, id);
	if (!e)
		ax_buf_printf(&c->out, "commit %s: good signatures on all %" PRIu64 " commits\n", hex, n);
	return e;
}

static enum ax_err check_revision(struct cli *c, const char *text, const struct ax_keys *keys)
{
	struct ax_rev_context context = cli_rev_context(c);
	struct ax_rev from = { 0 }, to;
	struct ax_id id;
	bool range = strstr(text, "..");
	enum ax_err e =
		range ? ax_rev_range(&from, &to, c->txn, &context, text) : ax_rev_parse(&to, c->txn, &context, text);
	if (!e)
		e = wanted(&id, c, &to, text);
	if (e)
		return e;
	return chain || range ? check_chain(c, &from, &to, &id, keys) : check_commit(c, &to, &id, keys);
}

/* A tag with an object of its own is what is verified; a branch of that name comes first. */
static bool names_tag(uint64_t *local, struct cli *c, const char *text)
{
	char path[AX_REF_PATH_MAX + 1];
	struct ax_ref ref;
	if (strlen(text) > AX_REF_NAME_MAX)
		return false;
	snprintf(path, sizeof path, "heads/%s", text);
	return ax_ref_get(&ref, c->txn, c->zone.id, path) == AX_ENOENT &&
	       !ax_tag_find(local, c->txn, c->zone.id, text);
}

static enum ax_err check(struct cli *c, const char *text, const struct ax_keys *keys)
{
	uint64_t local;
	bool tag = names_tag(&local, c, text);
	enum ax_err e = tag ? check_tag(c, text, local, keys) : AX_OK;
	return e || (tag && !chain) ? e : check_revision(c, text, keys);
}

static enum ax_err run(struct cli *c, struct words *w)
{
	struct ax_keys keys = { 0 };
	enum ax_err e = keys_trusted(&keys, &key_paths);
	if (!e)
		e = cli_begin(c, true);
	if (!e && !w->n)
		e = cli_need_tip(c);
	if (!e)
		e = check(c, w->n ? w->v[0] : c->branch, &keys);
	if (e == AX_ECORRUPT)
		e = ax_fail(AX_ECHECK, "altered: %s", ax_err_text(e));
	ax_keys_fini(&keys);
	return e;
}

const struct verb verb_verify = {
	.name = "verify",
	.synopsis = "[REV | A..B | TAG] [--chain] --key FILE...",
	.summary = "check who signed a commit or tag, and that it is whole",
	.details = "FILE has the public keys you trust, one a line; what the repository says does not count. With "
		   "--chain "
		   "(or for\n"
		   "a range) every commit must be signed: the first that is unsigned, altered or signed by foreign "
		   "keys only is\n"
		   "named, and the status is 1.",
	.example = "apex verify main --chain --key team.pub",
	.options = options,
	.completes = "r",
	.min_words = 0,
	.max_words = 1,
	.run = run,
};
