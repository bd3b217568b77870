/* dnstap.h - queries and answers as dnstap tells them: protobuf messages in frame streams, to a socket or a file. The
 * only part that knows libfstrm, which connects, reconnects and writes on a thread of its own.
 * The messages' few fields are written here: of protobuf no more is needed than keys, varints and lengths. */
#ifndef DNSTAP_H
#define DNSTAP_H

#include "dnsd/tap.h"

struct dnstap;

AX_MUST enum ax_err dnstap_open(struct dnstap **out, const struct tap_options *o);
/* Flushes what it can. NULL is fine. */
void dnstap_close(struct dnstap *d);
/* False: it was dropped, as nobody reads or memory is short. Never blocks. */
bool dnstap_tell(struct dnstap *d, const struct tap_entry *e);
/* Append the message; for tests too. */
void dnstap_encode(struct ax_buf *b, const struct tap_options *o, const struct tap_entry *e);

#endif
