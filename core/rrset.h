/* rrset.h - an RRset as it is stored, and how one is made.
 *
 * A struct ax_rrset is a view of stored bytes (borrowed from a buffer or a transaction):
 *
 *     value = TTL u32 | count u16 | count x (length LEB128 | RDATA)
 *     RRSIG:  0   u32 | count u16 | count x (TTL u32 | length LEB128 | RDATA)
 *
 * Invariants: RDATAs in canonical order (RFC 4034 6.3); of RDATAs equal in canonical form one is kept, the
 * bytewise least; letter case inside is kept (RFC 4343). RRSIGs of one name and type covered stand together
 * but form no RRset (RFC 4035 2.2): each keeps its own TTL. The apex SOA's serial is 0 in a tree.
 * Limits: 1 to 65,535 records, 65,535 octets an RDATA, 16 MiB a value, TTL below 2^31 (RFC 2181 8). */
#ifndef AX_RRSET_H
#define AX_RRSET_H

#include "core/rdata.h"

enum { AX_RRSET_VALUE_MAX = 16 << 20 };

struct ax_rrset {
	uint16_t type, covered; /* covered: for RRSIG the type it signs, else 0 */
	uint16_t count;
	uint32_t ttl_s; /* RRSIG: 0, see each record */
	struct ax_slice body;
};

struct ax_rr {
	uint32_t ttl_s;
	struct ax_slice rdata;
};

/* View value bytes as an RRset; the bounds of every record are checked (foreign bytes are safe). Cost O(count).
 * AX_ECORRUPT if malformed. */
AX_MUST enum ax_err ax_rrset_view(struct ax_rrset *out, uint16_t type, uint16_t covered, struct ax_slice value);
/* Walk the records: start with *pos = 0. */
bool ax_rrset_next(struct ax_rr *out, const struct ax_rrset *rrset, size_t *pos);

/* Collects records in any order, writes the canonical value. Owns its memory. */
struct ax_rrset_builder {
	uint16_t type, covered;
	bool has_ttl;
	uint32_t ttl_s;
	uint32_t ttl_max_s;  /* differs from ttl_s when the records' TTLs did: the lowest was taken */
	struct ax_buf bytes; /* TTL u32, length u32, RDATA; one after the other */
	size_t count;
};

void ax_rrset_builder_init(struct ax_rrset_builder *b, uint16_t type, uint16_t covered);
void ax_rrset_builder_fini(struct ax_rrset_builder *b);
/* Add one record (copied). AX_EINVAL if the RDATA is malformed for the type or the TTL is 2^31 or more;
 * a repeated record is dropped silently at the end. */
AX_MUST enum ax_err ax_rrset_builder_add(struct ax_rrset_builder *b, uint32_t ttl_s, struct ax_slice rdata);
/* Append the canonical value to out. AX_EINVAL without a record, AX_ELIMIT beyond the limits above. */
AX_MUST enum ax_err ax_rrset_builder_finish(struct ax_buf *out, struct ax_rrset_builder *b);

/* The type that RRSIG RDATA covers (its first 2 octets), 0 if it is too short. */
uint16_t ax_rrsig_covered(struct ax_slice rdata);

#endif
