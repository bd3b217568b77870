/* when.h - moments as people write them, in UTC: 2026-08-01, 2026-08-01 10:30, 2026-08-01 10:30:59, yesterday, now,
 * 2 days ago (seconds, minutes, hours, days, weeks, months, years; dots do for blanks). */
#ifndef AX_WHEN_H
#define AX_WHEN_H

#include "core/commit.h"

/* AX_EINVAL with a sentence that quotes the text. A moment given to the second means its end, so that what the log
 * shows at that second is in. */
AX_MUST enum ax_err ax_when_parse(struct ax_time *out, const char *text, size_t n, struct ax_time now);

/* A moment to come, to the second: 2026-08-01 10:30, 22:30 (the next one), tomorrow, tomorrow 6:30, in 2 hours.
 * AX_EINVAL if it is past. */
AX_MUST enum ax_err ax_when_parse_next(struct ax_time *out, const char *text, size_t n, struct ax_time now);

#endif
