/* conf.h - what the command line says. */
#ifndef CONF_H
#define CONF_H

#include "core/name.h"
#include "dnsd/address.h"

enum { CONF_ADDRESSES_MAX = 64, CONF_THREADS_MAX = 256 };

struct conf {
	const char *repo, *branch, *at;
	struct address address[CONF_ADDRESSES_MAX];
	size_t addresses;
	struct ax_name *zones; /* owned */
	size_t nzones;
	unsigned threads, tcp_connections;
	bool require_signed;
	const char **keys; /* files of those whose signatures count; the array is owned */
	size_t nkeys;
	bool help, version;
};

/* AX_EUSAGE with what is wrong. Strings borrow from argv and the arguments. repo: what stands for --repo without it;
 * cores: for --threads. */
AX_MUST enum ax_err conf_read(struct conf *c, int argc, char **argv, const char *repo, unsigned cores);
void conf_fini(struct conf *c);

#endif
