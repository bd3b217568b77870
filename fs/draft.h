/* draft.h - the text of a record while it is open for writing: shared by all who have it open, judged when a write
 * counts (save.c), gone when the last of them closes.
 *
 *   shown    the text differs from what is committed: written or truncated, not saved yet. Readers of the mount see
 * it; DNS never does. dirty    written since opened or saved: a flush by the opener has something to say. Truncating
 * alone is not. refused  the text, as it is at generation refused_gen, was judged bad: sticky until it changes.
 *
 * Threads: belongs to mount.lock. Limits: DRAFT_MAX, what an RRset may have (rrset.h): EFBIG beyond; DRAFTS_MAX, all
 * drafts of a mount together: ENOSPC beyond. */
#ifndef FS_DRAFT_H
#define FS_DRAFT_H

#include "core/commit.h"
#include "fs/who.h"

#include <time.h>

enum { DRAFT_MAX = 16 << 20, DRAFTS_MAX = 64 << 20 };

struct draft {
	struct ax_buf text;
	bool loaded; /* text was read in, or begun anew; else it is still what is committed */
	bool shown, dirty;
	bool judged;          /* `errors` and A.rejected have told of the refusal at refused_gen */
	uint64_t max;         /* bytes: DRAFT_MAX unless told otherwise */
	uint64_t gen;         /* grows with every change of text */
	uint64_t refused_gen; /* 0: not refused */
	int refused;          /* the errno */
	char reason[700];
	size_t checked; /* lines up to here are possible ones */
	uint64_t base;  /* record_info.base when it was opened or last saved: ESTALE if it is another then */
	struct ax_time written;
	bool moves; /* its directory is being renamed, and nobody else changed what it began with */
	bool dated; /* utimens gave the text to be saved a time */
	struct timespec mtime;
	struct who who; /* who opened it, or asked to save it, last */
	size_t *all;    /* bytes of all drafts of the mount; borrowed */
	size_t counted; /* of them, ours */
};

/* NULL without memory. *all begins with 0 and outlives the draft. */
struct draft *draft_new(uint64_t base, size_t *all);
void draft_free(struct draft *d);

/* The text was read in: what is committed. ENOSPC. */
AX_MUST int draft_loaded(struct draft *d);
/* Change the text; errnos ENOMEM, EFBIG, ENOSPC. The text is loaded. */
AX_MUST int draft_write(struct draft *d, const void *p, size_t size, uint64_t off);
AX_MUST int draft_truncate(struct draft *d, uint64_t size);
/* Note a refusal of the text as it is. */
void draft_refuse(struct draft *d, int error, const char *reason);
/* Is the text, as it is, refused already? Its errno, else 0. */
int draft_refused(const struct draft *d);
/* The text of generation gen is saved; base is what is committed now. */
void draft_saved(struct draft *d, uint64_t gen, uint64_t base);

/* Look at the lines completed since the last look: the reason into d and EBADMSG if one can never be valid. */
AX_MUST int draft_check_lines(struct draft *d, const struct ax_name *owner, const struct ax_name *apex,
			      uint16_t type);

#endif
