#include "dnsd/shape.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum ax_err shape_bad(const struct shape_reader *r, const yaml_node_t *at, const char *format, ...)
{
	char why[800];
	va_list args;
	va_start(args, format);
	vsnprintf(why, sizeof why, format, args);
	va_end(args);
	return ax_fail(AX_EINVAL, "%s:%zu: %s", r->path, at->start_mark.line + 1, why);
}

enum ax_err shape_said(const struct shape_reader *r, const yaml_node_t *at, enum ax_err e)
{
	char why[800];
	if (!e || e == AX_ENOMEM)
		return e;
	snprintf(why, sizeof why, "%s", ax_err_text(e));
	return shape_bad(r, at, "%s", why);
}

enum ax_err shape_text(const char **out, const struct shape_reader *r, const yaml_node_t *n)
{
	*out = "";
	if (n->type != YAML_SCALAR_NODE || n->data.scalar.length == 0)
		return shape_bad(r, n, "a text is wanted here");
	const char *text = (const char *)n->data.scalar.value;
	for (size_t i = 0; i < n->data.scalar.length; i++)
		if ((unsigned char)text[i] < ' ' && text[i] != '\n' && text[i] != '\t')
			return shape_bad(r, n, "a text has no control characters");
	*out = text;
	return AX_OK;
}

enum ax_err shape_kept(const char **out, struct shape_reader *r, const yaml_node_t *n)
{
	enum ax_err e = shape_text(out, r, n);
	return e ? e : conf_keep(out, r->c, *out);
}

enum ax_err shape_number(unsigned *out, const struct shape_reader *r, const yaml_node_t *n, unsigned min,
			 unsigned max)
{
	const char *text;
	char *end;
	enum ax_err e = shape_text(&text, r, n);
	if (e)
		return e;
	unsigned long v = strtoul(text, &end, 10);
	*out = (unsigned)v;
	return *text < '0' || *text > '9' || *end || v < min || v > max
		       ? shape_bad(r, n, "a number from %u to %u is wanted: `%s`", min, max, text)
		       : AX_OK;
}

enum ax_err shape_each_item(struct shape_reader *r, yaml_node_t *n, shape_take_fn *take, void *ctx)
{
	enum ax_err e = AX_OK;
	if (n->type != YAML_SEQUENCE_NODE)
		return shape_bad(r, n, "a list is wanted here");
	yaml_node_item_t *i = n->data.sequence.items.start, *end = n->data.sequence.items.top;
	for (; !e && i < end; i++)
		e = take(r, yaml_document_get_node(&r->doc, *i), ctx);
	return e;
}

static enum ax_err tell(struct shape_reader *r, yaml_node_t *n, void *ctx)
{
	const struct shape_key *key = ctx;
	const char *text;
	enum ax_err e = shape_kept(&text, r, n);
	return e ? e : shape_said(r, n, key->tell(r->c, text));
}

static enum ax_err take_value(struct shape_reader *r, const struct shape_key *key, yaml_node_t *n, void *ctx)
{
	void *field = (char *)ctx + key->field;
	switch (key->kind) {
	case SHAPE_TAKE:
		return key->take(r, n, ctx);
	case SHAPE_EACH:
		return shape_each_item(r, n, key->take, ctx);
	case SHAPE_TELL:
		return tell(r, n, (void *)key);
	case SHAPE_TELLS:
		return shape_each_item(r, n, tell, (void *)key);
	case SHAPE_KEPT:
		return shape_kept(field, r, n);
	case SHAPE_WORD:
		((struct shape_word *)field)->at = n;
		return shape_text(&((struct shape_word *)field)->text, r, n);
	case SHAPE_NODE:
		*(yaml_node_t **)field = n;
		return AX_OK;
	case SHAPE_NUMBER:
		return shape_number(field, r, n, key->min, key->max);
	}
	return AX_OK;
}

static enum ax_err take_key(struct shape_reader *r, const struct shape_key *keys, uint32_t *seen,
			    const yaml_node_t *name, yaml_node_t *value, void *ctx)
{
	const char *text;
	enum ax_err e = shape_text(&text, r, name);
	for (unsigned i = 0; !e && keys[i].name; i++) {
		if (strcmp(text, keys[i].name) != 0)
			continue;
		if (*seen & 1u << i)
			return shape_bad(r, name, "`%s` is said twice", text);
		*seen |= 1u << i;
		return take_value(r, &keys[i], value, ctx);
	}
	return e ? e : shape_bad(r, name, "`%.100s` is nothing that can be said here", text);
}

enum ax_err shape_each_key(struct shape_reader *r, yaml_node_t *n, const struct shape_key *keys, void *ctx)
{
	uint32_t seen = 0;
	enum ax_err e = AX_OK;
	if (n->type != YAML_MAPPING_NODE)
		return shape_bad(r, n, "keys with values are wanted here");
	yaml_node_pair_t *p = n->data.mapping.pairs.start, *end = n->data.mapping.pairs.top;
	for (; !e && p < end; p++)
		e = take_key(r, keys, &seen, yaml_document_get_node(&r->doc, p->key),
			     yaml_document_get_node(&r->doc, p->value), ctx);
	return e;
}
