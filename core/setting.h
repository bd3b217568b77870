/* setting.h - what an operator may set of a zone: names, types, bounds, and the guards' rules that come of it.
 * Sits on zone.h; guard.c obeys, `apex config` gets and sets. Every setting has a value: the one that was set, else
 * its default.
 *
 *     serial.policy      increment | unixtime | date          ttl.default       0 to 2147483647 or none
 *     guard.deletions    RRsets a minute, or none             guard.ttl         seconds, or none
 *     guard.delegation   on | off                             guard.names       NAME, NAME/TYPE ..., or none
 *     gc.days            days                                 gc.commits        a number
 *
 * A text is kept in one form (numbers without leading zeros, names relative and in lower case), so that equal
 * settings are equal bytes: a plan's hash covers those of guards (plan.h).
 * Table main: 'c' zone name -> text; the first two stand in the zone's record. Each change is logged as a setting,
 * "config/NAME". */
#ifndef AX_SETTING_H
#define AX_SETTING_H

#include "core/repo.h"

enum ax_setting_type { AX_SETTING_WORD, AX_SETTING_NUMBER, AX_SETTING_SECONDS, AX_SETTING_NAMES };

struct ax_setting {
	const char *name, *fallback; /* the value it has when nothing was set */
	const char *help;            /* half a sentence */
	enum ax_setting_type type;
	uint64_t min, max;        /* of numbers */
	bool can_be_none;         /* "none" is a value */
	const char *const *words; /* those that a word may be; ends with NULL */
};

/* The i-th of all settings, NULL beyond the last. */
const struct ax_setting *ax_setting_at(size_t i);
/* AX_ENOENT with the nearest name. */
AX_MUST enum ax_err ax_setting_find(const struct ax_setting **out, const char *name);
/* Append its value in a zone; *was_set (may be NULL): it is no default. */
AX_MUST enum ax_err ax_setting_get(struct ax_buf *out, bool *was_set, struct ax_txn *t, const struct ax_zone *zone,
				   const struct ax_setting *s);
/* A number's or seconds' value; *none: it is "none". */
AX_MUST enum ax_err ax_setting_number(uint64_t *out, bool *none, struct ax_txn *t, const struct ax_zone *zone,
				      const char *name);

/* Set it, or (text NULL) take it back to its default. AX_EINVAL with what would do; AX_ENOCHANGE if it is so already.
 */
AX_MUST enum ax_err ax_repo_set(struct ax_repo *r, uint32_t zone, const char *name, const char *text,
				const struct ax_actor *who);

/* -- the guards' rules -------------------------------------------------------------------------------------- */

struct ax_rules {
	bool has_deletions, has_ttl, delegation;
	uint64_t deletions;  /* RRsets that one author may delete through one door within a minute */
	uint32_t ttl_s;      /* the longest TTL that may come */
	struct ax_buf names; /* what may not be touched: key prefixes, each behind its length u16 */
	struct ax_buf text;  /* NAME=VALUE and LF of each guard that was set: what a hash covers. Empty: none was */
};

/* The rules of a zone. Owns its memory; call fini in any case. */
AX_MUST enum ax_err ax_rules_get(struct ax_rules *out, struct ax_txn *t, const struct ax_zone *zone);
void ax_rules_fini(struct ax_rules *r);
/* May the RRset of this key not be touched? */
bool ax_rules_covers(const struct ax_rules *r, struct ax_slice key);

#endif
