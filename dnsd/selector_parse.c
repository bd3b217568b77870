/* Selectors from text: a recursive descent over the grammar of selector.h that checks types as it goes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/hash.h"
#include "core/rdata.h"
#include "dnsd/canary.h"
#include "dnsd/selector_lex.h"
#include "dnsd/selector_node.h"

struct parser {
	struct lex lex;
	unsigned depth;
	struct selector *s;
};

static const char *const type_name[] = { "boolean", "integer", "string", "network", "RR type", "class", "day" };
static const char *const days[] = { "sun", "mon", "tue", "wed", "thu", "fri", "sat" };

static const struct {
	const char *name;
	uint8_t field, type, uses;
} fields[] = {
	{ "client.subnet", FIELD_SUBNET, TYPE_NET, SELECTOR_USES_CLIENT },
	{ "client.geo.country", FIELD_COUNTRY, TYPE_STRING, SELECTOR_USES_CLIENT | SELECTOR_USES_COUNTRY },
	{ "client.geo.asn", FIELD_ASN, TYPE_INT, SELECTOR_USES_CLIENT | SELECTOR_USES_ASN },
	{ "query.name", FIELD_NAME, TYPE_STRING, 0 },
	{ "query.type", FIELD_RRTYPE, TYPE_RRTYPE, 0 },
	{ "query.class", FIELD_CLASS, TYPE_CLASS, 0 },
	{ "time.utc_date", FIELD_DATE, TYPE_STRING, 0 },
	{ "time.utc_hour", FIELD_HOUR, TYPE_INT, 0 },
	{ "time.weekday", FIELD_WEEKDAY, TYPE_DAY, 0 },
};

enum { FIELDS = sizeof fields / sizeof fields[0] };

/* -- nodes ------------------------------------------------------------------------------------------------ */

static enum ax_err add(uint16_t *out, struct parser *p, unsigned op, unsigned type, uint16_t a, uint16_t b)
{
	if (p->s->n == SELECTOR_NODES)
		return lex_bad(&p->lex, "the expression is too long");
	*out = p->s->n++;
	p->s->node[*out] = (struct selector_node){
		.op = (uint8_t)op, .type = (uint8_t)type, .a = a, .b = b, .next = SELECTOR_NONE
	};
	return AX_OK;
}

static enum ax_err want(const struct parser *p, uint16_t at, unsigned type, const char *what)
{
	unsigned is = p->s->node[at].type;
	return is == type ? AX_OK
			  : lex_bad(&p->lex, "%s takes a value of type %s, not %s", what, type_name[type],
				    type_name[is]);
}

/* -- constants -------------------------------------------------------------------------------------------- */

static void note_scope(struct selector *s, const struct net *net)
{
	uint8_t *scope = net->family == 4 ? &s->scope_4 : &s->scope_6;
	*scope = net->bits > *scope ? net->bits : *scope;
}

static enum ax_err class_number(int64_t *out, const struct parser *p, const char *text, size_t n)
{
	static const struct {
		const char *name;
		int64_t number;
	} known[] = { { "IN", 1 }, { "CH", 3 }, { "HS", 4 }, { "ANY", 255 } };
	for (unsigned i = 0; i < sizeof known / sizeof known[0]; i++)
		if (strlen(known[i].name) == n && memcmp(text, known[i].name, n) == 0) {
			*out = known[i].number;
			return AX_OK;
		}
	return lex_bad(&p->lex, "no class IN, CH, HS, ANY: `%.*s`", (int)(n < 40 ? n : 40), text);
}

static enum ax_err day_number(int64_t *out, const struct parser *p, const char *text, size_t n)
{
	for (unsigned i = 0; i < 7; i++)
		if (n == 3 && memcmp(text, days[i], 3) == 0) {
			*out = i;
			return AX_OK;
		}
	return lex_bad(&p->lex, "no day mon, tue, wed, thu, fri, sat, sun: `%.*s`", (int)(n < 40 ? n : 40), text);
}

/* Another's refusal, with the column. */
static enum ax_err said(const struct parser *p, enum ax_err e)
{
	char why[300];
	if (!e)
		return AX_OK;
	snprintf(why, sizeof why, "%s", ax_err_text(e));
	return lex_bad(&p->lex, "%s", why);
}

