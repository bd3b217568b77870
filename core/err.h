/* err.h - every way a call can fail, in one list.
 * The first page of the river: everything else includes this.
 *
 * A function that can fail returns enum ax_err and is tagged AX_MUST. Results leave through `out`
 * parameters, placed first and cleared on entry.
 * Expected outcomes (AX_ENOENT, AX_ENOCHANGE, AX_ELOST, ...) may carry no text. Unexpected ones are made
 * where they happen by ax_fail(), which keeps a sentence (file:line, name, type, why) for the calling
 * thread, and are passed up unchanged; whoever talks to a person prints ax_err_text().
 * Threads: the sentence is thread-local. */
#ifndef AX_ERR_H
#define AX_ERR_H

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AX_MUST __attribute__((warn_unused_result))
#define AX_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

/* X(name, sentence, errno that the mount answers, exit status of the command line) */
#define AX_ERRORS(X)                                                                      \
	X(AX_OK, "done", 0, 0)                                                            \
	X(AX_ENOENT, "not found", ENOENT, 1)                                              \
	X(AX_ENOCHANGE, "nothing changed", 0, 0)                                          \
	X(AX_EEXIST, "it is already there", EEXIST, 1)                                    \
	X(AX_EINVAL, "invalid input", EBADMSG, 1)                                         \
	X(AX_ECHECK, "the zone would fail a check", EBADMSG, 1)                           \
	X(AX_EAMBIGUOUS, "more than one object has this prefix", EINVAL, 1)               \
	X(AX_EPRUNED, "the tree of this commit was pruned", ENODATA, 1)                   \
	X(AX_ELIMIT, "a limit is exceeded", EFBIG, 1)                                     \
	X(AX_EUSAGE, "wrong usage", EINVAL, 2)                                            \
	X(AX_ENOREPO, "not an apexfs repository", ENOENT, 3)                              \
	X(AX_EGUARD, "refused by a guard", EPERM, 4)                                      \
	X(AX_ECONFLICT, "conflicting changes", ESTALE, 5)                                 \
	X(AX_ELOST, "somebody else was faster: the branch has moved", ESTALE, 5)          \
	X(AX_EBEHIND, "not served yet", EAGAIN, 6)                                        \
	X(AX_EPERM, "not permitted", EPERM, 7)                                            \
	X(AX_EPROTECTED, "the branch is protected", EROFS, 7)                             \
	X(AX_EROFS, "the store is on a disk that is read-only", EROFS, 7)                 \
	X(AX_EVERSION, "the repository has a format this program does not know", EIO, 70) \
	X(AX_ECORRUPT, "a stored object is missing or damaged", EIO, 70)                  \
	X(AX_ENOSPC, "no space left in the store", ENOSPC, 70)                            \
	X(AX_ENOMEM, "out of memory", ENOMEM, 70)                                         \
	X(AX_EIO, "input/output error", EIO, 70)                                          \
	X(AX_EINTERNAL, "internal error", EIO, 70)

enum ax_err {
#define X(name, sentence, errno_value, status) name,
	AX_ERRORS(X)
#undef X
};

/* The enumerator's name, e.g. "AX_ENOENT". Never NULL. */
const char *ax_err_name(enum ax_err e);

/* The generic sentence of e, without context. Never NULL. */
const char *ax_err_sentence(enum ax_err e);

/* The errno that fits e (0 for AX_OK and AX_ENOCHANGE). */
int ax_err_errno(enum ax_err e);

/* The exit status of the command line that fits e (DESIGN: 0 to 7, 70). */
int ax_err_status(enum ax_err e);

/* Keep a sentence for this thread and return e: `return ax_fail(AX_EINVAL, "%s: ...", name);`
 * At most 1,023 bytes are kept; control bytes are replaced by '?'. */
enum ax_err ax_fail(enum ax_err e, const char *fmt, ...) AX_PRINTF(2, 3);

/* What to tell a person about e: the sentence kept by the last ax_fail() of this thread if it was for e,
 * else the generic one. Borrowed; valid until the thread's next ax_fail(). */
const char *ax_err_text(enum ax_err e);

/* Forget the kept sentence. */
void ax_err_clear(void);

#endif
