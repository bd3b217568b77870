/* A batch as JSON, what `apex diff --json` prints: one object, or a list of them for several zones.
 *
 *     { "zone": "example.",                              left out: the zone that was told
 *       "changes": [
 *         { "name": "api", "type": "A",
 *           "old": { "ttl": 300, "rdata": ["1.2.3.4"] },      given: it must be so now; null: it must not be there
 *           "new": { "ttl": 300, "rdata": ["9.9.9.9"] } },    null or left out: it is deleted
 *         ... ] } */
#include "tools/apply.h"
#include "tools/json.h"

#include <stdio.h>

struct change {
	struct cli *c;
	const char *file;
	size_t number;
	struct apply_part *part;
	struct ax_name owner;
	uint16_t type;
	char type_text[24];
	const char *name;
};

static enum ax_err bad(const struct change *ch, const char *what)
{
	return ax_fail(AX_EINVAL, "%s: change %zu: %s", ch->file, ch->number + 1, what);
}

static enum ax_err in_change(enum ax_err e, const struct change *ch)
{
	return e == AX_EINVAL ? bad(ch, ax_err_text(e)) : e;
}

/* A member of another name is a slip of the pen, and would go unheeded: a "nwe" would delete what it was to write. */
static enum ax_err only(const struct change *ch, const struct json_t *value, const char *const *known)
{
	const char *other = json_other(value, known);
	char what[100];
	if (!other)
		return AX_OK;
	snprintf(what, sizeof what, "unknown member: `%.60s`", other);
	return bad(ch, what);
}

static enum ax_err each_record(struct change *ch, const struct json_t *side,
			       enum ax_err (*each)(void *ctx, struct change *ch, uint32_t ttl_s,
						   struct ax_slice rdata),
			       void *ctx)
{
	const struct json_t *list = json_member(side, "rdata"), *item;
	struct ax_buf rdata = AX_BUF_INIT;
	uint64_t ttl_s;
	enum ax_err e = only(ch, side, (const char *const[]){ "ttl", "rdata", NULL });
	if (e)
		return e;
	if (!json_number(&ttl_s, json_member(side, "ttl"), 0x7fffffff))
		return bad(ch, "\"ttl\" is no number from 0 to 2147483647");
	if (!json_array_is(list) || !json_at(list, 0))
		return bad(ch, "\"rdata\" is no list of records");
	for (size_t i = 0; !e && (item = json_at(list, i)); i++) {
		const char *text = json_text(item);
		ax_buf_clear(&rdata);
		e = text ? ax_rdata_parse(&rdata, ch->type, text, ax_slice_str(text).n, &ch->part->zone.apex)
			 : bad(ch, "a record is no string");
		if (text)
			e = in_change(e, ch);
		if (!e)
			e = each(ctx, ch, (uint32_t)ttl_s, ax_buf_view(&rdata));
	}
	ax_buf_fini(&rdata);
	return e;
}

static enum ax_err collect(void *ctx, struct change *ch, uint32_t ttl_s, struct ax_slice rdata)
{
	struct ax_rrset_builder *b = ctx;
	if (ch->type == AX_TYPE_RRSIG)
		b->covered = ax_rrsig_covered(rdata);
	return ax_rrset_builder_add(b, ttl_s, rdata);
}

static enum ax_err take_away(void *ctx, struct change *ch, uint32_t ttl_s, struct ax_slice rdata)
{
	(void)ttl_s;
	return ax_update_delete_record(ctx, &ch->owner, ch->type, rdata);
}

static enum ax_err put(void *ctx, struct change *ch, uint32_t ttl_s, struct ax_slice rdata)
{
	return ax_update_add(ctx, &ch->owner, ch->type, ttl_s, rdata);
}

