#include "dnsd/yaml_view.h"

#include <string.h>

struct said_view {
	struct shape_word branch, at, canary, salt;
	yaml_node_t *rules;
};

struct said_rule {
	struct shape_word name, when, branch;
};

/* -- views ------------------------------------------------------------------------------------------------ */

static enum ax_err take_rule(struct shape_reader *r, yaml_node_t *n, void *ctx)
{
	static const struct shape_key keys[] = {
		{ "name", SHAPE_WORD, .field = offsetof(struct said_rule, name) },
		{ "if", SHAPE_WORD, .field = offsetof(struct said_rule, when) },
		{ "branch", SHAPE_WORD, .field = offsetof(struct said_rule, branch) },
		{ .name = NULL },
	};
	struct said_rule rule = { 0 };
	struct route_view *v = ctx;
	enum ax_err e = shape_each_key(r, n, keys, &rule);
	if (!e && (!rule.name.text || !rule.when.text || !rule.branch.text))
		e = shape_bad(r, n, "a rule has `name`, `if` and `branch`");
	for (size_t i = 0; !e && i < v->rules; i++)
		if (strcmp(v->rule[i].name, rule.name.text) == 0)
			e = shape_bad(r, n, "another rule of the view is named `%s`", rule.name.text);
	if (e)
		return e;
	e = routing_rule(r->c->routing, v, rule.name.text, rule.when.text, rule.branch.text);
	return shape_said(r, rule.when.at, e);
}

static enum ax_err take_view(struct shape_reader *r, const char *name, yaml_node_t *n)
{
	static const struct shape_key keys[] = {
		{ "branch", SHAPE_WORD, .field = offsetof(struct said_view, branch) },
		{ "at", SHAPE_WORD, .field = offsetof(struct said_view, at) },
		{ "canary", SHAPE_WORD, .field = offsetof(struct said_view, canary) },
		{ "canary-salt", SHAPE_WORD, .field = offsetof(struct said_view, salt) },
		{ "rules", SHAPE_NODE, .field = offsetof(struct said_view, rules) },
		{ .name = NULL },
	};
	struct said_view v = { .salt.text = CONF_SALT };
	struct route_view *view;
	uint32_t arm;
	enum ax_err e = shape_each_key(r, n, keys, &v);
	if (!e && (v.branch.text != NULL) == (v.at.text != NULL))
		e = shape_bad(r, n, "a view has either `branch` or `at`");
	if (!e)
		e = shape_said(r, n, routing_arm(&arm, r->c->routing, v.branch.text, v.at.text, NULL));
	if (!e)
		e = shape_said(r, n, routing_view(&view, r->c->routing, name, arm));
	if (!e && v.canary.text)
		e = shape_said(r, v.canary.at, routing_canary(r->c->routing, view, v.canary.text, v.salt.text));
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
	struct shape_word address, view;
	unsigned transports;
};

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
	static const struct shape_key keys[] = {
		{ "address", SHAPE_WORD, .field = offsetof(struct said_listener, address) },
		{ "view", SHAPE_WORD, .field = offsetof(struct said_listener, view) },
		{ "transport", SHAPE_TAKE, .take = listener_transport },
		{ .name = NULL },
	};
	struct said_listener l = { 0 };
	(void)ctx;
	enum ax_err e = shape_each_key(r, n, keys, &l);
	if (!e && (!l.address.text || !l.view.text))
		e = shape_bad(r, n, "a listener has `address` and `view`");
	if (e)
		return e;
	uint32_t view = view_named(r->c->routing, l.view.text);
	if (view == r->c->routing->views)
		return shape_bad(r, l.view.at, "there is no view `%s`", l.view.text);
	if (r->c->listeners < CONF_LISTENERS_MAX)
		r->c->routing->listener[r->c->listeners] = view;
	return shape_said(
		r, n, conf_add_listener(r->c, l.address.text, l.transports ? l.transports : LISTEN_UDP | LISTEN_TCP));
}

enum ax_err yaml_check_geo(const struct shape_reader *r, const yaml_node_t *at)
{
	for (uint32_t i = 0; i < r->c->routing->views; i++) {
		const struct route_view *v = &r->c->routing->view[i];
		for (size_t k = 0; k < v->rules; k++) {
			unsigned uses = selector_uses(v->rule[k].when);
			bool country = uses & SELECTOR_USES_COUNTRY && !r->country.text;
			if (country || (uses & SELECTOR_USES_ASN && !r->asn.text))
				return shape_bad(r, at, "rule `%s` of view `%s` needs a database: geo: %s",
						 v->rule[k].name, v->name, country ? "country" : "asn");
		}
	}
	return AX_OK;
}
