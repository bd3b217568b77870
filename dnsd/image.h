/* image.h - one commit of one zone in memory, in the form answers are made from. Immutable once published.
 * Sits on index.h, wireset.h and core; find.h asks it, answer.h answers from it, follow.h keeps it up to date.
 *
 *     image: apex, serial, tree ---- names: an index by hash of the owner (index.h)
 *      |                               |
 *      |     struct image_name: flags | relative name | wireset wireset ... | glue | hashes       one block a name
 *      '---- negative: the SOA as NXDOMAIN and NODATA carry it, and its signatures
 *
 * All of it lies in slab.h's memory. To find a name of two million one reads a line of a directory, a leaf of one
 * line and the lines of the name's block, in which its answers stand ready to be copied (wireset.h).
 * Invariants: every name that exists is there, empty non-terminals too (RFC 4592 2.2.2), so that of the names above
 *   one those that exist are the topmost. The apex SOA holds serial 0, as in the tree; who shows it puts in the
 *   image's: images of equal trees can share everything. RRSIGs stand behind the RRset they cover.
 * Glue: at a cut whose hosts are all below it or in other zones, the addresses of those below are a part of its
 *   block, as records whose owners are pointers to the NS RRset's hosts: a referral is copied whole.
 * Signed zones: names with an NSEC or NSEC3 RRset are kept in order too (order.h), and where NSEC3 denies, a name's
 *   block ends with its hash and that of its wildcard.
 * Updating: the tree diff tells which owners changed; each is read anew from the new tree and put in place of the
 *   old, copying one path of the index. What the images have in common is shared and counted (index.h).
 * Ownership: image_ref, image_unref.
 * Threads: an image is made by one thread; any may reference and drop it; read by any under publish.h.
 * Cost: building is one scan of the tree, an update O(changes x log n).
 * Limits: 65,535 RRsets a name, types covered counted apart; beyond that the zone is served the plain way. */
#ifndef IMAGE_H
#define IMAGE_H

#include <stdatomic.h>

#include "core/commit.h"
#include "core/denial.h"
#include "core/rrset.h"
#include "dnsd/dname.h"
#include "dnsd/index.h"
#include "dnsd/order.h"
#include "dnsd/wireset.h"

enum {
	IMAGE_CUT = 1,   /* an NS RRset below the apex: a zone cut */
	IMAGE_DNAME = 2, /* all below is renamed */
	IMAGE_CNAME = 4,
	IMAGE_PARENT = 8,    /* there are names below */
	IMAGE_WILDCARD = 16, /* the child "*" exists */
	IMAGE_NSEC = 32,
	IMAGE_NSEC3 = 64,
	IMAGE_PROOF = 128, /* nothing but NSEC3 and its RRSIGs (RFC 5155 7.2.8) */
	IMAGE_GLUE = 256,  /* a wireset of glue follows the others */
	IMAGE_HASHED = 512,
};

struct image_name {
	index_refs refs;
	uint16_t flags;
	uint16_t rrsets;
	uint8_t n;      /* octets of the name relative to the apex: 0 is the apex */
	uint8_t name[]; /* lower case wire without the apex's part, padded so that the wiresets that follow stand at a
			   multiple of 4; those by type, or type covered */
};

enum { IMAGE_BY_NSEC, IMAGE_BY_NSEC3, IMAGE_ORDERS };

enum image_state {
	IMAGE_READY,
	IMAGE_LOADING, /* no names yet: served the plain way */
	IMAGE_UNBORN,  /* the branch has no commit: nothing to serve */
};

struct image {
	index_refs refs;
	uint8_t state;     /* enum image_state */
	atomic_bool stale; /* a newer commit can't be served: this is the last good one */
	index_refs wanted; /* queries that came while it has no names */
	uint8_t apex_labels, apex_n;
	uint8_t deepest; /* no name has more labels below the apex */
	uint32_t names;  /* index.h */
	uint32_t serial;
	const struct image_name *top; /* the apex's */
	uint64_t cuts;                /* a bit for each number of labels below the apex at which cuts or DNAMEs are,
					 0 for the apex's own DNAME; the last for all that are deeper */
	uint64_t apex_hash;           /* of its whole name; those of names below are of what stands before it */
	const struct wireset
		*negative; /* the SOA with the TTL of RFC 2308 3 and the serial; then its RRSIGs, if any */
	bool negative_signed;
	const struct ax_denial *denial; /* how what does not exist is denied */
	uint32_t order[IMAGE_ORDERS];   /* order.h: the names with IMAGE_NSEC, and those with IMAGE_NSEC3 */
	uint32_t zone;                  /* its number in the repository */
	uint64_t commit;                /* local id; 0 if unborn */
	int64_t time_s;                 /* when it was made, UTC */
	struct ax_root tree;
	struct ax_id id; /* of the commit, for good; once it is ready */
	uint64_t copied; /* nodes and names copied to make this from the image before: a publish's cost */
	uint8_t apex[];  /* lower case wire */
};

/* A query came that has to wait for its names. */
static inline void image_want(const struct image *im)
{
	atomic_fetch_add_explicit((index_refs *)&im->wanted, 1, memory_order_relaxed);
}

static inline const struct wireset *image_first(const struct image_name *name)
{
	const size_t head = offsetof(struct image_name, name);
	return (const struct wireset *)((const uint8_t *)name + ((head + name->n + 3u) & ~(size_t)3));
}

/* Is name at or below the apex? */
static inline bool image_above(const struct image *im, const struct dname *name)
{
	unsigned k = im->apex_labels;
	return name->labels >= k && dname_tail_n(name, k) == im->apex_n &&
	       octets_same(dname_tail(name, k), im->apex, im->apex_n);
}
/* The octets that the last k labels of name have before the apex's part, and their hash. */
static inline size_t image_relative(const struct image *im, const struct dname *name, unsigned k)
{
	return dname_tail_n(name, k) - im->apex_n;
}
static inline uint64_t image_name_hash(const struct image *im, const struct dname *name, unsigned k)
{
	return dname_hash(dname_tail(name, k), image_relative(im, name, k));
}

/* A name's wire in lower case, in a buffer of AX_NAME_MAX octets; returns how many. */
static inline size_t image_owner(uint8_t *out, const struct image *im, const struct image_name *name)
{
	memcpy(out, name->name, name->n);
	memcpy(out + name->n, im->apex, im->apex_n);
	return name->n + (size_t)im->apex_n;
}

/* Does the name stand in the tree for its proof alone? Then it is no name that can be asked for. */
static inline bool image_hidden(const struct image_name *name)
{
	return (name->flags & (IMAGE_PROOF | IMAGE_PARENT)) == IMAGE_PROOF;
}

/* The glue of a cut; NULL if referrals must look for it. */
const struct wireset *image_glue(const struct image_name *name);
/* Prepare the walk of a set that stands at a name; own: a buffer of AX_NAME_MAX for the walk to keep. */
void image_walk(struct wireset_walk *w, uint8_t *own, const struct image *im, const struct image_name *name,
		const struct wireset *set);

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

/* The most owners by which it pays. */
static inline size_t image_update_most(const struct image *old)
{
	const size_t always = 20000;
	return old->tree.count / 4 > always ? old->tree.count / 4 : always;
}

void image_ref(struct image *im);
void image_unref(struct image *im); /* NULL is fine */
/* Names in canonical order. */
extern const struct order_kind image_order_kind;
/* Images as items of an index, by their apex. */
extern const struct index_kind image_kind;

#endif