/* Make a string constant one of the type. */
static enum ax_err convert(struct parser *p, struct selector_node *n, unsigned type)
{
	const char *text = p->s->text + n->string.at;
	size_t len = n->string.n;
	struct net net;
	uint16_t number = 0;
	int64_t i = 0;
	enum ax_err e = AX_OK;
	if (type == TYPE_CLASS)
		e = class_number(&i, p, text, len);
	else if (type == TYPE_DAY)
		e = day_number(&i, p, text, len);
	else if (type == TYPE_NET)
		e = said(p, net_parse(&net, text, len));
	else
		e = said(p, ax_type_parse(&number, text, len));
	if (e)
		return e;
	n->type = (uint8_t)type;
	if (type == TYPE_NET) {
		n->net = net;
		note_scope(p->s, &net);
	} else {
		n->i = type == TYPE_RRTYPE ? number : i;
	}
	return AX_OK;
}

static bool is_date(const char *t, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (i == 4 || i == 7 ? t[i] != '-' : t[i] < '0' || t[i] > '9')
			return false;
	return n == 10;
}

/* Could a field of strings ever be this? Whether a name is spelled as query.name is, and so on. */
static enum ax_err check_constant(const struct parser *p, const struct selector_node *field,
				  const struct selector_node *c)
{
	const char *text = p->s->text + c->string.at;
	size_t n = c->string.n;
	bool capital = false, small = false;
	if (field->op != OP_FIELD || c->op != OP_CONST || c->type != TYPE_STRING)
		return AX_OK;
	for (size_t i = 0; i < n; i++) {
		capital |= text[i] >= 'A' && text[i] <= 'Z';
		small |= text[i] >= 'a' && text[i] <= 'z';
	}
	if (field->field == FIELD_NAME && (capital || n == 0 || text[n - 1] != '.'))
		return lex_bad(&p->lex, "query.name is in lower case and ends in a dot, which `%.*s` does not",
			       (int)(n < 60 ? n : 60), text);
	if (field->field == FIELD_COUNTRY && (n != 2 || small))
		return lex_bad(&p->lex, "client.geo.country is two capital letters: `%.*s`", (int)(n < 40 ? n : 40),
			       text);
	if (field->field == FIELD_DATE && !is_date(text, n))
		return lex_bad(&p->lex, "time.utc_date is YYYY-MM-DD: `%.*s`", (int)(n < 40 ? n : 40), text);
	return AX_OK;
}

/* Two operands must be of one type; a string constant becomes one of the other's. */
static enum ax_err agree(struct parser *p, uint16_t at_a, uint16_t at_b)
{
	struct selector_node *a = &p->s->node[at_a], *b = &p->s->node[at_b];
	enum ax_err e = AX_OK;
	if (a->op == OP_CONST && a->type == TYPE_STRING && b->type >= TYPE_NET)
		e = convert(p, a, b->type);
	else if (b->op == OP_CONST && b->type == TYPE_STRING && a->type >= TYPE_NET)
		e = convert(p, b, a->type);
	if (!e && a->type != b->type)
		e = lex_bad(&p->lex, "a value of type %s can't be compared with one of type %s", type_name[a->type],
			    type_name[b->type]);
	if (!e)
		e = check_constant(p, a, b);
	return e ? e : check_constant(p, b, a);
}

/* -- the grammar ------------------------------------------------------------------------------------------ */

static enum ax_err parse_or(uint16_t *out, struct parser *p);
static enum ax_err parse_factor(uint16_t *out, struct parser *p);

static enum ax_err parse_string(uint16_t *out, struct parser *p)
{
	enum ax_err e = add(out, p, OP_CONST, TYPE_STRING, SELECTOR_NONE, SELECTOR_NONE);
	if (e)
		return e;
	p->s->node[*out].string.at = p->lex.string_at;
	p->s->node[*out].string.n = p->lex.string_n;
	return lex_next(&p->lex);
}

static enum ax_err parse_number(uint16_t *out, struct parser *p, int64_t value, unsigned type)
{
	enum ax_err e = add(out, p, OP_CONST, type, SELECTOR_NONE, SELECTOR_NONE);
	if (e)
		return e;
	p->s->node[*out].i = value;
	return lex_next(&p->lex);
}

