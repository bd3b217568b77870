#include "dnsd/yaml.h"

#include <string.h>

#include "dnsd/shape.h"
#include "dnsd/tcp.h"
#include "dnsd/yaml_view.h"

/* Keys fill in a struct conf, unless it is said otherwise. */

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

static enum ax_err take_tls(struct shape_reader *r, yaml_node_t *n, void *ctx)
{
	static const struct shape_key keys[] = {
		{ "certificate", SHAPE_KEPT, .field = offsetof(struct conf, tls_certificate) },
		{ "key", SHAPE_KEPT, .field = offsetof(struct conf, tls_key) },
		{ .name = NULL },
	};
	return shape_each_key(r, n, keys, ctx);
}

/* -- rate limits ------------------------------------------------------------------------------------------ */

static enum ax_err take_accounts(struct shape_reader *r, yaml_node_t *n, void *ctx)
{
	(void)ctx;
	return shape_number(&r->c->rrl_accounts, r, n, 1, RRL_ACCOUNTS_MAX);
}

static enum ax_err exempt(struct conf *c, const char *text)
{
	return rrl_exempt(&c->routing->rrl, text);
}

/* Into a struct rrl_rates. */
static const struct shape_key rrl_keys[] = {
	{ "responses-per-second", SHAPE_NUMBER, .field = offsetof(struct rrl_rates, per_s[RRL_RESPONSE]), 0,
	  RRL_PER_S_MAX },
	{ "nxdomains-per-second", SHAPE_NUMBER, .field = offsetof(struct rrl_rates, per_s[RRL_NXDOMAIN]), 0,
	  RRL_PER_S_MAX },
	{ "errors-per-second", SHAPE_NUMBER, .field = offsetof(struct rrl_rates, per_s[RRL_ERROR]), 0,
	  RRL_PER_S_MAX },
	{ "referrals-per-second", SHAPE_NUMBER, .field = offsetof(struct rrl_rates, per_s[RRL_REFERRAL]), 0,
	  RRL_PER_S_MAX },
	{ "burst", SHAPE_NUMBER, .field = offsetof(struct rrl_rates, burst_s), 1, RRL_BURST_S_MAX },
	{ "slip", SHAPE_NUMBER, .field = offsetof(struct rrl_rates, slip), 0, RRL_SLIP_MAX },
	{ "ipv4-prefix", SHAPE_NUMBER, .field = offsetof(struct rrl_rates, bits_4), 1, 32 },
	{ "ipv6-prefix", SHAPE_NUMBER, .field = offsetof(struct rrl_rates, bits_6), 1, 128 },
	{ "accounts", SHAPE_TAKE, .take = take_accounts },
	{ "exempt", SHAPE_TELLS, .tell = exempt },
	{ .name = NULL },
};

static enum ax_err take_rrl(struct shape_reader *r, yaml_node_t *n, void *ctx)
{
	struct rrl_rates *rates = &r->c->routing->rrl;
	(void)ctx;
	rates->on = true;
	return shape_each_key(r, n, rrl_keys, rates);
}

/* -- what is served --------------------------------------------------------------------------------------- */

static enum ax_err add_source(struct conf *c, const char *text)
{
	return routing_ecs_from(c->routing, text);
}

