/* A batch as JSON, what `apex diff --json` prints: one object, or a list of them for several zones.
 *
 *     { "zone": "example.",                              left out: the zone that was told
 *       "changes": [
 *         { "name": "api", "type": "A",
 *           "old": { "ttl": 300, "rdata": ["1.2.3.4"] },      given: it must be so now; null: it must not be there
 *           "new": { "ttl": 300, "rdata": ["9.9.9.9"] } },    null or left out: it is deleted
 *         ... ] }
 *
 * A change says what an RRset becomes, so none may have two. */
#include "tools/apply.h"
#include "tools/json.h"

#include <stdio.h>

enum { PLACE_MAX = 64 };

struct change {
	struct cli *c;
	const char *file;
	char place[PLACE_MAX]; /* which of the batch it is, for messages */
	struct json_t *told;   /* the RRsets that were changed before, each with its place */
	struct apply_part *part;
	struct ax_name owner;
	uint16_t type, covered; /* covered: of RRSIGs, 0 until it is known */
	char type_text[24];
	const char *name;
};

static enum ax_err bad(const struct change *ch, const char *what)
{
	return ax_fail(AX_EINVAL, "%s: %s: %s", ch->file, ch->place, what);
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

/* RRSIGs of one type covered are a set by themselves. */
static enum ax_err check_covered(struct change *ch, struct ax_slice rdata)
{
	uint16_t covered = ch->type == AX_TYPE_RRSIG ? ax_rrsig_covered(rdata) : 0;
	if (ch->covered && covered != ch->covered)
		return bad(ch, "its RRSIGs cover different types");
	ch->covered = covered;
	return AX_OK;
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
			e = check_covered(ch, ax_buf_view(&rdata));
		if (!e)
			e = each(ctx, ch, (uint32_t)ttl_s, ax_buf_view(&rdata));
	}
	ax_buf_fini(&rdata);
	return e;
}

static enum ax_err collect(void *ctx, struct change *ch, uint32_t ttl_s, struct ax_slice rdata)
{
	struct ax_rrset_builder *b = ctx;
	b->covered = ch->covered;
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
		e = ax_fail(AX_ECONFLICT, "%s: %s: %s %s is no longer what \"old\" says", ch->file, ch->place,
			    ch->name, ch->type_text);
	return e;
}