/* cidr("192.0.2.0/24"), or cidr(a, "192.0.2.0/24"): is a within it? The ( has been taken. */
static enum ax_err parse_cidr(uint16_t *out, struct parser *p)
{
	uint16_t inner;
	enum ax_err e = parse_or(out, p);
	if (e)
		return e;
	struct selector_node *n = &p->s->node[*out];
	if (n->op == OP_CONST && n->type == TYPE_STRING)
		return convert(p, n, TYPE_NET);
	inner = *out;
	e = want(p, inner, TYPE_NET, "cidr()");
	if (!e)
		e = lex_expect(&p->lex, ",");
	if (!e)
		e = parse_or(out, p);
	if (!e)
		e = agree(p, inner, *out);
	return e ? e : add(out, p, OP_CONTAINS, TYPE_BOOL, *out, inner);
}

static enum ax_err parse_hash(uint16_t *out, struct parser *p)
{
	uint16_t of;
	enum ax_err e = parse_or(&of, p);
	if (!e && p->s->node[of].type == TYPE_BOOL)
		e = lex_bad(&p->lex, "hash() takes no boolean");
	if (!e)
		e = lex_expect(&p->lex, ",");
	if (!e && p->lex.token != TOKEN_STRING)
		e = lex_bad(&p->lex, "the salt of hash() is a string constant");
	if (e)
		return e;
	struct ax_slice salt = ax_slice(p->s->text + p->lex.string_at, p->lex.string_n);
	e = add(out, p, OP_HASH, TYPE_INT, of, SELECTOR_NONE);
	if (e)
		return e;
	ax_hash_salt(p->s->node[*out].key, salt);
	if (p->s->node[of].type == TYPE_NET) {
		note_scope(p->s, &(struct net){ .family = 4, .bits = CANARY_BITS_4 });
		note_scope(p->s, &(struct net){ .family = 6, .bits = CANARY_BITS_6 });
	}
	return lex_next(&p->lex);
}

static enum ax_err parse_contains(uint16_t *out, struct parser *p)
{
	uint16_t a, b;
	enum ax_err e = parse_or(&a, p);
	if (!e)
		e = lex_expect(&p->lex, ",");
	if (!e)
		e = parse_or(&b, p);
	if (e)
		return e;
	struct selector_node *node = p->s->node;
	if (node[a].type == TYPE_NET || node[b].type == TYPE_NET)
		e = agree(p, a, b);
	else if (node[a].type != TYPE_STRING || node[b].type != TYPE_STRING)
		e = lex_bad(&p->lex, "contains() takes two strings or two networks");
	return e ? e : add(out, p, OP_CONTAINS, TYPE_BOOL, a, b);
}

static enum ax_err parse_text(uint16_t *out, struct parser *p, const char *name, unsigned op, unsigned type)
{
	uint16_t of;
	enum ax_err e = parse_or(&of, p);
	if (!e)
		e = want(p, of, TYPE_STRING, name);
	return e ? e : add(out, p, op, type, of, SELECTOR_NONE);
}

static enum ax_err parse_call(uint16_t *out, struct parser *p)
{
	char name[16] = { 0 };
	size_t n = (size_t)(p->lex.at - p->lex.start);
	memcpy(name, p->lex.start, n < sizeof name ? n : sizeof name - 1);
	enum ax_err e = lex_next(&p->lex);
	if (!e)
		e = lex_expect(&p->lex, "(");
	if (e)
		return e;
	if (strcmp(name, "cidr") == 0)
		e = parse_cidr(out, p);
	else if (strcmp(name, "hash") == 0)
		e = parse_hash(out, p);
	else if (strcmp(name, "contains") == 0)
		e = parse_contains(out, p);
	else if (strcmp(name, "len") == 0)
		e = parse_text(out, p, "len()", OP_LEN, TYPE_INT);
	else if (strcmp(name, "lower") == 0)
		e = parse_text(out, p, "lower()", OP_LOWER, TYPE_STRING);
	else
		e = parse_text(out, p, "upper()", OP_UPPER, TYPE_STRING);
	return e ? e : lex_expect(&p->lex, ")");
}

static bool is_function(const struct parser *p)
{
	return lex_is_word(&p->lex, "cidr") || lex_is_word(&p->lex, "hash") || lex_is_word(&p->lex, "contains") ||
	       lex_is_word(&p->lex, "len") || lex_is_word(&p->lex, "lower") || lex_is_word(&p->lex, "upper");
}

