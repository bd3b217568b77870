/* daemon.h - what a running apexd tells at its metrics page (apexd(8), METRICS): fetched over HTTP, asked by name.
 * Limits: a page of DAEMON_PAGE_MAX octets, fetched within DAEMON_WAIT_S seconds. */
#ifndef DAEMON_H
#define DAEMON_H

#include "core/bytes.h"

enum { DAEMON_PAGE_MAX = 64 << 20, DAEMON_WAIT_S = 5 };

/* The page at "127.0.0.1:9153" or "[::1]:9153", numbers only. AX_EUSAGE if that is no address, AX_ENOREPO if no
 * daemon answers there. */
AX_MUST enum ax_err daemon_fetch(struct ax_buf *page, const char *address);

/* One line of the page: apexd_NAME{LABELS} VALUE. Slices borrow from the page. */
struct daemon_sample {
	struct ax_slice labels; /* what stands in braces */
	double value;
};
/* Walk the samples of a metric, its name without apexd_: start with *pos = 0. */
bool daemon_next(struct daemon_sample *out, const struct ax_buf *page, const char *name, size_t *pos);
/* All of them added up; 0 if there are none. */
double daemon_sum(const struct ax_buf *page, const char *name);
/* The value of a label, as it stands there; empty if there is no such label. */
struct ax_slice daemon_label(const struct daemon_sample *s, const char *label);

#endif
