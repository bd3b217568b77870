/* route.h - which branch or revision answers whom: the configuration's views, as the answer path asks them.
 * Sits on selector.h, canary.h, query.h; follow.h keeps an image of each zone for every arm.
 *
 *     listener -> view:  rules, first match wins -> arm
 *                        else the canary's arm for its share of the clients
 *                        else the view's own arm
 *
 * An arm is what can be served: a branch that is followed, or a revision that is pinned. Views share arms. A zone
 * without an arm's branch is served from the arm's `live` one.
 * Ownership: routing_new, routing_free; texts are copied. Threads: made by one, then immutable but for its counters;
 *   asked by any, and freed when no reader is left (publish.h).
 * Limits: ROUTE_ARMS_MAX arms, so that a publication stays small. */
#ifndef ROUTE_H
#define ROUTE_H

#include <stdatomic.h>

#include "dnsd/canary.h"
#include "dnsd/query.h"
#include "dnsd/rrl.h"
#include "dnsd/selector.h"

enum { ROUTE_ARMS_MAX = 32, ROUTE_VIEWS_MAX = 64, ROUTE_RULES_MAX = 256, ROUTE_LISTENERS_MAX = 64 };

struct route_arm {
	char *branch; /* followed; NULL: pinned */
	char *at;
	uint32_t slot;           /* of publish.h: where its view is (arms.h) */
	uint32_t live;           /* the arm that serves zones without this branch; itself if there is none */
	_Atomic uint64_t chosen; /* see routing_chosen */
};

struct route_rule {
	char *name;
	struct selector *when;
	uint32_t arm;
	_Atomic uint64_t matched;
};

struct route_view {
	char *name;
	uint32_t arm, canary_arm;
	struct canary canary; /* below 0: none */
	struct route_rule *rule;
	size_t rules;
	bool uses_client; /* a rule asks for the client */
};

struct routing {
	struct route_arm arm[ROUTE_ARMS_MAX];
	uint32_t arms;
	struct route_view view[ROUTE_VIEWS_MAX];
	uint32_t views;
	uint32_t listener[ROUTE_LISTENERS_MAX]; /* its view; 0 unless told otherwise */
	struct net *ecs_from;
	size_t ecs_sources;
	struct net *proxy_from; /* who tells whom it speaks for (proxy.h) */
	size_t proxies;
	struct geo *geo;
	struct rrl_rates rrl;
	struct identity identity;
	struct cookies cookies;
	uint64_t queries_before; /* all that had come when it took over */
};

/* NULL without memory. */
struct routing *routing_new(void);
/* NULL is fine. */
void routing_free(struct routing *r);
/* The arm of a branch, or (branch NULL) of a revision; made if need be. live: that of the view; its own if NULL. */
AX_MUST enum ax_err routing_arm(uint32_t *out, struct routing *r, const char *branch, const char *at,
				const uint32_t *live);
/* One more view on an arm. */
AX_MUST enum ax_err routing_view(struct route_view **out, struct routing *r, const char *name, uint32_t arm);
/* "BRANCH:PERCENT". */
AX_MUST enum ax_err routing_canary(struct routing *r, struct route_view *v, const char *text, const char *salt);
AX_MUST enum ax_err routing_rule(struct routing *r, struct route_view *v, const char *name, const char *when,
				 const char *branch);
/* Honour the client subnet option of queries from this network. */
AX_MUST enum ax_err routing_ecs_from(struct routing *r, const char *text);
/* Take a PROXY header from this network, and nothing without one. */
AX_MUST enum ax_err routing_proxy_from(struct routing *r, const char *text);
/* Go on counting where an older routing stopped: for equal arms, and rules of equal names. queries: all that came so
 * far. */
void routing_continue(struct routing *r, const struct routing *old, uint64_t queries);
/* How many of all queries that came so far an arm answered: with one arm nothing is chosen, and nothing counted
 * apart. */
uint64_t routing_chosen(const struct routing *r, uint32_t arm, uint64_t queries);

/* The query in a datagram: from a trusted proxy it stands behind whom the proxy speaks for, who is put into `client`
 * and becomes the peer. False: the proxy does not say. */
bool route_unwrap_any(const struct routing *r, const struct sockaddr **peer, struct sockaddr_storage *client,
		      struct ax_slice *datagram);
static inline bool route_unwrap(const struct routing *r, const struct sockaddr **peer,
				struct sockaddr_storage *client, struct ax_slice *datagram)
{
	if (!r->proxies)
		return true;
	const struct sockaddr *from = *peer;
	struct ax_slice query = *datagram;
	if (!route_unwrap_any(r, &from, client, &query))
		return false;
	*peer = from;
	*datagram = query;
	return true;
}
/* The arm that answers all queries to a listener; NULL if it depends on the query. */
const struct route_arm *route_only(const struct routing *r, uint32_t listener);
/* The arm for a query that came to a listener from peer. Takes note in q of the client subnet option to be echoed.
 * *rcode: AX_RCODE_FORMERR if that option, from one who may use it, is malformed. */
uint32_t route_choose(const struct routing *r, uint32_t listener, const struct sockaddr *peer, struct query *q,
		      unsigned *rcode);

#endif
