/* reject.h - the refused text is kept beside the record, as NAME.rejected: scratch, opened by name, not listed. */
#ifndef FS_REJECT_H
#define FS_REJECT_H

#include "fs/mount.h"
#include "fs/who.h"

/* NAME.rejected: a name that comes and changes without the kernel's doing. */
bool reject_is_name(const char *name);
/* Note the refusal of dir/name in `errors` and keep text with line and reason. Under mount.lock. */
void reject(struct mount *m, struct node *dir, const char *name, struct ax_slice text, const char *reason,
	    const struct who *who);
/* The same for a rename of n to dir/name, which failed with e. The errno to answer: after ESTALE the kernel asks once
 * more by itself, and of that nobody is told again. */
AX_MUST int reject_rename(struct mount *m, struct node *n, struct node *dir, const char *name, struct ax_slice text,
			  enum ax_err e, const struct who *who);

#endif
