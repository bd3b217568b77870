/* sandbox.h - what the serving process gives up before it reads its first query: root, capabilities, new privileges,
 * writing and running anything in the file system (Landlock), and all system calls but those that it needs (seccomp).
 * The only part that knows libseccomp.
 *
 *     sockets, store, certificates opened  ->  sandbox_enter  ->  threads
 *
 * Files can still be opened for reading: configuration, certificates and databases are read again at a reload, the
 * store after a repack. What is not allowed fails with EPERM or EACCES: nothing is killed.
 * Threads: called before there is a second one, as Landlock is a thread's and its children's. */
#ifndef SANDBOX_H
#define SANDBOX_H

#include "core/err.h"

/* Sanitizers call what they like: built with one, system calls stay open. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANDBOX_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANDBOX_SANITIZED 1
#endif
#endif
#ifndef SANDBOX_SANITIZED
#define SANDBOX_SANITIZED 0
#endif

struct sandbox {
	const char *user;     /* whom root becomes; NULL: the owner of `owned` */
	const char *owned;    /* the repository */
	const char *handover; /* a socket that is given its name later; NULL: none */
	bool connects;        /* to sockets in the file system */
	bool raw;             /* AF_XDP is still to be set up: its capabilities and system calls stay */
	void (*log)(const char *text);
};

/* Is there a user of this name, and may we become one? AX_EUSAGE. */
AX_MUST enum ax_err sandbox_check(const char *user);
/* What the kernel does not know is told and left out. AX_EPERM if something that it knows is refused. */
AX_MUST enum ax_err sandbox_enter(const struct sandbox *s);

#endif
