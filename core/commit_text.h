/* commit_text.h - lines of text that commits and tags share: headers and persons. Internal to core. */
#ifndef AX_COMMIT_TEXT_H
#define AX_COMMIT_TEXT_H

#include "core/commit.h"

/* Does s have control bytes, other than those of `but`? */
bool ax_has_control(const char *s, const char *but);
/* AX_EINVAL with what is wrong in a name, mail or time; what: whose. */
AX_MUST enum ax_err ax_person_check(const char *what, const struct ax_person *p);
/* Append `WHAT NAME <MAIL> SECONDS.NNNNNNNNN +HHMM` and LF. */
void ax_person_put(struct ax_buf *b, const char *what, const struct ax_person *p);
/* The text of the next line if it is header `what`, its LF replaced by a 0 byte and *p moved behind it; NULL else. */
char *ax_header_take(char **p, const char *what);
/* The same for a person, whose strings then point into the text; false if there is none. */
bool ax_person_take(struct ax_person *out, char **p, const char *what);

#endif
