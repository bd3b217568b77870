#include "tools/json.h"
#include "tools/keys.h"
#include "tools/verbs.h"

#include <stdlib.h>
#include <string.h>

static const char *review;
static bool signed_only, off, json;
static struct option_list key_paths;

static const struct option options[] = {
	{ "review", 0, "N", "so many others than the proposer must approve; 0 unless told", &review, NULL, NULL },
	{ "key", 0, "FILE", "public keys that may approve, beside users; may be given again", NULL, &key_paths,
	  NULL },
	{ "signed", 0, NULL, "only signed commits may come (apex approve --key)", NULL, NULL, &signed_only },
	{ "off", 0, NULL, "protect it no longer", NULL, NULL, &off },
	{ "json", 0, NULL, "list: for scripts", NULL, NULL, &json },
	{ 0 },
};

static enum ax_err parse(struct ax_protect *p)
{
	*p = (struct ax_protect){ .on = !off, .signed_only = signed_only };
	if (off && (review || signed_only || key_paths.n))
		return ax_fail(AX_EUSAGE, "protect: --off stands alone");
	if (!review)
		return AX_OK;
	char *end;
	unsigned long n = strtoul(review, &end, 10);
	if (review[0] < '0' || review[0] > '9' || *end || n > AX_PROTECT_REVIEWS_MAX)
		return ax_fail(AX_EUSAGE, "--review: `%s` is no number from 0 to %d", review, AX_PROTECT_REVIEWS_MAX);
	p->reviews = (unsigned)n;
	return AX_OK;
}

static void put(struct ax_buf *out, const char *branch, const struct ax_protect *p, const struct ax_keys *keys)
{
	ax_buf_printf(out, "%s review=%u%s\n", branch, p->reviews, p->signed_only ? " signed" : "");
	for (size_t i = 0; i < keys->n; i++) {
		ax_buf_str(out, "  key ");
		ax_public_text(out, &keys->v[i]);
	}
}

static struct json_t *json_branch(const char *branch, const struct ax_protect *p, const struct ax_keys *keys)
{
	struct json_t *object = json_object_new(), *list = json_array_new();
	struct ax_buf text = AX_BUF_INIT;
	json_put_text(object, "branch", branch);
	json_put_number(object, "review", p->reviews);
	json_put_bool(object, "signed", p->signed_only);
	for (size_t i = 0; i < keys->n; i++) {
		ax_buf_clear(&text);
		ax_public_text(&text, &keys->v[i]);
		json_add_slice(list, ax_slice(text.p, text.n ? text.n - 1 : 0)); /* without its LF */
	}
	json_put(object, "keys", list);
	ax_buf_fini(&text);
	return object;
}

static enum ax_err list_branch(struct cli *c, const char *branch, struct json_t *list)
{
	struct ax_keys keys = { 0 };
	struct ax_protect p;
	enum ax_err e = ax_protect_get(&p, c->txn, c->zone.id, branch);
	if (e || !p.on)
		return e;
	e = ax_protect_keys(&keys, c->txn, c->zone.id, branch);
	if (!e && json)
		json_add(list, json_branch(branch, &p, &keys));
	else if (!e)
		put(&c->out, branch, &p, &keys);
	ax_keys_fini(&keys);
	return e;
}

static enum ax_err list(struct cli *c)
{
	char path[AX_REF_PATH_MAX + 1] = "";
	struct json_t *list = json ? json_array_new() : NULL;
	struct ax_ref ref;
	enum ax_err e;
	while (!(e = ax_ref_next(&ref, path, c->txn, c->zone.id, "heads/", path)) &&
	       !(e = list_branch(c, path + strlen("heads/"), list)))
		;
	enum ax_err printed = json ? json_print(&c->out, list) : ax_buf_check(&c->out);
	return e == AX_ENOENT ? printed : e;
}

static enum ax_err run(struct cli *c, struct words *w)
{
	struct ax_protect p;
	enum ax_err e = parse(&p);
	if (!e && !w->n && (off || review || signed_only || key_paths.n))
		e = ax_fail(AX_EUSAGE, "protect: which branch?");
	if (!e && w->n && json)
		e = ax_fail(AX_EUSAGE, "protect: --json lists");
	if (!e)
		e = cli_begin(c, !w->n);
	if (e || !w->n)
		return e ? e : list(c);
	struct ax_keys keys = { 0 };
	uint32_t zone = c->zone.id;
	cli_end_read(c);
	if (key_paths.n)
		e = keys_trusted(&keys, &key_paths);
	p.keys = &keys;
	if (!e)
		e = ax_repo_protect(c->repo, zone, w->v[0], &p, &c->actor);
	ax_keys_fini(&keys);
	return e;
}

const struct verb verb_protect = {
	.name = "protect",
	.synopsis = "BRANCH [--review N] [--key FILE ...] [--signed] | BRANCH --off | [--json] (list)",
	.summary = "let a branch move only by approve",
	.details =
		"Every door obeys: commands fail with status 7, the mount with EROFS at open. N approvals by others "
		"than\n"
		"the proposer publish a proposal (apex propose, apex approve); with 0, whoever approves publishes "
		"it.\n"
		"It guards against mistakes: whoever may write the repository's files may lift it.",
	.example = "apex protect main --review 2",
	.options = options,
	.completes = "b",
	.min_words = 0,
	.max_words = 1,
	.run = run,
};
