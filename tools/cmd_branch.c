#include "core/render.h"
#include "tools/json.h"
#include "tools/verbs.h"

#include <stdio.h>
#include <string.h>

static const char *to_delete, *to_drop;
static bool porcelain, json, move;

static const struct option options[] = {
	{ "delete", 'd', "NAME", "delete a branch that is merged", &to_delete, NULL, NULL },
	{ "drop", 'D', "NAME", "delete a branch, merged or not", &to_drop, NULL, NULL },
	{ "move", 'm', NULL, "give OLD (else the branch you are on) the name NEW", NULL, NULL, &move },
	{ "porcelain", 0, NULL, "list: one `NAME ID HEAD|-` a line, for scripts", NULL, NULL, &porcelain },
	{ "json", 0, NULL, "list: for scripts", NULL, NULL, &json },
	{ 0 },
};

static enum ax_err put_branch(struct cli *c, const char *name, const struct ax_ref *ref)
{
	bool current = !strcmp(name, c->branch);
	char hex[AX_ID_HEX + 1], part[AX_ID_SHORT + 1];
	struct ax_commit commit;
	enum ax_err e = ax_commit_read(&commit, c->txn, ref->commit);
	if (e)
		return e;
	ax_id_hex(hex, &ref->id);
	ax_id_short(part, &ref->id);
	if (porcelain) {
		ax_buf_printf(&c->out, "%s %s %s\n", name, hex, current ? "HEAD" : "-");
	} else {
		ax_buf_printf(&c->out, "%c %s %s ", current ? '*' : ' ', name, part);
		ax_buf_slice(&c->out, ax_render_subject(commit.message));
		ax_buf_u8(&c->out, '\n');
	}
	ax_commit_fini(&commit);
	return ax_buf_check(&c->out);
}

static enum ax_err list_json(struct cli *c)
{
	char path[AX_REF_PATH_MAX + 1] = "", hex[AX_ID_HEX + 1];
	struct json_t *branches = json_array_new();
	struct ax_commit_info info;
	struct ax_ref ref;
	enum ax_err e;
	while (!(e = ax_ref_next(&ref, path, c->txn, c->zone.id, "heads/", path)) &&
	       !(e = ax_commit_info(&info, c->txn, ref.commit))) {
		struct json_t *branch = json_object_new();
		ax_id_hex(hex, &ref.id);
		json_put_text(branch, "branch", path + strlen("heads/"));
		json_put_text(branch, "tip", hex);
		json_put_number(branch, "serial", info.serial);
		json_put_bool(branch, "head", !strcmp(path + strlen("heads/"), c->branch));
		json_add(branches, branch);
	}
	enum ax_err printed = json_print(&c->out, branches);
	return e == AX_ENOENT ? printed : e;
}

static enum ax_err list(struct cli *c)
{
	char path[AX_REF_PATH_MAX + 1], after[AX_REF_PATH_MAX + 1] = "";
	struct ax_ref ref;
	enum ax_err e;
	if (!c->tip.commit)
		ax_buf_printf(&c->out, porcelain ? "%s - HEAD\n" : "* %s (no commit yet)\n", c->branch);
	while (!(e = ax_ref_next(&ref, path, c->txn, c->zone.id, "heads/", after))) {
		if ((e = put_branch(c, path + strlen("heads/"), &ref)))
			return e;
		memcpy(after, path, sizeof after);
	}
	return e == AX_ENOENT ? AX_OK : e;
}

static enum ax_err drop(struct cli *c, const char *name, bool force)
{
	struct ax_ref ref;
	char path[AX_REF_PATH_MAX + 1], part[AX_ID_SHORT + 1];
	enum ax_err e = ax_ref_check_name(name);
	if (e)
		return e;
	snprintf(path, sizeof path, "heads/%s", name);
	e = ax_ref_get(&ref, c->txn, c->zone.id, path);
	if (e)
		return e == AX_ENOENT ? ax_fail(e, "no such branch: `%s`", name) : e;
	if (!strcmp(name, c->branch))
		return ax_fail(AX_EINVAL, "%s is the branch you are on (apex checkout another first)", name);
	cli_end_read(c);
	e = ax_repo_branch_delete(c->repo, c->zone.id, name, force, &c->actor);
	ax_id_short(part, &ref.id);
	if (!e)
		ax_buf_printf(&c->out, "Deleted branch %s (was %s)\n", name, part);
	return e;
}

static enum ax_err rename_branch(struct cli *c, const char *from, const char *to)
{
	cli_end_read(c);
	enum ax_err e = ax_repo_branch_rename(c->repo, c->zone.id, from, to, &c->actor);
	if (!e)
		ax_buf_printf(&c->out, "Branch %s is now %s\n", from, to);
	return e;
}

static enum ax_err make(struct cli *c, const char *name, const char *start)
{
	struct cli_commit at;
	enum ax_err e = ax_ref_check_name(name);
	if (!e)
		e = cli_revision(&at, c, start);
	if (!e && at.zone.id != c->zone.id)
		e = ax_fail(AX_EUSAGE, "`%s` is a commit of another zone", start);
	cli_end_read(c);
	return e ? e : ax_repo_branch_create(c->repo, c->zone.id, name, at.info.local, &c->actor);
}

static enum ax_err run(struct cli *c, struct words *w)
{
	const char *gone = to_drop ? to_drop : to_delete;
	enum ax_err e = cli_begin(c, !gone && !w->n);
	if (e)
		return e;
	if (gone && w->n)
		return ax_fail(AX_EUSAGE, "one word too many: `%s`", w->v[0]);
	if (gone)
		return drop(c, gone, to_drop != NULL);
	if (move && !w->n)
		return ax_fail(AX_EUSAGE, "-m needs the new name");
	if (move)
		return rename_branch(c, w->n > 1 ? w->v[0] : c->branch, w->v[w->n - 1]);
	if (!w->n && json)
		return list_json(c);
	return w->n ? make(c, w->v[0], w->n > 1 ? w->v[1] : NULL) : list(c);
}

const struct verb verb_branch = {
	.name = "branch",
	.synopsis = "[--porcelain | --json] | NAME [START] | -d NAME | -D NAME | -m [OLD] NEW",
	.summary = "list branches, make, rename or delete one",
	.details = "* marks the branch you are on. START is a revision, else the tip.",
	.example = "apex branch canary main~1",
	.options = options,
	.completes = "b r",
	.min_words = 0,
	.max_words = 2,
	.run = run,
};
