#include "dnsd/yaml.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "dnsd/tcp.h"

struct reader {
	yaml_document_t doc;
	const char *path;
	struct conf *c;
	yaml_node_t *listen; /* read last: it names views */
	const char *country, *asn;
};

/* What a key's value means. */
struct key {
	const char *name;
	enum ax_err (*take)(struct reader *r, yaml_node_t *value, void *ctx);
};

AX_PRINTF(3, 4) static enum ax_err bad(const struct reader *r, const yaml_node_t *at, const char *format, ...)
{
	char why[800];
	va_list args;
	va_start(args, format);
	vsnprintf(why, sizeof why, format, args);
	va_end(args);
	return ax_fail(AX_EINVAL, "%s:%zu: %s", r->path, at->start_mark.line + 1, why);
}

/* Another's refusal, with the line; want of memory stays what it is. */
static enum ax_err said(const struct reader *r, const yaml_node_t *at, enum ax_err e)
{
	char why[800];
	if (!e || e == AX_ENOMEM)
		return e;
	snprintf(why, sizeof why, "%s", ax_err_text(e));
	return bad(r, at, "%s", why);
}

/* -- the shapes of YAML ----------------------------------------------------------------------------------- */

/* Borrows from the document. */
static enum ax_err text_of(const char **out, const struct reader *r, const yaml_node_t *n)
{
	*out = "";
	if (n->type != YAML_SCALAR_NODE || n->data.scalar.length == 0)
		return bad(r, n, "a text is wanted here");
	const char *text = (const char *)n->data.scalar.value;
	for (size_t i = 0; i < n->data.scalar.length; i++)
		if ((unsigned char)text[i] < ' ' && text[i] != '\n' && text[i] != '\t')
			return bad(r, n, "a text has no control characters");
	*out = text;
	return AX_OK;
}

/* The same, the configuration's for good. */
static enum ax_err kept_text(const char **out, struct reader *r, const yaml_node_t *n)
{
	enum ax_err e = text_of(out, r, n);
	return e ? e : conf_keep(out, r->c, *out);
}

static enum ax_err number_from(unsigned *out, const struct reader *r, const yaml_node_t *n, unsigned min,
			       unsigned max)
{
	const char *text;
	char *end;
	enum ax_err e = text_of(&text, r, n);
	if (e)
		return e;
	unsigned long v = strtoul(text, &end, 10);
	*out = (unsigned)v;
	return *text < '0' || *text > '9' || *end || v < min || v > max
		       ? bad(r, n, "a number from %u to %u is wanted: `%s`", min, max, text)
		       : AX_OK;
}

static enum ax_err number_of(unsigned *out, const struct reader *r, const yaml_node_t *n, unsigned max)
{
	return number_from(out, r, n, 1, max);
}

static enum ax_err each_item(struct reader *r, yaml_node_t *n,
			     enum ax_err (*take)(struct reader *, yaml_node_t *, void *), void *ctx)
{
	enum ax_err e = AX_OK;
	if (n->type != YAML_SEQUENCE_NODE)
		return bad(r, n, "a list is wanted here");
	yaml_node_item_t *i = n->data.sequence.items.start, *end = n->data.sequence.items.top;
	for (; !e && i < end; i++)
		e = take(r, yaml_document_get_node(&r->doc, *i), ctx);
	return e;
}

static enum ax_err take_key(struct reader *r, const struct key *keys, uint32_t *seen, const yaml_node_t *name,
			    yaml_node_t *value, void *ctx)
{
	const char *text;
	enum ax_err e = text_of(&text, r, name);
	for (unsigned i = 0; !e && keys[i].name; i++) {
		if (strcmp(text, keys[i].name) != 0)
			continue;
		if (*seen & 1u << i)
			return bad(r, name, "`%s` is said twice", text);
		*seen |= 1u << i;
		return keys[i].take(r, value, ctx);
	}
	return e ? e : bad(r, name, "`%.100s` is nothing that can be said here", text);
}