static enum ax_err parse_word(uint16_t *out, struct parser *p)
{
	if (lex_is_word(&p->lex, "true") || lex_is_word(&p->lex, "false"))
		return parse_number(out, p, lex_is_word(&p->lex, "true"), TYPE_BOOL);
	if (is_function(p))
		return parse_call(out, p);
	for (unsigned i = 0; i < FIELDS; i++) {
		if (!lex_is_word(&p->lex, fields[i].name))
			continue;
		enum ax_err e = add(out, p, OP_FIELD, fields[i].type, SELECTOR_NONE, SELECTOR_NONE);
		if (e)
			return e;
		p->s->node[*out].field = fields[i].field;
		p->s->uses |= fields[i].uses;
		return lex_next(&p->lex);
	}
	return lex_bad(&p->lex, "there is no field or function `%.*s`",
		       (int)(p->lex.at - p->lex.start < 60 ? p->lex.at - p->lex.start : 60), p->lex.start);
}

static enum ax_err parse_negative(uint16_t *out, struct parser *p)
{
	uint16_t of;
	enum ax_err e = lex_next(&p->lex);
	if (!e)
		e = parse_factor(&of, p);
	if (!e)
		e = want(p, of, TYPE_INT, "-");
	if (!e && p->s->node[of].op == OP_CONST) {
		p->s->node[of].i = -p->s->node[of].i;
		*out = of;
		return AX_OK;
	}
	return e ? e : add(out, p, OP_NEG, TYPE_INT, of, SELECTOR_NONE);
}

static enum ax_err parse_inner(uint16_t *out, struct parser *p)
{
	enum ax_err e;
	if (p->lex.token == TOKEN_INT)
		return parse_number(out, p, p->lex.number, TYPE_INT);
	if (p->lex.token == TOKEN_STRING)
		return parse_string(out, p);
	if (p->lex.token == TOKEN_WORD)
		return parse_word(out, p);
	if (lex_is_sign(&p->lex, "-"))
		return parse_negative(out, p);
	if (!lex_is_sign(&p->lex, "("))
		return lex_bad(&p->lex,
			       p->lex.token == TOKEN_END ? "the expression is not complete" : "a value is missing");
	e = lex_next(&p->lex);
	if (!e)
		e = parse_or(out, p);
	return e ? e : lex_expect(&p->lex, ")");
}

/* All nesting goes through here. */
static enum ax_err parse_factor(uint16_t *out, struct parser *p)
{
	*out = SELECTOR_NONE;
	if (p->depth == SELECTOR_DEPTH)
		return lex_bad(&p->lex, "the expression is nested too deeply");
	p->depth++;
	enum ax_err e = parse_inner(out, p);
	p->depth--;
	return e;
}

/* `operand (sign operand)*` of integers, to the left. */
static enum ax_err parse_arithmetic(uint16_t *out, struct parser *p, bool terms)
{
	static const char *const sign[2][3] = { { "*", "/", "%" }, { "+", "-", "-" } };
	static const uint8_t ops[2][3] = { { OP_MUL, OP_DIV, OP_MOD }, { OP_ADD, OP_SUB, OP_SUB } };
	enum ax_err e = terms ? parse_arithmetic(out, p, false) : parse_factor(out, p);
	while (!e) {
		uint16_t a = *out, b;
		unsigned i = 0;
		while (i < 3 && !lex_is_sign(&p->lex, sign[terms][i]))
			i++;
		if (i == 3)
			return AX_OK;
		e = want(p, a, TYPE_INT, sign[terms][i]);
		if (!e)
			e = lex_next(&p->lex);
		if (!e)
			e = terms ? parse_arithmetic(&b, p, false) : parse_factor(&b, p);
		if (!e)
			e = want(p, b, TYPE_INT, sign[terms][i]);
		if (!e)
			e = add(out, p, ops[terms][i], TYPE_INT, a, b);
	}
	return e;
}

/* The constants of `in [ ... ]`, each of what is looked for's type. */
static enum ax_err parse_list(uint16_t *out, struct parser *p, uint16_t of)
{
	uint16_t item, last = SELECTOR_NONE;
	enum ax_err e = lex_next(&p->lex);
	*out = SELECTOR_NONE;
	if (!e && p->s->node[of].type == TYPE_BOOL)
		e = lex_bad(&p->lex, "a boolean is in no list");
	if (!e && p->s->node[of].op == OP_CONST)
		e = lex_bad(&p->lex, "a constant is looked for in a list");
	if (!e)
		e = lex_expect(&p->lex, "[");
	while (!e) {
		e = parse_arithmetic(&item, p, true);
		bool constant = !e && p->s->node[item].op == OP_CONST;
		if (!e && !constant)
			e = lex_bad(&p->lex, "a list has only constants");
		if (!e)
			e = agree(p, of, item);
		if (e)
			break;
		*(last == SELECTOR_NONE ? out : &p->s->node[last].next) = item;
		last = item;
		if (!lex_is_sign(&p->lex, ","))
			return lex_expect(&p->lex, "]");
		e = lex_next(&p->lex);
	}
	return e;
}

