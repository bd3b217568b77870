/* zone.h - the zones of a repository, their settings, and the counter that makes serials go forward.
 *
 * A zone has a number for life; removing it keeps number, history and serial counter, so that a zone that comes back
 * never shows an old serial with new content. */
#ifndef AX_ZONE_H
#define AX_ZONE_H

#include "core/commit.h"

enum ax_serial_policy { AX_SERIAL_INCREMENT, AX_SERIAL_UNIXTIME, AX_SERIAL_DATE };

struct ax_zone {
	uint32_t id; /* from 1 */
	bool removed;
	bool has_serial; /* some serial was shown */
	bool was_given; /* one of them came with an SOA, from a file, a transfer or by hand: the first such may be any
			 */
	uint32_t serial; /* the newest the zone ever showed on any branch (RFC 1982 order) */
	enum ax_serial_policy policy;
	bool has_ttl;        /* a default TTL was set */
	uint32_t ttl_s;      /* for new records without one; else the SOA's own TTL is taken */
	struct ax_name apex; /* lower case */
};

/* Find by apex, ignoring case. AX_ENOENT with a sentence if there is none or it was removed. */
AX_MUST enum ax_err ax_zone_find(struct ax_zone *out, struct ax_txn *t, const struct ax_name *apex);
AX_MUST enum ax_err ax_zone_get(struct ax_zone *out, struct ax_txn *t, uint32_t id);
/* The zone a user means: text with or without final dot, "@" for the root (its name in refs and files) as well as
 * "."; NULL or "": the default zone. */
AX_MUST enum ax_err ax_zone_named(struct ax_zone *out, struct ax_txn *t, const char *text);
/* The default zone (the one `init` named). */
AX_MUST enum ax_err ax_zone_default(struct ax_zone *out, struct ax_txn *t);
/* In order of number: the first with id > after that is not removed (removed too if all). AX_ENOENT at the end. */
AX_MUST enum ax_err ax_zone_next(struct ax_zone *out, struct ax_txn *t, uint32_t after, bool all);
/* The zone that is the deepest at or above name. AX_ENOENT if none. */
AX_MUST enum ax_err ax_zone_above(struct ax_zone *out, struct ax_txn *t, const struct ax_name *name);

/* Write side: used by repo.c. */
AX_MUST enum ax_err ax_zone_put(struct ax_txn *t, struct ax_zone *z); /* id 0: gets the next number */
AX_MUST enum ax_err ax_zone_set_default(struct ax_txn *t, uint32_t id);
/* One that was removed: to bring it back under its number. AX_ENOENT if it never was or is there. */
AX_MUST enum ax_err ax_zone_find_removed(struct ax_zone *out, struct ax_txn *t, const struct ax_name *apex);

/* -- serials (RFC 1982) ------------------------------------------------------------------------------------ */

/* a is newer than b. (At a distance of exactly 2^31 neither is.) */
static inline bool ax_serial_newer(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) > 0;
}
/* The next serial of the zone's policy, newer than all it showed; never 0. now: the clock's value, for unixtime and
 * date. */
uint32_t ax_serial_next(const struct ax_zone *z, struct ax_time now);
/* The commit that showed a serial; AX_ENOENT if none did, or gc dropped it. */
AX_MUST enum ax_err ax_serial_find(uint64_t *commit, struct ax_txn *t, uint32_t zone, uint32_t serial);
/* The tree that a serial named, also if its commit was dropped since. AX_ENOENT if the zone never showed it. */
AX_MUST enum ax_err ax_serial_tree(struct ax_id *tree, struct ax_txn *t, uint32_t zone, uint32_t serial);
/* Note that a commit shows a serial and raise the zone's counter. */
AX_MUST enum ax_err ax_serial_note(struct ax_txn *t, struct ax_zone *z, uint32_t serial, uint64_t commit);

#endif
