#include "dnsd/yaml_view.h"

#include <string.h>

struct said_view {
	const char *branch, *at, *canary, *salt;
	yaml_node_t *rules, *canary_at;
};

struct said_rule {
	const char *name, *when, *branch;
	yaml_node_t *when_at;
};

/* -- views ------------------------------------------------------------------------------------------------ */

static enum ax_err view_branch(struct shape_reader *r, yaml_node_t *n, void *ctx)
{
	return shape_text(&((struct said_view *)ctx)->branch, r, n);
}

static enum ax_err view_at(struct shape_reader *r, yaml_node_t *n, void *ctx)
{
	return shape_text(&((struct said_view *)ctx)->at, r, n);
}

static enum ax_err view_canary(struct shape_reader *r, yaml_node_t *n, void *ctx)
{
	struct said_view *v = ctx;
	v->canary_at = n;
	return shape_text(&v->canary, r, n);
}

static enum ax_err view_salt(struct shape_reader *r, yaml_node_t *n, void *ctx)
{
	return shape_text(&((struct said_view *)ctx)->salt, r, n);
}

static enum ax_err view_rules(struct shape_reader *r, yaml_node_t *n, void *ctx)
{
	(void)r;
	((struct said_view *)ctx)->rules = n;
	return AX_OK;
}

static enum ax_err rule_name(struct shape_reader *r, yaml_node_t *n, void *ctx)
{
	return shape_text(&((struct said_rule *)ctx)->name, r, n);
}

static enum ax_err rule_if(struct shape_reader *r, yaml_node_t *n, void *ctx)
{
	struct said_rule *rule = ctx;
	rule->when_at = n;
	return shape_text(&rule->when, r, n);
}

static enum ax_err rule_branch(struct shape_reader *r, yaml_node_t *n, void *ctx)
{
	return shape_text(&((struct said_rule *)ctx)->branch, r, n);
}

static enum ax_err take_rule(struct shape_reader *r, yaml_node_t *n, void *ctx)
{
	static const struct shape_key keys[] = {
		{ "name", rule_name }, { "if", rule_if }, { "branch", rule_branch }, { NULL, NULL }
	};
	struct said_rule rule = { 0 };
	struct route_view *v = ctx;
	enum ax_err e = shape_each_key(r, n, keys, &rule);
	if (!e && (!rule.name || !rule.when || !rule.branch))
		e = shape_bad(r, n, "a rule has `name`, `if` and `branch`");
	for (size_t i = 0; !e && i < v->rules; i++)
		if (strcmp(v->rule[i].name, rule.name) == 0)
			e = shape_bad(r, n, "another rule of the view is named `%s`", rule.name);
	return e ? e : shape_said(r, rule.when_at, routing_rule(r->c->routing, v, rule.name, rule.when, rule.branch));
}

static enum ax_err take_view(struct shape_reader *r, const char *name, yaml_node_t *n)
{
	static const struct shape_key keys[] = { { "branch", view_branch }, { "at", view_at },
						 { "canary", view_canary }, { "canary-salt", view_salt },
						 { "rules", view_rules },   { NULL, NULL } };
	struct said_view v = { .salt = CONF_SALT };
	struct route_view *view;
	uint32_t arm;
	enum ax_err e = shape_each_key(r, n, keys, &v);
	if (!e && (v.branch != NULL) == (v.at != NULL))
		e = shape_bad(r, n, "a view has either `branch` or `at`");
	if (!e)
		e = shape_said(r, n, routing_arm(&arm, r->c->routing, v.branch, v.at, NULL));
	if (!e)
		e = shape_said(r, n, routing_view(&view, r->c->routing, name, arm));
	if (!e && v.canary)
		e = shape_said(r, v.canary_at, routing_canary(r->c->routing, view, v.canary, v.salt));
	return e || !v.rules ? e : shape_each_item(r, v.rules, take_rule, view);
}