static enum ax_err each_key(struct reader *r, yaml_node_t *n, const struct key *keys, void *ctx)
{
	uint32_t seen = 0;
	enum ax_err e = AX_OK;
	if (n->type != YAML_MAPPING_NODE)
		return bad(r, n, "keys with values are wanted here");
	yaml_node_pair_t *p = n->data.mapping.pairs.start, *end = n->data.mapping.pairs.top;
	for (; !e && p < end; p++)
		e = take_key(r, keys, &seen, yaml_document_get_node(&r->doc, p->key),
			     yaml_document_get_node(&r->doc, p->value), ctx);
	return e;
}

/* A key whose value is a text that ctx has a place for. */
struct said_view {
	const char *branch, *at, *canary, *salt;
	yaml_node_t *rules, *canary_at;
};

struct said_rule {
	const char *name, *when, *branch;
	yaml_node_t *when_at;
};

/* -- views ------------------------------------------------------------------------------------------------ */

static enum ax_err view_branch(struct reader *r, yaml_node_t *n, void *ctx)
{
	return text_of(&((struct said_view *)ctx)->branch, r, n);
}

static enum ax_err view_at(struct reader *r, yaml_node_t *n, void *ctx)
{
	return text_of(&((struct said_view *)ctx)->at, r, n);
}

static enum ax_err view_canary(struct reader *r, yaml_node_t *n, void *ctx)
{
	struct said_view *v = ctx;
	v->canary_at = n;
	return text_of(&v->canary, r, n);
}

static enum ax_err view_salt(struct reader *r, yaml_node_t *n, void *ctx)
{
	return text_of(&((struct said_view *)ctx)->salt, r, n);
}

static enum ax_err view_rules(struct reader *r, yaml_node_t *n, void *ctx)
{
	(void)r;
	((struct said_view *)ctx)->rules = n;
	return AX_OK;
}

static enum ax_err rule_name(struct reader *r, yaml_node_t *n, void *ctx)
{
	return text_of(&((struct said_rule *)ctx)->name, r, n);
}

static enum ax_err rule_if(struct reader *r, yaml_node_t *n, void *ctx)
{
	struct said_rule *rule = ctx;
	rule->when_at = n;
	return text_of(&rule->when, r, n);
}

static enum ax_err rule_branch(struct reader *r, yaml_node_t *n, void *ctx)
{
	return text_of(&((struct said_rule *)ctx)->branch, r, n);
}

static enum ax_err take_rule(struct reader *r, yaml_node_t *n, void *ctx)
{
	static const struct key keys[] = {
		{ "name", rule_name }, { "if", rule_if }, { "branch", rule_branch }, { NULL, NULL }
	};
	struct said_rule rule = { 0 };
	struct route_view *v = ctx;
	enum ax_err e = each_key(r, n, keys, &rule);
	if (!e && (!rule.name || !rule.when || !rule.branch))
		e = bad(r, n, "a rule has `name`, `if` and `branch`");
	for (size_t i = 0; !e && i < v->rules; i++)
		if (strcmp(v->rule[i].name, rule.name) == 0)
			e = bad(r, n, "another rule of the view is named `%s`", rule.name);
	return e ? e : said(r, rule.when_at, routing_rule(r->c->routing, v, rule.name, rule.when, rule.branch));
}

static enum ax_err take_view(struct reader *r, const char *name, yaml_node_t *n)
{
	static const struct key keys[] = { { "branch", view_branch }, { "at", view_at },
					   { "canary", view_canary }, { "canary-salt", view_salt },
					   { "rules", view_rules },   { NULL, NULL } };
	struct said_view v = { .salt = CONF_SALT };
	struct route_view *view;
	uint32_t arm;
	enum ax_err e = each_key(r, n, keys, &v);
	if (!e && (v.branch != NULL) == (v.at != NULL))
		e = bad(r, n, "a view has either `branch` or `at`");
	if (!e)
		e = said(r, n, routing_arm(&arm, r->c->routing, v.branch, v.at, NULL));
	if (!e)
		e = said(r, n, routing_view(&view, r->c->routing, name, arm));
	if (!e && v.canary)
		e = said(r, v.canary_at, routing_canary(r->c->routing, view, v.canary, v.salt));
	return e || !v.rules ? e : each_item(r, v.rules, take_rule, view);
}

