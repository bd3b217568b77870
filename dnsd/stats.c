#include "dnsd/stats.h"

#include <inttypes.h>

void stats_sum(struct stats *sum, const struct stats *from)
{
#define X(name, what) stats_add(&sum->name, atomic_load_explicit(&from->name, memory_order_relaxed));
	STATS(X)
#undef X
}

void stats_print(FILE *out, const struct stats *s)
{
#define X(name, what) fprintf(out, #name " %" PRIu64 "\n", atomic_load_explicit(&s->name, memory_order_relaxed));
	STATS(X)
#undef X
}
