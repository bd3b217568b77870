#include "dnsd/selector_node.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/hash.h"
#include "dnsd/canary.h"

struct value {
	uint8_t type;
	bool absent;
	int64_t i; /* TYPE_BOOL, _INT, _RRTYPE, _CLASS, _DAY */
	struct ax_slice s;
	struct net net;
};

void selector_free(struct selector *s)
{
	if (s)
		free(s->text);
	free(s);
}

unsigned selector_uses(const struct selector *s)
{
	return s->uses;
}

unsigned selector_scope(const struct selector *s, unsigned family)
{
	return family == 4 ? s->scope_4 : s->scope_6;
}

/* -- fields ----------------------------------------------------------------------------------------------- */

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

static uint8_t upper(uint8_t c)
{
	return c >= 'a' && c <= 'z' ? (uint8_t)(c & ~0x20) : c;
}

/* One octet of a label as text, as ax_name_text does it without a buffer that grows. */
static uint8_t *put_octet(uint8_t *to, uint8_t c)
{
	if (c < '!' || c > '~') {
		*to++ = '\\';
		*to++ = (uint8_t)('0' + c / 100);
		*to++ = (uint8_t)('0' + c / 10 % 10);
		*to++ = (uint8_t)('0' + c % 10);
		return to;
	}
	if (strchr(".\\\";()@$", c))
		*to++ = '\\';
	*to++ = lower(c);
	return to;
}

static void name_text(struct asked *a)
{
	uint8_t *to = a->name;
	const uint8_t *p = a->qname.p;
	if (*p == 0)
		*to++ = '.';
	for (; *p; p += *p + 1u) {
		for (unsigned i = 1; i <= *p; i++)
			to = put_octet(to, p[i]);
		*to++ = '.';
	}
	a->name_text = ax_slice(a->name, (size_t)(to - a->name));
}

static void text_value(struct value *v, struct asked *a, const char *text, size_t n)
{
	v->absent = SELECTOR_SCRATCH - a->used < n;
	if (v->absent)
		return;
	memcpy(a->scratch + a->used, text, n);
	v->s = ax_slice(a->scratch + a->used, n);
	a->used += n;
}

/* The civil date of a day counted from 1970-01-01 (proleptic Gregorian, from March on). */
static void date_value(struct value *v, struct asked *a, int64_t day)
{
	char text[32];
	int64_t z = day + 719468, era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t doe = z - era * 146097, yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
	int64_t d = doy - (153 * mp + 2) / 5 + 1, m = mp < 10 ? mp + 3 : mp - 9, y = yoe + era * 400 + (m <= 2);
	if (y < 0 || y > 9999) {
		v->absent = true;
		return;
	}
	const int64_t digit[] = {
		y / 1000, y / 100 % 10, y / 10 % 10, y % 10, -3, m / 10, m % 10, -3, d / 10, d % 10
	};
	for (unsigned i = 0; i < 10; i++)
		text[i] = (char)('0' + digit[i]);
	text_value(v, a, text, 10);
}

static void field(struct value *v, struct asked *a, unsigned which)
{
	int64_t day = (a->now_s - ((a->now_s % 86400 + 86400) % 86400)) / 86400;
	char country[2];
	uint32_t asn = 0;
	switch (which) {
	case FIELD_SUBNET:
		v->net = a->client;
		v->absent = !a->client.family;
		break;
	case FIELD_COUNTRY:
		v->absent = !geo_country(country, a->geo, &a->client);
		if (!v->absent)
			text_value(v, a, country, 2);
		break;
	case FIELD_ASN:
		v->absent = !geo_asn(&asn, a->geo, &a->client);
		v->i = asn;
		break;
	case FIELD_NAME:
		if (!a->name_text.p)
			name_text(a);
		v->s = a->name_text;
		break;
	case FIELD_RRTYPE:
		v->i = a->qtype;
		break;
	case FIELD_CLASS:
		v->i = a->qclass;
		break;
	case FIELD_DATE:
		date_value(v, a, day);
		break;
	case FIELD_HOUR:
		v->i = (a->now_s - day * 86400) / 3600;
		break;
	case FIELD_WEEKDAY:
		v->i = ((day + 4) % 7 + 7) % 7; /* 1970-01-01 was a Thursday */
		break;
	}
}

/* -- operators -------------------------------------------------------------------------------------------- */

static void constant(struct value *v, const struct selector *s, const struct selector_node *n)
{
	if (n->type == TYPE_STRING)
		v->s = ax_slice(s->text + n->string.at, n->string.n);
	else if (n->type == TYPE_NET)
		v->net = n->net;
	else
		v->i = n->i;
}

static void arithmetic(struct value *v, unsigned op, int64_t a, int64_t b)
{
	switch (op) {
	case OP_ADD:
		v->absent = __builtin_add_overflow(a, b, &v->i);
		break;
	case OP_SUB:
		v->absent = __builtin_sub_overflow(a, b, &v->i);
		break;
	case OP_MUL:
		v->absent = __builtin_mul_overflow(a, b, &v->i);
		break;
	default:
		v->absent = b == 0 || (a == INT64_MIN && b == -1);
		if (!v->absent)
			v->i = op == OP_DIV ? a / b : a % b;
	}
}

