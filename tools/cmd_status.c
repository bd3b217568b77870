#include "core/render.h"
#include "tools/daemon.h"
#include "tools/json.h"
#include "tools/verbs.h"

static bool porcelain, json;
static const char *daemon_address;

static const struct option options[] = {
	{ "porcelain", 0, NULL, "one `KEY VALUE` a line, for scripts", NULL, NULL, &porcelain },
	{ "json", 0, NULL, "for scripts", NULL, NULL, &json },
	{ "daemon", 0, "ADDRESS:PORT", "hold it against what apexd tells there: status 6 if it is behind",
	  &daemon_address, NULL, NULL },
	{ 0 },
};

/* -- the daemon --------------------------------------------------------------------------------------------- */

struct served {
	bool told; /* of this zone and branch */
	uint32_t serial;
	double up_s, queries, loading, stale;
};

static bool is_text(struct ax_slice label, const char *text)
{
	return ax_slice_eq(label, ax_slice_str(text));
}

static enum ax_err ask_daemon(struct served *out, struct cli *c)
{
	struct ax_buf page = AX_BUF_INIT, zone = AX_BUF_INIT;
	struct daemon_sample s;
	*out = (struct served){ 0 };
	ax_name_text(&zone, &c->zone.apex);
	const char *name = ax_buf_cstr(&zone);
	enum ax_err e = name ? daemon_fetch(&page, daemon_address) : ax_buf_check(&zone);
	for (size_t pos = 0; !e && !out->told && daemon_next(&s, &page, "zone_serial", &pos);) {
		out->told = is_text(daemon_label(&s, "zone"), name) && is_text(daemon_label(&s, "branch"), c->branch);
		out->serial = out->told ? (uint32_t)s.value : 0;
	}
	for (size_t pos = 0; !e && daemon_next(&s, &page, "zones", &pos);)
		if (is_text(daemon_label(&s, "state"), "loading"))
			out->loading += s.value;
	if (!e) {
		out->up_s = daemon_sum(&page, "uptime_seconds");
		out->queries = daemon_sum(&page, "queries_total");
		out->stale = daemon_sum(&page, "zones_stale");
	}
	ax_buf_fini(&page);
	ax_buf_fini(&zone);
	return e;
}

/* Is what it serves the branch's tip? */
static enum ax_err judge(const struct served *s, const struct cli *c, uint32_t serial)
{
	if (!s->told)
		return ax_fail(AX_EBEHIND,
			       "the daemon does not tell of %s here: it does not serve it, or serves many",
			       c->branch);
	return s->serial == serial ? AX_OK
				   : ax_fail(AX_EBEHIND, "the daemon serves serial %u of %s, not %u", s->serial,
					     c->branch, serial);
}

/* -- the repository ----------------------------------------------------------------------------------------- */

static void put(struct cli *c, const char *key)
{
	ax_buf_printf(&c->out, porcelain ? "%s " : "%-8s", key);
}

static enum ax_err put_tip(struct cli *c, const struct cli_commit *tip)
{
	struct ax_commit commit;
	char hex[AX_ID_HEX + 1], part[AX_ID_SHORT + 1];
	enum ax_err e = ax_commit_read(&commit, c->txn, tip->info.local);
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
	ax_buf_printf(&c->out, "%u\n", tip->info.serial);
	put(c, porcelain ? "rrsets" : "RRsets");
	ax_buf_printf(&c->out, "%llu\n", (unsigned long long)tip->info.root.count);
	ax_commit_fini(&commit);
	return AX_OK;
}

static void put_daemon(struct cli *c, const struct served *s)
{
	if (porcelain) {
		ax_buf_str(&c->out, "served ");
		ax_buf_printf(&c->out, s->told ? "%u\n" : "-\n", s->serial);
		return;
	}
	put(c, "daemon");
	ax_buf_printf(&c->out, "up %.0f s, %.0f queries", s->up_s, s->queries);
	if (s->loading > 0)
		ax_buf_printf(&c->out, ", %.0f zones without an image yet", s->loading);
	if (s->stale > 0)
		ax_buf_printf(&c->out, ", %.0f zones not at their newest commit", s->stale);
	ax_buf_u8(&c->out, '\n');
	if (s->told) {
		put(c, "served");
		ax_buf_printf(&c->out, "%u\n", s->serial);
	}
}

static void add_daemon(struct json_t *root, const struct served *s)
{
	json_put(root, "served", NULL);
	if (s->told)
		json_put_number(root, "served", s->serial);
	json_put_number(root, "daemon_up_s", (uint64_t)s->up_s);
	json_put_number(root, "daemon_queries", (uint64_t)s->queries);
	json_put_number(root, "daemon_zones_loading", (uint64_t)s->loading);
	json_put_number(root, "daemon_zones_stale", (uint64_t)s->stale);
}

static struct json_t *make_json(const struct cli *c, const struct cli_commit *tip)
{
	struct ax_buf zone = AX_BUF_INIT;
	char hex[AX_ID_HEX + 1];
	struct json_t *root = json_object_new();
	ax_name_text(&zone, &c->zone.apex);
	json_put_slice(root, "zone", ax_buf_view(&zone));
	ax_buf_fini(&zone);
	json_put_text(root, "branch", c->branch);
	json_put(root, "tip", NULL);
	if (c->tip.commit) {
		ax_id_hex(hex, &c->tip.id);
		json_put_text(root, "tip", hex);
		json_put_number(root, "serial", tip->info.serial);
		json_put_number(root, "rrsets", tip->info.root.count);
	}
	return root;
}

static enum ax_err put_text(struct cli *c, const struct cli_commit *tip)
{
	put(c, "zone");
	ax_name_text(&c->out, &c->zone.apex);
	ax_buf_u8(&c->out, '\n');
	put(c, "branch");
	ax_buf_printf(&c->out, "%s\n", c->branch);
	if (c->tip.commit)
		return put_tip(c, tip);
	ax_buf_str(&c->out, porcelain ? "tip -\n" : "tip     none: the branch has no commit yet\n");
	return AX_OK;
}

/* The tip is looked up before the daemon is asked: what is committed meanwhile is not held against it. */
static enum ax_err compare(struct cli *c, const struct cli_commit *tip, struct json_t *root)
{
	struct served served;
	enum ax_err e = ask_daemon(&served, c);
	if (e)
		return e;
	if (root)
		add_daemon(root, &served);
	else
		put_daemon(c, &served);
	return c->tip.commit ? judge(&served, c, tip->info.serial) : AX_OK;
}

static enum ax_err run(struct cli *c, struct words *w)
{
	struct cli_commit tip = { 0 };
	struct json_t *root = NULL;
	(void)w;
	enum ax_err e = cli_begin(c, true);
	if (!e)
		e = cli_may_begin(c);
	if (!e && c->tip.commit)
		e = cli_revision(&tip, c, NULL);
	if (e)
		return e;
	if (json)
		root = make_json(c, &tip);
	else
		e = put_text(c, &tip);
	cli_end_read(c);
	if (!e && daemon_address)
		e = compare(c, &tip, root);
	enum ax_err printed = root ? json_print(&c->out, root) : ax_buf_check(&c->out);
	return e ? e : printed;
}

const struct verb verb_status = {
	.name = "status",
	.synopsis = "[--porcelain | --json] [--daemon ADDRESS:PORT]",
	.summary = "print zone, branch, tip, serial and how many RRsets there are",
	.example = "apex --zone example.net status",
	.options = options,
	.min_words = 0,
	.max_words = 0,
	.run = run,
};