static uint32_t view_named(const struct routing *r, const char *name)
{
	uint32_t i = 0;
	while (i < r->views && strcmp(r->view[i].name, name) != 0)
		i++;
	return i;
}

static enum ax_err take_views(struct reader *r, yaml_node_t *n, void *ctx)
{
	enum ax_err e = AX_OK;
	(void)ctx;
	if (n->type != YAML_MAPPING_NODE)
		return bad(r, n, "views by name are wanted here");
	yaml_node_pair_t *p = n->data.mapping.pairs.start, *end = n->data.mapping.pairs.top;
	for (; !e && p < end; p++) {
		yaml_node_t *key = yaml_document_get_node(&r->doc, p->key);
		const char *name;
		e = text_of(&name, r, key);
		if (!e && view_named(r->c->routing, name) < r->c->routing->views)
			e = bad(r, key, "there are two views `%s`", name);
		if (!e)
			e = take_view(r, name, yaml_document_get_node(&r->doc, p->value));
	}
	return e;
}

/* -- listeners -------------------------------------------------------------------------------------------- */

struct said_listener {
	const char *address, *view;
	yaml_node_t *view_at;
	unsigned transports;
};

static enum ax_err listener_address(struct reader *r, yaml_node_t *n, void *ctx)
{
	return text_of(&((struct said_listener *)ctx)->address, r, n);
}

static enum ax_err listener_view(struct reader *r, yaml_node_t *n, void *ctx)
{
	struct said_listener *l = ctx;
	l->view_at = n;
	return text_of(&l->view, r, n);
}

static enum ax_err listener_transport(struct reader *r, yaml_node_t *n, void *ctx)
{
	static const char *const name[] = { "udp", "tcp", "tls" };
	struct said_listener *l = ctx;
	const char *text;
	enum ax_err e = text_of(&text, r, n);
	for (unsigned i = 0; !e && i < sizeof name / sizeof name[0]; i++)
		if (strcmp(text, name[i]) == 0)
			l->transports = 1u << i;
	return e || l->transports ? e : bad(r, n, "a transport is udp, tcp or tls, not `%s`", text);
}

static enum ax_err take_listener(struct reader *r, yaml_node_t *n, void *ctx)
{
	static const struct key keys[] = { { "address", listener_address },
					   { "view", listener_view },
					   { "transport", listener_transport },
					   { NULL, NULL } };
	struct said_listener l = { 0 };
	(void)ctx;
	enum ax_err e = each_key(r, n, keys, &l);
	if (!e && (!l.address || !l.view))
		e = bad(r, n, "a listener has `address` and `view`");
	if (e)
		return e;
	uint32_t view = view_named(r->c->routing, l.view);
	if (view == r->c->routing->views)
		return bad(r, l.view_at, "there is no view `%s`", l.view);
	if (r->c->listeners < CONF_LISTENERS_MAX)
		r->c->routing->listener[r->c->listeners] = view;
	return said(r, n, conf_add_listener(r->c, l.address, l.transports ? l.transports : LISTEN_UDP | LISTEN_TCP));
}

/* -- the rest --------------------------------------------------------------------------------------------- */

static enum ax_err take_repo(struct reader *r, yaml_node_t *n, void *ctx)
{
	(void)ctx;
	return kept_text(&r->c->repo, r, n);
}

static enum ax_err take_handover(struct reader *r, yaml_node_t *n, void *ctx)
{
	(void)ctx;
	return kept_text(&r->c->handover, r, n);
}

static enum ax_err take_user(struct reader *r, yaml_node_t *n, void *ctx)
{
	(void)ctx;
	return kept_text(&r->c->user, r, n);
}

static enum ax_err take_sandbox(struct reader *r, yaml_node_t *n, void *ctx)
{
	const char *text;
	(void)ctx;
	enum ax_err e = text_of(&text, r, n);
	if (!e && strcmp(text, "yes") != 0 && strcmp(text, "no") != 0)
		e = bad(r, n, "sandbox is yes or no, not `%s`", text);
	r->c->sandbox = strcmp(text, "no") != 0;
	return e;
}

static enum ax_err take_threads(struct reader *r, yaml_node_t *n, void *ctx)
{
	(void)ctx;
	return number_of(&r->c->threads, r, n, CONF_THREADS_MAX);
}