/* What it must be now. An SOA's serial is not its content: it is compared with 0, as trees have it. */
static enum ax_err hold_old(struct change *ch, const struct json_t *old)
{
	struct ax_rrset_builder b;
	bool is = ch->type == AX_TYPE_SOA;
	ax_rrset_builder_init(&b, ch->type, 0);
	enum ax_err e = is ? AX_OK : each_record(ch, old, collect, &b);
	if (!e && !is)
		e = ax_update_equals(&is, &ch->part->update, &ch->owner, &b);
	ax_rrset_builder_fini(&b);
	if (!e && !is)
		e = ax_fail(AX_ECONFLICT, "%s: change %zu: %s %s is no longer what \"old\" says", ch->file,
			    ch->number + 1, ch->name, ch->type_text);
	return e;
}

static enum ax_err hold_absent(struct change *ch)
{
	bool is;
	enum ax_err e = ax_update_has(&is, &ch->part->update, &ch->owner, ch->type);
	/* RRSIGs of another type covered may well be there. */
	if (!e && is && ch->type != AX_TYPE_RRSIG)
		e = ax_fail(AX_ECONFLICT, "%s: change %zu: %s %s is there already", ch->file, ch->number + 1,
			    ch->name, ch->type_text);
	return e;
}

static enum ax_err apply_change(struct change *ch, const struct json_t *value, bool has_old)
{
	struct ax_update *u = &ch->part->update;
	const struct json_t *old = json_member(value, "old"), *new = json_member(value, "new");
	enum ax_err e = AX_OK;
	if (old)
		e = hold_old(ch, old);
	else if (has_old)
		e = hold_absent(ch);
	if (!e && old && ch->type == AX_TYPE_RRSIG)
		e = each_record(ch, old, take_away, u);
	else if (!e && ch->type != AX_TYPE_RRSIG)
		e = ax_update_delete_rrset(u, &ch->owner, ch->type);
	return !e && new ? each_record(ch, new, put, u) : e;
}

static enum ax_err read_change(struct change *ch, const struct json_t *value)
{
	const char *type = json_text(json_member(value, "type"));
	ch->name = json_text(json_member(value, "name"));
	if (!json_object_is(value) || !ch->name || !type)
		return bad(ch, "an object with \"name\" and \"type\" is expected");
	if (!json_has(value, "old") && !json_has(value, "new"))
		return bad(ch, "neither \"old\" nor \"new\" is given");
	enum ax_err e = only(ch, value, (const char *const[]){ "name", "type", "change", "old", "new", NULL });
	if (!e)
		e = cli_name(&ch->owner, ch->c, &ch->part->zone, ch->name);
	if (!e)
		e = cli_type(&ch->type, type);
	if (e)
		return in_change(e, ch);
	ax_type_text(ch->type_text, ch->type);
	return apply_change(ch, value, json_has(value, "old"));
}

static enum ax_err read_zone(struct apply *a, const struct json_t *value, const char *file)
{
	const struct json_t *list = json_member(value, "changes"), *item, *zone = json_member(value, "zone");
	struct change ch = { .c = a->c, .file = file };
	if (!json_object_is(value) || !json_array_is(list) || (zone && !json_text(zone)))
		return ax_fail(AX_EINVAL, "%s: an object with a list \"changes\" (and perhaps \"zone\") is expected",
			       file);
	const char *other = json_other(value, (const char *const[]){ "zone", "from", "to", "changes", NULL });
	if (other)
		return ax_fail(AX_EINVAL, "%s: unknown member: `%.60s`", file, other);
	enum ax_err e = apply_part(&ch.part, a, zone ? json_text(zone) : NULL);
	for (; !e && (item = json_at(list, ch.number)); ch.number++)
		e = read_change(&ch, item);
	return e;
}

enum ax_err apply_json(struct apply *a, struct ax_slice text, const char *file)
{
	struct json_t *root;
	const struct json_t *item;
	enum ax_err e = json_parse(&root, text, file);
	if (e)
		return e;
	if (!json_array_is(root))
		e = read_zone(a, root, file);
	else
		for (size_t i = 0; !e && (item = json_at(root, i)); i++)
			e = read_zone(a, item, file);
	json_free(root);
	return e;
}
