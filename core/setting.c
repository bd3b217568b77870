#include "core/setting.h"

#include "core/publish.h"
#include "core/rdata.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { KEY_MAX = 64, NAMES_MAX = 4096 };

static const char *const policies[] = { "increment", "unixtime", "date", NULL };
static const char *const switches[] = { "off", "on", NULL };

static const struct ax_setting settings[] = {
	{ "serial.policy", "increment", "how the next serial is chosen", AX_SETTING_WORD, 0, 0, false, policies },
	{ "ttl.default", "none", "the TTL of new records that come without one; none: the SOA's own",
	  AX_SETTING_SECONDS, 0, INT32_MAX, true, NULL },
	{ "guard.deletions", "none", "RRsets that one author may delete through one door within a minute",
	  AX_SETTING_NUMBER, 1, UINT32_MAX, true, NULL },
	{ "guard.ttl", "none", "the longest TTL that may come", AX_SETTING_SECONDS, 1, INT32_MAX, true, NULL },
	{ "guard.delegation", "off", "refuse a change of the apex NS or of a DS", AX_SETTING_WORD, 0, 0, false,
	  switches },
	{ "guard.names", "none", "NAMEs (with all below them) and NAME/TYPEs that may not be touched",
	  AX_SETTING_NAMES, 0, 0, true, NULL },
	{ "gc.days", "30", "for how long gc keeps what a ref pointed at", AX_SETTING_NUMBER, 0, 36500, false, NULL },
	{ "gc.commits", "1000", "how many of a branch's newest commits prune leaves whole, and moves gc keeps",
	  AX_SETTING_NUMBER, 0, UINT32_MAX, false, NULL },
};
enum { SETTINGS = sizeof settings / sizeof *settings };

const struct ax_setting *ax_setting_at(size_t i)
{
	return i < SETTINGS ? &settings[i] : NULL;
}

enum ax_err ax_setting_find(const struct ax_setting **out, const char *name)
{
	*out = NULL;
	for (size_t i = 0; i < SETTINGS; i++)
		if (!strcasecmp(settings[i].name, name)) {
			*out = &settings[i];
			return AX_OK;
		}
	return ax_fail(AX_ENOENT, "there is no setting `%.80s` (apex config lists them)", name);
}

/* -- texts -------------------------------------------------------------------------------------------------- */

static enum ax_err invalid(const struct ax_setting *s, const char *text)
{
	const char *none = s->can_be_none ? ", or none" : "";
	switch (s->type) {
	case AX_SETTING_WORD:
		if (s->words[2])
			return ax_fail(AX_EINVAL, "%s: `%.80s` is not one of %s, %s, %s", s->name, text, s->words[0],
				       s->words[1], s->words[2]);
		return ax_fail(AX_EINVAL, "%s: `%.80s` is neither %s nor %s", s->name, text, s->words[0],
			       s->words[1]);
	case AX_SETTING_SECONDS:
		return ax_fail(AX_EINVAL,
			       "%s: `%.80s` is no number of seconds from %" PRIu64 " to %" PRIu64
			       " (90, 30m, 12h, 1d, 1w)%s",
			       s->name, text, s->min, s->max, none);
	case AX_SETTING_NUMBER:
		return ax_fail(AX_EINVAL, "%s: `%.80s` is no number from %" PRIu64 " to %" PRIu64 "%s", s->name, text,
			       s->min, s->max, none);
	case AX_SETTING_NAMES:
		break;
	}
	return ax_fail(AX_EINVAL, "%s: more than %d bytes", s->name, NAMES_MAX);
}

/* A number, with a unit if it is seconds. */
static bool parse_number(uint64_t *out, const struct ax_setting *s, const char *text)
{
	static const char units[] = "smhdw";
	static const uint64_t worth[] = { 1, 60, 3600, 86400, 604800 };
	char *end;
	errno = 0;
	*out = strtoull(text, &end, 10);
	if (errno || text[0] < '0' || text[0] > '9' || *out > UINT32_MAX)
		return false;
	const char *unit = *end && s->type == AX_SETTING_SECONDS ? strchr(units, *end | 0x20) : NULL;
	if (unit) {
		*out *= worth[unit - units];
		end++;
	}
	return !*end && *out >= s->min && *out <= s->max;
}

