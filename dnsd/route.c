#include "dnsd/route.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/ref.h"
#include "dnsd/address.h"
#include "dnsd/hot.h"
#include "dnsd/proxy.h"

struct routing *routing_new(void)
{
	struct routing *r = calloc(1, sizeof *r);
	if (r)
		rrl_rates_init(&r->rrl);
	return r;
}

void routing_free(struct routing *r)
{
	if (!r)
		return;
	for (uint32_t i = 0; i < r->arms; i++) {
		free(r->arm[i].branch);
		free(r->arm[i].at);
	}
	for (uint32_t i = 0; i < r->views; i++) {
		for (size_t k = 0; k < r->view[i].rules; k++) {
			free(r->view[i].rule[k].name);
			selector_free(r->view[i].rule[k].when);
		}
		free(r->view[i].rule);
		free(r->view[i].name);
	}
	geo_close(r->geo);
	free(r->ecs_from);
	free(r->proxy_from);
	rrl_rates_fini(&r->rrl);
	free(r);
}

static bool same(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static enum ax_err no_memory(void)
{
	return ax_fail(AX_ENOMEM, "no memory for the views");
}

enum ax_err routing_arm(uint32_t *out, struct routing *r, const char *branch, const char *at, const uint32_t *live)
{
	for (*out = 0; *out < r->arms; ++*out) {
		const struct route_arm *a = &r->arm[*out];
		uint32_t falls_to = live && r->arm[*live].branch ? *live : *out;
		if (same(a->branch, branch) && same(a->at, at) && a->live == falls_to)
			return AX_OK;
	}
	if (branch && ax_ref_check_name(branch))
		return ax_fail(AX_EINVAL, "not the name of a branch: `%s`", branch);
	if (r->arms == ROUTE_ARMS_MAX)
		return ax_fail(AX_EINVAL, "more than %d branches and revisions are served", ROUTE_ARMS_MAX);
	struct route_arm *a = &r->arm[r->arms];
	a->branch = branch ? strdup(branch) : NULL;
	a->at = at ? strdup(at) : NULL;
	a->live = live ? *live : r->arms;
	r->arms++;
	return (branch && !a->branch) || (at && !a->at) ? no_memory() : AX_OK;
}

enum ax_err routing_view(struct route_view **out, struct routing *r, const char *name, uint32_t arm)
{
	*out = NULL;
	if (r->views == ROUTE_VIEWS_MAX)
		return ax_fail(AX_EINVAL, "more than %d views", ROUTE_VIEWS_MAX);
	struct route_view *v = &r->view[r->views++];
	v->arm = v->canary_arm = arm;
	v->name = strdup(name);
	*out = v;
	return v->name ? AX_OK : no_memory();
}

enum ax_err routing_canary(struct routing *r, struct route_view *v, const char *text, const char *salt)
{
	char branch[AX_REF_NAME_MAX + 1];
	uint32_t parts;
	const char *colon = strrchr(text, ':');
	if (!r->arm[v->arm].branch)
		return ax_fail(AX_EINVAL, "a pinned view has no canary");
	if (!colon || (size_t)(colon - text) >= sizeof branch)
		return ax_fail(AX_EINVAL, "a canary is BRANCH:PERCENT, not `%s`", text);
	memcpy(branch, text, (size_t)(colon - text));
	branch[colon - text] = 0;
	enum ax_err e = canary_parts(&parts, colon + 1);
	if (!e)
		e = routing_arm(&v->canary_arm, r, branch, NULL, &v->arm);
	if (!e)
		canary_init(&v->canary, salt, parts);
	return e;
}

enum ax_err routing_rule(struct routing *r, struct route_view *v, const char *name, const char *when,
			 const char *branch)
{
	if (v->rules == ROUTE_RULES_MAX)
		return ax_fail(AX_EINVAL, "more than %d rules", ROUTE_RULES_MAX);
	if (!r->arm[v->arm].branch)
		return ax_fail(AX_EINVAL, "a pinned view has no rules");
	struct route_rule *grown = realloc(v->rule, (v->rules + 1) * sizeof *grown);
	if (!grown)
		return no_memory();
	v->rule = grown;
	struct route_rule *rule = &v->rule[v->rules];
	memset(rule, 0, sizeof *rule);
	rule->name = strdup(name);
	if (!rule->name)
		return no_memory();
	v->rules++; /* freed with the routing from here on */
	enum ax_err e = selector_parse(&rule->when, when);
	if (!e)
		e = routing_arm(&rule->arm, r, branch, NULL, &v->arm);
	if (!e)
		v->uses_client |= (selector_uses(rule->when) & SELECTOR_USES_CLIENT) != 0;
	return e;
}

enum ax_err routing_ecs_from(struct routing *r, const char *text)
{
	return net_list_add(&r->ecs_from, &r->ecs_sources, text);
}

enum ax_err routing_proxy_from(struct routing *r, const char *text)
{
	return net_list_add(&r->proxy_from, &r->proxies, text);
}

static uint64_t counted(const _Atomic uint64_t *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

uint64_t routing_chosen(const struct routing *r, uint32_t arm, uint64_t queries)
{
	uint64_t since = queries > r->queries_before ? queries - r->queries_before : 0;
	return counted(&r->arm[arm].chosen) + (r->arms == 1 ? since : 0);
}

static void continue_view(struct route_view *v, const struct route_view *old)
{
	for (size_t i = 0; i < v->rules; i++)
		for (size_t k = 0; k < old->rules; k++)
			if (same(v->rule[i].name, old->rule[k].name))
				v->rule[i].matched = counted(&old->rule[k].matched);
}

static bool same_branch(const struct route_arm *a, const struct route_arm *b)
{
	return same(a->branch, b->branch) && same(a->at, b->at);
}

void routing_continue(struct routing *r, const struct routing *old, uint64_t queries)
{
	r->queries_before = queries;
	for (uint32_t i = 0; i < r->arms; i++)
		for (uint32_t k = 0; k < old->arms; k++)
			if (same_branch(&r->arm[i], &old->arm[k]) &&
			    same_branch(&r->arm[r->arm[i].live], &old->arm[old->arm[k].live]))
				r->arm[i].chosen = routing_chosen(old, k, queries);
	for (uint32_t i = 0; i < r->views; i++)
		for (uint32_t k = 0; k < old->views; k++)
			if (same(r->view[i].name, old->view[k].name))
				continue_view(&r->view[i], &old->view[k]);
}

/* -- the answer path -------------------------------------------------------------------------------------- */

/* The client subnet option (RFC 7871 6): family, source and scope lengths, address. A scope in a query and bits
 * beyond the length are FORMERR (7.1.2). Of no length, it only asks that no client be told of (7.1.2). */
static bool take_subnet(struct net *client, const struct query *q)
{
	struct net n;
	struct ax_slice o = q->edns.subnet;
	if (o.n < 4)
		return false;
	unsigned family = ax_be16(o.p), bits = o.p[2];
	if (o.p[3] != 0 || o.n - 4 != (bits + 7) / 8)
		return false;
	if (family == 0)
		return bits == 0;
	if (!net_take(&n, family == 1 ? 4 : family == 2 ? 6 : 0, bits, ax_slice(o.p + 4, o.n - 4)))
		return false;
	if (bits)
		*client = n;
	return true;
}

/* How many leading bits of the client's address the answer depends on: more than the client told is allowed, and says
 * that it should tell more (RFC 7871 7.2.1). */
static unsigned scope(const struct route_view *v, const struct net *client)
{
	unsigned bits = v->uses_client ? client->bits : 0;
	for (size_t i = 0; i < v->rules; i++) {
		unsigned asked = selector_scope(v->rule[i].when, client->family);
		bits = asked > bits ? asked : bits;
	}
	unsigned share = client->family == 4 ? CANARY_BITS_4 : CANARY_BITS_6;
	return v->canary.below && share > bits ? share : bits;
}

static void count(_Atomic uint64_t *counter)
{
	atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

static struct route_rule *match(const struct routing *r, const struct route_view *v, const struct net *client,
				const struct query *q)
{
	struct asked a;
	a.client = *client;
	a.qname = ax_slice(query_name(q), q->qname_n);
	a.qtype = q->qtype;
	a.qclass = q->qclass;
	a.now_s = time(NULL);
	a.geo = r->geo;
	selector_asked(&a);
	for (size_t i = 0; i < v->rules; i++)
		if (selector_true(v->rule[i].when, &a))
			return &v->rule[i];
	return NULL;
}

static uint32_t choose(const struct routing *r, const struct route_view *v, const struct net *client,
		       const struct query *q)
{
	struct route_rule *rule = v->rules ? match(r, v, client, q) : NULL;
	if (rule) {
		count(&rule->matched);
		return rule->arm;
	}
	return canary_takes(&v->canary, client) ? v->canary_arm : v->arm;
}

APART bool route_unwrap_any(const struct routing *r, const struct sockaddr **peer, struct sockaddr_storage *client,
			    struct ax_slice *datagram)
{
	struct net host;
	size_t n;
	net_of_peer(&host, *peer);
	if (!net_listed(r->proxy_from, r->proxies, &host))
		return true;
	address_copy(client, *peer);
	if (proxy_read(client, &n, *datagram) != PROXY_DONE)
		return false;
	*peer = (const struct sockaddr *)client;
	*datagram = ax_slice(datagram->p + n, datagram->n - n);
	return true;
}

const struct route_arm *route_only(const struct routing *r, uint32_t listener)
{
	return r->arms == 1 && !r->ecs_sources ? &r->arm[r->view[r->listener[listener]].arm] : NULL;
}

uint32_t route_choose(const struct routing *r, uint32_t listener, const struct sockaddr *peer, struct query *q,
		      unsigned *rcode)
{
	const struct route_view *v = &r->view[r->listener[listener]];
	bool told = q->edns.asks & EDNS_SUBNET && r->ecs_sources;
	*rcode = AX_RCODE_NOERROR;
	if (r->arms == 1 && !told)
		return v->arm;
	struct net client;
	net_of_peer(&client, peer);
	if (told && net_listed(r->ecs_from, r->ecs_sources, &client)) {
		if (!take_subnet(&client, q)) {
			*rcode = AX_RCODE_FORMERR;
			return v->arm;
		}
		q->edns.reply.says |= EDNS_SUBNET;
		q->edns.reply.subnet_scope = q->edns.subnet.p[2] ? (uint8_t)scope(v, &client) : 0;
	}
	/* Transfers always get live. */
	if (q->qtype == AX_TYPE_AXFR || q->qtype == AX_TYPE_IXFR)
		return v->arm;
	uint32_t arm = choose(r, v, &client, q);
	if (r->arms > 1)
		count((_Atomic uint64_t *)&r->arm[arm].chosen);
	return arm;
}
