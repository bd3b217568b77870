/* place.h - what stands behind `--`: one RRset, or a name and all below it, or nothing: the whole zone. */
#ifndef PLACE_H
#define PLACE_H

#include "tools/cli.h"

struct place {
	bool is_rrset;
	struct ax_name owner;
	uint16_t type;
	struct ax_buf key; /* a key, an owner prefix, or empty; owned */
};

/* n words: none, NAME, or NAME TYPE. RRSIGs are given by name alone. */
AX_MUST enum ax_err place_parse(struct place *out, struct cli *c, const struct ax_zone *zone, char **words, int n);
void place_fini(struct place *p);

#endif