static enum ax_err take_tcp(struct reader *r, yaml_node_t *n, void *ctx)
{
	(void)ctx;
	return number_of(&r->c->tcp_connections, r, n, TCP_CONNECTIONS_MAX);
}

static enum ax_err take_per_address(struct reader *r, yaml_node_t *n, void *ctx)
{
	(void)ctx;
	return number_of(&r->c->tcp_per_address, r, n, TCP_CONNECTIONS_MAX);
}

static enum ax_err take_idle(struct reader *r, yaml_node_t *n, void *ctx)
{
	(void)ctx;
	return number_of(&r->c->tcp_idle_s, r, n, TCP_SECONDS_MAX);
}

static enum ax_err take_write(struct reader *r, yaml_node_t *n, void *ctx)
{
	(void)ctx;
	return number_of(&r->c->tcp_write_s, r, n, TCP_SECONDS_MAX);
}

static enum ax_err take_certificate(struct reader *r, yaml_node_t *n, void *ctx)
{
	(void)ctx;
	return kept_text(&r->c->tls_certificate, r, n);
}

static enum ax_err take_tls_key(struct reader *r, yaml_node_t *n, void *ctx)
{
	(void)ctx;
	return kept_text(&r->c->tls_key, r, n);
}

static enum ax_err take_tls(struct reader *r, yaml_node_t *n, void *ctx)
{
	static const struct key keys[] = { { "certificate", take_certificate },
					   { "key", take_tls_key },
					   { NULL, NULL } };
	return each_key(r, n, keys, ctx);
}

/* -- rate limits ------------------------------------------------------------------------------------------ */

static struct rrl_rates *rates_of(struct reader *r)
{
	return &r->c->routing->rrl;
}

static enum ax_err rrl_responses(struct reader *r, yaml_node_t *n, void *ctx)
{
	(void)ctx;
	return number_from(&rates_of(r)->per_s[RRL_RESPONSE], r, n, 0, RRL_PER_S_MAX);
}

static enum ax_err rrl_nxdomains(struct reader *r, yaml_node_t *n, void *ctx)
{
	(void)ctx;
	return number_from(&rates_of(r)->per_s[RRL_NXDOMAIN], r, n, 0, RRL_PER_S_MAX);
}

static enum ax_err rrl_errors(struct reader *r, yaml_node_t *n, void *ctx)
{
	(void)ctx;
	return number_from(&rates_of(r)->per_s[RRL_ERROR], r, n, 0, RRL_PER_S_MAX);
}

static enum ax_err rrl_referrals(struct reader *r, yaml_node_t *n, void *ctx)
{
	(void)ctx;
	return number_from(&rates_of(r)->per_s[RRL_REFERRAL], r, n, 0, RRL_PER_S_MAX);
}

static enum ax_err rrl_burst(struct reader *r, yaml_node_t *n, void *ctx)
{
	(void)ctx;
	return number_of(&rates_of(r)->burst_s, r, n, RRL_BURST_S_MAX);
}

static enum ax_err rrl_slip(struct reader *r, yaml_node_t *n, void *ctx)
{
	(void)ctx;
	return number_from(&rates_of(r)->slip, r, n, 0, RRL_SLIP_MAX);
}

static enum ax_err rrl_bits_4(struct reader *r, yaml_node_t *n, void *ctx)
{
	(void)ctx;
	return number_of(&rates_of(r)->bits_4, r, n, 32);
}

static enum ax_err rrl_bits_6(struct reader *r, yaml_node_t *n, void *ctx)
{
	(void)ctx;
	return number_of(&rates_of(r)->bits_6, r, n, 128);
}

static enum ax_err rrl_accounts(struct reader *r, yaml_node_t *n, void *ctx)
{
	(void)ctx;
	return number_of(&r->c->rrl_accounts, r, n, RRL_ACCOUNTS_MAX);
}

static enum ax_err rrl_exempt_one(struct reader *r, yaml_node_t *n, void *ctx)
{
	const char *text;
	(void)ctx;
	enum ax_err e = text_of(&text, r, n);
	return e ? e : said(r, n, rrl_exempt(rates_of(r), text));
}

