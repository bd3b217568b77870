/* who.h - who speaks, and when: the author from the environment or the password file, the clock, the uid.
 * core has no clock and no environment; here is where both come in. */
#ifndef WHO_H
#define WHO_H

#include "core/repo.h"

struct who {
	char name[AX_PERSON_MAX + 1], mail[AX_PERSON_MAX + 1], via[AX_VIA_MAX + 1];
};

/* The time of day with nanoseconds and the local offset from UTC. */
struct ax_time who_now(void);
/* APEX_AUTHOR_NAME and APEX_AUTHOR_EMAIL, else the password file's name and login@host. What a commit can't carry
 * (control bytes, <, >) is dropped. The actor borrows from w. */
struct ax_actor who_actor(struct who *w);
/* Copy text less what a person's name can't carry in a commit; blanks at the ends are cut. */
void who_clean(char out[AX_PERSON_MAX + 1], const char *text);

#endif
