#include "dnsd/yaml.h"

#include <string.h>

#include "dnsd/shape.h"
#include "dnsd/tcp.h"
#include "dnsd/yaml_view.h"

/* -- the rest --------------------------------------------------------------------------------------------- */

static enum ax_err take_repo(struct shape_reader *r, yaml_node_t *n, void *ctx)
{
	(void)ctx;
	return shape_kept(&r->c->repo, r, n);
}

static enum ax_err take_handover(struct shape_reader *r, yaml_node_t *n, void *ctx)
{
	(void)ctx;
	return shape_kept(&r->c->handover, r, n);
}

static enum ax_err take_user(struct shape_reader *r, yaml_node_t *n, void *ctx)
{
	(void)ctx;
	return shape_kept(&r->c->user, r, n);
}

static enum ax_err take_sandbox(struct shape_reader *r, yaml_node_t *n, void *ctx)
{
	const char *text;
	(void)ctx;
	enum ax_err e = shape_text(&text, r, n);
	if (!e && strcmp(text, "yes") != 0 && strcmp(text, "no") != 0)
		e = shape_bad(r, n, "sandbox is yes or no, not `%s`", text);
	r->c->sandbox = strcmp(text, "no") != 0;
	return e;
}

static enum ax_err take_threads(struct shape_reader *r, yaml_node_t *n, void *ctx)
{
	(void)ctx;
	return shape_number(&r->c->threads, r, n, CONF_THREADS_MAX);
}

static enum ax_err take_tcp(struct shape_reader *r, yaml_node_t *n, void *ctx)
{
	(void)ctx;
	return shape_number(&r->c->tcp_connections, r, n, TCP_CONNECTIONS_MAX);
}

static enum ax_err take_per_address(struct shape_reader *r, yaml_node_t *n, void *ctx)
{
	(void)ctx;
	return shape_number(&r->c->tcp_per_address, r, n, TCP_CONNECTIONS_MAX);
}

static enum ax_err take_idle(struct shape_reader *r, yaml_node_t *n, void *ctx)
{
	(void)ctx;
	return shape_number(&r->c->tcp_idle_s, r, n, TCP_SECONDS_MAX);
}

static enum ax_err take_write(struct shape_reader *r, yaml_node_t *n, void *ctx)
{
	(void)ctx;
	return shape_number(&r->c->tcp_write_s, r, n, TCP_SECONDS_MAX);
}

static enum ax_err take_certificate(struct shape_reader *r, yaml_node_t *n, void *ctx)
{
	(void)ctx;
	return shape_kept(&r->c->tls_certificate, r, n);
}

static enum ax_err take_tls_key(struct shape_reader *r, yaml_node_t *n, void *ctx)
{
	(void)ctx;
	return shape_kept(&r->c->tls_key, r, n);
}

static enum ax_err take_tls(struct shape_reader *r, yaml_node_t *n, void *ctx)
{
	static const struct shape_key keys[] = { { "certificate", take_certificate },
						 { "key", take_tls_key },
						 { NULL, NULL } };
	return shape_each_key(r, n, keys, ctx);
}

/* -- rate limits ------------------------------------------------------------------------------------------ */

static struct rrl_rates *rates_of(struct shape_reader *r)
{
	return &r->c->routing->rrl;
}

static enum ax_err rrl_responses(struct shape_reader *r, yaml_node_t *n, void *ctx)
{
	(void)ctx;
	return shape_number_from(&rates_of(r)->per_s[RRL_RESPONSE], r, n, 0, RRL_PER_S_MAX);
}

static enum ax_err rrl_nxdomains(struct shape_reader *r, yaml_node_t *n, void *ctx)
{
	(void)ctx;
	return shape_number_from(&rates_of(r)->per_s[RRL_NXDOMAIN], r, n, 0, RRL_PER_S_MAX);
}

static enum ax_err rrl_errors(struct shape_reader *r, yaml_node_t *n, void *ctx)
{
	(void)ctx;
	return shape_number_from(&rates_of(r)->per_s[RRL_ERROR], r, n, 0, RRL_PER_S_MAX);
}