/* NAME or NAME/TYPE as what its keys begin with, and in the one form it is kept in. */
static enum ax_err parse_name(struct ax_buf *text, struct ax_buf *key, const char *word, size_t n,
			      const struct ax_name *apex)
{
	struct ax_name owner;
	uint16_t type = 0;
	char type_text[24];
	const char *slash = memrchr(word, '/', n);
	size_t name_n = slash ? (size_t)(slash - word) : n;
	enum ax_err e = ax_name_parse(&owner, word, name_n, apex);
	if (!e && slash)
		e = ax_type_parse(&type, slash + 1, n - name_n - 1);
	if (!e)
		e = ax_key_owner(key, &owner, apex);
	if (e)
		return ax_fail(e, "guard.names: `%.*s`: %s", (int)(n > 200 ? 200 : n), word, ax_err_text(e));
	ax_name_lower(&owner);
	ax_name_text_relative(text, &owner, apex);
	if (!slash)
		return AX_OK;
	ax_buf_u8(key, 0);
	ax_buf_u16(key, type);
	ax_type_text(type_text, type);
	ax_buf_printf(text, "/%s", type_text);
	return AX_OK;
}

/* Blanks and commas stand between names. */
static enum ax_err each_name(struct ax_buf *text, struct ax_buf *keys, const char *words, const struct ax_name *apex)
{
	struct ax_buf key = AX_BUF_INIT;
	enum ax_err e = AX_OK;
	while (!e && *(words += strspn(words, " \t,"))) {
		size_t n = strcspn(words, " \t,");
		ax_buf_clear(&key);
		if (text->n)
			ax_buf_u8(text, ' ');
		e = parse_name(text, &key, words, n, apex);
		ax_buf_u16(keys, (uint16_t)key.n);
		ax_buf_slice(keys, ax_buf_view(&key));
		words += n;
	}
	ax_buf_fini(&key);
	return e ? e : ax_buf_check(keys);
}

static enum ax_err canonical_names(struct ax_buf *out, const struct ax_setting *s, const char *text,
				   const struct ax_name *apex)
{
	struct ax_buf keys = AX_BUF_INIT;
	enum ax_err e = each_name(out, &keys, text, apex);
	ax_buf_fini(&keys);
	if (!e && !out->n)
		ax_buf_str(out, "none");
	return !e && out->n > NAMES_MAX ? invalid(s, text) : e;
}

/* The one form in which a text is kept. */
static enum ax_err canonical(struct ax_buf *out, const struct ax_setting *s, const char *text,
			     const struct ax_name *apex)
{
	uint64_t number;
	if (s->can_be_none && !strcasecmp(text, "none")) {
		ax_buf_str(out, "none");
		return AX_OK;
	}
	if (s->type == AX_SETTING_NAMES)
		return canonical_names(out, s, text, apex);
	if (s->type != AX_SETTING_WORD) {
		if (!parse_number(&number, s, text))
			return invalid(s, text);
		ax_buf_printf(out, "%" PRIu64, number);
		return AX_OK;
	}
	for (size_t i = 0; s->words[i]; i++)
		if (!strcasecmp(s->words[i], text)) {
			ax_buf_str(out, s->words[i]);
			return AX_OK;
		}
	return invalid(s, text);
}

/* -- where they are kept ------------------------------------------------------------------------------------ */

static struct ax_slice make_key(uint8_t k[KEY_MAX], uint32_t zone, const struct ax_setting *s)
{
	size_t n = strlen(s->name);
	k[0] = AX_MAIN_SETTING;
	ax_be32_put(k + 1, zone);
	memcpy(k + 5, s->name, n);
	return ax_slice(k, 5 + n);
}