static enum ax_err rrl_exempt_all(struct reader *r, yaml_node_t *n, void *ctx)
{
	return each_item(r, n, rrl_exempt_one, ctx);
}

static enum ax_err take_rrl(struct reader *r, yaml_node_t *n, void *ctx)
{
	static const struct key keys[] = { { "responses-per-second", rrl_responses },
					   { "nxdomains-per-second", rrl_nxdomains },
					   { "errors-per-second", rrl_errors },
					   { "referrals-per-second", rrl_referrals },
					   { "burst", rrl_burst },
					   { "slip", rrl_slip },
					   { "ipv4-prefix", rrl_bits_4 },
					   { "ipv6-prefix", rrl_bits_6 },
					   { "accounts", rrl_accounts },
					   { "exempt", rrl_exempt_all },
					   { NULL, NULL } };
	rates_of(r)->on = true;
	return each_key(r, n, keys, ctx);
}

/* -- what is served --------------------------------------------------------------------------------------- */

static enum ax_err take_zone(struct reader *r, yaml_node_t *n, void *ctx)
{
	const char *text;
	(void)ctx;
	enum ax_err e = text_of(&text, r, n);
	return e ? e : said(r, n, conf_add_zone(r->c, text));
}

static enum ax_err take_zones(struct reader *r, yaml_node_t *n, void *ctx)
{
	return each_item(r, n, take_zone, ctx);
}

static enum ax_err take_source(struct reader *r, yaml_node_t *n, void *ctx)
{
	const char *text;
	(void)ctx;
	enum ax_err e = text_of(&text, r, n);
	return e ? e : said(r, n, routing_ecs_from(r->c->routing, text));
}

static enum ax_err take_sources(struct reader *r, yaml_node_t *n, void *ctx)
{
	return each_item(r, n, take_source, ctx);
}

static enum ax_err take_proxy(struct reader *r, yaml_node_t *n, void *ctx)
{
	const char *text;
	(void)ctx;
	enum ax_err e = text_of(&text, r, n);
	return e ? e : said(r, n, routing_proxy_from(r->c->routing, text));
}

static enum ax_err take_proxies(struct reader *r, yaml_node_t *n, void *ctx)
{
	return each_item(r, n, take_proxy, ctx);
}

static enum ax_err take_signer(struct reader *r, yaml_node_t *n, void *ctx)
{
	const char *path;
	(void)ctx;
	enum ax_err e = kept_text(&path, r, n);
	return e ? e : conf_add_key(r->c, path);
}

static enum ax_err take_signers(struct reader *r, yaml_node_t *n, void *ctx)
{
	enum ax_err e = each_item(r, n, take_signer, ctx);
	r->c->require_signed = true;
	return e || r->c->nkeys ? e : bad(r, n, "name a file of keys");
}

static enum ax_err take_country(struct reader *r, yaml_node_t *n, void *ctx)
{
	(void)ctx;
	return text_of(&r->country, r, n);
}

static enum ax_err take_asn(struct reader *r, yaml_node_t *n, void *ctx)
{
	(void)ctx;
	return text_of(&r->asn, r, n);
}

static enum ax_err take_geo(struct reader *r, yaml_node_t *n, void *ctx)
{
	static const struct key keys[] = { { "country", take_country }, { "asn", take_asn }, { NULL, NULL } };
	enum ax_err e = each_key(r, n, keys, ctx);
	return e ? e : said(r, n, geo_open(&r->c->routing->geo, r->country, r->asn));
}

/* -- what the server tells of itself ---------------------------------------------------------------------- */

static enum ax_err take_nsid(struct reader *r, yaml_node_t *n, void *ctx)
{
	const char *text;
	enum ax_err e = text_of(&text, r, n);
	return e ? e : said(r, n, identity_nsid(ctx, text));
}

static enum ax_err take_identity_text(struct reader *r, yaml_node_t *n, struct identity_text *out)
{
	const char *text;
	enum ax_err e = text_of(&text, r, n);
	return e ? e : said(r, n, identity_text(out, text));
}

static enum ax_err take_server(struct reader *r, yaml_node_t *n, void *ctx)
{
	return take_identity_text(r, n, &((struct identity *)ctx)->server);
}