static enum ax_err hold_absent(struct change *ch)
{
	bool is;
	enum ax_err e = ax_update_has(&is, &ch->part->update, &ch->owner, ch->type);
	/* RRSIGs of another type covered may well be there. */
	if (!e && is && ch->type != AX_TYPE_RRSIG)
		e = ax_fail(AX_ECONFLICT, "%s: %s: %s %s is there already", ch->file, ch->place, ch->name,
			    ch->type_text);
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

static enum ax_err look(void *ctx, struct change *ch, uint32_t ttl_s, struct ax_slice rdata)
{
	(void)ctx, (void)ch, (void)ttl_s, (void)rdata;
	return AX_OK;
}

/* Which RRSIGs are changed: those that "covers" says, else those of the first record. */
static enum ax_err read_covered(struct change *ch, const struct json_t *value)
{
	const struct json_t *old = json_member(value, "old"), *new = json_member(value, "new");
	const char *covers = json_text(json_member(value, "covers"));
	ch->covered = 0;
	if (json_has(value, "covers") && (!covers || ch->type != AX_TYPE_RRSIG))
		return bad(ch, "\"covers\" is the type that RRSIGs cover");
	if (ch->type != AX_TYPE_RRSIG)
		return AX_OK;
	if (!old && !new)
		return bad(ch, "\"old\" must say which RRSIGs go");
	enum ax_err e = covers ? in_change(cli_type(&ch->covered, covers), ch) : AX_OK;
	return e ? e : each_record(ch, new ? new : old, look, NULL);
}

/* The last of two would win in silence, or the first fail the second's "old". */
static enum ax_err tell_once(struct change *ch)
{
	struct ax_buf rrset = AX_BUF_INIT;
	enum ax_err e = AX_OK;
	ax_name_text_relative(&rrset, &ch->owner, &ch->part->zone.apex);
	ax_buf_printf(&rrset, " %s of ", ch->type_text);
	ax_name_text(&rrset, &ch->part->zone.apex);
	size_t shown = rrset.n;
	ax_buf_printf(&rrset, " %u", ch->covered);
	const char *key = ax_buf_cstr(&rrset);
	if (!key)
		e = ax_buf_check(&rrset);
	const char *before = e ? NULL : json_text(json_member(ch->told, key));
	if (before)
		e = ax_fail(AX_EINVAL, "%s: %s and %s both change %.*s: an RRset is changed once in a batch",
			    ch->file, before, ch->place, (int)shown, key);
	else if (!e)
		json_put_text(ch->told, key, ch->place);
	ax_buf_fini(&rrset);
	return e;
}

static enum ax_err read_change(struct change *ch, const struct json_t *value)
{
	const char *type = json_text(json_member(value, "type"));
	ch->name = json_text(json_member(value, "name"));
	if (!json_object_is(value) || !ch->name || !type)
		return bad(ch, "an object with \"name\" and \"type\" is expected");
	if (!json_has(value, "old") && !json_has(value, "new"))
		return bad(ch, "neither \"old\" nor \"new\" is given");
	enum ax_err e =
		only(ch, value, (const char *const[]){ "name", "type", "covers", "change", "old", "new", NULL });
	if (!e)
		e = in_change(cli_name(&ch->owner, ch->c, &ch->part->zone, ch->name), ch);
	if (!e)
		e = in_change(cli_type(&ch->type, type), ch);
	if (e)
		return e;
	ax_type_text(ch->type_text, ch->type);
	e = read_covered(ch, value);
	if (!e)
		e = tell_once(ch);
	return e ? e : apply_change(ch, value, json_has(value, "old"));
}

/* number: that of the object in a list of them; 0: it stands alone. */
static enum ax_err read_zone(struct change *ch, struct apply *a, const struct json_t *value, size_t number)
{
	const struct json_t *list = json_member(value, "changes"), *item, *zone = json_member(value, "zone");
	if (!json_object_is(value) || !json_array_is(list) || (zone && !json_text(zone)))
		return ax_fail(AX_EINVAL, "%s: an object with a list \"changes\" (and perhaps \"zone\") is expected",
			       ch->file);
	const char *other = json_other(value, (const char *const[]){ "zone", "from", "to", "changes", NULL });
	if (other)
		return ax_fail(AX_EINVAL, "%s: unknown member: `%.60s`", ch->file, other);
	enum ax_err e = apply_part(&ch->part, a, zone ? json_text(zone) : NULL);
	for (size_t i = 0; !e && (item = json_at(list, i)); i++) {
		if (number)
			snprintf(ch->place, sizeof ch->place, "object %zu, change %zu", number, i + 1);
		else
			snprintf(ch->place, sizeof ch->place, "change %zu", i + 1);
		e = read_change(ch, item);
	}
	return e;
}

enum ax_err apply_json(struct apply *a, struct ax_slice text, const char *file)
{
	struct change ch = { .c = a->c, .file = file };
	struct json_t *root;
	const struct json_t *item;
	enum ax_err e = json_parse(&root, text, file);
	if (e)
		return e;
	ch.told = json_object_new();
	if (!ch.told)
		e = ax_fail(AX_ENOMEM, "out of memory");
	else if (!json_array_is(root))
		e = read_zone(&ch, a, root, 0);
	for (size_t i = 0; !e && (item = json_at(root, i)); i++)
		e = read_zone(&ch, a, item, i + 1);
	json_free(ch.told);
	json_free(root);
	return e;
}