static uint32_t view_named(const struct routing *r, const char *name)
{
	uint32_t i = 0;
	while (i < r->views && strcmp(r->view[i].name, name) != 0)
		i++;
	return i;
}

enum ax_err yaml_views(struct shape_reader *r, yaml_node_t *n, void *ctx)
{
	enum ax_err e = AX_OK;
	(void)ctx;
	if (n->type != YAML_MAPPING_NODE)
		return shape_bad(r, n, "views by name are wanted here");
	yaml_node_pair_t *p = n->data.mapping.pairs.start, *end = n->data.mapping.pairs.top;
	for (; !e && p < end; p++) {
		yaml_node_t *key = yaml_document_get_node(&r->doc, p->key);
		const char *name;
		e = shape_text(&name, r, key);
		if (!e && view_named(r->c->routing, name) < r->c->routing->views)
			e = shape_bad(r, key, "there are two views `%s`", name);
		if (!e)
			e = take_view(r, name, yaml_document_get_node(&r->doc, p->value));
	}
	return e;
}

/* -- listeners -------------------------------------------------------------------------------------------- */

struct said_listener {
	const char *address, *view;
	yaml_node_t *view_at;
	unsigned transports;
};

static enum ax_err listener_address(struct shape_reader *r, yaml_node_t *n, void *ctx)
{
	return shape_text(&((struct said_listener *)ctx)->address, r, n);
}

static enum ax_err listener_view(struct shape_reader *r, yaml_node_t *n, void *ctx)
{
	struct said_listener *l = ctx;
	l->view_at = n;
	return shape_text(&l->view, r, n);
}

static enum ax_err listener_transport(struct shape_reader *r, yaml_node_t *n, void *ctx)
{
	static const char *const name[] = { "udp", "tcp", "tls" };
	struct said_listener *l = ctx;
	const char *text;
	enum ax_err e = shape_text(&text, r, n);
	for (unsigned i = 0; !e && i < sizeof name / sizeof name[0]; i++)
		if (strcmp(text, name[i]) == 0)
			l->transports = 1u << i;
	return e || l->transports ? e : shape_bad(r, n, "a transport is udp, tcp or tls, not `%s`", text);
}

enum ax_err yaml_listener(struct shape_reader *r, yaml_node_t *n, void *ctx)
{
	static const struct shape_key keys[] = { { "address", listener_address },
						 { "view", listener_view },
						 { "transport", listener_transport },
						 { NULL, NULL } };
	struct said_listener l = { 0 };
	(void)ctx;
	enum ax_err e = shape_each_key(r, n, keys, &l);
	if (!e && (!l.address || !l.view))
		e = shape_bad(r, n, "a listener has `address` and `view`");
	if (e)
		return e;
	uint32_t view = view_named(r->c->routing, l.view);
	if (view == r->c->routing->views)
		return shape_bad(r, l.view_at, "there is no view `%s`", l.view);
	if (r->c->listeners < CONF_LISTENERS_MAX)
		r->c->routing->listener[r->c->listeners] = view;
	return shape_said(r, n,
			  conf_add_listener(r->c, l.address, l.transports ? l.transports : LISTEN_UDP | LISTEN_TCP));
}

enum ax_err yaml_check_geo(const struct shape_reader *r, const yaml_node_t *at)
{
	for (uint32_t i = 0; i < r->c->routing->views; i++) {
		const struct route_view *v = &r->c->routing->view[i];
		for (size_t k = 0; k < v->rules; k++) {
			unsigned uses = selector_uses(v->rule[k].when);
			bool country = uses & SELECTOR_USES_COUNTRY && !r->country;
			if (country || (uses & SELECTOR_USES_ASN && !r->asn))
				return shape_bad(r, at, "rule `%s` of view `%s` needs a database: geo: %s",
						 v->rule[k].name, v->name, country ? "country" : "asn");
		}
	}
	return AX_OK;
}
