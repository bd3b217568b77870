/* plain.h - the plain way to an answer: core/lookup.h on the store, written out. Slow and obviously right; it serves
 * while an image is not ready and is what tests hold the image's answers against. Its own thread pool is queue.h. */
#ifndef PLAIN_H
#define PLAIN_H

#include "dnsd/respond.h"

/* Answer q, for which respond() said RESPOND_PLAIN, within the transaction. What can't be read is SERVFAIL. */
void plain_answer(struct packet *m, struct query *q, struct ax_txn *t, enum transport transport, struct stats *s);

#endif