static bool equal(const struct value *a, const struct value *b)
{
	if (a->type == TYPE_STRING)
		return ax_slice_eq(a->s, b->s);
	if (a->type == TYPE_NET)
		return memcmp(&a->net, &b->net, sizeof a->net) == 0;
	return a->i == b->i;
}

static bool compare(unsigned op, const struct value *a, const struct value *b)
{
	if (op == OP_EQ || op == OP_NE)
		return equal(a, b) == (op == OP_EQ);
	int order = a->type == TYPE_STRING ? ax_slice_cmp(a->s, b->s) : (a->i > b->i) - (a->i < b->i);
	switch (op) {
	case OP_LT:
		return order < 0;
	case OP_LE:
		return order <= 0;
	case OP_GT:
		return order > 0;
	default:
		return order >= 0;
	}
}

static bool in_list(const struct selector *s, const struct value *v, uint16_t item)
{
	for (; item != SELECTOR_NONE; item = s->node[item].next) {
		struct value c = { .type = s->node[item].type };
		constant(&c, s, &s->node[item]);
		if (v->type == TYPE_NET ? net_within(&v->net, &c.net) : equal(v, &c))
			return true;
	}
	return false;
}

static void hash(struct value *v, const struct value *of, const uint8_t key[16])
{
	uint8_t b[8];
	uint64_t h;
	for (unsigned i = 0; i < 8; i++)
		b[i] = (uint8_t)((uint64_t)of->i >> (56 - 8 * i));
	if (of->type == TYPE_NET)
		h = canary_hash(key, &of->net);
	else
		h = ax_hash_sip(key, of->type == TYPE_STRING ? of->s : ax_slice(b, 8));
	v->i = (int64_t)(h >> 1);
}

static void change_case(struct value *v, struct asked *a, struct ax_slice from, bool up)
{
	v->absent = SELECTOR_SCRATCH - a->used < from.n;
	if (v->absent)
		return;
	uint8_t *to = a->scratch + a->used;
	for (size_t i = 0; i < from.n; i++)
		to[i] = up ? upper(from.p[i]) : lower(from.p[i]);
	v->s = ax_slice(to, from.n);
	a->used += from.n;
}

static bool contains(const struct value *a, const struct value *b)
{
	if (a->type == TYPE_NET)
		return net_within(&b->net, &a->net);
	return b->s.n == 0 || memmem(a->s.p, a->s.n, b->s.p, b->s.n);
}

static void evaluate(struct value *v, const struct selector *s, struct asked *a, uint16_t at);

/* What has one operand. */
static void unary(struct value *v, struct asked *asked, const struct selector_node *n, const struct value *a)
{
	if (n->op == OP_NOT) {
		v->i = !a->i;
		return;
	}
	v->absent = a->absent;
	if (a->absent)
		return;
	if (n->op == OP_NEG)
		arithmetic(v, OP_SUB, 0, a->i);
	else if (n->op == OP_LEN)
		v->i = (int64_t)a->s.n;
	else if (n->op == OP_HASH)
		hash(v, a, n->key);
	else
		change_case(v, asked, a->s, n->op == OP_UPPER);
}

static void binary(struct value *v, const struct selector_node *n, const struct value *a, const struct value *b)
{
	bool absent = a->absent || b->absent;
	if (n->op >= OP_ADD && n->op <= OP_MOD) {
		v->absent = absent;
		if (!absent)
			arithmetic(v, n->op, a->i, b->i);
	} else if (n->op == OP_CONTAINS) {
		v->i = !absent && contains(a, b);
	} else {
		v->i = !absent && compare(n->op, a, b);
	}
}

static void evaluate(struct value *v, const struct selector *s, struct asked *asked, uint16_t at)
{
	const struct selector_node *n = &s->node[at];
	struct value a, b;
	*v = (struct value){ .type = n->type };
	if (n->op == OP_CONST) {
		constant(v, s, n);
		return;
	}
	if (n->op == OP_FIELD) {
		field(v, asked, n->field);
		return;
	}
	evaluate(&a, s, asked, n->a);
	if (n->op == OP_OR || n->op == OP_AND) {
		v->i = a.i;
		if ((a.i != 0) == (n->op == OP_AND)) {
			evaluate(&b, s, asked, n->b);
			v->i = b.i;
		}
	} else if (n->op == OP_IN) {
		v->i = !a.absent && in_list(s, &a, n->b);
	} else if (n->b == SELECTOR_NONE) {
		unary(v, asked, n, &a);
	} else {
		evaluate(&b, s, asked, n->b);
		binary(v, n, &a, &b);
	}
}

bool selector_true(const struct selector *s, struct asked *a)
{
	struct value v;
	a->used = 0;
	evaluate(&v, s, a, s->root);
	return v.i != 0;
}
