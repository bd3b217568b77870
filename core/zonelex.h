/* zonelex.h - zone text cut into entries: one record or directive each, comments and parentheses gone.
 * Between the bytes of a file and zonetext.c, zonegen.c, record.c, which alone include this.
 *
 *      api  IN SOA ns. h. ( 1 ; serial            entry: "api  IN SOA ns. h.   1    2 3 4 5  "
 *                2 3 4 5 )                         line of its beginning, blank_owner false
 *
 * An entry on one line is a slice of the text; only one with parentheses is copied (into scratch).
 * Limits: an entry of 1 MiB (RDATA of 65,535 octets, each as \DDD, is a quarter of it). */
#ifndef AX_ZONELEX_H
#define AX_ZONELEX_H

#include "rdfield.h"

enum { AX_ENTRY_MAX = 1 << 20 };

struct ax_zonelex {
	const char *p, *end;
	unsigned line;         /* of p, from 1 */
	bool open;             /* the last failure was an end of text inside parentheses */
	struct ax_buf scratch; /* the last entry's text if it had parentheses */
};

struct ax_entry {
	struct ax_lex text; /* borrowed from the text or from scratch: until the next call */
	bool blank_owner;   /* it began with a blank */
	unsigned line;
};

void ax_zonelex_init(struct ax_zonelex *lex, struct ax_slice text);
void ax_zonelex_fini(struct ax_zonelex *lex);
/* The next entry that is not blank. AX_ENOENT at the end; AX_EINVAL with the reason, its line in e->line. */
AX_MUST enum ax_err ax_zonelex_next(struct ax_entry *e, struct ax_zonelex *lex);

/* What stands between owner and RDATA. */
struct ax_record_head {
	bool has_ttl;
	uint32_t ttl_s;
	bool has_class;
	uint16_t type;
};

/* Read [TTL] [class] TYPE, TTL and class in either order; text is then at the RDATA. AX_EINVAL with the token: an
 * unknown type, one that no zone holds, a class other than IN, a TTL of 2^31 or more. */
AX_MUST enum ax_err ax_record_head(struct ax_record_head *h, struct ax_lex *text);

/* $GENERATE's template: append tmpl with $ replaced by value (zonegen.c). */
AX_MUST enum ax_err ax_generate_text(struct ax_buf *out, struct ax_slice tmpl, uint32_t value);
/* start-stop[/step] */
AX_MUST enum ax_err ax_generate_range(uint32_t *start, uint32_t *stop, uint32_t *step, const struct ax_token *t);

#endif
