#include "dnsd/conf.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "core/ref.h"
#include "dnsd/tcp.h"

enum {
	OPTION_REPO = 256,
	OPTION_LISTEN,
	OPTION_ZONE,
	OPTION_BRANCH,
	OPTION_AT,
	OPTION_THREADS,
	OPTION_TCP,
	OPTION_SIGNED,
	OPTION_KEY
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

static enum ax_err add_zone(struct conf *c, const char *text)
{
	struct ax_name *grown = realloc(c->zones, (c->nzones + 1) * sizeof *grown);
	if (!grown)
		return ax_fail(AX_ENOMEM, "no memory for the options");
	c->zones = grown;
	if (ax_name_parse(&c->zones[c->nzones], text, strlen(text), NULL) != AX_OK)
		return ax_fail(AX_EUSAGE, "--zone takes the name of a zone: `%s`", text);
	c->nzones++;
	return AX_OK;
}

static enum ax_err add_address(struct conf *c, const char *text)
{
	if (c->addresses == CONF_ADDRESSES_MAX)
		return ax_fail(AX_EUSAGE, "--listen: at most %d addresses", CONF_ADDRESSES_MAX);
	return address_parse(&c->address[c->addresses++], text);
}

static enum ax_err add_key(struct conf *c, const char *path)
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

static enum ax_err take(struct conf *c, int option, const char *said)
{
	switch (option) {
	case OPTION_REPO:
		c->repo = optarg;
		return AX_OK;
	case OPTION_LISTEN:
		return add_address(c, optarg);
	case OPTION_ZONE:
		return add_zone(c, optarg);
	case OPTION_BRANCH:
		return branch(c, optarg);
	case OPTION_AT:
		c->at = optarg;
		return AX_OK;
	case OPTION_THREADS:
		return number(&c->threads, "threads", optarg, CONF_THREADS_MAX);
	case OPTION_TCP:
		return number(&c->tcp_connections, "tcp-connections", optarg, 1 << 20);
	case OPTION_SIGNED:
		c->require_signed = true;
		return AX_OK;
	case OPTION_KEY:
		return add_key(c, optarg);
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

enum ax_err conf_read(struct conf *c, int argc, char **argv, const char *repo, unsigned cores)
{
	int option;
	*c = (struct conf){ .repo = repo, .tcp_connections = TCP_CONNECTIONS };
	c->threads = cores < 1 ? 1 : cores < CONF_THREADS_MAX ? cores : CONF_THREADS_MAX;
	optind = 1;
	while ((option = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		enum ax_err e = take(c, option, argv[optind - 1]);
		if (e)
			return e;
	}
	if (c->help || c->version)
		return AX_OK;
	if (optind < argc)
		return ax_fail(AX_EUSAGE, "what is `%s`?", argv[optind]);
	if (c->at && c->branch)
		return ax_fail(AX_EUSAGE, "--at and --branch exclude each other");
	if (c->require_signed != (c->nkeys > 0))
		return ax_fail(AX_EUSAGE, "--require-signed and --key FILE go together");
	if (!c->addresses)
		return ax_fail(AX_EUSAGE, "--listen is needed, e.g. --listen 127.0.0.1:5300");
	if (!c->branch)
		c->branch = "main";
	return AX_OK;
}

void conf_fini(struct conf *c)
{
	free(c->zones);
	free(c->keys);
	*c = (struct conf){ 0 };
}