static bool is_policy(const struct ax_setting *s)
{
	return s == &settings[0];
}

static bool is_ttl(const struct ax_setting *s)
{
	return s == &settings[1];
}

/* What was set, nothing appended if nothing was. */
static enum ax_err get_set(struct ax_buf *out, struct ax_txn *t, const struct ax_zone *zone,
			   const struct ax_setting *s)
{
	uint8_t k[KEY_MAX];
	struct ax_slice value;
	if (is_policy(s)) {
		if (zone->policy)
			ax_buf_str(out, policies[zone->policy]);
		return AX_OK;
	}
	if (is_ttl(s)) {
		if (zone->has_ttl)
			ax_buf_printf(out, "%" PRIu32, zone->ttl_s);
		return AX_OK;
	}
	enum ax_err e = ax_txn_get(&value, t, AX_TABLE_MAIN, make_key(k, zone->id, s));
	if (!e)
		ax_buf_slice(out, value);
	return e == AX_ENOENT ? AX_OK : e;
}

enum ax_err ax_setting_get(struct ax_buf *out, bool *was_set, struct ax_txn *t, const struct ax_zone *zone,
			   const struct ax_setting *s)
{
	size_t before = out->n;
	enum ax_err e = get_set(out, t, zone, s);
	if (was_set)
		*was_set = out->n > before;
	if (!e && out->n == before)
		ax_buf_str(out, s->fallback);
	return e ? e : ax_buf_check(out);
}

enum ax_err ax_setting_number(uint64_t *out, bool *none, struct ax_txn *t, const struct ax_zone *zone,
			      const char *name)
{
	const struct ax_setting *s;
	struct ax_buf text = AX_BUF_INIT;
	*out = 0;
	*none = false;
	enum ax_err e = ax_setting_find(&s, name);
	if (!e)
		e = ax_setting_get(&text, NULL, t, zone, s);
	if (!e) {
		*none = !strcmp(ax_buf_cstr(&text), "none");
		if (!*none && !parse_number(out, s, ax_buf_cstr(&text)))
			e = ax_fail(AX_ECORRUPT, "the setting %s is damaged", s->name);
	}
	ax_buf_fini(&text);
	return e;
}

static enum ax_err put_in_zone(struct ax_txn *t, struct ax_zone *zone, const struct ax_setting *s, const char *text)
{
	if (is_policy(s)) {
		zone->policy = AX_SERIAL_INCREMENT;
		for (unsigned i = 0; text && policies[i]; i++)
			if (!strcmp(policies[i], text))
				zone->policy = (enum ax_serial_policy)i;
	} else {
		zone->has_ttl = text && strcmp(text, "none") != 0;
		zone->ttl_s = zone->has_ttl ? (uint32_t)strtoul(text, NULL, 10) : 0;
	}
	return ax_zone_put(t, zone);
}

/* text is canonical, or NULL: the default. */
static enum ax_err put(struct ax_txn *t, struct ax_zone *zone, const struct ax_setting *s, const char *text)
{
	uint8_t k[KEY_MAX];
	if (is_policy(s) || is_ttl(s))
		return put_in_zone(t, zone, s, text);
	if (text && strcmp(text, s->fallback) != 0)
		return ax_txn_put(t, AX_TABLE_MAIN, make_key(k, zone->id, s), ax_slice_str(text));
	enum ax_err e = ax_txn_del(t, AX_TABLE_MAIN, make_key(k, zone->id, s));
	return e == AX_ENOENT ? AX_OK : e;
}