static enum ax_err rrl_referrals(struct shape_reader *r, yaml_node_t *n, void *ctx)
{
	(void)ctx;
	return shape_number_from(&rates_of(r)->per_s[RRL_REFERRAL], r, n, 0, RRL_PER_S_MAX);
}

static enum ax_err rrl_burst(struct shape_reader *r, yaml_node_t *n, void *ctx)
{
	(void)ctx;
	return shape_number(&rates_of(r)->burst_s, r, n, RRL_BURST_S_MAX);
}

static enum ax_err rrl_slip(struct shape_reader *r, yaml_node_t *n, void *ctx)
{
	(void)ctx;
	return shape_number_from(&rates_of(r)->slip, r, n, 0, RRL_SLIP_MAX);
}

static enum ax_err rrl_bits_4(struct shape_reader *r, yaml_node_t *n, void *ctx)
{
	(void)ctx;
	return shape_number(&rates_of(r)->bits_4, r, n, 32);
}

static enum ax_err rrl_bits_6(struct shape_reader *r, yaml_node_t *n, void *ctx)
{
	(void)ctx;
	return shape_number(&rates_of(r)->bits_6, r, n, 128);
}

static enum ax_err rrl_accounts(struct shape_reader *r, yaml_node_t *n, void *ctx)
{
	(void)ctx;
	return shape_number(&r->c->rrl_accounts, r, n, RRL_ACCOUNTS_MAX);
}

static enum ax_err rrl_exempt_one(struct shape_reader *r, yaml_node_t *n, void *ctx)
{
	const char *text;
	(void)ctx;
	enum ax_err e = shape_text(&text, r, n);
	return e ? e : shape_said(r, n, rrl_exempt(rates_of(r), text));
}

static enum ax_err rrl_exempt_all(struct shape_reader *r, yaml_node_t *n, void *ctx)
{
	return shape_each_item(r, n, rrl_exempt_one, ctx);
}

