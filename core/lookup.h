/* lookup.h - the plain lookup: RFC 1034 4.3.2 on a tree, straight from the store.
 * Sits on tree.h and rrset.h. It is meant to be obviously right, not fast: apexd answers with it while an image is
 * not ready, and its tests hold the image's answers equal to these.
 *
 *     apex -> label by label down to the name asked
 *       a zone cut on the way        referral: NS and glue, not authoritative (2181 5.4, 9471)
 *       a DNAME above the name       the DNAME, a CNAME made from it, and on (6672 3.2)
 *       the name itself              its RRset; its CNAME, and on; or NODATA (2308 2.2)
 *       nothing there                the wildcard of the closest encloser (4592), or NXDOMAIN (2308 2.1)
 *
 * Chains of CNAME and DNAME are followed inside the zone; the rcode is the last link's (6604). A loop ends where it
 * closes, any chain after AX_LOOKUP_CHAIN_MAX links, and a DNAME whose target lies below itself, which would rename
 * for ever, is applied once: what was gathered is answered.
 * dnssec brings the RRSIGs beside what they cover, and a referral's DS (RFC 4035 3.1); else RRSIGs are given only
 * when asked for by their type. Ownership: RRsets borrow from the transaction, those made here from the struct, which
 * must not be moved; fini frees. Cost: O(labels x log n) store reads. */
#ifndef AX_LOOKUP_H
#define AX_LOOKUP_H

#include "core/commit.h"
#include "core/rrset.h"

enum {
	AX_LOOKUP_CHAIN_MAX = 24,  /* names asked for one question, its own included */
	AX_LOOKUP_HOSTS_MAX = 128, /* hosts of ours whose addresses are looked for to be added */
};

enum ax_rcode {
	AX_RCODE_NOERROR = 0,
	AX_RCODE_FORMERR = 1,
	AX_RCODE_SERVFAIL = 2,
	AX_RCODE_NXDOMAIN = 3,
	AX_RCODE_NOTIMP = 4,
	AX_RCODE_REFUSED = 5,
	AX_RCODE_YXDOMAIN = 6,
	AX_RCODE_NOTAUTH = 9,
	AX_RCODE_BADVERS = 16,
	AX_RCODE_BADCOOKIE = 23,
};

struct ax_lookup_rrset {
	struct ax_name owner; /* as it was asked for, or spelled in the RDATA that led here */
	struct ax_rrset set;  /* of an SOA: with the commit's serial */
	uint32_t ttl_s;       /* to be shown; of an SOA in a negative answer min(TTL, MINIMUM); of RRSIGs the most */
	bool required;        /* in-domain glue: without it the answer is cut short (RFC 9471 3.1) */
	bool rides;           /* RRSIGs of the one before: nothing without it (RFC 4035 3.1.1) */
};

struct ax_lookup_section {
	struct ax_lookup_rrset *v;
	size_t n, cap;
};

struct ax_lookup {
	enum ax_rcode rcode;
	bool authoritative;
	struct ax_lookup_section answer, authority, additional;
	struct ax_buf soa;                                  /* the apex SOA with its serial */
	uint8_t made[AX_LOOKUP_CHAIN_MAX][AX_NAME_MAX + 2]; /* bodies of CNAMEs made from DNAMEs */
	struct ax_name asked[AX_LOOKUP_CHAIN_MAX];          /* the names of the chain so far */
	unsigned links, hosts;
};

/* Look up qname/qtype in the zone apex as it is at commit c. AX_EINVAL if qname is outside the zone, AX_ECORRUPT if
 * something stored can't be read. Call fini in any case. */
AX_MUST enum ax_err ax_lookup(struct ax_lookup *out, struct ax_txn *t, const struct ax_name *apex,
			      const struct ax_commit_info *c, const struct ax_name *qname, uint16_t qtype,
			      bool dnssec);
void ax_lookup_fini(struct ax_lookup *l);

#endif