static enum ax_err change(struct ax_txn *t, struct ax_zone *zone, const struct ax_setting *s, const char *text,
			  const struct ax_actor *who)
{
	struct ax_buf was = AX_BUF_INIT, is = AX_BUF_INIT;
	struct ax_log_entry entry = { .kind = AX_LOG_SETTING, .zone = zone->id, .when = who->committer.when };
	enum ax_err e = ax_setting_get(&was, NULL, t, zone, s);
	if (!e)
		e = canonical(&is, s, text ? text : s->fallback, &zone->apex);
	if (!e)
		e = ax_buf_check(&is);
	if (!e && ax_slice_eq(ax_buf_view(&was), ax_buf_view(&is)))
		e = AX_ENOCHANGE;
	snprintf(entry.ref, sizeof entry.ref, "config/%s", s->name);
	snprintf(entry.door, sizeof entry.door, "%s", who->via);
	if (!e)
		e = put(t, zone, s, ax_buf_cstr(&is));
	if (!e)
		e = ax_log_note(t, &entry);
	ax_buf_fini(&was);
	ax_buf_fini(&is);
	return e;
}

enum ax_err ax_repo_set(struct ax_repo *r, uint32_t zone, const char *name, const char *text,
			const struct ax_actor *who)
{
	const struct ax_setting *s;
	struct ax_zone z;
	struct ax_txn *t;
	enum ax_err e = ax_setting_find(&s, name);
	if (e || (e = ax_repo_begin(&t, r)))
		return e;
	if (!(e = ax_zone_get(&z, t, zone)) && z.removed)
		e = ax_fail(AX_ENOENT, "the zone was removed");
	return ax_repo_end(t, e ? e : change(t, &z, s, text, who));
}

/* -- rules -------------------------------------------------------------------------------------------------- */

static bool is_guard(const struct ax_setting *s)
{
	return strncmp(s->name, "guard.", 6) == 0;
}

static enum ax_err take(struct ax_rules *r, const struct ax_setting *s, const char *text, const struct ax_name *apex)
{
	const char *what = s->name + strlen("guard.");
	struct ax_buf again = AX_BUF_INIT;
	uint64_t number = 0;
	enum ax_err e = AX_OK;
	if (!strcmp(text, s->fallback))
		return AX_OK;
	if (s->type == AX_SETTING_NAMES)
		e = each_name(&again, &r->names, text, apex);
	else if (s->type != AX_SETTING_WORD && !parse_number(&number, s, text))
		e = ax_fail(AX_ECORRUPT, "the setting %s is damaged", s->name);
	ax_buf_fini(&again);
	if (!strcmp(what, "deletions")) {
		r->has_deletions = true;
		r->deletions = number;
	} else if (!strcmp(what, "ttl")) {
		r->has_ttl = true;
		r->ttl_s = (uint32_t)number;
	} else if (!strcmp(what, "delegation")) {
		r->delegation = true;
	}
	ax_buf_printf(&r->text, "%s=%s\n", s->name, text);
	return e;
}

enum ax_err ax_rules_get(struct ax_rules *out, struct ax_txn *t, const struct ax_zone *zone)
{
	struct ax_buf text = AX_BUF_INIT;
	enum ax_err e = AX_OK;
	*out = (struct ax_rules){ 0 };
	for (size_t i = 0; !e && i < SETTINGS; i++) {
		if (!is_guard(&settings[i]))
			continue;
		ax_buf_clear(&text);
		if (!(e = ax_setting_get(&text, NULL, t, zone, &settings[i])))
			e = take(out, &settings[i], ax_buf_cstr(&text), &zone->apex);
	}
	ax_buf_fini(&text);
	return e ? e : ax_buf_check(&out->text);
}

void ax_rules_fini(struct ax_rules *r)
{
	ax_buf_fini(&r->names);
	ax_buf_fini(&r->text);
	*r = (struct ax_rules){ 0 };
}

bool ax_rules_covers(const struct ax_rules *r, struct ax_slice key)
{
	struct ax_reader names = ax_reader(ax_buf_view(&r->names));
	while (ax_reader_left(&names))
		if (ax_slice_starts(key, ax_get_bytes(&names, ax_get_u16(&names))))
			return !names.bad;
	return false;
}
