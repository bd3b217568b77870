#include "tools/pick.h"

static enum ax_err not_found(const struct cli_commit *at, const struct ax_name *owner, uint16_t type)
{
	struct ax_buf name = AX_BUF_INIT;
	char text[24];
	ax_type_text(text, type);
	ax_name_text_relative(&name, owner, &at->zone.apex);
	const char *shown = ax_buf_cstr(&name);
	enum ax_err e = ax_fail(AX_ENOENT, "%s%s%s: not found", shown ? shown : "?", type == AX_TYPE_ANY ? "" : " ",
				type == AX_TYPE_ANY ? "" : text);
	ax_buf_fini(&name);
	return e;
}

/* What the keys of the RRsets begin with: owner, 00, and the type unless any. Labels never begin with 00, so names
 * below are not among them. */
static enum ax_err prefix(struct ax_buf *out, const struct ax_name *owner, const struct ax_name *apex, uint16_t type)
{
	enum ax_err e = ax_key_owner(out, owner, apex);
	if (e)
		return e;
	ax_buf_u8(out, 0);
	if (type != AX_TYPE_ANY)
		ax_buf_u16(out, type);
	return ax_buf_check(out);
}

enum ax_err pick(struct cli *c, const struct cli_commit *at, const struct ax_name *owner, uint16_t type,
		 enum ax_err (*each)(void *ctx, uint16_t type, uint16_t covered, const struct ax_entry *e), void *ctx)
{
	struct ax_buf key = AX_BUF_INIT;
	struct ax_cursor cursor;
	bool found = false;
	enum ax_err e = ax_cursor_init(&cursor, c->txn, &at->info.root);
	if (e)
		return e;
	if (!(e = prefix(&key, owner, &at->zone.apex, type)))
		e = ax_cursor_seek(&cursor, ax_buf_view(&key));
	while (!e && cursor.valid && ax_slice_starts(cursor.entry.key, ax_buf_view(&key))) {
		struct ax_name name;
		uint16_t t, covered;
		found = true;
		e = ax_key_parse(&name, &t, &covered, NULL, cursor.entry.key, &at->zone.apex);
		if (!e)
			e = each(ctx, t, covered, &cursor.entry);
		if (!e)
			e = ax_cursor_next(&cursor);
	}
	if (!e && !found)
		e = not_found(at, owner, type);
	ax_cursor_fini(&cursor);
	ax_buf_fini(&key);
	return e;
}
