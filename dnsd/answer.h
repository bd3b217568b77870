/* answer.h - the answer to a question from an image: the three sections and AA, on wire bytes.
 * Sits on find.h and packet.h; respond.h calls it. core/lookup.h says the same slowly: the two must agree.
 * No allocation, no lock, no system call, neither LMDB nor ldns. */
#ifndef ANSWER_H
#define ANSWER_H

#include "dnsd/find.h"
#include "dnsd/packet.h"

/* Answer m's query for a name at or below the image's apex, whose lookup has begun; the image is ready. Returns the
 * rcode; m->tc tells that it did not fit. */
enum ax_rcode answer_from_image(struct packet *m, const struct image *im, const struct find_ahead *a);

#endif
