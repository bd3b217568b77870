/* refusal.h - what guards refused, and what was due and could not be done: so that whoever comes later can read it.
 * Sits on ref.h. Kept beside the plans, but longer: the newest AX_REFUSALS_MAX. A plan that is refused again before a
 * day has passed is one refusal.
 * Table main: 'r' ~number u64 -> version, when, zone, plan, and four texts. Each one is in the log too
 * (AX_LOG_REFUSED), so that followers hear of it. */
#ifndef AX_REFUSAL_H
#define AX_REFUSAL_H

#include "core/ref.h"

enum { AX_REFUSALS_MAX = 1000, AX_REFUSAL_TEXT_MAX = 1000 };

struct ax_refusal {
	uint64_t number; /* from 1; the newest has the highest */
	struct ax_time when;
	uint32_t zone;
	struct ax_id plan; /* zeroes: there is none to be forced */
	char branch[AX_REF_NAME_MAX + 1];
	char author[2 * AX_PERSON_MAX + 4]; /* NAME <MAIL> */
	char via[AX_VIA_MAX + 1];
	char why[AX_REFUSAL_TEXT_MAX + 1]; /* longer ones are cut */
};

/* Keep it; number is given to it. */
AX_MUST enum ax_err ax_refusal_put(struct ax_txn *t, const struct ax_refusal *r);
/* Newest first: the one before number `before` (0: the newest). AX_ENOENT at the end. */
AX_MUST enum ax_err ax_refusal_next(struct ax_refusal *out, struct ax_txn *t, uint64_t before);

#endif