static enum ax_err parse_compare(uint16_t *out, struct parser *p)
{
	static const char *const sign[] = { "==", "!=", "<", "<=", ">", ">=" };
	uint16_t a, b;
	unsigned i = 0;
	enum ax_err e = parse_arithmetic(out, p, true);
	if (e)
		return e;
	a = *out;
	if (lex_is_word(&p->lex, "in")) {
		e = parse_list(&b, p, a);
		return e ? e : add(out, p, OP_IN, TYPE_BOOL, a, b);
	}
	while (i < 6 && !lex_is_sign(&p->lex, sign[i]))
		i++;
	if (i == 6)
		return AX_OK;
	e = lex_next(&p->lex);
	if (!e)
		e = parse_arithmetic(&b, p, true);
	if (!e)
		e = agree(p, a, b);
	if (e)
		return e;
	if (p->s->node[a].type == TYPE_BOOL || (i > 1 && p->s->node[a].type > TYPE_STRING))
		return lex_bad(&p->lex, "values of type %s can't be compared with %s", type_name[p->s->node[a].type],
			       sign[i]);
	return add(out, p, OP_EQ + i, TYPE_BOOL, a, b);
}

static enum ax_err parse_not(uint16_t *out, struct parser *p)
{
	uint16_t of;
	bool odd = false, any = false;
	enum ax_err e = AX_OK;
	for (; !e && lex_is_sign(&p->lex, "!"); e = lex_next(&p->lex)) {
		odd = !odd;
		any = true;
	}
	if (!e)
		e = parse_compare(&of, p);
	*out = e ? SELECTOR_NONE : of;
	if (!e && any)
		e = want(p, of, TYPE_BOOL, "!");
	return e || !odd ? e : add(out, p, OP_NOT, TYPE_BOOL, of, SELECTOR_NONE);
}

static enum ax_err parse_logic(uint16_t *out, struct parser *p, bool either)
{
	const char *sign = either ? "||" : "&&";
	enum ax_err e = either ? parse_logic(out, p, false) : parse_not(out, p);
	while (!e && lex_is_sign(&p->lex, sign)) {
		uint16_t a = *out, b;
		e = want(p, a, TYPE_BOOL, sign);
		if (!e)
			e = lex_next(&p->lex);
		if (!e)
			e = either ? parse_logic(&b, p, false) : parse_not(&b, p);
		if (!e)
			e = want(p, b, TYPE_BOOL, sign);
		if (!e)
			e = add(out, p, either ? OP_OR : OP_AND, TYPE_BOOL, a, b);
	}
	return e;
}

static enum ax_err parse_or(uint16_t *out, struct parser *p)
{
	return parse_logic(out, p, true);
}

static enum ax_err parse_all(struct parser *p)
{
	enum ax_err e = lex_next(&p->lex);
	if (!e)
		e = parse_or(&p->s->root, p);
	if (!e && p->lex.token != TOKEN_END)
		e = lex_bad(&p->lex, "what does `%.20s` mean here?", p->lex.start);
	return e ? e : want(p, p->s->root, TYPE_BOOL, "a rule");
}

enum ax_err selector_parse(struct selector **out, const char *text)
{
	*out = NULL;
	size_t n = strlen(text);
	if (n > SELECTOR_TEXT)
		return ax_fail(AX_EINVAL, "the expression is longer than %d octets", SELECTOR_TEXT);
	struct selector *s = calloc(1, sizeof *s + SELECTOR_NODES * sizeof s->node[0]);
	if (s)
		s->text = malloc(n + 1);
	if (!s || !s->text) {
		selector_free(s);
		return ax_fail(AX_ENOMEM, "no memory for an expression");
	}
	struct parser p = { .lex = { .text = text, .at = text, .start = text, .strings = s->text }, .s = s };
	enum ax_err e = parse_all(&p);
	if (e)
		selector_free(s);
	else
		*out = s;
	return e;
}
