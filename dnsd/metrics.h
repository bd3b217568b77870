/* metrics.h - the counters as Prometheus reads them, and whether the daemon is ready.
 * Sits on stats.h and publish.h.
 * Limits: what is told of single zones is told of METRICS_ZONES a branch at most. */
#ifndef METRICS_H
#define METRICS_H

#include "dnsd/stats.h"
#include "dnsd/view.h"

enum { METRICS_ZONES = 1000 };

/* Append all metrics. Not to be called by a thread that is registered with publish.h. */
void metrics_write(struct ax_buf *b, const struct stats *s, uint64_t uptime_s);
/* How many zones still have no image, over all branches; *zones: how many there are. */
uint64_t metrics_loading(uint64_t *zones);

#endif
