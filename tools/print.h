/* print.h - how text reaches a person: colour and pager only on a terminal, progress only on one. */
#ifndef PRINT_H
#define PRINT_H

#include "core/bytes.h"

enum print_style {
	PRINT_PLAIN,
	PRINT_LOG, /* commit lines and diff lines are painted */
	PRINT_IDS, /* each line begins with an id */
};

/* All of text to stdout; painted and, if paged, through $PAGER when stdout is a terminal. AX_EIO if it can't be
 * written. */
AX_MUST enum ax_err print_text(struct ax_slice text, enum print_style style, bool paged);
/* All of text to stdout, as it is. */
AX_MUST enum ax_err print_bytes(struct ax_slice text);

/* Progress of long work on stderr: what, how far, rate and time left; silent unless stderr is a terminal, and in the
 * first half second. Times are monotonic nanoseconds. */
struct print_progress {
	const char *what;
	uint64_t total, done;
	int64_t began_ns, shown_ns;
	bool on, shown;
};
void print_progress_begin(struct print_progress *p, const char *what, uint64_t total);
void print_progress_set(struct print_progress *p, uint64_t done);
void print_progress_end(struct print_progress *p);

#endif
