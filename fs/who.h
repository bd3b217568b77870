/* who.h - who asks: the calling process as author, and what time it is. */
#ifndef FS_WHO_H
#define FS_WHO_H

#include "core/repo.h"

#include <sys/types.h>

struct who {
	uid_t uid;
	char name[AX_PERSON_MAX], mail[AX_PERSON_MAX], via[AX_VIA_MAX];
};

/* The person behind uid: name, mail. Reads the system's tables. */
void who_person(struct who *w, uid_t uid);
/* The program behind pid (a thread's id; 0: the kernel's own writing), of a person asked for before. */
void who_program(struct who *w, pid_t pid);
/* As an actor of now; borrows from w. */
struct ax_actor who_actor(const struct who *w);
/* The process that thread pid belongs to; 0 if it is gone. */
pid_t who_process(pid_t pid);
/* The signal that thread pid's process is dying of; 0 if it is not, or exits by itself. An ordinary user does not
 * learn it of another's process: 0 then. */
int who_killed(pid_t pid);

struct ax_time who_now(void);
/* Nanoseconds of a clock that never jumps. */
uint64_t who_clock(void);

#endif
