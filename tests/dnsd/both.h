/* both.h - a zone at its tip, asked both ways: by its image and straight from the store. */
#ifndef TESTS_DNSD_BOTH_H
#define TESTS_DNSD_BOTH_H

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/repo.h"
#include "dnsd/plain.h"

struct both {
	struct ax_txn *txn; /* borrowed */
	struct view *image, *bare;
	struct packet a, b;
	uint8_t bytes_a[PACKET_MAX], bytes_b[PACKET_MAX];
	struct stats stats_a, stats_b;
	bool answered_a, answered_b;
};

/* b is zeroed. The transaction must outlive it. */
static inline enum ax_err both_open(struct both *b, struct ax_txn *t, uint32_t zone, const struct ax_name *apex,
				    const struct ax_commit_info *c)
{
	struct image *im, *bare;
	b->txn = t;
	packet_init(&b->a, b->bytes_a);
	packet_init(&b->b, b->bytes_b);
	b->image = view_new(NULL);
	b->bare = view_new(NULL);
	assert(b->image && b->bare);
	enum ax_err e = image_build(&im, t, zone, apex, c, NULL, NULL);
	if (!e)
		e = view_put(b->image, im);
	if (!e)
		e = image_bare(&bare, zone, apex, c);
	if (!e)
		e = view_put(b->bare, bare);
	return e;
}

static inline void both_close(struct both *b)
{
	view_free(b->image);
	view_free(b->bare);
}

/* Ask; true if both ways say the same bytes, or both nothing. */
static inline bool both_ask(struct both *b, struct ax_slice query, bool tcp)
{
	struct query qa, qb;
	enum respond ra = respond(&b->a, &qa, query, b->image, tcp, &b->stats_a);
	enum respond rb = respond(&b->b, &qb, query, b->bare, tcp, &b->stats_b);
	assert(ra != RESPOND_PLAIN);
	if (rb == RESPOND_PLAIN) {
		plain_answer(&b->b, &qb, b->txn, tcp, &b->stats_b);
		rb = RESPOND_SEND;
	}
	b->answered_a = ra == RESPOND_SEND;
	b->answered_b = rb == RESPOND_SEND;
	if (!b->answered_a || !b->answered_b)
		return b->answered_a == b->answered_b;
	return b->a.n == b->b.n && memcmp(b->a.p, b->b.p, b->a.n) == 0;
}

#endif
