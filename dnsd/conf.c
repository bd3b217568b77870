#include "dnsd/conf.h"

#include <getopt.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/ref.h"
#include "dnsd/sandbox.h"
#include "dnsd/tcp.h"
#include "dnsd/yaml.h"

enum {
	OPTION_REPO = 256,
	OPTION_LISTEN,
	OPTION_ZONE,
	OPTION_BRANCH,
	OPTION_AT,
	OPTION_THREADS,
	OPTION_TCP,
	OPTION_SIGNED,
	OPTION_KEY,
	OPTION_CONFIG,
	OPTION_CANARY,
	OPTION_SALT,
	OPTION_ECS,
	OPTION_METRICS,
	OPTION_XDP,
	OPTION_LISTEN_TLS,
	OPTION_CERTIFICATE,
	OPTION_TLS_KEY,
	OPTION_IDLE,
	OPTION_WRITE,
	OPTION_RRL,
	OPTION_PROXY,
	OPTION_PER_ADDRESS,
	OPTION_HANDOVER,
	OPTION_NAME_SERVER_ID,
	OPTION_IDENTITY,
	OPTION_COOKIES,
	OPTION_USER,
	OPTION_NO_SANDBOX
};

static const struct option options[] = {
	{ "repo", required_argument, NULL, OPTION_REPO },
	{ "listen", required_argument, NULL, OPTION_LISTEN },
	{ "zone", required_argument, NULL, OPTION_ZONE },
	{ "branch", required_argument, NULL, OPTION_BRANCH },
	{ "at", required_argument, NULL, OPTION_AT },
	{ "threads", required_argument, NULL, OPTION_THREADS },
	{ "tcp-connections", required_argument, NULL, OPTION_TCP },
	{ "require-signed", no_argument, NULL, OPTION_SIGNED },
	{ "key", required_argument, NULL, OPTION_KEY },
	{ "config", required_argument, NULL, OPTION_CONFIG },
	{ "canary", required_argument, NULL, OPTION_CANARY },
	{ "canary-salt", required_argument, NULL, OPTION_SALT },
	{ "ecs-from", required_argument, NULL, OPTION_ECS },
	{ "metrics", required_argument, NULL, OPTION_METRICS },
	{ "listen-xdp", required_argument, NULL, OPTION_XDP },
	{ "listen-tls", required_argument, NULL, OPTION_LISTEN_TLS },
	{ "tls-certificate", required_argument, NULL, OPTION_CERTIFICATE },
	{ "tls-key", required_argument, NULL, OPTION_TLS_KEY },
	{ "tcp-idle", required_argument, NULL, OPTION_IDLE },
	{ "tcp-write", required_argument, NULL, OPTION_WRITE },
	{ "rrl", required_argument, NULL, OPTION_RRL },
	{ "proxy-from", required_argument, NULL, OPTION_PROXY },
	{ "tcp-per-address", required_argument, NULL, OPTION_PER_ADDRESS },
	{ "handover", required_argument, NULL, OPTION_HANDOVER },
	{ "nsid", required_argument, NULL, OPTION_NAME_SERVER_ID },
	{ "identity", required_argument, NULL, OPTION_IDENTITY },
	{ "cookie-secrets", required_argument, NULL, OPTION_COOKIES },
	{ "user", required_argument, NULL, OPTION_USER },
	{ "no-sandbox", no_argument, NULL, OPTION_NO_SANDBOX },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

static enum ax_err number(unsigned *out, const char *name, const char *text, unsigned max)
{
	char *end;
	unsigned long v = strtoul(text, &end, 10);
	*out = (unsigned)v;
	if (*text < '0' || *text > '9' || *end || v == 0 || v > max)
		return ax_fail(AX_EUSAGE, "--%s takes a number from 1 to %u: `%s`", name, max, text);
	return AX_OK;
}

enum ax_err conf_add_zone(struct conf *c, const char *text)
{
	struct ax_name *grown = realloc(c->zones, (c->nzones + 1) * sizeof *grown);
	if (!grown)
		return ax_fail(AX_ENOMEM, "no memory for the options");
	c->zones = grown;
	if (ax_name_parse(&c->zones[c->nzones], text, strlen(text), NULL) != AX_OK)
		return ax_fail(AX_EUSAGE, "not the name of a zone: `%s`", text);
	c->nzones++;
	return AX_OK;
}

/* Two listeners of one address would share what comes to it. */
static bool overlap(const struct listener *a, const struct listener *b)
{
	const unsigned streams = LISTEN_TCP | LISTEN_TLS;
	return (a->transports & b->transports || (a->transports & streams && b->transports & streams)) &&
	       address_same(&a->address, &b->address);
}

enum ax_err conf_add_listener(struct conf *c, const char *text, unsigned transports)
{
	if (c->listeners == CONF_LISTENERS_MAX)
		return ax_fail(AX_EUSAGE, "at most %d addresses to listen on", CONF_LISTENERS_MAX);
	struct listener *l = &c->listener[c->listeners++];
	l->transports = transports;
	enum ax_err e = address_parse(&l->address, text);
	for (const struct listener *other = c->listener; !e && other < l; other++)
		if (overlap(l, other))
			e = ax_fail(AX_EUSAGE, "%s is listened on already", text);
	return e;
}

static bool has_tls(const struct conf *c)
{
	for (size_t i = 0; i < c->listeners; i++)
		if (c->listener[i].transports & LISTEN_TLS)
			return true;
	return false;
}

enum ax_err conf_check(struct conf *c)
{
	if (!c->tcp_per_address)
		c->tcp_per_address = c->tcp_connections / TCP_SHARE ? c->tcp_connections / TCP_SHARE : 1;
	if (!c->listeners)
		return ax_fail(AX_EUSAGE, "--listen is needed, e.g. --listen 127.0.0.1:5300");
	if (!c->tls_certificate != !c->tls_key || (has_tls(c) && !c->tls_key))
		return ax_fail(AX_EUSAGE, "TLS needs a certificate and a key");
	enum ax_err e = c->user ? sandbox_check(c->user) : AX_OK;
	return e ? e : c->tls_key ? tls_pair_load(&c->tls, c->tls_certificate, c->tls_key) : AX_OK;
}

enum ax_err conf_metrics(struct conf *c, const char *text)
{
	enum ax_err e = address_parse(&c->metrics, text);
	if (!e && !address_is_loopback(&c->metrics))
		e = ax_fail(AX_EUSAGE, "metrics are served on a loopback address only, like 127.0.0.1:9153: `%s`",
			    text);
	return e;
}

enum ax_err conf_add_interface(struct conf *c, const char *text)
{
	if (!*text || strlen(text) >= IF_NAMESIZE)
		return ax_fail(AX_EUSAGE, "not the name of a network interface: `%s`", text);
	if (c->interfaces == XDP_INTERFACES_MAX)
		return ax_fail(AX_EUSAGE, "at most %d interfaces for AF_XDP", XDP_INTERFACES_MAX);
	for (size_t i = 0; i < c->interfaces; i++)
		if (strcmp(c->interface[i], text) == 0)
			return ax_fail(AX_EUSAGE, "the interface `%s` is named twice", text);
	c->interface[c->interfaces++] = text;
	return AX_OK;
}

enum ax_err conf_file(struct ax_buf *out, const char *path)
{
	enum { FILE_MAX = 1 << 20 };
	FILE *file = fopen(path, "re");
	enum ax_err e = file ? AX_OK : ax_fail(AX_ENOENT, "%s: %s", path, strerror(errno));
	if (!e && !ax_buf_reserve(out, FILE_MAX))
		e = ax_buf_check(out);
	if (!e)
		out->n = fread(out->p, 1, FILE_MAX, file);
	if (!e && (ferror(file) || !feof(file)))
		e = ax_fail(AX_EINVAL, "%s: can't be read, or is over a megabyte", path);
	if (file)
		fclose(file);
	return e;
}

enum ax_err conf_cookies(struct conf *c, const char *path)
{
	struct ax_buf text = AX_BUF_INIT;
	char why[200];
	enum ax_err e = conf_file(&text, path);
	if (!e && (e = cookie_secrets(&c->routing->cookies, ax_buf_view(&text))) == AX_EINVAL) {
		snprintf(why, sizeof why, "%s", ax_err_text(e));
		e = ax_fail(e, "%s: %s", path, why);
	}
	if (text.p)
		explicit_bzero(text.p, text.n);
	ax_buf_fini(&text);
	return e;
}

enum ax_err conf_add_key(struct conf *c, const char *path)
{
	const char **grown = realloc(c->keys, (c->nkeys + 1) * sizeof *grown);
	if (!grown)
		return ax_fail(AX_ENOMEM, "no memory for the options");
	c->keys = grown;
	c->keys[c->nkeys++] = path;
	return AX_OK;
}

static enum ax_err branch(struct conf *c, const char *text)
{
	c->branch = text;
	return ax_ref_check_name(text) ? ax_fail(AX_EUSAGE, "--branch takes the name of a branch: `%s`", text)
				       : AX_OK;
}

/* A value that was refused is wrong usage on the command line. */
static enum ax_err usage_error(enum ax_err e, const char *option)
{
	char why[800];
	if (e != AX_EINVAL)
		return e;
	snprintf(why, sizeof why, "%s", ax_err_text(e));
	return ax_fail(AX_EUSAGE, "%s: %s", option, why);
}

/* One rate for all classes. */
static enum ax_err limit(struct rrl_rates *rates, const char *text)
{
	unsigned per_s;
	enum ax_err e = number(&per_s, "rrl", text, RRL_PER_S_MAX);
	rates->on = true;
	for (unsigned i = 0; i < RRL_CLASSES; i++)
		rates->per_s[i] = per_s;
	return e;
}

static enum ax_err take(struct conf *c, int option, const char *said)
{
	switch (option) {
	case OPTION_REPO:
		c->repo = optarg;
		return AX_OK;
	case OPTION_LISTEN:
		return conf_add_listener(c, optarg, LISTEN_UDP | LISTEN_TCP);
	case OPTION_ZONE:
		return conf_add_zone(c, optarg);
	case OPTION_BRANCH:
		return branch(c, optarg);
	case OPTION_AT:
		c->at = optarg;
		return AX_OK;
	case OPTION_THREADS:
		return number(&c->threads, "threads", optarg, CONF_THREADS_MAX);
	case OPTION_TCP:
		return number(&c->tcp_connections, "tcp-connections", optarg, TCP_CONNECTIONS_MAX);
	case OPTION_SIGNED:
		c->require_signed = true;
		return AX_OK;
	case OPTION_KEY:
		return conf_add_key(c, optarg);
	case OPTION_CONFIG:
		c->config = optarg;
		return AX_OK;
	case OPTION_CANARY:
		c->canary = optarg;
		return AX_OK;
	case OPTION_SALT:
		c->canary_salt = optarg;
		return AX_OK;
	case OPTION_ECS:
		return usage_error(routing_ecs_from(c->routing, optarg), "--ecs-from");
	case OPTION_PROXY:
		return usage_error(routing_proxy_from(c->routing, optarg), "--proxy-from");
	case OPTION_PER_ADDRESS:
		return number(&c->tcp_per_address, "tcp-per-address", optarg, TCP_CONNECTIONS_MAX);
	case OPTION_HANDOVER:
		c->handover = optarg;
		return AX_OK;
	case OPTION_USER:
		c->user = optarg;
		return AX_OK;
	case OPTION_NO_SANDBOX:
		c->sandbox = false;
		return AX_OK;
	case OPTION_METRICS:
		return conf_metrics(c, optarg);
	case OPTION_XDP:
		return conf_add_interface(c, optarg);
	case OPTION_LISTEN_TLS:
		return conf_add_listener(c, optarg, LISTEN_TLS);
	case OPTION_CERTIFICATE:
		c->tls_certificate = optarg;
		return AX_OK;
	case OPTION_TLS_KEY:
		c->tls_key = optarg;
		return AX_OK;
	case OPTION_IDLE:
		return number(&c->tcp_idle_s, "tcp-idle", optarg, TCP_SECONDS_MAX);
	case OPTION_WRITE:
		return number(&c->tcp_write_s, "tcp-write", optarg, TCP_SECONDS_MAX);
	case OPTION_RRL:
		return limit(&c->routing->rrl, optarg);
	case OPTION_NAME_SERVER_ID:
		return usage_error(identity_nsid(&c->routing->identity, optarg), "--nsid");
	case OPTION_IDENTITY:
		return usage_error(identity_text(&c->routing->identity.server, optarg), "--identity");
	case OPTION_COOKIES:
		return usage_error(conf_cookies(c, optarg), "--cookie-secrets");
	case 't':
		c->test = true;
		return AX_OK;
	case 'h':
		c->help = true;
		return AX_OK;
	case 'V':
		c->version = true;
		return AX_OK;
	case ':':
		return ax_fail(AX_EUSAGE, "%s needs a value", said);
	default:
		return ax_fail(AX_EUSAGE, "unknown option %s", said);
	}
}

enum ax_err conf_keep(const char **out, struct conf *c, const char *text)
{
	char **grown = realloc(c->text, (c->texts + 1) * sizeof *grown);
	*out = "";
	if (!grown)
		return ax_fail(AX_ENOMEM, "no memory for the options");
	c->text = grown;
	c->text[c->texts] = strdup(text);
	if (!c->text[c->texts])
		return ax_fail(AX_ENOMEM, "no memory for the options");
	*out = c->text[c->texts++];
	return AX_OK;
}

/* The short way: one view for all addresses. */
static enum ax_err route_all(struct conf *c)
{
	struct route_view *v;
	uint32_t arm;
	const char *branch = c->at ? NULL : c->branch ? c->branch : "main";
	if (c->canary_salt && !c->canary)
		return ax_fail(AX_EUSAGE, "--canary-salt is for --canary");
	enum ax_err e = routing_arm(&arm, c->routing, branch, c->at, NULL);
	if (!e)
		e = routing_view(&v, c->routing, "main", arm);
	if (!e && c->canary)
		e = routing_canary(c->routing, v, c->canary, c->canary_salt ? c->canary_salt : CONF_SALT);
	return usage_error(e, "--canary");
}

static enum ax_err read_file(struct conf *c, const char *repo)
{
	const char *said = c->repo;
	if (c->others)
		return ax_fail(AX_EUSAGE, "beside --config only --repo and -t are taken");
	enum ax_err e = yaml_read(c, c->config);
	if (!e)
		e = conf_check(c);
	if (said)
		c->repo = said;
	if (!c->repo)
		c->repo = repo;
	return e;
}

enum ax_err conf_read(struct conf *c, int argc, char **argv, const char *repo, unsigned cores)
{
	int option;
	*c = (struct conf){ .sandbox = true,
			    .tcp_connections = TCP_CONNECTIONS,
			    .rrl_accounts = RRL_ACCOUNTS,
			    .tcp_idle_s = TCP_IDLE_S,
			    .tcp_write_s = TCP_WRITE_S,
			    .routing = routing_new() };
	if (!c->routing)
		return ax_fail(AX_ENOMEM, "no memory for the options");
	c->threads = cores < 1 ? 1 : cores < CONF_THREADS_MAX ? cores : CONF_THREADS_MAX;
	optind = 1;
	while ((option = getopt_long(argc, argv, ":ht", options, NULL)) != -1) {
		c->others |= option != OPTION_REPO && option != OPTION_CONFIG && option != 't';
		enum ax_err e = take(c, option, argv[optind - 1]);
		if (e)
			return e;
	}
	if (c->help || c->version)
		return AX_OK;
	if (optind < argc)
		return ax_fail(AX_EUSAGE, "what is `%s`?", argv[optind]);
	if (c->config)
		return read_file(c, repo);
	if (!c->repo)
		c->repo = repo;
	if (c->at && c->branch)
		return ax_fail(AX_EUSAGE, "--at and --branch exclude each other");
	if (c->require_signed != (c->nkeys > 0))
		return ax_fail(AX_EUSAGE, "--require-signed and --key FILE go together");
	enum ax_err e = conf_check(c);
	return e ? e : route_all(c);
}

void conf_fini(struct conf *c)
{
	free(c->zones);
	free(c->keys);
	routing_free(c->routing);
	tls_pair_free(c->tls);
	for (size_t i = 0; i < c->texts; i++)
		free(c->text[i]);
	free(c->text);
	*c = (struct conf){ 0 };
}
