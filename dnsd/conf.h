/* conf.h - what the command line says, or the file that it names (yaml.h). */
#ifndef CONF_H
#define CONF_H

#include "core/name.h"
#include "dnsd/listen.h"
#include "dnsd/route.h"
#include "dnsd/tls.h"
#include "dnsd/xdp.h"

enum { CONF_LISTENERS_MAX = ROUTE_LISTENERS_MAX, CONF_THREADS_MAX = 256 };
/* What a canary's clients are picked by where no salt is said. */
#define CONF_SALT "apexd"

struct conf {
	const char *repo, *branch, *at, *config, *canary, *canary_salt, *handover, *user;
	struct routing *routing; /* owned, unless it is taken out */
	struct listener listener[CONF_LISTENERS_MAX];
	size_t listeners;
	struct address metrics;                    /* n 0: none */
	const char *interface[XDP_INTERFACES_MAX]; /* to take queries from by AF_XDP */
	size_t interfaces;
	struct ax_name *zones; /* owned */
	size_t nzones;
	unsigned rrl_accounts, threads, tcp_connections, tcp_per_address, tcp_idle_s, tcp_write_s;
	const char *tls_certificate, *tls_key; /* files; NULL: nobody speaks TLS */
	struct tls_pair *tls;                  /* what is in them; owned, unless it is taken out */
	bool no_cookies;                       /* else those of a secret made at the start, where routing has none */
	bool require_signed, sandbox;
	unsigned log_every, dnstap_every; /* tap.h */
	const char *dnstap_socket, *dnstap_file;
	const char **keys; /* files of those whose signatures count; the array is owned */
	size_t nkeys;
	char **text; /* owned: what was read from a file */
	size_t texts;
	bool others; /* options beside --config were said */
	bool help, version, test;
};

/* AX_EUSAGE with what is wrong. Strings borrow from argv and the arguments. repo: what stands for --repo without it;
 * cores: for --threads. */
AX_MUST enum ax_err conf_read(struct conf *c, int argc, char **argv, const char *repo, unsigned cores);
void conf_fini(struct conf *c);

/* For yaml.h. *out is a copy of text that lives as long as c. */
AX_MUST enum ax_err conf_keep(const char **out, struct conf *c, const char *text);
/* transports: bits of listen.h. */
AX_MUST enum ax_err conf_add_listener(struct conf *c, const char *text, unsigned transports);
/* Where metrics are served: on loopback only. */
AX_MUST enum ax_err conf_metrics(struct conf *c, const char *text);
AX_MUST enum ax_err conf_add_zone(struct conf *c, const char *text);
/* A network interface; the text is borrowed. */
AX_MUST enum ax_err conf_add_interface(struct conf *c, const char *text);
/* Secrets of cookies from a file (cookie.h). AX_ENOENT, AX_EINVAL with path and line. */
AX_MUST enum ax_err conf_cookies(struct conf *c, const char *path);
/* All of a file of at most a megabyte. AX_ENOENT, AX_EINVAL. */
AX_MUST enum ax_err conf_file(struct ax_buf *out, const char *path);
/* A file of public keys; the path is borrowed. */
AX_MUST enum ax_err conf_add_key(struct conf *c, const char *path);

/* What no part of the configuration alone can tell: do they go together? The certificate is loaded. */
AX_MUST enum ax_err conf_check(struct conf *c);

#endif
