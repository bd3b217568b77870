#include "tools/reviewing.h"

#include "core/render.h"
#include "tools/json.h"

const char *reviewing_into;
const char reviewing_hint[] = "merge the branch into what is proposed, then propose it again";

const char *reviewing_branch(void)
{
	return reviewing_into ? reviewing_into : "main";
}

void reviewing_put_approvals(struct ax_buf *out, const struct ax_review *r)
{
	unsigned needed = r->protect.on ? r->protect.reviews : 0;
	if (needed)
		ax_buf_printf(out, "approved by %u of %u", r->counted, needed);
	else
		ax_buf_str(out, "whoever approves publishes it");
	for (size_t i = 0; i < r->approvals_n; i++)
		ax_buf_printf(out, "%s %s (%suid %u%s)", i ? "," : ":", r->approvals[i].name,
			      r->approvals[i].by_key ? "by key, " : "", r->approvals[i].uid,
			      r->approvals[i].counts               ? ""
			      : r->approvals[i].uid == r->proposer ? ", who proposed it"
								   : ", counted already");
	ax_buf_u8(out, '\n');
}

/* What the merge would really change on the branch. */
static enum ax_err put_changes(struct ax_buf *out, size_t *n, struct cli *c, const struct ax_review *r,
			       struct json_t *list)
{
	struct ax_commit_info tip;
	const struct ax_edit *edits;
	struct ax_batch *batch = (struct ax_batch *)&r->batch;
	enum ax_err e = ax_commit_info(&tip, c->txn, r->tip.commit);
	if (!e)
		e = ax_batch_edits(&edits, n, batch);
	for (size_t i = 0; !e && i < *n; i++) {
		struct ax_entry old = { 0 };
		e = ax_tree_find(&old, c->txn, &tip.root, edits[i].key);
		if (e && e != AX_ENOENT)
			return e;
		struct ax_render_side was = { old.value, tip.serial }, is = { edits[i].value, tip.serial };
		size_t from = out->n;
		e = ax_render_diff_line(out, &r->batch.apex, edits[i].key, &was, &is);
		if (list && !e)
			json_add_slice(list, ax_slice(out->p + from, out->n - from - 1));
	}
	return e;
}

static void put_ref(struct ax_buf *out, const char *what, const char *name, const struct ax_ref *ref)
{
	char part[AX_ID_SHORT + 1];
	ax_id_short(part, &ref->id);
	ax_buf_printf(out, "%-9s %s %s\n", what, name, part);
}

enum ax_err reviewing_put(struct cli *c, const struct ax_review *r, const char *name)
{
	char part[AX_ID_SHORT + 1];
	size_t n;
	ax_id_short(part, &r->hash);
	put_ref(&c->out, "proposal", name, &r->proposal);
	put_ref(&c->out, "into", reviewing_branch(), &r->tip);
	if (r->has_it) {
		ax_buf_str(&c->out, "(the branch has all of it already)\n");
		return ax_buf_check(&c->out);
	}
	ax_buf_printf(&c->out, "review    %s, ", part);
	reviewing_put_approvals(&c->out, r);
	ax_buf_u8(&c->out, '\n');
	enum ax_err e = put_changes(&c->out, &n, c, r, NULL);
	if (!e && !n)
		ax_buf_str(&c->out, "(no changes)\n");
	return e ? e : ax_buf_check(&c->out);
}

enum ax_err reviewing_json(struct cli *c, const struct ax_review *r, const char *name)
{
	char hex[AX_ID_HEX + 1];
	size_t n;
	struct ax_buf text = AX_BUF_INIT;
	struct json_t *root = json_object_new(), *list = json_array_new(), *who = json_array_new();
	json_put_text(root, "proposal", name);
	json_put_text(root, "branch", reviewing_branch());
	ax_id_hex(hex, &r->hash);
	json_put_text(root, "review", hex);
	ax_id_hex(hex, &r->tip.id);
	json_put_text(root, "tip", hex);
	ax_id_hex(hex, &r->proposal.id);
	json_put_text(root, "commit", hex);
	json_put_bool(root, "merged", r->has_it);
	json_put_number(root, "needed", r->protect.on ? r->protect.reviews : 0);
	json_put_number(root, "approved", r->counted);
	for (size_t i = 0; i < r->approvals_n; i++) {
		struct json_t *one = json_object_new();
		json_put_text(one, "name", r->approvals[i].name);
		json_put_number(one, "uid", r->approvals[i].uid);
		json_put_bool(one, "key", r->approvals[i].by_key);
		json_put_bool(one, "counts", r->approvals[i].counts);
		json_add(who, one);
	}
	json_put(root, "approvals", who);
	enum ax_err e = put_changes(&text, &n, c, r, list);
	json_put(root, "changes", list);
	ax_buf_fini(&text);
	enum ax_err printed = json_print(&c->out, root);
	return e ? e : printed;
}
