/* zonetext.h - zone text in and out (RFC 1035 5, 2308 4, 3597).
 *
 * In, leniently as BIND reads it: $ORIGIN, $TTL, $INCLUDE (only below a root folder that was given), $GENERATE
 * (bounded), @, relative names, parentheses, blank owner, quoted strings, \DDD, class IN or none. Out: strictly
 * sorted, one record a line, names absolute; reading it back gives the same tree.
 * Every refusal is AX_EINVAL with "FILE:LINE: what: the token". Warnings go to the reader's callback.
 * Limits: a record's text 1 MiB, $INCLUDE depth 8 and 1,000 files, $GENERATE 65,536 records each, 2^24 in all. */
#ifndef AX_ZONETEXT_H
#define AX_ZONETEXT_H

#include "core/rrset.h"

struct ax_zonetext_options {
	const char *file;           /* for messages; never NULL */
	const struct ax_name *apex; /* the zone; also the first $ORIGIN */
	const char *include_root;   /* folder that $INCLUDE may read below; NULL: refused with its line */
	uint32_t default_ttl_s;     /* for records before any TTL is known; used if has_default_ttl */
	bool has_default_ttl;
	/* One record, in file order, owner's letter case as written. Owner and rdata are borrowed for the call. An
	 * error returned stops the reading and is returned as it is. */
	enum ax_err (*record)(void *ctx, const struct ax_name *owner, uint16_t type, uint32_t ttl_s,
			      struct ax_slice rdata, unsigned line);
	/* A warning, without file:line prefix (it is in line; one from an included file names that file and line in
	 * its text, and line is the $INCLUDE's, as it is for records). May be NULL. */
	void (*warn)(void *ctx, unsigned line, const char *text);
	void *ctx;
};

/* Read zone text of one zone: each record is checked for its type and handed over; records outside the zone are
 * dropped with a warning. A missing TTL is $TTL's, else the last one stated, else
 * the default, else an error; an SOA without any makes its MINIMUM the $TTL. */
AX_MUST enum ax_err ax_zonetext_read(struct ax_slice text, const struct ax_zonetext_options *o);

/* The name of the zone a text is of: the owner of its first SOA (for import without a zone named).
 * AX_ENOENT if there is none that stands alone. */
AX_MUST enum ax_err ax_zonetext_apex(struct ax_name *out, struct ax_slice text, const char *file);

/* -- one RRset as text: record files of the mount, `show`, export ------------------------------------------ */

struct ax_record_defaults {
	bool has_current_ttl; /* the RRset exists: it keeps its TTL */
	uint32_t current_ttl_s;
	uint32_t zone_ttl_s; /* else this one */
};

/* Read a record file of owner/type (DESIGN section 4): each line `TTL IN TYPE RDATA`, the zone-file line with its
 * own owner, or RDATA alone; ; comments and blank lines dropped; names relative to apex may be written. Lines
 * without TTL take the one stated; differing TTLs are refused (but for RRSIG). RRSIG files hold all types covered:
 * one value per covered type is made. The callback gets each RRset's value, in order.
 * AX_EINVAL with "line N: what: the token". An empty text is AX_ENOENT. */
AX_MUST enum ax_err ax_record_read(struct ax_slice text, const struct ax_name *owner, const struct ax_name *apex,
				   uint16_t type, const struct ax_record_defaults *d,
				   enum ax_err (*rrset)(void *ctx, uint16_t covered, struct ax_slice value),
				   void *ctx);
/* Complete lines, one or more from the beginning of a record: AX_EINVAL only if no later text could make them valid
 * (a parenthesis still open is no fault). For refusing inside write(2). */
AX_MUST enum ax_err ax_record_line_check(struct ax_slice line, const struct ax_name *owner,
					 const struct ax_name *apex, uint16_t type);

/* Append an RRset as `TTL IN TYPE RDATA` lines. soa_serial replaces the stored 0 of an SOA. */
AX_MUST enum ax_err ax_record_text(struct ax_buf *out, const struct ax_rrset *rrset, uint32_t soa_serial);
/* Append an RRset as zone-file lines `OWNER TTL IN TYPE RDATA`, owner absolute. */
AX_MUST enum ax_err ax_zonetext_write(struct ax_buf *out, const struct ax_name *owner, const struct ax_rrset *rrset,
				      uint32_t soa_serial);

#endif