static enum ax_err add_proxy(struct conf *c, const char *text)
{
	return routing_proxy_from(c->routing, text);
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

static enum ax_err take_geo(struct shape_reader *r, yaml_node_t *n, void *ctx)
{
	static const struct shape_key keys[] = {
		{ "country", SHAPE_WORD, .field = offsetof(struct shape_reader, country) },
		{ "asn", SHAPE_WORD, .field = offsetof(struct shape_reader, asn) },
		{ .name = NULL },
	};
	enum ax_err e = shape_each_key(r, n, keys, r);
	(void)ctx;
	return e ? e : shape_said(r, n, geo_open(&r->c->routing->geo, r->country.text, r->asn.text));
}

static enum ax_err take_listen(struct shape_reader *r, yaml_node_t *n, void *ctx)
{
	(void)ctx;
	r->listen = n;
	return AX_OK;
}

/* -- what the server tells of itself ---------------------------------------------------------------------- */

static enum ax_err tell_nsid(struct conf *c, const char *text)
{
	return identity_nsid(&c->routing->identity, text);
}

static enum ax_err tell_server(struct conf *c, const char *text)
{
	return identity_text(&c->routing->identity.server, text);
}

static enum ax_err tell_version(struct conf *c, const char *text)
{
	return identity_text(&c->routing->identity.version, text);
}

static enum ax_err tell_authors(struct conf *c, const char *text)
{
	return identity_text(&c->routing->identity.authors, text);
}

static enum ax_err take_identity(struct shape_reader *r, yaml_node_t *n, void *ctx)
{
	static const struct shape_key keys[] = {
		{ "nsid", SHAPE_TELL, .tell = tell_nsid },
		{ "server", SHAPE_TELL, .tell = tell_server },
		{ "version", SHAPE_TELL, .tell = tell_version },
		{ "authors", SHAPE_TELL, .tell = tell_authors },
		{ .name = NULL },
	};
	return shape_each_key(r, n, keys, ctx);
}

/* -- cookies ---------------------------------------------------------------------------------------------- */

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
	static const struct shape_key keys[] = {
		{ "policy", SHAPE_TAKE, .take = take_policy },
		{ "secrets", SHAPE_TELL, .tell = conf_cookies },
		{ .name = NULL },
	};
	enum ax_err e = shape_each_key(r, n, keys, ctx);
	return !e && r->c->no_cookies && r->c->routing->cookies.n
		       ? shape_bad(r, n, "secrets for cookies that are ignored")
		       : e;
}

/* -- telling of queries ------------------------------------------------------------------------------------ */

static enum ax_err take_query_log(struct shape_reader *r, yaml_node_t *n, void *ctx)
{
	static const struct shape_key keys[] = {
		{ "sample", SHAPE_NUMBER, .field = offsetof(struct conf, log_every), 1, UINT32_MAX },
		{ .name = NULL },
	};
	enum ax_err e = shape_each_key(r, n, keys, ctx);
	return !e && !r->c->log_every ? shape_bad(r, n, "`sample` is missing: one query in how many is logged") : e;
}

static enum ax_err take_dnstap(struct shape_reader *r, yaml_node_t *n, void *ctx)
{
	static const struct shape_key keys[] = {
		{ "socket", SHAPE_KEPT, .field = offsetof(struct conf, dnstap_socket) },
		{ "file", SHAPE_KEPT, .field = offsetof(struct conf, dnstap_file) },
		{ "sample", SHAPE_NUMBER, .field = offsetof(struct conf, dnstap_every), 1, UINT32_MAX },
		{ .name = NULL },
	};
	enum ax_err e = shape_each_key(r, n, keys, ctx);
	if (!e && !r->c->dnstap_every)
		r->c->dnstap_every = 1;
	return !e && (r->c->dnstap_socket != NULL) == (r->c->dnstap_file != NULL)
		       ? shape_bad(r, n, "dnstap goes to either `socket` or `file`")
		       : e;
}