static enum ax_err take_version(struct reader *r, yaml_node_t *n, void *ctx)
{
	return take_identity_text(r, n, &((struct identity *)ctx)->version);
}

static enum ax_err take_authors(struct reader *r, yaml_node_t *n, void *ctx)
{
	return take_identity_text(r, n, &((struct identity *)ctx)->authors);
}

static enum ax_err take_identity(struct reader *r, yaml_node_t *n, void *ctx)
{
	static const struct key keys[] = { { "nsid", take_nsid },
					   { "server", take_server },
					   { "version", take_version },
					   { "authors", take_authors },
					   { NULL, NULL } };
	(void)ctx;
	return each_key(r, n, keys, &r->c->routing->identity);
}

/* -- cookies ---------------------------------------------------------------------------------------------- */

static enum ax_err take_secrets(struct reader *r, yaml_node_t *n, void *ctx)
{
	const char *path;
	(void)ctx;
	enum ax_err e = text_of(&path, r, n);
	return e ? e : said(r, n, conf_cookies(r->c, path));
}

/* What is done about them: answer with one, ignore them, or require good ones. */
static enum ax_err take_policy(struct reader *r, yaml_node_t *n, void *ctx)
{
	const char *text;
	(void)ctx;
	enum ax_err e = text_of(&text, r, n);
	if (e)
		return e;
	r->c->no_cookies = strcmp(text, "ignore") == 0;
	r->c->routing->cookies.require = strcmp(text, "require") == 0;
	return r->c->no_cookies || r->c->routing->cookies.require || strcmp(text, "answer") == 0
		       ? AX_OK
		       : bad(r, n, "`answer`, `ignore` or `require` is wanted: `%.100s`", text);
}

static enum ax_err take_cookies(struct reader *r, yaml_node_t *n, void *ctx)
{
	static const struct key keys[] = { { "policy", take_policy }, { "secrets", take_secrets }, { NULL, NULL } };
	enum ax_err e = each_key(r, n, keys, ctx);
	return !e && r->c->no_cookies && r->c->routing->cookies.n ? bad(r, n, "secrets for cookies that are ignored")
								  : e;
}

/* -- telling of queries ------------------------------------------------------------------------------------ */

static enum ax_err take_log_sample(struct reader *r, yaml_node_t *n, void *ctx)
{
	(void)ctx;
	return number_of(&r->c->log_every, r, n, UINT32_MAX);
}

static enum ax_err take_query_log(struct reader *r, yaml_node_t *n, void *ctx)
{
	static const struct key keys[] = { { "sample", take_log_sample }, { NULL, NULL } };
	enum ax_err e = each_key(r, n, keys, ctx);
	return !e && !r->c->log_every ? bad(r, n, "`sample` is missing: one query in how many is logged") : e;
}

static enum ax_err take_dnstap_sample(struct reader *r, yaml_node_t *n, void *ctx)
{
	(void)ctx;
	return number_of(&r->c->dnstap_every, r, n, UINT32_MAX);
}

static enum ax_err take_dnstap_socket(struct reader *r, yaml_node_t *n, void *ctx)
{
	(void)ctx;
	return kept_text(&r->c->dnstap_socket, r, n);
}

static enum ax_err take_dnstap_file(struct reader *r, yaml_node_t *n, void *ctx)
{
	(void)ctx;
	return kept_text(&r->c->dnstap_file, r, n);
}

static enum ax_err take_dnstap(struct reader *r, yaml_node_t *n, void *ctx)
{
	static const struct key keys[] = { { "socket", take_dnstap_socket },
					   { "file", take_dnstap_file },
					   { "sample", take_dnstap_sample },
					   { NULL, NULL } };
	enum ax_err e = each_key(r, n, keys, ctx);
	if (!e && !r->c->dnstap_every)
		r->c->dnstap_every = 1;
	return !e && (r->c->dnstap_socket != NULL) == (r->c->dnstap_file != NULL)
		       ? bad(r, n, "dnstap goes to either `socket` or `file`")
		       : e;
}

static enum ax_err take_listen(struct reader *r, yaml_node_t *n, void *ctx)
{
	(void)ctx;
	r->listen = n;
	return AX_OK;
}

