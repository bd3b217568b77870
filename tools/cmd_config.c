#include "core/setting.h"
#include "tools/json.h"
#include "tools/verbs.h"

#include <string.h>

static bool unset, json;

static const struct option options[] = {
	{ "unset", 0, NULL, "take it back to its default", NULL, NULL, &unset },
	{ "json", 0, NULL, "for scripts", NULL, NULL, &json },
	{ 0 },
};

static enum ax_err put_all(struct cli *c)
{
	struct ax_buf value = AX_BUF_INIT;
	const struct ax_setting *s;
	enum ax_err e = AX_OK;
	bool was_set;
	for (size_t i = 0; !e && (s = ax_setting_at(i)); i++) {
		ax_buf_clear(&value);
		if (!(e = ax_setting_get(&value, &was_set, c->txn, &c->zone, s)))
			ax_buf_printf(&c->out, "%-16s %-10s # %s%s\n", s->name, ax_buf_cstr(&value), s->help,
				      was_set ? "" : " (default)");
	}
	ax_buf_fini(&value);
	return e ? e : ax_buf_check(&c->out);
}

static enum ax_err put_json(struct cli *c)
{
	struct json_t *root = json_object_new();
	struct ax_buf value = AX_BUF_INIT;
	const struct ax_setting *s;
	enum ax_err e = AX_OK;
	for (size_t i = 0; !e && (s = ax_setting_at(i)); i++) {
		ax_buf_clear(&value);
		e = ax_setting_get(&value, NULL, c->txn, &c->zone, s);
		json_put_slice(root, s->name, ax_buf_view(&value));
	}
	ax_buf_fini(&value);
	enum ax_err printed = json_print(&c->out, root);
	return e ? e : printed;
}

static enum ax_err put_one(struct cli *c, const char *name)
{
	const struct ax_setting *s;
	enum ax_err e = ax_setting_find(&s, name);
	if (!e)
		e = ax_setting_get(&c->out, NULL, c->txn, &c->zone, s);
	ax_buf_u8(&c->out, '\n');
	return e ? e : ax_buf_check(&c->out);
}

static enum ax_err change(struct cli *c, const char *name, const char *value)
{
	uint32_t zone = c->zone.id;
	cli_end_read(c);
	enum ax_err e = ax_repo_set(c->repo, zone, name, value, &c->actor);
	return e == AX_ENOCHANGE ? AX_OK : e;
}

static enum ax_err run(struct cli *c, struct words *w)
{
	bool writes = unset || w->n > 1;
	if (unset && w->n != 1)
		return ax_fail(AX_EUSAGE, "config: --unset which setting?");
	if (json && w->n)
		return ax_fail(AX_EUSAGE, "config: --json lists all settings");
	enum ax_err e = cli_begin(c, !writes);
	if (e)
		return e;
	if (writes)
		return change(c, w->v[0], unset ? NULL : w->v[1]);
	return w->n ? put_one(c, w->v[0]) : json ? put_json(c) : put_all(c);
}

const struct verb verb_config = {
	.name = "config",
	.synopsis = "[NAME [VALUE]] | --unset NAME | --json",
	.summary = "print or change a zone's settings: serials, default TTL, guards, housekeeping",
	.details =
		"Guards refuse what is valid but may not be meant (status 4); each names a plan that can be forced.\n"
		"They stand at every door. Seconds may be written 90, 30m, 12h, 1d, 1w.",
	.example = "apex config guard.names '@/MX mail'",
	.options = options,
	.completes = "c",
	.min_words = 0,
	.max_words = 2,
	.run = run,
};