static const struct shape_key top_keys[] = {
	{ "metrics", SHAPE_TELL, .tell = conf_metrics },
	{ "repo", SHAPE_KEPT, .field = offsetof(struct conf, repo) },
	{ "handover", SHAPE_KEPT, .field = offsetof(struct conf, handover) },
	{ "user", SHAPE_KEPT, .field = offsetof(struct conf, user) },
	{ "sandbox", SHAPE_TAKE, .take = take_sandbox },
	{ "zones", SHAPE_TELLS, .tell = conf_add_zone },
	{ "threads", SHAPE_NUMBER, .field = offsetof(struct conf, threads), 1, CONF_THREADS_MAX },
	{ "tcp-connections", SHAPE_NUMBER, .field = offsetof(struct conf, tcp_connections), 1, TCP_CONNECTIONS_MAX },
	{ "tcp-per-address", SHAPE_NUMBER, .field = offsetof(struct conf, tcp_per_address), 1, TCP_CONNECTIONS_MAX },
	{ "tcp-idle", SHAPE_NUMBER, .field = offsetof(struct conf, tcp_idle_s), 1, TCP_SECONDS_MAX },
	{ "tcp-write", SHAPE_NUMBER, .field = offsetof(struct conf, tcp_write_s), 1, TCP_SECONDS_MAX },
	{ "tls", SHAPE_TAKE, .take = take_tls },
	{ "rrl", SHAPE_TAKE, .take = take_rrl },
	{ "require-signed", SHAPE_TAKE, .take = take_signers },
	{ "ecs-from", SHAPE_TELLS, .tell = add_source },
	{ "proxy-from", SHAPE_TELLS, .tell = add_proxy },
	{ "identity", SHAPE_TAKE, .take = take_identity },
	{ "cookies", SHAPE_TAKE, .take = take_cookies },
	{ "query-log", SHAPE_TAKE, .take = take_query_log },
	{ "dnstap", SHAPE_TAKE, .take = take_dnstap },
	{ "geo", SHAPE_TAKE, .take = take_geo },
	{ "views", SHAPE_TAKE, .take = yaml_views },
	{ "listen", SHAPE_TAKE, .take = take_listen },
	{ "listen-xdp", SHAPE_TELLS, .tell = conf_add_interface },
	{ .name = NULL },
};

static enum ax_err take_document(struct shape_reader *r)
{
	yaml_node_t *root = yaml_document_get_root_node(&r->doc);
	if (!root)
		return ax_fail(AX_EINVAL, "%s: nothing is configured", r->path);
	enum ax_err e = shape_each_key(r, root, top_keys, r->c);
	if (!e)
		e = yaml_check_geo(r, root);
	if (!e && !r->listen)
		e = shape_bad(r, root, "`listen` is missing");
	if (!e)
		e = shape_each_item(r, r->listen, yaml_listener, NULL);
	return e || r->c->listeners ? e : shape_bad(r, r->listen, "name an address to listen on");
}

/* How much deeper does an event lead, or less deep? */
static int step(const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_SEQUENCE_START_EVENT:
	case YAML_MAPPING_START_EVENT:
		return 1;
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return -1;
	default:
		return 0;
	}
}

/* The library's time grows with the square of the depth: look at that first. What is no YAML is not told here. */
static enum ax_err check_depth(yaml_parser_t *parser, const char *path)
{
	yaml_event_t event;
	int depth = 0;
	size_t line = 0;
	for (bool end = false; !end && depth <= YAML_DEPTH && yaml_parser_parse(parser, &event);) {
		depth += step(&event);
		line = event.start_mark.line + 1;
		end = event.type == YAML_STREAM_END_EVENT;
		yaml_event_delete(&event);
	}
	return depth <= YAML_DEPTH ? AX_OK : ax_fail(AX_EINVAL, "%s:%zu: nothing stands so deep", path, line);
}

static enum ax_err begin(yaml_parser_t *parser, struct ax_slice text)
{
	if (!yaml_parser_initialize(parser))
		return ax_fail(AX_ENOMEM, "no memory for the configuration");
	yaml_parser_set_input_string(parser, text.p, text.n);
	return AX_OK;
}

enum ax_err yaml_take(struct conf *c, const char *path, struct ax_slice text)
{
	struct shape_reader r = { .path = path, .c = c };
	yaml_parser_t parser;
	enum ax_err e = begin(&parser, text);
	if (!e) {
		e = check_depth(&parser, path);
		yaml_parser_delete(&parser);
	}
	if (!e)
		e = begin(&parser, text);
	if (e)
		return e;
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
