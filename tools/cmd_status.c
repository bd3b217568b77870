#include "core/render.h"
#include "tools/json.h"
#include "tools/verbs.h"

static bool porcelain, json;

static const struct option options[] = {
	{ "porcelain", 0, NULL, "one `KEY VALUE` a line, for scripts", NULL, NULL, &porcelain },
	{ "json", 0, NULL, "for scripts", NULL, NULL, &json },
	{ 0 },
};

static void put(struct cli *c, const char *key)
{
	ax_buf_printf(&c->out, porcelain ? "%s " : "%-8s", key);
}

static enum ax_err put_tip(struct cli *c)
{
	struct cli_commit tip;
	struct ax_commit commit;
	char hex[AX_ID_HEX + 1], part[AX_ID_SHORT + 1];
	enum ax_err e = cli_revision(&tip, c, NULL);
	if (!e)
		e = ax_commit_read(&commit, c->txn, tip.info.local);
	if (e)
		return e;
	ax_id_hex(hex, &commit.id);
	ax_id_short(part, &commit.id);
	put(c, "tip");
	ax_buf_str(&c->out, porcelain ? hex : part);
	if (!porcelain) {
		ax_buf_u8(&c->out, ' ');
		ax_buf_slice(&c->out, ax_render_subject(commit.message));
	}
	ax_buf_u8(&c->out, '\n');
	put(c, "serial");
	ax_buf_printf(&c->out, "%u\n", tip.info.serial);
	put(c, porcelain ? "rrsets" : "RRsets");
	ax_buf_printf(&c->out, "%llu\n", (unsigned long long)tip.info.root.count);
	ax_commit_fini(&commit);
	return AX_OK;
}

static enum ax_err put_json(struct cli *c)
{
	struct cli_commit tip;
	struct ax_buf zone = AX_BUF_INIT;
	char hex[AX_ID_HEX + 1];
	enum ax_err e = c->tip.commit ? cli_revision(&tip, c, NULL) : AX_OK;
	if (e)
		return e;
	struct json_t *root = json_object_new();
	ax_name_text(&zone, &c->zone.apex);
	json_put_slice(root, "zone", ax_buf_view(&zone));
	ax_buf_fini(&zone);
	json_put_text(root, "branch", c->branch);
	json_put(root, "tip", NULL);
	if (c->tip.commit) {
		ax_id_hex(hex, &c->tip.id);
		json_put_text(root, "tip", hex);
		json_put_number(root, "serial", tip.info.serial);
		json_put_number(root, "rrsets", tip.info.root.count);
	}
	return json_print(&c->out, root);
}

static enum ax_err run(struct cli *c, struct words *w)
{
	(void)w;
	enum ax_err e = cli_begin(c, true);
	if (!e)
		e = cli_may_begin(c);
	if (!e && json)
		return put_json(c);
	if (e)
		return e;
	put(c, "zone");
	ax_name_text(&c->out, &c->zone.apex);
	ax_buf_u8(&c->out, '\n');
	put(c, "branch");
	ax_buf_printf(&c->out, "%s\n", c->branch);
	if (c->tip.commit)
		e = put_tip(c);
	else
		ax_buf_str(&c->out, porcelain ? "tip -\n" : "tip     none: the branch has no commit yet\n");
	return e ? e : ax_buf_check(&c->out);
}

const struct verb verb_status = {
	.name = "status",
	.synopsis = "[--porcelain | --json]",
	.summary = "print zone, branch, tip, serial and how many RRsets there are",
	.example = "apex --zone example.net status",
	.options = options,
	.min_words = 0,
	.max_words = 0,
	.run = run,
};
