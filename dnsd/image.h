/* image.h - one commit of one zone in memory, in the form answers are made from. Immutable once published.
 * Sits on hamt.h and core; find.h asks it, answer.h answers from it, follow.h keeps it up to date.
 *
 *     image: apex, serial, tree ---- names: a trie by hash of the owner (hamt.h)
 *                                      |
 *            struct image_name: flags, children | relative name | RRset RRset ...    one block a name
 *                                                                 |
 *                                    struct image_rrset: type, TTL, count | length RDATA, length RDATA, ...
 *
 * Invariants: every name that exists is there, empty non-terminals too (RFC 4592 2.2.2), so that going down from the
 *   apex the first name missing ends the search. The apex SOA holds serial 0, as in the tree; who shows it puts in
 *   the image's: images of equal trees can share everything.
 * Signed zones: names with an NSEC or NSEC3 RRset are kept in order too (order.h), and where NSEC3 denies, a name's
 *   block ends with its hash and that of its wildcard.
 * Updating: the tree diff tells which owners changed; each is read anew from the new tree and put in place of the
 *   old, copying one path of the trie. What the images have in common is shared and counted (hamt.h).
 * Ownership: image_ref, image_unref.
 * Threads: made, referenced and dropped by one thread at a time, which owns all images that share names; read by any
 *   under publish.h.
 * Cost: building is one scan of the tree, an update O(changes x log n).
 * Limits: 65,535 RRsets a name, types covered counted apart; beyond that the zone is served the plain way. */
#ifndef IMAGE_H
#define IMAGE_H

#include "core/commit.h"
#include "core/denial.h"
#include "core/rrset.h"
#include "dnsd/dname.h"
#include "dnsd/hamt.h"
#include "dnsd/order.h"

enum {
	IMAGE_CUT = 1,   /* an NS RRset below the apex: a zone cut */
	IMAGE_DNAME = 2, /* all below is renamed */
	IMAGE_CNAME = 4,
	IMAGE_WILDCARD = 8, /* the child "*" exists */
	IMAGE_NSEC = 16,
	IMAGE_NSEC3 = 32,
	IMAGE_PROOF = 64, /* nothing but NSEC3 and its RRSIGs (RFC 5155 7.2.8) */
	IMAGE_HASHED = 128,
};

struct image_rrset {
	uint16_t type, covered;
	uint16_t count, spare;
	uint32_t ttl_s;
	uint32_t size;  /* octets of data */
	uint8_t data[]; /* count x (length u16, RDATA); RRSIG: count x (TTL u32, length u16, RDATA); padded to 4 */
};

struct image_name {
	uint32_t refs, edit; /* writer only */
	uint32_t children;   /* names one label below */
	uint16_t rrsets;
	uint8_t flags;
	uint8_t n;      /* octets of the name relative to the apex: 0 is the apex */
	uint8_t name[]; /* lower case wire without the apex's part; padded to 4; the RRsets follow, by type */
};

enum { IMAGE_BY_NSEC, IMAGE_BY_NSEC3, IMAGE_ORDERS };

enum image_state {
	IMAGE_READY,
	IMAGE_LOADING, /* no names yet: served the plain way */
	IMAGE_UNBORN,  /* the branch has no commit: nothing to serve */
};

struct image {
	uint32_t refs; /* writer only */
	enum image_state state;
	uint32_t zone;   /* its number in the repository */
	uint64_t commit; /* local id; 0 if unborn */
	struct ax_root tree;
	uint32_t serial;
	struct hamt_node *names;
	const struct image_name *top;      /* the apex's */
	struct ax_denial denial;           /* how what does not exist is denied */
	struct order *order[IMAGE_ORDERS]; /* the names with IMAGE_NSEC, and those with IMAGE_NSEC3 */
	uint64_t copied; /* trie nodes and names copied to make this from the image before: a publish's cost */
	uint64_t apex_hash;
	uint8_t apex_labels, apex_n;
	uint8_t apex[]; /* lower case wire */
};

static inline const struct image_rrset *image_first(const struct image_name *name)
{
	return (const struct image_rrset *)(name->name + ((name->n + 3u) & ~3u));
}

static inline const struct image_rrset *image_next(const struct image_rrset *s)
{
	return (const struct image_rrset *)(s->data + ((s->size + 3u) & ~3u));
}

/* Walks the records of an RRset: start with *pos = 0. */
static inline bool image_record(struct ax_rr *out, const struct image_rrset *s, uint32_t *pos)
{
	if (*pos >= s->size)
		return false;
	const uint8_t *p = s->data + *pos;
	out->ttl_s = s->ttl_s;
	if (s->type == AX_TYPE_RRSIG) {
		out->ttl_s = ax_be32(p);
		p += 4;
	}
	out->rdata = ax_slice(p + 2, ax_be16(p));
	*pos = (uint32_t)(out->rdata.p + out->rdata.n - s->data);
	return true;
}

/* Does the name stand in the tree for its proof alone? Then it is no name that can be asked for. */
static inline bool image_hidden(const struct image_name *name)
{
	return name->flags & IMAGE_PROOF && !name->children;
}

/* An image without names: state IMAGE_LOADING, or IMAGE_UNBORN when c is NULL. */
AX_MUST enum ax_err image_bare(struct image **out, uint32_t zone, const struct ax_name *apex,
			       const struct ax_commit_info *c);
/* Build the names of a commit. pause is called now and then; it may renew the transaction (true: it did) and may stop
 * the work by setting *stop (AX_ELOST). May be NULL. */
typedef bool image_pause_fn(void *ctx, struct ax_txn *t, bool *stop);
AX_MUST enum ax_err image_build(struct image **out, struct ax_txn *t, uint32_t zone, const struct ax_name *apex,
				const struct ax_commit_info *c, image_pause_fn *pause, void *ctx);
/* The image of another commit made from this one. AX_ELIMIT if over max_owners owners differ or names
 * are denied in another way: build it then. */
AX_MUST enum ax_err image_update(struct image **out, const struct image *old, struct ax_txn *t,
				 const struct ax_commit_info *c, size_t max_owners);

void image_ref(struct image *im);
void image_unref(struct image *im);

#endif
