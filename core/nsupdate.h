/* nsupdate.h - the script language of nsupdate(1), read.
 *
 *     zone example.
 *     prereq yxrrset www.example. IN A 192.0.2.1
 *     update delete www.example. A
 *     update add www.example. 300 IN A 192.0.2.2
 *     send
 *
 * Names are absolute, with or without their final dot, as nsupdate takes them. Words that are about the wire (server,
 * local, key, gsstsig, realm, show, answer, debug ...) mean nothing here and are passed over.
 * Every refusal is AX_EINVAL with "FILE:LINE: what: the token". Foreign bytes are safe; limits: a line of 1 MiB. */
#ifndef AX_NSUPDATE_H
#define AX_NSUPDATE_H

#include "core/rrset.h"

enum ax_nsupdate_verb {
	AX_NSUPDATE_ZONE,     /* owner */
	AX_NSUPDATE_NXDOMAIN, /* owner */
	AX_NSUPDATE_YXDOMAIN, /* owner */
	AX_NSUPDATE_NXRRSET,  /* owner, type */
	AX_NSUPDATE_YXRRSET,  /* owner, type, perhaps rdata: all of an RRset's together say what it is */
	AX_NSUPDATE_ADD,      /* owner, type, ttl_s, rdata */
	AX_NSUPDATE_DELETE,   /* owner, perhaps type (else AX_TYPE_ANY), perhaps rdata */
	AX_NSUPDATE_SEND,     /* a message ends (an empty line, too) */
};

struct ax_nsupdate_command {
	enum ax_nsupdate_verb verb;
	unsigned line;
	struct ax_name owner;
	uint16_t type;
	uint32_t ttl_s;
	bool has_rdata;
	struct ax_slice rdata; /* borrowed for the call */
};

/* Call each for every command; an error it returns ends the reading and is returned. */
AX_MUST enum ax_err ax_nsupdate_read(struct ax_slice text, const char *file,
				     enum ax_err (*each)(void *ctx, const struct ax_nsupdate_command *c), void *ctx);

#endif
