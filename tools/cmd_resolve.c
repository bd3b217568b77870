#include "core/lookup.h"
#include "core/render.h"
#include "tools/json.h"
#include "tools/verbs.h"

#include <inttypes.h>
#include <string.h>

static bool json;

static const struct option options[] = {
	{ "json", 0, NULL, "for scripts", NULL, NULL, &json },
	{ 0 },
};

static const char *rcode_text(enum ax_rcode rcode)
{
	switch (rcode) {
	case AX_RCODE_NOERROR:
		return "NOERROR";
	case AX_RCODE_NXDOMAIN:
		return "NXDOMAIN";
	case AX_RCODE_YXDOMAIN:
		return "YXDOMAIN";
	default:
		return "SERVFAIL";
	}
}

struct section {
	const char *title, *key;
	const struct ax_lookup_section *rrsets;
};

/* The RDATA comes as the lookup gives it: its SOA bears the commit's serial already. */
static enum ax_err put_rrset(struct ax_buf *out, const struct ax_lookup_rrset *rrset)
{
	struct ax_rr rr;
	char type[24];
	enum ax_err e = AX_OK;
	ax_type_text(type, rrset->set.type);
	for (size_t pos = 0; !e && ax_rrset_next(&rr, &rrset->set, &pos);) {
		bool own_ttl = rrset->set.type == AX_TYPE_RRSIG;
		ax_name_text(out, &rrset->owner);
		ax_buf_printf(out, " %" PRIu32 " IN %s ", own_ttl ? rr.ttl_s : rrset->ttl_s, type);
		e = ax_rdata_text(out, rrset->set.type, rr.rdata);
		ax_buf_u8(out, '\n');
	}
	return e;
}

static enum ax_err put_section(struct ax_buf *out, const struct section *s)
{
	enum ax_err e = AX_OK;
	if (s->rrsets->n)
		ax_buf_printf(out, "\n;; %s\n", s->title);
	for (size_t i = 0; !e && i < s->rrsets->n; i++)
		e = put_rrset(out, &s->rrsets->v[i]);
	return e;
}

static enum ax_err add_section(struct json_t *root, const struct section *s)
{
	struct json_t *list = json_array_new();
	struct ax_buf text = AX_BUF_INIT;
	enum ax_err e = AX_OK;
	for (size_t i = 0; !e && i < s->rrsets->n; i++) {
		ax_buf_clear(&text);
		e = put_rrset(&text, &s->rrsets->v[i]);
		for (size_t at = 0; !e && at < text.n;) {
			const uint8_t *lf = memchr(text.p + at, '\n', text.n - at);
			size_t n = lf ? (size_t)(lf - text.p) - at : text.n - at;
			json_add_slice(list, ax_slice(text.p + at, n));
			at += n + 1;
		}
	}
	json_put(root, s->key, list);
	ax_buf_fini(&text);
	return e;
}

static enum ax_err put_answer(struct cli *c, const struct cli_commit *at, const struct ax_lookup *l)
{
	const struct section sections[] = { { "ANSWER", "answer", &l->answer },
					    { "AUTHORITY", "authority", &l->authority },
					    { "ADDITIONAL", "additional", &l->additional } };
	enum ax_err e = AX_OK;
	if (!json) {
		ax_buf_printf(&c->out, ";; %s%s, serial %" PRIu32 "\n", rcode_text(l->rcode),
			      l->authoritative ? ", authoritative" : "", at->info.serial);
		for (size_t i = 0; !e && i < 3; i++)
			e = put_section(&c->out, &sections[i]);
		return e ? e : ax_buf_check(&c->out);
	}
	struct json_t *root = json_object_new();
	json_put_text(root, "rcode", rcode_text(l->rcode));
	json_put_bool(root, "authoritative", l->authoritative);
	json_put_number(root, "serial", at->info.serial);
	for (size_t i = 0; !e && i < 3; i++)
		e = add_section(root, &sections[i]);
	enum ax_err printed = json_print(&c->out, root);
	return e ? e : printed;
}

/* A zone that nobody told is the deepest at or above an absolute name. */
static enum ax_err choose_zone(struct cli *c, const char *name)
{
	struct ax_name absolute;
	struct ax_zone zone;
	struct ax_buf text = AX_BUF_INIT;
	size_t n = strlen(name);
	enum ax_err e = AX_OK;
	if (c->zone_text || !n || name[n - 1] != '.' || ax_name_parse(&absolute, name, n, NULL) ||
	    ax_zone_above(&zone, c->txn, &absolute) || zone.id == c->zone.id)
		return AX_OK;
	ax_name_text(&text, &zone.apex);
	const char *zone_text = ax_buf_cstr(&text);
	e = zone_text ? cli_choose(c, zone_text) : ax_buf_check(&text);
	ax_buf_fini(&text);
	return e;
}

static enum ax_err run(struct cli *c, struct words *w)
{
	struct cli_commit at;
	struct ax_name name;
	struct ax_lookup l;
	uint16_t type;
	enum ax_err e = cli_begin(c, true);
	if (!e)
		e = choose_zone(c, w->v[0]);
	if (!e)
		e = cli_revision(&at, c, w->n > 2 ? w->v[2] : NULL);
	if (!e)
		e = cli_name(&name, c, &at.zone, w->v[0]);
	if (!e)
		e = strcasecmp(w->v[1], "ANY") ? ax_type_parse(&type, w->v[1], strlen(w->v[1])) : AX_OK;
	if (e)
		return e;
	if (!strcasecmp(w->v[1], "ANY"))
		type = AX_TYPE_ANY;
	e = ax_lookup(&l, c->txn, &at.zone.apex, &at.info, &name, type, false);
	if (!e)
		e = put_answer(c, &at, &l);
	ax_lookup_fini(&l);
	return e;
}

const struct verb verb_resolve = {
	.name = "resolve",
	.synopsis = "NAME TYPE [REV] [--json]",
	.summary = "print the answer that a revision gives: wildcards, aliases, referrals",
	.details = "The plain lookup of RFC 1034 4.3.2 on the revision's tree; apexd's answers are held equal to it. "
		   "Without\n"
		   "--zone, an absolute NAME is looked up in the zone nearest above it.",
	.example = "apex resolve www A main@{yesterday}",
	.options = options,
	.completes = "n y r",
	.min_words = 2,
	.max_words = 3,
	.paged = true,
	.run = run,
};