static enum ax_err take_rrl(struct shape_reader *r, yaml_node_t *n, void *ctx)
{
	static const struct shape_key keys[] = { { "responses-per-second", rrl_responses },
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
	return shape_each_key(r, n, keys, ctx);
}

/* -- what is served --------------------------------------------------------------------------------------- */

static enum ax_err take_zone(struct shape_reader *r, yaml_node_t *n, void *ctx)
{
	const char *text;
	(void)ctx;
	enum ax_err e = shape_text(&text, r, n);
	return e ? e : shape_said(r, n, conf_add_zone(r->c, text));
}

static enum ax_err take_zones(struct shape_reader *r, yaml_node_t *n, void *ctx)
{
	return shape_each_item(r, n, take_zone, ctx);
}

static enum ax_err take_source(struct shape_reader *r, yaml_node_t *n, void *ctx)
{
	const char *text;
	(void)ctx;
	enum ax_err e = shape_text(&text, r, n);
	return e ? e : shape_said(r, n, routing_ecs_from(r->c->routing, text));
}

static enum ax_err take_sources(struct shape_reader *r, yaml_node_t *n, void *ctx)
{
	return shape_each_item(r, n, take_source, ctx);
}

static enum ax_err take_proxy(struct shape_reader *r, yaml_node_t *n, void *ctx)
{
	const char *text;
	(void)ctx;
	enum ax_err e = shape_text(&text, r, n);
	return e ? e : shape_said(r, n, routing_proxy_from(r->c->routing, text));
}

static enum ax_err take_proxies(struct shape_reader *r, yaml_node_t *n, void *ctx)
{
	return shape_each_item(r, n, take_proxy, ctx);
}

static enum ax_err take_signer(struct shape_reader *r, yaml_node_t *n, void *ctx)
{
	const char *path;
	(void)ctx;
	enum ax_err e = shape_kept(&path, r, n);
	return e ? e : conf_add_key(r->c, path);
}

static enum ax_err take_signers(struct shape_reader *r, yaml_node_t *n, void *ctx)
{
	enum ax_err e = shape_each_item(r, n, take_signer, ctx);
	r->c->require_signed = true;
	return e || r->c->nkeys ? e : shape_bad(r, n, "name a file of keys");
}

static enum ax_err take_country(struct shape_reader *r, yaml_node_t *n, void *ctx)
{
	(void)ctx;
	return shape_text(&r->country, r, n);
}

static enum ax_err take_asn(struct shape_reader *r, yaml_node_t *n, void *ctx)
{
	(void)ctx;
	return shape_text(&r->asn, r, n);
}

static enum ax_err take_geo(struct shape_reader *r, yaml_node_t *n, void *ctx)
{
	static const struct shape_key keys[] = { { "country", take_country }, { "asn", take_asn }, { NULL, NULL } };
	enum ax_err e = shape_each_key(r, n, keys, ctx);
	return e ? e : shape_said(r, n, geo_open(&r->c->routing->geo, r->country, r->asn));
}

/* -- what the server tells of itself ---------------------------------------------------------------------- */

static enum ax_err take_nsid(struct shape_reader *r, yaml_node_t *n, void *ctx)
{
	const char *text;
	enum ax_err e = shape_text(&text, r, n);
	return e ? e : shape_said(r, n, identity_nsid(ctx, text));
}

static enum ax_err take_identity_text(struct shape_reader *r, yaml_node_t *n, struct identity_text *out)
{
	const char *text;
	enum ax_err e = shape_text(&text, r, n);
	return e ? e : shape_said(r, n, identity_text(out, text));
}

static enum ax_err take_server(struct shape_reader *r, yaml_node_t *n, void *ctx)
{
	return take_identity_text(r, n, &((struct identity *)ctx)->server);
}

static enum ax_err take_version(struct shape_reader *r, yaml_node_t *n, void *ctx)
{
	return take_identity_text(r, n, &((struct identity *)ctx)->version);
}

static enum ax_err take_authors(struct shape_reader *r, yaml_node_t *n, void *ctx)
{
	return take_identity_text(r, n, &((struct identity *)ctx)->authors);
}

static enum ax_err take_identity(struct shape_reader *r, yaml_node_t *n, void *ctx)
{
	static const struct shape_key keys[] = { { "nsid", take_nsid },
						 { "server", take_server },
						 { "version", take_version },
						 { "authors", take_authors },
						 { NULL, NULL } };
	(void)ctx;
	return shape_each_key(r, n, keys, &r->c->routing->identity);
}

/* -- cookies ---------------------------------------------------------------------------------------------- */

static enum ax_err take_secrets(struct shape_reader *r, yaml_node_t *n, void *ctx)
{
	const char *path;
	(void)ctx;
	enum ax_err e = shape_text(&path, r, n);
	return e ? e : shape_said(r, n, conf_cookies(r->c, path));
}

/* What is done about them: answer with one, ignore them, or require good ones. */
static enum ax_err take_policy(struct shape_reader *r, yaml_node_t *n, void *ctx)
{
	const char *text;
	(void)ctx;
	enum ax_err e = shape_text(&text, r, n);
	if (e)
		return e;
	r->c->no_cookies = strcmp(text, "ignore") == 0;
	r->c->routing->cookies.require = strcmp(text, "require") == 0;
	return r->c->no_cookies || r->c->routing->cookies.require || strcmp(text, "answer") == 0
		       ? AX_OK
		       : shape_bad(r, n, "`answer`, `ignore` or `require` is wanted: `%.100s`", text);
}

static enum ax_err take_cookies(struct shape_reader *r, yaml_node_t *n, void *ctx)
{
	static const struct shape_key keys[] = { { "policy", take_policy },
						 { "secrets", take_secrets },
						 { NULL, NULL } };
	enum ax_err e = shape_each_key(r, n, keys, ctx);
	return !e && r->c->no_cookies && r->c->routing->cookies.n
		       ? shape_bad(r, n, "secrets for cookies that are ignored")
		       : e;
}

/* -- telling of queries ------------------------------------------------------------------------------------ */

static enum ax_err take_log_sample(struct shape_reader *r, yaml_node_t *n, void *ctx)
{
	(void)ctx;
	return shape_number(&r->c->log_every, r, n, UINT32_MAX);
}

static enum ax_err take_query_log(struct shape_reader *r, yaml_node_t *n, void *ctx)
{
	static const struct shape_key keys[] = { { "sample", take_log_sample }, { NULL, NULL } };
	enum ax_err e = shape_each_key(r, n, keys, ctx);
	return !e && !r->c->log_every ? shape_bad(r, n, "`sample` is missing: one query in how many is logged") : e;
}

static enum ax_err take_dnstap_sample(struct shape_reader *r, yaml_node_t *n, void *ctx)
{
	(void)ctx;
	return shape_number(&r->c->dnstap_every, r, n, UINT32_MAX);
}

static enum ax_err take_dnstap_socket(struct shape_reader *r, yaml_node_t *n, void *ctx)
{
	(void)ctx;
	return shape_kept(&r->c->dnstap_socket, r, n);
}

static enum ax_err take_dnstap_file(struct shape_reader *r, yaml_node_t *n, void *ctx)
{
	(void)ctx;
	return shape_kept(&r->c->dnstap_file, r, n);
}

static enum ax_err take_dnstap(struct shape_reader *r, yaml_node_t *n, void *ctx)
{
	static const struct shape_key keys[] = { { "socket", take_dnstap_socket },
						 { "file", take_dnstap_file },
						 { "sample", take_dnstap_sample },
						 { NULL, NULL } };
	enum ax_err e = shape_each_key(r, n, keys, ctx);
	if (!e && !r->c->dnstap_every)
		r->c->dnstap_every = 1;
	return !e && (r->c->dnstap_socket != NULL) == (r->c->dnstap_file != NULL)
		       ? shape_bad(r, n, "dnstap goes to either `socket` or `file`")
		       : e;
}

static enum ax_err take_listen(struct shape_reader *r, yaml_node_t *n, void *ctx)
{
	(void)ctx;
	r->listen = n;
	return AX_OK;
}

static enum ax_err take_interface(struct shape_reader *r, yaml_node_t *n, void *ctx)
{
	const char *text;
	(void)ctx;
	enum ax_err e = shape_kept(&text, r, n);
	return e ? e : shape_said(r, n, conf_add_interface(r->c, text));
}

static enum ax_err take_interfaces(struct shape_reader *r, yaml_node_t *n, void *ctx)
{
	return shape_each_item(r, n, take_interface, ctx);
}

static enum ax_err take_metrics(struct shape_reader *r, yaml_node_t *n, void *ctx)
{
	const char *text;
	(void)ctx;
	enum ax_err e = shape_text(&text, r, n);
	return e ? e : shape_said(r, n, conf_metrics(r->c, text));
}

static const struct shape_key top_keys[] = {
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
	{ "views", yaml_views },
	{ "listen", take_listen },
	{ "listen-xdp", take_interfaces },
	{ NULL, NULL },
};

static enum ax_err take_document(struct shape_reader *r)
{
	yaml_node_t *root = yaml_document_get_root_node(&r->doc);
	if (!root)
		return ax_fail(AX_EINVAL, "%s: nothing is configured", r->path);
	enum ax_err e = shape_each_key(r, root, top_keys, NULL);
	if (!e)
		e = yaml_check_geo(r, root);
	if (!e && !r->listen)
		e = shape_bad(r, root, "`listen` is missing");
	if (!e)
		e = shape_each_item(r, r->listen, yaml_listener, NULL);
	return e || r->c->listeners ? e : shape_bad(r, r->listen, "name an address to listen on");
}

enum ax_err yaml_take(struct conf *c, const char *path, struct ax_slice text)
{
	struct shape_reader r = { .path = path, .c = c };
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