static enum ax_err take_interface(struct reader *r, yaml_node_t *n, void *ctx)
{
	const char *text;
	(void)ctx;
	enum ax_err e = kept_text(&text, r, n);
	return e ? e : said(r, n, conf_add_interface(r->c, text));
}

static enum ax_err take_interfaces(struct reader *r, yaml_node_t *n, void *ctx)
{
	return each_item(r, n, take_interface, ctx);
}

static enum ax_err take_metrics(struct reader *r, yaml_node_t *n, void *ctx)
{
	const char *text;
	(void)ctx;
	enum ax_err e = text_of(&text, r, n);
	return e ? e : said(r, n, conf_metrics(r->c, text));
}

static const struct key top_keys[] = {
	{ "metrics", take_metrics },
	{ "repo", take_repo },
	{ "handover", take_handover },
	{ "user", take_user },
	{ "sandbox", take_sandbox },
	{ "zones", take_zones },
	{ "threads", take_threads },
	{ "tcp-connections", take_tcp },
	{ "tcp-per-address", take_per_address },
	{ "tcp-idle", take_idle },
	{ "tcp-write", take_write },
	{ "tls", take_tls },
	{ "rrl", take_rrl },
	{ "require-signed", take_signers },
	{ "ecs-from", take_sources },
	{ "proxy-from", take_proxies },
	{ "identity", take_identity },
	{ "cookies", take_cookies },
	{ "query-log", take_query_log },
	{ "dnstap", take_dnstap },
	{ "geo", take_geo },
	{ "views", take_views },
	{ "listen", take_listen },
	{ "listen-xdp", take_interfaces },
	{ NULL, NULL },
};

/* A rule that asks for what no database tells would never match. */
static enum ax_err check_geo(const struct reader *r, const yaml_node_t *at)
{
	for (uint32_t i = 0; i < r->c->routing->views; i++) {
		const struct route_view *v = &r->c->routing->view[i];
		for (size_t k = 0; k < v->rules; k++) {
			unsigned uses = selector_uses(v->rule[k].when);
			bool country = uses & SELECTOR_USES_COUNTRY && !r->country;
			if (country || (uses & SELECTOR_USES_ASN && !r->asn))
				return bad(r, at, "rule `%s` of view `%s` needs a database: geo: %s", v->rule[k].name,
					   v->name, country ? "country" : "asn");
		}
	}
	return AX_OK;
}

static enum ax_err take_document(struct reader *r)
{
	yaml_node_t *root = yaml_document_get_root_node(&r->doc);
	if (!root)
		return ax_fail(AX_EINVAL, "%s: nothing is configured", r->path);
	enum ax_err e = each_key(r, root, top_keys, NULL);
	if (!e)
		e = check_geo(r, root);
	if (!e && !r->listen)
		e = bad(r, root, "`listen` is missing");
	if (!e)
		e = each_item(r, r->listen, take_listener, NULL);
	return e || r->c->listeners ? e : bad(r, r->listen, "name an address to listen on");
}

enum ax_err yaml_take(struct conf *c, const char *path, struct ax_slice text)
{
	struct reader r = { .path = path, .c = c };
	yaml_parser_t parser;
	if (!yaml_parser_initialize(&parser))
		return ax_fail(AX_ENOMEM, "no memory for the configuration");
	yaml_parser_set_input_string(&parser, text.p, text.n);
	enum ax_err e = AX_OK;
	if (!yaml_parser_load(&parser, &r.doc)) {
		e = ax_fail(AX_EINVAL, "%s:%zu: %s", path, parser.problem_mark.line + 1,
			    parser.problem ? parser.problem : "no YAML");
	} else {
		e = take_document(&r);
		yaml_document_delete(&r.doc);
	}
	yaml_parser_delete(&parser);
	return e;
}

enum ax_err yaml_read(struct conf *c, const char *path)
{
	struct ax_buf text = AX_BUF_INIT;
	enum ax_err e = conf_file(&text, path);
	if (!e)
		e = yaml_take(c, path, ax_buf_view(&text));
	ax_buf_fini(&text);
	return e;
}
