/* identity.h - what the server tells of itself: NSID (RFC 5001) and the names of class CHAOS (RFC 4892).
 * What is not configured is not told. Threads: plain values. */
#ifndef IDENTITY_H
#define IDENTITY_H

#include "core/err.h"

enum { IDENTITY_NSID_MAX = 128, IDENTITY_TEXT_MAX = 255 };

/* A character-string (RFC 1035 3.3); n 0: it is not told. */
struct identity_text {
	uint8_t n;
	char text[IDENTITY_TEXT_MAX];
};

struct identity {
	uint8_t nsid_n; /* 0: not told */
	uint8_t nsid[IDENTITY_NSID_MAX];
	struct identity_text server;  /* id.server, hostname.bind */
	struct identity_text version; /* version.server, version.bind */
	struct identity_text authors; /* authors.bind */
};

/* A text as it is, or bytes as 0x and hexadecimal digits. AX_EINVAL. */
AX_MUST enum ax_err identity_nsid(struct identity *id, const char *text);
AX_MUST enum ax_err identity_text(struct identity_text *out, const char *text);

#endif
