/* idn.h - names outside ASCII: the form a zone can hold (RFC 5890), for a hint. The only file that knows libidn2. */
#ifndef IDN_H
#define IDN_H

#include "core/bytes.h"

/* Append the xn-- form of a name in UTF-8. False, and nothing, if text is ASCII or no such name. */
bool idn_ascii(struct ax_buf *out, const char *text);

#endif
